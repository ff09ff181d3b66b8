package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/store/sqlite"
)

// childVariable makes the test binary be the process that is killed: it names the file.
const childVariable = "OUTBOUND_SQLITE_CHILD"

// TestNothingThatWasCommittedIsLostWhenTheProcessIsKilled starts a process that commits without end and says what it has committed, kills it
// in the middle, and compares the file with what was said.
func TestNothingThatWasCommittedIsLostWhenTheProcessIsKilled(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 3))
	path := filepath.Join(t.TempDir(), "outbound.db")
	for round := range 8 {
		said := killed(t, path, time.Duration(20+r.IntN(150))*time.Millisecond)
		store, err := sqlite.Open(t.Context(), path)
		check(t, err)
		compare(t, store, said, round)
		check(t, store.Close())
	}
}

// promise is the last thing that a child said about a campaign.
type promise struct{ accepted, cursor, pieces int64 }

// killed runs a child for a while and returns what it said to be durable.
func killed(t *testing.T, path string, after time.Duration) map[outbound.CampaignID]promise {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^$") // #nosec G204 -- this test's own binary
	cmd.Env = append(os.Environ(), childVariable+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	said := map[outbound.CampaignID]promise{}
	lines := bufio.NewScanner(out)
	var timer *time.Timer
	for lines.Scan() {
		if timer == nil { // it has begun
			timer = time.AfterFunc(after, cancel)
		}
		var id string
		var p promise
		// A line that was cut off by the kill does not count.
		if n, _ := fmt.Sscanf(lines.Text(), "%s %d %d %d .", &id, &p.accepted, &p.cursor, &p.pieces); n == 4 && strings.HasSuffix(lines.Text(), ".") {
			said[outbound.CampaignID(id)] = p
		}
	}
	_ = cmd.Wait() // it was killed
	if timer == nil {
		t.Fatal("the child did nothing")
	}
	return said
}

func compare(t *testing.T, store *sqlite.Store, said map[outbound.CampaignID]promise, round int) {
	t.Helper()
	if len(said) == 0 {
		t.Fatal("nothing was promised")
	}
	runs, err := store.ListRuns(t.Context(), outbound.RunFilter{Limit: -1})
	check(t, err)
	for i := range runs {
		run := &runs[i]
		count, err := store.Count(t.Context(), run.ID)
		check(t, err)
		if count != run.Counts {
			t.Errorf("round %d: %s has counters %+v and deliveries %+v", round, run.ID, run.Counts, count)
		}
		p := said[run.ID]
		if run.Counts.Accepted < p.accepted || run.Cursor < p.cursor || run.Imported.Pieces < p.pieces {
			t.Errorf("round %d: %s lost what was committed: %+v of %+v", round, run.ID, run.Counts, p)
		}
	}
	touchpoint, err := store.ReadTouchpoint(t.Context(), "bot")
	check(t, err)
	doubts, err := store.Recover(t.Context(), start, "bot", touchpoint.Token, time.Time{})
	check(t, err)
	for i := range runs {
		run, err := store.ReadRun(t.Context(), runs[i].ID)
		check(t, err)
		count, err := store.Count(t.Context(), runs[i].ID)
		check(t, err)
		if run.Counts.Sending != 0 || count != run.Counts {
			t.Errorf("round %d: after recovery %+v, deliveries %+v", round, run.Counts, count)
		}
	}
	if doubts > 2*64 {
		t.Errorf("round %d: %d doubts", round, doubts)
	}
}

// child commits until it is killed: it imports a campaign in chunks, sends it in ranges, and settles some deliveries in other ways.
func child(path string) error {
	ctx := context.Background()
	store, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	touchpoint, err := store.UpdateTouchpoint(ctx, "bot", func(t *outbound.TouchpointRecord) (outbound.Act, error) {
		t.Token++
		return outbound.Act{Action: "lease"}, nil
	})
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(rand.Uint64(), 4))
	for n := 0; ; n++ {
		id := outbound.CampaignID(fmt.Sprintf("c-%d-%d", touchpoint.Token, n))
		if err := fill(ctx, store, id, 3000); err != nil {
			return err
		}
		if err := send(ctx, store, r, id, touchpoint.Token); err != nil {
			return err
		}
	}
}

func say(run *outbound.Run) {
	if _, err := fmt.Fprintf(os.Stdout, "%s %d %d %d .\n", run.ID, run.Counts.Accepted, run.Cursor, run.Imported.Pieces); err != nil {
		os.Exit(1)
	}
}

func fill(ctx context.Context, store *sqlite.Store, id outbound.CampaignID, n int) error {
	run, _, err := store.CreateRun(ctx, outbound.Run{ID: id, Touchpoint: "bot", State: outbound.DraftState}, outbound.Act{})
	if err != nil {
		return err
	}
	if _, _, err := store.BeginImport(ctx, start, id, "list", ""); err != nil {
		return err
	}
	for after := 0; after < n; after += 500 {
		chunk := outbound.ImportChunk{Campaign: id, Source: "list", After: int64(after), Pieces: 500}
		for i := range 500 {
			chunk.Recipients = append(chunk.Recipients, outbound.NewDelivery{Address: strconv.Itoa(after + i)})
		}
		record, _, err := store.AppendImport(ctx, start, chunk)
		if err != nil {
			return err
		}
		run.Imported.Pieces = record.Pieces
		say(&run)
	}
	if _, err := store.FinishImport(ctx, start, id, "list", nil); err != nil {
		return err
	}
	_, err = store.UpdateRun(ctx, id, func(r *outbound.Run) (outbound.Act, error) {
		r.State = outbound.Running
		return outbound.Act{}, nil
	})
	return err
}

func send(ctx context.Context, store *sqlite.Store, r *rand.Rand, id outbound.CampaignID, token int64) error {
	var outcomes []outbound.Outcome
	for cursor := int64(0); ; {
		b := outbound.RunBatch{Campaign: id, Outcomes: outcomes, Low: max(cursor-64, 0)}
		due, _, err := store.Due(ctx, id, start, 8)
		if err != nil {
			return err
		}
		outcomes = nil
		for _, row := range due {
			b.Claims = append(b.Claims, outbound.Claim{Seq: row.Seq, Attempt: row.Attempt + 1})
			outcomes = append(outcomes, outcome(r, row.Seq, row.Attempt+1))
		}
		if to := min(cursor+56, 3000); to > cursor {
			b.Range = &outbound.Range{From: cursor, To: to, Count: int(to - cursor)}
			for seq := cursor + 1; seq <= to; seq++ {
				outcomes = append(outcomes, outcome(r, seq, 1))
			}
			cursor = to
		}
		result, err := store.Commit(ctx, outbound.Batch{Touchpoint: "bot", Token: token, Now: start, Runs: []outbound.RunBatch{b}})
		if err != nil {
			return err
		}
		run := &result.Runs[0].Run
		say(run)
		if run.State == outbound.Completed {
			return nil
		}
	}
}

func outcome(r *rand.Rand, seq int64, attempt int) outbound.Outcome {
	o := outbound.Outcome{Seq: seq, Attempt: attempt, State: outbound.Accepted, Message: strconv.FormatInt(seq, 10)}
	switch n := r.IntN(20); {
	case n == 0 && attempt < 5:
		o = outbound.Outcome{Seq: seq, Attempt: attempt, State: outbound.Pending, Due: start, Tries: 1, Class: outbound.ClassTransient}
	case n == 1:
		o = outbound.Outcome{Seq: seq, Attempt: attempt, State: outbound.Failed, Class: outbound.ClassRecipient, Reason: outbound.ReasonBlocked}
	}
	return o
}

// TestTwoProcessesShareAFile lets a child send while this process reads and writes the same file.
func TestTwoProcessesShareAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbound.db")
	store, err := sqlite.Open(t.Context(), path)
	check(t, err)
	defer func() { check(t, store.Close()) }()
	_, _, err = store.CreateRun(t.Context(), outbound.Run{ID: "ours", Touchpoint: "other", State: outbound.DraftState}, outbound.Act{})
	check(t, err)
	ended := make(chan struct{})
	var said map[outbound.CampaignID]promise
	go func() {
		defer close(ended)
		said = killed(t, path, 400*time.Millisecond)
	}()
	updates := int64(0)
	for running := true; running; {
		select {
		case <-ended:
			running = false
		default:
			_, err := store.UpdateRun(t.Context(), "ours", func(r *outbound.Run) (outbound.Act, error) {
				r.Revision++
				return outbound.Act{}, nil
			})
			check(t, err)
			updates++
			_, err = store.ListRuns(t.Context(), outbound.RunFilter{})
			check(t, err)
		}
	}
	run, err := store.ReadRun(t.Context(), "ours")
	check(t, err)
	if run.Revision != updates {
		t.Errorf("%d of %d updates are there", run.Revision, updates)
	}
	said["ours"] = promise{}
	compare(t, store, said, 0)
}
