package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/outbound-go/outbound"
)

func importRules() []rule {
	return []rule{
		{says: "BeginImport opens an import source of a draft and returns its record; it raises Run.OpenImports.", check: beginImport},
		{says: "An import record that exists is returned by BeginImport as it is.", check: beginImportAgain},
		{says: "Imports are taken by drafts only: ErrState, or ErrNotFound where there is no campaign.", check: importsOfDrafts},
		{says: "AppendImport numbers recipients on from Run.Last in the chunk's order, without gaps, and Run.Counts.Pending grows by them.", check: appendImport},
		{says: "A chunk of thousands is numbered like one of a few.", check: appendMany},
		{says: "What a recipient brings is kept as it was given.", check: appendKeeps},
		{says: "The chunk's After must equal the record's Pieces, else ErrConflict and nothing is changed.", check: appendConflict},
		{says: "Recipients that came earlier in the chunk or that the campaign already has are not added; their indexes are returned in order.", check: appendDuplicates},
		{says: "Recipients are the same only if address and key both are.", check: appendKeys},
		{says: "People of one campaign are no duplicates in another.", check: appendOtherCampaign},
		{says: "Nothing is added to an import that is finished, or that was never begun.", check: appendNotOpen},
		{says: "A chunk with a wrong sum of pieces is refused, and nothing of it is kept.", check: appendWrongSum},
	}
}

// drafted makes an empty draft.
func (c *check) drafted() *field {
	c.Helper()
	f := &field{check: c, s: c.open(), id: sale, now: dawn}
	f.draft()
	return f
}

func (f *field) imports() []outbound.ImportRecord {
	f.Helper()
	r, err := f.s.Imports(f.ctx(), f.id)
	f.must(err)
	return r
}

// fails wants an error of AppendImport and nothing changed.
func (f *field) failsToAdd(chunk outbound.ImportChunk, target error) {
	f.Helper()
	run, imports, rows := f.run(), f.imports(), f.rows()
	chunk.Campaign = f.id
	_, _, err := f.s.AppendImport(f.ctx(), f.now, chunk)
	if target != nil {
		f.mustBe(err, target)
	} else if err == nil {
		f.Fatalf("there is no error")
	}
	same(f.check, "the run", f.run(), run)
	same(f.check, "the imports", f.imports(), imports)
	same(f.check, "the deliveries", f.rows(), rows)
}

func beginImport(c *check) {
	f := c.drafted()
	for i, source := range []string{list, "crm", "Список №1"} {
		r, created, err := f.s.BeginImport(c.ctx(), f.now, sale, source, someb)
		c.must(err)
		same(c, "created", created, true)
		same(c, "the record", r, outbound.ImportRecord{Campaign: sale, Source: source, Number: i + 1, Actor: someb, Began: f.now})
		same(c, "OpenImports", f.run().OpenImports, i+1)
		f.tick(time.Second)
	}
}

func beginImportAgain(c *check) {
	f := c.drafted()
	f.begin(list)
	open, _ := f.add(list, 0, people(1, 3)...)
	again := func(want outbound.ImportRecord, open int) {
		c.Helper()
		f.tick(time.Minute)
		revision := f.run().Revision
		r, created, err := f.s.BeginImport(c.ctx(), f.now, sale, list, "somebody else")
		c.must(err)
		same(c, "created", created, false)
		same(c, "the record", r, want)
		same(c, "OpenImports", f.run().OpenImports, open)
		same(c, "Revision", f.run().Revision, revision)
	}
	again(open, 1)
	again(f.finish(list), 0)
}

func importsOfDrafts(c *check) {
	f := c.drafted()
	f.begin("open")
	f.importAll(list, people(1, 2)...)
	chunk := outbound.ImportChunk{Campaign: sale, Source: "open", Pieces: 1, Recipients: people(3, 3)}
	for _, state := range []outbound.CampaignState{outbound.Scheduled, outbound.Running, outbound.Paused, outbound.Completed, outbound.CanceledState} {
		f.update(func(r *outbound.Run) { r.State = state })
		_, _, err := f.s.BeginImport(c.ctx(), f.now, sale, "late", someb)
		c.mustBe(err, outbound.ErrState)
		f.failsToAdd(chunk, outbound.ErrState)
		_, err = f.s.RemoveImport(c.ctx(), sale, list, 10)
		c.mustBe(err, outbound.ErrState)
		same(c, "the number of imports", len(f.imports()), 2)
	}
	_, _, err := f.s.BeginImport(c.ctx(), f.now, "nobody", list, someb)
	c.mustBe(err, outbound.ErrNotFound)
	chunk.Campaign = "nobody"
	_, _, err = f.s.AppendImport(c.ctx(), f.now, chunk)
	c.mustBe(err, outbound.ErrNotFound)
	_, err = f.s.FinishImport(c.ctx(), f.now, "nobody", list, nil)
	c.mustBe(err, outbound.ErrNotFound)
}

func appendImport(c *check) {
	f := c.drafted()
	f.begin(list)
	f.begin("crm")
	f.add(list, 0, people(1, 3)...)
	same(c, "Last", f.run().Last, 3)
	f.add("crm", 0, person(10), person(1), person(11))
	f.add(list, 3, person(4), person(11), person(5))
	same(c, "Last", f.run().Last, 7)
	same(c, "Counts", f.run().Counts, outbound.Counts{Pending: 7})
	rows := f.rows()
	for i, n := range []int{1, 2, 3, 10, 11, 4, 5} {
		p := person(n)
		source := 1
		if n >= 10 {
			source = 2
		}
		same(c, fmt.Sprintf("delivery %d", i+1), rows[i], outbound.Row{
			Seq: int64(i + 1), Address: p.Address, Reference: p.Reference, Variables: p.Variables, Line: p.Line, Column: p.Column, Import: source,
		})
	}
}

func appendMany(c *check) {
	f := c.drafted()
	f.begin(list)
	const n = 5000
	all := people(1, n)
	f.add(list, 0, all[:n-100]...)
	_, duplicates := f.add(list, n-100, all[n-200:]...)
	same(c, "the number of duplicates", len(duplicates), 100)
	for i, d := range duplicates {
		same(c, "a duplicate", d, outbound.Duplicate{Index: i})
	}
	same(c, "Last", f.run().Last, n)
	same(c, "Pending", f.run().Counts.Pending, n)
	rows := f.rows()
	same(c, "the number of deliveries", len(rows), n)
	for i := range rows {
		if rows[i].Seq != int64(i+1) || rows[i].Address != all[i].Address {
			c.Fatalf("delivery %d has the number %d, and its address is the right one: %t", i+1, rows[i].Seq, rows[i].Address == all[i].Address)
		}
	}
}

func appendKeeps(c *check) {
	f := c.drafted()
	given := []outbound.NewDelivery{
		{Address: "+4915112345678"},
		{Address: "0"},
		{Address: "007"},
		{Address: "-1001234567890123456"},
		{Address: "9223372036854775808"},
		{Address: "Ünïcode/id=='x\"y", Key: "Buchung №7", Reference: "{\"json\": [1]}"},
		{Address: "many", Variables: map[string]string{"name": "Ёлка 🌲", "": "no name", "empty": "", "quote": "'\"\\\n\t", "Name": "other case"}},
		{Address: "no variables", Variables: map[string]string{}},
		{Address: "case"}, {Address: "CASE"}, {Address: " case "},
		{Address: "placed", Line: 1 << 30, Column: 1 << 20},
	}
	f.importAll(list, given...)
	rows := f.rows()
	same(c, "the number of deliveries", len(rows), len(given))
	for i, g := range given {
		same(c, fmt.Sprintf("delivery %d", i+1), rows[i], outbound.Row{
			Seq: int64(i + 1), Address: g.Address, Key: g.Key, Reference: g.Reference, Variables: g.Variables, Line: g.Line, Column: g.Column, Import: 1,
		})
	}
}

func appendConflict(c *check) {
	f := c.drafted()
	f.begin(list)
	f.failsToAdd(outbound.ImportChunk{Source: list, After: 1, Pieces: 1, Recipients: people(1, 1)}, outbound.ErrConflict)
	f.add(list, 0, people(1, 3)...)
	for _, after := range []int64{0, 2, 4} {
		f.failsToAdd(outbound.ImportChunk{Source: list, After: after, Pieces: 2, Recipients: people(4, 4), Rejected: 1}, outbound.ErrConflict)
	}
	f.add(list, 3, people(4, 4)...)
	same(c, "Last", f.run().Last, 4)
}

func appendDuplicates(c *check) {
	f := c.drafted()
	f.begin(list)
	f.begin("crm")
	_, d := f.add(list, 0, person(1), person(2), person(1), person(3), person(2), person(1))
	same(c, "duplicates within a chunk", d, []outbound.Duplicate{{Index: 2}, {Index: 4}, {Index: 5}})
	_, d = f.add(list, 6, person(3), person(4), person(1))
	same(c, "duplicates within a source", d, []outbound.Duplicate{{Index: 0}, {Index: 2}})
	r, d := f.add("crm", 0, person(5), person(1), person(5), person(6), person(4))
	same(c, "duplicates of another source", d, []outbound.Duplicate{{Index: 1, Elsewhere: true}, {Index: 2}, {Index: 4, Elsewhere: true}})
	same(c, "DuplicateElsewhere", r.DuplicateElsewhere, 2)
	same(c, "Duplicate", r.Duplicate, 3)
	same(c, "Last", f.run().Last, 6)
	_, d = f.add(list, 9)
	same(c, "duplicates of an empty chunk", d, nil)
	again := person(6)
	again.Reference, again.Variables, again.Line = "another", nil, 99 // are no part of who it is
	_, d = f.add("crm", 5, again)
	same(c, "duplicates with another reference", d, []outbound.Duplicate{{Index: 0}})
	same(c, "the delivery that was there first", f.row(6).Reference, person(6).Reference)
}

func appendKeys(c *check) {
	f := c.drafted()
	keyed := func(address, key string) outbound.NewDelivery {
		return outbound.NewDelivery{Address: address, Key: key}
	}
	all := []outbound.NewDelivery{
		keyed("1", ""), keyed("1", "a"), keyed("1", "b"), keyed("2", "a"), keyed("12", "3"), keyed("1", "23"), keyed("123", ""), keyed("", "123"),
		keyed("1\x00a", ""), keyed("1|a", ""), keyed("1", "A"), keyed("1", " a"),
	}
	f.begin(list)
	_, d := f.add(list, 0, all...)
	same(c, "duplicates", d, nil)
	_, d = f.add(list, int64(len(all)), all...)
	same(c, "the number of duplicates of the same again", len(d), len(all))
	same(c, "Last", f.run().Last, int64(len(all)))
}

func appendOtherCampaign(c *check) {
	f := c.drafted()
	f.importAll(list, people(1, 3)...)
	other := *f
	other.id = "other"
	other.draft()
	other.begin(list)
	_, d := other.add(list, 0, people(1, 3)...)
	same(c, "duplicates", d, nil)
	same(c, "Last", other.run().Last, 3)
	same(c, "Last of the first", f.run().Last, 3)
}

func appendNotOpen(c *check) {
	f := c.drafted()
	f.failsToAdd(outbound.ImportChunk{Source: list, Pieces: 1, Recipients: people(1, 1)}, nil)
	_, err := f.s.FinishImport(c.ctx(), f.now, sale, list, nil)
	c.mustBe(err, outbound.ErrNotFound)
	f.importAll(list, people(1, 2)...)
	f.failsToAdd(outbound.ImportChunk{Source: list, After: 2, Pieces: 1, Recipients: people(3, 3)}, nil)
}

func appendWrongSum(c *check) {
	f := c.drafted()
	f.begin(list)
	f.failsToAdd(outbound.ImportChunk{Source: list, Pieces: 3, Recipients: people(1, 1), Rejected: 1}, nil)
	f.failsToAdd(outbound.ImportChunk{Source: list, Pieces: 1, Recipients: people(1, 2)}, nil)
}

// stepwise calls until it says done, at most limit times.
func (c *check) stepwise(limit int, call func(step int) (done bool, err error)) {
	c.Helper()
	for step := 1; step <= limit; step++ {
		done, err := call(step)
		c.must(err)
		if done {
			return
		}
	}
	c.must(errors.New("it is not done after many calls"))
}
