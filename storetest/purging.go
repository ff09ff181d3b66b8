package storetest

import (
	"time"

	"github.com/outbound-go/outbound"
)

func purgeRules() []rule {
	return []rule{
		{says: "Purge removes the deliveries, imports and attempts of campaigns that ended before the time; runs and their counters stay, marked Purged.", check: purges},
		{says: "Purge removes at most limit rows a call, and done says that nothing is left.", check: purgeSteps},
		{says: "Purge leaves campaigns that did not end, or ended at the time or later.", check: purgeOthers},
	}
}

// ended is a campaign of n that was completed at a time, with an earlier attempt.
func (f *field) ended(id outbound.CampaignID, n int, at time.Time) *field {
	f.Helper()
	g := f.another(id, n)
	g.now = at
	g.grant(int64(n))
	g.settle(again(1, 1, at))
	g.claim(1, 2)
	var outcomes []outbound.Outcome
	for seq := int64(1); seq <= int64(n); seq++ {
		outcomes = append(outcomes, accepted(seq, map[bool]int{true: 2, false: 1}[seq == 1]))
	}
	g.settle(outcomes...)
	same(f.check, "State", g.run().State, outbound.Completed)
	same(f.check, "Ended", g.run().Ended, at)
	return g
}

func purges(c *check) {
	f := c.campaign(1)
	done := f.ended("done", 4, dawn)
	canceled := f.another("stopped", 3)
	canceled.giveUp(outbound.CanceledState, outbound.Canceled)
	want := map[*field]outbound.Run{done: done.run(), canceled: canceled.run()}
	var removed int64
	c.stepwise(20, func(int) (bool, error) {
		n, finished, err := f.s.Purge(c.ctx(), dawn.Add(time.Microsecond), 1000)
		removed += n
		return finished, err
	})
	if removed < 7 {
		c.Fatalf("it says that %d rows were removed, there were 7 deliveries", removed)
	}
	for g, run := range want {
		after := g.run()
		run.Purged, run.Version = true, after.Version
		same(c, "the run", after, run)
		f.gone(g.id)
	}
	same(c, "the deliveries of the running one", len(f.rows()), 1)
	n, finished, err := f.s.Purge(c.ctx(), dawn.Add(time.Hour), 1000)
	c.must(err)
	same(c, "removed the second time", n, 0)
	same(c, "done", finished, true)
	gone, err := f.s.DeleteRun(c.ctx(), done.id, 1000)
	c.must(err)
	same(c, "the purged campaign is deleted", gone, true)
}

func purgeSteps(c *check) {
	f := c.campaign(1)
	done := []*field{f.ended("a", 5, dawn), f.ended("b", 5, dawn)}
	left := func() (n int) {
		c.Helper()
		for _, g := range done {
			n += len(g.rows())
		}
		return n
	}
	c.stepwise(40, func(step int) (bool, error) {
		n, finished, err := f.s.Purge(c.ctx(), dawn.Add(time.Second), 3)
		if n > 3 || left() < 10-3*step {
			c.Fatalf("after %d calls with the limit 3, the last of which says %d, %d of 10 deliveries are left", step, n, left())
		}
		if finished && left() > 0 {
			c.Fatalf("it says that nothing is left, and there are %d deliveries", left())
		}
		return finished, err
	})
	for _, g := range done {
		same(c, "Purged", g.run().Purged, true)
		same(c, "Counts", g.run().Counts, outbound.Counts{Accepted: 5})
	}
}

func purgeOthers(c *check) {
	f := c.campaign(3)
	at, later := f.ended("at", 2, dawn.Add(time.Hour)), f.ended("later", 2, dawn.Add(2*time.Hour))
	paused, draft := f.another("paused", 2), f.another("draft", 2)
	paused.update(func(r *outbound.Run) { r.State = outbound.Paused })
	draft.update(func(r *outbound.Run) { r.State = outbound.DraftState })
	reopened := f.another("reopened", 2)
	reopened.grant(2)
	reopened.settle(failed(1, 1), accepted(2, 1))
	same(c, "moved", reopened.reopenAll(outbound.Reopening{From: outbound.Failed, Due: dawn}), 1)
	n, finished, err := f.s.Purge(c.ctx(), dawn.Add(time.Hour), 1000)
	c.must(err)
	same(c, "removed", n, 0)
	same(c, "done", finished, true)
	for _, g := range []*field{at, later, paused, draft, reopened} {
		same(c, "Purged", g.run().Purged, false)
		same(c, "the number of deliveries", len(g.rows()), 2)
		same(c, "the number of imports", len(g.imports()), 1)
	}
}
