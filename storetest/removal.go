package storetest

import (
	"time"

	"github.com/outbound-go/outbound"
)

func removalRules() []rule {
	return []rule{
		{says: "RemoveImport takes an import's deliveries out of a draft, at most limit a call; done says that the record is gone too.", check: removeInSteps},
		{says: "While a removal is under way the import counts as open.", check: removeIsOpen},
		{says: "Removing an import that does not exist is done.", check: removeNothing},
		{says: "Every other import with DuplicateElsewhere above zero becomes Stale and open, also one that was not finished yet: people it listed may be gone.", check: removeSpoils},
		{says: "Removing an import is a change of the audience: Run.Revision rises, and Run.Imported falls by the record.", check: removeTotals},
		{says: "People who were removed can be imported again; numbers go on from Run.Last and ImportRecord.Number is never used twice.", check: removeAndImport},
		{says: "A stale import takes no people and is not finished until it was removed and begun anew.", check: staleImport},
	}
}

func removeInSteps(c *check) {
	f := c.drafted()
	f.importAll("first", people(1, 2)...)
	f.importAll(list, people(3, 12)...)
	f.importAll("last", people(13, 14)...)
	c.stepwise(20, func(step int) (bool, error) {
		done, err := f.s.RemoveImport(c.ctx(), sale, list, 3)
		rows := f.rows()
		if left := len(rows) - 4; left < 10-3*step {
			c.Fatalf("%d calls with the limit 3 left %d of 10 deliveries", step, left)
		}
		names := sourceNames(f.imports(), func(r *outbound.ImportRecord) bool { return r.Source == list })
		if done == (len(names) > 0) {
			c.Fatalf("done is %t, and the record is there: %t", done, len(names) > 0)
		}
		return done, err
	})
	var left []string
	for _, row := range f.rows() {
		left = append(left, row.Address)
	}
	same(c, "who is left", left, []string{person(1).Address, person(2).Address, person(13).Address, person(14).Address})
	same(c, "Counts", f.run().Counts, outbound.Counts{Pending: 4})
}

func removeIsOpen(c *check) {
	f := c.drafted()
	f.importAll(list, people(1, 10)...)
	done, err := f.s.RemoveImport(c.ctx(), sale, list, 3)
	c.must(err)
	same(c, "done", done, false)
	r := f.imports()[0]
	same(c, "Removing", r.Removing, true)
	same(c, "Finished", r.Finished, false)
	same(c, "OpenImports", f.run().OpenImports, 1)
	begun := f.begin(list)
	same(c, "Removing of what BeginImport returns", begun.Removing, true)
	f.failsToAdd(outbound.ImportChunk{Source: list, After: begun.Pieces, Pieces: 1, Recipients: people(20, 20)}, nil)
	if _, err := f.s.FinishImport(c.ctx(), f.now, sale, list, nil); err == nil {
		c.Fatalf("it was finished")
	}
	same(c, "OpenImports", f.run().OpenImports, 1)
	c.stepwise(20, func(int) (bool, error) { return f.s.RemoveImport(c.ctx(), sale, list, 3) })
	same(c, "OpenImports", f.run().OpenImports, 0)
}

func removeNothing(c *check) {
	f := c.drafted()
	f.importAll(list, people(1, 2)...)
	run := f.run()
	for _, id := range []outbound.CampaignID{sale, "nobody"} {
		done, err := f.s.RemoveImport(c.ctx(), id, "unknown", 3)
		c.must(err)
		same(c, "done", done, true)
	}
	same(c, "the run", f.run(), run)
}

func removeSpoils(c *check) {
	f := c.drafted()
	f.importAll("a", people(1, 5)...)
	f.importAll("shares", people(5, 8)...)
	f.importAll("alone", people(20, 22)...)
	f.importAll("repeats", append(people(30, 31), person(30))...)
	f.importAll("shares with shares", people(8, 9)...)
	f.begin("open and shares")
	f.add("open and shares", 0, people(4, 4)...)
	f.begin("open and alone")
	f.add("open and alone", 0, people(40, 40)...)
	c.stepwise(20, func(int) (bool, error) { return f.s.RemoveImport(c.ctx(), sale, "a", 2) })
	imports := f.imports()
	same(c, "the stale ones", sourceNames(imports, func(r *outbound.ImportRecord) bool { return r.Stale }), []string{"open and shares", "shares", "shares with shares"})
	same(c, "the open ones", sourceNames(imports, func(r *outbound.ImportRecord) bool { return !r.Finished }), []string{"open and alone", "open and shares", "shares", "shares with shares"})
	same(c, "OpenImports", f.run().OpenImports, 4)
	same(c, "Counts", f.run().Counts, outbound.Counts{Pending: 3 + 3 + 2 + 1 + 1})
}

func removeTotals(c *check) {
	f := c.drafted()
	f.importAll("a", people(1, 5)...)
	f.importAll("b", append(people(10, 11), person(10))...)
	before := f.run()
	done, err := f.s.RemoveImport(c.ctx(), sale, "a", 100)
	c.must(err)
	same(c, "done", done, true)
	after := f.run()
	if after.Revision <= before.Revision {
		c.Fatalf("Revision was %d and is %d", before.Revision, after.Revision)
	}
	same(c, "Imported", after.Imported, outbound.ImportTotals{Pieces: 3, Accepted: 2, Duplicate: 1})
	same(c, "Last", after.Last, before.Last)
}

func removeAndImport(c *check) {
	f := c.drafted()
	f.importAll(list, people(1, 4)...)
	f.tick(time.Second)
	done, err := f.s.RemoveImport(c.ctx(), sale, list, 100)
	c.must(err)
	same(c, "done", done, true)
	begun := f.begin(list)
	same(c, "the record begun anew", begun, outbound.ImportRecord{Campaign: sale, Source: list, Number: 2, Actor: someb, Began: f.now})
	same(c, "OpenImports", f.run().OpenImports, 1)
	_, d := f.add(list, 0, people(3, 5)...)
	same(c, "duplicates", d, nil)
	f.finish(list)
	rows := f.rows()
	same(c, "the number of deliveries", len(rows), 3)
	for i, row := range rows {
		same(c, "Seq", row.Seq, int64(5+i))
		same(c, "Address", row.Address, person(3+i).Address)
		same(c, "Import", row.Import, 2)
	}
	same(c, "Last", f.run().Last, 7)
}

func staleImport(c *check) {
	f := c.drafted()
	f.importAll("a", people(1, 3)...)
	f.importAll("b", people(3, 5)...)
	_, err := f.s.RemoveImport(c.ctx(), sale, "a", 100)
	c.must(err)
	begun := f.begin("b")
	same(c, "Stale", begun.Stale, true)
	f.failsToAdd(outbound.ImportChunk{Source: "b", After: begun.Pieces, Pieces: 1, Recipients: people(9, 9)}, nil)
	if _, err := f.s.FinishImport(c.ctx(), f.now, sale, "b", nil); err == nil {
		c.Fatalf("a stale import was finished")
	}
	same(c, "OpenImports", f.run().OpenImports, 1)
	c.stepwise(20, func(int) (bool, error) { return f.s.RemoveImport(c.ctx(), sale, "b", 100) })
	f.importAll("b", people(3, 5)...)
	same(c, "OpenImports", f.run().OpenImports, 0)
	same(c, "Counts", f.run().Counts, outbound.Counts{Pending: 3})
	same(c, "Stale", f.imports()[0].Stale, false)
}
