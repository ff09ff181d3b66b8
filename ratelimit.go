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

// pacer spaces the beginnings of requests: never more than the rate's N in any window of its length, and within one with burst 1. Only above 100 a second, and only while requests wait for
// their slots, what was begun late by a late wake-up is caught up, at most catchUp of it: else a fast rate could not be used. It is safe for concurrent use.
type pacer struct {
	base    rate.Limit // at factor 1, per second; rate.Inf = unlimited
	window  time.Duration
	limiter *rate.Limiter
	recent  []time.Time // a ring of the last beginnings, as many as a window may hold; used by one goroutine
	oldest  int

	mu      sync.Mutex
	factor  float64   // guarded by mu
	changed time.Time // when the factor last changed or a stop ended, in the store's time; guarded by mu
}

// catchUp is how much lateness may be caught up.
const catchUp = 10 * time.Millisecond

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
	burst := 1
	if p.base != rate.Inf {
		burst += int(float64(p.base) * catchUp.Seconds())
		p.recent = make([]time.Time, max(int(float64(p.base)*p.window.Seconds()+1e-9), 1))
	}
	p.limiter = rate.NewLimiter(p.limit(), burst)
	if p.base != rate.Inf {
		p.limiter.ReserveN(now, burst)
	}
	return p
}

// idle says that no request waits for a slot: slots that pass from now on are not caught up.
func (p *pacer) idle(now time.Time) {
	if p.limiter.Burst() == 1 {
		return
	}
	if late := int(p.limiter.TokensAt(now)) - 1; late > 0 {
		p.limiter.ReserveN(now, late)
	}
}

func (p *pacer) limit() rate.Limit {
	if p.base == rate.Inf {
		return rate.Inf
	}
	return p.base * rate.Limit(p.factor)
}

// begin takes the slot of one request if it is free at now, else says how long until it is.
func (p *pacer) begin(now time.Time) (wait time.Duration) {
	if p.base == rate.Inf {
		return 0
	}
	if wait = p.wait(now); wait > 0 {
		return wait
	}
	if !p.limiter.AllowN(now, 1) {
		return time.Microsecond // a rounding away
	}
	p.recent[p.oldest] = now
	p.oldest = (p.oldest + 1) % len(p.recent)
	return 0
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
	var wait time.Duration
	if missing := 1 - p.limiter.TokensAt(now); missing > 0 {
		wait = time.Duration(missing/float64(p.limiter.Limit())*float64(time.Second)) + time.Nanosecond
	}
	if at := p.recent[p.oldest]; !at.IsZero() {
		wait = max(wait, at.Add(p.window).Sub(now))
	}
	return max(wait, 0)
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
