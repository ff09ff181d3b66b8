package outbound

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// rejectedInARow is how many people in a row whose rendered message is refused pause a campaign with variables.
const rejectedInARow = 5

// settle decides what a finished request means: for the person, the campaign and the touchpoint.
func (d *driver) settle(ctx context.Context, it *item) {
	a := it.run
	d.inflight--
	a.running--
	now := d.e.clock.now()
	if !it.left {
		d.record(it, withdrawal(it, now))
		return
	}
	o := Outcome{Seq: it.row.Seq, Attempt: it.attempt, Tries: it.row.Tries}
	if it.err == nil {
		o.State, o.Message, o.Code = Accepted, it.receipt.Message, it.receipt.Note
		if it.receipt.Media.Ref != "" && a.needsUpload() {
			if a.media == nil {
				a.media = map[string]MediaRef{}
			}
			a.media[a.content.draft.Message.Media.Hash] = it.receipt.Media
		}
		a.reject = 0
		d.answered()
		d.record(it, o)
		return
	}
	e := sendError(it.err)
	o.Class, o.Code, o.Reason = e.Class, e.Code, e.Reason
	switch e.Class {
	case ClassRecipient:
		o.State = Failed
		d.answered()
	case ClassMessage:
		d.answered()
		d.rejected(ctx, a, &o, e, now)
	case ClassMigrated:
		d.answered()
		d.migrated(ctx, a, it, &o, e, now)
	case ClassAccount:
		o.State, o.Due = Pending, now
		d.accountFault(e, now, false)
	case ClassThrottled:
		o.State, o.Due = Pending, now.Add(d.throttledFor(e))
		if e.Scope == ScopeAccount {
			d.throttled(e, o.Due, now)
		}
	case ClassTransient:
		d.failedForNow(&o, e, now)
	default:
		o.State, o.Class = Uncertain, ClassAmbiguous
		if a.run.Doubts == DoubtsResend {
			o.Due = now.Add(d.e.doubtAge())
		}
		d.unanswered(e, now)
	}
	d.record(it, o)
}

// rejected handles refused content. If everybody gets the same, nobody will get it: the campaign pauses and the person stays pending.
func (d *driver) rejected(ctx context.Context, a *activeRun, o *Outcome, e *SendError, now time.Time) {
	a.reject++
	if a.content.static() {
		o.State, o.Due = Pending, now
	} else {
		o.State = Failed
		if a.reject < rejectedInARow {
			return
		}
	}
	if a.pausing {
		return
	}
	a.pausing = true
	d.halt(a)
	d.e.pauseFor(ctx, a.run.ID, Cause{Code: "content", Text: e.Error()})
	d.refreshAt = time.Time{}
}

// migrated sends to the new address, unless that person is in the audience already.
func (d *driver) migrated(ctx context.Context, a *activeRun, it *item, o *Outcome, e *SendError, now time.Time) {
	o.State, o.Due, o.Address, o.Tries = Pending, now, e.Address, o.Tries+1
	if e.Address == "" || o.Tries >= d.e.config.MaxTries {
		o.State, o.Due, o.Address, o.Reason = Failed, time.Time{}, "", ReasonTries
		return
	}
	others, err := d.e.store.Deliveries(ctx, DeliveryFilter{Campaign: a.run.ID, Address: e.Address, Limit: 10})
	if err != nil {
		o.Address = "" // asked again with the next attempt
		return
	}
	for i := range others {
		if others[i].Seq != it.row.Seq && others[i].Key == it.row.Key {
			o.State, o.Due, o.Address, o.Reason = Skipped, time.Time{}, "", ReasonDuplicate
		}
	}
}

// failedForNow retries what surely was not accepted. That nothing left this machine costs the person no try.
func (d *driver) failedForNow(o *Outcome, e *SendError, now time.Time) {
	o.State = Pending
	if e.NotSent {
		o.Due = now.Add(d.e.config.RetryDelay)
		d.unanswered(e, now)
		return
	}
	d.answered()
	o.Tries++
	if o.Tries >= d.e.config.MaxTries {
		o.State, o.Reason = Failed, ReasonTries
		return
	}
	o.Due = now.Add(d.e.retryDelay(o.Tries))
}

// retryDelay is the delay after the nth passing failure.
func (e *Engine) retryDelay(n int) time.Duration {
	return backoffAfter(n, e.config.RetryDelay, e.config.MaxRetryDelay)
}

// backoffAfter doubles a first delay n-1 times, with a fifth of jitter.
func backoffAfter(n int, first, most time.Duration) time.Duration {
	b := backoff.NewExponentialBackOff(backoff.WithInitialInterval(first), backoff.WithMaxInterval(most),
		backoff.WithMultiplier(2), backoff.WithRandomizationFactor(0.2), backoff.WithMaxElapsedTime(0))
	var wait time.Duration
	for range min(n, 64) {
		wait = b.NextBackOff()
	}
	return wait
}

// settleLate records outcomes that came after their lease was lost, as soon as the store can.
func (e *Engine) settleLate(ctx context.Context) {
	e.mu.Lock()
	late := e.late
	e.late = nil
	e.mu.Unlock()
	for id, outcomes := range late {
		_, err := e.store.Settle(ctx, e.clock.now(), id, outcomes, Act{})
		if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrClosed) {
			e.keepLate(id, outcomes)
		}
	}
}

func (e *Engine) keepLate(id CampaignID, outcomes []Outcome) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.late == nil {
		e.late = map[CampaignID][]Outcome{}
	}
	e.late[id] = append(e.late[id], outcomes...)
}
