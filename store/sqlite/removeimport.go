package sqlite

import (
	"context"

	"github.com/outbound-go/outbound"
)

// RemoveImport implements [outbound.Ledger]. It works in short transactions.
func (s *Store) RemoveImport(ctx context.Context, id outbound.CampaignID, name string, limit int) (bool, error) {
	for removed := 0; ; {
		done, n := false, 0
		err := s.write(ctx, "remove import", func(c *conn) (err error) {
			done, n, err = s.removeSlice(ctx, c, id, name, max(min(limit-removed, sliceRows), 0))
			return err
		})
		removed += n
		if done || err != nil || removed >= limit {
			return done, err
		}
		if err := s.between(ctx); err != nil {
			return false, s.wrap("remove import", err)
		}
	}
}

func (s *Store) removeSlice(ctx context.Context, c *conn, id outbound.CampaignID, name string, limit int) (done bool, removed int, err error) {
	r, err := s.draft(c, id)
	if notFound(err) {
		return true, 0, nil
	}
	if err != nil {
		return false, 0, err
	}
	m, err := findSource(c, r, name)
	if err != nil || m == nil {
		return m == nil, 0, err
	}
	if m.Finished {
		r.OpenImports++
	}
	m.Removing, m.Finished = true, false
	if err := spoil(ctx, c, r, m.Number); err != nil {
		return false, 0, err
	}
	var people []person
	err = c.each(ctx, "SELECT id, address FROM delivery WHERE id >= ? AND id <= ? AND import = ? ORDER BY id LIMIT ?", func(row *rows) error {
		people = append(people, person{row.int(0), row.text(1)})
		return nil
	}, r.base()|m.first, r.base()|m.last, m.Number, limit+1)
	if err != nil {
		return false, 0, err
	}
	if done = len(people) <= limit; !done {
		people = people[:limit]
	}
	for _, p := range people {
		if err := removePerson(c, p); err != nil {
			return false, 0, err
		}
	}
	removed = len(people)
	if removed > 0 {
		m.first = seqOf(people[removed-1].id) + 1
		r.Counts.Pending -= int64(removed)
		r.shrunk++
	}
	if !done {
		if err := saveImport(c, r, m); err != nil {
			return false, 0, err
		}
		return false, removed, save(c, r)
	}
	t := &r.Imported
	t.Pieces -= m.Pieces
	t.Accepted -= m.Accepted
	t.Duplicate -= m.Duplicate
	t.Rejected -= m.Rejected
	r.OpenImports--
	r.Revision++
	if err := c.run("DELETE FROM import WHERE run = ? AND number = ?", r.Number, m.Number); err != nil {
		return false, 0, err
	}
	return true, removed, save(c, r)
}

// person is a delivery that is about to go.
type person struct {
	id      int64
	address string
}

func removePerson(c *conn, p person) error {
	if err := c.run("DELETE FROM delivery WHERE id = ?", p.id); err != nil {
		return err
	}
	return leaveOut(c, p.id, p.address)
}

// spoil marks the other imports that may lack people once the one of that number is gone. One that is still open has passed over them too.
func spoil(ctx context.Context, c *conn, r *campaign, number int) error {
	imports, err := sources(ctx, c, r)
	if err != nil {
		return err
	}
	for i := range imports {
		m := &imports[i]
		if m.Number == number || m.DuplicateElsewhere == 0 || m.Removing || m.Stale && !m.Finished {
			continue
		}
		if m.Finished {
			r.OpenImports++
		}
		m.Stale, m.Finished = true, false
		if err := saveImport(c, r, m); err != nil {
			return err
		}
	}
	return nil
}
