package storetest

import (
	"slices"
	"time"

	"github.com/outbound-go/outbound"
)

func (r *modelRun) source(name string) *outbound.ImportRecord {
	for i := range r.imports {
		if r.imports[i].Source == name {
			return &r.imports[i]
		}
	}
	return nil
}

func (r *modelRun) begin(source string, now time.Time) {
	if r.source(source) != nil {
		return
	}
	r.numbered++
	r.imports = append(r.imports, outbound.ImportRecord{Campaign: r.ID, Source: source, Number: r.numbered, Actor: someb, Began: now})
}

func (r *modelRun) add(chunk *outbound.ImportChunk) (duplicates []outbound.Duplicate) {
	record := r.source(chunk.Source)
	for i, n := range chunk.Recipients {
		at := slices.IndexFunc(r.rows, func(row outbound.Row) bool { return row.Address == n.Address && row.Key == n.Key })
		if at >= 0 {
			elsewhere := r.rows[at].Import != record.Number
			duplicates = append(duplicates, outbound.Duplicate{Index: i, Elsewhere: elsewhere})
			record.Duplicate++
			if elsewhere {
				record.DuplicateElsewhere++
			}
			continue
		}
		r.Last++
		record.Accepted++
		r.rows = append(r.rows, outbound.Row{
			Seq: r.Last, Address: n.Address, Key: n.Key, Reference: n.Reference, Variables: n.Variables, Import: record.Number, Line: n.Line, Column: n.Column,
		})
		for name := range n.Variables {
			if record.Variables == nil {
				record.Variables = map[string]int64{}
			}
			record.Variables[name]++
		}
	}
	record.Pieces += chunk.Pieces
	record.Rejected += chunk.Rejected
	record.Digest = chunk.Digest
	r.recount()
	return duplicates
}

func (r *modelRun) finish(source string, now time.Time) {
	record := r.source(source)
	record.Finished, record.Ended, record.Digest = true, now, []byte("all")
}

func (r *modelRun) remove(source string) {
	number := r.source(source).Number
	r.rows = slices.DeleteFunc(r.rows, func(row outbound.Row) bool { return row.Import == number })
	r.imports = slices.DeleteFunc(r.imports, func(record outbound.ImportRecord) bool { return record.Number == number })
	for i := range r.imports {
		if record := &r.imports[i]; record.DuplicateElsewhere > 0 {
			record.Finished, record.Stale = false, true
		}
	}
	r.recount()
}
