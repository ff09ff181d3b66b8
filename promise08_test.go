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

// When Pause, Cancel or Stop has returned, nothing begins any more: here and, asked from another replica, there.
func TestPromise08PauseMeansPause(t *testing.T) {
	t.Parallel()
	for _, act := range []string{"pause", "cancel", "stop"} {
		for _, remote := range []bool{false, true} {
			name := act + " from the owner's process"
			if remote {
				name = act + " from another replica"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					h := outboundtest.New(t, nil)
					h.Channel.SetLatency(70 * time.Millisecond)
					asked := h
					if remote {
						asked = outboundtest.New(t, func(c *outbound.Config) { c.Store = h.Store })
					}
					c := h.Campaign(t, nil, addresses(5000)...)
					other := asked.Engine.Campaign(c.ID())
					require.NoError(t, c.Start(t.Context()))
					ctx, cancel := context.WithCancel(t.Context())
					ran := make(chan error, 1)
					go func() { ran <- h.Run(ctx) }()
					time.Sleep(1013 * time.Millisecond)
					switch act {
					case "pause":
						require.NoError(t, other.Pause(t.Context()))
					case "cancel":
						require.NoError(t, other.Cancel(t.Context()))
					case "stop":
						require.NoError(t, asked.Stop(t.Context(), outbound.StopTouchpoint, outboundtest.Touchpoint, "fire"))
					}
					returned := time.Now()
					n := len(h.Channel.Sent())
					require.Greater(t, n, 100)
					time.Sleep(10 * time.Second)
					require.Len(t, h.Channel.Sent(), n, "requests began after the return")
					for _, s := range h.Channel.Sent() {
						require.False(t, s.At.After(returned))
					}
					p := counted(t, h, c)
					require.Zero(t, p.Sending)
					require.Zero(t, p.Uncertain)
					switch act {
					case "pause":
						require.Equal(t, outbound.Paused, p.State)
						require.NoError(t, other.Resume(t.Context()))
					case "stop":
						require.Equal(t, "stop", p.Waiting.Code)
						require.NoError(t, asked.Release(t.Context(), outbound.StopTouchpoint, outboundtest.Touchpoint))
					}
					time.Sleep(2 * time.Minute)
					p = counted(t, h, c)
					if act == "cancel" {
						require.EqualValues(t, 5000-n, p.Canceled)
					} else {
						require.EqualValues(t, 5000, p.Accepted)
					}
					cancel()
					require.NoError(t, <-ran)
				})
			})
		}
	}
}

func TestPromise08AnySequenceOfPausesResumesAndRestartsEndsWithEverybodyAccountedFor(t *testing.T) {
	t.Parallel()
	for range 10 {
		random := seeded(t)
		synctest.Test(t, func(t *testing.T) {
			h := outboundtest.New(t, nil)
			h.Channel.SetLatency(20 * time.Millisecond)
			c := h.Campaign(t, nil, addresses(3000)...)
			require.NoError(t, c.Start(t.Context()))
			for range 12 {
				ctx, cancel := context.WithCancel(t.Context())
				ran := make(chan error, 1)
				go func() { ran <- h.Run(ctx) }()
				for range random.IntN(4) {
					time.Sleep(time.Duration(random.IntN(150)) * time.Millisecond)
					require.NoError(t, c.Pause(t.Context()))
					n := len(h.Channel.Sent())
					time.Sleep(time.Duration(random.IntN(1500)) * time.Millisecond)
					require.Len(t, h.Channel.Sent(), n)
					require.NoError(t, c.Resume(t.Context()))
				}
				cancel()
				require.NoError(t, <-ran)
			}
			require.NoError(t, h.RunUntilIdle(t.Context()))
			p := counted(t, h, c)
			require.Equal(t, outbound.Completed, p.State)
			require.EqualValues(t, 3000, p.Accepted)
			require.Len(t, h.Channel.Sent(), 3000)
		})
	}
}

func TestPauseAfterStopsForALook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, nil)
		h.Channel.SetLatency(20 * time.Millisecond)
		c := h.Campaign(t, func(d *outbound.Draft) { d.PauseAfter = 25 }, addresses(100)...)
		require.NoError(t, c.Start(t.Context()))
		require.NoError(t, h.RunUntilIdle(t.Context()))
		p := counted(t, h, c)
		require.Equal(t, outbound.Paused, p.State)
		require.Equal(t, "pause_after", p.Cause.Code)
		require.EqualValues(t, 25, p.Accepted)
		require.NoError(t, c.Resume(t.Context()))
		require.NoError(t, h.RunUntilIdle(t.Context()))
		require.EqualValues(t, 100, counted(t, h, c).Accepted)
	})
}
