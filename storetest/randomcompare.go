package storetest

import (
	"fmt"
	"time"

	"github.com/outbound-go/outbound"
)

// importStep does something to an import of a draft.
func (p *play) importStep(r *modelRun) {
	source := fmt.Sprint("source ", p.IntN(3))
	record := r.source(source)
	p.tick(time.Second)
	switch {
	case record == nil:
		p.say("begin %s of %s", source, r.ID)
		p.begin(source)
		r.begin(source, p.now)
	case record.Stale || p.chance(8):
		p.say("remove %s of %s", source, r.ID)
		limit := 1 + p.IntN(9)
		p.stepwise(100, func(int) (bool, error) { return p.s.RemoveImport(p.ctx(), r.ID, source, limit) })
		r.remove(source)
	case record.Finished:
	case p.chance(4):
		p.say("finish %s of %s", source, r.ID)
		p.finish(source)
		r.finish(source, p.now)
	default:
		chunk := outbound.ImportChunk{Campaign: r.ID, Source: source, After: record.Pieces, Digest: []byte{byte(p.IntN(256))}, Rejected: int64(p.IntN(3))}
		for range p.IntN(12) {
			n := person(1 + p.IntN(60))
			if p.chance(6) {
				n.Key = "second"
			}
			chunk.Recipients = append(chunk.Recipients, n)
		}
		chunk.Pieces = int64(len(chunk.Recipients)) + chunk.Rejected
		p.say("add %d to %s of %s", len(chunk.Recipients), source, r.ID)
		_, duplicates, err := p.s.AppendImport(p.ctx(), p.now, chunk)
		p.must(err)
		same(p.check, "the duplicates", duplicates, r.add(&chunk))
	}
}

// importAway removes stale imports, finishes the others, and sees that there is somebody to send to.
func (p *play) importAway(r *modelRun) {
	for len(r.imports) > 0 {
		open := -1
		for i := range r.imports {
			if !r.imports[i].Finished {
				open = i
			}
		}
		if open < 0 {
			break
		}
		source := r.imports[open].Source
		if r.imports[open].Stale {
			p.stepwise(100, func(int) (bool, error) { return p.s.RemoveImport(p.ctx(), r.ID, source, 7) })
			r.remove(source)
			continue
		}
		p.finish(source)
		r.finish(source, p.now)
	}
	p.begin("last")
	r.begin("last", p.now)
	chunk := outbound.ImportChunk{Campaign: r.ID, Source: "last", Pieces: 25, Recipients: people(100, 124)}
	_, _, err := p.s.AppendImport(p.ctx(), p.now, chunk)
	p.must(err)
	r.add(&chunk)
	p.finish("last")
	r.finish("last", p.now)
	p.compareImports(r)
}

// compareImports compares the imports, and what the run says of them.
func (p *play) compareImports(r *modelRun) {
	p.Helper()
	f := p.field
	f.id = r.ID
	same(p.check, "the imports", f.imports(), r.imports)
	r.OpenImports, r.Imported = 0, outbound.ImportTotals{}
	for i := range r.imports {
		record := &r.imports[i]
		if !record.Finished {
			r.OpenImports++
		}
		r.Imported.Pieces += record.Pieces
		r.Imported.Accepted += record.Accepted
		r.Imported.Duplicate += record.Duplicate
		r.Imported.Rejected += record.Rejected
	}
	p.resync(r)
	p.compareRun(r)
}

func (p *play) compareRun(r *modelRun) {
	p.Helper()
	got, err := p.s.ReadRun(p.ctx(), r.ID)
	p.must(err)
	want := r.Run
	want.Version = got.Version // is raised by whatever writes the run
	same(p.check, "campaign "+string(r.ID), got, want)
}

func (p *play) compareRows(r *modelRun) {
	p.Helper()
	f := p.field
	f.id = r.ID
	got := f.rows()
	same(p.check, "the number of deliveries of "+string(r.ID), len(got), len(r.rows))
	for i := range r.rows {
		want := r.shown(r.rows[i])
		if want.State == outbound.Sending && want.Attempt == 1 {
			want.At = got[i].At // a store may or may not know when it was granted
		}
		same(p.check, fmt.Sprintf("delivery %d of %s", want.Seq, r.ID), got[i], want)
		if !r.loose[want.Seq] {
			same(p.check, fmt.Sprintf("the earlier attempts of delivery %d of %s", want.Seq, r.ID), f.attempts(want.Seq), r.attempts[want.Seq])
		}
	}
}
