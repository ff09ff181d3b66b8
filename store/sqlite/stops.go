package sqlite

import (
	"context"

	"github.com/outbound-go/outbound"
)

// SetStop implements [outbound.Ledger]. A stop of the same scope and name is replaced.
func (s *Store) SetStop(ctx context.Context, stop outbound.Stop, act outbound.Act) error {
	return s.write(ctx, "set stop", func(c *conn) error {
		if err := c.run(`INSERT INTO stop (scope, name, at, actor, reason) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET at = excluded.at, actor = excluded.actor, reason = excluded.reason`,
			string(stop.Scope), stop.Name, stop.At, stop.Actor, stop.Reason); err != nil {
			return err
		}
		return record(c, act)
	})
}

// ClearStop implements [outbound.Ledger]. Removing what does not exist is no error.
func (s *Store) ClearStop(ctx context.Context, scope outbound.StopScope, name string, act outbound.Act) error {
	return s.write(ctx, "clear stop", func(c *conn) error {
		if err := c.run("DELETE FROM stop WHERE scope = ? AND name = ?", string(scope), name); err != nil {
			return err
		}
		return record(c, act)
	})
}

// Stops implements [outbound.Ledger], in order of scope and name.
func (s *Store) Stops(ctx context.Context) ([]outbound.Stop, error) {
	var found []outbound.Stop
	err := s.view(ctx, "stops", func(c *conn) error {
		return c.each(ctx, "SELECT scope, name, at, actor, reason FROM stop ORDER BY scope, name", func(r *rows) error {
			found = append(found, outbound.Stop{Scope: outbound.StopScope(r.text(0)), Name: r.text(1), At: r.time(2), Actor: r.text(3), Reason: r.text(4)})
			return nil
		})
	})
	return found, err
}
