package outbound

import (
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rate is how many requests may begin in any window of the given length.
type Rate struct {
	N   int           `json:"n"`
	Per time.Duration `json:"per"`
}

// PerSecond is n requests a second.
func PerSecond(n int) Rate { return Rate{N: n, Per: time.Second} }

// Unlimited says that there is no limit, where a zero Rate means the default.
func Unlimited() Rate { return Rate{N: -1} }

// String is "24 per 1s".
func (r Rate) String() string {
	if r.unlimited() {
		return "unlimited"
	}
	return fmt.Sprintf("%d per %s", r.N, r.Per)
}

func (r Rate) unlimited() bool { return r.N <= 0 || r.Per <= 0 }

// DefaultHeadroom is the part of a provider's published rate that is left to the host's own answers on the same token.
const DefaultHeadroom = 0.2

// pacer spaces the beginnings of requests: at most the rate in any window, with burst 1. It is safe for concurrent use.
type pacer struct {
	base    rate.Limit // at factor 1, per second; rate.Inf = unlimited
	window  time.Duration
	limiter *rate.Limiter

	mu      sync.Mutex
	factor  float64   // guarded by mu
	changed time.Time // when the factor last changed or a stop ended, in the store's time; guarded by mu
}

// Limits of the learned factor, and how it moves: a 429 takes a third, each quiet minute gives a tenth of the full rate back.
const (
	minFactor    = 0.05
	slowDown     = 2.0 / 3
	speedUp      = 0.1
	speedUpEvery = time.Minute
)

// newPacer paces at a rate less a headroom, starting with an empty bucket at now.
func newPacer(r Rate, headroom float64, learned Pace, now time.Time) *pacer {
	p := &pacer{base: rate.Inf, factor: 1, changed: learned.At}
	if !r.unlimited() {
		p.base = rate.Limit(float64(r.N) / r.Per.Seconds() * (1 - headroom))
		p.window = r.Per
	}
	if learned.Factor > 0 {
		p.factor = min(learned.Factor, 1)
	}
	p.limiter = rate.NewLimiter(p.limit(), 1)
	if p.base != rate.Inf {
		p.limiter.ReserveN(now, 1)
	}
	return p
}

func (p *pacer) limit() rate.Limit {
	if p.base == rate.Inf {
		return rate.Inf
	}
	return p.base * rate.Limit(p.factor)
}

// begin takes the slot of one request if it is free at now, else says how long until it is.
func (p *pacer) begin(now time.Time, n int) (wait time.Duration) {
	if p.base == rate.Inf {
		return 0
	}
	if p.limiter.AllowN(now, n) {
		return 0
	}
	missing := float64(n) - p.limiter.TokensAt(now)
	wait = time.Duration(missing / float64(p.limiter.Limit()) * float64(time.Second))
	return max(wait, time.Nanosecond)
}

// slots is how many requests could begin until the horizon from now, were all taken as early as possible.
func (p *pacer) slots(now time.Time, horizon time.Duration) int {
	if p.base == rate.Inf {
		return int(^uint(0) >> 1)
	}
	return int(p.limiter.TokensAt(now) + float64(p.limiter.Limit())*horizon.Seconds())
}

// wait is how long until the next slot.
func (p *pacer) wait(now time.Time) time.Duration {
	if p.base == rate.Inf {
		return 0
	}
	missing := 1 - p.limiter.TokensAt(now)
	if missing <= 0 {
		return 0
	}
	return time.Duration(missing / float64(p.limiter.Limit()) * float64(time.Second))
}

// slower lowers the rate after the provider throttled, and returns what to store. store is the store's time.
func (p *pacer) slower(now, store time.Time) Pace {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.factor, p.changed = max(p.factor*slowDown, minFactor), store
	if p.base != rate.Inf {
		p.limiter.SetLimitAt(now, p.limit())
	}
	return Pace{Factor: p.factor, At: store}
}

// quiet counts the quiet while from now on: a stop is none.
func (p *pacer) quiet(store time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changed = later(p.changed, store)
}

// faster raises a lowered rate after a quiet while; changed says whether it did.
func (p *pacer) faster(now, store time.Time) (pace Pace, changed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.factor >= 1 || store.Sub(p.changed) < speedUpEvery {
		return Pace{}, false
	}
	p.factor, p.changed = min(p.factor+speedUp, 1), store
	if p.base != rate.Inf {
		p.limiter.SetLimitAt(now, p.limit())
	}
	return Pace{Factor: p.factor, At: store}, true
}

// perSecond is the rate in force; zero = unlimited.
func (p *pacer) perSecond() float64 {
	if p.base == rate.Inf {
		return 0
	}
	return float64(p.limiter.Limit())
}
