package sqlite

import (
	"context"
	"time"

	"github.com/outbound-go/outbound"
)

// Recover implements [outbound.Ledger]. It looks at the outstanding ranges, those numbers above Low up to Cursor, and at the rows in sending,
// and at no others, and raises Low to what it looked at. The rows get ClassAmbiguous and ReasonCrash. It works in short transactions, each of which asks for the token.
func (s *Store) Recover(ctx context.Context, now time.Time, touchpoint string, token int64, resend time.Time) (int64, error) {
	var ids []outbound.CampaignID
	// A write transaction, though it only reads: no commit of the former owner may follow it unseen.
	err := s.write(ctx, "recover", func(c *conn) error {
		if err := holds(c, touchpoint, token); err != nil {
			return err
		}
		ids = ids[:0]
		return c.each(ctx, "SELECT id FROM run WHERE touchpoint = ? AND sending > 0 ORDER BY number", func(r *rows) error {
			ids = append(ids, outbound.CampaignID(r.text(0)))
			return nil
		}, touchpoint)
	})
	var doubts int64
	for _, id := range ids {
		if err != nil {
			break
		}
		var n int64
		n, err = s.recoverRun(ctx, now, id, touchpoint, token, resend)
		doubts += n
	}
	return doubts, err
}

func (s *Store) recoverRun(ctx context.Context, now time.Time, id outbound.CampaignID, touchpoint string, token int64, resend time.Time) (int64, error) {
	var total int64
	after := int64(-1) // the window's start; below zero = the run's Low
	for {
		done := false
		err := s.write(ctx, "recover", func(c *conn) error {
			if err := holds(c, touchpoint, token); err != nil {
				return err
			}
			r, err := s.loadHot(c, id)
			if notFound(err) {
				done = true
				return nil
			}
			if err != nil {
				return err
			}
			start := max(after, r.Low)
			to := min(start+sliceRows, r.Cursor)
			n, err := doubt(c, r, start, to, now, resend)
			if err != nil {
				return err
			}
			after, done = to, to >= r.Cursor && n < sliceRows
			total += n
			low := r.Low
			if r.Low = max(r.Low, to); n == 0 && r.Low == low {
				return nil
			}
			r.Counts.Move(outbound.Sending, outbound.Uncertain, n)
			settled(r, now)
			return save(c, r)
		})
		if done || err != nil {
			return total, err
		}
		if err := s.between(ctx); err != nil {
			return total, s.wrap("recover", err)
		}
	}
}

// doubt turns what is in flight into uncertain: first attempts numbered above from up to to, then up to sliceRows rows in sending.
func doubt(c *conn, r *campaign, from, to int64, now, resend time.Time) (int64, error) {
	due := int64(zeroTime)
	if r.Doubts == outbound.DoubtsResend {
		due = nanos(resend)
	}
	wait := waitOf(outbound.Uncertain, due)
	first, err := c.exec(recoverRange, now, wait, string(outbound.ClassAmbiguous), outbound.ReasonCrash, r.base()|from, r.base()|max(from, to))
	if err != nil {
		return 0, err
	}
	later, err := c.exec(recoverRows, now, wait, string(outbound.ClassAmbiguous), outbound.ReasonCrash, r.Number, int64(waitSending), sliceRows)
	return first + later, err
}

const (
	recoverRange = `INSERT INTO outcome (id, state, attempt, at, wait, class, reason)
		SELECT d.id, 2, 1, ?1, ?2, ?3, ?4` + bothTables + `WHERE d.id > ?5 AND d.id <= ?6 AND o.id IS NULL`
	recoverRows = `UPDATE outcome SET state = 2, at = ?1, wait = ?2, class = ?3, code = NULL, reason = ?4
		WHERE id IN (SELECT id FROM outcome INDEXED BY outcome_waiting WHERE id >> 32 = ?5 AND wait = ?6 LIMIT ?7)`
)
