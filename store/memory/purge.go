package memory

import (
	"context"
	"slices"
	"time"

	"github.com/outbound-go/outbound"
)

// DeleteRun implements [outbound.Ledger]. The counters fall with the deliveries, so that the sums hold until the run itself is gone.
func (s *Store) DeleteRun(ctx context.Context, id outbound.CampaignID, limit int) (bool, error) {
	if err := s.enter(ctx); err != nil {
		return false, err
	}
	defer s.mu.Unlock()
	c := s.campaigns[id]
	if c == nil {
		return true, nil
	}
	drop := c.drop
	if c.run.Purged { // its counters are all that is left of it
		drop = c.discard
	}
	removed := 0
	for row := range c.rows.above(0) {
		if removed >= limit {
			c.version++
			return false, nil
		}
		drop(row)
		removed++
	}
	delete(s.campaigns, id)
	s.order = slices.DeleteFunc(s.order, func(other *campaign) bool { return other == c })
	return true, nil
}

// Purge implements [outbound.Ledger]. removed counts deliveries. A run is marked as soon as its first delivery goes.
func (s *Store) Purge(ctx context.Context, before time.Time, limit int) (int64, bool, error) {
	if err := s.enter(ctx); err != nil {
		return 0, false, err
	}
	defer s.mu.Unlock()
	var removed int64
	for _, c := range s.order {
		r := &c.run
		ended := r.State == outbound.Completed || r.State == outbound.CanceledState
		if !ended || r.Ended.IsZero() || !r.Ended.Before(before) || (r.Purged && c.rows.n == 0) {
			continue
		}
		for row := range c.rows.above(0) {
			if removed >= int64(limit) {
				return removed, false, nil
			}
			r.Purged = true
			c.discard(row)
			removed++
		}
		r.Purged = true
		c.imports, c.erased = nil, 0
		clear(c.people)
		c.version++
	}
	return removed, true, nil
}
