package sqlite

import (
	"context"

	"github.com/outbound-go/outbound"
)

// record keeps an act, unless it is none.
func record(c *conn, act outbound.Act) error {
	if act.Action == "" {
		return nil
	}
	return c.run("INSERT INTO act (campaign, touchpoint, grp, at, actor, action, detail) VALUES (?, ?, ?, ?, ?, ?, ?)",
		string(act.Campaign), act.Touchpoint, act.Group, act.At, act.Actor, act.Action, act.Detail)
}

// Acts implements [outbound.Ledger]. A limit of zero is 100, a negative one none.
func (s *Store) Acts(ctx context.Context, id outbound.CampaignID, after int64, limit int) ([]outbound.Act, error) {
	if limit == 0 {
		limit = 100
	}
	text, args := "SELECT number, campaign, touchpoint, grp, at, actor, action, detail FROM act WHERE number > ? ORDER BY number LIMIT ?", []any{after, limit}
	if id != "" {
		text, args = "SELECT number, campaign, touchpoint, grp, at, actor, action, detail FROM act WHERE campaign = ? AND number > ? ORDER BY number LIMIT ?", []any{string(id), after, limit}
	}
	var found []outbound.Act
	err := s.view(ctx, "acts", func(c *conn) error {
		return c.each(ctx, text, func(r *rows) error {
			found = append(found, outbound.Act{
				Number: r.int(0), Campaign: outbound.CampaignID(r.text(1)), Touchpoint: r.text(2), Group: r.text(3), At: r.time(4), Actor: r.text(5), Action: r.text(6), Detail: r.text(7),
			})
			return nil
		}, args...)
	})
	return found, err
}
