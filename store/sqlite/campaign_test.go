package sqlite_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/store/sqlite"
)

func TestACampaignGoesItsWay(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "outbound.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	now, err := store.Now(ctx)
	must(err)
	run, created, err := store.CreateRun(ctx, outbound.Run{ID: "c", Touchpoint: "bot", State: outbound.DraftState, Created: now, Doubts: outbound.DoubtsHold, Labels: []string{"x"}}, outbound.Act{Campaign: "c", Action: "create", At: now})
	must(err)
	if !created || run.Number != 1 {
		t.Fatal(run)
	}
	_, _, err = store.BeginImport(ctx, now, "c", "list", "me")
	must(err)
	chunk := outbound.ImportChunk{Campaign: "c", Source: "list", Pieces: 5}
	for i := range 5 {
		chunk.Recipients = append(chunk.Recipients, outbound.NewDelivery{Address: fmt.Sprint(100 + i%4), Variables: map[string]string{"name": "Ann", "n": fmt.Sprint(i)}, Line: i + 1})
	}
	record, dup, err := store.AppendImport(ctx, now, chunk)
	must(err)
	if record.Accepted != 4 || len(dup) != 1 || dup[0].Index != 4 || record.Variables["name"] != 4 {
		t.Fatal(record, dup)
	}
	_, err = store.FinishImport(ctx, now, "c", "list", nil)
	must(err)
	_, err = store.UpdateTouchpoint(ctx, "bot", func(r *outbound.TouchpointRecord) (outbound.Act, error) { r.Token = 7; return outbound.Act{}, nil })
	must(err)
	_, err = store.UpdateRun(ctx, "c", func(r *outbound.Run) (outbound.Act, error) {
		r.State = outbound.Running
		return outbound.Act{Action: "start"}, nil
	})
	must(err)
	rows, err := store.ReadAhead(ctx, "c", 0, 10)
	must(err)
	if len(rows) != 4 || rows[1].Variables["n"] != "1" || rows[0].Address != "100" {
		t.Fatal(rows)
	}
	res, err := store.Commit(ctx, outbound.Batch{Touchpoint: "bot", Token: 7, Now: now, Runs: []outbound.RunBatch{{Campaign: "c", Range: &outbound.Range{From: 0, To: 3, Count: 3}}}})
	must(err)
	if res.Runs[0].Refused != "" || res.Runs[0].Run.Counts.Sending != 3 {
		t.Fatal(res)
	}
	_, err = store.Commit(ctx, outbound.Batch{Touchpoint: "bot", Token: 7, Now: now, Runs: []outbound.RunBatch{{Campaign: "c", Low: 1, Outcomes: []outbound.Outcome{
		{Seq: 1, Attempt: 1, State: outbound.Accepted, Message: "m1"}, {Seq: 2, Attempt: 1, State: outbound.Pending, Due: now.Add(time.Minute), Tries: 1, Class: outbound.ClassTransient},
	}}}})
	must(err)
	n, err := store.Recover(ctx, now, "bot", 7, time.Time{})
	must(err)
	run, err = store.ReadRun(ctx, "c")
	must(err)
	count, err := store.Count(ctx, "c")
	must(err)
	want := outbound.Counts{Pending: 2, Accepted: 1, Uncertain: 1}
	if n != 1 || run.Counts != want || count != want {
		t.Fatal(n, run.Counts, count)
	}
	due, next, err := store.Due(ctx, "c", now, 10)
	must(err)
	if len(due) != 0 || !next.Equal(now.Add(time.Minute)) {
		t.Fatal(due, next)
	}
	due, _, err = store.Due(ctx, "c", now.Add(time.Minute), 10)
	must(err)
	if len(due) != 1 || due[0].Seq != 2 {
		t.Fatal(due)
	}
	erased, err := store.Erase(ctx, now, "", "bot", "101", outbound.Act{})
	must(err)
	if erased != 1 {
		t.Fatal(erased)
	}
	found, err := store.Deliveries(ctx, outbound.DeliveryFilter{Campaign: "c", Address: "102"})
	must(err)
	if len(found) != 1 || found[0].State != outbound.Uncertain {
		t.Fatal(found)
	}
}
