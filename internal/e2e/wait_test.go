package e2e_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// await polls until something is so, for at most a time.
func await(t *testing.T, most time.Duration, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	end := time.NewTimer(most)
	defer end.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-end.C:
			require.FailNow(t, "waited too long", "%s until %s", most, what)
		case <-t.Context().Done():
			require.NoError(t, t.Context().Err())
		}
	}
}

// idle lets time pass until something ends; it says whether that ended first.
func idle(d time.Duration, ended <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return false
	case <-ended:
		return true
	}
}

// seeded is a random source whose seed is printed, and may be given again with OUTBOUND_SEED.
func seeded(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("OUTBOUND_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("OUTBOUND_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 11))
}

// number is an environment variable's number, or a default.
func number(t *testing.T, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, name)
	return n
}

// upTo is a random time below d.
func upTo(r *rand.Rand, d time.Duration) time.Duration { return time.Duration(r.Int64N(int64(d) + 1)) }
