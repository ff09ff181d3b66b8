package storetest

import (
	"time"

	"github.com/outbound-go/outbound"
)

func rangeRules() []rule {
	return []rule{
		{says: "A Range grants the first attempts of deliveries numbered above From up to To: they are sending with attempt 1.", check: rangeGrants},
		{says: "Deliveries decided in a Range are held until their Due or skipped, without an attempt; the others are granted.", check: rangeDecides},
		{says: "Run.Begun counts first attempts that were granted, not those that were decided.", check: rangeBegun},
		{says: "A Range may be decided whole.", check: rangeAllDecided},
		{says: "A Range holds the deliveries that exist: where an import was removed there are none.", check: rangeGaps},
		{says: "A Range whose Count and Decided are not what it holds is refused whole.", check: rangeMiscounted},
		{says: "A Range that does not begin at the cursor is refused whole, with what was decided in it.", check: rangeNotAtCursor},
	}
}

func rangeGrants(c *check) {
	f := c.campaign(5)
	r := f.grant(3)
	same(c, "Cursor", r.Run.Cursor, 3)
	same(c, "Begun", r.Run.Begun, 3)
	same(c, "Counts", r.Run.Counts, outbound.Counts{Pending: 2, Sending: 3})
	for seq := int64(1); seq <= 3; seq++ {
		f.want(seq, outbound.Sending, 1)
	}
	f.want(4, outbound.Pending, 0)
	r = f.grant(5)
	same(c, "Cursor", r.Run.Cursor, 5)
	same(c, "Counts", f.run().Counts, outbound.Counts{Sending: 5})
	f.want(5, outbound.Sending, 1)
}

func rangeDecides(c *check) {
	f := c.campaign(6)
	f.tick(time.Second)
	due := f.now.Add(time.Hour)
	r := f.grant(5, held(2, due), skipped(4))
	same(c, "Cursor", r.Run.Cursor, 5)
	same(c, "Counts", r.Run.Counts, outbound.Counts{Pending: 2, Sending: 3, Skipped: 1})
	for _, seq := range []int64{1, 3, 5} {
		f.want(seq, outbound.Sending, 1)
	}
	row := f.want(2, outbound.Pending, 0)
	same(c, "Due of the held", row.Due, due)
	same(c, "Reason of the held", row.Reason, outbound.ReasonPolicy)
	same(c, "At of the held", row.At, f.now)
	row = f.want(4, outbound.Skipped, 0)
	same(c, "Reason of the skipped", row.Reason, outbound.ReasonSuppressed)
	same(c, "At of the skipped", row.At, f.now)
	same(c, "attempts of the held", f.attempts(2), nil)
	f.settle(accepted(2, 1), accepted(4, 1))
	f.want(2, outbound.Pending, 0)
	f.want(4, outbound.Skipped, 0)
}

func rangeBegun(c *check) {
	f := c.campaign(6)
	f.grant(4, held(1, f.now.Add(time.Minute)), skipped(2))
	same(c, "Begun", f.run().Begun, 2)
	f.settle(again(3, 1, f.now))
	f.claim(3, 2)
	same(c, "Begun after a second attempt", f.run().Begun, 2)
	f.tick(time.Minute)
	f.claim(1, 1)
	same(c, "Begun after the first attempt of somebody who was held", f.run().Begun, 3)
}

func rangeAllDecided(c *check) {
	f := c.campaign(4)
	r := f.grant(3, skipped(3), skipped(1), held(2, f.now.Add(time.Minute)))
	same(c, "Cursor", r.Run.Cursor, 3)
	same(c, "Begun", r.Run.Begun, 0)
	same(c, "Counts", r.Run.Counts, outbound.Counts{Pending: 2, Skipped: 2})
	f.want(2, outbound.Pending, 0)
	f.want(3, outbound.Skipped, 0)
}

// gapped is a running campaign with the deliveries 1, 2, 6 and 7.
func (c *check) gapped() *field {
	c.Helper()
	f := c.drafted()
	f.importAll("a", people(1, 2)...)
	f.importAll("b", people(3, 5)...)
	f.importAll("c", people(6, 7)...)
	done, err := f.s.RemoveImport(c.ctx(), sale, "b", 100)
	c.must(err)
	same(c, "done", done, true)
	f.update(func(r *outbound.Run) { r.State = outbound.Running })
	f.lease()
	return f
}

func rangeGaps(c *check) {
	f := c.gapped()
	ahead, err := f.s.ReadAhead(c.ctx(), sale, 0, 10)
	c.must(err)
	same(c, "the number read ahead", len(ahead), 4)
	r := f.commit(outbound.RunBatch{Range: &outbound.Range{To: 6, Count: 2, Decided: []outbound.Outcome{skipped(2)}}})
	same(c, "Refused", r.Refused, "")
	same(c, "Counts", r.Run.Counts, outbound.Counts{Pending: 1, Sending: 2, Skipped: 1})
	f.settle(accepted(4, 1), accepted(6, 1)) // nobody has the number 4
	same(c, "Counts", f.run().Counts, outbound.Counts{Pending: 1, Sending: 1, Accepted: 1, Skipped: 1})
}

// refusedWhole wants a range to be refused and to leave nothing.
func (f *field) refusedWhole(r outbound.Range, want outbound.Refusal) {
	f.Helper()
	run, rows := f.run(), f.rows()
	got := f.commit(outbound.RunBatch{Range: &r})
	same(f.check, "Refused", got.Refused, want)
	after := f.run()
	same(f.check, "Cursor", after.Cursor, run.Cursor)
	same(f.check, "Begun", after.Begun, run.Begun)
	same(f.check, "Counts", after.Counts, run.Counts)
	same(f.check, "the deliveries", f.rows(), rows)
}

func rangeMiscounted(c *check) {
	f := c.gapped()
	for _, r := range []outbound.Range{
		{To: 2, Count: 1},
		{To: 2, Count: 3},
		{To: 6, Count: 6},
		{To: 9, Count: 4},
		{To: 2, Count: 2, Decided: []outbound.Outcome{skipped(2)}},
		{To: 2, Count: 1, Decided: []outbound.Outcome{skipped(6)}},
		{To: 6, Count: 2, Decided: []outbound.Outcome{skipped(4)}},
		{To: 6, Count: 1, Decided: []outbound.Outcome{skipped(1), skipped(1)}},
	} {
		f.refusedWhole(r, outbound.RefusedCursor)
	}
	r := f.commit(outbound.RunBatch{Range: &outbound.Range{To: 7, Count: 4}})
	same(c, "Refused of the right one", r.Refused, "")
}

func rangeNotAtCursor(c *check) {
	f := c.campaign(8)
	f.grant(4)
	for _, r := range []outbound.Range{
		{From: 3, To: 6, Count: 3},
		{From: 5, To: 7, Count: 1, Decided: []outbound.Outcome{skipped(6)}},
		{From: 0, To: 6, Count: 6},
		{From: 0, To: 4, Count: 4},
		{From: 5, To: 6, Count: 0, Decided: []outbound.Outcome{held(6, f.now.Add(time.Hour))}},
	} {
		f.refusedWhole(r, outbound.RefusedCursor)
	}
}
