package storetest

import (
	"time"

	"github.com/outbound-go/outbound"
)

func dueRules() []rule {
	return []rule{
		{says: "Due returns deliveries that wait for an attempt of their own row and whose Due has come, earliest first.", check: dueOrder},
		{says: "next is the Due of the earliest delivery that has not come, zero if there is none.", check: dueNext},
		{says: "Due returns at most limit deliveries.", check: dueLimit},
		{says: "A delivery is due exactly at its Due, and not a microsecond before.", check: dueExactly},
		{says: "Uncertain deliveries are due under DoubtsResend only.", check: dueUncertain},
		{says: "Nobody is due in a campaign that gave up the rest.", check: dueGivenUp},
		{says: "Deliveries that wait for a range, are in flight or are settled are never due.", check: dueOthers},
		{says: "ReadAhead returns deliveries numbered above after that are still pending, in order, at most limit.", check: readAhead},
	}
}

func (f *field) due(limit int) ([]outbound.Row, time.Time) {
	f.Helper()
	rows, next, err := f.s.Due(f.ctx(), f.id, f.now, limit)
	f.must(err)
	return rows, next
}

func dueOrder(c *check) {
	f := c.campaign(8)
	at := func(n int) time.Time { return dawn.Add(time.Duration(n) * time.Second) }
	f.grant(6, held(1, at(5)), held(2, at(3)))
	f.settle(again(3, 1, at(1)), again(4, 1, at(4)), again(5, 1, at(2)), accepted(6, 1))
	f.now = at(4)
	rows, next := f.due(10)
	same(c, "who is due", seqsOf(rows), []int64{3, 5, 2, 4})
	same(c, "next", next, at(5))
	for _, row := range rows {
		same(c, "the delivery", row, f.row(row.Seq))
	}
	f.claim(5, 2)
	rows, _ = f.due(10)
	same(c, "who is due after a claim", seqsOf(rows), []int64{3, 2, 4})
	f.settle(again(5, 2, at(0)))
	rows, _ = f.due(10)
	same(c, "who is due after it failed again", seqsOf(rows), []int64{5, 3, 2, 4})
	hold := held(5, at(9))
	f.claims(nil, outbound.Claim{Seq: 5, Attempt: 3, Decided: &hold})
	rows, _ = f.due(10)
	same(c, "who is due after it was held", seqsOf(rows), []int64{3, 2, 4})
	f.now = at(100)
	rows, next = f.due(10)
	same(c, "who is due in the end", seqsOf(rows), []int64{3, 2, 4, 1, 5})
	same(c, "next in the end", next, time.Time{})
}

func dueNext(c *check) {
	f := c.campaign(5)
	f.grant(3)
	_, next := f.due(10)
	same(c, "next of nobody", next, time.Time{})
	f.settle(again(1, 1, f.now.Add(2*time.Hour)), again(2, 1, f.now.Add(time.Hour)), again(3, 1, f.now))
	for _, limit := range []int{10, 1} {
		rows, next := f.due(limit)
		same(c, "who is due", seqsOf(rows), []int64{3})
		same(c, "next", next, f.now.Add(time.Hour))
	}
	f.tick(time.Hour)
	_, next = f.due(1)
	same(c, "next", next, dawn.Add(2*time.Hour))
	f.tick(time.Hour)
	_, next = f.due(1)
	same(c, "next", next, time.Time{})
}

func dueLimit(c *check) {
	f := c.campaign(300)
	var all []outbound.Outcome
	for seq := int64(1); seq <= 300; seq++ {
		all = append(all, held(seq, f.now.Add(time.Duration((seq*7)%300)*time.Second)))
	}
	f.grant(300, all...)
	f.tick(time.Hour)
	var seen []int64
	for len(seen) < 300 {
		rows, _ := f.due(64)
		if len(rows) != min(64, 300-len(seen)) {
			c.Fatalf("with the limit 64 and %d waiting %d are due", 300-len(seen), len(rows))
		}
		var claims []outbound.Claim
		last := time.Time{}
		for _, row := range rows {
			if row.Due.Before(last) {
				c.Fatalf("delivery %d is due before the one that comes first", row.Seq)
			}
			last = row.Due
			claims = append(claims, outbound.Claim{Seq: row.Seq, Attempt: 1})
		}
		f.claims(nil, claims...)
		seen = append(seen, seqsOf(rows)...)
	}
	rows, _ := f.due(64)
	same(c, "the number due in the end", len(rows), 0)
}

func dueExactly(c *check) {
	f := c.campaign(2)
	due := dawn.Add(time.Hour)
	f.grant(2, held(2, due))
	f.settle(again(1, 1, due))
	f.now = due.Add(-time.Microsecond)
	rows, next := f.due(10)
	same(c, "the number due a microsecond before", len(rows), 0)
	same(c, "next a microsecond before", next, due)
	f.now = due
	rows, next = f.due(10)
	same(c, "the number due", len(rows), 2)
	same(c, "next", next, time.Time{})
}

func dueUncertain(c *check) {
	f := c.campaign(4, withResend)
	f.grant(3)
	f.settle(uncertain(1, 1, f.now.Add(time.Second)), uncertain(2, 1, f.now), again(3, 1, f.now.Add(-time.Second)))
	rows, next := f.due(10)
	same(c, "who is due", seqsOf(rows), []int64{3, 2})
	same(c, "State", rows[1].State, outbound.Uncertain)
	same(c, "next", next, f.now.Add(time.Second))
	f.settle(accepted(2, 1))
	f.tick(time.Second)
	rows, _ = f.due(10)
	same(c, "who is due after a late answer", seqsOf(rows), []int64{3, 1})
	f = c.campaign(3)
	f.grant(2)
	f.settle(uncertain(1, 1, time.Time{}), uncertain(2, 1, f.now))
	rows, next = f.due(10)
	same(c, "the number due under DoubtsHold", len(rows), 0)
	same(c, "next under DoubtsHold", next, time.Time{})
}

func dueGivenUp(c *check) {
	for _, g := range tails() {
		f := c.campaign(5, withResend)
		f.grant(4)
		f.settle(uncertain(1, 1, f.now), again(2, 1, f.now), uncertain(3, 1, f.now.Add(time.Second)))
		f.giveUp(g.state, g.tail)
		rows, next := f.due(10)
		same(c, "the number due", len(rows), 0)
		same(c, "next", next, time.Time{})
	}
}

func dueOthers(c *check) {
	f := c.midway()
	f.settle(accepted(7, 1))
	f.tick(24 * time.Hour)
	rows, _ := f.due(20)
	same(c, "who is due", seqsOf(rows), []int64{2, 6, 9})
}

func readAhead(c *check) {
	f := c.campaign(10)
	ahead := func(after int64, limit int) []int64 {
		c.Helper()
		rows, err := f.s.ReadAhead(c.ctx(), sale, after, limit)
		c.must(err)
		for _, row := range rows {
			same(c, "State", row.State, outbound.Pending)
			same(c, "the delivery", row, f.row(row.Seq))
		}
		return seqsOf(rows)
	}
	same(c, "who is read ahead", ahead(0, 3), []int64{1, 2, 3})
	same(c, "who is read ahead", ahead(3, 100), []int64{4, 5, 6, 7, 8, 9, 10})
	f.grant(6, held(2, f.now), skipped(3))
	f.settle(accepted(1, 1), again(4, 1, f.now))
	same(c, "who is read ahead of the cursor", ahead(6, 2), []int64{7, 8})
	same(c, "who is read ahead above the cursor", ahead(8, 10), []int64{9, 10})
	same(c, "who is read ahead of the start", ahead(0, 10), []int64{2, 4, 7, 8, 9, 10})
	same(c, "who is read ahead of the end", ahead(10, 10), nil)
}
