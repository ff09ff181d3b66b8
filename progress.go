package outbound

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Progress is how far a campaign is. The counters sum to Total at every instant.
type Progress struct {
	ID         CampaignID    `json:"id"`
	Name       string        `json:"name"`
	Group      string        `json:"group,omitempty"`
	Touchpoint string        `json:"touchpoint"`
	Labels     []string      `json:"labels,omitempty"`
	State      CampaignState `json:"state"`
	Cause      Cause         `json:"cause,omitzero"`
	// Waiting is the one thing that a running campaign waits for; empty = it sends as fast as it can.
	Waiting Waiting `json:"waiting,omitzero"`
	Total   int64   `json:"total"`
	Counts
	Duplicate int64 `json:"duplicate"`
	Rejected  int64 `json:"rejected"`
	// PerSecond is how many people are written to a second: lately where this process drives the touchpoint, else since the start.
	PerSecond float64 `json:"per_second,omitempty"`
	// EstimatedEnd is when nothing would be pending any more at that speed; zero = nobody knows.
	EstimatedEnd time.Time `json:"estimated_end,omitzero"`
	Created      time.Time `json:"created"`
	StartAt      time.Time `json:"start_at,omitzero"`
	Started      time.Time `json:"started,omitzero"`
	Ended        time.Time `json:"ended,omitzero"`
	NotAfter     time.Time `json:"not_after,omitzero"`
	Revision     int64     `json:"revision"`
	Number       int64     `json:"number"`
}

// Done is how many deliveries are settled: neither pending nor on their way.
func (p Progress) Done() int64 { return p.Total - p.Pending - p.Sending }

// Describe says state, cause and wait in words.
func (p Progress) Describe(l Language) string {
	s := Words("campaign."+string(p.State), l, nil)
	switch {
	case p.State == Paused && p.Cause.Code != "":
		s += ": " + Words("cause."+p.Cause.Code, l, map[string]string{"actor": p.Cause.Actor})
		if p.Cause.Text != "" {
			s += " (" + p.Cause.Text + ")"
		}
	case p.State == Running && p.Waiting.Code != "":
		s += ": " + Words("wait."+p.Waiting.Code, l, nil)
		if !p.Waiting.Until.IsZero() {
			s += " " + Words("until", l, map[string]string{"time": p.Waiting.Until.UTC().Format(time.RFC3339)})
		}
		if p.Waiting.Text != "" {
			s += " (" + p.Waiting.Text + ")"
		}
	}
	return s
}

func (e *Engine) progress(ctx context.Context, id CampaignID) (Progress, error) {
	run, err := e.store.ReadRun(ctx, id)
	if err != nil {
		return Progress{}, errorf("progress", id, err)
	}
	return e.progressOf(&run), nil
}

func (e *Engine) progressOf(r *Run) Progress {
	p := Progress{
		ID: r.ID, Name: r.Name, Group: r.Group, Touchpoint: r.Touchpoint, Labels: r.Labels, State: r.State, Cause: r.Cause, Waiting: r.Waiting,
		Total: r.Counts.Total(), Counts: r.Counts, Duplicate: r.Imported.Duplicate, Rejected: r.Imported.Rejected,
		Created: r.Created, StartAt: r.StartAt, Started: r.Started, Ended: r.Ended, NotAfter: r.NotAfter, Revision: r.Revision, Number: r.Number,
	}
	if r.State != Running {
		return p
	}
	now := e.clock.now()
	e.mu.Lock()
	if d := e.drivers[r.Touchpoint]; d != nil {
		p.PerSecond = d.speed(r.ID)
	}
	e.mu.Unlock()
	if elapsed := now.Sub(r.Started).Seconds(); p.PerSecond == 0 && elapsed > 1 && now.Sub(r.Heartbeat) < heartbeatFresh {
		p.PerSecond = float64(p.Done()) / elapsed
	}
	if p.PerSecond > 0 {
		from := now
		if r.Waiting.Until.After(now) && r.Waiting.Code != "rate" {
			from = r.Waiting.Until
		}
		p.EstimatedEnd = from.Add(time.Duration(float64(r.Counts.Pending) / p.PerSecond * float64(time.Second))).Truncate(time.Second)
	}
	return p
}

// ProgressOf is the progress of many campaigns at once, in the order of the ids; those that do not exist are left out.
func (e *Engine) ProgressOf(ctx context.Context, ids ...CampaignID) ([]Progress, error) {
	var all []Progress
	for _, id := range ids {
		p, err := e.progress(ctx, id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// heartbeatFresh is how old a campaign's last sign of life may be for its average speed to say something.
const heartbeatFresh = 30 * time.Second

// watchEvery is how often a watched campaign that another process drives is looked at; watchGap the least time between two looks.
const (
	watchEvery = 500 * time.Millisecond
	watchGap   = 100 * time.Millisecond
)

// Watch streams a campaign's progress whenever it changed, at most ten times a second, first at once. It ends after a progress whose state is completed or
// canceled with nothing on its way, or with ctx, or with an error.
func (e *Engine) Watch(ctx context.Context, id CampaignID) iter.Seq2[Progress, error] {
	return func(yield func(Progress, error) bool) {
		var last Progress
		for first := true; ; first = false {
			changes := e.changes()
			p, err := e.progress(ctx, id)
			if err != nil {
				yield(Progress{}, err)
				return
			}
			if first || p.State != last.State || p.Counts != last.Counts || p.Waiting != last.Waiting || p.Total != last.Total || p.Cause != last.Cause {
				if !yield(p, nil) {
					return
				}
				last = p
			}
			if (p.State == Completed || p.State == CanceledState) && p.Sending == 0 {
				return
			}
			if !pauseFor(ctx, watchGap, nil) || !pauseFor(ctx, watchEvery, changes) {
				yield(Progress{}, context.Cause(ctx))
				return
			}
		}
	}
}

// pauseFor waits for a time or a signal; false means that ctx ended.
func pauseFor(ctx context.Context, d time.Duration, signal <-chan struct{}) bool {
	if ctx.Err() != nil {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
	case <-signal:
	}
	return true
}
