package sqlite_test

import (
	"flag"
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
)

var bigImport = flag.Int("sqlite.people", 50_000, "how many people TestABigImport imports")

// TestABigImportIsFlatAndLetsOthersWrite imports many people, half of them twice, and watches memory and how long others wait to write.
func TestABigImportIsFlatAndLetsOthersWrite(t *testing.T) {
	store := openDraft(t)
	n := *bigImport
	var longest atomic.Int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
			}
			began := time.Now()
			if err := store.SaveDraft(t.Context(), "other", []byte("text")); err != nil {
				t.Error(err)
				return
			}
			longest.Store(max(longest.Load(), int64(time.Since(began))))
		}
	}()
	peak := memoryPeak(func() {
		appendPeople(t, store, 0, n, nil)
		_, _, err := store.BeginImport(t.Context(), start, benchRun, "second", "")
		check(t, err)
		var after int64
		for from := 0; from < n; from += 4096 {
			chunk := outbound.ImportChunk{Campaign: benchRun, Source: "second", After: after}
			for i := from; i < min(n, from+4096); i += 2 {
				chunk.Recipients = append(chunk.Recipients, person(i))
			}
			chunk.Pieces = int64(len(chunk.Recipients))
			_, duplicates, err := store.AppendImport(t.Context(), start, chunk)
			check(t, err)
			if len(duplicates) != len(chunk.Recipients) {
				t.Fatalf("%d of %d were found", len(duplicates), len(chunk.Recipients))
			}
			after += chunk.Pieces
		}
		for _, source := range []string{"list", "second"} {
			_, err := store.FinishImport(t.Context(), start, benchRun, source, nil)
			check(t, err)
		}
	})
	close(stop)
	<-stopped
	run, err := store.ReadRun(t.Context(), benchRun)
	check(t, err)
	if run.Last != int64(n) || run.OpenImports != 0 || run.Imported.Duplicate != int64(n+1)/2 {
		t.Fatalf("%+v", run)
	}
	rows, err := store.Deliveries(t.Context(), outbound.DeliveryFilter{Campaign: benchRun, Address: person(n / 2).Address})
	check(t, err)
	if len(rows) != 1 || rows[0].Seq != int64(n/2+1) {
		t.Fatalf("%+v", rows)
	}
	t.Logf("%d people; peak of Go's memory %d MiB; longest wait of another writer %v", n, peak>>20, time.Duration(longest.Load()))
	if limit := uint64(150 << 20); n <= 2_000_000 && peak > limit {
		t.Errorf("%d MiB, limit %d", peak>>20, limit>>20)
	}
}

// memoryPeak runs f and returns the most memory that Go's runtime had from the system, less what it had returned, looked at every few milliseconds.
func memoryPeak(f func()) uint64 {
	runtime.GC()
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	stop, result := make(chan struct{}), make(chan uint64)
	go func() {
		var peak uint64
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for {
			metrics.Read(samples)
			peak = max(peak, samples[0].Value.Uint64()-samples[1].Value.Uint64())
			select {
			case <-stop:
				result <- peak
				return
			case <-ticker.C:
			}
		}
	}()
	f()
	close(stop)
	return <-result
}
