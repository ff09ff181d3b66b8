package outbound

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"
)

// Run serves until ctx ends: it starts scheduled campaigns at their time and drives every touchpoint that has work and is open here. Outages of the store are waited out. When ctx ends no
// new request begins, those under way finish and are recorded, leases are given back; then Run returns, and nothing of it is left running. It returns nil if ctx ended it.
func (e *Engine) Run(ctx context.Context) error {
	return e.serve(ctx, false)
}

// RunUntilIdle is Run until no running campaign can go on by itself: all are completed or paused, or wait for something that only a human can mend. Waits with a known end are waited out.
func (e *Engine) RunUntilIdle(ctx context.Context) error {
	return e.serve(ctx, true)
}

// runLinger is how long a served touchpoint is kept without work.
const runLinger = 2 * time.Second

// ward is a touchpoint as Run looks after it.
type ward struct {
	driving bool
	after   time.Time // local: not before
	stuck   bool      // only a human can make it go on
	err     error
	held    bool   // somebody else drives it
	by      string // who was last said to
	print   uint64 // of its campaigns, when it was last looked at: if it changes there may be new work
}

func (e *Engine) serve(ctx context.Context, untilIdle bool) error {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		wards = map[string]*ward{}
		ended = make(chan struct{}, 1)
	)
	defer wg.Wait()
	linger := runLinger
	if untilIdle {
		linger = 0
	}
	for ctx.Err() == nil {
		wake := e.work()
		work, next, err := e.survey(ctx, untilIdle)
		if err != nil && ctx.Err() == nil {
			if untilIdle && !e.temporary(err) {
				return err
			}
			e.log.Warn("outbound: the store is not usable", "error", err)
			work = nil
		}
		now := time.Now()
		wait := e.config.PollInterval
		idle := err == nil && next.IsZero()
		mu.Lock()
		for name := range work {
			w := wards[name]
			if w == nil {
				w = &ward{}
				wards[name] = w
			}
			if w.err != nil && untilIdle && !e.temporary(w.err) && !errors.Is(w.err, ErrUnknownTouchpoint) {
				mu.Unlock()
				return w.err
			}
			if p := work[name]; p != w.print {
				if w.print = p; !w.held {
					w.after, w.stuck = time.Time{}, false
				}
			}
			idle = idle && !w.driving && w.stuck
			if w.driving || now.Before(w.after) {
				continue
			}
			w.driving, idle = true, false
			wg.Go(func() {
				result, err := e.drive(ctx, name, 0, linger)
				mu.Lock()
				w.took(e, result, err)
				mu.Unlock()
				select {
				case ended <- struct{}{}:
				default:
				}
			})
		}
		for _, w := range wards {
			idle = idle && !w.driving
			if w.after.After(now) {
				wait = min(wait, w.after.Sub(now))
			}
		}
		maps.DeleteFunc(wards, func(name string, w *ward) bool { return work[name] == 0 && !w.driving && err == nil })
		mu.Unlock()
		if untilIdle && idle {
			return nil
		}
		if !next.IsZero() {
			wait = min(wait, max(next.Sub(e.clock.now()), 0))
		}
		t := time.NewTimer(max(wait, time.Millisecond))
		select {
		case <-ctx.Done():
		case <-wake:
		case <-ended:
		case <-t.C:
		}
		t.Stop()
	}
	return nil
}

// took notes how a drive ended.
func (w *ward) took(e *Engine, r DriveResult, err error) {
	w.driving, w.stuck, w.err, w.held = false, false, err, r.Status == DriveHeld
	now := time.Now()
	switch {
	case errors.Is(err, ErrUnknownTouchpoint): // somebody else's
		w.after, w.stuck = now.Add(10*e.config.PollInterval), true
	case err != nil:
		w.after = now.Add(max(e.config.PollInterval, time.Second))
		e.log.Error("outbound: a touchpoint could not be driven", "error", err)
	case r.Status == DriveHeld:
		w.after = r.Until
		if r.By != w.by { // once for an owner
			w.by = r.By
			e.log.Info("outbound: a touchpoint is driven elsewhere", "by", r.By)
		}
	case r.Status == DriveWait:
		w.after = r.Until
		if r.Until.IsZero() {
			w.after = now.Add(e.config.PollInterval)
		}
		w.stuck = r.Until.IsZero() || r.Waiting.Code == "account"
	default:
		w.after = now
	}
}

// survey returns the touchpoints with running campaigns, and a fingerprint of those of each; it starts scheduled ones whose time has come, and says when the next one's does. It keeps
// running campaigns that wait for long from looking abandoned.
func (e *Engine) survey(ctx context.Context, untilIdle bool) (work map[string]uint64, next time.Time, err error) {
	now, err := e.clock.fresh(ctx)
	if err != nil {
		return nil, next, err
	}
	runs, err := e.store.ListRuns(ctx, RunFilter{States: []CampaignState{Running, Scheduled}, Notices: true, Limit: -1})
	if err != nil {
		return nil, next, err
	}
	work = map[string]uint64{}
	for i := range slices.Backward(runs) {
		r := &runs[i]
		if r.State == Scheduled {
			if r.StartAt.After(now) {
				if next.IsZero() || r.StartAt.Before(next) {
					next = r.StartAt
				}
				continue
			}
			if err := e.startDue(ctx, r); err != nil {
				return nil, next, err
			}
		} else if !r.NotAfter.IsZero() && !now.Before(r.NotAfter) && r.Tail == Pending {
			if err := e.expire(ctx, r.ID); err != nil {
				return nil, next, err
			}
			e.awaken()
		} else if age := now.Sub(r.Heartbeat); age > heartbeatEvery && age < staleAfter {
			if err := e.heartbeat(ctx, r.ID, now); err != nil {
				return nil, next, err
			}
		}
		work[r.Touchpoint] = fingerprint(work[r.Touchpoint], r)
	}
	e.settleLate(ctx)
	if !untilIdle { // whoever died is recovered, also if its campaigns were paused or canceled meanwhile
		records, err := e.store.ListTouchpoints(ctx)
		if err != nil {
			return nil, next, err
		}
		for i := range records {
			if r := &records[i]; r.Owner != "" && work[r.Name] == 0 {
				work[r.Name] = 1
			}
		}
	}
	return work, next, nil
}

// fingerprint mixes into f what changes when a campaign may have new work. It is never zero.
func fingerprint(f uint64, r *Run) uint64 {
	for _, v := range []int64{r.Number, r.Version, r.Counts.Pending + r.Counts.Uncertain} {
		f = (f ^ uint64(v)) * 1099511628211 // FNV-1a, by words
	}
	return f | 1
}

// heartbeatEvery is how often a waiting campaign is marked as cared for.
const heartbeatEvery = 10 * time.Minute

func (e *Engine) heartbeat(ctx context.Context, id CampaignID, now time.Time) error {
	_, err := e.store.UpdateRun(ctx, id, func(r *Run) (Act, error) {
		if r.State == Running && now.Sub(r.Heartbeat) < staleAfter {
			r.Heartbeat = now
		}
		return Act{}, nil
	})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}
