package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/outbound-go/outbound"
)

func outcomeRules() []rule {
	return []rule{
		{says: "Outcomes are applied as Run.Settle says: from every state to every state, and those that do not fit are ignored.", check: outcomeLattice},
		{says: "An outcome sets state, time, class, code, reason, due and tries of its delivery; the message id and address only where it has one.", check: outcomeFields},
		{says: "The outcome's Attempt must be the row's: an outcome of attempt n never touches n+1.", check: outcomeAttempts},
		{says: "A withdrawal of a want that was never recorded changes nothing.", check: withdrawUnrecorded},
		{says: "A withdrawal of a want that was recorded takes it back: the delivery is pending again.", check: withdrawRecorded},
		{says: "A migrated delivery keeps its former address and is found under the new one.", check: outcomeMigration},
		{says: "Outcomes of numbers that nobody has are ignored.", check: outcomeUnknown},
		{says: "Several outcomes of one delivery in a batch are applied one after the other.", check: outcomeSeveral},
		{says: "An outcome touches no delivery but its own.", check: outcomeNeighbours},
	}
}

// reach brings deliveries 1 to n of a campaign, which has more, to a state, with attempt 1 where there was one.
func (f *field) reach(state outbound.State, n int64) {
	f.Helper()
	var outcomes []outbound.Outcome
	for seq := int64(1); seq <= n; seq++ {
		if state == outbound.Skipped {
			outcomes = append(outcomes, skipped(seq))
		} else {
			outcomes = append(outcomes, outbound.Outcome{Seq: seq, Attempt: 1, State: state, Message: "m", Code: "first", Tries: 1})
		}
	}
	switch state {
	case outbound.Pending:
	case outbound.Skipped:
		f.grant(n, outcomes...)
	case outbound.Canceled:
		f.giveUp(outbound.CanceledState, outbound.Canceled)
	case outbound.Sending:
		f.grant(n)
	case outbound.Uncertain, outbound.Accepted, outbound.Failed, outbound.Delivered, outbound.Read:
		f.grant(n)
		f.settle(outcomes...)
	}
}

func outcomeLattice(c *check) {
	f := c.campaign(1)
	for _, from := range outbound.States() {
		for _, lease := range []bool{true, false} {
			var outcomes []outbound.Outcome
			for _, to := range []outbound.State{outbound.Pending, outbound.Uncertain, outbound.Accepted, outbound.Failed, outbound.Delivered, outbound.Read, outbound.Skipped} {
				for attempt := range 3 {
					o := outbound.Outcome{Seq: int64(len(outcomes) + 1), Attempt: attempt, State: to, Class: outbound.ClassTransient, Code: "second", Reason: "why", Tries: 2}
					if to == outbound.Pending {
						o.Due = f.now.Add(time.Minute)
					}
					outcomes = append(outcomes, o)
				}
			}
			n := len(outcomes)
			g := f.another(outbound.CampaignID(fmt.Sprintf("%s-%t", from, lease)), n+1)
			g.reach(from, int64(n))
			g.tick(time.Second)
			g.lattice(outcomes, lease)
		}
	}
}

// lattice applies one outcome to each delivery and wants what Run.Settle makes of it.
func (f *field) lattice(outcomes []outbound.Outcome, lease bool) {
	f.Helper()
	run, before, fit := f.run(), f.rows(), 0
	var says []string
	want := f.rows()
	for i, o := range outcomes {
		_, _, ok := run.Settle(storedAs(&run, &want[i]), o, f.now)
		want[i].State, want[i].Attempt = run.Effective(&want[i])
		if ok {
			fit++
		}
		says = append(says, fmt.Sprintf("%s with attempt %d, then an outcome %s of attempt %d (under the lease: %t; it fits: %t)",
			before[i].State, before[i].Attempt, o.State, o.Attempt, lease, ok))
	}
	if lease {
		f.settle(outcomes...)
	} else {
		n, err := f.s.Settle(f.ctx(), f.now, f.id, outcomes, outbound.Act{})
		f.must(err)
		same(f.check, "applied", n, fit)
	}
	got := f.rows()
	for i := range outcomes {
		if d := difference("the delivery", got[i], want[i]); d != "" {
			f.Fatalf("%s: %s", says[i], d)
		}
	}
}

// storedAs turns a delivery as it is read back into a row that Run.Settle takes.
func storedAs(run *outbound.Run, row *outbound.Row) *outbound.Row {
	if row.State == run.Tail {
		row.State = outbound.Pending
	}
	return row
}

func outcomeFields(c *check) {
	f := c.campaign(4, withResend)
	f.grant(4)
	f.tick(1500 * time.Millisecond)
	base := f.row(1)
	check := func(seq int64, o outbound.Outcome, want outbound.Row) {
		c.Helper()
		f.settle(o)
		want.Seq, want.Address, want.Reference, want.Variables, want.Line = seq, person(int(seq)).Address, person(int(seq)).Reference, person(int(seq)).Variables, int(seq)
		want.Column, want.Import, want.At, want.Attempt = base.Column, base.Import, f.now, 1
		same(c, fmt.Sprintf("delivery %d", seq), f.row(seq), want)
	}
	check(1, outbound.Outcome{Seq: 1, Attempt: 1, State: outbound.Accepted, Message: "м1", Code: "held_for_quality"},
		outbound.Row{State: outbound.Accepted, Message: "м1", Code: "held_for_quality"})
	check(2, failed(2, 1), outbound.Row{State: outbound.Failed, Class: outbound.ClassRecipient, Code: "403", Reason: outbound.ReasonBlocked})
	due := f.now.Add(90 * time.Second)
	check(3, uncertain(3, 1, due), outbound.Row{State: outbound.Uncertain, Due: due, Class: outbound.ClassAmbiguous, Code: "502", Reason: outbound.ReasonNoAnswer})
	check(4, again(4, 1, due), outbound.Row{State: outbound.Pending, Due: due, Tries: 1, Class: outbound.ClassTransient, Code: "503", Reason: outbound.ReasonUnavailable})
	f.tick(time.Second)
	check(1, outbound.Outcome{Seq: 1, Attempt: 1, State: outbound.Delivered}, outbound.Row{State: outbound.Delivered, Message: "м1"})
	f.tick(time.Second)
	check(1, outbound.Outcome{Seq: 1, Attempt: 1, State: outbound.Read, Message: "m2", Reason: "r"}, outbound.Row{State: outbound.Read, Message: "m2", Reason: "r"})
	check(3, outbound.Outcome{Seq: 3, Attempt: 1, State: outbound.Accepted, Message: "late"}, outbound.Row{State: outbound.Accepted, Message: "late"})
}

func outcomeAttempts(c *check) {
	f := c.campaign(2)
	f.grant(2)
	f.settle(again(1, 1, f.now))
	pending := f.row(1)
	ignored := func(state outbound.State, attempt int, attempts ...int) {
		c.Helper()
		before := f.row(1)
		for _, n := range attempts {
			for _, o := range []outbound.Outcome{accepted(1, n), failed(1, n), uncertain(1, n, time.Time{}), {Seq: 1, Attempt: n, State: outbound.Read}, again(1, n, f.now)} {
				f.settle(o)
				applied, err := f.s.Settle(c.ctx(), f.now, sale, []outbound.Outcome{o}, outbound.Act{})
				c.must(err)
				same(c, "applied", applied, 0)
			}
		}
		f.want(1, state, attempt)
		same(c, "the delivery", f.row(1), before)
	}
	ignored(outbound.Pending, 1, 0, 1, 2)
	same(c, "the delivery", f.row(1), pending)
	f.claim(1, 2)
	ignored(outbound.Sending, 2, 0, 1, 3)
	f.settle(accepted(1, 2))
	ignored(outbound.Accepted, 2, 1, 3)
	same(c, "the number of earlier attempts", len(f.attempts(1)), 1)
}

func withdrawal(seq int64, attempt int, due time.Time) outbound.Outcome {
	return outbound.Outcome{Seq: seq, Attempt: attempt, State: outbound.Pending, Due: due, Class: outbound.ClassTransient, Reason: outbound.ReasonWithdrawn}
}

func withdrawUnrecorded(c *check) {
	f := c.campaign(4)
	f.grant(2, held(2, f.now.Add(time.Hour)))
	f.settle(again(1, 1, f.now))
	rows, counts := f.rows(), f.run().Counts
	for range 2 {
		f.settle(withdrawal(3, 1, f.now), withdrawal(1, 2, f.now), withdrawal(2, 1, f.now))
		same(c, "the deliveries", f.rows(), rows)
		same(c, "Counts", f.run().Counts, counts)
	}
	same(c, "the number of earlier attempts", len(f.attempts(1)), 1)
	same(c, "earlier attempts", f.attempts(3), nil)
	f.grant(4)
	f.want(3, outbound.Sending, 1)
	f.claim(1, 2)
	f.want(1, outbound.Sending, 2)
}

func withdrawRecorded(c *check) {
	f := c.campaign(3)
	f.grant(2)
	f.settle(again(1, 1, f.now))
	f.claim(1, 2)
	for range 2 {
		f.settle(withdrawal(1, 2, f.now), withdrawal(2, 1, f.now))
		f.want(1, outbound.Pending, 2)
		row := f.want(2, outbound.Pending, 1)
		same(c, "Due", row.Due, f.now)
		same(c, "Reason", row.Reason, outbound.ReasonWithdrawn)
		same(c, "Counts", f.run().Counts, outbound.Counts{Pending: 3})
	}
	f.claim(1, 3)
	f.claim(2, 2)
	f.want(2, outbound.Sending, 2)
}

func outcomeMigration(c *check) {
	f := c.campaign(2)
	f.grant(2)
	o := again(1, 1, f.now)
	o.Address, o.Class = "-100777", outbound.ClassMigrated
	f.settle(o)
	row := f.want(1, outbound.Pending, 1)
	same(c, "Address", row.Address, "-100777")
	same(c, "Former", row.Former, person(1).Address)
	byAddress := func(address string) (seqs []int64) {
		c.Helper()
		rows, err := f.s.Deliveries(c.ctx(), outbound.DeliveryFilter{Campaign: sale, Address: address})
		c.must(err)
		for _, r := range rows {
			seqs = append(seqs, r.Seq)
		}
		return seqs
	}
	same(c, "who has the new address", byAddress("-100777"), []int64{1})
	due, _, err := f.s.Due(c.ctx(), sale, f.now, 10)
	c.must(err)
	same(c, "the number due", len(due), 1)
	same(c, "the address that is due", due[0].Address, "-100777")
	f.claim(1, 2)
	f.settle(accepted(1, 2))
	row = f.want(1, outbound.Accepted, 2)
	same(c, "Address", row.Address, "-100777")
	same(c, "Former", row.Former, person(1).Address)
	again := accepted(2, 1)
	again.Address = person(2).Address // no change
	f.settle(again)
	same(c, "Former", f.row(2).Former, "")
}

func outcomeUnknown(c *check) {
	f := c.campaign(2)
	f.grant(1)
	rows := f.rows()
	for _, seq := range []int64{0, -1, 3, 99, 1 << 33, -1 << 33} {
		f.settle(accepted(seq, 1), accepted(seq, 0), again(seq, 1, f.now))
		n, err := f.s.Settle(c.ctx(), f.now, sale, []outbound.Outcome{accepted(seq, 1), accepted(seq, 0)}, outbound.Act{})
		c.must(err)
		same(c, "applied", n, 0)
	}
	same(c, "the deliveries", f.rows(), rows)
	same(c, "Counts", f.run().Counts, outbound.Counts{Pending: 1, Sending: 1})
}

func outcomeSeveral(c *check) {
	f := c.campaign(3)
	f.grant(3)
	read := outbound.Outcome{Seq: 1, Attempt: 1, State: outbound.Read}
	f.settle(uncertain(1, 1, time.Time{}), accepted(1, 1), read, failed(1, 1), accepted(2, 1), accepted(2, 1))
	row := f.want(1, outbound.Read, 1)
	same(c, "Message", row.Message, accepted(1, 1).Message)
	f.want(2, outbound.Accepted, 1)
	same(c, "Counts", f.run().Counts, outbound.Counts{Sending: 1, Accepted: 1, Read: 1})
}

func outcomeNeighbours(c *check) {
	f := c.campaign(6)
	other := f.another("other", 6)
	f.grant(4, held(2, f.now))
	other.grant(4)
	rows, others := f.rows(), other.rows()
	f.tick(time.Second)
	f.settle(accepted(3, 1))
	rows = slices.Delete(rows, 2, 3)
	same(c, "the other deliveries", slices.Delete(f.rows(), 2, 3), rows)
	same(c, "the other campaign's", other.rows(), others)
}
