package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/outbound-go/outbound"
)

// source is an import as a transaction works on it.
type source struct {
	outbound.ImportRecord
	first, last int64 // its deliveries are numbered from first to last; other imports' may lie between
}

const importColumns = `number, source, finished, stale, removing, actor, began, ended, pieces, accepted, duplicate, elsewhere, rejected, digest, variables, rejections, first, last`

func scanImport(r *rows, id outbound.CampaignID, m *source) error {
	*m = source{first: r.int(16), last: r.int(17)}
	m.Campaign, m.Number, m.Source, m.Finished, m.Stale, m.Removing = id, int(r.int(0)), r.text(1), r.bool(2), r.bool(3), r.bool(4)
	m.Actor, m.Began, m.Ended = r.text(5), r.time(6), r.time(7)
	m.Pieces, m.Accepted, m.Duplicate, m.DuplicateElsewhere, m.Rejected, m.Digest = r.int(8), r.int(9), r.int(10), r.int(11), r.int(12), r.blob(13)
	if !r.null(14) {
		if err := json.Unmarshal(r.blob(14), &m.Variables); err != nil {
			return corrupt("import", err)
		}
	}
	if !r.null(15) {
		if err := json.Unmarshal(r.blob(15), &m.Rejections); err != nil {
			return corrupt("import", err)
		}
	}
	return nil
}

// findSource reads an import; nil if there is none.
func findSource(c *conn, r *campaign, name string) (*source, error) {
	var m source
	var scanned error
	found, err := c.one("SELECT "+importColumns+" FROM import WHERE run = ? AND source = ?", func(row *rows) { scanned = scanImport(row, r.ID, &m) }, r.Number, name)
	if err == nil {
		err = scanned
	}
	if err != nil || !found {
		return nil, err
	}
	return &m, nil
}

// sources reads the imports of a campaign in the order they began.
func sources(ctx context.Context, c *conn, r *campaign) ([]source, error) {
	var found []source
	err := c.each(ctx, "SELECT "+importColumns+" FROM import WHERE run = ? ORDER BY number", func(row *rows) error {
		var m source
		err := scanImport(row, r.ID, &m)
		found = append(found, m)
		return err
	}, r.Number)
	return found, err
}

func saveImport(c *conn, r *campaign, m *source) error {
	var variables, rejections any
	if len(m.Variables) > 0 {
		text, err := json.Marshal(m.Variables)
		if err != nil {
			return fmt.Errorf("import: %w", err)
		}
		variables = string(text)
	}
	if len(m.Rejections) > 0 {
		text, err := json.Marshal(m.Rejections)
		if err != nil {
			return fmt.Errorf("import: %w", err)
		}
		rejections = string(text)
	}
	return c.run(`INSERT INTO import (run, `+importColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (run, number) DO UPDATE SET finished = excluded.finished, stale = excluded.stale, removing = excluded.removing, ended = excluded.ended,
			pieces = excluded.pieces, accepted = excluded.accepted, duplicate = excluded.duplicate, elsewhere = excluded.elsewhere, rejected = excluded.rejected,
			digest = excluded.digest, variables = excluded.variables, rejections = excluded.rejections, first = excluded.first, last = excluded.last`,
		r.Number, m.Number, m.Source, m.Finished, m.Stale, m.Removing, m.Actor, m.Began, m.Ended, m.Pieces, m.Accepted, m.Duplicate, m.DuplicateElsewhere, m.Rejected,
		optionalBlob(m.Digest), variables, rejections, m.first, m.last)
}
