package sqlite

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/outbound-go/outbound"
)

// campaign is a run as a transaction works on it.
type campaign struct {
	outbound.Run
	stamp     int64
	sources   int64 // import numbers given so far
	addressed int64 // deliveries numbered up to it are in the table address
	shrunk    int64
	erased    int64
}

// base is the id that no delivery of the run has, just below its first; ids of the run are above it and up to end.
func (c *campaign) base() int64 { return c.Number << 32 }
func (c *campaign) end() int64  { return c.Number<<32 | math.MaxUint32 }

// seqOf is a delivery's number in its campaign.
func seqOf(id int64) int64 { return id & math.MaxUint32 }

// dense says that every number from 1 to Last is a delivery, and nobody was erased: then an outcome can be written without
// looking at the delivery that it belongs to.
func (c *campaign) dense() bool {
	return !c.Purged && c.erased == 0 && c.Counts.Total() == c.Last
}

const runColumns = `number, id, grp, touchpoint, notice, created, version, revision, stamp, state, ended, tail, purged,
	pending, sending, uncertain, accepted, failed, delivered, "read", skipped, canceled,
	last, cursor, low, begun, open, pieces, taken, duplicate, rejected, heartbeat, waiting, sources, addressed, shrunk, erased`

// scanRun reads the columns of runColumns.
func scanRun(r *rows, c *campaign) error {
	c.Number, c.ID, c.Group, c.Touchpoint, c.Notice, c.Created = r.int(0), outbound.CampaignID(r.text(1)), r.text(2), r.text(3), r.bool(4), r.time(5)
	c.Version, c.Revision, c.stamp, c.State, c.Ended = r.int(6), r.int(7), r.int(8), outbound.CampaignState(r.text(9)), r.time(10)
	c.Tail, c.Purged = outbound.State(r.int(11)), r.bool(12)
	c.Counts = outbound.Counts{
		Pending: r.int(13), Sending: r.int(14), Uncertain: r.int(15), Accepted: r.int(16), Failed: r.int(17),
		Delivered: r.int(18), Read: r.int(19), Skipped: r.int(20), Canceled: r.int(21),
	}
	c.Last, c.Cursor, c.Low, c.Begun, c.OpenImports = r.int(22), r.int(23), r.int(24), r.int(25), int(r.int(26))
	c.Imported = outbound.ImportTotals{Pieces: r.int(27), Accepted: r.int(28), Duplicate: r.int(29), Rejected: r.int(30)}
	c.Heartbeat, c.sources, c.addressed, c.shrunk, c.erased = r.time(31), r.int(33), r.int(34), r.int(35), r.int(36)
	c.Waiting = outbound.Waiting{}
	if !r.null(32) {
		if err := json.Unmarshal([]byte(r.text(32)), &c.Waiting); err != nil {
			return corrupt("run", err)
		}
	}
	return nil
}

// loadHot reads a run without Sealed. Where the body is known from before it costs one row.
func (s *Store) loadHot(c *conn, id outbound.CampaignID) (*campaign, error) {
	run := &campaign{}
	var scanned error
	found, err := c.one("SELECT "+runColumns+" FROM run WHERE id = ?", func(r *rows) { scanned = scanRun(r, run) }, string(id))
	switch {
	case err != nil:
		return nil, err
	case scanned != nil:
		return nil, scanned
	case !found:
		return nil, outbound.ErrNotFound
	}
	if b := s.bodies.find(run.Number, run.stamp); b != nil {
		b.fill(&run.Run)
		return run, nil
	}
	var b body
	if _, err = c.one("SELECT body FROM run_body WHERE number = ?", func(r *rows) { b, scanned = readBody(r.blob(0)) }, run.Number); err != nil {
		return nil, err
	}
	if scanned != nil {
		return nil, scanned
	}
	s.bodies.keep(run.Number, run.stamp, &b)
	b.fill(&run.Run)
	return run, nil
}

// load reads a run whole.
func (s *Store) load(c *conn, id outbound.CampaignID) (*campaign, error) {
	run, err := s.loadHot(c, id)
	if err != nil {
		return nil, err
	}
	_, err = c.one("SELECT sealed FROM run_body WHERE number = ?", func(r *rows) { run.Sealed = r.blob(0) }, run.Number)
	return run, err
}

// save writes what changes often: all but the body.
func save(c *conn, r *campaign) error {
	var waiting any
	if r.Waiting != (outbound.Waiting{}) {
		w := r.Waiting
		w.Until = utc(w.Until)
		text, err := json.Marshal(w)
		if err != nil {
			return fmt.Errorf("waiting: %w", err)
		}
		waiting = string(text)
	}
	n := &r.Counts
	return c.run(`UPDATE run SET version = ?, revision = ?, stamp = ?, state = ?, ended = ?, tail = ?, purged = ?,
		pending = ?, sending = ?, uncertain = ?, accepted = ?, failed = ?, delivered = ?, "read" = ?, skipped = ?, canceled = ?,
		last = ?, cursor = ?, low = ?, begun = ?, open = ?, pieces = ?, taken = ?, duplicate = ?, rejected = ?,
		heartbeat = ?, waiting = ?, sources = ?, addressed = ?, shrunk = ?, erased = ? WHERE number = ?`,
		r.Version, r.Revision, r.stamp, string(r.State), r.Ended, int(r.Tail), r.Purged,
		n.Pending, n.Sending, n.Uncertain, n.Accepted, n.Failed, n.Delivered, n.Read, n.Skipped, n.Canceled,
		r.Last, r.Cursor, r.Low, r.Begun, r.OpenImports, r.Imported.Pieces, r.Imported.Accepted, r.Imported.Duplicate, r.Imported.Rejected,
		r.Heartbeat, waiting, r.sources, r.addressed, r.shrunk, r.erased, r.Number)
}

// normal is a run as it would be read back. A run that was written is not read back in its own transaction, since what is read
// is remembered, and the transaction may yet be rolled back.
func normal(r *campaign) outbound.Run {
	run := r.Run
	b := bodyOf(&run)
	b.fill(&run)
	run.Sealed = slices.Clone(r.Sealed)
	run.Created, run.Ended, run.Heartbeat, run.Waiting.Until = utc(run.Created), utc(run.Ended), utc(run.Heartbeat), utc(run.Waiting.Until)
	return run
}

// saveBody writes the body; the caller saves the rest after it, with the new stamp.
func saveBody(c *conn, r *campaign) error {
	text, err := json.Marshal(bodyOf(&r.Run))
	if err != nil {
		return fmt.Errorf("run: %w", err)
	}
	r.stamp++
	return c.run("INSERT INTO run_body (number, body) VALUES (?, ?) ON CONFLICT (number) DO UPDATE SET body = excluded.body", r.Number, string(text))
}
