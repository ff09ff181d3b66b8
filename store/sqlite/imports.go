package sqlite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/outbound-go/outbound"
)

var errChunkSum = errors.New("the chunk's pieces are not its recipients and rejections")

// draft reads a campaign that may still be filled.
func (s *Store) draft(c *conn, id outbound.CampaignID) (*campaign, error) {
	r, err := s.loadHot(c, id)
	if err == nil && r.State != outbound.DraftState {
		err = outbound.ErrState
	}
	return r, err
}

// BeginImport implements [outbound.Ledger].
func (s *Store) BeginImport(ctx context.Context, now time.Time, id outbound.CampaignID, name, actor string) (outbound.ImportRecord, bool, error) {
	var kept source
	created := false
	err := s.write(ctx, "begin import", func(c *conn) error {
		r, err := s.draft(c, id)
		if err != nil {
			return err
		}
		m, err := findSource(c, r, name)
		if err != nil {
			return err
		}
		if m != nil {
			kept, created = *m, false
			return nil
		}
		r.sources++
		r.OpenImports++
		kept, created = source{ImportRecord: outbound.ImportRecord{Campaign: id, Source: name, Number: int(r.sources), Actor: actor, Began: utc(now)}}, true
		if err := saveImport(c, r, &kept); err != nil {
			return err
		}
		return save(c, r)
	})
	return kept.ImportRecord, created && err == nil, err
}

// AppendImport implements [outbound.Ledger]. Besides what is said there: ErrNotFound without a record, ErrState for an import that is
// finished, stale or being removed, ErrInvalid if the chunk's Pieces are not the sum of its Recipients and Rejected.
//
// The first chunk after a pause reads the addresses that the campaign has into memory, 12 bytes each for the last million and 2 for the others; they are forgotten when no
// import is open. After every million the table of addresses is filled, which takes two seconds.
func (s *Store) AppendImport(ctx context.Context, _ time.Time, chunk outbound.ImportChunk) (outbound.ImportRecord, []outbound.Duplicate, error) {
	known, err := s.dedup.borrow(ctx, s, chunk.Campaign)
	if err != nil {
		return outbound.ImportRecord{}, nil, s.wrap("append import", err)
	}
	var kept source
	var duplicates []outbound.Duplicate
	err = s.write(ctx, "append import", func(c *conn) error {
		r, err := s.draft(c, chunk.Campaign)
		if err != nil {
			return err
		}
		m, err := findSource(c, r, chunk.Source)
		switch {
		case err != nil:
			return err
		case m == nil:
			return outbound.ErrNotFound
		case m.Finished || m.Stale || m.Removing:
			return outbound.ErrState
		case chunk.After != m.Pieces:
			return outbound.ErrConflict
		case chunk.Pieces != int64(len(chunk.Recipients))+chunk.Rejected:
			return fmt.Errorf("%w: %w", outbound.ErrInvalid, errChunkSum)
		}
		if err := known.catchUp(ctx, c, r); err != nil {
			return err
		}
		if duplicates, err = s.appendTo(c, r, m, known, &chunk); err != nil {
			return err
		}
		if err := saveImport(c, r, m); err != nil {
			return err
		}
		kept = *m
		return save(c, r)
	})
	if err != nil {
		s.dedup.giveBack(known, false)
		return outbound.ImportRecord{}, nil, err
	}
	filled := true
	if known.full() {
		// The chunk is written whatever becomes of this. If it fails the next chunk begins by reading the people again.
		known.age()
		filled = s.fillAddresses(ctx, chunk.Campaign) == nil
	}
	s.dedup.giveBack(known, filled)
	return kept.ImportRecord, duplicates, nil
}

func (s *Store) appendTo(c *conn, r *campaign, m *source, known *knownPeople, chunk *outbound.ImportChunk) ([]outbound.Duplicate, error) {
	insert, err := c.stmt("INSERT INTO delivery (id, address, import, line, col, key, reference, variables) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
	if err != nil {
		return nil, err
	}
	insert.room(8)
	insert.args[2].Value = int64(m.Number)
	var duplicates []outbound.Duplicate
	var before = r.Last
	variables := maps.Clone(m.Variables)
	for i := range chunk.Recipients {
		n := &chunk.Recipients[i]
		from, found, err := known.find(c, s, r, n)
		if err != nil {
			return nil, err
		}
		if found {
			duplicates = append(duplicates, outbound.Duplicate{Index: i, Elsewhere: from != m.Number})
			if from != m.Number {
				m.DuplicateElsewhere++
			}
			continue
		}
		if r.Last == maxDeliveries {
			return nil, fmt.Errorf("a campaign has at most %d deliveries: %w", int64(maxDeliveries), outbound.ErrInvalid)
		}
		r.Last++
		insert.args[0].Value, insert.args[1].Value = r.base()|r.Last, n.Address
		insert.args[3].Value, insert.args[4].Value = int64(n.Line), int64(n.Column)
		insert.args[5].Value, insert.args[6].Value, insert.args[7].Value = optional(n.Key), optional(n.Reference), packVariables(n.Variables)
		if _, err := insert.insert(); err != nil {
			return nil, err
		}
		known.add(r.Last)
		for name := range n.Variables {
			if variables == nil {
				variables = map[string]int64{}
			}
			variables[name]++
		}
	}
	m.Variables = variables
	accepted := r.Last - before
	if accepted > 0 {
		if m.first == 0 {
			m.first = before + 1
		}
		m.last = r.Last
	}
	count(r, m, chunk, accepted, int64(len(duplicates)))
	return duplicates, nil
}

// maxDeliveries is what the lower half of a delivery's id holds.
const maxDeliveries = 1<<32 - 1

func count(r *campaign, m *source, chunk *outbound.ImportChunk, accepted, duplicate int64) {
	m.Pieces += chunk.Pieces
	m.Accepted += accepted
	m.Duplicate += duplicate
	m.Rejected += chunk.Rejected
	m.Digest = slices.Clone(chunk.Digest)
	if room := outbound.MaxRejections - len(m.Rejections); room > 0 && len(chunk.Rejections) > 0 {
		m.Rejections = append(m.Rejections, chunk.Rejections[:min(room, len(chunk.Rejections))]...)
		for i := range m.Rejections {
			m.Rejections[i].Problem.Params = maps.Clone(m.Rejections[i].Problem.Params)
		}
	}
	t := &r.Imported
	t.Pieces += chunk.Pieces
	t.Accepted += accepted
	t.Duplicate += duplicate
	t.Rejected += chunk.Rejected
	r.Counts.Pending += accepted
}

// FinishImport implements [outbound.Ledger]. Besides what is said there: ErrNotFound without a record, ErrState for an import that is stale
// (it must be imported again) or being removed.
//
// It first enters the addresses into the table that they are found by, about 2 µs each, in short transactions; a call that was cut off goes on where it was.
func (s *Store) FinishImport(ctx context.Context, now time.Time, id outbound.CampaignID, name string, digest []byte) (outbound.ImportRecord, error) {
	if err := s.fillAddresses(ctx, id); err != nil && !notFound(err) {
		return outbound.ImportRecord{}, s.wrap("finish import", err)
	}
	var kept source
	open := 0
	err := s.write(ctx, "finish import", func(c *conn) error {
		r, err := s.loadHot(c, id)
		if err != nil {
			return err
		}
		m, err := findSource(c, r, name)
		switch {
		case err != nil:
			return err
		case m == nil:
			return outbound.ErrNotFound
		case m.Finished:
			kept, open = *m, r.OpenImports
			return nil
		case m.Stale, m.Removing, r.State != outbound.DraftState:
			return outbound.ErrState
		}
		m.Finished, m.Ended, m.Digest = true, utc(now), slices.Clone(digest)
		r.OpenImports--
		r.Revision++
		kept, open = *m, r.OpenImports
		if err := saveImport(c, r, m); err != nil {
			return err
		}
		return save(c, r)
	})
	if err != nil {
		return outbound.ImportRecord{}, err
	}
	if open == 0 {
		s.dedup.forget(id)
	}
	return kept.ImportRecord, nil
}

// Imports implements [outbound.Ledger]; a campaign that does not exist has none.
func (s *Store) Imports(ctx context.Context, id outbound.CampaignID) ([]outbound.ImportRecord, error) {
	var records []outbound.ImportRecord
	err := s.view(ctx, "imports", func(c *conn) error {
		r, err := s.loadHot(c, id)
		if err != nil {
			return err
		}
		found, err := sources(ctx, c, r)
		records = make([]outbound.ImportRecord, len(found))
		for i := range found {
			records[i] = found[i].ImportRecord
		}
		return err
	})
	if notFound(err) {
		return nil, nil
	}
	return records, err
}
