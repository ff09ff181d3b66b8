package storetest

import (
	"errors"

	"github.com/outbound-go/outbound"
)

func deletionRules() []rule {
	return []rule{
		{says: "DeleteRun removes a run with its imports and deliveries, at most limit rows a call; the run itself goes last.", check: deleteInSteps},
		{says: "Deleting what does not exist is done.", check: deleteNothing},
		{says: "A campaign that takes the ID of a deleted one has nothing of it.", check: deleteAndCreate},
		{says: "DeleteRun touches no other campaign.", check: deleteOne},
	}
}

func deleteInSteps(c *check) {
	f := c.campaign(10)
	f.grant(4)
	f.settle(again(1, 1, f.now), accepted(2, 1))
	for step := 1; ; step++ {
		if step > 20 {
			c.Fatalf("ten deliveries are not gone after 20 calls with the limit 3")
		}
		done, err := f.s.DeleteRun(c.ctx(), sale, 3)
		c.must(err)
		if done && 3*step < 10 {
			c.Fatalf("%d calls with the limit 3 removed 10 deliveries", step)
		}
		if done {
			break
		}
		f.run()
		if left := len(f.rows()); left < 10-3*step {
			c.Fatalf("%d calls with the limit 3 left %d of 10 deliveries", step, left)
		}
	}
	_, err := f.s.ReadRun(c.ctx(), sale)
	c.mustBe(err, outbound.ErrNotFound)
	f.gone(sale)
	runs, err := f.s.ListRuns(c.ctx(), outbound.RunFilter{Notices: true})
	c.must(err)
	same(c, "the number of runs", len(runs), 0)
}

// gone wants a campaign to have left nothing: empty answers, or ErrNotFound.
func (f *field) gone(id outbound.CampaignID) {
	f.Helper()
	nothing := func(what string, n int, err error) {
		f.Helper()
		if errors.Is(err, outbound.ErrNotFound) {
			return
		}
		f.must(err)
		same(f.check, what, n, 0)
	}
	rows, err := f.s.Deliveries(f.ctx(), outbound.DeliveryFilter{Campaign: id})
	nothing("the number of deliveries", len(rows), err)
	rows, err = f.s.ReadAhead(f.ctx(), id, 0, 10)
	nothing("the number of deliveries read ahead", len(rows), err)
	rows, _, err = f.s.Due(f.ctx(), id, f.now, 10)
	nothing("the number of deliveries due", len(rows), err)
	imports, err := f.s.Imports(f.ctx(), id)
	nothing("the number of imports", len(imports), err)
	attempts, err := f.s.Attempts(f.ctx(), id, 1)
	nothing("the number of attempts", len(attempts), err)
}

func deleteNothing(c *check) {
	s := c.open()
	for range 2 {
		done, err := s.DeleteRun(c.ctx(), "nobody", 10)
		c.must(err)
		same(c, "done", done, true)
	}
}

func deleteAndCreate(c *check) {
	f := c.campaign(5)
	f.grant(3)
	f.settle(again(1, 1, f.now), failed(2, 1))
	done, err := f.s.DeleteRun(c.ctx(), sale, 100)
	c.must(err)
	same(c, "done", done, true)
	f.draft()
	f.gone(sale)
	same(c, "Counts", f.run().Counts, outbound.Counts{})
	f.importAll(list, people(1, 5)...)
	same(c, "Pending", f.run().Counts.Pending, 5)
	for _, row := range f.rows() {
		if row.State != outbound.Pending || row.Attempt != 0 {
			c.Fatalf("delivery %d of the new campaign is %s with attempt %d", row.Seq, row.State, row.Attempt)
		}
	}
	same(c, "the number of earlier attempts", len(f.attempts(1)), 0)
}

func deleteOne(c *check) {
	f := c.campaign(3)
	other := f.another("other", 4)
	third := f.another("third", 2)
	run, rows := other.run(), other.rows()
	for _, id := range []outbound.CampaignID{sale, third.id} {
		done, err := f.s.DeleteRun(c.ctx(), id, 100)
		c.must(err)
		same(c, "done", done, true)
	}
	same(c, "the other campaign", other.run(), run)
	same(c, "its deliveries", other.rows(), rows)
}
