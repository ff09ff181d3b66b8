package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/outbound-go/outbound"
)

// Deliveries implements [outbound.Ledger]; a campaign that does not exist has none. An address is found by the table of addresses, and
// doubts by the index of what waits; other filters read the campaign's rows in order until the limit is reached.
func (s *Store) Deliveries(ctx context.Context, f outbound.DeliveryFilter) ([]outbound.Row, error) {
	limit := f.Limit
	if limit == 0 {
		limit = 100
	}
	var found []outbound.Row
	err := s.view(ctx, "deliveries", func(c *conn) error {
		r, err := s.loadHot(c, f.Campaign)
		if err != nil {
			return err
		}
		after := min(max(f.After, 0), maxDeliveries)
		if f.Address != "" {
			found, err = byAddress(ctx, c, r, &f, after, limit)
			return err
		}
		text, args := deliveriesQuery(r, &f, after, limit)
		rows, err := c.queryOnce(ctx, text, args...)
		if err != nil {
			return err
		}
		found, err = collect(rows, r, nil, 0)
		return err
	})
	if notFound(err) {
		return nil, nil
	}
	return found, err
}

func deliveriesQuery(r *campaign, f *outbound.DeliveryFilter, after int64, limit int) (string, []any) {
	args := []any{r.base() | r.Cursor, int(r.Tail), r.base() | after, r.end(), limit, r.Number}
	add := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("?%d", len(args))
	}
	var where strings.Builder
	from := bothTables
	if slices.Equal(f.States, []outbound.State{outbound.Uncertain}) {
		// Few rows of a campaign are uncertain, and all of them are in the index.
		from = " FROM outcome o INDEXED BY outcome_waiting CROSS JOIN delivery d ON d.id = o.id "
		where.WriteString("o.id >> 32 = ?6 AND o.wait IS NOT NULL AND o.state = 2 AND o.id > ?3 AND o.id <= ?4")
	} else {
		where.WriteString("d.id > ?3 AND d.id <= ?4")
		if len(f.States) > 0 {
			list := make([]string, len(f.States))
			for i, state := range f.States {
				list[i] = add(int(state))
			}
			where.WriteString(" AND " + effectiveState + " IN (" + strings.Join(list, ",") + ")")
		}
	}
	if len(f.Reasons) > 0 {
		list := make([]string, len(f.Reasons))
		for i, reason := range f.Reasons {
			list[i] = add(reason)
		}
		where.WriteString(" AND coalesce(o.reason, '') IN (" + strings.Join(list, ",") + ")")
	}
	return "SELECT " + deliveryColumns + ", " + outcomeColumns + from + "WHERE " + where.String() + " ORDER BY d.id LIMIT ?5", args
}

// byAddress reads the few deliveries of an address one by one.
func byAddress(ctx context.Context, c *conn, r *campaign, f *outbound.DeliveryFilter, after int64, limit int) ([]outbound.Row, error) {
	ids, err := idsOf(ctx, c, r, f.Address, after)
	if err != nil {
		return nil, err
	}
	var found []outbound.Row
	for _, id := range ids {
		row, ok, _, err := loadRow(c, id)
		if err != nil {
			return nil, err
		}
		row.State, row.Attempt = r.Effective(&row)
		if !ok || row.Address != f.Address || len(f.States) > 0 && !slices.Contains(f.States, row.State) || len(f.Reasons) > 0 && !slices.Contains(f.Reasons, row.Reason) {
			continue
		}
		if found = append(found, row); len(found) == limit {
			break
		}
	}
	return found, nil
}
