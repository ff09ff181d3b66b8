package outbound_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/outboundtest"
	"github.com/stretchr/testify/require"
)

// addresses are n addresses, "1000" and up.
func addresses(n int) []string {
	a := make([]string, n)
	for i := range a {
		a[i] = fmt.Sprint(1000 + i)
	}
	return a
}

// seeded is a random source whose seed is printed, and may be given again with OUTBOUND_SEED.
func seeded(t testing.TB) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("OUTBOUND_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("OUTBOUND_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 7)) // #nosec G404 -- reproducible on purpose
}

// progress is a campaign's progress, with its sum checked against the ledger's own count.
func progress(t testing.TB, h *outboundtest.Host, c outbound.Campaign) outbound.Progress {
	t.Helper()
	p, err := c.Progress(t.Context())
	require.NoError(t, err)
	require.Equal(t, p.Total, p.Counts.Total())
	return p
}

// counted is progress, compared with a scan of the same instant: one between two equal readings of the counters.
func counted(t testing.TB, h *outboundtest.Host, c outbound.Campaign) outbound.Progress {
	t.Helper()
	for {
		p := progress(t, h, c)
		scan, err := h.Store.Count(t.Context(), c.ID())
		require.NoError(t, err)
		if again := progress(t, h, c); again.Counts != p.Counts || again.State != p.State {
			continue
		}
		require.Equal(t, scan, p.Counts, "counters and count differ")
		return p
	}
}

func blocked() error {
	return &outbound.SendError{Class: outbound.ClassRecipient, Reason: outbound.ReasonBlocked, Code: "403"}
}

func noAnswer() error {
	return &outbound.SendError{Class: outbound.ClassAmbiguous, Reason: outbound.ReasonNoAnswer}
}

func tooMany(after time.Duration) error {
	return &outbound.SendError{Class: outbound.ClassThrottled, Reason: outbound.ReasonRate, Code: "429", RetryAfter: after}
}

func tokenRevoked() error {
	return &outbound.SendError{Class: outbound.ClassAccount, Reason: outbound.ReasonToken, Code: "401", Text: "Unauthorized"}
}

func tryAgain() error {
	return &outbound.SendError{Class: outbound.ClassTransient, Reason: outbound.ReasonUnavailable, Code: "500"}
}

func notReached() error {
	return &outbound.SendError{Class: outbound.ClassTransient, Reason: outbound.ReasonUnavailable, NotSent: true}
}
