package memory

import (
	"context"
	"time"

	"github.com/outbound-go/outbound"
)

// Settle implements [outbound.Ledger]. The act is recorded if something changed. ErrNotFound without the campaign.
func (s *Store) Settle(ctx context.Context, now time.Time, id outbound.CampaignID, outcomes []outbound.Outcome, act outbound.Act) (int, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	c := s.campaigns[id]
	if c == nil {
		return 0, outbound.ErrNotFound
	}
	applied := 0
	for _, o := range outcomes {
		if c.settle(o, now) {
			applied++
		}
	}
	if applied > 0 {
		c.settled(now)
		s.record(act)
	}
	return applied, nil
}

// Reopen implements [outbound.Ledger]. A returned delivery starts clean: its class, code, reason, message id and tries are left with the attempt that
// was. ErrNotFound without the campaign, ErrState if it gave up the rest (Run.Tail): it has no pending deliveries any more.
func (s *Store) Reopen(ctx context.Context, now time.Time, r outbound.Reopening, act outbound.Act) (int, int64, bool, error) {
	if err := s.enter(ctx); err != nil {
		return 0, 0, false, err
	}
	defer s.mu.Unlock()
	c := s.campaigns[r.Campaign]
	switch {
	case c == nil:
		return 0, 0, false, outbound.ErrNotFound
	case c.run.Tail != outbound.Pending, c.run.State == outbound.CanceledState:
		return 0, 0, false, outbound.ErrState
	}
	moved, looked, last, done := 0, 0, r.After, true
	for row := range c.rows.above(r.After) {
		if looked == r.Limit {
			done = false
			break
		}
		looked++
		last = row.Seq
		if (row.State != outbound.Failed && row.State != outbound.Uncertain) || !r.Matches(row) {
			continue
		}
		c.leave(row, row.State)
		c.unlist(row)
		c.run.Counts.Move(row.State, outbound.Pending, 1)
		row.State, row.At, row.Due, row.Tries = outbound.Pending, now, r.Due, 0
		row.Class, row.Code, row.Reason, row.Message = "", "", "", ""
		c.list(row)
		moved++
	}
	if moved > 0 {
		c.settled(now)
	}
	s.record(act)
	return moved, last, done, nil
}
