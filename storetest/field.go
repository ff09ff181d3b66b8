package storetest

import (
	"fmt"
	"time"

	"github.com/outbound-go/outbound"
)

// Names that the cases use. The times of the cases are their own, since stores take the time as an argument.
const (
	shop  = "shop-bot"  // the touchpoint
	acme  = "acme"      // the group
	sale  = "sale"      // the campaign
	list  = "list.csv"  // the import
	owner = "replica-1" // who holds the lease
	someb = "manager-7" // who acts
)

var dawn = time.Date(2026, 3, 1, 9, 0, 0, 123456000, time.UTC)

// field is a campaign with its store, and what its driver would know.
type field struct {
	*check
	s     *audited
	id    outbound.CampaignID
	token int64
	now   time.Time
}

// campaign makes a running campaign of n people, and takes the lease of its touchpoint. The deliveries are numbered from 1
// and go to person(1) and so on.
func (c *check) campaign(n int, alter ...func(*outbound.Run)) *field {
	c.Helper()
	f := &field{check: c, s: c.open(), id: sale, now: dawn}
	f.fill(n, alter...)
	f.lease()
	return f
}

// another makes another campaign on the same store.
func (f *field) another(id outbound.CampaignID, n int, alter ...func(*outbound.Run)) *field {
	f.Helper()
	other := *f
	other.id = id
	other.fill(n, alter...)
	return &other
}

func newRun(id outbound.CampaignID) outbound.Run {
	return outbound.Run{
		ID: id, Group: acme, Touchpoint: shop, Name: "Sale of " + string(id), Purpose: outbound.Marketing,
		Doubts: outbound.DoubtsHold, State: outbound.DraftState, Created: dawn,
	}
}

func person(n int) outbound.NewDelivery {
	return outbound.NewDelivery{
		Address: fmt.Sprintf("10%04d", n), Reference: fmt.Sprintf("customer-%d", n),
		Variables: map[string]string{"name": fmt.Sprintf("Anna %d", n)}, Line: n, Column: 1,
	}
}

func people(from, to int) []outbound.NewDelivery {
	list := make([]outbound.NewDelivery, 0, max(to-from+1, 0))
	for i := from; i <= to; i++ {
		list = append(list, person(i))
	}
	return list
}

func (f *field) fill(n int, alter ...func(*outbound.Run)) {
	f.Helper()
	f.draft(alter...)
	f.importAll(list, people(1, n)...)
	f.update(func(r *outbound.Run) { r.State, r.Started, r.Sealed = outbound.Running, f.now, []byte("sealed") })
}

// draft makes the campaign without people.
func (f *field) draft(alter ...func(*outbound.Run)) {
	f.Helper()
	run := newRun(f.id)
	for _, a := range alter {
		a(&run)
	}
	_, created, err := f.s.CreateRun(f.ctx(), run, outbound.Act{})
	f.must(err)
	same(f.check, "created", created, true)
}

// importAll imports people from a source in one chunk, and finishes it.
func (f *field) importAll(source string, people ...outbound.NewDelivery) {
	f.Helper()
	f.begin(source)
	f.add(source, 0, people...)
	f.finish(source)
}

func (f *field) begin(source string) outbound.ImportRecord {
	f.Helper()
	r, _, err := f.s.BeginImport(f.ctx(), f.now, f.id, source, someb)
	f.must(err)
	return r
}

func (f *field) add(source string, after int64, people ...outbound.NewDelivery) (outbound.ImportRecord, []outbound.Duplicate) {
	f.Helper()
	r, d, err := f.s.AppendImport(f.ctx(), f.now, outbound.ImportChunk{
		Campaign: f.id, Source: source, After: after, Pieces: int64(len(people)), Recipients: people, Digest: []byte("so far"),
	})
	f.must(err)
	return r, d
}

func (f *field) finish(source string) outbound.ImportRecord {
	f.Helper()
	r, err := f.s.FinishImport(f.ctx(), f.now, f.id, source, []byte("all"))
	f.must(err)
	return r
}

// lease takes the lease of the touchpoint, as a new owner does.
func (f *field) lease() {
	f.Helper()
	r, err := f.s.UpdateTouchpoint(f.ctx(), shop, func(t *outbound.TouchpointRecord) (outbound.Act, error) {
		t.Token++
		t.Owner, t.Group, t.Term = owner, acme, 15*time.Second
		return outbound.Act{}, nil
	})
	f.must(err)
	f.token = r.Token
}

func (f *field) tick(d time.Duration) { f.now = f.now.Add(d) }

func (f *field) run() outbound.Run {
	f.Helper()
	r, err := f.s.ReadRun(f.ctx(), f.id)
	f.must(err)
	return r
}

func (f *field) update(change func(*outbound.Run)) outbound.Run {
	f.Helper()
	r, err := f.s.UpdateRun(f.ctx(), f.id, func(r *outbound.Run) (outbound.Act, error) {
		change(r)
		return outbound.Act{}, nil
	})
	f.must(err)
	return r
}

// giveUp ends or expires the campaign as the engine does: the rest is one mark.
func (f *field) giveUp(state outbound.CampaignState, tail outbound.State) {
	f.Helper()
	f.update(func(r *outbound.Run) {
		r.State, r.Tail = state, tail
		r.Counts.Move(outbound.Pending, tail, r.Counts.Pending)
		if state == outbound.CanceledState {
			r.Ended = f.now
		}
	})
}

// rows are all deliveries in order.
func (f *field) rows() []outbound.Row {
	f.Helper()
	rows, err := f.s.Deliveries(f.ctx(), outbound.DeliveryFilter{Campaign: f.id, Limit: 1 << 20})
	f.must(err)
	return rows
}

func (f *field) row(seq int64) outbound.Row {
	f.Helper()
	rows, err := f.s.Deliveries(f.ctx(), outbound.DeliveryFilter{Campaign: f.id, After: seq - 1, Limit: 1})
	f.must(err)
	if len(rows) != 1 || rows[0].Seq != seq {
		f.Fatalf("delivery %d is not there", seq)
	}
	return rows[0]
}

// want wants a delivery in an effective state with an attempt number.
func (f *field) want(seq int64, state outbound.State, attempt int) outbound.Row {
	f.Helper()
	row := f.row(seq)
	if row.State != state || row.Attempt != attempt {
		f.Fatalf("delivery %d is %s with attempt %d, want %s with attempt %d", seq, row.State, row.Attempt, state, attempt)
	}
	return row
}

func (f *field) attempts(seq int64) []outbound.Attempt {
	f.Helper()
	a, err := f.s.Attempts(f.ctx(), f.id, seq)
	f.must(err)
	return a
}

// epoch is the suppression epoch of the group.
func (f *field) epoch() int64 {
	f.Helper()
	_, epoch, err := f.s.Suppressed(f.ctx(), acme, shop, outbound.Marketing, nil)
	f.must(err)
	return epoch
}

// batch is a batch of the lease's owner for the campaign.
func (f *field) batch(b outbound.RunBatch) outbound.Batch {
	b.Campaign = f.id
	return outbound.Batch{Touchpoint: shop, Token: f.token, Now: f.now, Runs: []outbound.RunBatch{b}}
}

// commit commits a batch for the campaign with the epoch as it is.
func (f *field) commit(b outbound.RunBatch) outbound.RunResult {
	f.Helper()
	b.Epoch = f.epoch()
	return f.commitAs(f.batch(b))
}

func (f *field) commitAs(batch outbound.Batch) outbound.RunResult {
	f.Helper()
	r, err := f.s.Commit(f.ctx(), batch)
	f.must(err)
	if len(r.Runs) != len(batch.Runs) {
		f.Fatalf("a commit of %d campaigns has %d results", len(batch.Runs), len(r.Runs))
	}
	return r.Runs[0]
}

// span is the range from the cursor to a number, less the decided.
func (f *field) span(to int64, decided ...outbound.Outcome) *outbound.Range {
	f.Helper()
	r := f.run()
	return &outbound.Range{From: r.Cursor, To: to, Count: int(to-r.Cursor) - len(decided), Decided: decided}
}

// grant grants the first attempts up to a number.
func (f *field) grant(to int64, decided ...outbound.Outcome) outbound.RunResult {
	f.Helper()
	r := f.commit(outbound.RunBatch{Range: f.span(to, decided...)})
	same(f.check, "Refused", r.Refused, "")
	return r
}

// claim grants another attempt of a delivery.
func (f *field) claim(seq int64, attempt int) {
	f.Helper()
	r := f.commit(outbound.RunBatch{Claims: []outbound.Claim{{Seq: seq, Attempt: attempt}}})
	same(f.check, "Refused", r.Refused, "")
	if len(r.Claims) > 0 {
		f.Fatalf("the claim of delivery %d for attempt %d was refused", seq, attempt)
	}
}

// settle makes outcomes durable under the lease.
func (f *field) settle(outcomes ...outbound.Outcome) outbound.RunResult {
	f.Helper()
	return f.commit(outbound.RunBatch{Outcomes: outcomes})
}

func accepted(seq int64, attempt int) outbound.Outcome {
	return outbound.Outcome{Seq: seq, Attempt: attempt, State: outbound.Accepted, Message: fmt.Sprintf("m%d.%d", seq, attempt)}
}

func failed(seq int64, attempt int) outbound.Outcome {
	return outbound.Outcome{Seq: seq, Attempt: attempt, State: outbound.Failed, Class: outbound.ClassRecipient, Code: "403", Reason: outbound.ReasonBlocked}
}

func uncertain(seq int64, attempt int, due time.Time) outbound.Outcome {
	return outbound.Outcome{Seq: seq, Attempt: attempt, State: outbound.Uncertain, Due: due, Class: outbound.ClassAmbiguous, Code: "502", Reason: outbound.ReasonNoAnswer}
}

func again(seq int64, attempt int, due time.Time) outbound.Outcome {
	return outbound.Outcome{Seq: seq, Attempt: attempt, State: outbound.Pending, Due: due, Tries: attempt, Class: outbound.ClassTransient, Code: "503", Reason: outbound.ReasonUnavailable}
}

func held(seq int64, due time.Time) outbound.Outcome {
	return outbound.Outcome{Seq: seq, State: outbound.Pending, Due: due, Reason: outbound.ReasonPolicy}
}

func skipped(seq int64) outbound.Outcome {
	return outbound.Outcome{Seq: seq, State: outbound.Skipped, Reason: outbound.ReasonSuppressed}
}

func withResend(r *outbound.Run) { r.Doubts = outbound.DoubtsResend }

func act(action string) outbound.Act {
	return outbound.Act{Campaign: sale, Touchpoint: shop, Group: acme, At: dawn, Actor: someb, Action: action, Detail: "detail of " + action}
}

// wantActs wants these actions on record for the whole store, oldest first.
func (f *field) wantActs(actions ...string) {
	f.Helper()
	acts, err := f.s.Acts(f.ctx(), "", 0, 1000)
	f.must(err)
	got := make([]string, len(acts))
	for i := range acts {
		got[i] = acts[i].Action
	}
	same(f.check, "the recorded actions", got, actions)
}
