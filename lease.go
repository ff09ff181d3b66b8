package outbound

import (
	"context"
	"errors"
	"sync"
	"time"
)

// sighting is a lease of somebody else as it was first seen: it counts as expired when it stayed unchanged for its term on our own clock.
type sighting struct {
	token, beat int64
	since       time.Time
}

// lease is our right to send from a touchpoint. Requests begin only before its deadline, by the monotonic and by the wall clock.
type lease struct {
	name  string
	token int64
	term  time.Duration

	mu       sync.Mutex
	deadline time.Time // with a monotonic reading; guarded by mu
	wall     time.Time // without; guarded by mu
	lost     bool      // guarded by mu
}

// held says who else drives a touchpoint, and when to look again.
type held struct {
	owner string
	until time.Time // local
}

func (l *lease) extend(from time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deadline = from.Add(l.term)
	l.wall = l.deadline.Round(0)
}

func (l *lease) lose() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lost = true
}

// valid says whether a request may begin at now, which has a monotonic reading.
func (l *lease) valid(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.lost && now.Before(l.deadline) && now.Round(0).Before(l.wall)
}

func (l *lease) isLost() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}

// owner is how this engine calls itself in leases.
func (e *Engine) owner() string { return e.config.Owner + " (" + e.id + ")" }

// acquire takes the lease of a touchpoint if it is free, or was seen unchanged for its whole term. before is the record as it was.
func (e *Engine) acquire(ctx context.Context, name string) (before TouchpointRecord, l *lease, other *held, err error) {
	now, err := e.clock.read(ctx)
	if err != nil {
		return before, nil, nil, err
	}
	if before, err = e.store.ReadTouchpoint(ctx, name); err != nil {
		return before, nil, nil, err
	}
	if before.Owner != "" {
		if until := e.sight(&before); time.Now().Before(until) {
			return before, nil, &held{before.Owner, until}, nil
		}
	}
	started := time.Now()
	l = &lease{name: name, term: e.config.LeaseTerm}
	_, err = e.store.UpdateTouchpoint(ctx, name, func(t *TouchpointRecord) (Act, error) {
		if t.Token != before.Token || t.Beat != before.Beat || t.Owner != before.Owner {
			return Act{}, ErrConflict
		}
		t.Owner, t.Term = e.owner(), l.term
		t.Token, t.Beat = t.Token+1, t.Beat+1
		t.Active = later(t.Active, now)
		l.token = t.Token
		return Act{}, nil
	})
	if errors.Is(err, ErrConflict) {
		return before, nil, &held{"another process", time.Now().Add(e.config.PollInterval)}, nil
	}
	if err != nil {
		return before, nil, nil, err
	}
	l.extend(started)
	return before, l, nil, nil
}

// sight remembers a lease of somebody else and returns when it will have been unchanged for its term.
func (e *Engine) sight(rec *TouchpointRecord) time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.seen[rec.Name]
	if s.since.IsZero() || s.token != rec.Token || s.beat != rec.Beat {
		s = sighting{rec.Token, rec.Beat, time.Now()}
		e.seen[rec.Name] = s
	}
	return s.since.Add(max(rec.Term, time.Millisecond))
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// renew keeps a lease until ctx ends or it is lost.
func (e *Engine) renew(ctx context.Context, l *lease) {
	wait := l.term / 3
	for pauseFor(ctx, wait, nil) {
		started := time.Now()
		now, err := e.clock.read(ctx)
		if err == nil {
			err = e.beat(ctx, l, now, false)
		}
		switch {
		case err == nil:
			l.extend(started)
			wait = l.term / 3
		case errors.Is(err, ErrLeaseLost):
			l.lose()
			return
		default:
			wait = l.term / 15
			e.log.Warn("outbound: the lease could not be renewed", "touchpoint", l.name, "error", err)
		}
	}
}

// beat renews a lease, or releases it.
func (e *Engine) beat(ctx context.Context, l *lease, now time.Time, release bool) error {
	_, err := e.store.UpdateTouchpoint(ctx, l.name, func(t *TouchpointRecord) (Act, error) {
		if t.Token != l.token {
			return Act{}, ErrLeaseLost
		}
		t.Beat++
		t.Active = later(t.Active, now)
		if release {
			t.Owner = ""
		}
		return Act{}, nil
	})
	return err
}

// release gives a lease back, so that another process may take it at once.
func (e *Engine) release(ctx context.Context, l *lease) {
	if err := e.beat(ctx, l, e.clock.now(), true); err != nil && !errors.Is(err, ErrLeaseLost) {
		e.log.Warn("outbound: the lease could not be released; it ends by itself", "touchpoint", l.name, "error", err)
	}
}
