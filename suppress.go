package outbound

import (
	"context"
	"fmt"
	"time"
)

// Suppress records that people refuse messages. From its return on no intent for them is granted, whatever was planned; a request whose intent is older may
// begin within one second. An empty Purpose refuses everything.
func (e *Engine) Suppress(ctx context.Context, entries ...Suppression) error {
	now, entries, err := e.suppressions(ctx, entries)
	if err == nil {
		err = e.store.Suppress(ctx, now, entries, Act{At: now, Actor: ActorOf(ctx), Action: "suppress", Detail: fmt.Sprint(len(entries))})
	}
	if err != nil {
		return fmt.Errorf("outbound: suppress: %w", err)
	}
	return nil
}

// Unsuppress takes back what Suppress recorded for the same group, touchpoint, address and purpose.
func (e *Engine) Unsuppress(ctx context.Context, entries ...Suppression) error {
	now, entries, err := e.suppressions(ctx, entries)
	if err == nil {
		err = e.store.Unsuppress(ctx, now, entries, Act{At: now, Actor: ActorOf(ctx), Action: "unsuppress", Detail: fmt.Sprint(len(entries))})
	}
	if err != nil {
		return fmt.Errorf("outbound: unsuppress: %w", err)
	}
	return nil
}

func (e *Engine) suppressions(ctx context.Context, entries []Suppression) (time.Time, []Suppression, error) {
	now, err := e.clock.fresh(ctx)
	if err != nil {
		return now, nil, err
	}
	out := make([]Suppression, len(entries))
	for i, s := range entries {
		if s.Address == "" {
			return now, nil, Problems{NewProblem(fmt.Sprintf("[%d].address", i), "required")}
		}
		setDefault(&s.Purpose, AnyPurpose)
		setDefault(&s.At, now)
		setDefault(&s.Actor, ActorOf(ctx))
		out[i] = s
	}
	return now, out, nil
}

// Erase removes a person from everything that was recorded on a touchpoint of a group: address, reference, variables and message ids go, sums and the
// person's opt-outs stay. It returns how many deliveries it changed.
func (e *Engine) Erase(ctx context.Context, group, touchpoint, address string) (int64, error) {
	now, err := e.clock.fresh(ctx)
	if err != nil {
		return 0, fmt.Errorf("outbound: erase: %w", err)
	}
	n, err := e.store.Erase(ctx, now, group, touchpoint, address, Act{Group: group, Touchpoint: touchpoint, At: now, Actor: ActorOf(ctx), Action: "erase"})
	if err != nil {
		return n, fmt.Errorf("outbound: erase: %w", err)
	}
	return n, nil
}

// Purge removes the deliveries of campaigns that ended before a time, in small steps; their sums stay. It returns how many rows went.
func (e *Engine) Purge(ctx context.Context, before time.Time) (int64, error) {
	var total int64
	for {
		n, done, err := e.store.Purge(ctx, before, stepRows)
		total += n
		if err != nil {
			return total, fmt.Errorf("outbound: purge: %w", err)
		}
		if done {
			return total, nil
		}
	}
}
