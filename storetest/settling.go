package storetest

import (
	"time"

	"github.com/outbound-go/outbound"
)

func settleRules() []rule {
	return []rule{
		{says: "Settle is not fenced: it applies outcomes whoever holds the lease, and counts those that changed something.", check: settles},
		{says: "The act of a Settle is recorded only if something was applied.", check: settleActs},
		{says: "Settle of a campaign that does not exist is ErrNotFound.", check: settleNotFound},
		{says: "A doubt that a human resolves by resending is pending again, due as said, and its attempt is left behind.", check: settlePending},
		{says: "Settle takes outcomes of any campaign state, and leaves a paused campaign paused.", check: settlePaused},
		{says: "Settle grants nothing: cursor, Low, Begun and Heartbeat of a running campaign stay.", check: settleOnly},
	}
}

func (f *field) settleLate(want int, outcomes ...outbound.Outcome) {
	f.Helper()
	n, err := f.s.Settle(f.ctx(), f.now, f.id, outcomes, outbound.Act{})
	f.must(err)
	same(f.check, "applied", n, want)
}

func settles(c *check) {
	f := c.campaign(5)
	f.grant(4)
	f.lease() // by somebody else
	f.tick(time.Second)
	f.settleLate(3, accepted(1, 1), accepted(1, 1), failed(2, 1), accepted(3, 2), accepted(5, 1), uncertain(4, 1, time.Time{}))
	row := f.want(1, outbound.Accepted, 1)
	same(c, "At", row.At, f.now)
	same(c, "Message", row.Message, accepted(1, 1).Message)
	f.want(2, outbound.Failed, 1)
	f.want(3, outbound.Sending, 1)
	f.want(4, outbound.Uncertain, 1)
	f.want(5, outbound.Pending, 0)
	same(c, "Counts", f.run().Counts, outbound.Counts{Pending: 1, Sending: 1, Uncertain: 1, Accepted: 1, Failed: 1})
	f.settleLate(0, accepted(1, 1), failed(2, 1))
	f.settleLate(0)
	f.settleLate(2, accepted(4, 1), outbound.Outcome{Seq: 1, Attempt: 1, State: outbound.Delivered})
}

func settleActs(c *check) {
	f := c.campaign(2)
	f.grant(2)
	settle := func(action string, outcomes ...outbound.Outcome) {
		c.Helper()
		_, err := f.s.Settle(c.ctx(), f.now, sale, outcomes, act(action))
		c.must(err)
	}
	settle("nothing")
	settle("unfit", accepted(1, 2))
	settle("applied", accepted(1, 1), accepted(1, 2))
	settle("", failed(2, 1))
	f.wantActs("applied")
}

func settleNotFound(c *check) {
	s := c.open()
	_, err := s.Settle(c.ctx(), dawn, "nobody", []outbound.Outcome{accepted(1, 1)}, act("settle"))
	c.mustBe(err, outbound.ErrNotFound)
	acts, err := s.Acts(c.ctx(), "", 0, 10)
	c.must(err)
	same(c, "the number of acts", len(acts), 0)
}

func settlePending(c *check) {
	f := c.campaign(3)
	f.grant(3)
	f.settle(uncertain(1, 1, time.Time{}), uncertain(2, 1, time.Time{}))
	f.tick(time.Second)
	o := outbound.Outcome{Seq: 1, Attempt: 1, State: outbound.Pending, Due: f.now.Add(time.Minute), Reason: outbound.ReasonResolved}
	f.settleLate(1, o)
	row := f.want(1, outbound.Pending, 1)
	same(c, "Due", row.Due, o.Due)
	a := f.attempts(1)
	same(c, "the number of earlier attempts", len(a), 1)
	same(c, "its Number", a[0].Number, 1)
	f.tick(time.Minute)
	due, _, err := f.s.Due(c.ctx(), sale, f.now, 10)
	c.must(err)
	same(c, "who is due", seqsOf(due), []int64{1})
	f.claim(1, 2)
}

func settlePaused(c *check) {
	f := c.campaign(2)
	f.grant(2)
	f.update(func(r *outbound.Run) { r.State = outbound.Paused })
	f.settleLate(1, accepted(1, 1))
	f.settleLate(1, again(2, 1, f.now))
	same(c, "State", f.run().State, outbound.Paused)
	same(c, "Counts", f.run().Counts, outbound.Counts{Pending: 1, Accepted: 1})
}

func settleOnly(c *check) {
	f := c.campaign(5)
	f.commit(outbound.RunBatch{Range: f.span(3), Low: 1, Waiting: &outbound.Waiting{Code: "rate"}})
	before := f.run()
	f.tick(time.Hour)
	f.settleLate(2, accepted(2, 1), again(3, 1, f.now))
	want := before
	want.Counts = outbound.Counts{Pending: 3, Sending: 1, Accepted: 1}
	after := f.run()
	want.Version = after.Version
	same(c, "the run", after, want)
}
