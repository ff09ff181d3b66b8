package memory

import (
	"cmp"
	"context"
	"slices"

	"github.com/outbound-go/outbound"
)

// CreateRun implements [outbound.Ledger].
func (s *Store) CreateRun(ctx context.Context, run outbound.Run, act outbound.Act) (outbound.Run, bool, error) {
	if err := s.enter(ctx); err != nil {
		return outbound.Run{}, false, err
	}
	defer s.mu.Unlock()
	if c := s.campaigns[run.ID]; c != nil {
		return cloneRun(&c.run), false, nil
	}
	c := newCampaign(cloneRun(&run))
	s.number++
	c.run.Number = s.number
	s.campaigns[run.ID] = c
	s.order = append(s.order, c)
	s.record(act)
	return cloneRun(&c.run), true, nil
}

// ReadRun implements [outbound.Ledger].
func (s *Store) ReadRun(ctx context.Context, id outbound.CampaignID) (outbound.Run, error) {
	if err := s.enter(ctx); err != nil {
		return outbound.Run{}, err
	}
	defer s.mu.Unlock()
	c := s.campaigns[id]
	if c == nil {
		return outbound.Run{}, outbound.ErrNotFound
	}
	return cloneRun(&c.run), nil
}

// ListRuns implements [outbound.Ledger].
func (s *Store) ListRuns(ctx context.Context, filter outbound.RunFilter) ([]outbound.Run, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	end := len(s.order)
	if filter.Before > 0 {
		end, _ = slices.BinarySearchFunc(s.order, filter.Before, func(c *campaign, n int64) int { return cmp.Compare(c.run.Number, n) })
	}
	limit := filter.Limit
	if limit == 0 {
		limit = 100
	}
	var found []outbound.Run
	for _, c := range slices.Backward(s.order[:end]) {
		if limit > 0 && len(found) == limit {
			break
		}
		if matches(&filter, &c.run) {
			found = append(found, cloneRun(&c.run))
		}
	}
	return found, nil
}

func matches(f *outbound.RunFilter, r *outbound.Run) bool {
	return (f.Group == nil || *f.Group == r.Group) &&
		(f.Touchpoint == "" || f.Touchpoint == r.Touchpoint) &&
		(len(f.States) == 0 || slices.Contains(f.States, r.State)) &&
		(f.Label == "" || slices.Contains(r.Labels, f.Label)) &&
		(f.CreatedFrom.IsZero() || !r.Created.Before(f.CreatedFrom)) &&
		(f.CreatedBefore.IsZero() || r.Created.Before(f.CreatedBefore)) &&
		(f.Notices || !r.Notice)
}

// UpdateRun implements [outbound.Ledger]. change runs without the store's lock, and again if the run changed meanwhile.
func (s *Store) UpdateRun(ctx context.Context, id outbound.CampaignID, change func(*outbound.Run) (outbound.Act, error)) (outbound.Run, error) {
	for {
		before, version, err := s.readVersion(ctx, id)
		if err != nil {
			return outbound.Run{}, err
		}
		run := before
		act, err := change(&run)
		if err != nil {
			return outbound.Run{}, err
		}
		run.ID, run.Number, run.Created = before.ID, before.Number, before.Created
		run.Version = before.Version + 1
		written, ok, err := s.writeVersion(ctx, &run, version, act)
		if ok || err != nil {
			return written, err
		}
	}
}

func (s *Store) readVersion(ctx context.Context, id outbound.CampaignID) (run outbound.Run, version uint64, err error) {
	if err := s.enter(ctx); err != nil {
		return outbound.Run{}, 0, err
	}
	defer s.mu.Unlock()
	c := s.campaigns[id]
	if c == nil {
		return outbound.Run{}, 0, outbound.ErrNotFound
	}
	return cloneRun(&c.run), c.version, nil
}

func (s *Store) writeVersion(ctx context.Context, run *outbound.Run, version uint64, act outbound.Act) (outbound.Run, bool, error) {
	if err := s.enter(ctx); err != nil {
		return outbound.Run{}, false, err
	}
	defer s.mu.Unlock()
	c := s.campaigns[run.ID]
	if c == nil {
		return outbound.Run{}, false, outbound.ErrNotFound
	}
	if c.version != version || c.run.Number != run.Number {
		return outbound.Run{}, false, nil
	}
	c.run = cloneRun(run)
	c.version++
	s.record(act)
	return cloneRun(&c.run), true, nil
}
