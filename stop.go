package outbound

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Stop is an emergency brake: nothing more is sent from a touchpoint, or for a group, by any replica, until Release. It is stored. When Stop returns nothing
// begins any more, as with Campaign.Pause. Campaigns stay running and wait.
func (e *Engine) Stop(ctx context.Context, scope StopScope, name, reason string) error {
	if err := checkScope(scope); err != nil {
		return err
	}
	now, err := e.clock.fresh(ctx)
	if err != nil {
		return fmt.Errorf("outbound: stop of %s %q: %w", scope, name, err)
	}
	stop := Stop{Scope: scope, Name: name, At: now, Actor: ActorOf(ctx), Reason: reason}
	if err := e.store.SetStop(ctx, stop, Act{At: now, Actor: stop.Actor, Action: "stop", Detail: string(scope) + " " + name + ": " + reason}); err != nil {
		return fmt.Errorf("outbound: stop of %s %q: %w", scope, name, err)
	}
	e.awaken()
	filter := RunFilter{States: []CampaignState{Running}, Limit: -1, Notices: true}
	if scope == StopTouchpoint {
		filter.Touchpoint = name
	} else {
		filter.Group = &name
	}
	runs, err := e.store.ListRuns(ctx, filter)
	if err != nil {
		return fmt.Errorf("outbound: stop of %s %q: %w", scope, name, err)
	}
	slices.SortFunc(runs, func(a, b Run) int { return strings.Compare(a.Touchpoint, b.Touchpoint) })
	runs = slices.CompactFunc(runs, func(a, b Run) bool { return a.Touchpoint == b.Touchpoint })
	errs := make([]error, len(runs))
	var wg sync.WaitGroup
	for i := range runs {
		runs[i].ID = "" // all of its campaigns
		wg.Go(func() { errs[i] = e.quiesce(ctx, &runs[i]) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Release lifts an emergency stop.
func (e *Engine) Release(ctx context.Context, scope StopScope, name string) error {
	if err := checkScope(scope); err != nil {
		return err
	}
	now, err := e.clock.fresh(ctx)
	if err == nil {
		err = e.store.ClearStop(ctx, scope, name, Act{At: now, Actor: ActorOf(ctx), Action: "release", Detail: string(scope) + " " + name})
	}
	e.awaken()
	if err != nil {
		return fmt.Errorf("outbound: release of %s %q: %w", scope, name, err)
	}
	return nil
}

// Stops lists the emergency stops in force.
func (e *Engine) Stops(ctx context.Context) ([]Stop, error) {
	stops, err := e.store.Stops(ctx)
	if err != nil {
		return nil, fmt.Errorf("outbound: stops: %w", err)
	}
	return stops, nil
}

func checkScope(scope StopScope) error {
	if scope != StopTouchpoint && scope != StopGroup {
		return fmt.Errorf("outbound: stop: %w", Problems{NewProblem("scope", "not_one_of", "values", "touchpoint, group")})
	}
	return nil
}

// stopFor is the stop that holds a run, if there is one.
func stopFor(stops []Stop, r *Run) (Stop, bool) {
	for _, s := range stops {
		if s.Scope == StopTouchpoint && s.Name == r.Touchpoint || s.Scope == StopGroup && s.Name == r.Group {
			return s, true
		}
	}
	return Stop{}, false
}
