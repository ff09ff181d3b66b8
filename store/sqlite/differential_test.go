package sqlite_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/store/memory"
	"github.com/outbound-go/outbound/store/sqlite"
)

// TestRandomCallsDoWhatTheReferenceDoes makes the same random calls to this store and to the one in memory, which does everything
// the plain way, and compares every answer.
func TestRandomCallsDoWhatTheReferenceDoes(t *testing.T) {
	t.Parallel()
	for range 6 {
		seed := rand.Uint64()
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			newTwins(t, seed).play(500)
		})
	}
}

type twins struct {
	*testing.T
	r    *rand.Rand
	want *memory.Store
	got  *sqlite.Store
	path string
	now  time.Time
	ids  []outbound.CampaignID
}

func newTwins(t *testing.T, seed uint64) *twins {
	w := &twins{T: t, r: rand.New(rand.NewPCG(seed, 1)), want: memory.New(), path: filepath.Join(t.TempDir(), "twin.db"), now: start}
	w.reopen()
	t.Cleanup(func() { check(t, w.got.Close()) })
	for i := range 3 {
		id := outbound.CampaignID(fmt.Sprint("c", i))
		w.ids = append(w.ids, id)
		doubts := outbound.DoubtsHold
		if i == 1 {
			doubts = outbound.DoubtsResend
		}
		run := outbound.Run{ID: id, Group: "g", Touchpoint: "bot", State: outbound.DraftState, Doubts: doubts, Created: start, Labels: []string{"a", id2label(i)}, PauseAfter: int64(i * 40)}
		w.both("create", func(s outbound.Store) (any, error) {
			r, created, err := s.CreateRun(t.Context(), run, outbound.Act{Campaign: id, Action: "create", At: start})
			return []any{r, created}, err
		})
	}
	w.both("lease", func(s outbound.Store) (any, error) {
		return s.UpdateTouchpoint(t.Context(), "bot", func(r *outbound.TouchpointRecord) (outbound.Act, error) {
			r.Token = 1
			return outbound.Act{}, nil
		})
	})
	return w
}

func id2label(i int) string { return string(rune('x' + i)) }

func (w *twins) reopen() {
	if w.got != nil {
		check(w, w.got.Close())
	}
	var err error
	w.got, err = sqlite.Open(w.Context(), w.path)
	check(w, err)
}

// both makes a call to both stores and compares the answers, and errors by their sentinels.
func (w *twins) both(what string, call func(outbound.Store) (any, error)) any {
	w.Helper()
	want, wantErr := call(w.want)
	got, gotErr := call(w.got)
	if (wantErr == nil) != (gotErr == nil) {
		w.Fatalf("%s: got error %v, want %v", what, gotErr, wantErr)
	}
	for _, e := range []error{outbound.ErrNotFound, outbound.ErrState, outbound.ErrConflict, outbound.ErrLeaseLost, outbound.ErrInvalid} {
		if errors.Is(wantErr, e) != errors.Is(gotErr, e) {
			w.Fatalf("%s: got error %v, want %v", what, gotErr, wantErr)
		}
	}
	if wantErr == nil && !reflect.DeepEqual(got, want) {
		w.Fatalf("%s:\n got %+v\nwant %+v", what, got, want)
	}
	return want
}

func (w *twins) id() outbound.CampaignID { return w.ids[w.r.IntN(len(w.ids))] }

func (w *twins) run(id outbound.CampaignID) outbound.Run {
	run, err := w.want.ReadRun(w.Context(), id)
	if err != nil && !errors.Is(err, outbound.ErrNotFound) {
		w.Fatal(err)
	}
	return run
}

func (w *twins) play(steps int) {
	for range steps {
		w.now = w.now.Add(time.Duration(w.r.IntN(3000)) * time.Millisecond)
		switch n := w.r.IntN(100); {
		case n < 20:
			w.importSomething()
		case n < 26:
			w.changeState()
		case n < 70:
			w.commit()
		case n < 76:
			w.settle()
		case n < 80:
			w.recover()
		case n < 84:
			w.reopenDeliveries()
		case n < 87:
			w.erase()
		case n < 88:
			w.reopen()
		case n < 89:
			w.removeSomething()
		case n < 90:
			w.suppress()
		default:
			w.look()
		}
	}
	for range 30 {
		w.look()
	}
	w.sums()
}

func (w *twins) sums() {
	for _, id := range w.ids {
		run, err := w.got.ReadRun(w.Context(), id)
		if errors.Is(err, outbound.ErrNotFound) || run.Purged {
			continue
		}
		check(w, err)
		count, err := w.got.Count(w.Context(), id)
		check(w, err)
		if run.Counts != count {
			w.Fatalf("counters %+v, counted %+v", run.Counts, count)
		}
	}
}

func (w *twins) importSomething() {
	id, source := w.id(), fmt.Sprint("s", w.r.IntN(3))
	if w.r.IntN(25) == 0 {
		limit := w.r.IntN(20)
		w.both("remove import", func(s outbound.Store) (any, error) { return s.RemoveImport(w.Context(), id, source, limit) })
		return
	}
	record, _ := w.both("begin import", func(s outbound.Store) (any, error) {
		r, created, err := s.BeginImport(w.Context(), w.now, id, source, "me")
		return []any{r, created}, err
	}).([]any)[0].(outbound.ImportRecord)
	chunk := outbound.ImportChunk{Campaign: id, Source: source, After: record.Pieces, Digest: []byte{byte(w.r.IntN(256))}}
	if w.r.IntN(20) == 0 {
		chunk.After++
	}
	for range w.r.IntN(40) {
		n := outbound.NewDelivery{Address: fmt.Sprint(w.r.IntN(120)), Line: w.r.IntN(9), Column: w.r.IntN(3)}
		if w.r.IntN(6) == 0 {
			n.Key, n.Reference = fmt.Sprint("k", w.r.IntN(3)), fmt.Sprint("r", w.r.IntN(9))
		}
		if w.r.IntN(4) == 0 {
			n.Variables = map[string]string{"name": fmt.Sprint("n", w.r.IntN(9)), "empty": ""}
		}
		chunk.Recipients = append(chunk.Recipients, n)
	}
	chunk.Rejected = int64(w.r.IntN(3))
	for i := range chunk.Rejected {
		chunk.Rejections = append(chunk.Rejections, outbound.Rejection{Piece: fmt.Sprint("bad ", w.r.IntN(120)), Line: int(i), Problem: outbound.Problem{Code: "x", Message: "wrong", Params: map[string]string{"a": "b"}}})
	}
	chunk.Pieces = chunk.Rejected + int64(len(chunk.Recipients))
	w.both("append", func(s outbound.Store) (any, error) {
		r, d, err := s.AppendImport(w.Context(), w.now, chunk)
		return []any{r, d}, err
	})
	if w.r.IntN(3) == 0 {
		w.both("finish", func(s outbound.Store) (any, error) {
			return s.FinishImport(w.Context(), w.now, id, source, []byte("digest"))
		})
	}
}

func (w *twins) changeState() {
	id := w.id()
	n := w.r.IntN(20)
	w.both("update run", func(s outbound.Store) (any, error) {
		return s.UpdateRun(w.Context(), id, func(r *outbound.Run) (outbound.Act, error) {
			switch {
			case r.State == outbound.DraftState && (r.Counts.Total() < 60 || n < 12):
				r.Revision++
			case n == 0 && r.Tail == outbound.Pending:
				r.Counts.Move(outbound.Pending, outbound.Canceled, r.Counts.Pending)
				r.State, r.Tail, r.Ended = outbound.CanceledState, outbound.Canceled, w.now
			case n < 4:
				r.State = outbound.Paused
			case n == 5:
				return outbound.Act{}, outbound.ErrConflict
			case r.State != outbound.CanceledState:
				r.State, r.Sealed, r.PauseAfter = outbound.Running, []byte("sealed"), 0
			}
			return outbound.Act{Campaign: r.ID, Action: "change", At: w.now}, nil
		})
	})
}

// rows are the deliveries of a run, as the reference has them.
func (w *twins) rows(id outbound.CampaignID) []outbound.Row {
	rows, err := w.want.Deliveries(w.Context(), outbound.DeliveryFilter{Campaign: id, Limit: -1})
	check(w, err)
	return rows
}

func (w *twins) outcomes(rows []outbound.Row, n int) []outbound.Outcome {
	var outcomes []outbound.Outcome
	for range n {
		if len(rows) == 0 {
			break
		}
		row := rows[w.r.IntN(len(rows))]
		o := outbound.Outcome{Seq: row.Seq, Attempt: row.Attempt, State: outbound.State(2 + w.r.IntN(6))}
		switch w.r.IntN(12) {
		case 0:
			o.Attempt++
		case 1:
			o.Address = fmt.Sprint(200 + w.r.IntN(20))
		case 2:
			o.Seq += int64(w.r.IntN(5))
		}
		if w.r.IntN(4) == 0 {
			o.State, o.Due, o.Tries = outbound.Pending, w.now.Add(time.Duration(w.r.IntN(5000))*time.Millisecond), 1
		}
		if o.State == outbound.Uncertain && w.r.IntN(2) == 0 {
			o.Due = w.now.Add(time.Second)
		}
		switch o.State {
		case outbound.Accepted:
			o.Message = fmt.Sprint("m", w.r.IntN(1000))
		case outbound.Failed, outbound.Skipped, outbound.Pending:
			o.Class, o.Code, o.Reason = outbound.ClassRecipient, "403", "blocked"
		}
		outcomes = append(outcomes, o)
	}
	return outcomes
}

func (w *twins) commit() {
	batch := outbound.Batch{Touchpoint: "bot", Token: 1, Now: w.now}
	if w.r.IntN(40) == 0 {
		batch.Token = 2
	}
	if w.r.IntN(10) == 0 {
		batch.Gate = &outbound.Gate{Kind: outbound.GateThrottle, Until: w.now}
	}
	for _, id := range w.ids {
		if w.r.IntN(3) == 0 {
			continue
		}
		run, rows := w.run(id), w.rows(id)
		_, epoch, err := w.want.Suppressed(w.Context(), "g", "bot", outbound.Marketing, nil)
		check(w, err)
		b := outbound.RunBatch{Campaign: id, Epoch: epoch, Outcomes: w.outcomes(rows, w.r.IntN(12))}
		sending := slices.DeleteFunc(slices.Clone(rows), func(r outbound.Row) bool { return r.State != outbound.Sending })
		b.Outcomes = append(b.Outcomes, w.outcomes(sending, w.r.IntN(20))...)
		if w.r.IntN(2) == 0 {
			b.Range = w.aRange(&run, rows)
		}
		due, _, err := w.want.Due(w.Context(), id, w.now, 5)
		if err == nil {
			for _, row := range due {
				c := outbound.Claim{Seq: row.Seq, Attempt: row.Attempt + 1}
				switch w.r.IntN(6) {
				case 0:
					c.Decided = &outbound.Outcome{Seq: row.Seq, State: outbound.Skipped, Reason: "suppressed"}
				case 1:
					c.Decided = &outbound.Outcome{Seq: row.Seq, State: outbound.Pending, Due: w.now.Add(time.Second), Reason: "quiet"}
				case 2:
					c.Attempt++
				}
				b.Claims = append(b.Claims, c)
			}
		}
		if w.r.IntN(10) == 0 {
			b.Waiting = &outbound.Waiting{Code: "rate", Until: w.now}
			b.Media = map[string]outbound.MediaRef{fmt.Sprint(w.r.IntN(3)): {Ref: "ref", Expires: w.now}}
		}
		if w.r.IntN(10) == 0 {
			b.Epoch--
		}
		// Low rises as the engine raises it: up to the first number whose first attempt has no outcome.
		b.Low = run.Cursor
		for _, row := range rows {
			if row.State == outbound.Sending && row.Attempt == 1 {
				b.Low = min(b.Low, row.Seq-1)
				break
			}
		}
		if w.r.IntN(2) == 0 {
			b.Low = 0
		}
		batch.Runs = append(batch.Runs, b)
	}
	times := 1
	if w.r.IntN(8) == 0 {
		times = 2 // a batch may be repeated
	}
	for range times {
		w.both("commit", func(s outbound.Store) (any, error) { return s.Commit(w.Context(), batch) })
	}
}

func (w *twins) aRange(run *outbound.Run, rows []outbound.Row) *outbound.Range {
	r := &outbound.Range{From: run.Cursor, To: min(run.Last, run.Cursor+int64(w.r.IntN(15)))}
	for _, row := range rows {
		if row.Seq <= r.From || row.Seq > r.To {
			continue
		}
		switch w.r.IntN(8) {
		case 0:
			r.Decided = append(r.Decided, outbound.Outcome{Seq: row.Seq, State: outbound.Skipped, Reason: "suppressed", Class: outbound.ClassRecipient})
		case 1:
			r.Decided = append(r.Decided, outbound.Outcome{Seq: row.Seq, State: outbound.Pending, Due: w.now.Add(time.Second), Reason: "quiet"})
		default:
			r.Count++
		}
	}
	switch w.r.IntN(20) {
	case 0:
		r.Count++
	case 1:
		r.From++
	case 2:
		r.To = run.Last + 1
	}
	return r
}

func (w *twins) settle() {
	id := w.id()
	outcomes := w.outcomes(w.rows(id), w.r.IntN(10))
	w.both("settle", func(s outbound.Store) (any, error) {
		return s.Settle(w.Context(), w.now, id, outcomes, outbound.Act{Campaign: id, Action: "settle", At: w.now})
	})
}

func (w *twins) recover() {
	resend := w.now.Add(2 * time.Second)
	w.both("recover", func(s outbound.Store) (any, error) { return s.Recover(w.Context(), w.now, "bot", 1, resend) })
}

// reopenDeliveries returns deliveries to pending until there are no more, since stores may look at more or fewer rows a call.
func (w *twins) reopenDeliveries() {
	re := outbound.Reopening{Campaign: w.id(), From: outbound.Failed, Due: w.now.Add(time.Second), Limit: 1 + w.r.IntN(20)}
	switch w.r.IntN(3) {
	case 0:
		re.From = outbound.Uncertain
	case 1:
		re.Classes, re.Before = []outbound.Class{outbound.ClassRecipient}, w.now.Add(-10*time.Second)
	}
	w.both("reopen", func(s outbound.Store) (any, error) {
		total, re := 0, re
		for {
			moved, last, done, err := s.Reopen(w.Context(), w.now, re, outbound.Act{})
			if total += moved; done || err != nil {
				return total, err
			}
			if last <= re.After {
				return nil, fmt.Errorf("it does not go on from %d", last)
			}
			re.After = last
		}
	})
}
