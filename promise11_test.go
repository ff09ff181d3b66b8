package outbound_test

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/outboundtest"
	"github.com/outbound-go/outbound/store/memory"
	"github.com/stretchr/testify/require"
)

// goroutines are the stacks of this bubble's goroutines that run code of ours, but for the test itself.
func goroutines() []string {
	buffer := make([]byte, 1<<20)
	buffer = buffer[:runtime.Stack(buffer, true)]
	var ours []string
	for stack := range strings.SplitSeq(string(buffer), "\n\n") {
		for _, frame := range []string{"outbound.(*driver)", "outbound.(*Engine).renew", "outbound.(*Engine).serve", "outbound.(*Engine).drive", "outbound.(*page)"} {
			if strings.Contains(stack, frame) {
				ours = append(ours, stack)
				break
			}
		}
	}
	return ours
}

// When Run, RunUntilIdle or Drive has returned, no goroutine of ours lives, however it ended. Not parallel: it looks at all goroutines.
func TestPromise11NothingIsLeftRunning(t *testing.T) {
	for _, how := range []string{"idle", "canceled in full run", "canceled in a gate", "budget", "store gone"} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := memory.New()
				h := outboundtest.New(t, func(c *outbound.Config) { c.Store = store })
				require.Empty(t, goroutines(), "a constructor started something")
				h.Channel.SetLatency(50 * time.Millisecond)
				if how == "canceled in a gate" {
					h.Channel.SetScript(func(context.Context, int, *outbound.Outgoing) error { return tooMany(time.Hour) })
				}
				c := h.Campaign(t, nil, addresses(500)...)
				require.NoError(t, c.Start(t.Context()))
				require.Empty(t, goroutines())
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				switch how {
				case "idle":
					require.NoError(t, h.RunUntilIdle(ctx))
				case "budget":
					r, err := h.Drive(ctx, outboundtest.Touchpoint, 300*time.Millisecond)
					require.NoError(t, err)
					require.Equal(t, outbound.DriveMore, r.Status)
				default:
					ran := make(chan error, 1)
					go func() { ran <- h.Run(ctx) }()
					time.Sleep(330 * time.Millisecond)
					require.NotEmpty(t, goroutines())
					if how == "store gone" {
						require.NoError(t, store.Close())
						time.Sleep(time.Minute)
					}
					cancel()
					require.NoError(t, <-ran)
				}
				require.Empty(t, goroutines())
			})
		})
	}
}

// A soft stop records what was under way: nothing is in doubt after it.
func TestPromise11ASoftStopLeavesNoDoubts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, nil)
		h.Channel.SetLatency(700 * time.Millisecond)
		c := h.Campaign(t, nil, addresses(500)...)
		require.NoError(t, c.Start(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		require.NoError(t, h.Run(ctx))
		p := counted(t, h, c)
		require.Zero(t, p.Sending)
		require.Zero(t, p.Uncertain)
		require.EqualValues(t, len(h.Channel.Sent()), p.Accepted)
		rec, err := h.Store.ReadTouchpoint(t.Context(), outboundtest.Touchpoint)
		require.NoError(t, err)
		require.Empty(t, rec.Owner, "the lease was not given back")
	})
}
