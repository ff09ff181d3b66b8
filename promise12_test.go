package outbound_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/outboundtest"
	"github.com/stretchr/testify/require"
)

// A revoked token gates the touchpoint once, for all its campaigns, with the cause; nobody is burned; a new token lets all complete.
func TestPromise12AWrongTokenStopsTheTouchpointWithTheCause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, func(c *outbound.Config) {
			c.Limits = map[string]outbound.Limits{outboundtest.Touchpoint: {Rate: outbound.PerSecond(500)}}
		})
		h.Channel.SetLatency(10 * time.Millisecond)
		var revoked atomic.Bool
		h.Channel.SetScript(func(_ context.Context, n int, _ *outbound.Outgoing) error {
			if n == 200 {
				revoked.Store(true)
				h.Channel.SetAccount(outbound.Account{}, tokenRevoked())
			}
			if revoked.Load() {
				return tokenRevoked()
			}
			return nil
		})
		var campaigns []outbound.Campaign
		for range 5 {
			c := h.Campaign(t, nil, addresses(100)...)
			require.NoError(t, c.Start(t.Context()))
			campaigns = append(campaigns, c)
		}
		require.NoError(t, h.RunUntilIdle(t.Context()), "it returns: only a human can mend this")
		var accepted int64
		for _, c := range campaigns {
			p := counted(t, h, c)
			require.Equal(t, outbound.Running, p.State)
			require.Equal(t, "account", p.Waiting.Code)
			require.Contains(t, p.Waiting.Text, "401")
			require.Zero(t, p.Failed+p.Uncertain+p.Sending)
			accepted += p.Accepted
		}
		requests := len(h.Channel.Sent())
		require.LessOrEqual(t, requests, 200+16, "requests went on after the account was refused")
		revoked.Store(false)
		h.Channel.SetScript(nil)
		h.Channel.SetAccount(outbound.Account{ID: "1", Name: "Test bot"}, nil)
		require.NoError(t, campaigns[0].Resume(t.Context()))
		require.NoError(t, h.RunUntilIdle(t.Context()))
		for _, c := range campaigns {
			p := counted(t, h, c)
			require.Equal(t, outbound.Completed, p.State)
			require.EqualValues(t, 100, p.Accepted)
		}
		for _, n := range h.Channel.Everybody() {
			require.Equal(t, 5, n)
		}
	})
}

// A service that keeps running notices by itself that the account can send again.
func TestPromise12AnAccountThatIsMendedIsNoticed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, nil)
		h.Channel.SetAccount(outbound.Account{}, tokenRevoked())
		c := h.Campaign(t, nil, addresses(10)...)
		require.NoError(t, c.Start(t.Context()))
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- h.Run(ctx) }()
		time.Sleep(5 * time.Minute)
		require.Empty(t, h.Channel.Sent())
		require.Equal(t, "account", progress(t, h, c).Waiting.Code)
		h.Channel.SetAccount(outbound.Account{ID: "1"}, nil)
		time.Sleep(12 * time.Minute)
		require.Equal(t, outbound.Completed, counted(t, h, c).State)
		cancel()
		require.NoError(t, <-ran)
	})
}

// The token of another account is refused by name.
func TestPromise12ATokenOfAnotherAccountIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, nil)
		c := h.Campaign(t, nil, addresses(10)...)
		require.NoError(t, c.Start(t.Context()))
		require.NoError(t, h.RunUntilIdle(t.Context()))
		h.Channel.SetAccount(outbound.Account{ID: "2", Name: "Other bot"}, nil)
		c = h.Campaign(t, nil, addresses(10)...)
		require.NoError(t, c.Start(t.Context()))
		require.NoError(t, h.RunUntilIdle(t.Context()))
		p := counted(t, h, c)
		require.EqualValues(t, 10, p.Pending)
		require.Equal(t, "account", p.Waiting.Code)
		require.Contains(t, p.Waiting.Text, "Other bot")
		require.Contains(t, p.Waiting.Text, "Test bot")
	})
}

// Rejected content pauses the campaign at once if everybody gets the same, else after five people in a row; the others stay pending.
func TestPromise12RejectedContentPausesTheCampaign(t *testing.T) {
	t.Parallel()
	rejects := func(context.Context, int, *outbound.Outgoing) error {
		return &outbound.SendError{Class: outbound.ClassMessage, Reason: outbound.ReasonContent, Code: "400"}
	}
	t.Run("the same for everybody", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			h := outboundtest.New(t, func(c *outbound.Config) { c.Concurrency = 1 })
			h.Channel.SetScript(rejects)
			c := h.Campaign(t, nil, addresses(50)...)
			require.NoError(t, c.Start(t.Context()))
			require.NoError(t, h.RunUntilIdle(t.Context()))
			p := counted(t, h, c)
			require.Equal(t, outbound.Paused, p.State)
			require.Equal(t, "content", p.Cause.Code)
			require.EqualValues(t, 50, p.Pending)
			require.Len(t, h.Channel.Sent(), 1)
		})
	})
	t.Run("personal", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			h := outboundtest.New(t, func(c *outbound.Config) { c.Concurrency = 1 })
			h.Channel.SetScript(rejects)
			c := h.Campaign(t, func(d *outbound.Draft) {
				d.Message.Text, d.Defaults = "Hello, {{.name}}.", map[string]string{"name": "you"}
			}, addresses(50)...)
			require.NoError(t, c.Start(t.Context()))
			require.NoError(t, h.RunUntilIdle(t.Context()))
			p := counted(t, h, c)
			require.Equal(t, outbound.Paused, p.State)
			require.EqualValues(t, 5, p.Failed)
			require.EqualValues(t, 45, p.Pending)
		})
	})
}

// An outage does not burn the list: after a few unanswered requests the touchpoint stops and probes with one request at a time, then goes on by itself.
func TestPromise12AnOutageDoesNotBurnTheList(t *testing.T) {
	t.Parallel()
	for name, outage := range map[string]func() error{"ambiguous": noAnswer, "not reached": notReached} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := outboundtest.New(t, func(c *outbound.Config) { c.Concurrency = 8 })
				h.Channel.SetLatency(10 * time.Millisecond)
				begun := time.Now()
				down := func() bool {
					since := time.Since(begun)
					return since > time.Second && since < 10*time.Minute
				}
				h.Channel.SetScript(func(context.Context, int, *outbound.Outgoing) error {
					if down() {
						return outage()
					}
					return nil
				})
				c := h.Campaign(t, nil, addresses(3000)...)
				require.NoError(t, c.Start(t.Context()))
				ran := make(chan error, 1)
				go func() { ran <- h.RunUntilIdle(t.Context()) }()
				time.Sleep(5 * time.Minute)
				p := counted(t, h, c)
				require.Equal(t, outbound.Running, p.State)
				require.Equal(t, "outage", p.Waiting.Code)
				require.Zero(t, p.Failed)
				require.LessOrEqual(t, p.Uncertain, int64(8+8+12))
				require.NoError(t, <-ran)
				p = counted(t, h, c)
				require.Equal(t, outbound.Completed, p.State)
				require.LessOrEqual(t, p.Uncertain, int64(8+8+25))
				require.EqualValues(t, 3000, p.Accepted+p.Uncertain)
				if name == "not reached" {
					require.Zero(t, p.Uncertain)
				}
			})
		})
	}
}

// People who blocked us never trip a breaker.
func TestPromise12PeopleWhoBlockedUsTripNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, nil)
		h.Channel.SetScript(func(context.Context, int, *outbound.Outgoing) error { return blocked() })
		c := h.Campaign(t, nil, addresses(500)...)
		require.NoError(t, c.Start(t.Context()))
		begun := time.Now()
		require.NoError(t, h.RunUntilIdle(t.Context()))
		require.Less(t, time.Since(begun), time.Second)
		require.EqualValues(t, 500, counted(t, h, c).Failed)
	})
}
