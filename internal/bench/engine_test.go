package bench

import (
	"context"
	"iter"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/store/memory"
	"github.com/outbound-go/outbound/store/sqlite"
	"github.com/outbound-go/outbound/telegram"
)

const (
	concurrency = 64
	people      = 40_000
	pairs       = 5
)

// audience streams n people with a variable each.
func audience(n int) outbound.Audience {
	return outbound.FromFunc(true, func(context.Context) iter.Seq2[outbound.Recipient, error] {
		return func(yield func(outbound.Recipient, error) bool) {
			for i := range n {
				r := outbound.Recipient{Address: strconv.Itoa(1_000_001 + i), Variables: map[string]string{"name": "person " + strconv.Itoa(i+1)}}
				if !yield(r, nil) {
					return
				}
			}
		}
	})
}

// prepare makes an engine with a campaign that is ready to run.
func prepare(b *testing.B, store outbound.Store, channel outbound.Channel, n int) (*outbound.Engine, outbound.Campaign) {
	b.Helper()
	return prepareAt(b, store, channel, n, outbound.Unlimited())
}

func prepareAt(b *testing.B, store outbound.Store, channel outbound.Channel, n int, rate outbound.Rate) (*outbound.Engine, outbound.Campaign) {
	b.Helper()
	engine, err := outbound.New(outbound.Config{
		Store: store, Touchpoints: outbound.Touchpoints{"bot": channel}, Concurrency: concurrency,
		Limits: map[string]outbound.Limits{"bot": {Rate: rate, RecipientGap: -1}},
	})
	if err != nil {
		b.Fatal(err)
	}
	c, err := engine.Create(b.Context(), outbound.Draft{Name: "bench", Touchpoint: "bot", Message: outbound.Message{Text: "Hello, {{.name}}."}})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := c.Import(b.Context(), "bench", audience(n)); err != nil {
		b.Fatal(err)
	}
	if err := c.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	return engine, c
}

// run drives a campaign to its end and checks it.
func run(b *testing.B, engine *outbound.Engine, c outbound.Campaign, n int) {
	if err := engine.RunUntilIdle(b.Context()); err != nil {
		b.Fatal(err)
	}
	p, err := c.Progress(b.Context())
	if err != nil || p.Accepted != int64(n) {
		b.Fatalf("%+v %v", p, err)
	}
}

func openSQLite(b *testing.B) outbound.Store {
	b.Helper()
	s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "bench.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

type sample struct{ wall, cpu float64 } // microseconds a message

func measured(n int, f func()) sample {
	runtime.GC()
	cpu, started := usage(), time.Now()
	f()
	return sample{float64(time.Since(started).Microseconds()) / float64(n), float64((usage() - cpu).Microseconds()) / float64(n)}
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// BenchmarkAgainstTheBareLoop sends through the whole library, with the real Telegram adapter and a durable SQLite ledger, and through a bare net/http loop, to the same provider
// process, in interleaved pairs. One operation is all pairs; the metrics are medians per message and of the ratios, pair by pair.
func BenchmarkAgainstTheBareLoop(b *testing.B) {
	for name, open := range map[string]func(*testing.B) outbound.Store{
		"sqlite": openSQLite,
		"memory": func(*testing.B) outbound.Store { return memory.New() },
	} {
		b.Run(name, func(b *testing.B) {
			url := provider(b)
			bareLoop(b, url, people/4, concurrency) // warm
			for b.Loop() {
				var speed, cost, bareWall, bareCPU, ourWall, ourCPU []float64
				for range pairs {
					bare := measured(people, func() { bareLoop(b, url, people, concurrency) })
					engine, c := prepare(b, open(b), telegram.New(token, &telegram.Config{BaseURL: url, Concurrency: concurrency}), people)
					ours := measured(people, func() { run(b, engine, c, people) })
					speed, cost = append(speed, bare.wall/ours.wall), append(cost, ours.cpu/bare.cpu)
					bareWall, bareCPU = append(bareWall, bare.wall), append(bareCPU, bare.cpu)
					ourWall, ourCPU = append(ourWall, ours.wall), append(ourCPU, ours.cpu)
				}
				b.ReportMetric(median(speed), "of-bare-speed")
				b.ReportMetric(median(cost), "x-bare-cpu")
				b.ReportMetric(1e6/median(bareWall), "bare-msg/s")
				b.ReportMetric(1e6/median(ourWall), "our-msg/s")
				b.ReportMetric(median(bareCPU), "bare-cpu-µs/msg")
				b.ReportMetric(median(ourCPU), "our-cpu-µs/msg")
			}
		})
	}
}
