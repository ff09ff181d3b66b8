package storetest

import (
	"time"

	"github.com/outbound-go/outbound"
)

func attemptRules() []rule {
	return []rule{
		{says: "Attempts returns the earlier attempts of a delivery, oldest first: those that another attempt followed.", check: attemptsInOrder},
		{says: "Outcomes that lead to another attempt leave an Attempt behind with what is known of it.", check: attemptsLeft},
		{says: "An attempt that no other followed is in its delivery, not among the earlier ones.", check: attemptsLast},
		{says: "The row of a new attempt starts clean: class, code, reason and message id of the one before are left in its Attempt.", check: attemptsClean},
		{says: "Attempts of a delivery that does not exist are none.", check: attemptsNone},
	}
}

func attemptsInOrder(c *check) {
	f := c.campaign(2, withResend)
	f.grant(2)
	for n := 1; n <= 12; n++ {
		if n%2 == 0 {
			f.settle(uncertain(1, n, f.now))
		} else {
			f.settle(again(1, n, f.now))
		}
		f.tick(time.Second)
		f.claim(1, n+1)
	}
	f.settle(again(2, 1, f.now))
	attempts := f.attempts(1)
	same(c, "the number of earlier attempts", len(attempts), 12)
	for i, a := range attempts {
		same(c, "Number", a.Number, i+1)
		state := outbound.Pending
		if a.Number%2 == 0 {
			state = outbound.Uncertain
		}
		same(c, "State", a.State, state)
		same(c, "At", a.At, dawn.Add(time.Duration(i)*time.Second))
	}
	same(c, "the number of the other's", len(f.attempts(2)), 1)
}

func attemptsLeft(c *check) {
	f := c.campaign(1)
	f.grant(1)
	f.tick(time.Second)
	o := again(1, 1, f.now.Add(time.Minute))
	o.Message = "m1"
	f.settle(o)
	same(c, "the earlier attempts", f.attempts(1), []outbound.Attempt{{
		Number: 1, State: outbound.Pending, At: f.now, Class: outbound.ClassTransient, Code: "503", Reason: outbound.ReasonUnavailable, Message: "m1",
	}})
	f.attempts(1)[0].Code = "spoiled" // the caller's own
	same(c, "Code", f.attempts(1)[0].Code, "503")
}

func attemptsLast(c *check) {
	f := c.campaign(4)
	f.grant(4, held(3, f.now), skipped(4))
	same(c, "attempts of one in flight", len(f.attempts(1)), 0)
	f.settle(accepted(1, 1), uncertain(2, 1, time.Time{}))
	f.settle(outbound.Outcome{Seq: 1, Attempt: 1, State: outbound.Read}, failed(2, 1))
	for seq := range int64(4) {
		same(c, "the number of earlier attempts", len(f.attempts(seq+1)), 0)
	}
}

func attemptsClean(c *check) {
	f := c.campaign(1)
	f.grant(1)
	o := again(1, 1, f.now)
	o.Message = "m1"
	f.settle(o)
	f.claim(1, 2)
	row := f.want(1, outbound.Sending, 2)
	if row.Class != "" || row.Code != "" || row.Reason != "" || row.Message != "" || !row.Due.IsZero() {
		c.Fatalf("class %q, code %q, reason %q, message %q, due %v", row.Class, row.Code, row.Reason, row.Message, row.Due)
	}
	f.settle(outbound.Outcome{Seq: 1, Attempt: 2, State: outbound.Accepted})
	same(c, "Message", f.row(1).Message, "")
	same(c, "Message of the earlier attempt", f.attempts(1)[0].Message, "m1")
}

func attemptsNone(c *check) {
	f := c.campaign(1)
	same(c, "the number of earlier attempts", len(f.attempts(99)), 0)
	same(c, "the number of earlier attempts", len(f.attempts(0)), 0)
}
