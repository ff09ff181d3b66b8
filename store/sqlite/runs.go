package sqlite

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/outbound-go/outbound"
)

// CreateRun implements [outbound.Ledger].
func (s *Store) CreateRun(ctx context.Context, run outbound.Run, act outbound.Act) (outbound.Run, bool, error) {
	var kept outbound.Run
	created := false
	err := s.write(ctx, "create run", func(c *conn) error {
		created = false
		n, err := c.exec(`INSERT INTO run (id, grp, touchpoint, notice, created, version, revision, stamp, state, ended, tail, purged,
			pending, sending, uncertain, accepted, failed, delivered, "read", skipped, canceled,
			last, cursor, low, begun, open, pieces, taken, duplicate, rejected, heartbeat)
			VALUES (?, ?, ?, ?, ?, 0, 0, 0, ?, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
			ON CONFLICT (id) DO NOTHING`, string(run.ID), run.Group, run.Touchpoint, run.Notice, run.Created, string(run.State))
		if err != nil {
			return err
		}
		if n == 1 {
			created = true
			r := &campaign{Run: run}
			if r.Number, err = c.number("SELECT number FROM run WHERE id = ?", string(run.ID)); err != nil {
				return err
			}
			if err := saveBody(c, r); err != nil {
				return err
			}
			if err := save(c, r); err != nil {
				return err
			}
			if err := saveSealed(c, r); err != nil {
				return err
			}
			kept = normal(r)
			return record(c, act)
		}
		r, err := s.load(c, run.ID)
		if err == nil {
			kept = r.Run
		}
		return err
	})
	return kept, created, err
}

func saveSealed(c *conn, r *campaign) error {
	return c.run("UPDATE run_body SET sealed = ? WHERE number = ?", optionalBlob(r.Sealed), r.Number)
}

// ReadRun implements [outbound.Ledger].
func (s *Store) ReadRun(ctx context.Context, id outbound.CampaignID) (run outbound.Run, err error) {
	err = s.view(ctx, "read run", func(c *conn) error {
		r, err := s.load(c, id)
		if err == nil {
			run = r.Run
		}
		return err
	})
	return run, err
}

// ListRuns implements [outbound.Ledger].
func (s *Store) ListRuns(ctx context.Context, filter outbound.RunFilter) ([]outbound.Run, error) {
	where, args := runConditions(&filter)
	limit := filter.Limit
	if limit == 0 {
		limit = 100
	}
	text := "SELECT " + runColumns + ", body, sealed FROM run JOIN run_body USING (number)" + where + " ORDER BY number DESC LIMIT ?"
	var found []outbound.Run
	err := s.view(ctx, "list runs", func(c *conn) error {
		r, err := c.queryOnce(ctx, text, append(args, limit)...)
		if err != nil {
			return err
		}
		for r.next() {
			var run campaign
			err := scanRun(r, &run)
			var b body
			if err == nil {
				b, err = readBody(r.blob(37))
			}
			if err != nil {
				_ = r.close()
				return err
			}
			b.fill(&run.Run)
			run.Sealed = r.blob(38)
			found = append(found, run.Run)
		}
		return r.close()
	})
	return found, err
}

func runConditions(f *outbound.RunFilter) (where string, args []any) {
	var conditions []string
	add := func(condition string, values ...any) {
		conditions = append(conditions, condition)
		args = append(args, values...)
	}
	if f.Group != nil {
		add("grp = ?", *f.Group)
	}
	if f.Touchpoint != "" {
		add("touchpoint = ?", f.Touchpoint)
	}
	if len(f.States) > 0 {
		add("state IN ("+places(len(f.States))+")", texts(f.States)...)
	}
	if f.Label != "" {
		add("EXISTS (SELECT 1 FROM json_each(body, '$.labels') WHERE value = ?)", f.Label)
	}
	if !f.CreatedFrom.IsZero() {
		add("created >= ?", f.CreatedFrom)
	}
	if !f.CreatedBefore.IsZero() {
		add("created < ?", f.CreatedBefore)
	}
	if !f.Notices {
		add("notice = 0")
	}
	if f.Before > 0 {
		add("number < ?", f.Before)
	}
	if len(conditions) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(conditions, " AND "), args
}

// places is n placeholders with commas.
func places(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

func texts[T ~string](values []T) []any {
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = string(v)
	}
	return args
}

// UpdateRun implements [outbound.Ledger]. change runs inside of the write transaction and must not call the store.
func (s *Store) UpdateRun(ctx context.Context, id outbound.CampaignID, change func(*outbound.Run) (outbound.Act, error)) (outbound.Run, error) {
	var updated outbound.Run
	var refused error
	err := s.write(ctx, "update run", func(c *conn) error {
		r, err := s.load(c, id)
		if err != nil {
			return err
		}
		before, sealed := r.Run, slices.Clone(r.Sealed)
		act, err := change(&r.Run)
		if err != nil {
			refused = err
			return err
		}
		r.ID, r.Number, r.Created, r.Version = before.ID, before.Number, before.Created, before.Version+1
		if err := saveBody(c, r); err != nil {
			return err
		}
		if !bytes.Equal(sealed, r.Sealed) {
			if err := saveSealed(c, r); err != nil {
				return err
			}
		}
		if r.Group != before.Group || r.Touchpoint != before.Touchpoint || r.Notice != before.Notice {
			if err := c.run("UPDATE run SET grp = ?, touchpoint = ?, notice = ? WHERE number = ?", r.Group, r.Touchpoint, r.Notice, r.Number); err != nil {
				return err
			}
		}
		if err := save(c, r); err != nil {
			return err
		}
		updated = normal(r)
		return record(c, act)
	})
	if refused != nil {
		return outbound.Run{}, refused
	}
	return updated, err
}
