package sqlite_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/store/sqlite"
)

// TestWhatIsErasedIsInNoByteOfTheFile erases one person of a campaign that was sent, and looks for every word of theirs in the file and its log.
func TestWhatIsErasedIsInNoByteOfTheFile(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "outbound.db")
	store, err := sqlite.Open(ctx, path)
	check(t, err)
	defer func() { check(t, store.Close()) }()
	secrets := []string{"+4915112345678", "case-of-anna", "Anna Schmidt-Rosenthal", "message-4711", "message-4712", "her own words", "+4915187654321"}
	_, _, err = store.CreateRun(ctx, outbound.Run{ID: "c", Group: "g", Touchpoint: "bot", State: outbound.DraftState}, outbound.Act{})
	check(t, err)
	_, _, err = store.BeginImport(ctx, start, "c", "list", "")
	check(t, err)
	chunk := outbound.ImportChunk{Campaign: "c", Source: "list", Pieces: 2001, Rejected: 1, Rejections: []outbound.Rejection{
		{Piece: "x" + secrets[0], Problem: outbound.Problem{Code: "address", Message: "x" + secrets[0] + " is no number", Params: map[string]string{"piece": secrets[0]}}},
	}}
	for i := range 2000 {
		n := outbound.NewDelivery{Address: fmt.Sprint("+49300", i), Reference: fmt.Sprint("case-", i), Variables: map[string]string{"name": fmt.Sprint("somebody ", i)}}
		if i == 700 {
			n.Address, n.Reference, n.Variables = secrets[0], secrets[1], map[string]string{"name": secrets[2]}
		}
		chunk.Recipients = append(chunk.Recipients, n)
	}
	_, _, err = store.AppendImport(ctx, start, chunk)
	check(t, err)
	_, err = store.FinishImport(ctx, start, "c", "list", nil)
	check(t, err)
	_, err = store.UpdateRun(ctx, "c", func(r *outbound.Run) (outbound.Act, error) {
		r.State = outbound.Running
		return outbound.Act{}, nil
	})
	check(t, err)
	check(t, store.Suppress(ctx, start, []outbound.Suppression{{Group: "g", Address: secrets[0], Purpose: outbound.AnyPurpose, Reason: secrets[5], At: start}}, outbound.Act{}))
	first := outbound.RunBatch{Campaign: "c", Epoch: 1, Range: &outbound.Range{From: 0, To: 2000, Count: 2000}}
	var answers outbound.RunBatch
	answers.Campaign = "c"
	for seq := int64(2000); seq > 0; seq-- { // against the order, so that pages split
		o := outbound.Outcome{Seq: seq, Attempt: 1, State: outbound.Accepted, Message: fmt.Sprint("message-", seq*10_000)}
		if seq == 701 {
			o = outbound.Outcome{Seq: seq, Attempt: 1, State: outbound.Pending, Due: start, Class: outbound.ClassMigrated, Message: secrets[3], Address: secrets[6]}
		}
		answers.Outcomes = append(answers.Outcomes, o)
	}
	claim := outbound.RunBatch{Campaign: "c", Epoch: 1, Claims: []outbound.Claim{{Seq: 701, Attempt: 2}}}
	last := outbound.RunBatch{Campaign: "c", Outcomes: []outbound.Outcome{{Seq: 701, Attempt: 2, State: outbound.Accepted, Message: secrets[4]}}}
	for _, b := range []outbound.RunBatch{first, answers, claim, last} {
		result, err := store.Commit(ctx, outbound.Batch{Touchpoint: "bot", Now: start, Runs: []outbound.RunBatch{b}})
		check(t, err)
		if result.Runs[0].Refused != "" {
			t.Fatal(result.Runs[0].Refused)
		}
	}
	for _, secret := range secrets {
		if !inFile(t, path, secret) {
			t.Fatalf("%q should be in the file before", secret)
		}
	}
	n, err := store.Erase(ctx, start.Add(time.Minute), "g", "bot", secrets[0], outbound.Act{Action: "erase"})
	check(t, err)
	if n != 1 {
		t.Fatalf("%d deliveries changed", n)
	}
	for _, secret := range secrets {
		if inFile(t, path, secret) {
			t.Errorf("%q is still in the file", secret)
		}
	}
	hits, _, err := store.Suppressed(ctx, "g", "bot", outbound.Marketing, []string{secrets[0], "+493001"})
	check(t, err)
	if !hits[0] || hits[1] {
		t.Errorf("suppressed: %v", hits)
	}
	_, err = store.Settle(ctx, start, "c", []outbound.Outcome{{Seq: 701, Attempt: 2, State: outbound.Delivered, Message: secrets[4]}}, outbound.Act{})
	check(t, err)
	if inFile(t, path, secrets[4]) {
		t.Error("a late answer brought it back")
	}
	check(t, store.Unsuppress(ctx, start, []outbound.Suppression{{Group: "g", Address: secrets[0], Purpose: outbound.AnyPurpose}}, outbound.Act{}))
	hits, _, err = store.Suppressed(ctx, "g", "bot", outbound.Marketing, secrets[:1])
	check(t, err)
	if hits[0] {
		t.Error("an erased person cannot opt in again")
	}
}

// inFile says whether the file or its write-ahead log holds a text.
func inFile(t *testing.T, path, text string) bool {
	t.Helper()
	for _, name := range []string{path, path + "-wal"} {
		content, err := os.ReadFile(name) // #nosec G304 -- the test's own file
		if err == nil && bytes.Contains(content, []byte(text)) {
			return true
		}
	}
	return false
}
