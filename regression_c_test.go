package outbound_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/outboundtest"
	"github.com/stretchr/testify/require"
)

// R18: Create fails between run and document; created again with other facts it succeeds, and the run keeps the old ones.
func TestRegression18CreateAfterAFailedCreate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := hookedHost(t, nil)
		fail := true
		s.saveDraft = func() error {
			if fail {
				return errFlaky
			}
			return nil
		}
		d := outbound.Draft{ID: "c", Name: "c", Touchpoint: outboundtest.Touchpoint, Message: outbound.Message{Text: "Hello."}}
		_, err := h.Create(t.Context(), d)
		require.Error(t, err)
		fail = false
		d.PauseAfter, d.Purpose = 5, outbound.Service
		c, err := h.Create(t.Context(), d)
		if err != nil {
			return // refused is fine
		}
		_, err = c.Import(t.Context(), "x", outbound.FromAddresses(addresses(20)...))
		require.NoError(t, err)
		require.NoError(t, c.Start(t.Context()))
		require.NoError(t, h.RunUntilIdle(t.Context()))
		require.EqualValues(t, 5, progress(t, h, c).Accepted)
	})
}

// R19: Update says that it succeeded, and the old text goes out.
func TestRegression19UpdateRacesStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := hookedHost(t, nil)
		c := h.Campaign(t, nil, addresses(2)...)
		s.saveDraft = func() error {
			s.saveDraft = nil
			return c.Start(t.Context()) // just between the run and the document
		}
		d, err := h.Draft(t.Context(), c.ID())
		require.NoError(t, err)
		d.Message.Text = "The right text."
		updated := h.Update(t.Context(), c.ID(), d)
		require.NoError(t, h.RunUntilIdle(t.Context()))
		if updated == nil && len(h.Channel.Sent()) > 0 {
			require.Equal(t, "The right text.", h.Channel.Sent()[0].Text)
		}
	})
}

// R20: notifications of two groups share an id.
func TestRegression20NotifyKeysOfTwoGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, func(c *outbound.Config) {
			c.Touchpoints = outbound.Touchpoints{"one": c.Touchpoints.(outbound.Touchpoints)[outboundtest.Touchpoint], "two": c.Touchpoints.(outbound.Touchpoints)[outboundtest.Touchpoint]}
		})
		n := outbound.Notification{Group: "acme", Key: "eu:17", Touchpoint: "one", Recipient: outbound.Recipient{Address: "1"}, Message: outbound.Message{Text: "a"}}
		_, err := h.Notify(t.Context(), n)
		require.NoError(t, err)
		n = outbound.Notification{Group: "acme:eu", Key: "17", Touchpoint: "two", Recipient: outbound.Recipient{Address: "2"}, Message: outbound.Message{Text: "b"}}
		_, err = h.Notify(t.Context(), n)
		require.NoError(t, err)
		require.NoError(t, h.RunUntilIdle(t.Context()))
		require.Len(t, h.Channel.Sent(), 2)
	})
}

// R21: the store is full for a few seconds: answers that are known are thrown away and become doubts.
func TestRegression21KnownAnswersSurviveAFullStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := hookedHost(t, nil)
		h.Channel.SetLatency(time.Second)
		c := h.Campaign(t, nil, addresses(300)...)
		require.NoError(t, c.Start(t.Context()))
		stop := serve(t, h.Engine)
		time.Sleep(1500 * time.Millisecond)
		s.setCommit(func(context.Context, outbound.Batch, func() (outbound.BatchResult, error)) (outbound.BatchResult, error) {
			return outbound.BatchResult{}, fmt.Errorf("disk: %w", outbound.ErrStoreFull)
		})
		s.set(&s.settle, func() error { return fmt.Errorf("disk: %w", outbound.ErrStoreFull) })
		time.Sleep(10 * time.Second)
		s.setCommit(nil)
		s.set(&s.settle, nil)
		time.Sleep(10 * time.Minute)
		p := counted(t, h, c)
		stop()
		t.Logf("%s %+v sent %d", p.State, p.Counts, len(h.Channel.Sent()))
		require.Zero(t, p.Uncertain, "every request was answered")
	})
}

// R22: every start, pause or notification anywhere has every gated account asked again.
func TestRegression22WakesDoNotHammerAGatedAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := outboundtest.NewChannel()
		bad.SetAccount(outbound.Account{}, tokenRevoked())
		h := outboundtest.New(t, func(c *outbound.Config) {
			c.Touchpoints = outbound.Touchpoints{outboundtest.Touchpoint: c.Touchpoints.(outbound.Touchpoints)[outboundtest.Touchpoint], "bad": bad}
		})
		c := h.Campaign(t, func(d *outbound.Draft) { d.Touchpoint = "bad" }, addresses(3)...)
		require.NoError(t, c.Start(t.Context()))
		stop := serve(t, h.Engine)
		time.Sleep(time.Minute)
		before := bad.Checks()
		for i := range 600 {
			_, err := h.Notify(t.Context(), outbound.Notification{Key: fmt.Sprint(i), Touchpoint: outboundtest.Touchpoint, Recipient: outbound.Recipient{Address: "1"}, Message: outbound.Message{Text: "a"}})
			require.NoError(t, err)
			time.Sleep(time.Second)
		}
		stop()
		t.Logf("%d checks of a revoked token in ten minutes", bad.Checks()-before)
		require.Less(t, bad.Checks()-before, 20)
	})
}

// R23: a touchpoint that cannot be opened: the campaign does not say so.
func TestRegression23ATouchpointThatCannotBeOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var broken atomic.Bool
		ch := outboundtest.NewChannel()
		h := outboundtest.New(t, func(c *outbound.Config) {
			c.Touchpoints = source(func() (outbound.Channel, error) {
				if broken.Load() {
					return nil, errors.New("the vault has no token for it")
				}
				return ch, nil
			})
		})
		c := h.Campaign(t, nil, addresses(3)...)
		require.NoError(t, c.Start(t.Context()))
		broken.Store(true)
		stop := serve(t, h.Engine)
		time.Sleep(time.Minute)
		p := progress(t, h, c)
		stop()
		require.NotEmpty(t, p.Waiting.Code, "running, and nothing said: %q", p.Describe(outbound.English))
	})
}

type source func() (outbound.Channel, error)

func (s source) Open(context.Context, string) (outbound.Channel, error) { return s() }

// R24: a channel that returns no reference of an upload sends the whole campaign one by one.
func TestRegression24FilesOfAChannelWithoutReferences(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, nil)
		h.Channel.SetCapabilities(func(c *outbound.Capabilities) { c.MediaWithMessage = false })
		e, err := outbound.New(outbound.Config{Store: h.Store, Touchpoints: outbound.Touchpoints{outboundtest.Touchpoint: noRefs{h.Channel}}})
		require.NoError(t, err)
		h.Engine = e
		h.Channel.SetLatency(100 * time.Millisecond)
		c := h.Campaign(t, func(d *outbound.Draft) {
			d.Message.Media = &outbound.Media{Kind: outbound.MediaPhoto, Content: []byte("x"), Name: "x.png"}
		}, addresses(300)...)
		require.NoError(t, c.Start(t.Context()))
		begun := time.Now()
		require.NoError(t, h.RunUntilIdle(t.Context()))
		require.Less(t, time.Since(begun), 5*time.Second)
	})
}

type noRefs struct{ *outboundtest.Channel }

func (n noRefs) Send(ctx context.Context, m *outbound.Outgoing) (outbound.Receipt, error) {
	r, err := n.Channel.Send(ctx, m)
	r.Media = outbound.MediaRef{}
	return r, err
}

// R25: a policy that waits as long as its context lets it keeps Run from returning.
func TestRegression25RunReturnsFromAWaitingPolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		give := make(chan struct{})
		h := outboundtest.New(t, func(c *outbound.Config) {
			c.Policies = []outbound.Policy{outbound.PolicyFunc(func(ctx context.Context, c outbound.Candidate) (outbound.Decision, error) {
				select {
				case <-ctx.Done():
					return outbound.Decision{}, ctx.Err()
				case <-give:
					return outbound.Send(), nil
				}
			})}
		})
		c := h.Campaign(t, nil, addresses(3)...)
		require.NoError(t, c.Start(t.Context()))
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- h.Run(ctx) }()
		time.Sleep(time.Second)
		cancel()
		select {
		case err := <-ran:
			require.NoError(t, err)
		case <-time.After(10 * time.Minute):
			t.Error("Run did not return within ten minutes of its context's end")
			close(give)
			require.NoError(t, <-ran)
		}
	})
}

// R26: the rate is used to 95 % also when the database takes a while.
func TestRegression26TheRateIsUsedWithASlowDatabase(t *testing.T) {
	for _, rate := range []int{1, 2, 5, 10, 24, 100} {
		for _, cost := range []time.Duration{10 * time.Millisecond, 30 * time.Millisecond, 60 * time.Millisecond, 100 * time.Millisecond} {
			synctest.Test(t, func(t *testing.T) {
				h, s := hookedHost(t, func(c *outbound.Config) {
					c.Limits = map[string]outbound.Limits{outboundtest.Touchpoint: {Rate: outbound.PerSecond(rate)}}
					c.Concurrency = 64
				})
				s.setCommit(func(_ context.Context, _ outbound.Batch, next func() (outbound.BatchResult, error)) (outbound.BatchResult, error) {
					time.Sleep(cost)
					return next()
				})
				h.Channel.SetLatency(80 * time.Millisecond)
				n := rate * 30
				c := h.Campaign(t, nil, addresses(n)...)
				require.NoError(t, c.Start(t.Context()))
				require.NoError(t, h.RunUntilIdle(t.Context()))
				sent := h.Channel.Sent()
				used := float64(n-1) / float64(rate) / sent[n-1].At.Sub(sent[0].At).Seconds()
				if used < 0.95 {
					t.Errorf("%d/s, commits of %s: %.1f %% of the rate used", rate, cost, 100*used)
				}
			})
		}
	}
}

// R27: NotAfter passes while everybody is held, or the account is gated: nobody is skipped, the campaign goes on running.
func TestRegression27ExpiryWhileNothingCanBegin(t *testing.T) {
	for _, why := range []string{"held", "account", "stop"} {
		synctest.Test(t, func(t *testing.T) {
			h := outboundtest.New(t, func(c *outbound.Config) {
				c.Policies = []outbound.Policy{outbound.PolicyFunc(func(_ context.Context, c outbound.Candidate) (outbound.Decision, error) {
					if why == "held" {
						return outbound.Hold(c.Now.Add(20*time.Hour), "night"), nil
					}
					return outbound.Send(), nil
				})}
			})
			if why == "account" {
				h.Channel.SetAccount(outbound.Account{}, tokenRevoked())
			}
			c := h.Campaign(t, func(d *outbound.Draft) { d.NotAfter = time.Now().Add(time.Hour) }, addresses(3)...)
			if why == "stop" {
				require.NoError(t, h.Stop(t.Context(), outbound.StopTouchpoint, outboundtest.Touchpoint, "x"))
			}
			require.NoError(t, c.Start(t.Context()))
			stop := serve(t, h.Engine)
			time.Sleep(2 * time.Hour)
			p := progress(t, h, c)
			stop()
			if p.State != outbound.Completed {
				t.Errorf("%s: an hour after NotAfter it is %s %+v %+v", why, p.State, p.Counts, p.Waiting)
			}
		})
	}
}

// R28: an account whose check succeeds but whose sends are refused (an exhausted balance): how many requests a day does it cost?
func TestRegression28AnExhaustedBalance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, nil)
		h.Channel.SetLatency(50 * time.Millisecond)
		h.Channel.SetScript(func(context.Context, int, *outbound.Outgoing) error {
			return &outbound.SendError{Class: outbound.ClassAccount, Reason: outbound.ReasonBalance, Code: "402"}
		})
		c := h.Campaign(t, nil, addresses(300)...)
		require.NoError(t, c.Start(t.Context()))
		stop := serve(t, h.Engine)
		time.Sleep(6 * time.Hour)
		stop()
		t.Logf("%d refused requests in six hours", len(h.Channel.Sent()))
		require.Less(t, len(h.Channel.Sent()), 100)
	})
}

// R30: memory of a driver that lives long, and a stop: how often does the loop turn?
func TestRegression30AStopDoesNotTurnTheLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, func(c *outbound.Config) {
			c.Limits = map[string]outbound.Limits{outboundtest.Touchpoint: {Rate: outbound.Rate{N: 1, Per: time.Minute}}}
		})
		other := outboundtest.New(t, func(c *outbound.Config) { c.Store = h.Store })
		c := h.Campaign(t, nil, addresses(300)...)
		require.NoError(t, c.Start(t.Context()))
		stop := serve(t, h.Engine)
		time.Sleep(10 * time.Second)
		require.NoError(t, other.Stop(t.Context(), outbound.StopTouchpoint, outboundtest.Touchpoint, "x"))
		before := h.Channel.Checks()
		time.Sleep(time.Hour)
		stop()
		t.Logf("%d checks of the account in an hour of stop", h.Channel.Checks()-before)
		require.Less(t, h.Channel.Checks()-before, 100)
	})
}

// R31: an erased person who was pending is not written to.
func TestRegression31AnErasedPersonIsNotWrittenTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, nil)
		c := h.Campaign(t, nil, addresses(3)...)
		require.NoError(t, c.Start(t.Context()))
		_, err := h.Erase(t.Context(), "", outboundtest.Touchpoint, "1001")
		require.NoError(t, err)
		require.NoError(t, h.RunUntilIdle(t.Context()))
		for _, s := range h.Channel.Sent() {
			require.NotContains(t, s.Address, "erased")
		}
	})
}
