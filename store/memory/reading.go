package memory

import (
	"context"
	"slices"
	"time"

	"github.com/outbound-go/outbound"
)

// ReadAhead implements [outbound.Ledger].
func (s *Store) ReadAhead(ctx context.Context, id outbound.CampaignID, after int64, limit int) ([]outbound.Row, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	c := s.campaigns[id]
	if c == nil {
		return nil, outbound.ErrNotFound
	}
	if c.run.Tail != outbound.Pending {
		return nil, nil
	}
	var found []outbound.Row
	for row := range c.rows.above(after) {
		if len(found) >= limit {
			break
		}
		if state, _ := c.run.Effective(row); state == outbound.Pending {
			found = append(found, c.effective(row))
		}
	}
	return found, nil
}

// Due implements [outbound.Ledger]. It costs O(limit), however many wait.
func (s *Store) Due(ctx context.Context, id outbound.CampaignID, now time.Time, limit int) ([]outbound.Row, time.Time, error) {
	if err := s.enter(ctx); err != nil {
		return nil, time.Time{}, err
	}
	defer s.mu.Unlock()
	c := s.campaigns[id]
	if c == nil {
		return nil, time.Time{}, outbound.ErrNotFound
	}
	var come []waiter
	var next time.Time
	for _, set := range c.waitingSets() {
		n := 0
		for w := range set.all() {
			if n >= limit || w.due.After(now) {
				break
			}
			come = append(come, w)
			n++
		}
		if t := set.after(now); !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	slices.SortFunc(come, compareWaiters)
	rows := make([]outbound.Row, min(len(come), max(limit, 0)))
	for i := range rows {
		rows[i] = c.effective(c.rows.at(come[i].seq))
	}
	return rows, next, nil
}

// waitingSets are the deliveries that really wait: not those of a campaign that gave up the rest, nor doubts that are held.
func (c *campaign) waitingSets() []*waiting {
	sets := make([]*waiting, 0, 2)
	if c.run.Tail == outbound.Pending {
		sets = append(sets, &c.retries)
	}
	if c.run.Doubts == outbound.DoubtsResend && c.run.Tail == outbound.Pending {
		sets = append(sets, &c.doubts)
	}
	return sets
}

// Deliveries implements [outbound.Ledger]; a campaign that does not exist has none.
func (s *Store) Deliveries(ctx context.Context, f outbound.DeliveryFilter) ([]outbound.Row, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	c := s.campaigns[f.Campaign]
	if c == nil {
		return nil, nil
	}
	limit := f.Limit
	if limit == 0 {
		limit = 100
	}
	var found []outbound.Row
	for row := range c.rows.above(f.After) {
		if limit > 0 && len(found) == limit {
			break
		}
		state, _ := c.run.Effective(row)
		if (len(f.States) == 0 || slices.Contains(f.States, state)) &&
			(len(f.Reasons) == 0 || slices.Contains(f.Reasons, row.Reason)) &&
			(f.Address == "" || f.Address == row.Address) {
			found = append(found, c.effective(row))
		}
	}
	return found, nil
}

// Attempts implements [outbound.Ledger]; a delivery that does not exist has none.
func (s *Store) Attempts(ctx context.Context, id outbound.CampaignID, seq int64) ([]outbound.Attempt, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	c := s.campaigns[id]
	if c == nil {
		return nil, nil
	}
	return slices.Clone(c.attempts[seq]), nil
}

// Count implements [outbound.Ledger].
func (s *Store) Count(ctx context.Context, id outbound.CampaignID) (outbound.Counts, error) {
	if err := s.enter(ctx); err != nil {
		return outbound.Counts{}, err
	}
	defer s.mu.Unlock()
	c := s.campaigns[id]
	if c == nil {
		return outbound.Counts{}, outbound.ErrNotFound
	}
	return c.count(), nil
}

func (c *campaign) count() outbound.Counts {
	var counts outbound.Counts
	for row := range c.rows.above(0) {
		state, _ := c.run.Effective(row)
		*counts.Of(state)++
	}
	return counts
}
