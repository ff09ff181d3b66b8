package outbound_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/outboundtest"
	"github.com/stretchr/testify/require"
)

// R33: two commits in a row are applied and answered with an error; read ahead from the stale cursor, the withdrawn people come back as "first attempts" number 2, beside their claims. The next failed commit
// withdraws attempt 2, which is under way: the person gets two messages.
func TestRegression33ReadAheadFromAStaleCursor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := hookedHost(t, func(c *outbound.Config) { c.Concurrency = 4 })
		h.Channel.SetLatency(2 * time.Second)
		c := h.Campaign(t, nil, addresses(40)...)
		require.NoError(t, c.Start(t.Context()))
		ranges, claimed, failedAfterApply, failedBefore := 0, false, 0, 0
		s.setCommit(func(_ context.Context, b outbound.Batch, next func() (outbound.BatchResult, error)) (outbound.BatchResult, error) {
			wants, withdrawals := false, false
			for _, r := range b.Runs {
				wants = wants || r.Range != nil
				for _, o := range r.Outcomes {
					withdrawals = withdrawals || o.Reason == outbound.ReasonWithdrawn
				}
				if len(r.Claims) > 0 {
					claimed = true
				}
			}
			if wants {
				ranges++
			}
			if (ranges == 1 && wants || withdrawals) && failedAfterApply < 2 {
				failedAfterApply++
				_, err := next()
				require.NoError(t, err)
				return outbound.BatchResult{}, errFlaky
			}
			if claimed && wants && failedBefore == 0 {
				failedBefore++
				return outbound.BatchResult{}, errFlaky
			}
			return next()
		})
		stop := serve(t, h.Engine)
		time.Sleep(5 * time.Minute)
		stop()
		t.Logf("after %d before %d ranges %d", failedAfterApply, failedBefore, ranges)
		for address, n := range h.Channel.Everybody() {
			require.Equal(t, 1, n, "%s got it twice", address)
		}
		require.Equal(t, outbound.Completed, counted(t, h, c).State)
	})
}

// R32: the lease is lost while requests are under way and outcomes wait: the loop turns without a pause until the requests end.
func TestRegression32ALostLeaseDoesNotSpin(t *testing.T) {
	done := make(chan struct{})
	go func() {
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			panic("R32: the loop spins: bubble time stands still")
		}
	}()
	defer close(done)
	synctest.Test(t, func(t *testing.T) {
		h, _ := hookedHost(t, func(c *outbound.Config) { c.Concurrency = 4 })
		h.Channel.SetScript(func(_ context.Context, n int, _ *outbound.Outgoing) error {
			time.Sleep(time.Duration(n%4) * time.Second)
			return nil
		})
		c := h.Campaign(t, nil, addresses(40)...)
		require.NoError(t, c.Start(t.Context()))
		stop := serve(t, h.Engine)
		time.Sleep(1500 * time.Millisecond)
		_, err := h.Store.UpdateTouchpoint(t.Context(), outboundtest.Touchpoint, func(r *outbound.TouchpointRecord) (outbound.Act, error) {
			r.Owner, r.Token, r.Beat = "", r.Token+1, r.Beat+1
			return outbound.Act{}, nil
		})
		require.NoError(t, err)
		time.Sleep(time.Minute)
		stop()
	})
}
