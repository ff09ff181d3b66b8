package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/outbound-go/outbound"
)

func recordRules() []rule {
	return []rule{
		{says: "An import record sums its pieces, counts who has each variable, and keeps the digest.", check: importRecord},
		{says: "An import record keeps the first MaxRejections rejections.", check: importRejections},
		{says: "FinishImport closes an open import: Run.OpenImports falls and Run.Revision rises.", check: finishImport},
		{says: "Finishing a finished import changes nothing.", check: finishAgain},
		{says: "Run.Imported sums the imports of a campaign, and Imports lists them in the order they began.", check: importTotals},
		{says: "What AppendImport is given and what Imports returns belongs to the caller.", check: importCopies},
	}
}

func importRecord(c *check) {
	f := c.drafted()
	f.begin("crm")
	f.add("crm", 0, person(2))
	f.tick(time.Second)
	begun := f.begin(list)
	with := func(n int, names ...string) outbound.NewDelivery {
		p := person(n)
		p.Variables = map[string]string{}
		for _, name := range names {
			p.Variables[name] = "x"
		}
		return p
	}
	r, _, err := f.s.AppendImport(c.ctx(), f.now, outbound.ImportChunk{
		Campaign: sale, Source: list, Pieces: 6, Recipients: []outbound.NewDelivery{with(1, "name", "city"), with(2, "name"), with(3, "name"), with(3, "other")},
		Rejected: 2, Rejections: []outbound.Rejection{{Piece: "oops", Line: 5, Problem: outbound.NewProblem("", "address_empty")}}, Digest: []byte{1, 0, 255},
	})
	c.must(err)
	want := begun
	want.Pieces, want.Accepted, want.Duplicate, want.DuplicateElsewhere, want.Rejected = 6, 2, 2, 1, 2
	want.Digest, want.Variables = []byte{1, 0, 255}, map[string]int64{"name": 2, "city": 1}
	want.Rejections = []outbound.Rejection{{Piece: "oops", Line: 5, Problem: outbound.NewProblem("", "address_empty")}}
	same(c, "the record that AppendImport returns", r, want)
	r, _, err = f.s.AppendImport(c.ctx(), f.now, outbound.ImportChunk{
		Campaign: sale, Source: list, After: 6, Pieces: 1, Recipients: []outbound.NewDelivery{with(4, "city")}, Digest: []byte("more"),
	})
	c.must(err)
	want.Pieces, want.Accepted, want.Digest, want.Variables = 7, 3, []byte("more"), map[string]int64{"name": 2, "city": 2}
	same(c, "the record after a second chunk", r, want)
	same(c, "the record that Imports returns", f.imports()[1], want)
	same(c, "the record that BeginImport returns", f.begin(list), want)
}

func importRejections(c *check) {
	f := c.drafted()
	f.begin(list)
	piece := func(n int) outbound.Rejection {
		return outbound.Rejection{Piece: fmt.Sprint("piece ", n), Line: n, Column: 2, Problem: outbound.NewProblem("", "piece_too_long", "max", "64")}
	}
	var after int64
	var all []outbound.Rejection
	for range 4 {
		chunk := outbound.ImportChunk{Campaign: sale, Source: list, After: after, Pieces: 30, Rejected: 30}
		for range 30 {
			after++
			chunk.Rejections = append(chunk.Rejections, piece(int(after)))
		}
		all = append(all, chunk.Rejections...)
		r, _, err := f.s.AppendImport(c.ctx(), f.now, chunk)
		c.must(err)
		same(c, "Rejected", r.Rejected, after)
		same(c, "Rejections", r.Rejections, all[:min(len(all), outbound.MaxRejections)])
	}
	same(c, "Imported", f.run().Imported, outbound.ImportTotals{Pieces: 120, Rejected: 120})
}

func finishImport(c *check) {
	f := c.drafted()
	f.begin(list)
	f.begin("crm")
	open, _ := f.add(list, 0, people(1, 2)...)
	before := f.run()
	f.tick(time.Minute)
	r := f.finish(list)
	want := open
	want.Finished, want.Ended, want.Digest = true, f.now, []byte("all")
	same(c, "the record", r, want)
	same(c, "the record that Imports returns", f.imports()[0], want)
	after := f.run()
	same(c, "OpenImports", after.OpenImports, 1)
	if after.Revision <= before.Revision {
		c.Fatalf("Revision was %d and is %d", before.Revision, after.Revision)
	}
	f.finish("crm")
	same(c, "OpenImports", f.run().OpenImports, 0)
}

func finishAgain(c *check) {
	f := c.drafted()
	f.importAll(list, people(1, 2)...)
	run, imports := f.run(), f.imports()
	f.tick(time.Minute)
	r, err := f.s.FinishImport(c.ctx(), f.now, sale, list, []byte("other"))
	c.must(err)
	same(c, "the record", r, imports[0])
	same(c, "the imports", f.imports(), imports)
	same(c, "the run", f.run(), run)
}

func importTotals(c *check) {
	f := c.drafted()
	sources := []string{"z", "a", "m"}
	for i, source := range sources {
		f.importAll(source, people(1, 2+i)...)
		f.tick(time.Second)
	}
	same(c, "Imported", f.run().Imported, outbound.ImportTotals{Pieces: 9, Accepted: 4, Duplicate: 5})
	var got []string
	for _, r := range f.imports() {
		got = append(got, r.Source)
	}
	same(c, "the order of sources", got, sources)
}

func importCopies(c *check) {
	f := c.drafted()
	f.begin(list)
	p := person(1)
	chunk := outbound.ImportChunk{
		Campaign: sale, Source: list, Pieces: 2, Recipients: []outbound.NewDelivery{p}, Digest: []byte("digest"),
		Rejected: 1, Rejections: []outbound.Rejection{{Piece: "piece", Problem: outbound.NewProblem("", "address_empty")}},
	}
	r, _, err := f.s.AppendImport(c.ctx(), f.now, chunk)
	c.must(err)
	p.Variables["name"], chunk.Recipients[0].Address, chunk.Digest[0], chunk.Rejections[0].Piece = "spoiled", "spoiled", 'X', "spoiled"
	spoil := func(r outbound.ImportRecord) {
		c.Helper()
		same(c, "the digest", string(r.Digest), "digest")
		same(c, "the number of rejections", len(r.Rejections), 1)
		same(c, "Variables", r.Variables, map[string]int64{"name": 1})
		r.Variables["name"], r.Digest[0], r.Rejections[0].Piece = 99, 'X', "spoiled"
	}
	spoil(r)
	spoil(f.imports()[0])
	rows := f.rows()
	ahead, err := f.s.ReadAhead(c.ctx(), sale, 0, 1)
	c.must(err)
	for _, row := range slices.Concat(rows, ahead) {
		same(c, "Variables of the delivery", row.Variables, person(1).Variables)
		row.Variables["name"] = "spoiled"
	}
	r = f.imports()[0]
	if r.Variables["name"] != 1 || string(r.Digest) != "digest" || len(r.Rejections) != 1 || r.Rejections[0].Piece != "piece" {
		c.Fatalf("the record changed with what was given or returned: %+v", r)
	}
	row := f.row(1)
	if row.Address != person(1).Address || row.Variables["name"] != person(1).Variables["name"] {
		c.Fatalf("the delivery changed with what was given or returned")
	}
}

// sourceNames are the sources of records, sorted.
func sourceNames(records []outbound.ImportRecord, match func(*outbound.ImportRecord) bool) []string {
	var names []string
	for i := range records {
		if match(&records[i]) {
			names = append(names, records[i].Source)
		}
	}
	slices.Sort(names)
	return names
}
