package sqlite

import (
	"context"
	"time"

	"github.com/outbound-go/outbound"
)

// Settle implements [outbound.Ledger]. The act is recorded if something changed. ErrNotFound without the campaign.
func (s *Store) Settle(ctx context.Context, now time.Time, id outbound.CampaignID, outcomes []outbound.Outcome, act outbound.Act) (int, error) {
	applied := 0
	err := s.write(ctx, "settle", func(c *conn) error {
		applied = 0
		r, err := s.loadHot(c, id)
		if err != nil {
			return err
		}
		for i := range outcomes {
			ok, err := settle(c, r, outcomes[i], now)
			if err != nil {
				return err
			}
			if ok {
				applied++
			}
		}
		if applied == 0 {
			return nil
		}
		settled(r, now)
		if err := save(c, r); err != nil {
			return err
		}
		return record(c, act)
	})
	if err != nil {
		applied = 0
	}
	return applied, err
}

// id is the key of a delivery's rows; 0, which no delivery has, for a number out of range.
func (c *campaign) id(seq int64) int64 {
	if seq < 1 || seq > c.Last {
		return 0
	}
	return c.base() | seq
}

// settle applies an outcome to a delivery: the plain way, which reads the row, lets Run.Settle decide, and writes it.
func settle(c *conn, r *campaign, o outbound.Outcome, now time.Time) (bool, error) {
	id := r.id(o.Seq)
	row, found, _, err := loadRow(c, id)
	if err != nil || !found {
		return false, err
	}
	if isErased(row.Address) { // what was erased does not come back with a late answer
		o.Address, o.Message = "", ""
	}
	before := row
	from, to, ok := r.Run.Settle(&row, o, now)
	if !ok {
		return false, nil
	}
	if row.Address != before.Address {
		if err := readdress(c, id, &before, row.Address); err != nil {
			return false, err
		}
	}
	if err := saveRow(c, id, &row); err != nil {
		return false, err
	}
	r.Counts.Move(from, to, 1)
	if o.State == outbound.Pending {
		return true, leave(c, id, &row, outbound.Pending)
	}
	return true, nil
}

// settled is what the campaign itself becomes after its counters changed: completed when nothing is left to send, running again when
// a delivery returned to pending after that.
func settled(r *campaign, now time.Time) {
	if r.State == outbound.Completed && r.Counts.Pending > 0 {
		// The heartbeat is fresh, or the campaign would be taken for one of yesterday's restored database.
		r.State, r.Ended, r.Heartbeat = outbound.Running, time.Time{}, now
	}
	r.CompleteIfDone(now)
}
