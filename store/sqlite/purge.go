package sqlite

import (
	"context"
	"time"

	"github.com/outbound-go/outbound"
)

// DeleteRun implements [outbound.Ledger]. It works in short transactions. The counters fall with the deliveries, so that the sums hold until the run
// itself is gone.
func (s *Store) DeleteRun(ctx context.Context, id outbound.CampaignID, limit int) (bool, error) {
	for removed := int64(0); ; {
		gone := false
		err := s.write(ctx, "delete run", func(c *conn) error {
			r, err := s.loadHot(c, id)
			if notFound(err) {
				gone = true
				return nil
			}
			if err != nil {
				return err
			}
			n, empty, err := discard(ctx, c, r, min(int64(limit)-removed, sliceRows), !r.Purged)
			if err != nil {
				return err
			}
			removed += n
			if gone = empty; !empty {
				return save(c, r)
			}
			if err := c.run("DELETE FROM run_body WHERE number = ?", r.Number); err != nil {
				return err
			}
			return c.run("DELETE FROM run WHERE number = ?", r.Number)
		})
		if gone || err != nil || removed >= int64(limit) {
			if gone && err == nil {
				s.dedup.forget(id)
			}
			return gone && err == nil, err
		}
		if err := s.between(ctx); err != nil {
			return false, s.wrap("delete run", err)
		}
	}
}

// Purge implements [outbound.Ledger]. removed counts deliveries. A run is marked as soon as its first delivery goes. It works in short transactions.
func (s *Store) Purge(ctx context.Context, before time.Time, limit int) (int64, bool, error) {
	for removed := int64(0); ; {
		done, empty := false, false
		err := s.write(ctx, "purge", func(c *conn) error {
			var id string
			found, err := c.one(`SELECT id FROM run WHERE state IN ('completed', 'canceled') AND emptied = 0 AND ended > ? AND ended < ? ORDER BY number LIMIT 1`,
				func(r *rows) { id = r.text(0) }, int64(zeroTime), before)
			if err != nil || !found {
				done = err == nil
				return err
			}
			r, err := s.loadHot(c, outbound.CampaignID(id))
			if err != nil {
				return err
			}
			var n int64
			if n, empty, err = discard(ctx, c, r, min(int64(limit)-removed, sliceRows), false); err != nil {
				return err
			}
			removed += n
			r.Purged = r.Purged || n > 0 || empty
			if empty {
				if err := c.run("UPDATE run SET emptied = 1 WHERE number = ?", r.Number); err != nil {
					return err
				}
			}
			return save(c, r)
		})
		if done || err != nil {
			return removed, done && err == nil, err
		}
		// A call that has used up its limit goes on as long as it finds campaigns that are empty already.
		if !empty && removed >= int64(limit) {
			return removed, false, nil
		}
		if err := s.between(ctx); err != nil {
			return removed, false, s.wrap("purge", err)
		}
	}
}

// discard removes up to limit deliveries of a campaign from its beginning, with what became of them; counters follow where asked to. empty says that
// nothing is left; then the imports are gone too.
func discard(ctx context.Context, c *conn, r *campaign, limit int64, counted bool) (removed int64, empty bool, err error) {
	var people []person
	err = c.each(ctx, "SELECT d.id, d.address, o.former"+bothTables+"WHERE d.id > ? AND d.id <= ? ORDER BY d.id LIMIT ?", func(row *rows) error {
		people = append(people, person{row.int(0), row.text(1)})
		if !row.null(2) {
			people = append(people, person{row.int(0), row.text(2)})
		}
		removed++
		return nil
	}, r.base(), r.end(), max(limit, 0))
	if err != nil {
		return 0, false, err
	}
	if len(people) > 0 {
		to := people[len(people)-1].id
		if counted {
			gone, err := countBetween(ctx, c, r, 0, seqOf(to))
			if err != nil {
				return 0, false, err
			}
			for _, state := range outbound.States() {
				*r.Counts.Of(state) -= *gone.Of(state)
			}
		}
		for _, p := range people {
			if err := leaveOut(c, p.id, p.address); err != nil {
				return 0, false, err
			}
		}
		for _, text := range [...]string{
			"DELETE FROM delivery WHERE id > ? AND id <= ?", "DELETE FROM outcome WHERE id > ? AND id <= ?", "DELETE FROM attempt WHERE id > ? AND id <= ?",
		} {
			if err := c.run(text, r.base(), to); err != nil {
				return 0, false, err
			}
		}
		r.shrunk++
	}
	left, err := c.number("SELECT 1 FROM delivery WHERE id > ? AND id <= ? LIMIT 1", r.base(), r.end())
	if err != nil || left != 0 {
		return removed, false, err
	}
	return removed, true, c.run("DELETE FROM import WHERE run = ?", r.Number)
}
