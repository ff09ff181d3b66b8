package sqlite

import (
	"context"
	"time"

	"github.com/outbound-go/outbound"
)

// epoch is a group's suppression epoch; 0 if nobody ever refused anything.
func epoch(c *conn, group string) (int64, error) {
	return c.number("SELECT epoch FROM epoch WHERE grp = ?", group)
}

// Suppress implements [outbound.Ledger].
func (s *Store) Suppress(ctx context.Context, _ time.Time, entries []outbound.Suppression, act outbound.Act) error {
	return s.write(ctx, "suppress", func(c *conn) error {
		for i := range entries {
			e := &entries[i]
			if err := c.run(`INSERT INTO suppression (grp, address, touchpoint, purpose, reason, actor, at) VALUES (?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET reason = excluded.reason, actor = excluded.actor, at = excluded.at`,
				e.Group, e.Address, e.Touchpoint, string(e.Purpose), e.Reason, e.Actor, e.At); err != nil {
				return err
			}
			if err := c.run("INSERT INTO epoch (grp, epoch) VALUES (?, 1) ON CONFLICT DO UPDATE SET epoch = epoch + 1", e.Group); err != nil {
				return err
			}
		}
		return record(c, act)
	})
}

// Unsuppress implements [outbound.Ledger]. It also lifts an entry that is kept under the address's hash since the person was erased.
func (s *Store) Unsuppress(ctx context.Context, _ time.Time, entries []outbound.Suppression, act outbound.Act) error {
	return s.write(ctx, "unsuppress", func(c *conn) error {
		for i := range entries {
			e := &entries[i]
			if err := c.run("DELETE FROM suppression WHERE grp = ? AND address IN (?, ?) AND touchpoint = ? AND purpose = ?",
				e.Group, e.Address, s.erasedName(e.Address), e.Touchpoint, string(e.Purpose)); err != nil {
				return err
			}
		}
		return record(c, act)
	})
}

// Suppressed implements [outbound.Ledger].
func (s *Store) Suppressed(ctx context.Context, group, touchpoint string, purpose outbound.Purpose, addresses []string) ([]bool, int64, error) {
	hits := make([]bool, len(addresses))
	var at int64
	err := s.view(ctx, "suppressed", func(c *conn) error {
		var err error
		if at, err = epoch(c, group); err != nil || at == 0 { // nobody ever refused anything
			return err
		}
		hashed, err := c.number("SELECT 1 FROM suppression WHERE grp = ? AND address >= 'erased:' AND address < 'erased;' LIMIT 1", group)
		if err != nil {
			return err
		}
		for i, address := range addresses {
			name := address
			if hashed > 0 {
				name = s.erasedName(address)
			}
			n, err := c.number("SELECT 1 FROM suppression WHERE grp = ? AND address IN (?, ?) AND touchpoint IN ('', ?) AND purpose IN ('any', ?) LIMIT 1",
				group, address, name, touchpoint, string(purpose))
			if err != nil {
				return err
			}
			hits[i] = n > 0
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	return hits, at, nil
}
