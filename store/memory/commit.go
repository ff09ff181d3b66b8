package memory

import (
	"context"
	"maps"
	"time"

	"github.com/outbound-go/outbound"
)

// Commit implements [outbound.Ledger]. A campaign that is gone, or is another touchpoint's, is refused as not running and its outcomes are
// dropped; a Range whose Count is not what it holds is refused for its cursor. It costs O(what the batch names).
func (s *Store) Commit(ctx context.Context, batch outbound.Batch) (outbound.BatchResult, error) {
	if err := s.enter(ctx); err != nil {
		return outbound.BatchResult{}, err
	}
	defer s.mu.Unlock()
	touchpoint := s.touchpoint(batch.Touchpoint)
	if touchpoint.Token != batch.Token {
		return outbound.BatchResult{}, outbound.ErrLeaseLost
	}
	result := outbound.BatchResult{Runs: make([]outbound.RunResult, len(batch.Runs))}
	for i := range batch.Runs {
		result.Runs[i] = s.commitRun(&batch, &batch.Runs[i])
	}
	if batch.Gate != nil || batch.Pace != nil {
		if batch.Gate != nil {
			touchpoint.Gate = *batch.Gate
		}
		if batch.Pace != nil {
			touchpoint.Pace = *batch.Pace
		}
		s.touchpoints[batch.Touchpoint] = touchpoint
	}
	return result, nil
}

func (s *Store) commitRun(batch *outbound.Batch, b *outbound.RunBatch) outbound.RunResult {
	c := s.campaigns[b.Campaign]
	if c == nil || c.run.Touchpoint != batch.Touchpoint {
		return outbound.RunResult{Run: outbound.Run{ID: b.Campaign}, Refused: outbound.RefusedNotRunning}
	}
	for _, o := range b.Outcomes {
		c.settle(o, batch.Now)
	}
	result := outbound.RunResult{Epoch: s.epochs[c.run.Group]}
	if b.Range != nil || len(b.Claims) > 0 {
		result.Refused = s.refusal(c, batch, b)
		if result.Refused == "" {
			if b.Range != nil {
				c.grantRange(b.Range, batch.Now)
			}
			for i := range b.Claims {
				if !c.grantClaim(&b.Claims[i], batch.Now) {
					result.Claims = append(result.Claims, b.Claims[i].Seq)
				}
			}
		}
	}
	r := &c.run
	r.Low = max(r.Low, b.Low)
	if b.Waiting != nil {
		r.Waiting = *b.Waiting
	}
	if len(b.Media) > 0 {
		media := maps.Clone(r.Media)
		if media == nil {
			media = make(map[string]outbound.MediaRef, len(b.Media))
		}
		maps.Copy(media, b.Media)
		r.Media = media
	}
	r.Heartbeat = batch.Now
	c.settled(batch.Now)
	sealed := r.Sealed
	r.Sealed = nil // not worth a copy in every batch
	result.Run = cloneRun(r)
	r.Sealed = sealed
	return result
}

// refusal says why the wants of a campaign are refused, all together; empty = they are granted.
func (s *Store) refusal(c *campaign, batch *outbound.Batch, b *outbound.RunBatch) outbound.Refusal {
	r := &c.run
	if refused := r.Grants(batch.Now); refused != "" {
		return refused
	}
	if r.Tail == outbound.Skipped { // a clock that went back does not bring back what was given up
		return outbound.RefusedExpired
	}
	if r.Tail != outbound.Pending {
		return outbound.RefusedNotRunning
	}
	if len(s.stops) > 0 && (s.stopped(outbound.StopTouchpoint, batch.Touchpoint) || s.stopped(outbound.StopGroup, r.Group)) {
		return outbound.RefusedStopped
	}
	if s.epochs[r.Group] != b.Epoch {
		return outbound.RefusedEpoch
	}
	if b.Range != nil {
		if b.Range.From != r.Cursor || !c.fits(b.Range) {
			return outbound.RefusedCursor
		}
		if r.PauseAfter > 0 && r.Begun+int64(b.Range.Count) > r.PauseAfter {
			return outbound.RefusedPauseAfter
		}
	}
	return ""
}

// fits says whether a range holds what its writer believes: Count deliveries and the decided ones, each once.
func (c *campaign) fits(r *outbound.Range) bool {
	if r.From < 0 || r.To < r.From || r.To > c.run.Last {
		return false
	}
	held := 0
	for seq := r.From + 1; seq <= r.To; seq++ {
		if c.rows.at(seq) != nil {
			held++
		}
	}
	if held != r.Count+len(r.Decided) {
		return false
	}
	var last int64
	var seen map[int64]bool
	for i := range r.Decided {
		d := &r.Decided[i]
		if d.Seq <= r.From || d.Seq > r.To || c.rows.at(d.Seq) == nil {
			return false
		}
		if !decidable(d) {
			return false
		}
		if d.Seq <= last && seen == nil {
			seen = make(map[int64]bool, len(r.Decided))
			for _, earlier := range r.Decided[:i] {
				seen[earlier.Seq] = true
			}
		}
		if seen != nil {
			if seen[d.Seq] {
				return false
			}
			seen[d.Seq] = true
		}
		last = d.Seq
	}
	return true
}

// decidable says whether an outcome settles a delivery without an attempt.
func decidable(d *outbound.Outcome) bool {
	return d.State == outbound.Skipped || d.State == outbound.Pending && !d.Due.IsZero()
}

func (c *campaign) grantRange(r *outbound.Range, now time.Time) {
	for i := range r.Decided {
		c.decide(c.rows.at(r.Decided[i].Seq), &r.Decided[i], now)
	}
	c.run.Cursor = r.To
	c.run.Counts.Move(outbound.Pending, outbound.Sending, int64(r.Count))
	c.run.Begun += int64(r.Count)
}

// decide settles a row without an attempt.
func (c *campaign) decide(row *outbound.Row, d *outbound.Outcome, now time.Time) {
	from, _ := c.run.Effective(row)
	c.unlist(row)
	row.State, row.Due, row.At = d.State, d.Due, now
	row.Class, row.Code, row.Reason, row.Tries = d.Class, d.Code, d.Reason, d.Tries
	c.list(row)
	c.run.Counts.Move(from, d.State, 1)
}

func (c *campaign) grantClaim(claim *outbound.Claim, now time.Time) bool {
	row := c.rows.at(claim.Seq)
	if row == nil || row.Attempt+1 != claim.Attempt || row.Due.After(now) || claim.Decided != nil && !decidable(claim.Decided) {
		return false
	}
	switch row.State {
	case outbound.Pending:
		if !waits(row) { // its first attempt is granted by a range, or was
			return false
		}
	case outbound.Uncertain:
		if c.run.Doubts != outbound.DoubtsResend || row.Due.IsZero() {
			return false
		}
		c.leave(row, outbound.Uncertain)
	default:
		return false
	}
	if claim.Decided != nil {
		c.decide(row, claim.Decided, now)
		return true
	}
	c.unlist(row)
	c.run.Counts.Move(row.State, outbound.Sending, 1)
	row.State, row.Attempt, row.At, row.Due = outbound.Sending, claim.Attempt, now, time.Time{}
	row.Class, row.Code, row.Reason, row.Message = "", "", "", ""
	c.list(row)
	if claim.Attempt == 1 {
		c.run.Begun++
	}
	return true
}
