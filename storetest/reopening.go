package storetest

import (
	"fmt"
	"time"

	"github.com/outbound-go/outbound"
)

func reopeningRules() []rule {
	return []rule{
		{says: "Reopen returns failed or uncertain deliveries to pending, as Reopening says, due as said.", check: reopens},
		{says: "A reopened delivery starts clean: class, code, reason, message id and tries are left with the attempt that was.", check: reopensClean},
		{says: "Reopen looks at deliveries in steps of Limit; last is the number of the last one looked at, and done says there are no more.", check: reopenSteps},
		{says: "Reopen takes only the given classes, only rows whose At is not after Before, and only numbers above After.", check: reopenFilters},
		{says: "A completed campaign becomes running when any delivery was reopened, and stays completed when none was.", check: reopenCompleted},
		{says: "Reopen records its act when it moved somebody.", check: reopenActs},
		{says: "Reopen of a campaign that does not exist is ErrNotFound.", check: reopenNotFound},
		{says: "Reopen leaves a paused campaign paused.", check: reopenPaused},
	}
}

func (f *field) reopenAll(r outbound.Reopening) int {
	f.Helper()
	r.Campaign = f.id
	if r.Limit == 0 {
		r.Limit = 100
	}
	moved, _, done, err := f.s.Reopen(f.ctx(), f.now, r, outbound.Act{})
	f.must(err)
	same(f.check, "done", done, true)
	return moved
}

// settled is a campaign of eight, in which there is some of everything and nothing is in flight.
func (c *check) settled(alter ...func(*outbound.Run)) *field {
	c.Helper()
	f := c.campaign(8, alter...)
	f.grant(8, held(7, f.now), skipped(8))
	f.settle(failed(1, 1), uncertain(2, 1, time.Time{}), accepted(3, 1), failed(4, 1), again(5, 1, f.now))
	f.settle(outbound.Outcome{Seq: 6, Attempt: 1, State: outbound.Delivered})
	f.tick(time.Minute)
	return f
}

func reopens(c *check) {
	for _, from := range []outbound.State{outbound.Failed, outbound.Uncertain} {
		f := c.settled()
		before := f.rows()
		due := f.now.Add(time.Hour)
		moved := 0
		n := f.reopenAll(outbound.Reopening{From: from, Due: due})
		for i, row := range f.rows() {
			if before[i].State != from {
				same(c, "a delivery that was "+before[i].State.String(), row, before[i])
				continue
			}
			moved++
			f.want(row.Seq, outbound.Pending, 1)
			same(c, "Due", row.Due, due)
			same(c, "At", row.At, f.now)
			f.claims([]int64{row.Seq}, outbound.Claim{Seq: row.Seq, Attempt: 2})
		}
		same(c, "moved", n, moved)
		f.now = due
		rows, _, err := f.s.Due(c.ctx(), sale, f.now, 20)
		c.must(err)
		same(c, "the number due", len(rows), moved+2)
		same(c, "moved again", f.reopenAll(outbound.Reopening{From: from, Due: due}), 0)
	}
}

func reopensClean(c *check) {
	f := c.campaign(2)
	f.grant(1)
	f.settle(again(1, 1, f.now))
	f.claim(1, 2)
	o := outbound.Outcome{Seq: 1, Attempt: 2, State: outbound.Failed, Class: outbound.ClassTransient, Code: "500", Reason: outbound.ReasonTries, Message: "m", Tries: 5}
	f.tick(time.Second)
	f.settle(o)
	failed := f.row(1)
	f.tick(time.Second)
	same(c, "moved", f.reopenAll(outbound.Reopening{From: outbound.Failed, Due: f.now}), 1)
	p := person(1)
	same(c, "the delivery", f.row(1), outbound.Row{
		Seq: 1, Address: p.Address, Reference: p.Reference, Variables: p.Variables, Line: 1, Column: 1, Import: 1, State: outbound.Pending, Attempt: 2, Due: f.now, At: f.now,
	})
	a := f.attempts(1)
	same(c, "the number of earlier attempts", len(a), 2)
	same(c, "the attempt that failed", a[1], outbound.Attempt{
		Number: 2, State: outbound.Failed, At: failed.At, Class: outbound.ClassTransient, Code: "500", Reason: outbound.ReasonTries, Message: "m",
	})
	f.claim(1, 3)
}

func reopenSteps(c *check) {
	f := c.campaign(12)
	f.grant(11)
	var outcomes []outbound.Outcome
	for seq := int64(1); seq <= 11; seq++ {
		if seq%3 == 0 {
			outcomes = append(outcomes, accepted(seq, 1))
		} else {
			outcomes = append(outcomes, failed(seq, 1))
		}
	}
	f.settle(outcomes...)
	r := outbound.Reopening{Campaign: sale, From: outbound.Failed, Due: f.now, Limit: 3}
	total := 0
	c.stepwise(20, func(int) (bool, error) {
		moved, last, done, err := f.s.Reopen(c.ctx(), f.now, r, outbound.Act{})
		if err != nil {
			return false, err
		}
		if moved > 3 {
			return false, fmt.Errorf("a call with the limit 3 moved %d", moved)
		}
		if !done && last <= r.After {
			return false, fmt.Errorf("a call that looked above %d says that it looked up to %d", r.After, last)
		}
		for _, row := range f.rows() {
			if row.State == outbound.Failed && row.Seq <= last {
				return false, fmt.Errorf("delivery %d is failed still, and the calls looked up to %d", row.Seq, last)
			}
		}
		total += moved
		r.After = last
		return done, nil
	})
	same(c, "moved in all", total, 8)
	same(c, "Counts", f.run().Counts, outbound.Counts{Pending: 9, Accepted: 3})
}

func reopenFilters(c *check) {
	f := c.campaign(8)
	f.grant(7)
	for i, class := range []outbound.Class{outbound.ClassRecipient, outbound.ClassMessage, outbound.ClassTransient, outbound.ClassMessage, outbound.ClassRecipient, outbound.ClassMessage} {
		f.settle(outbound.Outcome{Seq: int64(i + 1), Attempt: 1, State: outbound.Failed, Class: class})
		f.tick(time.Second) // delivery n failed at dawn plus n-1 seconds
	}
	f.settle(uncertain(7, 1, time.Time{}))
	pending := func() (seqs []int64) {
		c.Helper()
		rows, err := f.s.Deliveries(c.ctx(), outbound.DeliveryFilter{Campaign: sale, States: []outbound.State{outbound.Pending}})
		c.must(err)
		return seqsOf(rows)
	}
	same(c, "moved", f.reopenAll(outbound.Reopening{From: outbound.Failed, Classes: []outbound.Class{outbound.ClassAccount}, Due: f.now}), 0)
	same(c, "moved", f.reopenAll(outbound.Reopening{From: outbound.Failed, Before: dawn.Add(-time.Microsecond), Due: f.now}), 0)
	same(c, "moved", f.reopenAll(outbound.Reopening{From: outbound.Failed, Classes: []outbound.Class{outbound.ClassMessage}, After: 1, Before: dawn.Add(3 * time.Second), Due: f.now}), 2)
	same(c, "who is pending", pending(), []int64{2, 4, 8})
	same(c, "moved", f.reopenAll(outbound.Reopening{From: outbound.Failed, Classes: []outbound.Class{outbound.ClassTransient, outbound.ClassMessage}, Due: f.now}), 2)
	same(c, "who is pending", pending(), []int64{2, 3, 4, 6, 8})
	same(c, "moved", f.reopenAll(outbound.Reopening{From: outbound.Failed, After: 1, Due: f.now}), 1)
	same(c, "who is pending", pending(), []int64{2, 3, 4, 5, 6, 8})
}

func reopenCompleted(c *check) {
	f := c.campaign(3)
	f.grant(3)
	f.settle(accepted(1, 1), failed(2, 1), uncertain(3, 1, time.Time{}))
	ended := f.run().Ended
	f.tick(time.Hour)
	same(c, "moved", f.reopenAll(outbound.Reopening{From: outbound.Failed, Classes: []outbound.Class{outbound.ClassMessage}, Due: f.now}), 0)
	same(c, "State", f.run().State, outbound.Completed)
	same(c, "Ended", f.run().Ended, ended)
	same(c, "moved", f.reopenAll(outbound.Reopening{From: outbound.Failed, Due: f.now}), 1)
	same(c, "State", f.run().State, outbound.Running)
	same(c, "Ended", f.run().Ended, time.Time{})
}

func reopenActs(c *check) {
	f := c.campaign(3)
	f.grant(3)
	f.settle(accepted(1, 1), failed(2, 1))
	for _, action := range []string{"retry", ""} {
		_, _, _, err := f.s.Reopen(c.ctx(), f.now, outbound.Reopening{Campaign: sale, From: outbound.Failed, Due: f.now, Limit: 100}, act(action))
		c.must(err)
	}
	f.wantActs("retry")
}

func reopenNotFound(c *check) {
	_, _, _, err := c.open().Reopen(c.ctx(), dawn, outbound.Reopening{Campaign: "nobody", From: outbound.Failed, Due: dawn, Limit: 10}, outbound.Act{})
	c.mustBe(err, outbound.ErrNotFound)
}

func reopenPaused(c *check) {
	f := c.settled()
	f.update(func(r *outbound.Run) { r.State = outbound.Paused })
	same(c, "moved", f.reopenAll(outbound.Reopening{From: outbound.Failed, Due: f.now}), 2)
	same(c, "State", f.run().State, outbound.Paused)
}
