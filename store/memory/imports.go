package memory

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

// draft finds a campaign that may still be filled.
func (s *Store) draft(id outbound.CampaignID) (*campaign, error) {
	c := s.campaigns[id]
	switch {
	case c == nil:
		return nil, outbound.ErrNotFound
	case c.run.State != outbound.DraftState:
		return nil, outbound.ErrState
	}
	return c, nil
}

// source finds an import; nil if there is none.
func (c *campaign) source(name string) *outbound.ImportRecord {
	for i := range c.imports {
		if c.imports[i].Source == name {
			return &c.imports[i]
		}
	}
	return nil
}

// BeginImport implements [outbound.Ledger].
func (s *Store) BeginImport(ctx context.Context, now time.Time, id outbound.CampaignID, source, actor string) (outbound.ImportRecord, bool, error) {
	if err := s.enter(ctx); err != nil {
		return outbound.ImportRecord{}, false, err
	}
	defer s.mu.Unlock()
	c, err := s.draft(id)
	if err != nil {
		return outbound.ImportRecord{}, false, err
	}
	if r := c.source(source); r != nil {
		return cloneImport(r), false, nil
	}
	c.imported++
	c.imports = append(c.imports, outbound.ImportRecord{Campaign: id, Source: source, Number: c.imported, Actor: actor, Began: now})
	c.run.OpenImports++
	c.version++
	return cloneImport(&c.imports[len(c.imports)-1]), true, nil
}

// AppendImport implements [outbound.Ledger]. Besides what is said there: ErrNotFound without a record, ErrState for an import that is
// finished, stale or being removed, ErrInvalid if the chunk's Pieces are not the sum of its Recipients and Rejected.
func (s *Store) AppendImport(ctx context.Context, _ time.Time, chunk outbound.ImportChunk) (outbound.ImportRecord, []outbound.Duplicate, error) {
	if err := s.enter(ctx); err != nil {
		return outbound.ImportRecord{}, nil, err
	}
	defer s.mu.Unlock()
	c, err := s.draft(chunk.Campaign)
	if err != nil {
		return outbound.ImportRecord{}, nil, err
	}
	r := c.source(chunk.Source)
	switch {
	case r == nil:
		return outbound.ImportRecord{}, nil, outbound.ErrNotFound
	case r.Finished || r.Stale || r.Removing:
		return outbound.ImportRecord{}, nil, outbound.ErrState
	case chunk.After != r.Pieces:
		return outbound.ImportRecord{}, nil, outbound.ErrConflict
	case chunk.Pieces != int64(len(chunk.Recipients))+chunk.Rejected:
		return outbound.ImportRecord{}, nil, fmt.Errorf("%w: %w", outbound.ErrInvalid, errChunkSum)
	}
	variables := maps.Clone(r.Variables)
	if variables == nil {
		variables = make(map[string]int64)
	}
	var duplicates []outbound.Duplicate
	for i := range chunk.Recipients {
		n := &chunk.Recipients[i]
		if seq := s.known(c, n); seq > 0 {
			elsewhere := c.rows.at(seq).Import != r.Number
			duplicates = append(duplicates, outbound.Duplicate{Index: i, Elsewhere: elsewhere})
			if elsewhere {
				r.DuplicateElsewhere++
			}
			continue
		}
		c.run.Last++
		c.rows.put(outbound.Row{
			Seq: c.run.Last, Address: n.Address, Key: n.Key, Reference: n.Reference,
			Variables: maps.Clone(n.Variables), Import: r.Number, Line: n.Line, Column: n.Column,
		})
		c.people[identity{n.Address, n.Key}] = c.run.Last
		for name := range n.Variables {
			variables[name]++
		}
	}
	if len(variables) > 0 {
		r.Variables = variables
	}
	duplicate := int64(len(duplicates))
	accepted := int64(len(chunk.Recipients)) - duplicate
	r.Pieces += chunk.Pieces
	r.Accepted += accepted
	r.Duplicate += duplicate
	r.Rejected += chunk.Rejected
	r.Digest = slices.Clone(chunk.Digest)
	if room := outbound.MaxRejections - len(r.Rejections); room > 0 && len(chunk.Rejections) > 0 {
		r.Rejections = slices.Concat(r.Rejections, cloneRejections(chunk.Rejections[:min(room, len(chunk.Rejections))]))
	}
	t := &c.run.Imported
	t.Pieces += chunk.Pieces
	t.Accepted += accepted
	t.Duplicate += duplicate
	t.Rejected += chunk.Rejected
	c.run.Counts.Pending += accepted
	c.version++
	return cloneImport(r), duplicates, nil
}

// known returns the number of the delivery that a recipient already has; 0 = none.
func (s *Store) known(c *campaign, n *outbound.NewDelivery) int64 {
	if seq := c.people[identity{n.Address, n.Key}]; seq > 0 {
		return seq
	}
	if c.erased > 0 {
		return c.people[identity{s.hash(n.Address), n.Key}]
	}
	return 0
}

// FinishImport implements [outbound.Ledger]. Besides what is said there: ErrNotFound without a record, ErrState for an import that is
// stale (it must be imported again) or being removed.
func (s *Store) FinishImport(ctx context.Context, now time.Time, id outbound.CampaignID, source string, digest []byte) (outbound.ImportRecord, error) {
	if err := s.enter(ctx); err != nil {
		return outbound.ImportRecord{}, err
	}
	defer s.mu.Unlock()
	c := s.campaigns[id]
	if c == nil {
		return outbound.ImportRecord{}, outbound.ErrNotFound
	}
	r := c.source(source)
	switch {
	case r == nil:
		return outbound.ImportRecord{}, outbound.ErrNotFound
	case r.Finished:
		return cloneImport(r), nil
	case r.Stale, r.Removing, c.run.State != outbound.DraftState:
		return outbound.ImportRecord{}, outbound.ErrState
	}
	r.Finished, r.Ended, r.Digest = true, now, slices.Clone(digest)
	c.run.OpenImports--
	c.run.Revision++
	c.version++
	return cloneImport(r), nil
}

// RemoveImport implements [outbound.Ledger].
func (s *Store) RemoveImport(ctx context.Context, id outbound.CampaignID, source string, limit int) (bool, error) {
	if err := s.enter(ctx); err != nil {
		return false, err
	}
	defer s.mu.Unlock()
	c, err := s.draft(id)
	if err != nil {
		if errors.Is(err, outbound.ErrNotFound) {
			return true, nil
		}
		return false, err
	}
	r := c.source(source)
	if r == nil {
		return true, nil
	}
	if r.Finished {
		c.run.OpenImports++
	}
	r.Removing, r.Finished = true, false
	removed := 0
	for row := range c.rows.above(0) {
		if row.Import != r.Number {
			continue
		}
		if removed == limit {
			c.spoil(r.Number)
			return false, nil
		}
		c.drop(row)
		removed++
	}
	t := &c.run.Imported
	t.Pieces -= r.Pieces
	t.Accepted -= r.Accepted
	t.Duplicate -= r.Duplicate
	t.Rejected -= r.Rejected
	c.run.OpenImports--
	c.run.Revision++
	c.spoil(r.Number)
	c.imports = slices.DeleteFunc(c.imports, func(other outbound.ImportRecord) bool { return other.Number == r.Number })
	return true, nil
}

// spoil marks the other imports that may lack people once the one of that number is gone. One that is still open has
// passed over them too.
func (c *campaign) spoil(number int) {
	for i := range c.imports {
		r := &c.imports[i]
		if r.Number == number || r.DuplicateElsewhere == 0 || r.Removing {
			continue
		}
		if r.Finished {
			c.run.OpenImports++
		}
		r.Stale, r.Finished = true, false
	}
	c.version++
}

// Imports implements [outbound.Ledger]; a campaign that does not exist has none.
func (s *Store) Imports(ctx context.Context, id outbound.CampaignID) ([]outbound.ImportRecord, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	c := s.campaigns[id]
	if c == nil {
		return nil, nil
	}
	records := make([]outbound.ImportRecord, len(c.imports))
	for i := range c.imports {
		records[i] = cloneImport(&c.imports[i])
	}
	return records, nil
}

func cloneImport(r *outbound.ImportRecord) outbound.ImportRecord {
	c := *r
	c.Digest = slices.Clone(r.Digest)
	c.Variables = maps.Clone(r.Variables)
	c.Rejections = cloneRejections(r.Rejections)
	return c
}

func cloneRejections(rejections []outbound.Rejection) []outbound.Rejection {
	c := slices.Clone(rejections)
	for i := range c {
		c[i].Problem.Params = maps.Clone(c[i].Problem.Params)
	}
	return c
}
