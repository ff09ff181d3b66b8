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

// R01: a withdrawal of a want that was never recorded is kept as "late" and settled, unfenced, against the next owner's attempt of the same number: the person gets two messages.
func TestRegression01LateWithdrawalOfAnUnrecordedWantHitsTheNextOwnersAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		channel := outboundtest.NewChannel()
		channel.SetLatency(8 * time.Second)
		s := newHooked()
		frozen := make(chan struct{})
		f := &hooked{Store: s}
		replica := func(store outbound.Store, name string) *outbound.Engine {
			e, err := outbound.New(outbound.Config{Store: store, Touchpoints: outbound.Touchpoints{outboundtest.Touchpoint: channel}, Owner: name, LeaseTerm: 3 * time.Second, Concurrency: 4})
			require.NoError(t, err)
			return e
		}
		e1, e2 := replica(f, "one"), replica(s, "two")
		h := &outboundtest.Host{Engine: e2, Channel: channel, Store: s}
		c := h.Campaign(t, nil, addresses(3)...)
		require.NoError(t, c.Start(t.Context()))
		var n atomic.Int64
		f.setCommit(func(_ context.Context, b outbound.Batch, next func() (outbound.BatchResult, error)) (outbound.BatchResult, error) {
			wants := false
			for _, r := range b.Runs {
				wants = wants || r.Range != nil
			}
			if wants {
				n.Add(1)
				<-frozen // SIGSTOP on the way to the store
			}
			return next()
		})
		stop1 := serve(t, e1)
		time.Sleep(500 * time.Millisecond)
		require.EqualValues(t, 1, n.Load())
		// The whole of replica one stands still: its renewals too.
		// (it renews through UpdateTouchpoint of f.Store; cut it by stealing the lease as after its term)
		_, err := s.UpdateTouchpoint(t.Context(), outboundtest.Touchpoint, func(r *outbound.TouchpointRecord) (outbound.Act, error) {
			r.Owner, r.Token, r.Beat = "", r.Token+1, r.Beat+1
			return outbound.Act{}, nil
		})
		require.NoError(t, err)
		stop2 := serve(t, e2)
		time.Sleep(2 * time.Second)
		require.Len(t, channel.Sent(), 3)
		close(frozen) // SIGCONT while the requests of two are under way
		time.Sleep(time.Minute)
		stop1()
		stop2()
		for address, n := range channel.Everybody() {
			require.Equal(t, 1, n, "%s got it twice", address)
		}
	})
}

// R01b: the same with one process: Run is stopped during an outage of the store and started again.
func TestRegression01bLateWithdrawalAfterAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := hookedHost(t, nil)
		h.Channel.SetLatency(8 * time.Second)
		c := h.Campaign(t, nil, addresses(3)...)
		require.NoError(t, c.Start(t.Context()))
		s.setCommit(func(context.Context, outbound.Batch, func() (outbound.BatchResult, error)) (outbound.BatchResult, error) {
			return outbound.BatchResult{}, errFlaky
		})
		stop := serve(t, h.Engine)
		time.Sleep(2 * time.Second)
		stop()
		s.setCommit(nil)
		fails := 3
		s.settle = func() error {
			if fails--; fails >= 0 {
				return errFlaky
			}
			return nil
		}
		stop = serve(t, h.Engine)
		time.Sleep(time.Minute)
		stop()
		for address, n := range h.Channel.Everybody() {
			require.Equal(t, 1, n, "%s got it twice", address)
		}
	})
}

// R02: a doubt under DoubtsResend whose time comes after NotAfter: the campaign never ends and the driver spins.
func TestRegression02ExpiryWithADoubtToResend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := hookedHost(t, func(c *outbound.Config) { c.RequestTimeout = 5 * time.Second })
		h.Channel.SetScript(func(_ context.Context, n int, m *outbound.Outgoing) error {
			if n == 2 {
				return noAnswer()
			}
			return nil
		})
		c := h.Campaign(t, func(d *outbound.Draft) { d.Doubts, d.NotAfter = outbound.DoubtsResend, time.Now().Add(4*time.Second) }, addresses(3)...)
		require.NoError(t, c.Start(t.Context()))
		stop := serve(t, h.Engine)
		time.Sleep(time.Minute)
		p := counted(t, h, c)
		t.Logf("%s %+v spins %d commits %d", p.State, p.Counts, s.spun.Load(), s.commits.Load())
		stop()
		require.Zero(t, s.spun.Load(), "it spins")
		require.Equal(t, outbound.Completed, p.State)
	})
}

// R03: a probe that is throttled, in an outage: the account is checked again at once, for ever.
func TestRegression03AProbeThatIsThrottledInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, func(c *outbound.Config) { c.Concurrency = 4 })
		broken := &spinning{Channel: h.Channel}
		s := h.Store
		e, err := outbound.New(outbound.Config{Store: s, Touchpoints: outbound.Touchpoints{outboundtest.Touchpoint: broken}, Concurrency: 4, LeaseTerm: 3 * time.Second})
		require.NoError(t, err)
		h.Engine = e
		h.Channel.SetScript(func(context.Context, int, *outbound.Outgoing) error {
			h.Channel.SetAccount(outbound.Account{}, tooMany(time.Hour))
			return noAnswer()
		})
		c := h.Campaign(t, nil, addresses(30)...)
		require.NoError(t, c.Start(t.Context()))
		stop := serve(t, h.Engine)
		time.Sleep(time.Minute)
		stop()
		t.Logf("checks %d", broken.checks)
		require.Less(t, broken.checks, 100)
	})
}

type spinning struct {
	*outboundtest.Channel
	checks int
}

func (s *spinning) Check(ctx context.Context) (outbound.Account, error) {
	s.checks++
	if s.checks > 1000 {
		time.Sleep(10 * time.Second) // break the spin
	}
	return s.Channel.Check(ctx)
}

// R04: equal campaigns do not take turns when more than one person fits a commit.
func TestRegression04EqualsTakeTurnsAtHighRates(t *testing.T) {
	for _, k := range []int{2, 3} {
		synctest.Test(t, func(t *testing.T) {
			h := outboundtest.New(t, nil)
			h.Channel.SetLatency(50 * time.Millisecond)
			for range k - 1 {
				big := h.Campaign(t, func(d *outbound.Draft) { d.Message.Text = "big" }, addresses(40000)...)
				require.NoError(t, big.Start(t.Context()))
			}
			stop := serve(t, h.Engine)
			time.Sleep(2 * time.Second)
			small := h.Campaign(t, func(d *outbound.Draft) { d.Message.Text = "small" }, addresses(40)...)
			begun := time.Now()
			require.NoError(t, small.Start(t.Context()))
			for progress(t, h, small).State != outbound.Completed && time.Since(begun) < 5*time.Minute {
				time.Sleep(100 * time.Millisecond)
			}
			took := time.Since(begun)
			t.Logf("%d campaigns: 40 people took %s", k, took)
			stop()
			require.Less(t, took, 3*time.Second)
		})
	}
}

// R05: a policy that takes 3 ms a person: nobody is ever written to.
func TestRegression05ASlowPolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := hookedHost(t, func(c *outbound.Config) {
			c.Policies = []outbound.Policy{outbound.PolicyFunc(func(context.Context, outbound.Candidate) (outbound.Decision, error) {
				time.Sleep(3 * time.Millisecond)
				return outbound.Send(), nil
			})}
		})
		c := h.Campaign(t, nil, addresses(5000)...)
		require.NoError(t, c.Start(t.Context()))
		stop := serve(t, h.Engine)
		time.Sleep(5 * time.Minute)
		p := counted(t, h, c)
		t.Logf("%s %+v %+v; spins %d", p.State, p.Counts, p.Waiting, s.spun.Load())
		stop()
		require.Positive(t, p.Accepted)
	})
}

// R06: a campaign started from another replica, on a touchpoint whose only other campaign waits until tomorrow, is not picked up until then.
func TestRegression06AStartElsewhereWhileTheTouchpointWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tomorrow := time.Now().Add(20 * time.Hour)
		h := outboundtest.New(t, func(c *outbound.Config) {
			c.Policies = []outbound.Policy{outbound.PolicyFunc(func(_ context.Context, c outbound.Candidate) (outbound.Decision, error) {
				if c.Campaign.Purpose == outbound.Marketing && c.Now.Before(tomorrow) {
					return outbound.Hold(tomorrow, "night"), nil
				}
				return outbound.Send(), nil
			})}
		})
		held := h.Campaign(t, nil, addresses(10)...)
		require.NoError(t, held.Start(t.Context()))
		ran := make(chan error, 1)
		go func() { ran <- h.RunUntilIdle(t.Context()) }()
		time.Sleep(30 * time.Second)
		require.Equal(t, "due", progress(t, h, held).Waiting.Code)
		web := outboundtest.New(t, func(c *outbound.Config) { c.Store = h.Store }) // creates and reads only
		c := web.Campaign(t, func(d *outbound.Draft) { d.Purpose = outbound.Service }, addresses(1)...)
		require.NoError(t, c.Start(t.Context()))
		time.Sleep(time.Hour)
		p := progress(t, h, c)
		require.NoError(t, <-ran)
		require.Equal(t, outbound.Completed, p.State, "an hour later it is %s %+v", p.State, p.Counts)
	})
}

// R07: the owner dies with requests under way and the campaign is canceled (or paused) before another takes over: nobody ever recovers.
func TestRegression07CancelAfterADeath(t *testing.T) {
	for _, act := range []string{"pause", "cancel"} {
		synctest.Test(t, func(t *testing.T) {
			h := outboundtest.New(t, nil)
			p := &process{Store: h.Store, steps: map[string]int{}, step: "send done", nth: 10}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			p.die = cancel
			e, err := outbound.New(outbound.Config{Store: p, Touchpoints: outbound.Touchpoints{outboundtest.Touchpoint: line{h.Channel, p}}, LeaseTerm: time.Second, RequestTimeout: 2 * time.Second})
			require.NoError(t, err)
			h.Channel.SetLatency(50 * time.Millisecond)
			c := h.Campaign(t, nil, addresses(300)...)
			require.NoError(t, c.Start(t.Context()))
			_ = e.Run(ctx)
			require.True(t, p.dead)
			if act == "pause" {
				require.NoError(t, c.Pause(t.Context()))
			} else {
				require.NoError(t, c.Cancel(t.Context()))
			}
			stop := serve(t, h.Engine)
			time.Sleep(time.Hour)
			stop()
			got := counted(t, h, c)
			t.Logf("%s: %+v, delete: %v", act, got.Counts, h.Delete(t.Context(), c.ID()))
			require.Zero(t, got.Sending, "an hour after the owner's death")
		})
	}
}

// R06b: under Run a held campaign does not say what it waits for (its Waiting flaps between "due" and nothing), and its lease is kept for ever.
func TestRegression06bAHeldCampaignSaysSoAndIsLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tomorrow := time.Now().Add(20 * time.Hour)
		h, s := hookedHost(t, func(c *outbound.Config) {
			c.Policies = []outbound.Policy{outbound.PolicyFunc(func(_ context.Context, c outbound.Candidate) (outbound.Decision, error) {
				return outbound.Hold(tomorrow, "night"), nil
			})}
		})
		held := h.Campaign(t, nil, addresses(10)...)
		require.NoError(t, held.Start(t.Context()))
		stop := serve(t, h.Engine)
		time.Sleep(10 * time.Second)
		commits := s.commits.Load()
		said, owned := 0, 0
		for range 1000 {
			time.Sleep(77 * time.Millisecond)
			if progress(t, h, held).Waiting.Code == "due" {
				said++
			}
			if rec, _ := h.Store.ReadTouchpoint(t.Context(), outboundtest.Touchpoint); rec.Owner != "" {
				owned++
			}
		}
		stop()
		t.Logf("of 1000 looks %d said due, %d owned, %d commits in 77 s", said, owned, s.commits.Load()-commits)
		require.Equal(t, 1000, said)
		require.Less(t, owned, 500)
	})
}
