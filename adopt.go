package outbound

import (
	"context"
	"errors"
	"slices"
	"time"
)

// refresh looks which campaigns run, and what is stopped.
func (d *driver) refresh(ctx context.Context, now time.Time) {
	d.refreshAt = now.Add(d.e.config.PollInterval)
	runs, err := d.e.store.ListRuns(ctx, RunFilter{Touchpoint: d.name, States: []CampaignState{Running}, Notices: true, Limit: -1})
	if err == nil {
		d.stops, err = d.e.store.Stops(ctx)
	}
	if err != nil {
		d.storeFailed(err)
		return
	}
	d.unadopted = false
	listed := make(map[CampaignID]bool, len(runs))
	for i := range runs {
		r := &runs[i]
		listed[r.ID] = true
		a := d.find(r.ID)
		if a == nil {
			d.adopt(ctx, r)
			continue
		}
		if r.Version > a.run.Version || a.halted {
			reopened := a.halted
			a.run.Version, a.run.State, a.run.Cause, a.run.PauseAfter, a.run.NotAfter, a.run.Tail = r.Version, r.State, r.Cause, r.PauseAfter, r.NotAfter, r.Tail
			a.halted, a.pausing, a.nudge = false, false, true
			if reopened {
				d.reset(a)
			}
		}
		if d.woken {
			a.lookDue = d.e.clock.now()
		}
		a.nudge = a.nudge || d.unsaid(a) || a.run.PauseAfter > 0 && a.run.Begun >= a.run.PauseAfter && a.busy == 0 && !a.pausing
	}
	d.woken = false
	for _, a := range d.runs {
		if !listed[a.run.ID] && !a.halted {
			d.halt(a)
		}
	}
	d.runs = slices.DeleteFunc(d.runs, func(a *activeRun) bool {
		return a.halted && a.busy == 0 && len(a.outcomes) == 0 && !a.fetch && !d.writing
	})
}

// adopt takes a running campaign up.
func (d *driver) adopt(ctx context.Context, r *Run) {
	now := d.e.clock.now()
	if now.Sub(later(r.Heartbeat, r.Waiting.Until)) > staleAfter {
		d.e.pauseFor(ctx, r.ID, Cause{Code: "stale", Text: r.Heartbeat.Format(time.RFC3339)})
		return
	}
	c, err := unseal(r.Sealed)
	if err == nil {
		err = d.e.loadMedia(ctx, c)
	}
	if err != nil {
		if d.e.temporary(err) {
			d.unadopted = true
			d.storeFailed(err)
			return
		}
		d.e.pauseFor(ctx, r.ID, Cause{Code: "unsealable", Text: err.Error()})
		return
	}
	a := &activeRun{run: *r, content: c, claimed: map[int64]bool{}, next: r.Cursor, after: r.Cursor, lookDue: now, nudge: true}
	a.judge = d.e.newJudge(&a.run, c, d.channel)
	i, _ := slices.BinarySearchFunc(d.runs, a, func(x, y *activeRun) int {
		if x.run.Priority != y.run.Priority {
			return y.run.Priority - x.run.Priority
		}
		return int(x.run.Number - y.run.Number)
	})
	d.runs = slices.Insert(d.runs, i, a)
}

// staleAfter is how old the last sign of care for a running campaign may be: older than that, this may be a restored database of yesterday.
const staleAfter = time.Hour

// pauseFor pauses a campaign that cannot go on, and logs it.
func (e *Engine) pauseFor(ctx context.Context, id CampaignID, c Cause) (done bool) {
	_, err := e.pauseWith(ctx, id, c)
	if err != nil && !errors.Is(err, ErrState) && !errors.Is(err, ErrNotFound) {
		e.log.Error("outbound: a campaign could not be paused", "campaign", id, "cause", c.Code, "error", err)
		return false
	}
	e.log.Warn("outbound: a campaign was paused", "campaign", id, "cause", c.Code)
	return true
}

// loadMedia reads the stored file of a sealed message.
func (e *Engine) loadMedia(ctx context.Context, c *content) error {
	m := c.draft.Message.Media
	if m == nil || m.Hash == "" {
		return nil
	}
	var err error
	c.file, err = e.catalogue.LoadFile(ctx, m.Hash)
	return err
}

// halt makes a campaign want nothing more, and takes back what has not begun.
func (d *driver) halt(a *activeRun) {
	a.halted = true
	d.reset(a)
	d.withdrawGranted(a)
}

// reset forgets what was read ahead, so that everybody is judged anew.
func (d *driver) reset(a *activeRun) {
	a.gen++
	a.ready = nil
	for _, it := range a.claims {
		delete(a.claimed, it.row.Seq)
	}
	a.claims = nil
	a.after, a.end = a.next, false
	a.lookDue = d.e.clock.now()
}
