package outbound_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/outboundtest"
	"github.com/stretchr/testify/require"
)

func TestScheduledCampaignsStartByThemselves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, nil)
		c := h.Campaign(t, nil, addresses(3)...)
		require.ErrorIs(t, h.Schedule(t.Context(), c.ID(), time.Now().Add(time.Hour), ""), outbound.ErrInvalid, "the choice for a missed time is mandatory")
		require.ErrorIs(t, h.Schedule(t.Context(), c.ID(), time.Now(), outbound.MissedPause), outbound.ErrInvalid)
		at := time.Now().Add(3 * time.Hour)
		require.NoError(t, h.Schedule(t.Context(), c.ID(), at, outbound.MissedPause))
		require.Equal(t, outbound.Scheduled, progress(t, h, c).State)
		require.NoError(t, h.RunUntilIdle(t.Context()), "it waits for the known time")
		require.Equal(t, outbound.Completed, counted(t, h, c).State)
		for _, s := range h.Channel.Sent() {
			require.False(t, s.At.Before(at))
			require.Less(t, s.At.Sub(at), time.Second)
		}
	})
}

func TestAMissedStartDoesWhatWasChosen(t *testing.T) {
	t.Parallel()
	for _, missed := range []outbound.MissedStart{outbound.MissedPause, outbound.MissedStartLate} {
		t.Run(string(missed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := outboundtest.New(t, nil)
				c := h.Campaign(t, nil, addresses(3)...)
				require.NoError(t, h.Schedule(t.Context(), c.ID(), time.Now().Add(time.Hour), missed))
				time.Sleep(30 * time.Hour) // nobody runs
				require.NoError(t, h.RunUntilIdle(t.Context()))
				p := counted(t, h, c)
				if missed == outbound.MissedStartLate {
					require.Equal(t, outbound.Completed, p.State)
					return
				}
				require.Equal(t, outbound.Paused, p.State)
				require.Equal(t, "missed_start", p.Cause.Code)
				require.Empty(t, h.Channel.Sent())
				require.NoError(t, c.Resume(t.Context()))
				require.NoError(t, h.RunUntilIdle(t.Context()))
				require.Equal(t, outbound.Completed, counted(t, h, c).State)
			})
		})
	}
}

func TestUnscheduleMakesADraftAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, nil)
		c := h.Campaign(t, nil, addresses(3)...)
		require.NoError(t, h.Schedule(t.Context(), c.ID(), time.Now().Add(time.Hour), outbound.MissedPause))
		require.NoError(t, h.Unschedule(t.Context(), c.ID()))
		d, err := h.Draft(t.Context(), c.ID())
		require.NoError(t, err)
		d.Message.Text = "Other words."
		require.NoError(t, h.Update(t.Context(), c.ID(), d))
		require.NoError(t, c.Start(t.Context()))
		require.NoError(t, h.RunUntilIdle(t.Context()))
		require.Equal(t, "Other words.", h.Channel.Sent()[0].Text)
	})
}

// NotAfter is asked at every intent: nothing begins at or after it, the rest is skipped as expired.
func TestExpirySkipsTheRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, func(c *outbound.Config) {
			c.Limits = map[string]outbound.Limits{outboundtest.Touchpoint: {Rate: outbound.PerSecond(10)}}
		})
		until := time.Now().Add(5 * time.Second)
		c := h.Campaign(t, func(d *outbound.Draft) { d.NotAfter = until }, addresses(200)...)
		plan, err := c.Plan(t.Context())
		require.NoError(t, err)
		require.InDelta(t, 150, plan.Expires, 2)
		require.NoError(t, c.Start(t.Context()))
		require.NoError(t, h.RunUntilIdle(t.Context()))
		p := counted(t, h, c)
		require.Equal(t, outbound.Completed, p.State)
		require.Equal(t, "expired", p.Cause.Code)
		require.InDelta(t, 50, p.Accepted, 2)
		require.Equal(t, p.Total, p.Accepted+p.Skipped)
		for _, s := range h.Channel.Sent() {
			require.True(t, s.At.Before(until.Add(time.Second)), "an intent is granted before NotAfter and begins within its use-by")
		}
		_, err = h.RetryFailed(t.Context(), c.ID())
		require.ErrorIs(t, err, outbound.ErrState)
	})
}

func TestRetryOfTheFailedReopensACompletedCampaign(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, func(c *outbound.Config) { c.MaxTries = 2; c.RetryDelay = time.Second })
		broken := true
		h.Channel.SetScript(func(_ context.Context, _ int, m *outbound.Outgoing) error {
			switch {
			case m.Address == "1001":
				return blocked()
			case m.Address == "1002" && broken:
				return tryAgain()
			}
			return nil
		})
		c := h.Campaign(t, nil, addresses(4)...)
		require.NoError(t, c.Start(t.Context()))
		require.NoError(t, h.RunUntilIdle(t.Context()))
		p := counted(t, h, c)
		require.Equal(t, outbound.Completed, p.State)
		require.EqualValues(t, 2, p.Failed)
		broken = false
		n, err := h.RetryFailed(t.Context(), c.ID())
		require.NoError(t, err)
		require.EqualValues(t, 1, n, "who blocked the account is not tried again unasked")
		require.Equal(t, outbound.Running, progress(t, h, c).State)
		require.NoError(t, h.RunUntilIdle(t.Context()))
		p = counted(t, h, c)
		require.Equal(t, outbound.Completed, p.State)
		require.EqualValues(t, 3, p.Accepted)
		x, err := h.Explain(t.Context(), c.ID(), "1002", outbound.Russian)
		require.NoError(t, err)
		require.Len(t, x, 1)
		require.Equal(t, 3, x[0].Delivery.Attempt)
		require.Len(t, x[0].Earlier, 2)
		require.Contains(t, x[0].Text[len(x[0].Text)-1], "принято")
	})
}

func TestNotifyIsACampaignOfOneAndIdempotentByKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, nil)
		ran := make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { ran <- h.Run(ctx) }()
		n := outbound.Notification{
			Key: "order-17", Touchpoint: outboundtest.Touchpoint, Recipient: outbound.Recipient{Address: "5", Variables: map[string]string{"n": "17"}},
			Message: outbound.Message{Text: "Order {{.n}} is ready."},
		}
		c, err := h.Notify(t.Context(), n)
		require.NoError(t, err)
		for range 3 {
			again, err := h.Notify(t.Context(), n)
			require.NoError(t, err)
			require.Equal(t, c.ID(), again.ID())
			time.Sleep(time.Second)
		}
		require.Equal(t, 1, h.Channel.Got("5"))
		require.Equal(t, "Order 17 is ready.", h.Channel.Sent()[0].Text)
		n.Key, n.Recipient.Address = "order-18", "a b"
		_, err = h.Notify(t.Context(), n)
		require.ErrorIs(t, err, outbound.ErrInvalid)
		page, err := h.List(t.Context(), outbound.RunFilter{})
		require.NoError(t, err)
		require.Empty(t, page.Campaigns, "lists leave notifications out unless asked")
		page, err = h.List(t.Context(), outbound.RunFilter{Notices: true})
		require.NoError(t, err)
		require.Len(t, page.Campaigns, 1)
		cancel()
		require.NoError(t, <-ran)
	})
}

func TestPromise06AnOptOutBeforeTheIntentStopsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, func(c *outbound.Config) {
			c.Limits = map[string]outbound.Limits{outboundtest.Touchpoint: {Rate: outbound.PerSecond(5)}}
		})
		c := h.Campaign(t, nil, addresses(40)...)
		ctx := outbound.WithActor(t.Context(), "anna")
		require.NoError(t, h.Suppress(ctx, outbound.Suppression{Address: "1001", Reason: "asked"}))
		require.NoError(t, h.Suppress(ctx, outbound.Suppression{Address: "1002", Purpose: outbound.Service}))
		plan, err := c.Plan(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 1, plan.Skip)
		require.EqualValues(t, 1, plan.Reasons[outbound.ReasonSuppressed])
		require.NoError(t, c.Start(ctx))
		ran := make(chan error, 1)
		go func() { ran <- h.RunUntilIdle(t.Context()) }()
		time.Sleep(4 * time.Second) // the next second's people are read ahead
		require.NoError(t, h.Suppress(ctx, outbound.Suppression{Touchpoint: outboundtest.Touchpoint, Address: "1024"}))
		require.NoError(t, <-ran)
		p := counted(t, h, c)
		require.EqualValues(t, 2, p.Skipped)
		require.Zero(t, h.Channel.Got("1001")+h.Channel.Got("1024"))
		require.Equal(t, 1, h.Channel.Got("1002"))
		acts, err := h.Acts(t.Context(), "")
		require.NoError(t, err)
		require.Equal(t, "anna", acts[len(acts)-1].Actor)
	})
}

func TestPoliciesDecideJustBeforeTheIntent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var h *outboundtest.Host
		begun := time.Now()
		h = outboundtest.New(t, func(c *outbound.Config) {
			c.Policies = []outbound.Policy{outbound.PolicyFunc(func(_ context.Context, x outbound.Candidate) (outbound.Decision, error) {
				switch x.Recipient.Address {
				case "1001":
					return outbound.Skip("not_today"), nil
				case "1002":
					return outbound.Hold(begun.Add(3*time.Hour), "night"), nil
				case "1003":
					if time.Since(begun) < time.Minute {
						return outbound.Decision{}, errors.New("the host's database is down")
					}
				}
				return outbound.Send(), nil
			})}
		})
		c := h.Campaign(t, nil, addresses(6)...)
		require.NoError(t, c.Start(t.Context()))
		ran := make(chan error, 1)
		go func() { ran <- h.RunUntilIdle(t.Context()) }()
		time.Sleep(30 * time.Second)
		require.Equal(t, "policy", progress(t, h, c).Waiting.Code)
		time.Sleep(time.Hour)
		p := counted(t, h, c)
		require.Equal(t, "due", p.Waiting.Code)
		require.WithinDuration(t, begun.Add(3*time.Hour), p.Waiting.Until, time.Second)
		require.EqualValues(t, 4, p.Accepted)
		require.NoError(t, <-ran)
		p = counted(t, h, c)
		require.EqualValues(t, 5, p.Accepted)
		require.EqualValues(t, 1, p.Skipped)
		for d, err := range c.Deliveries(t.Context(), outbound.DeliveryFilter{States: []outbound.State{outbound.Skipped}}) {
			require.NoError(t, err)
			require.Equal(t, "not_today", d.Reason)
		}
	})
}

func TestAuthorizeIsAskedAndRefuses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked []outbound.Action
		var refuse outbound.Action
		h := outboundtest.New(t, func(c *outbound.Config) {
			c.Authorize = func(_ context.Context, a outbound.Action, _ outbound.CampaignInfo) error {
				asked = append(asked, a)
				if a == refuse {
					return errors.New("not paid")
				}
				return nil
			}
		})
		c := h.Campaign(t, nil, addresses(3)...)
		refuse = outbound.ActionStart
		require.ErrorIs(t, c.Start(t.Context()), outbound.ErrNotAllowed)
		refuse = ""
		require.NoError(t, h.Schedule(t.Context(), c.ID(), time.Now().Add(time.Minute), outbound.MissedPause))
		refuse = outbound.ActionStart
		require.NoError(t, h.RunUntilIdle(t.Context()))
		require.Equal(t, "not_allowed", progress(t, h, c).Cause.Code)
		refuse = outbound.ActionResume
		require.ErrorIs(t, c.Resume(t.Context()), outbound.ErrNotAllowed)
		refuse = outbound.ActionCreate
		_, err := h.Create(t.Context(), outbound.Draft{Name: "x", Touchpoint: outboundtest.Touchpoint, Message: outbound.Message{Text: "x"}})
		require.ErrorIs(t, err, outbound.ErrNotAllowed)
		require.Empty(t, h.Channel.Sent())
		require.Contains(t, asked, outbound.ActionCreate)
	})
}

// A running campaign that nobody cared for in over an hour is paused: yesterday's restored database sends nothing by surprise.
func TestARestoredDatabaseSendsNothingBySurprise(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, nil)
		c := h.Campaign(t, nil, addresses(3)...)
		require.NoError(t, c.Start(t.Context()))
		time.Sleep(61 * time.Minute)
		require.NoError(t, h.RunUntilIdle(t.Context()))
		p := counted(t, h, c)
		require.Equal(t, outbound.Paused, p.State)
		require.Equal(t, "stale", p.Cause.Code)
		require.Empty(t, h.Channel.Sent())
		require.NoError(t, c.Resume(t.Context()))
		require.NoError(t, h.RunUntilIdle(t.Context()))
		require.Equal(t, outbound.Completed, counted(t, h, c).State)
	})
}

func TestCreateIsIdempotentByIDAndCloneAndDeleteWork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, nil)
		draft := outbound.Draft{ID: "april", Name: "April", Touchpoint: outboundtest.Touchpoint, Message: outbound.Message{Text: "Hello."}, Labels: []string{"spring"}}
		c, err := h.Create(t.Context(), draft)
		require.NoError(t, err)
		again, err := h.Create(t.Context(), draft)
		require.NoError(t, err)
		require.Equal(t, c.ID(), again.ID())
		draft.Message.Text = "Other."
		_, err = h.Create(t.Context(), draft)
		require.ErrorIs(t, err, outbound.ErrConflict)
		_, err = c.Import(t.Context(), "x", outbound.FromAddresses("1"))
		require.NoError(t, err)
		require.NoError(t, c.Start(t.Context()))
		require.ErrorIs(t, h.Delete(t.Context(), "april"), outbound.ErrState)
		require.NoError(t, h.RunUntilIdle(t.Context()))
		require.ErrorIs(t, c.Resume(t.Context()), outbound.ErrState, "a completed campaign has nothing to resume")
		clone, err := h.Clone(t.Context(), "april", "may")
		require.NoError(t, err)
		require.ErrorIs(t, clone.Start(t.Context()), outbound.ErrEmptyAudience)
		page, err := h.List(t.Context(), outbound.RunFilter{Label: "spring", Limit: 1})
		require.NoError(t, err)
		require.EqualValues(t, "may", page.Campaigns[0].ID)
		page, err = h.List(t.Context(), outbound.RunFilter{Label: "spring", Limit: 1, Before: page.Next})
		require.NoError(t, err)
		require.EqualValues(t, "april", page.Campaigns[0].ID)
		require.Zero(t, page.Next)
		require.NoError(t, h.Delete(t.Context(), "april"))
		require.NoError(t, h.Delete(t.Context(), "april"))
		_, err = c.Progress(t.Context())
		require.ErrorIs(t, err, outbound.ErrNotFound)
	})
}

func TestWatchStreamsUntilTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, func(c *outbound.Config) {
			c.Limits = map[string]outbound.Limits{outboundtest.Touchpoint: {Rate: outbound.PerSecond(20)}}
		})
		c := h.Campaign(t, nil, addresses(100)...)
		require.NoError(t, c.Start(t.Context()))
		ran := make(chan error, 1)
		go func() { ran <- h.RunUntilIdle(t.Context()) }()
		var last outbound.Progress
		n := 0
		for p, err := range h.Watch(t.Context(), c.ID()) {
			require.NoError(t, err)
			require.GreaterOrEqual(t, p.Done(), last.Done())
			if p.Accepted > 60 && p.State == outbound.Running {
				require.InDelta(t, 20, p.PerSecond, 2)
				require.WithinDuration(t, p.Started.Add(5*time.Second), p.EstimatedEnd, 2*time.Second)
			}
			last = p
			n++
		}
		require.Equal(t, outbound.Completed, last.State)
		require.InDelta(t, 45, n, 15, "about ten a second")
		require.NoError(t, <-ran)
	})
}
