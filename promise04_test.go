package outbound_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/outboundtest"
	"github.com/stretchr/testify/require"
)

// The rate holds in any window with burst 1, and a campaign with work uses at least 95 % of it.
func TestPromise04TheAllowedRateHoldsAndIsUsed(t *testing.T) {
	t.Parallel()
	for _, rate := range []outbound.Rate{outbound.PerSecond(1), outbound.PerSecond(24), outbound.PerSecond(500), {N: 1, Per: 7 * time.Second}, {N: 90, Per: time.Minute}} {
		t.Run(rate.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := outboundtest.New(t, func(c *outbound.Config) {
					c.Limits = map[string]outbound.Limits{outboundtest.Touchpoint: {Rate: rate}}
					c.Concurrency = 64
				})
				h.Channel.SetLatency(80 * time.Millisecond)
				n := min(max(int(20/rate.Per.Seconds())*rate.N, 30), 2000)
				c := h.Campaign(t, nil, addresses(n)...)
				require.NoError(t, c.Start(t.Context()))
				require.NoError(t, h.RunUntilIdle(t.Context()))
				require.EqualValues(t, n, counted(t, h, c).Accepted)
				sent := h.Channel.Sent()
				gap := time.Duration(float64(rate.Per) / float64(rate.N))
				for i := 1; i < len(sent); i++ {
					require.GreaterOrEqual(t, sent[i].At.Sub(sent[i-1].At), gap-time.Microsecond, "burst is 1")
				}
				used := float64(n-1) * gap.Seconds() / sent[n-1].At.Sub(sent[0].At).Seconds()
				t.Logf("%.1f %% of the rate used", 100*used)
				require.GreaterOrEqual(t, used, 0.95)
			})
		})
	}
}

// A provider's published rate is used less a headroom for the host's own answers.
func TestPromise04TheDefaultLeavesHeadroom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, func(c *outbound.Config) { c.Headroom = 0 })
		h.Channel.SetCapabilities(func(c *outbound.Capabilities) { c.Rate = outbound.PerSecond(30) })
		c := h.Campaign(t, nil, addresses(240)...)
		require.NoError(t, c.Start(t.Context()))
		begun := time.Now()
		require.NoError(t, h.RunUntilIdle(t.Context()))
		require.InDelta(t, 10, time.Since(begun).Seconds(), 0.6)
	})
}

// A 429 stops everything until the moment named, costs nobody a try, survives a restart, and the rate adapts.
func TestPromise04AThrottleStopsTheTouchpointExactlyAndLosesNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, func(c *outbound.Config) {
			c.Limits = map[string]outbound.Limits{outboundtest.Touchpoint: {Rate: outbound.PerSecond(20)}}
			c.MaxTries = 1
		})
		h.Channel.SetLatency(30 * time.Millisecond)
		var until time.Time
		h.Channel.SetScript(func(_ context.Context, n int, _ *outbound.Outgoing) error {
			if n == 40 {
				until = time.Now().Add(90 * time.Second)
				return tooMany(90 * time.Second)
			}
			return nil
		})
		c := h.Campaign(t, nil, addresses(100)...)
		require.NoError(t, c.Start(t.Context()))
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- h.Run(ctx) }()
		time.Sleep(20 * time.Second)
		p := counted(t, h, c)
		require.Equal(t, "throttle", p.Waiting.Code, "%+v", p)
		require.WithinDuration(t, until, p.Waiting.Until, time.Millisecond)
		cancel() // a restart in the middle of the wait
		require.NoError(t, <-ran)
		require.NoError(t, h.RunUntilIdle(t.Context()))
		require.EqualValues(t, 100, counted(t, h, c).Accepted)
		sent := h.Channel.Sent()
		first := 0
		for i, s := range sent {
			if s.At.After(until.Add(-89 * time.Second)) {
				first = i
				break
			}
		}
		require.False(t, sent[first].At.Before(until), "a request began before the moment that the provider named")
		require.Less(t, sent[first].At.Sub(until), 2*time.Second)
		gap := sent[first+5].At.Sub(sent[first+4].At)
		require.InDelta(t, 75, float64(gap.Milliseconds()), 3, "the rate did not adapt")
	})
}

// Two messages to one person keep the channel's gap, whatever campaigns they come from.
func TestPromise04TheGapPerRecipientHolds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, nil)
		h.Channel.SetCapabilities(func(c *outbound.Capabilities) { c.RecipientGap = time.Second })
		for range 3 {
			c := h.Campaign(t, nil, addresses(20)...)
			require.NoError(t, c.Start(t.Context()))
		}
		require.NoError(t, h.RunUntilIdle(t.Context()))
		last := map[string]time.Time{}
		for _, s := range h.Channel.Sent() {
			if at, ok := last[s.Address]; ok {
				require.GreaterOrEqual(t, s.At.Sub(at), time.Second)
			}
			last[s.Address] = s.At
		}
		require.Len(t, h.Channel.Sent(), 60)
	})
}

// Campaigns share a touchpoint: the higher priority first, equals turn by turn, and one of one goes out within a second.
func TestCampaignsShareATouchpoint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, func(c *outbound.Config) {
			c.Limits = map[string]outbound.Limits{outboundtest.Touchpoint: {Rate: outbound.PerSecond(20)}}
		})
		big := h.Campaign(t, func(d *outbound.Draft) { d.Message.Text = "big" }, addresses(400)...)
		require.NoError(t, big.Start(t.Context()))
		ran := make(chan error, 1)
		go func() { ran <- h.RunUntilIdle(t.Context()) }()
		time.Sleep(5 * time.Second)
		small := h.Campaign(t, func(d *outbound.Draft) { d.Message.Text = "small" }, addresses(1)...)
		begun := time.Now()
		require.NoError(t, small.Start(t.Context()))
		time.Sleep(time.Second)
		require.Equal(t, outbound.Completed, progress(t, h, small).State)
		equal := h.Campaign(t, func(d *outbound.Draft) { d.Message.Text = "equal" }, addresses(40)...)
		require.NoError(t, equal.Start(t.Context()))
		first := h.Campaign(t, func(d *outbound.Draft) { d.Message.Text = "first"; d.Priority = 5 }, addresses(40)...)
		require.NoError(t, first.Start(t.Context()))
		require.NoError(t, <-ran)
		var order []string
		for _, s := range h.Channel.Sent() {
			if s.Text == "small" {
				require.Less(t, s.At.Sub(begun), time.Second)
			}
			if s.At.After(begun.Add(1200 * time.Millisecond)) {
				order = append(order, s.Text)
			}
		}
		last := slices.Index(order, "equal")
		for _, text := range order[2:last] {
			require.Contains(t, []string{"first", "big"}, text)
		}
		require.GreaterOrEqual(t, last, 34, "priority goes first")
		require.Equal(t, slices.Repeat([]string{"first"}, 30), order[2:32], "priority goes first")
		equals := 0
		for _, text := range order[last : last+40] {
			if text == "equal" {
				equals++
			}
		}
		require.InDelta(t, 20, equals, 3, "equals take turns")
	})
}
