package storetest

import (
	"time"

	"github.com/outbound-go/outbound"
)

func tailRules() []rule {
	return []rule{
		{says: "Tail says what a pending delivery means: once the campaign gave up the rest it is canceled or skipped, and the counters agree.", check: tailRest},
		{says: "A late outcome that asks for another attempt becomes canceled after a cancel, and skipped after an expiry; the counters agree.", check: tailLate},
		{says: "Late answers of a campaign that gave up the rest are recorded.", check: tailAnswers},
		{says: "A doubt of a campaign that gave up the rest, proved not accepted, becomes canceled or skipped.", check: tailDoubt},
		{says: "Nobody of a campaign that gave up the rest is read ahead, due, or returned to pending.", check: tailNobody},
	}
}

// givenUp is a way of giving up the rest: what becomes of it, and of the campaign at first.
type givenUp struct {
	tail  outbound.State
	state outbound.CampaignState
}

func tails() []givenUp {
	return []givenUp{{outbound.Canceled, outbound.CanceledState}, {outbound.Skipped, outbound.Running}}
}

func tailRest(c *check) {
	for _, g := range tails() {
		tail, state := g.tail, g.state
		f := c.campaign(6)
		f.grant(4, held(2, f.now.Add(time.Hour)), skipped(3))
		f.settle(again(1, 1, f.now))
		f.giveUp(state, tail)
		f.want(1, tail, 1)
		f.want(2, tail, 0)
		f.want(3, outbound.Skipped, 0)
		f.want(4, outbound.Sending, 1)
		f.want(5, tail, 0)
		rows, err := f.s.Deliveries(c.ctx(), outbound.DeliveryFilter{Campaign: sale, States: []outbound.State{outbound.Pending}})
		c.must(err)
		same(c, "the number of pending deliveries", len(rows), 0)
	}
}

func tailLate(c *check) {
	for _, g := range tails() {
		tail, state := g.tail, g.state
		f := c.campaign(5)
		f.grant(3)
		f.giveUp(state, tail)
		f.settle(again(1, 1, f.now.Add(time.Minute)))
		f.want(1, tail, 1)
		n, err := f.s.Settle(c.ctx(), f.now, sale, []outbound.Outcome{withdrawal(2, 1, f.now)}, outbound.Act{})
		c.must(err)
		same(c, "applied", n, 1)
		f.want(2, tail, 1)
		want := outbound.Counts{Sending: 1}
		*want.Of(tail) = 4
		same(c, "Counts", f.run().Counts, want)
		f.settle(again(1, 1, f.now.Add(time.Minute))) // it is no longer in flight
		same(c, "Counts", f.run().Counts, want)
	}
}

func tailAnswers(c *check) {
	for _, g := range tails() {
		tail, state := g.tail, g.state
		f := c.campaign(4)
		f.grant(3)
		f.settle(uncertain(3, 1, time.Time{}))
		f.giveUp(state, tail)
		f.settle(accepted(1, 1), failed(2, 1), accepted(3, 1))
		want := outbound.Counts{Accepted: 2, Failed: 1}
		*want.Of(tail) = 1
		same(c, "Counts", f.run().Counts, want)
		run := f.run()
		if state == outbound.CanceledState {
			same(c, "State", run.State, outbound.CanceledState)
		} else {
			same(c, "State", run.State, outbound.Completed)
		}
	}
}

func tailDoubt(c *check) {
	for _, g := range tails() {
		tail, state := g.tail, g.state
		f := c.campaign(3)
		f.grant(2)
		f.settle(uncertain(1, 1, time.Time{}), uncertain(2, 1, time.Time{}))
		f.giveUp(state, tail)
		n, err := f.s.Settle(c.ctx(), f.now, sale, []outbound.Outcome{again(1, 1, f.now)}, outbound.Act{})
		c.must(err)
		same(c, "applied", n, 1)
		f.want(1, tail, 1)
		want := outbound.Counts{Uncertain: 1}
		*want.Of(tail) = 2
		same(c, "Counts", f.run().Counts, want)
		if run := f.run(); run.State != state && run.State != outbound.Completed {
			c.Fatalf("the campaign is %s", run.State)
		}
	}
}

func tailNobody(c *check) {
	for _, g := range tails() {
		tail, state := g.tail, g.state
		f := c.campaign(6)
		f.grant(4, held(2, f.now))
		f.settle(again(1, 1, f.now), failed(3, 1))
		f.giveUp(state, tail)
		f.settle(again(4, 1, f.now))
		ahead, err := f.s.ReadAhead(c.ctx(), sale, 0, 10)
		c.must(err)
		same(c, "the number read ahead", len(ahead), 0)
		due, next, err := f.s.Due(c.ctx(), sale, f.now.Add(time.Hour), 10)
		c.must(err)
		same(c, "the number due", len(due), 0)
		same(c, "next", next, time.Time{})
		rows := f.rows()
		moved, _, _, err := f.s.Reopen(c.ctx(), f.now, outbound.Reopening{Campaign: sale, From: outbound.Failed, Due: f.now, Limit: 10}, outbound.Act{})
		if err == nil {
			same(c, "moved", moved, 0)
		}
		same(c, "the deliveries", f.rows(), rows)
	}
}
