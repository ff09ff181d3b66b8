package outbound

import (
	"context"
	"fmt"
	"time"
)

// RetryFailed returns failed deliveries to pending and, if the campaign had completed, sets it running again. Without classes it takes those that another attempt may help:
// messages and passing failures, not people who blocked the account or are unknown to it. It returns how many.
func (e *Engine) RetryFailed(ctx context.Context, id CampaignID, classes ...Class) (int64, error) {
	if len(classes) == 0 {
		classes = []Class{ClassMessage, ClassTransient, ClassThrottled, ClassAccount, ClassMigrated}
	}
	n, err := e.reopen(ctx, id, Reopening{From: Failed, Classes: classes}, "retry")
	return n, errorf("retry", id, err)
}

// Resolution is what a human decides about uncertain deliveries.
type Resolution string

const (
	// ResolveResend tries them again. Somebody may get the message twice.
	ResolveResend Resolution = "resend"
	// ResolveAccepted takes it that the provider accepted them.
	ResolveAccepted Resolution = "accepted"
	// ResolveFailed takes it that the provider did not.
	ResolveFailed Resolution = "failed"
)

// Resolve settles the uncertain deliveries of a campaign as a human decides; numbers name single ones, none = all. Sending again
// waits until lease time and request timeout have passed since the doubt arose, so that a late answer can still settle it. It returns how many.
func (e *Engine) Resolve(ctx context.Context, id CampaignID, r Resolution, numbers ...int64) (int64, error) {
	switch r {
	case ResolveResend:
		if len(numbers) > 0 {
			n, err := e.settleDoubts(ctx, id, Pending, numbers)
			return n, errorf("resolve", id, err)
		}
		n, err := e.reopen(ctx, id, Reopening{From: Uncertain}, "resolve resend")
		return n, errorf("resolve", id, err)
	case ResolveAccepted:
		n, err := e.settleDoubts(ctx, id, Accepted, numbers)
		return n, errorf("resolve", id, err)
	case ResolveFailed:
		n, err := e.settleDoubts(ctx, id, Failed, numbers)
		return n, errorf("resolve", id, err)
	}
	return 0, errorf("resolve", id, Problems{NewProblem("resolution", "not_one_of", "values", "resend, accepted, failed")})
}

// doubtAge is how long after a doubt arose a late answer may still come.
func (e *Engine) doubtAge() time.Duration { return e.config.LeaseTerm + e.config.RequestTimeout }

func (e *Engine) reopen(ctx context.Context, id CampaignID, r Reopening, action string) (int64, error) {
	run, err := e.store.ReadRun(ctx, id)
	if err != nil {
		return 0, err
	}
	if err := e.authorize(ctx, ActionRetry, &run); err != nil {
		return 0, err
	}
	now, err := e.clock.fresh(ctx)
	if err != nil {
		return 0, err
	}
	if err := reopenable(&run, now); err != nil {
		return 0, err
	}
	r.Campaign, r.Limit, r.Due = id, stepRows, now
	if r.From == Uncertain {
		r.Due = now.Add(e.doubtAge())
		r.Before = now
	}
	var total int64
	for {
		moved, last, done, err := e.store.Reopen(ctx, now, r, e.act(ctx, &run, action, ""))
		total += int64(moved)
		if err != nil {
			return total, err
		}
		if done {
			break
		}
		r.After = last
	}
	e.awaken()
	return total, nil
}

// reopenable says whether deliveries may return to pending.
func reopenable(r *Run, now time.Time) error {
	switch {
	case r.State != Running && r.State != Paused && r.State != Completed:
		return stateError(r, "clone it to write to these people")
	case r.Tail != Pending, !r.NotAfter.IsZero() && !now.Before(r.NotAfter):
		return fmt.Errorf("the campaign expired; clone it to write to these people: %w", ErrState)
	case r.Purged:
		return fmt.Errorf("its deliveries were purged: %w", ErrState)
	}
	return nil
}

// settleDoubts settles uncertain deliveries by a human's word.
func (e *Engine) settleDoubts(ctx context.Context, id CampaignID, to State, numbers []int64) (int64, error) {
	run, err := e.store.ReadRun(ctx, id)
	if err != nil {
		return 0, err
	}
	now, err := e.clock.fresh(ctx)
	if err != nil {
		return 0, err
	}
	if to == Pending {
		if err := e.authorize(ctx, ActionRetry, &run); err != nil {
			return 0, err
		}
		if err := reopenable(&run, now); err != nil {
			return 0, err
		}
	}
	wanted := map[int64]bool{}
	for _, n := range numbers {
		wanted[n] = true
	}
	filter := DeliveryFilter{Campaign: id, States: []State{Uncertain}, Limit: stepRows}
	var total int64
	for {
		rows, err := e.store.Deliveries(ctx, filter)
		if err != nil {
			return total, err
		}
		var outcomes []Outcome
		for i := range rows {
			if len(wanted) > 0 && !wanted[rows[i].Seq] {
				continue
			}
			o := Outcome{Seq: rows[i].Seq, Attempt: rows[i].Attempt, State: to, Class: rows[i].Class, Code: rows[i].Code, Reason: ReasonResolved, Tries: rows[i].Tries}
			if to == Pending {
				o.Due = now.Add(e.doubtAge())
			}
			outcomes = append(outcomes, o)
		}
		if len(outcomes) > 0 {
			n, err := e.store.Settle(ctx, now, id, outcomes, e.act(ctx, &run, "resolve "+to.String(), fmt.Sprint(len(outcomes))))
			total += int64(n)
			if err != nil {
				return total, err
			}
		}
		if len(rows) < filter.Limit {
			break
		}
		filter.After = rows[len(rows)-1].Seq
	}
	e.awaken()
	return total, nil
}
