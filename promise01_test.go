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

// Whatever the provider answers and whoever pauses when, the counters add up to the audience at every instant and equal a count of the rows.
func TestPromise01TheSumsAddUp(t *testing.T) {
	t.Parallel()
	for range 20 {
		random := seeded(t)
		synctest.Test(t, func(t *testing.T) {
			h := outboundtest.New(t, func(c *outbound.Config) { c.RetryDelay = 20 * time.Millisecond; c.MaxTries = 3 })
			h.Channel.SetLatency(5 * time.Millisecond)
			answers := make([]int, 5000)
			for i := range answers {
				answers[i] = random.IntN(40)
			}
			h.Channel.SetScript(func(_ context.Context, n int, m *outbound.Outgoing) error {
				switch answers[n%len(answers)] {
				case 0, 1:
					return blocked()
				case 2:
					return noAnswer()
				case 3, 4:
					return tryAgain()
				case 5:
					return tooMany(50 * time.Millisecond)
				case 6:
					return notReached()
				case 7:
					return &outbound.SendError{Class: outbound.ClassThrottled, Scope: outbound.ScopeRecipient, RetryAfter: 30 * time.Millisecond}
				case 8:
					return &outbound.SendError{Class: outbound.ClassMigrated, Address: m.Address + "9"}
				}
				return nil
			})
			people := addresses(400)
			c := h.Campaign(t, nil, append(people, people[:50]...)...)
			imports, err := h.Imports(t.Context(), c.ID())
			require.NoError(t, err)
			require.EqualValues(t, 450, imports[0].Pieces)
			require.EqualValues(t, 50, imports[0].Duplicate)
			require.Equal(t, imports[0].Pieces, imports[0].Accepted+imports[0].Duplicate+imports[0].Rejected)

			ctx, cancel := context.WithCancel(t.Context())
			ran := make(chan error, 1)
			go func() { ran <- h.Run(ctx) }()
			require.NoError(t, c.Start(t.Context()))
			for i := 0; ; i++ {
				p := counted(t, h, c)
				require.EqualValues(t, 400, p.Total)
				if p.State == outbound.Completed {
					break
				}
				if i == 3000 {
					require.Fail(t, "it does not end", "%+v", p)
				}
				switch {
				case p.State == outbound.Paused:
					require.NoError(t, c.Resume(t.Context()))
				case i%25 == 24:
					require.NoError(t, c.Pause(t.Context()))
				}
				time.Sleep(time.Duration(1+random.IntN(20)) * time.Millisecond)
			}
			cancel()
			require.NoError(t, <-ran)
			p := counted(t, h, c)
			require.Zero(t, p.Pending+p.Sending)
			for address, n := range h.Channel.Everybody() {
				require.Equal(t, 1, n, address)
			}
			require.Len(t, h.Channel.Everybody(), int(p.Accepted))
		})
	}
}

func TestPromise01ACancelCountsTheRestAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, nil)
		h.Channel.SetLatency(100 * time.Millisecond)
		c := h.Campaign(t, nil, addresses(1000)...)
		require.NoError(t, c.Start(t.Context()))
		ran := make(chan error, 1)
		go func() { ran <- h.RunUntilIdle(t.Context()) }()
		time.Sleep(450 * time.Millisecond)
		require.NoError(t, c.Cancel(t.Context()))
		p := counted(t, h, c)
		require.Equal(t, outbound.CanceledState, p.State)
		require.Zero(t, p.Pending)
		require.NoError(t, <-ran)
		p = counted(t, h, c)
		require.Zero(t, p.Sending)
		require.EqualValues(t, len(h.Channel.Sent()), p.Accepted)
		require.Equal(t, 1000-p.Accepted, p.Canceled)
		require.ErrorIs(t, c.Start(t.Context()), outbound.ErrState)
		require.ErrorIs(t, c.Resume(t.Context()), outbound.ErrState)
	})
}
