package sqlite

import (
	"time"

	"github.com/outbound-go/outbound"
)

// grant grants the wants of a batch, or says why not.
func grant(c *conn, r *campaign, batch *outbound.Batch, b *outbound.RunBatch, result *outbound.RunResult) error {
	var err error
	if result.Refused, err = refusal(c, r, batch, b, result.Epoch); err != nil || result.Refused != "" {
		return err
	}
	if b.Range != nil {
		if err := grantRange(c, r, b.Range, batch.Now); err != nil {
			return err
		}
	}
	for i := range b.Claims {
		ok, err := grantClaim(c, r, &b.Claims[i], batch.Now)
		if err != nil {
			return err
		}
		if !ok {
			result.Claims = append(result.Claims, b.Claims[i].Seq)
		}
	}
	return nil
}

// refusal says why the wants of a campaign are refused, all together; empty = they are granted.
func refusal(c *conn, r *campaign, batch *outbound.Batch, b *outbound.RunBatch, epoch int64) (outbound.Refusal, error) {
	if refused := r.Grants(batch.Now); refused != "" {
		return refused, nil
	}
	switch r.Tail { // a clock that went back does not bring back what was given up
	case outbound.Skipped:
		return outbound.RefusedExpired, nil
	case outbound.Canceled:
		return outbound.RefusedNotRunning, nil
	default: // there is no tail
	}
	stops, err := c.number("SELECT count(*) FROM stop WHERE (scope = 'touchpoint' AND name = ?) OR (scope = 'group' AND name = ?)", batch.Touchpoint, r.Group)
	switch {
	case err != nil:
		return "", err
	case stops > 0:
		return outbound.RefusedStopped, nil
	case epoch != b.Epoch:
		return outbound.RefusedEpoch, nil
	case b.Range == nil:
		return "", nil
	}
	fits := b.Range.From == r.Cursor
	if fits {
		if fits, err = rangeFits(c, r, b.Range); err != nil {
			return "", err
		}
	}
	switch {
	case !fits:
		return outbound.RefusedCursor, nil
	case r.PauseAfter > 0 && r.Begun+int64(b.Range.Count) > r.PauseAfter:
		return outbound.RefusedPauseAfter, nil
	}
	return "", nil
}

// rangeFits says whether a range holds what its writer believes: Count deliveries and the decided ones, each once. Above
// the cursor nothing has an outcome row, so it is a count of numbers, or of rows where numbers are missing.
func rangeFits(c *conn, r *campaign, want *outbound.Range) (bool, error) {
	if want.To < want.From || want.To > r.Last || want.Count < 0 {
		return false, nil
	}
	held, dense := want.To-want.From, r.dense()
	if !dense {
		var err error
		if held, err = c.number("SELECT count(*) FROM delivery WHERE id > ? AND id <= ?", r.base()|want.From, r.base()|want.To); err != nil {
			return false, err
		}
	}
	if held != int64(want.Count+len(want.Decided)) {
		return false, nil
	}
	seen := make(map[int64]bool, len(want.Decided))
	for i := range want.Decided {
		d := &want.Decided[i]
		if d.Seq <= want.From || d.Seq > want.To || seen[d.Seq] || !decidable(d) {
			return false, nil
		}
		seen[d.Seq] = true
		if dense {
			continue
		}
		if n, err := c.number("SELECT 1 FROM delivery WHERE id = ?", r.base()|d.Seq); err != nil || n == 0 {
			return false, err
		}
	}
	return true, nil
}

// decidable says whether an outcome is one that settles a delivery without an attempt.
func decidable(d *outbound.Outcome) bool {
	return d.State == outbound.Skipped || d.State == outbound.Pending && !d.Due.IsZero()
}

func grantRange(c *conn, r *campaign, want *outbound.Range, now time.Time) error {
	for i := range want.Decided {
		d := &want.Decided[i]
		row := outbound.Row{Seq: d.Seq}
		if err := decide(c, r, &row, d, now); err != nil {
			return err
		}
	}
	r.Cursor = want.To
	r.Counts.Move(outbound.Pending, outbound.Sending, int64(want.Count))
	r.Begun += int64(want.Count)
	return nil
}

// decide settles a row without an attempt.
func decide(c *conn, r *campaign, row *outbound.Row, d *outbound.Outcome, now time.Time) error {
	r.Counts.Move(row.State, d.State, 1)
	row.State, row.Due, row.At = d.State, d.Due, now
	row.Class, row.Code, row.Reason, row.Tries = d.Class, d.Code, d.Reason, d.Tries
	return saveRow(c, r.id(row.Seq), row)
}

// grantClaim grants an attempt that a row of its own waits for.
func grantClaim(c *conn, r *campaign, claim *outbound.Claim, now time.Time) (bool, error) {
	if claim.Decided != nil && !decidable(claim.Decided) {
		return false, nil
	}
	id := r.id(claim.Seq)
	row, found, exists, err := loadRow(c, id)
	if err != nil || !found || !exists || row.Attempt+1 != claim.Attempt || row.Due.After(now) {
		return false, err
	}
	switch row.State {
	case outbound.Pending:
	case outbound.Uncertain:
		if r.Doubts != outbound.DoubtsResend || row.Due.IsZero() {
			return false, nil
		}
		if err := leave(c, id, &row, outbound.Uncertain); err != nil {
			return false, err
		}
	default:
		return false, nil
	}
	if claim.Decided != nil {
		return true, decide(c, r, &row, claim.Decided, now)
	}
	r.Counts.Move(row.State, outbound.Sending, 1)
	row.State, row.Attempt, row.At, row.Due = outbound.Sending, claim.Attempt, now, time.Time{}
	row.Class, row.Code, row.Reason, row.Message = "", "", "", ""
	if claim.Attempt == 1 {
		r.Begun++
	}
	return true, saveRow(c, id, &row)
}
