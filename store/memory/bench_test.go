package memory_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/store/memory"
)

const benchBatch = 64

// BenchmarkCommit makes 64 outcomes durable and grants the next 64 people in each transaction. One operation is one person.
func BenchmarkCommit(b *testing.B) {
	const people = 1 << 18
	b.ReportAllocs()
	var s *memory.Store
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	ctx := b.Context()
	outcomes := make([]outbound.Outcome, 0, benchBatch)
	cursor := int64(people)
	for done := 0; b.Loop(); done++ {
		if done%benchBatch > 0 {
			continue
		}
		if cursor == people {
			b.StopTimer()
			s = benchCampaign(b, people)
			cursor, outcomes = 0, outcomes[:0]
			b.StartTimer()
		}
		result, err := s.Commit(ctx, outbound.Batch{Touchpoint: "bot", Now: now, Runs: []outbound.RunBatch{{
			Campaign: "c", Outcomes: outcomes, Range: &outbound.Range{From: cursor, To: cursor + benchBatch, Count: benchBatch}, Low: cursor,
		}}})
		if err != nil || result.Runs[0].Refused != "" {
			b.Fatal(err, result.Runs[0].Refused)
		}
		outcomes = outcomes[:0]
		for seq := cursor + 1; seq <= cursor+benchBatch; seq++ {
			outcomes = append(outcomes, outbound.Outcome{Seq: seq, Attempt: 1, State: outbound.Accepted, Message: "123456"})
		}
		cursor += benchBatch
	}
}

func benchCampaign(b *testing.B, people int) *memory.Store {
	b.Helper()
	s := memory.New()
	ctx := b.Context()
	_, _, err := s.CreateRun(ctx, outbound.Run{ID: "c", Touchpoint: "bot", State: outbound.DraftState}, outbound.Act{})
	require.NoError(b, err)
	_, _, err = s.BeginImport(ctx, time.Time{}, "c", "list", "")
	require.NoError(b, err)
	_, _, err = s.AppendImport(ctx, time.Time{}, outbound.ImportChunk{Campaign: "c", Source: "list", Pieces: int64(people), Recipients: recipients(0, people)})
	require.NoError(b, err)
	_, err = s.UpdateRun(ctx, "c", func(r *outbound.Run) (outbound.Act, error) {
		r.State = outbound.Running
		return outbound.Act{}, nil
	})
	require.NoError(b, err)
	return s
}

func recipients(from, n int) []outbound.NewDelivery {
	list := make([]outbound.NewDelivery, n)
	for i := range list {
		list[i].Address = fmt.Sprint(100000000 + from + i)
	}
	return list
}

// BenchmarkAppendImport adds chunks of 1,000 people to one campaign. One operation is one person.
func BenchmarkAppendImport(b *testing.B) {
	const chunk = 1000
	b.ReportAllocs()
	var s *memory.Store
	ctx := b.Context()
	var after int
	for done := 0; b.Loop(); done++ {
		if done%chunk > 0 {
			continue
		}
		b.StopTimer()
		if s == nil || after == 1<<20 {
			s, after = memory.New(), 0
			_, _, err := s.CreateRun(ctx, outbound.Run{ID: "c", Touchpoint: "bot", State: outbound.DraftState}, outbound.Act{})
			require.NoError(b, err)
			_, _, err = s.BeginImport(ctx, time.Time{}, "c", "list", "")
			require.NoError(b, err)
		}
		people := recipients(after, chunk)
		b.StartTimer()
		if _, _, err := s.AppendImport(ctx, time.Time{}, outbound.ImportChunk{Campaign: "c", Source: "list", After: int64(after), Pieces: chunk, Recipients: people}); err != nil {
			b.Fatal(err)
		}
		after += chunk
	}
}
