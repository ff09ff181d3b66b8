package sqlite

import (
	"context"
	"time"

	"github.com/outbound-go/outbound"
)

// ReadAhead implements [outbound.Ledger].
func (s *Store) ReadAhead(ctx context.Context, id outbound.CampaignID, after int64, limit int) ([]outbound.Row, error) {
	var found []outbound.Row
	err := s.view(ctx, "read ahead", func(c *conn) error {
		r, err := s.loadHot(c, id)
		if err != nil || r.Tail != outbound.Pending || limit <= 0 {
			return err
		}
		after = max(after, 0)
		if after < r.Cursor {
			if found, err = readBehind(c, r, after, limit); err != nil || len(found) == limit {
				return err
			}
			after = r.Cursor
		}
		found, err = readFresh(c, r, found, after, limit)
		return err
	})
	return found, err
}

// readFresh appends deliveries above the cursor: nothing has become of them yet.
func readFresh(c *conn, r *campaign, found []outbound.Row, after int64, limit int) ([]outbound.Row, error) {
	if after >= r.Last {
		return found, nil
	}
	rows, err := c.query(freshRows, r.base()|after, r.end(), limit-len(found))
	if err != nil {
		return nil, err
	}
	if found == nil {
		found = make([]outbound.Row, 0, min(int64(limit), r.Last-after))
	}
	for rows.next() {
		found = append(found, outbound.Row{})
		if err := scanDelivery(rows, &found[len(found)-1]); err != nil {
			_ = rows.close()
			return nil, err
		}
	}
	return found, rows.close()
}

// readBehind returns deliveries up to the cursor that are pending again: they all wait for an attempt of their own, so they are found by that. Only
// who reads a campaign from its beginning gets here.
func readBehind(c *conn, r *campaign, after int64, limit int) ([]outbound.Row, error) {
	rows, err := c.query(pendingRows, r.Number, r.base()|after, r.base()|r.Cursor, limit)
	if err != nil {
		return nil, err
	}
	return collect(rows, r, nil, 0)
}

const (
	freshRows   = "SELECT " + deliveryColumns + " FROM delivery d WHERE d.id > ? AND d.id <= ? ORDER BY d.id LIMIT ?"
	pendingRows = "SELECT " + deliveryColumns + ", " + outcomeColumns + ` FROM outcome o INDEXED BY outcome_waiting CROSS JOIN delivery d ON d.id = o.id
		WHERE o.id >> 32 = ?1 AND o.wait IS NOT NULL AND o.state = 0 AND o.id > ?2 AND o.id <= ?3 ORDER BY o.id LIMIT ?4`
)

// collect reads rows of deliveryColumns and outcomeColumns with their effective states, up to limit; zero = all.
func collect(rows *rows, r *campaign, found []outbound.Row, limit int) ([]outbound.Row, error) {
	for rows.next() {
		var row outbound.Row
		if err := scanDelivery(rows, &row); err != nil {
			_ = rows.close()
			return nil, err
		}
		scanOutcome(rows, 8, &row)
		row.State, row.Attempt = r.Effective(&row)
		if found = append(found, row); len(found) == limit {
			break
		}
	}
	return found, rows.close()
}

// Due implements [outbound.Ledger]. It costs O(limit): rows that wait have an index of their own.
func (s *Store) Due(ctx context.Context, id outbound.CampaignID, now time.Time, limit int) ([]outbound.Row, time.Time, error) {
	var found []outbound.Row
	var next time.Time
	err := s.view(ctx, "due", func(c *conn) error {
		r, err := s.loadHot(c, id)
		if err != nil {
			return err
		}
		pending, uncertain := -1, -1 // the states that really wait; -1 = none
		if r.Tail == outbound.Pending {
			pending = int(outbound.Pending)
		}
		if r.Doubts == outbound.DoubtsResend && r.Tail == outbound.Pending {
			uncertain = int(outbound.Uncertain)
		}
		if limit > 0 {
			rows, err := c.query(dueRows, r.Number, nanos(now), pending, uncertain, limit)
			if err != nil {
				return err
			}
			if found, err = collect(rows, r, nil, 0); err != nil {
				return err
			}
		}
		_, err = c.one(dueNext, func(row *rows) { next = row.time(0) }, r.Number, nanos(now), pending, uncertain, int64(latestTime))
		return err
	})
	return found, next, err
}

const (
	dueRows = "SELECT " + deliveryColumns + ", " + outcomeColumns + ` FROM outcome o INDEXED BY outcome_waiting CROSS JOIN delivery d ON d.id = o.id
		WHERE o.id >> 32 = ?1 AND o.wait <= ?2 AND o.state IN (?3, ?4) ORDER BY o.wait, o.id LIMIT ?5`
	dueNext = "SELECT wait FROM outcome INDEXED BY outcome_waiting WHERE id >> 32 = ?1 AND wait > ?2 AND state IN (?3, ?4) AND wait <= ?5 ORDER BY wait LIMIT 1"
)

// Count implements [outbound.Ledger].
func (s *Store) Count(ctx context.Context, id outbound.CampaignID) (outbound.Counts, error) {
	var counts outbound.Counts
	err := s.view(ctx, "count", func(c *conn) error {
		r, err := s.loadHot(c, id)
		if err != nil {
			return err
		}
		counts, err = countBetween(ctx, c, r, 0, maxDeliveries)
		return err
	})
	return counts, err
}

// effectiveState is Run.Effective in SQL; ?1 is the id of the cursor, ?2 the tail.
const effectiveState = `CASE WHEN o.id IS NULL THEN iif(d.id <= ?1, 1, ?2)
	WHEN o.state <> 0 THEN o.state
	WHEN o.attempt = 0 AND o.wait = -9223372036854775808 AND d.id <= ?1 THEN 1
	ELSE ?2 END`

// countBetween counts deliveries numbered above from up to by effective state.
func countBetween(ctx context.Context, c *conn, r *campaign, from, to int64) (outbound.Counts, error) {
	var counts outbound.Counts
	err := c.each(ctx, "SELECT "+effectiveState+" AS effective, count(*)"+bothTables+"WHERE d.id > ?3 AND d.id <= ?4 GROUP BY effective", func(row *rows) error {
		*counts.Of(outbound.State(row.int(0))) += row.int(1)
		return nil
	}, r.base()|r.Cursor, int(r.Tail), r.base()|from, r.base()|to)
	return counts, err
}
