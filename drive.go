package outbound

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// DriveStatus is how a Drive ended.
type DriveStatus string

const (
	DriveDone DriveStatus = "done" // nothing is left to send from the touchpoint
	DriveMore DriveStatus = "more" // the budget ended with work left
	DriveHeld DriveStatus = "held" // another owner drives it; ask again at Until
	DriveWait DriveStatus = "wait" // nothing can begin before Until; zero = until somebody mends what Waiting says
)

// DriveResult says how a Drive ended and when to drive again.
type DriveResult struct {
	Status  DriveStatus
	Until   time.Time // by the local clock; zero = unknown
	Waiting Waiting   // with DriveWait
	By      string    // with DriveHeld: the owner, in words
}

// Drive sends what a touchpoint has to send, for at most a budget of time (0 = without bound), and says when to drive again. Hosts with a job runner of their own call it from
// their jobs; others call Run. When ctx or the budget ends no new request begins, those under way finish and are recorded.
func (e *Engine) Drive(ctx context.Context, touchpoint string, budget time.Duration) (DriveResult, error) {
	return e.drive(ctx, touchpoint, budget, 0)
}

// drive is Drive; linger is how long to stay with nothing to do, in case something comes.
func (e *Engine) drive(ctx context.Context, name string, budget, linger time.Duration) (DriveResult, error) {
	fail := func(err error) (DriveResult, error) {
		return DriveResult{}, fmt.Errorf("outbound: touchpoint %q: %w", name, err)
	}
	channel, err := e.config.Touchpoints.Open(ctx, name)
	if err != nil {
		if !errors.Is(err, ErrUnknownTouchpoint) { // else it is another replica's
			e.sayUnopened(ctx, name)
		}
		return fail(err)
	}
	if problems := selfcheck("", channel); len(problems) > 0 {
		return fail(problems)
	}
	d := newDriver(e, name, channel)
	e.mu.Lock()
	if e.drivers[name] != nil {
		e.mu.Unlock()
		return DriveResult{Status: DriveHeld, By: "this process", Until: time.Now().Add(e.config.PollInterval)}, nil
	}
	e.drivers[name] = d
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		delete(e.drivers, name)
		e.mu.Unlock()
		close(d.gone)
		if c, ok := as[interface{ CloseIdle() }](d.channel); ok {
			c.CloseIdle()
		}
		e.touched()
	}()

	rec, l, other, err := e.acquire(ctx, name)
	if err != nil {
		return fail(err)
	}
	if other != nil {
		return DriveResult{Status: DriveHeld, By: other.owner, Until: other.until}, nil
	}
	d.begin(rec, l)

	// Three contexts: wanting ends softly, the lease and the ledger are served until everything is recorded, requests are cut off last.
	work := context.WithoutCancel(ctx)
	renewing, stopRenewing := context.WithCancel(work)
	var wg sync.WaitGroup
	wg.Go(func() { e.renew(renewing, l) })
	defer func() {
		stopRenewing()
		wg.Wait()
	}()
	soft := ctx
	if budget > 0 {
		var cancel context.CancelFunc
		soft, cancel = context.WithTimeoutCause(ctx, budget, errBudget)
		defer cancel()
	}
	result, err := d.serve(soft, work, linger)
	stopRenewing()
	wg.Wait()
	closing, cancel := context.WithTimeout(work, 5*time.Second)
	defer cancel()
	if !d.left && !errors.Is(err, ErrLeaseLost) {
		e.release(closing, l)
	}
	if errors.Is(err, ErrLeaseLost) {
		return DriveResult{Status: DriveHeld, By: "another process", Until: time.Now().Add(e.config.PollInterval)}, nil
	}
	if err != nil {
		return fail(err)
	}
	return result, nil
}

// sayUnopened records that the campaigns of a touchpoint wait for it to be opened. Why is for the log: the host's error may contain anything.
func (e *Engine) sayUnopened(ctx context.Context, name string) {
	runs, err := e.store.ListRuns(ctx, RunFilter{Touchpoint: name, States: []CampaignState{Running}, Notices: true, Limit: -1})
	for i := range runs {
		if err == nil && runs[i].Waiting.Code != "touchpoint" {
			_, err = e.store.UpdateRun(ctx, runs[i].ID, func(r *Run) (Act, error) {
				r.Waiting = Waiting{Code: "touchpoint"}
				return Act{}, nil
			})
		}
	}
	if err != nil {
		e.log.Warn("outbound: the store is not usable", "touchpoint", name, "error", err)
	}
}

var errBudget = errors.New("the budget of this drive ended")
