package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/outbound-go/outbound"
)

// touchpointBody is a touchpoint's record as JSON. Fields are only ever added.
type touchpointBody struct {
	Group   string        `json:"group,omitempty"`
	Owner   string        `json:"owner,omitempty"`
	Beat    int64         `json:"beat,omitempty"`
	Term    time.Duration `json:"term,omitempty"`
	Active  time.Time     `json:"active,omitzero"`
	Account string        `json:"account,omitempty"`
	Title   string        `json:"title,omitempty"`
	Gate    outbound.Gate `json:"gate,omitzero"`
	Pace    outbound.Pace `json:"pace,omitzero"`
	Counter int64         `json:"counter,omitempty"`
}

func scanTouchpoint(r *rows, t *outbound.TouchpointRecord) error {
	var b touchpointBody
	if err := json.Unmarshal(r.blob(2), &b); err != nil {
		return corrupt("touchpoint", err)
	}
	*t = outbound.TouchpointRecord{
		Name: r.text(0), Token: r.int(1), Group: b.Group, Owner: b.Owner, Beat: b.Beat, Term: b.Term, Active: b.Active, Account: b.Account,
		Title: b.Title, Gate: b.Gate, Pace: b.Pace, Counter: b.Counter,
	}
	return nil
}

// touchpoint reads a record, zero but for the name if there is none.
func touchpoint(c *conn, name string) (outbound.TouchpointRecord, error) {
	t := outbound.TouchpointRecord{Name: name}
	var scanned error
	_, err := c.one("SELECT name, token, body FROM touchpoint WHERE name = ?", func(r *rows) { scanned = scanTouchpoint(r, &t) }, name)
	if err == nil {
		err = scanned
	}
	return t, err
}

// saveTouchpoint writes a record, with its times as they will be read.
func saveTouchpoint(c *conn, t *outbound.TouchpointRecord) error {
	t.Active, t.Gate.Since, t.Gate.Until, t.Pace.At = utc(t.Active), utc(t.Gate.Since), utc(t.Gate.Until), utc(t.Pace.At)
	text, err := json.Marshal(touchpointBody{t.Group, t.Owner, t.Beat, t.Term, t.Active, t.Account, t.Title, t.Gate, t.Pace, t.Counter})
	if err != nil {
		return fmt.Errorf("touchpoint: %w", err)
	}
	return c.run("INSERT INTO touchpoint (name, token, body) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET token = excluded.token, body = excluded.body", t.Name, t.Token, string(text))
}

// ReadTouchpoint implements [outbound.Ledger].
func (s *Store) ReadTouchpoint(ctx context.Context, name string) (t outbound.TouchpointRecord, err error) {
	err = s.view(ctx, "read touchpoint", func(c *conn) (err error) {
		t, err = touchpoint(c, name)
		return err
	})
	return t, err
}

// ListTouchpoints implements [outbound.Ledger].
func (s *Store) ListTouchpoints(ctx context.Context) ([]outbound.TouchpointRecord, error) {
	var found []outbound.TouchpointRecord
	err := s.view(ctx, "list touchpoints", func(c *conn) error {
		return c.each(ctx, "SELECT name, token, body FROM touchpoint ORDER BY name", func(r *rows) error {
			var t outbound.TouchpointRecord
			err := scanTouchpoint(r, &t)
			found = append(found, t)
			return err
		})
	})
	return found, err
}

// UpdateTouchpoint implements [outbound.Ledger]. change runs inside of the write transaction and must not call the store.
func (s *Store) UpdateTouchpoint(ctx context.Context, name string, change func(*outbound.TouchpointRecord) (outbound.Act, error)) (outbound.TouchpointRecord, error) {
	var updated outbound.TouchpointRecord
	var refused error
	err := s.write(ctx, "update touchpoint", func(c *conn) error {
		t, err := touchpoint(c, name)
		if err != nil {
			return err
		}
		act, err := change(&t)
		if err != nil {
			refused = err
			return err
		}
		t.Name = name
		if err := saveTouchpoint(c, &t); err != nil {
			return err
		}
		updated = t
		return record(c, act)
	})
	if refused != nil {
		return outbound.TouchpointRecord{}, refused
	}
	return updated, err
}
