package sqlite

import (
	"context"
	"time"

	"github.com/outbound-go/outbound"
)

// Reopen implements [outbound.Ledger]. A returned delivery starts clean: its class, code, reason, message id and tries are left with the attempt
// that was. ErrNotFound without the campaign, ErrState if it gave up the rest (Run.Tail): it has no pending deliveries any more. A call looks at those
// deliveries that something became of, in short transactions; the act is recorded with the last.
func (s *Store) Reopen(ctx context.Context, now time.Time, r outbound.Reopening, act outbound.Act) (moved int, last int64, done bool, err error) {
	last = max(r.After, 0)
	for looked := 0; ; {
		part := min(r.Limit-looked, sliceRows)
		final := part == r.Limit-looked
		var n, seen int
		var to int64
		err = s.write(ctx, "reopen", func(c *conn) (err error) {
			if n, seen, to, err = s.reopenSlice(c, now, &r, last, part); err != nil {
				return err
			}
			if done = seen < part; done || final {
				return record(c, act)
			}
			return nil
		})
		if err != nil {
			return moved, last, false, err
		}
		moved, looked, last = moved+n, looked+seen, to
		if done || final {
			return moved, last, done, nil
		}
		if err = s.between(ctx); err != nil {
			return moved, last, false, s.wrap("reopen", err)
		}
	}
}

func (s *Store) reopenSlice(c *conn, now time.Time, re *outbound.Reopening, after int64, limit int) (moved, looked int, last int64, err error) {
	last = after
	r, err := s.loadHot(c, re.Campaign)
	if err != nil {
		return 0, 0, last, err
	}
	if r.Tail != outbound.Pending || r.State == outbound.CanceledState {
		return 0, 0, last, outbound.ErrState
	}
	rows, err := c.query("SELECT id, "+outcomeColumns+" FROM outcome o WHERE id > ? AND id <= ? ORDER BY id LIMIT ?", r.base()|after, r.end(), limit)
	if err != nil {
		return 0, 0, last, err
	}
	var matching []outbound.Row
	for rows.next() {
		row := outbound.Row{Seq: seqOf(rows.int(0))}
		scanOutcome(rows, 1, &row)
		looked, last = looked+1, row.Seq
		if (row.State == outbound.Failed || row.State == outbound.Uncertain) && re.Matches(&row) {
			matching = append(matching, row)
		}
	}
	if err := rows.close(); err != nil || len(matching) == 0 {
		return 0, looked, last, err
	}
	for i := range matching {
		row := &matching[i]
		if err := leave(c, r.id(row.Seq), row, row.State); err != nil {
			return 0, looked, last, err
		}
		r.Counts.Move(row.State, outbound.Pending, 1)
		row.State, row.At, row.Due, row.Tries = outbound.Pending, now, re.Due, 0
		row.Class, row.Code, row.Reason, row.Message = "", "", "", ""
		if err := saveRow(c, r.id(row.Seq), row); err != nil {
			return 0, looked, last, err
		}
	}
	settled(r, now)
	return len(matching), looked, last, save(c, r)
}
