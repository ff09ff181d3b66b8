package storetest

import (
	"slices"
	"time"

	"github.com/outbound-go/outbound"
)

// model is what a store is, said as plainly as can be: lists that are searched from their beginning, and counters that are
// counted anew. It rests on Run.Settle and Run.Effective, as stores do.
type model struct {
	epochs map[string]int64
	stops  map[outbound.StopScope]map[string]bool
	runs   []*modelRun
}

// modelRun is one campaign of the model. Its Counts are set by recount.
type modelRun struct {
	outbound.Run
	rows     []outbound.Row // as they are stored
	attempts map[int64][]outbound.Attempt
	loose    map[int64]bool // deliveries whose earlier attempts the contract leaves open
	imports  []outbound.ImportRecord
	numbered int
}

func newModel() *model {
	return &model{epochs: map[string]int64{}, stops: map[outbound.StopScope]map[string]bool{outbound.StopGroup: {}, outbound.StopTouchpoint: {}}}
}

func (m *model) run(id outbound.CampaignID) *modelRun {
	for _, r := range m.runs {
		if r.ID == id {
			return r
		}
	}
	return nil
}

func (r *modelRun) row(seq int64) *outbound.Row {
	for i := range r.rows {
		if r.rows[i].Seq == seq {
			return &r.rows[i]
		}
	}
	return nil
}

func (r *modelRun) recount() {
	r.Counts = outbound.Counts{}
	for i := range r.rows {
		state, _ := r.Effective(&r.rows[i])
		*r.Counts.Of(state)++
	}
}

// settled is what the campaign becomes after its deliveries changed.
func (r *modelRun) settled(now time.Time) {
	r.recount()
	if r.State == outbound.Completed && r.Counts.Pending > 0 {
		r.State, r.Ended, r.Heartbeat = outbound.Running, time.Time{}, now
	}
	r.CompleteIfDone(now)
}

func (r *modelRun) leave(row *outbound.Row, state outbound.State) {
	r.attempts[row.Seq] = append(r.attempts[row.Seq], outbound.Attempt{
		Number: row.Attempt, State: state, At: row.At, Class: row.Class, Code: row.Code, Reason: row.Reason, Message: row.Message,
	})
}

// apply applies outcomes and returns how many changed something.
func (r *modelRun) apply(outcomes []outbound.Outcome, now time.Time) (applied int) {
	for _, o := range outcomes {
		row := r.row(o.Seq)
		if row == nil {
			continue
		}
		if _, _, ok := r.Settle(row, o, now); !ok {
			continue
		}
		applied++
		if o.State == outbound.Pending {
			r.loose[o.Seq] = r.loose[o.Seq] || r.Tail != outbound.Pending
			r.leave(row, outbound.Pending)
		}
	}
	return applied
}

// commit is Ledger.Commit of one campaign. reasons are all that speak against the wants; a store names one of them.
func (m *model) commit(b *outbound.RunBatch, touchpoint string, now time.Time) (reasons []outbound.Refusal, refused []int64) {
	r := m.run(b.Campaign)
	r.apply(b.Outcomes, now)
	if b.Range != nil || len(b.Claims) > 0 {
		if reasons = m.refusals(r, b, touchpoint, now); len(reasons) == 0 {
			if b.Range != nil {
				r.grantRange(b.Range, now)
			}
			for i := range b.Claims {
				if !r.claim(&b.Claims[i], now) {
					refused = append(refused, b.Claims[i].Seq)
				}
			}
		}
	}
	r.Low = max(r.Low, b.Low)
	if b.Waiting != nil {
		r.Waiting = *b.Waiting
	}
	r.Heartbeat = now
	r.settled(now)
	return reasons, refused
}

func (m *model) refusals(r *modelRun, b *outbound.RunBatch, touchpoint string, now time.Time) (reasons []outbound.Refusal) {
	if r.State != outbound.Running {
		reasons = append(reasons, outbound.RefusedNotRunning)
	}
	if !r.NotAfter.IsZero() && !now.Before(r.NotAfter) || r.Tail == outbound.Skipped {
		reasons = append(reasons, outbound.RefusedExpired)
	}
	if m.stops[outbound.StopTouchpoint][touchpoint] || m.stops[outbound.StopGroup][r.Group] {
		reasons = append(reasons, outbound.RefusedStopped)
	}
	if b.Epoch != m.epochs[r.Group] {
		reasons = append(reasons, outbound.RefusedEpoch)
	}
	if b.Range == nil {
		return reasons
	}
	held := 0
	for i := range r.rows {
		if seq := r.rows[i].Seq; seq > b.Range.From && seq <= b.Range.To {
			held++
		}
	}
	if b.Range.From != r.Cursor || b.Range.To > r.Last || held != b.Range.Count+len(b.Range.Decided) {
		reasons = append(reasons, outbound.RefusedCursor)
	}
	if r.PauseAfter > 0 && r.Begun+int64(b.Range.Count) > r.PauseAfter {
		reasons = append(reasons, outbound.RefusedPauseAfter)
	}
	return reasons
}

func (r *modelRun) grantRange(want *outbound.Range, now time.Time) {
	for i := range want.Decided {
		decide(r.row(want.Decided[i].Seq), &want.Decided[i], now)
	}
	r.Cursor = want.To
	r.Begun += int64(want.Count)
}

func decide(row *outbound.Row, d *outbound.Outcome, now time.Time) {
	row.State, row.Due, row.At = d.State, d.Due, now
	row.Class, row.Code, row.Reason, row.Tries = d.Class, d.Code, d.Reason, d.Tries
}

func (r *modelRun) claim(want *outbound.Claim, now time.Time) bool {
	row := r.row(want.Seq)
	if row == nil || row.Attempt != want.Attempt-1 || row.Due.IsZero() || row.Due.After(now) {
		return false
	}
	if row.State != outbound.Pending && (row.State != outbound.Uncertain || r.Doubts != outbound.DoubtsResend) {
		return false
	}
	if row.State == outbound.Uncertain {
		r.leave(row, outbound.Uncertain)
	}
	if want.Decided != nil {
		r.loose[want.Seq] = r.loose[want.Seq] || row.State == outbound.Uncertain
		decide(row, want.Decided, now)
		return true
	}
	row.State, row.Attempt, row.At, row.Due = outbound.Sending, want.Attempt, now, time.Time{}
	row.Class, row.Code, row.Reason, row.Message = "", "", "", ""
	if want.Attempt == 1 {
		r.Begun++
	}
	return true
}

func (m *model) recover(now, resend time.Time) (doubts int64) {
	for _, r := range m.runs {
		for i := range r.rows {
			row := &r.rows[i]
			state, attempt := r.Effective(row)
			if state != outbound.Sending {
				continue
			}
			row.State, row.Attempt, row.At, row.Due = outbound.Uncertain, attempt, now, time.Time{}
			if r.Doubts == outbound.DoubtsResend {
				row.Due = resend
			}
			row.Class, row.Code, row.Reason = outbound.ClassAmbiguous, "", outbound.ReasonCrash
			doubts++
		}
		r.settled(now)
	}
	return doubts
}

// reopen is Ledger.Reopen without a limit.
func (r *modelRun) reopen(re *outbound.Reopening, now time.Time) (moved int) {
	for i := range r.rows {
		row := &r.rows[i]
		if !re.Matches(row) {
			continue
		}
		r.leave(row, row.State)
		row.State, row.At, row.Due, row.Tries = outbound.Pending, now, re.Due, 0
		row.Class, row.Code, row.Reason, row.Message = "", "", "", ""
		moved++
	}
	if moved > 0 {
		r.settled(now)
	}
	return moved
}

// low is the highest number up to which every first attempt has an outcome.
func (r *modelRun) low() int64 {
	for i := range r.rows {
		row := &r.rows[i]
		if state, _ := r.Effective(row); row.Seq <= r.Cursor && row.State == outbound.Pending && state == outbound.Sending {
			return row.Seq - 1
		}
	}
	return r.Cursor
}

// waitingRows are the deliveries that wait for an attempt of their own row, by their Due.
func (r *modelRun) waitingRows() []outbound.Row {
	var rows []outbound.Row
	for i := range r.rows {
		row := r.rows[i]
		doubt := row.State == outbound.Uncertain && r.Doubts == outbound.DoubtsResend
		if !row.Due.IsZero() && r.Tail == outbound.Pending && (row.State == outbound.Pending || doubt) {
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(a, b outbound.Row) int { return a.Due.Compare(b.Due) })
	return rows
}

// shown is a row as a store returns it.
func (r *modelRun) shown(row outbound.Row) outbound.Row {
	row.State, row.Attempt = r.Effective(&row)
	return row
}
