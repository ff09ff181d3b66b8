package outbound

import (
	"context"
	"slices"
	"time"
)

// quiet is somebody waiting until nothing of a campaign begins any more.
type quiet struct {
	id    CampaignID // empty = all
	done  chan struct{}
	until time.Time
}

type control struct {
	quiet  *quiet
	reopen bool
}

// obey does what another goroutine asked for.
func (d *driver) obey(c control) {
	if c.reopen {
		d.checked, d.asked, d.probing = false, false, false
		d.asking++ // whatever a check under way will say is out of date
		d.setGateAfterReopen()
	}
	if c.quiet == nil {
		return
	}
	for _, a := range d.runs {
		switch c.quiet.id {
		case "": // an emergency stop: refresh will see it
			d.reset(a)
			d.withdrawGranted(a)
		case a.run.ID:
			d.halt(a)
		}
	}
	d.quiets = append(d.quiets, *c.quiet)
	d.refreshAt = time.Time{}
}

// hush tells those who wait for quiet when it is.
func (d *driver) hush(now time.Time) {
	d.quiets = slices.DeleteFunc(d.quiets, func(q quiet) bool {
		quietNow := !d.writing && len(d.granted) == 0
		for _, a := range d.runs {
			if (q.id == "" || q.id == a.run.ID) && a.running > 0 {
				quietNow = false
			}
		}
		if quietNow || !now.Before(q.until) {
			close(q.done)
			return true
		}
		return false
	})
}

// quiesce returns when nothing of a campaign (or, with an empty id, of its touchpoint) begins any more.
func (e *Engine) quiesce(ctx context.Context, r *Run) error {
	until := time.Now().Add(useBy)
	e.mu.Lock()
	d := e.drivers[r.Touchpoint]
	e.mu.Unlock()
	if d != nil {
		q := &quiet{id: r.ID, done: make(chan struct{}), until: until}
		select {
		case d.controls <- control{quiet: q}:
			select {
			case <-q.done:
				if d.lease.valid(time.Now()) {
					return nil
				}
				// It is not the owner any more, and may not have known it.
			case <-d.gone:
			case <-time.After(time.Until(until)):
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		case <-d.gone:
		case <-time.After(time.Until(until)):
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	rec, err := e.store.ReadTouchpoint(ctx, r.Touchpoint)
	if err != nil || rec.Owner == "" {
		return err
	}
	if !pauseFor(ctx, time.Until(until), nil) {
		return context.Cause(ctx)
	}
	return nil
}

// askReopen makes the driver open its channel anew. It does not wait.
func (d *driver) askReopen() {
	select {
	case d.controls <- control{reopen: true}:
	default:
		go func() {
			select {
			case d.controls <- control{reopen: true}:
			case <-d.gone:
			}
		}()
	}
}
