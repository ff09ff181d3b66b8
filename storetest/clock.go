package storetest

import (
	"fmt"
	"sync"
	"time"

	"github.com/outbound-go/outbound"
)

func clockRules() []rule {
	return []rule{
		{says: "Now never goes back, for one process.", check: clockForward},
		{says: "All replicas on a store see one clock.", check: clockShared, needs: needsSecond},
		{says: "Times are the engine's: a store judges and records the times it is given, whatever its own clock says.", check: clockGiven},
		{says: "Times that go back are recorded as given, and break no sum.", check: clockBack},
	}
}

func clockForward(c *check) {
	s := c.open().Store
	var wg sync.WaitGroup
	errs := make(chan error, 4)
	for range 4 {
		wg.Go(func() {
			var last time.Time
			for range 50 {
				now, err := s.Now(c.ctx())
				if err == nil && now.Before(last) {
					err = fmt.Errorf("now is %v after %v", now, last)
				}
				if err != nil {
					errs <- err
					return
				}
				last = now
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		c.Fatalf("%v", err)
	}
}

// clockShared allows for a second, since processes on one machine may read its clock by themselves.
func clockShared(c *check) {
	a := c.open()
	b := c.second(a)
	for i := range 20 {
		first, then := a, b
		if i%2 == 1 {
			first, then = b, a
		}
		before, err := first.Now(c.ctx())
		c.must(err)
		after, err := then.Now(c.ctx())
		c.must(err)
		if after.Before(before.Add(-time.Second)) {
			c.Fatalf("one handle says %v, then another says %v", before, after)
		}
	}
}

func clockGiven(c *check) {
	for _, base := range []time.Time{time.Date(1999, 1, 1, 0, 0, 0, 1000, time.UTC), time.Date(2150, 6, 1, 12, 0, 0, 999999000, time.UTC)} {
		f := &field{check: c, s: c.open(), id: sale, now: base}
		end := base.Add(time.Hour)
		f.fill(5, func(r *outbound.Run) { r.Created, r.NotAfter, r.Doubts = base, end, outbound.DoubtsResend })
		f.lease()
		f.grant(4, held(1, base.Add(time.Minute)))
		f.settle(accepted(2, 1), again(3, 1, base.Add(time.Second)))
		same(c, "At", f.row(2).At, base)
		same(c, "Heartbeat", f.run().Heartbeat, base)
		rows, next := f.due(10)
		same(c, "the number due", len(rows), 0)
		same(c, "next", next, base.Add(time.Second))
		f.tick(time.Minute)
		rows, _ = f.due(10)
		same(c, "who is due", seqsOf(rows), []int64{3, 1})
		f.recover(f.now.Add(time.Minute))
		same(c, "At of the recovered", f.row(4).At, f.now)
		same(c, "Due of the recovered", f.row(4).Due, f.now.Add(time.Minute))
		f.now = end.Add(-time.Microsecond)
		f.claim(1, 1)
		f.now = end
		r := f.commit(outbound.RunBatch{Range: f.span(5)})
		same(c, "Refused at NotAfter", r.Refused, outbound.RefusedExpired)
	}
}

func clockBack(c *check) {
	f := c.campaign(4)
	f.grant(3)
	f.settle(again(1, 1, f.now.Add(time.Minute)))
	f.now = dawn.Add(-time.Hour)
	f.settle(accepted(2, 1), again(3, 1, f.now))
	same(c, "At", f.row(2).At, f.now)
	rows, next := f.due(10)
	same(c, "who is due", seqsOf(rows), []int64{3})
	same(c, "next", next, dawn.Add(time.Minute))
	f.claim(3, 2)
	f.claims([]int64{1}, outbound.Claim{Seq: 1, Attempt: 2})
	f.grant(4)
	same(c, "Counts", f.run().Counts, outbound.Counts{Pending: 1, Sending: 2, Accepted: 1})
}
