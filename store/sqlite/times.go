package sqlite

import (
	"math"
	"time"
)

// Times are kept as nanoseconds since 1970, UTC. The zero time is kept as the lowest number, and what lies outside of the years 1678 to 2262 as the nearest that does not.
const zeroTime = math.MinInt64

// Values of outcome.wait that are no times. latestTime is below them.
const (
	waitHeld    = math.MaxInt64     // uncertain, waits for nothing
	waitSending = math.MaxInt64 - 1 // in sending by an intent of its own row
	latestTime  = math.MaxInt64 - 2
)

func nanos(t time.Time) int64 {
	switch {
	case t.IsZero():
		return zeroTime
	case t.Unix() >= latestTime/1_000_000_000:
		return latestTime
	case t.Unix() <= zeroTime/1_000_000_000:
		return zeroTime + 1
	}
	return t.UnixNano()
}

func fromNanos(n int64) time.Time {
	if n == zeroTime {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
