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

// R04b: how many of each of k equal campaigns go out in a while.
func TestRegression04bEqualCampaignsGetEqualShares(t *testing.T) {
	for _, k := range []int{2, 3, 4} {
		for _, conc := range []int{2, 4, 16, 64} {
			for _, latency := range []time.Duration{50 * time.Millisecond, 400 * time.Millisecond} {
				synctest.Test(t, func(t *testing.T) {
					h := outboundtest.New(t, func(c *outbound.Config) { c.Concurrency = conc })
					h.Channel.SetLatency(latency)
					for i := range k {
						c := h.Campaign(t, func(d *outbound.Draft) { d.Message.Text = string(rune('a' + i)) }, addresses(20000)...)
						require.NoError(t, c.Start(t.Context()))
					}
					stop := serve(t, h.Engine)
					time.Sleep(time.Duration(200/conc+20) * latency)
					n := map[string]int{}
					worst, last := 0, map[string]int{}
					sent := h.Channel.Sent()
					for i, s := range sent {
						n[s.Text]++
						worst = max(worst, i-last[s.Text])
						last[s.Text] = i
					}
					for _, l := range last {
						worst = max(worst, len(sent)-l)
					}
					t.Logf("k=%d conc=%d latency=%s: %v, longest run without somebody %d requests", k, conc, latency, n, worst)
					stop()
				})
			}
		}
	}
}

// R08: the channel is replaced while workers read it (run with -race).
func TestRegression08TheChannelIsReplacedWhileWorkersReadIt(t *testing.T) {
	h := outboundtest.New(t, nil)
	h.Channel.SetLatency(time.Millisecond)
	c := h.Campaign(t, nil, addresses(3000)...)
	require.NoError(t, c.Start(t.Context()))
	stop := serve(t, h.Engine)
	for range 100 {
		time.Sleep(5 * time.Millisecond)
		if c.Resume(t.Context()) != nil {
			break // completed
		}
	}
	stop()
}

// R09: one failed UpdateRun at the moment of PauseAfter: the campaign is stuck, running and silent.
func TestRegression09PauseAfterWithOneFailedUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := hookedHost(t, nil)
		h.Channel.SetLatency(20 * time.Millisecond)
		c := h.Campaign(t, func(d *outbound.Draft) { d.PauseAfter = 5 }, addresses(20)...)
		require.NoError(t, c.Start(t.Context()))
		begun := time.Now()
		s.mu.Lock()
		s.updateRun = func(next func() (outbound.Run, error)) (outbound.Run, error) {
			if time.Since(begun) < time.Minute {
				return outbound.Run{}, errFlaky
			}
			return next()
		}
		s.mu.Unlock()
		stop := serve(t, h.Engine)
		time.Sleep(5 * time.Minute)
		p := counted(t, h, c)
		stop()
		require.Zero(t, s.spun.Load(), "it spins")
		require.Equal(t, outbound.Paused, p.State, "%+v %+v", p.Counts, p.Waiting)
	})
}

// R10: people who were held first do not count for PauseAfter.
func TestRegression10PauseAfterWithHeldPeople(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		morning := time.Now().Add(time.Hour)
		h := outboundtest.New(t, func(c *outbound.Config) {
			c.Policies = []outbound.Policy{outbound.PolicyFunc(func(_ context.Context, c outbound.Candidate) (outbound.Decision, error) {
				return outbound.Hold(morning, "night"), nil
			})}
		})
		h.Channel.SetLatency(20 * time.Millisecond)
		c := h.Campaign(t, func(d *outbound.Draft) { d.PauseAfter = 5 }, addresses(500)...)
		require.NoError(t, c.Start(t.Context()))
		require.NoError(t, h.RunUntilIdle(t.Context()))
		p := counted(t, h, c)
		require.EqualValues(t, 5, p.Accepted, "%s", p.State)
	})
}

// R11: Stop returns while granted intents wait for their slots, and these begin after it: the answer of a commit came after the stop was asked for.
func TestRegression11StopReturnsTooEarly(t *testing.T) {
	for lag := 0 * time.Millisecond; lag < time.Second; lag += 10 * time.Millisecond {
		synctest.Test(t, func(t *testing.T) {
			h, s := hookedHost(t, func(c *outbound.Config) {
				c.Limits = map[string]outbound.Limits{outboundtest.Touchpoint: {Rate: outbound.PerSecond(1)}}
			})
			h.Channel.SetLatency(820 * time.Millisecond)
			s.setCommit(func(_ context.Context, _ outbound.Batch, next func() (outbound.BatchResult, error)) (outbound.BatchResult, error) {
				r, err := next()
				s.flying.Add(1)
				defer s.flying.Add(-1)
				time.Sleep(50 * time.Millisecond) // a database some way off
				return r, err
			})
			c := h.Campaign(t, nil, addresses(5000)...)
			require.NoError(t, c.Start(t.Context()))
			stop := serve(t, h.Engine)
			time.Sleep(5*time.Second + lag)
			asked := time.Now()
			inflight := s.flying.Load()
			require.NoError(t, h.Stop(t.Context(), outbound.StopTouchpoint, outboundtest.Touchpoint, "fire"))
			returned := time.Now()
			n := len(h.Channel.Sent())
			time.Sleep(10 * time.Second)
			after := len(h.Channel.Sent()) - n
			stop()
			_, _ = asked, inflight
			if after > 0 {
				t.Errorf("%d requests began after Stop returned, the last %s after", after, h.Channel.Sent()[n+after-1].At.Sub(returned))
			}
		})
	}
}

// R12: Pause, asked at a replica that was replaced while it stood still, is acknowledged by the wrong owner.
func TestRegression12PauseIsAcknowledgedByAReplacedOwner(t *testing.T) {
	for off := range 40 {
		synctest.Test(t, func(t *testing.T) {
			channel := outboundtest.NewChannel()
			channel.SetLatency(20 * time.Millisecond)
			s := newHooked()
			replica := func(store outbound.Store, name string) *outbound.Engine {
				e, err := outbound.New(outbound.Config{Store: store, Touchpoints: outbound.Touchpoints{outboundtest.Touchpoint: channel}, Owner: name, LeaseTerm: 3 * time.Second, Concurrency: 4})
				require.NoError(t, err)
				return e
			}
			log := &grants{}
			f1 := &frozen{Store: s, name: "one", log: log}
			e1, e2 := replica(f1, "one"), replica(s, "two")
			h := &outboundtest.Host{Engine: e1, Channel: channel, Store: s}
			c := h.Campaign(t, nil, addresses(20000)...)
			require.NoError(t, c.Start(t.Context()))
			stop1 := serve(t, e1)
			time.Sleep(time.Second)
			stop2 := serve(t, e2)
			time.Sleep(time.Second)
			f1.freeze()
			time.Sleep(9*time.Second + time.Duration(off)*7*time.Millisecond)
			go f1.thaw()
			require.NoError(t, c.Pause(t.Context()))
			returned := time.Now()
			n := len(channel.Sent())
			time.Sleep(5 * time.Second)
			after := len(channel.Sent()) - n
			stop1()
			stop2()
			if after > 0 {
				t.Errorf("%d requests began after Pause returned, the last %s after", after, channel.Sent()[n+after-1].At.Sub(returned))
			}
		})
	}
}

// R13: an outage takes the place of a throttle, and the moment that the provider named is forgotten.
func TestRegression13AnOutageDoesNotShortenAThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, func(c *outbound.Config) { c.Concurrency = 32 })
		var until time.Time
		h.Channel.SetScript(func(_ context.Context, n int, _ *outbound.Outgoing) error {
			time.Sleep(time.Duration(100+n) * time.Millisecond)
			switch {
			case n == 3:
				until = time.Now().Add(time.Hour)
				return tooMany(time.Hour)
			case n <= 32 && n > 3:
				return noAnswer()
			}
			return nil
		})
		c := h.Campaign(t, nil, addresses(200)...)
		require.NoError(t, c.Start(t.Context()))
		stop := serve(t, h.Engine)
		time.Sleep(30 * time.Minute)
		p := progress(t, h, c)
		stop()
		sent := h.Channel.Sent()
		last := sent[len(sent)-1]
		require.True(t, last.At.Before(until.Add(-time.Hour+500*time.Millisecond)), "a request began %s before the throttle's end; %+v", until.Sub(last.At), p.Counts)
	})
}

// R14: a failed commit without outcomes, then a pause: the driver waits for ever for a commit that nobody makes.
func TestRegression14AFailedCommitAndAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := hookedHost(t, nil)
		c := h.Campaign(t, nil, addresses(20)...)
		require.NoError(t, c.Start(t.Context()))
		n := 0
		s.setCommit(func(_ context.Context, _ outbound.Batch, next func() (outbound.BatchResult, error)) (outbound.BatchResult, error) {
			if n++; n == 1 {
				go func() { _ = c.Pause(t.Context()) }()
				return outbound.BatchResult{}, errFlaky
			}
			return next()
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		begun := time.Now()
		require.NoError(t, h.RunUntilIdle(ctx))
		require.Less(t, time.Since(begun), time.Minute, "it did not return")
	})
}

// R15: due people and an outage of Commit: Due is asked in a hot loop.
func TestRegression15DueIsAskedInALoopWhileCommitFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := hookedHost(t, func(c *outbound.Config) {
			c.Limits = map[string]outbound.Limits{outboundtest.Touchpoint: {Rate: outbound.PerSecond(1)}}
		})
		h.Channel.SetScript(func(_ context.Context, n int, _ *outbound.Outgoing) error {
			if n < 4 {
				return tryAgain()
			}
			return nil
		})
		c := h.Campaign(t, nil, addresses(3)...)
		require.NoError(t, c.Start(t.Context()))
		stop := serve(t, h.Engine)
		claims := false
		s.setCommit(func(_ context.Context, b outbound.Batch, next func() (outbound.BatchResult, error)) (outbound.BatchResult, error) {
			for _, r := range b.Runs {
				claims = claims || len(r.Claims) > 0
			}
			if claims {
				return outbound.BatchResult{}, errFlaky
			}
			return next()
		})
		time.Sleep(30 * time.Second)
		s.setCommit(nil)
		t.Logf("claims %v: %d times Due, spins %d", claims, s.due.Load(), s.spun.Load())
		time.Sleep(30 * time.Second)
		stop()
		require.Zero(t, s.spun.Load())
	})
}

// R16: a running campaign whose file cannot be read for a while: RunUntilIdle drives and drives without a pause.
func TestRegression16AFileThatCannotBeReadForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := hookedHost(t, nil)
		c := h.Campaign(t, func(d *outbound.Draft) {
			d.Message.Media = &outbound.Media{Kind: outbound.MediaPhoto, Content: []byte("x"), Name: "x.png"}
		}, addresses(3)...)
		require.NoError(t, c.Start(t.Context()))
		begun := time.Now()
		s.loadFile = func() error {
			if time.Since(begun) < time.Minute {
				return errFlaky
			}
			return nil
		}
		require.NoError(t, h.RunUntilIdle(t.Context()))
		t.Logf("spins %d", s.spun.Load())
		require.Zero(t, s.spun.Load())
	})
}

// R17: a scheduled campaign that is paused and resumed goes out at once, not at its time.
func TestRegression17PauseAndResumeOfAScheduledCampaign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, nil)
		c := h.Campaign(t, nil, addresses(3)...)
		monday := time.Now().Add(72 * time.Hour)
		require.NoError(t, h.Schedule(t.Context(), c.ID(), monday, outbound.MissedPause))
		require.NoError(t, c.Pause(t.Context()))
		require.NoError(t, c.Resume(t.Context()))
		require.NoError(t, h.RunUntilIdle(t.Context()))
		require.False(t, h.Channel.Sent()[0].At.Before(monday), "it went out %s early", monday.Sub(h.Channel.Sent()[0].At))
	})
}

func TestRegression17bScheduleOfARunningCampaign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, nil)
		c := h.Campaign(t, nil, addresses(3)...)
		require.NoError(t, c.Start(t.Context()))
		require.ErrorIs(t, h.Schedule(t.Context(), c.ID(), time.Now().Add(time.Hour), outbound.MissedPause), outbound.ErrState)
	})
}
