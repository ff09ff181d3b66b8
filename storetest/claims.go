package storetest

import (
	"time"

	"github.com/outbound-go/outbound"
)

func claimRules() []rule {
	return []rule{
		{says: "A Claim grants another attempt to a pending delivery: its row becomes sending with that attempt.", check: claimPending},
		{says: "A Claim is granted when Due is not after Now, and refused a microsecond before.", check: claimDue},
		{says: "A Claim's row must have an Attempt one below the claim's.", check: claimAttempt},
		{says: "Single claims whose rows moved on are refused by number; the others are granted.", check: claimMovedOn},
		{says: "A Claim of an uncertain delivery is granted under DoubtsResend once its Due has come, and leaves the doubt behind as an Attempt.", check: claimUncertain},
		{says: "A Claim of an uncertain delivery is refused under DoubtsHold.", check: claimUncertainHeld},
		{says: "A claim never takes a delivery whose first attempt a range grants or granted.", check: claimOfRange},
		{says: "With Decided a claimed delivery is settled so instead, without an attempt: pending with a new Due, or skipped.", check: claimDecided},
		{says: "A decided claim of an uncertain delivery loses nothing of what is known of its attempt.", check: claimDecidedUncertain},
		{says: "One claim of a delivery is granted in a batch, the second is refused.", check: claimTwice},
	}
}

// claims commits claims and wants these numbers refused.
func (f *field) claims(refused []int64, claims ...outbound.Claim) {
	f.Helper()
	r := f.commit(outbound.RunBatch{Claims: claims})
	same(f.check, "Refused", r.Refused, "")
	same(f.check, "the refused claims", r.Claims, refused)
}

func claimPending(c *check) {
	f := c.campaign(3)
	f.grant(3)
	f.settle(accepted(3, 1), again(1, 1, f.now))
	f.tick(time.Second)
	r := f.commit(outbound.RunBatch{Claims: []outbound.Claim{{Seq: 1, Attempt: 2}}})
	same(c, "the refused claims", r.Claims, nil)
	same(c, "Counts", r.Run.Counts, outbound.Counts{Sending: 2, Accepted: 1})
	row := f.want(1, outbound.Sending, 2)
	same(c, "At", row.At, f.now)
	same(c, "Tries", row.Tries, 1)
	f.settle(again(1, 2, f.now))
	f.claim(1, 3)
	f.want(1, outbound.Sending, 3)
	f.settle(accepted(1, 3), accepted(2, 1))
	same(c, "State", f.run().State, outbound.Completed)
}

func claimDue(c *check) {
	f := c.campaign(2)
	due := f.now.Add(time.Minute)
	f.grant(2, held(2, due))
	f.settle(again(1, 1, due))
	f.now = due.Add(-time.Microsecond)
	f.claims([]int64{1, 2}, outbound.Claim{Seq: 1, Attempt: 2}, outbound.Claim{Seq: 2, Attempt: 1})
	f.want(1, outbound.Pending, 1)
	f.want(2, outbound.Pending, 0)
	f.now = due
	f.claims(nil, outbound.Claim{Seq: 1, Attempt: 2}, outbound.Claim{Seq: 2, Attempt: 1})
	f.want(1, outbound.Sending, 2)
	f.want(2, outbound.Sending, 1)
}

func claimAttempt(c *check) {
	f := c.campaign(1)
	f.grant(1)
	f.settle(again(1, 1, f.now))
	for _, attempt := range []int{0, 1, 3, -1} {
		f.claims([]int64{1}, outbound.Claim{Seq: 1, Attempt: attempt})
		f.want(1, outbound.Pending, 1)
	}
	f.claims(nil, outbound.Claim{Seq: 1, Attempt: 2})
}

func claimMovedOn(c *check) {
	f := c.campaign(8)
	f.grant(7, skipped(7))
	f.settle(accepted(1, 1), failed(2, 1), uncertain(3, 1, time.Time{}), again(4, 1, f.now), again(5, 1, f.now))
	f.claim(5, 2)
	rows := f.rows()
	f.claims([]int64{1, 2, 3, 5, 6, 7, 8, 99},
		outbound.Claim{Seq: 1, Attempt: 2}, outbound.Claim{Seq: 2, Attempt: 2}, outbound.Claim{Seq: 3, Attempt: 2}, outbound.Claim{Seq: 4, Attempt: 2},
		outbound.Claim{Seq: 5, Attempt: 3}, outbound.Claim{Seq: 6, Attempt: 2}, outbound.Claim{Seq: 7, Attempt: 1}, outbound.Claim{Seq: 8, Attempt: 1},
		outbound.Claim{Seq: 99, Attempt: 1})
	f.want(4, outbound.Sending, 2)
	for i, row := range f.rows() {
		if row.Seq != 4 {
			same(c, "a delivery whose claim was refused", row, rows[i])
		}
	}
}

func claimUncertain(c *check) {
	f := c.campaign(2, withResend)
	due := f.now.Add(time.Minute)
	f.grant(2)
	f.settle(uncertain(1, 1, due), uncertain(2, 1, due))
	f.now = due.Add(-time.Microsecond)
	f.claims([]int64{1}, outbound.Claim{Seq: 1, Attempt: 2})
	f.want(1, outbound.Uncertain, 1)
	same(c, "the number of earlier attempts", len(f.attempts(1)), 0)
	before := f.row(1)
	f.now = due
	f.claims(nil, outbound.Claim{Seq: 1, Attempt: 2})
	f.want(1, outbound.Sending, 2)
	same(c, "Counts", f.run().Counts, outbound.Counts{Sending: 1, Uncertain: 1})
	same(c, "the earlier attempts", f.attempts(1), []outbound.Attempt{{
		Number: 1, State: outbound.Uncertain, At: before.At, Class: outbound.ClassAmbiguous, Code: "502", Reason: outbound.ReasonNoAnswer,
	}})
	f.settle(accepted(1, 1)) // the late answer of the first attempt is not the second's
	f.want(1, outbound.Sending, 2)
}

func claimUncertainHeld(c *check) {
	f := c.campaign(3)
	f.grant(2)
	f.settle(uncertain(1, 1, time.Time{}), uncertain(2, 1, f.now))
	f.claims([]int64{1, 2}, outbound.Claim{Seq: 1, Attempt: 2}, outbound.Claim{Seq: 2, Attempt: 2})
	f.want(1, outbound.Uncertain, 1)
	f.want(2, outbound.Uncertain, 1)
}

func claimOfRange(c *check) {
	f := c.campaign(4)
	f.grant(2)
	f.claims([]int64{1, 3}, outbound.Claim{Seq: 1, Attempt: 1}, outbound.Claim{Seq: 3, Attempt: 1})
	f.want(1, outbound.Sending, 1)
	f.want(3, outbound.Pending, 0)
	f.grant(4)
	same(c, "Counts", f.run().Counts, outbound.Counts{Sending: 4})
	same(c, "Begun", f.run().Begun, 4)
}

func claimDecided(c *check) {
	f := c.campaign(3)
	f.grant(3, held(3, f.now))
	f.settle(again(1, 1, f.now), again(2, 1, f.now))
	f.tick(time.Second)
	due := f.now.Add(time.Hour)
	hold, skip, holdFirst := held(1, due), skipped(2), held(3, due)
	hold.Tries = 1
	f.claims(nil, outbound.Claim{Seq: 1, Attempt: 2, Decided: &hold}, outbound.Claim{Seq: 2, Attempt: 2, Decided: &skip}, outbound.Claim{Seq: 3, Attempt: 1, Decided: &holdFirst})
	row := f.want(1, outbound.Pending, 1)
	same(c, "Due", row.Due, due)
	same(c, "Reason", row.Reason, outbound.ReasonPolicy)
	same(c, "At", row.At, f.now)
	row = f.want(2, outbound.Skipped, 1)
	same(c, "Reason", row.Reason, outbound.ReasonSuppressed)
	row = f.want(3, outbound.Pending, 0)
	same(c, "Due", row.Due, due)
	same(c, "Counts", f.run().Counts, outbound.Counts{Pending: 2, Skipped: 1})
	same(c, "Begun", f.run().Begun, 2)
	f.claims([]int64{1, 3}, outbound.Claim{Seq: 1, Attempt: 2}, outbound.Claim{Seq: 3, Attempt: 1})
	f.now = due
	f.claims(nil, outbound.Claim{Seq: 1, Attempt: 2}, outbound.Claim{Seq: 3, Attempt: 1})
	f.want(1, outbound.Sending, 2)
	f.want(3, outbound.Sending, 1)
}

func claimDecidedUncertain(c *check) {
	f := c.campaign(2, withResend)
	f.grant(2)
	f.settle(uncertain(1, 1, f.now), uncertain(2, 1, f.now))
	hold, skip := held(1, f.now.Add(time.Minute)), skipped(2)
	f.claims(nil, outbound.Claim{Seq: 1, Attempt: 2, Decided: &hold}, outbound.Claim{Seq: 2, Attempt: 2, Decided: &skip})
	f.want(1, outbound.Pending, 1)
	f.want(2, outbound.Skipped, 1)
	same(c, "Counts", f.run().Counts, outbound.Counts{Pending: 1, Skipped: 1})
	f.tick(time.Minute)
	f.claim(1, 2)
	a := f.attempts(1)
	if len(a) != 1 || a[0].Number != 1 || a[0].State != outbound.Uncertain || a[0].Code != "502" {
		c.Fatalf("the earlier attempts are %+v, want the uncertain first one", a)
	}
}

func claimTwice(c *check) {
	f := c.campaign(1)
	f.grant(1)
	f.settle(again(1, 1, f.now))
	f.claims([]int64{1}, outbound.Claim{Seq: 1, Attempt: 2}, outbound.Claim{Seq: 1, Attempt: 2})
	f.want(1, outbound.Sending, 2)
	same(c, "Counts", f.run().Counts, outbound.Counts{Sending: 1})
}
