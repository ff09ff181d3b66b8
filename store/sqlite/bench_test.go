package sqlite_test

import (
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/store/sqlite"
)

const (
	benchRun = outbound.CampaignID("bench")
	benchBot = "bot"
)

// openDraft opens a store with an empty draft and an open import.
func openDraft(tb testing.TB) *sqlite.Store {
	tb.Helper()
	store, err := sqlite.Open(tb.Context(), filepath.Join(tb.TempDir(), "outbound.db"))
	check(tb, err)
	tb.Cleanup(func() { check(tb, store.Close()) })
	_, _, err = store.CreateRun(tb.Context(), outbound.Run{ID: benchRun, Touchpoint: benchBot, State: outbound.DraftState, Doubts: outbound.DoubtsHold, Created: start}, outbound.Act{})
	check(tb, err)
	_, _, err = store.BeginImport(tb.Context(), start, benchRun, "list", "")
	check(tb, err)
	return store
}

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// person is the n-th of a list.
func person(n int) outbound.NewDelivery {
	return outbound.NewDelivery{Address: strconv.Itoa(500_000_000 + 7*n), Line: n + 1}
}

// appendPeople appends people numbered from on to the open import.
func appendPeople(tb testing.TB, store *sqlite.Store, from, n int, variables map[string]string) {
	tb.Helper()
	const chunkSize = 4096
	for n > 0 {
		chunk := outbound.ImportChunk{Campaign: benchRun, Source: "list", After: int64(from), Pieces: int64(min(n, chunkSize))}
		for i := range int(chunk.Pieces) {
			chunk.Recipients = append(chunk.Recipients, person(from+i))
			chunk.Recipients[i].Variables = variables
		}
		_, _, err := store.AppendImport(tb.Context(), start, chunk)
		check(tb, err)
		from, n = from+len(chunk.Recipients), n-len(chunk.Recipients)
	}
}

// running makes the draft of openDraft run, with n people.
func running(tb testing.TB, n int, variables map[string]string) *sqlite.Store {
	tb.Helper()
	store := openDraft(tb)
	appendPeople(tb, store, 0, n, variables)
	_, err := store.FinishImport(tb.Context(), start, benchRun, "list", nil)
	check(tb, err)
	_, err = store.UpdateRun(tb.Context(), benchRun, func(r *outbound.Run) (outbound.Act, error) {
		r.State, r.Sealed = outbound.Running, make([]byte, 4096)
		return outbound.Act{}, nil
	})
	check(tb, err)
	_, err = store.UpdateTouchpoint(tb.Context(), benchBot, func(t *outbound.TouchpointRecord) (outbound.Act, error) {
		t.Token = 1
		return outbound.Act{}, nil
	})
	check(tb, err)
	return store
}

// BenchmarkImport imports people into one campaign, with deduplication and, at the end, the table of addresses. One operation is one person.
func BenchmarkImport(b *testing.B) {
	store := openDraft(b)
	const chunkSize = 4096
	chunk := outbound.ImportChunk{Campaign: benchRun, Source: "list"}
	n, began := 0, time.Now()
	b.ReportAllocs()
	for b.Loop() {
		chunk.Recipients = append(chunk.Recipients, person(n))
		if n++; len(chunk.Recipients) == chunkSize {
			flush(b, store, &chunk)
		}
	}
	flush(b, store, &chunk)
	appended := time.Since(began)
	_, err := store.FinishImport(b.Context(), start, benchRun, "list", nil)
	check(b, err)
	b.ReportMetric(float64(n)/appended.Seconds(), "appended/s")
	b.ReportMetric(float64(n)/time.Since(began).Seconds(), "rows/s")
}

func flush(b *testing.B, store *sqlite.Store, chunk *outbound.ImportChunk) {
	chunk.Pieces = int64(len(chunk.Recipients))
	_, _, err := store.AppendImport(b.Context(), start, *chunk)
	check(b, err)
	chunk.After += chunk.Pieces
	chunk.Recipients = chunk.Recipients[:0]
}

// BenchmarkCommit grants people in ranges of 64 and, with the next range, records that the ones before were accepted. One operation is one person.
func BenchmarkCommit(b *testing.B) {
	const size = 64
	store := running(b, 1_000_000, nil)
	at, now := int64(0), start
	outcomes := make([]outbound.Outcome, 0, size)
	cpu := processorTime(b)
	b.ReportAllocs()
	for b.Loop() {
		if at++; at%size != 0 {
			continue
		}
		now = now.Add(time.Second)
		batch := outbound.Batch{Touchpoint: benchBot, Token: 1, Now: now, Runs: []outbound.RunBatch{{
			Campaign: benchRun, Outcomes: outcomes, Low: max(at-2*size, 0), Range: &outbound.Range{From: at - size, To: at, Count: size},
		}}}
		result, err := store.Commit(b.Context(), batch)
		check(b, err)
		if result.Runs[0].Refused != "" {
			b.Fatal(result.Runs[0].Refused)
		}
		outcomes = outcomes[:0]
		for i := range int64(size) {
			outcomes = append(outcomes, outbound.Outcome{Seq: at - size + 1 + i, Attempt: 1, State: outbound.Accepted, Message: strconv.FormatInt(3_000_000+at+i, 10)})
		}
	}
	b.ReportMetric(float64(processorTime(b)-cpu)/float64(at), "cpu-ns/op")
	b.ReportMetric(float64(at)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkReadAhead reads pages of 512. One operation is one person.
func BenchmarkReadAhead(b *testing.B) {
	for name, variables := range map[string]map[string]string{"plain": nil, "with two variables": {"name": "Anna Schmidt", "size": "42"}} {
		b.Run(name, func(b *testing.B) {
			const size = 512
			store := running(b, 100_000, variables)
			after, n := int64(0), 0
			b.ReportAllocs()
			for b.Loop() {
				if n++; n%size != 0 {
					continue
				}
				page, err := store.ReadAhead(b.Context(), benchRun, after, size)
				check(b, err)
				if after += size; len(page) < size {
					after = 0
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
