package sqlite

import (
	"context"

	"github.com/outbound-go/outbound"
)

// deliveryColumns are what was imported, outcomeColumns what became of it; NULLs if nothing did yet.
const (
	deliveryColumns = "d.id, d.address, d.import, d.line, d.col, d.key, d.reference, d.variables"
	outcomeColumns  = "o.state, o.attempt, o.tries, o.wait, o.at, o.class, o.code, o.reason, o.message, o.former"
	bothTables      = " FROM delivery d LEFT JOIN outcome o ON o.id = d.id "
)

// scanDelivery reads the columns of deliveryColumns.
func scanDelivery(r *rows, row *outbound.Row) error {
	row.Seq, row.Address, row.Import, row.Line, row.Column = seqOf(r.int(0)), r.text(1), int(r.int(2)), int(r.int(3)), int(r.int(4))
	row.Key, row.Reference = r.text(5), r.text(6)
	if r.null(7) {
		return nil
	}
	var err error
	row.Variables, err = unpackVariables(r.blob(7))
	return err
}

// scanOutcome reads the columns of outcomeColumns, which begin at column i.
func scanOutcome(r *rows, i int, row *outbound.Row) {
	if r.null(i) {
		return
	}
	row.State, row.Attempt, row.Tries = outbound.State(r.int(i)), int(r.int(i+1)), int(r.int(i+2))
	if !r.null(i+3) && r.int(i+3) <= latestTime {
		row.Due = r.time(i + 3)
	}
	row.At, row.Class, row.Code, row.Reason, row.Message, row.Former = r.time(i+4), outbound.Class(r.text(i+5)), r.text(i+6), r.text(i+7), r.text(i+8), r.text(i+9)
}

// loadRow reads a delivery as it is stored; exists says whether it has an outcome row.
func loadRow(c *conn, id int64) (row outbound.Row, found, exists bool, err error) {
	var scanned error
	found, err = c.one("SELECT "+deliveryColumns+", "+outcomeColumns+bothTables+"WHERE d.id = ?", func(r *rows) {
		scanned = scanDelivery(r, &row)
		scanOutcome(r, 8, &row)
		exists = !r.null(8)
	}, id)
	if err == nil {
		err = scanned
	}
	return row, found, exists, err
}

// saveRow writes what became of a delivery.
func saveRow(c *conn, id int64, row *outbound.Row) error {
	return c.run(`INSERT INTO outcome (id, state, attempt, tries, wait, at, class, code, reason, message, former) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, attempt = excluded.attempt, tries = excluded.tries, wait = excluded.wait, at = excluded.at,
			class = excluded.class, code = excluded.code, reason = excluded.reason, message = excluded.message, former = excluded.former`,
		id, int(row.State), row.Attempt, row.Tries, waitOf(row.State, nanos(row.Due)), row.At, optional(row.Class), optional(row.Code), optional(row.Reason), optional(row.Message), optional(row.Former))
}

// waitOf is the column wait of a row with an outcome; due is as kept in the file.
func waitOf(state outbound.State, due int64) any {
	switch {
	case state == outbound.Pending:
		return due
	case state == outbound.Sending:
		return int64(waitSending)
	case state == outbound.Uncertain && due == zeroTime:
		return int64(waitHeld)
	case state == outbound.Uncertain:
		return due
	}
	return nil
}

// leave keeps what is known of a row's attempt before another one follows.
func leave(c *conn, id int64, row *outbound.Row, state outbound.State) error {
	return c.run(`INSERT INTO attempt (id, number, state, at, class, code, reason, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id, number) DO UPDATE SET state = excluded.state, at = excluded.at, class = excluded.class, code = excluded.code, reason = excluded.reason, message = excluded.message`,
		id, row.Attempt, int(state), row.At, optional(row.Class), optional(row.Code), optional(row.Reason), optional(row.Message))
}

// Attempts implements [outbound.Ledger]; a delivery that does not exist has none.
func (s *Store) Attempts(ctx context.Context, id outbound.CampaignID, seq int64) ([]outbound.Attempt, error) {
	var found []outbound.Attempt
	err := s.view(ctx, "attempts", func(c *conn) error {
		return c.each(ctx, `SELECT a.number, a.state, a.at, a.class, a.code, a.reason, a.message
			FROM run r JOIN attempt a ON a.id = r.number << 32 | ? WHERE r.id = ? ORDER BY a.number`, func(r *rows) error {
			found = append(found, outbound.Attempt{
				Number: int(r.int(0)), State: outbound.State(r.int(1)), At: r.time(2), Class: outbound.Class(r.text(3)), Code: r.text(4), Reason: r.text(5), Message: r.text(6),
			})
			return nil
		}, seq, string(id))
	})
	return found, err
}
