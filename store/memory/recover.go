package memory

import (
	"context"
	"time"

	"github.com/outbound-go/outbound"
)

// Recover implements [outbound.Ledger]. It looks at the outstanding ranges and at the rows in sending, and at no others.
// The rows get ClassAmbiguous and ReasonCrash; Run.Low rises to the cursor, since every first attempt up to it has an outcome then.
func (s *Store) Recover(ctx context.Context, now time.Time, touchpoint string, token int64, resend time.Time) (int64, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	if s.touchpoint(touchpoint).Token != token {
		return 0, outbound.ErrLeaseLost
	}
	var doubts int64
	for _, c := range s.order {
		if c.run.Touchpoint == touchpoint && c.run.Counts.Sending > 0 {
			doubts += c.doubt(now, resend)
		}
	}
	return doubts, nil
}

// doubt turns what is in flight into uncertain.
func (c *campaign) doubt(now, resend time.Time) int64 {
	if c.run.Doubts != outbound.DoubtsResend {
		resend = time.Time{}
	}
	var n int64
	uncertain := func(row *outbound.Row, attempt int) {
		c.unlist(row)
		row.State, row.Attempt, row.At, row.Due = outbound.Uncertain, attempt, now, resend
		row.Class, row.Code, row.Reason = outbound.ClassAmbiguous, "", outbound.ReasonCrash
		c.list(row)
		n++
	}
	for row := range c.rows.above(c.run.Low) {
		if row.Seq > c.run.Cursor {
			break
		}
		if row.State == outbound.Pending && !waits(row) {
			uncertain(row, 1)
		}
	}
	for seq := range c.sending {
		row := c.rows.at(seq)
		uncertain(row, row.Attempt)
	}
	c.run.Counts.Move(outbound.Sending, outbound.Uncertain, n)
	c.run.Low = max(c.run.Low, c.run.Cursor)
	c.settled(now)
	return n
}
