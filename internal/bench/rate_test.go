package bench

import (
	"testing"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/telegram"
)

// BenchmarkUseOfTheRate sends for three seconds at each rate, over loopback with the SQLite ledger; the metric is the part of the rate that was used (goal 0.95).
func BenchmarkUseOfTheRate(b *testing.B) {
	url := provider(b)
	for _, perSecond := range []int{24, 100, 300, 1000, 2000} {
		r := outbound.PerSecond(perSecond)
		b.Run(r.String(), func(b *testing.B) {
			for b.Loop() {
				n := 3 * perSecond
				engine, c := prepareAt(b, openSQLite(b), telegram.New(token, &telegram.Config{BaseURL: url}), n, r)
				begun := time.Now()
				run(b, engine, c, n)
				b.ReportMetric(float64(n)/float64(perSecond)/time.Since(begun).Seconds(), "of-the-rate")
			}
		})
	}
}
