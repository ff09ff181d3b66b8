package storetest

import (
	"time"

	"github.com/outbound-go/outbound"
)

func refusalRules() []rule {
	return []rule{
		{says: "not_running: wants of a campaign that is not running are refused.", check: refusedNotRunning},
		{says: "expired: wants are refused exactly at NotAfter and after it, and granted a microsecond before.", check: refusedExpired},
		{says: "stopped: wants are refused while a Stop names the touchpoint or the run's group, and no other's.", check: refusedStopped},
		{says: "epoch: wants are refused unless the group's suppression epoch equals the batch's.", check: refusedEpoch},
		{says: "cursor: a Range is refused unless From equals the cursor; so are the claims beside it.", check: refusedCursor},
		{says: "pause_after: a Range is refused whole unless PauseAfter allows all of it.", check: refusedPauseAfter},
		{says: "Outcomes are applied whatever the campaign's state, and Low, Waiting, Media and Heartbeat are set, also when wants are refused.", check: refusedApplies},
		{says: "A campaign that gave up the rest grants nothing, though it is running and its time has not come.", check: refusedTail},
	}
}

// refuses wants a range and a claim, each by itself, to be refused for a reason and to leave nothing. Delivery 1 is due for attempt 2.
func (f *field) refuses(want outbound.Refusal) {
	f.Helper()
	f.refusesAs(want, f.epoch())
}

func (f *field) refusesAs(want outbound.Refusal, epoch int64) {
	f.Helper()
	for _, b := range []outbound.RunBatch{
		{Range: f.span(f.run().Cursor + 1)},
		{Range: f.span(f.run().Cursor+1, skipped(f.run().Cursor+1))},
		{Claims: []outbound.Claim{{Seq: 1, Attempt: 2}}},
	} {
		run, rows := f.run(), f.rows()
		b.Epoch = epoch
		r := f.commitAs(f.batch(b))
		same(f.check, "Refused", r.Refused, want)
		after := f.run()
		same(f.check, "Cursor", after.Cursor, run.Cursor)
		same(f.check, "Begun", after.Begun, run.Begun)
		same(f.check, "Counts", after.Counts, run.Counts)
		same(f.check, "State", after.State, run.State)
		same(f.check, "the deliveries", f.rows(), rows)
	}
}

// grants wants a range and a claim to be granted.
func (f *field) grants() {
	f.Helper()
	r := f.commit(outbound.RunBatch{Range: f.span(f.run().Cursor + 1), Claims: []outbound.Claim{{Seq: 1, Attempt: 2}}})
	same(f.check, "Refused", r.Refused, "")
	same(f.check, "the refused claims", r.Claims, nil)
}

// waiting is a campaign of eight: 1 is due for attempt 2, 2 is in flight, the rest is pending.
func (c *check) waiting(alter ...func(*outbound.Run)) *field {
	c.Helper()
	f := c.campaign(8, alter...)
	f.grant(2)
	f.settle(again(1, 1, f.now))
	return f
}

func refusedNotRunning(c *check) {
	f := c.waiting()
	for _, state := range []outbound.CampaignState{outbound.DraftState, outbound.Scheduled, outbound.Paused, outbound.CanceledState} {
		f.update(func(r *outbound.Run) { r.State = state })
		f.refuses(outbound.RefusedNotRunning)
	}
	f.update(func(r *outbound.Run) { r.State = outbound.Running })
	f.grants()
}

func refusedExpired(c *check) {
	end := dawn.Add(time.Hour)
	f := c.waiting(func(r *outbound.Run) { r.NotAfter = end })
	for _, now := range []time.Time{end, end.Add(time.Microsecond), end.Add(time.Hour)} {
		f.now = now
		f.refuses(outbound.RefusedExpired)
	}
	f.now = end.Add(-time.Microsecond)
	f.grants()
}

func refusedStopped(c *check) {
	f := c.waiting()
	stop := func(scope outbound.StopScope, name string) {
		c.Helper()
		c.must(f.s.SetStop(c.ctx(), outbound.Stop{Scope: scope, Name: name, At: f.now, Actor: someb}, outbound.Act{}))
	}
	release := func(scope outbound.StopScope, name string) {
		c.Helper()
		c.must(f.s.ClearStop(c.ctx(), scope, name, outbound.Act{}))
	}
	stop(outbound.StopTouchpoint, shop)
	f.refuses(outbound.RefusedStopped)
	stop(outbound.StopGroup, acme)
	f.refuses(outbound.RefusedStopped)
	release(outbound.StopTouchpoint, shop)
	f.refuses(outbound.RefusedStopped)
	release(outbound.StopGroup, acme)
	for _, other := range []string{"other", ""} {
		stop(outbound.StopTouchpoint, other)
		stop(outbound.StopGroup, other)
	}
	stop(outbound.StopTouchpoint, acme)
	stop(outbound.StopGroup, shop)
	f.grants()
}

func refusedEpoch(c *check) {
	f := c.waiting()
	before := f.epoch()
	c.must(f.s.Suppress(c.ctx(), f.now, []outbound.Suppression{{Group: acme, Touchpoint: shop, Address: person(7).Address, Purpose: outbound.AnyPurpose}}, outbound.Act{}))
	f.refusesAs(outbound.RefusedEpoch, before)
	f.refusesAs(outbound.RefusedEpoch, f.epoch()+1)
	r := f.commitAs(f.batch(outbound.RunBatch{Epoch: before, Range: f.span(3)}))
	same(c, "the Epoch that the refusal names", r.Epoch, f.epoch())
	c.must(f.s.Suppress(c.ctx(), f.now, []outbound.Suppression{{Group: "other", Address: person(7).Address, Purpose: outbound.AnyPurpose}}, outbound.Act{}))
	f.grants()
}

func refusedCursor(c *check) {
	f := c.waiting()
	run, rows := f.run(), f.rows()
	for _, r := range []outbound.Range{{From: 1, To: 3, Count: 2}, {From: 3, To: 4, Count: 1}} {
		got := f.commit(outbound.RunBatch{Range: &r, Claims: []outbound.Claim{{Seq: 1, Attempt: 2}}})
		same(c, "Refused", got.Refused, outbound.RefusedCursor)
		same(c, "Counts", f.run().Counts, run.Counts)
		same(c, "the deliveries", f.rows(), rows)
	}
	f.grants()
}

func refusedPauseAfter(c *check) {
	f := c.waiting(func(r *outbound.Run) { r.PauseAfter = 5 })
	for _, to := range []int64{6, 7} {
		run, rows := f.run(), f.rows()
		got := f.commit(outbound.RunBatch{Range: f.span(to), Claims: []outbound.Claim{{Seq: 1, Attempt: 2}}})
		same(c, "Refused", got.Refused, outbound.RefusedPauseAfter)
		same(c, "Cursor", f.run().Cursor, run.Cursor)
		same(c, "Counts", f.run().Counts, run.Counts)
		same(c, "the deliveries", f.rows(), rows)
	}
	f.grant(6, skipped(3)) // who is decided does not count
	same(c, "Begun", f.run().Begun, 5)
	f.refusedWhole(outbound.Range{From: 6, To: 7, Count: 1}, outbound.RefusedPauseAfter)
	f.claim(1, 2) // nor does another attempt
	f.grant(7, skipped(7))
}

func refusedApplies(c *check) {
	f := c.waiting()
	f.tick(time.Second)
	f.update(func(r *outbound.Run) { r.State = outbound.Paused })
	waiting := outbound.Waiting{Code: "stop"}
	got := f.commit(outbound.RunBatch{
		Outcomes: []outbound.Outcome{accepted(2, 1)}, Range: f.span(4), Claims: []outbound.Claim{{Seq: 1, Attempt: 2}},
		Low: 2, Waiting: &waiting, Media: map[string]outbound.MediaRef{"h": {Ref: "r"}},
	})
	same(c, "Refused", got.Refused, outbound.RefusedNotRunning)
	f.want(2, outbound.Accepted, 1)
	run := f.run()
	same(c, "Counts", run.Counts, outbound.Counts{Pending: 7, Accepted: 1})
	same(c, "Low", run.Low, 2)
	same(c, "Waiting", run.Waiting, waiting)
	same(c, "Media", run.Media, map[string]outbound.MediaRef{"h": {Ref: "r"}})
	same(c, "Heartbeat", run.Heartbeat, f.now)
}

func refusedTail(c *check) {
	f := c.waiting()
	f.giveUp(outbound.Running, outbound.Skipped)
	f.refuses(outbound.RefusedExpired)
}
