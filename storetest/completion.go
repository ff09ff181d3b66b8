package storetest

import (
	"time"

	"github.com/outbound-go/outbound"
)

func completionRules() []rule {
	return []rule{
		{says: "A running campaign that has nothing left to send is completed by the transaction that settles the last delivery, at its time.", check: completes},
		{says: "A campaign does not complete while a delivery is pending or in flight.", check: completesNotBefore},
		{says: "Under DoubtsHold a campaign completes with its doubts, under DoubtsResend not before they are gone.", check: completesWithDoubts},
		{says: "A paused campaign does not complete.", check: completesPaused},
		{says: "A range whose people are all skipped completes the campaign.", check: completesSkipped},
		{says: "A completed campaign is running again, with a fresh Heartbeat and without Ended, when a delivery returns to pending, by whatever call.", check: completedReopens},
		{says: "A canceled campaign stays canceled, whatever its late outcomes say.", check: canceledStays},
	}
}

func completes(c *check) {
	f := c.campaign(2)
	f.commit(outbound.RunBatch{Range: f.span(2), Waiting: &outbound.Waiting{Code: "rate"}})
	f.settle(accepted(1, 1))
	same(c, "State", f.run().State, outbound.Running)
	f.tick(time.Second)
	r := f.settle(failed(2, 1))
	same(c, "State of the result", r.Run.State, outbound.Completed)
	run := f.run()
	same(c, "State", run.State, outbound.Completed)
	same(c, "Ended", run.Ended, f.now)
	same(c, "Waiting", run.Waiting, outbound.Waiting{})
	g := c.campaign(1)
	g.grant(1)
	g.tick(time.Minute)
	_, err := g.s.Settle(c.ctx(), g.now, sale, []outbound.Outcome{accepted(1, 1)}, outbound.Act{})
	c.must(err)
	same(c, "State after Settle", g.run().State, outbound.Completed)
	same(c, "Ended after Settle", g.run().Ended, g.now)
}

func completesNotBefore(c *check) {
	f := c.campaign(4)
	f.grant(3, held(3, f.now))
	f.settle(accepted(1, 1), again(2, 1, f.now))
	running := func() {
		c.Helper()
		same(c, "State", f.run().State, outbound.Running)
		same(c, "Ended", f.run().Ended, time.Time{})
	}
	running()
	f.claim(3, 1)
	f.grant(4)
	f.settle(accepted(3, 1), accepted(4, 1))
	running()
	f.claim(2, 2)
	running()
	f.settle(accepted(2, 2))
	same(c, "State", f.run().State, outbound.Completed)
}

func completesWithDoubts(c *check) {
	f := c.campaign(2)
	f.grant(2)
	f.settle(accepted(1, 1), uncertain(2, 1, time.Time{}))
	same(c, "State under DoubtsHold", f.run().State, outbound.Completed)
	f = c.campaign(2, withResend)
	f.grant(2)
	f.settle(accepted(1, 1), uncertain(2, 1, f.now))
	same(c, "State under DoubtsResend", f.run().State, outbound.Running)
	f.claim(2, 2)
	f.settle(accepted(2, 2))
	same(c, "State after the second attempt", f.run().State, outbound.Completed)
}

func completesPaused(c *check) {
	f := c.campaign(1)
	f.grant(1)
	f.update(func(r *outbound.Run) { r.State = outbound.Paused })
	f.settle(accepted(1, 1))
	same(c, "State", f.run().State, outbound.Paused)
	same(c, "Ended", f.run().Ended, time.Time{})
}

func completesSkipped(c *check) {
	f := c.campaign(2)
	f.grant(2, skipped(1), skipped(2))
	same(c, "State", f.run().State, outbound.Completed)
	f = c.campaign(2)
	f.grant(2, skipped(1), held(2, f.now))
	same(c, "State", f.run().State, outbound.Running)
	skip := skipped(2)
	f.claims(nil, outbound.Claim{Seq: 2, Attempt: 1, Decided: &skip})
	same(c, "State", f.run().State, outbound.Completed)
}

func completedReopens(c *check) {
	for what, pending := range map[string]func(*field){
		"Commit": func(f *field) { f.settle(again(1, 1, f.now)) },
		"Settle": func(f *field) {
			n, err := f.s.Settle(c.ctx(), f.now, sale, []outbound.Outcome{again(1, 1, f.now)}, outbound.Act{})
			c.must(err)
			same(c, "applied", n, 1)
		},
		"Reopen": func(f *field) {
			n, _, _, err := f.s.Reopen(c.ctx(), f.now, outbound.Reopening{Campaign: sale, From: outbound.Uncertain, Due: f.now, Limit: 10}, outbound.Act{})
			c.must(err)
			same(c, "moved", n, 1)
		},
	} {
		f := c.campaign(2)
		f.grant(2)
		f.settle(uncertain(1, 1, time.Time{}), accepted(2, 1))
		same(c, "State", f.run().State, outbound.Completed)
		f.tick(24 * time.Hour)
		pending(f)
		run := f.run()
		same(c, "State after "+what, run.State, outbound.Running)
		same(c, "Ended after "+what, run.Ended, time.Time{})
		same(c, "Heartbeat after "+what, run.Heartbeat, f.now)
		f.want(1, outbound.Pending, 1)
		f.claim(1, 2)
		f.settle(accepted(1, 2))
		same(c, "State in the end", f.run().State, outbound.Completed)
	}
}

func canceledStays(c *check) {
	f := c.campaign(3)
	f.grant(2)
	f.giveUp(outbound.CanceledState, outbound.Canceled)
	ended := f.run().Ended
	f.tick(time.Second)
	f.settle(again(1, 1, f.now))
	_, err := f.s.Settle(c.ctx(), f.now, sale, []outbound.Outcome{accepted(2, 1)}, outbound.Act{})
	c.must(err)
	same(c, "State", f.run().State, outbound.CanceledState)
	same(c, "Ended", f.run().Ended, ended)
}
