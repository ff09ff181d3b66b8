package sqlite

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/outbound-go/outbound"
)

// Commit implements [outbound.Ledger]. A campaign that is gone, or is another touchpoint's, is refused as not running and its outcomes
// are dropped; a Range whose Count is not what it holds is refused for its cursor. It costs O(what the batch names).
func (s *Store) Commit(ctx context.Context, batch outbound.Batch) (outbound.BatchResult, error) {
	var result outbound.BatchResult
	err := s.write(ctx, "commit", func(c *conn) error {
		if err := holds(c, batch.Touchpoint, batch.Token); err != nil {
			return err
		}
		result = outbound.BatchResult{Runs: make([]outbound.RunResult, len(batch.Runs))}
		for i := range batch.Runs {
			if err := s.commitRun(c, &batch, &batch.Runs[i], &result.Runs[i]); err != nil {
				return err
			}
		}
		if batch.Gate == nil && batch.Pace == nil {
			return nil
		}
		t, err := touchpoint(c, batch.Touchpoint)
		if err != nil {
			return err
		}
		if batch.Gate != nil {
			t.Gate = *batch.Gate
		}
		if batch.Pace != nil {
			t.Pace = *batch.Pace
		}
		return saveTouchpoint(c, &t)
	})
	if err != nil {
		return outbound.BatchResult{}, err
	}
	return result, nil
}

// holds says whether the token is the touchpoint's.
func holds(c *conn, touchpoint string, token int64) error {
	n, err := c.number("SELECT token FROM touchpoint WHERE name = ?", touchpoint)
	if err == nil && n != token {
		err = outbound.ErrLeaseLost
	}
	return err
}

func (s *Store) commitRun(c *conn, batch *outbound.Batch, b *outbound.RunBatch, result *outbound.RunResult) error {
	r, err := s.loadHot(c, b.Campaign)
	if notFound(err) || err == nil && r.Touchpoint != batch.Touchpoint {
		*result = outbound.RunResult{Run: outbound.Run{ID: b.Campaign}, Refused: outbound.RefusedNotRunning}
		return nil
	}
	if err != nil {
		return err
	}
	if err := applyOutcomes(c, r, b.Outcomes, batch.Now); err != nil {
		return err
	}
	if result.Epoch, err = epoch(c, r.Group); err != nil {
		return err
	}
	if b.Range != nil || len(b.Claims) > 0 {
		if err := grant(c, r, batch, b, result); err != nil {
			return err
		}
	}
	r.Low = max(r.Low, b.Low)
	if b.Waiting != nil {
		r.Waiting = *b.Waiting
	}
	if len(b.Media) > 0 {
		if r.Media == nil {
			r.Media = make(map[string]outbound.MediaRef, len(b.Media))
		}
		maps.Copy(r.Media, b.Media) // the run's own copy
		if err := saveBody(c, r); err != nil {
			return err
		}
	}
	r.Heartbeat = batch.Now
	settled(r, batch.Now)
	if err := save(c, r); err != nil {
		return err
	}
	result.Run = normal(r)
	return nil
}

// applyOutcomes applies the outcomes of a batch. The answer to a first attempt, which is nearly all of them, is one insert: where a campaign is dense a
// number up to the cursor without an outcome row is surely in flight with attempt 1, and takes any outcome (see Run.Settle). The others go the plain way.
func applyOutcomes(c *conn, r *campaign, outcomes []outbound.Outcome, now time.Time) error {
	plain, answer, err := insertOutcome(c)
	if err != nil {
		return err
	}
	fast, at := r.dense(), nanos(now)
	for i := range outcomes {
		o := &outcomes[i]
		if fast && o.Attempt == 1 && o.Seq >= 1 && o.Seq <= r.Cursor && o.Address == "" && o.State != outbound.Sending {
			id := r.base() | o.Seq
			var n int64
			if o.State == outbound.Accepted && o.Class == "" && o.Code == "" && o.Reason == "" && o.Tries == 0 {
				n, err = answer.accepted(id, at, o.Message)
			} else {
				n, err = plain.outcome(id, at, o)
			}
			if err != nil {
				return err
			}
			if n == 1 {
				if err := firstSettled(c, r, id, o, now); err != nil {
					return err
				}
				continue
			}
		}
		if _, err := settle(c, r, *o, now); err != nil {
			return err
		}
	}
	return nil
}

// firstSettled counts an outcome that was inserted.
func firstSettled(c *conn, r *campaign, id int64, o *outbound.Outcome, now time.Time) error {
	to := o.State
	if to == outbound.Pending {
		to = r.Tail
	}
	if to > outbound.Canceled {
		return fmt.Errorf("outcome with %v", to)
	}
	r.Counts.Move(outbound.Sending, to, 1)
	if o.State != outbound.Pending {
		return nil
	}
	row := outbound.Row{Attempt: 1, At: now, Class: o.Class, Code: o.Code, Reason: o.Reason, Message: o.Message}
	return leave(c, id, &row, outbound.Pending)
}

// insertOutcome prepares the two inserts of applyOutcomes.
func insertOutcome(c *conn) (plain, answer inserter, err error) {
	p, err := c.stmt("INSERT INTO outcome (id, at, state, attempt, tries, wait, class, code, reason, message) VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING")
	if err != nil {
		return plain, answer, err
	}
	a, err := c.stmt("INSERT INTO outcome (id, at, message, state, attempt) VALUES (?, ?, ?, 3, 1) ON CONFLICT (id) DO NOTHING")
	return inserter{p}, inserter{a}, err
}

// inserter is a prepared insert of a first attempt's outcome. It returns how many rows it inserted: 0 if there is one already.
type inserter struct{ *stmt }

func (s inserter) accepted(id, at int64, message string) (int64, error) {
	s.room(3)
	s.args[0].Value, s.args[1].Value, s.args[2].Value = id, at, optional(message)
	return s.insert()
}

func (s inserter) outcome(id, at int64, o *outbound.Outcome) (int64, error) {
	s.room(9)
	s.args[0].Value, s.args[1].Value, s.args[2].Value, s.args[3].Value = id, at, int64(o.State), int64(o.Tries)
	s.args[4].Value = waitOf(o.State, nanos(o.Due))
	s.args[5].Value, s.args[6].Value, s.args[7].Value, s.args[8].Value = optional(o.Class), optional(o.Code), optional(o.Reason), optional(o.Message)
	return s.insert()
}

func (s *stmt) room(n int) {
	for len(s.args) < n {
		s.args = append(s.args, namedValue(len(s.args)+1, nil))
	}
}

func (s *stmt) insert() (int64, error) {
	r, err := s.exec.ExecContext(context.Background(), s.args)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}
