package outbound_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/outboundtest"
	"github.com/outbound-go/outbound/store/memory"
	"github.com/stretchr/testify/require"
)

// person is what a person got: requests, in order, with their answers.
type person struct {
	answers []error
}

func TestRegressionStress(t *testing.T) {
	rounds := 60
	if n, err := strconv.Atoi(os.Getenv("ROUNDS")); err == nil {
		rounds = n
	}
	for i := range rounds {
		random := seeded(t)
		ok := t.Run(fmt.Sprint(i), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { stress(t, random) })
		})
		if !ok && os.Getenv("ALL") == "" {
			return
		}
	}
}

func stress(t *testing.T, random *rand.Rand) {
	channel := outboundtest.NewChannel()
	channel.SetLatency(time.Duration(1+random.IntN(400)) * time.Millisecond)
	base := &hooked{Store: memory.New(), bound: 20000}
	var mu sync.Mutex
	var campaigns []outbound.Campaign
	stores := make([]*chaos, 2)
	log := &logBook{}
	answers := map[string]*person{}
	script := rand.New(rand.NewPCG(random.Uint64(), 1))
	quiet := false
	channel.SetScript(func(_ context.Context, n int, m *outbound.Outgoing) (err error) {
		mu.Lock()
		defer mu.Unlock()
		p := answers[m.Address+"/"+m.Text]
		if p == nil {
			p = &person{}
			answers[m.Address+"/"+m.Text] = p
		}
		k := script.IntN(60)
		if quiet {
			k = 59
		}
		switch k {
		case 0:
			err = blocked()
		case 1, 2:
			err = noAnswer()
		case 3, 4, 5:
			err = tryAgain()
		case 6:
			err = tooMany(time.Duration(script.IntN(3000)) * time.Millisecond)
		case 7:
			err = notReached()
		case 8:
			err = &outbound.SendError{Class: outbound.ClassThrottled, Scope: outbound.ScopeRecipient, RetryAfter: 300 * time.Millisecond}
		}
		p.answers = append(p.answers, err)
		seq, _ := strconv.ParseInt(m.Address, 10, 64)
		i, _ := strconv.Atoi(m.Text[5:])
		stores[0].say(campaigns[i].ID(), seq-999, "SEND answered", m.Attempt, err)
		return err
	})
	conc := 1 + random.IntN(12)
	rate := outbound.Unlimited()
	if random.IntN(2) == 0 {
		rate = outbound.PerSecond(5 + random.IntN(100))
	}
	held := random.IntN(3) == 0
	heldUntil := time.Now().Add(time.Duration(5+random.IntN(20)) * time.Second)
	engines := make([]*outbound.Engine, 2)
	for i := range engines {
		stores[i] = &chaos{log: log, name: fmt.Sprint("engine", i), hooked: &hooked{Store: base, bound: 20000}, random: rand.New(rand.NewPCG(random.Uint64(), 2)), rate: random.IntN(15), lag: random.IntN(30)}
		e, err := outbound.New(outbound.Config{
			Store: stores[i], Touchpoints: outbound.Touchpoints{outboundtest.Touchpoint: channel}, Concurrency: conc, Headroom: outbound.NoHeadroom, LeaseTerm: 3 * time.Second,
			RequestTimeout: 4 * time.Second, RetryDelay: 100 * time.Millisecond, MaxTries: 30, PollInterval: time.Duration(50+random.IntN(900)) * time.Millisecond, Owner: fmt.Sprint(i),
			Limits: map[string]outbound.Limits{outboundtest.Touchpoint: {Rate: rate}},
			Policies: []outbound.Policy{outbound.PolicyFunc(func(_ context.Context, c outbound.Candidate) (outbound.Decision, error) {
				switch {
				case c.Recipient.Address[len(c.Recipient.Address)-1] == '7':
					return outbound.Skip("seven"), nil
				case held && c.Recipient.Address[len(c.Recipient.Address)-1] == '5' && c.Now.Before(heldUntil):
					return outbound.Hold(heldUntil, "night"), nil
				}
				return outbound.Send(), nil
			})},
		})
		require.NoError(t, err)
		engines[i] = e
	}
	clean, err := outbound.New(outbound.Config{Store: base, Touchpoints: outbound.Touchpoints{outboundtest.Touchpoint: channel}, LeaseTerm: 3 * time.Second, Concurrency: conc, RequestTimeout: 4 * time.Second, Limits: map[string]outbound.Limits{outboundtest.Touchpoint: {Rate: rate}}})
	require.NoError(t, err)
	h := &outboundtest.Host{Engine: clean, Channel: channel, Store: base}
	k := 1 + random.IntN(4)
	size := 30 + random.IntN(300)
	for i := range k {
		c := h.Campaign(t, func(d *outbound.Draft) {
			d.Message.Text = fmt.Sprint("text ", i)
			d.Priority = random.IntN(2)
			if random.IntN(4) == 0 {
				d.NotAfter = time.Now().Add(time.Duration(5+random.IntN(30)) * time.Second)
			}
			if random.IntN(4) == 0 {
				d.Doubts = outbound.DoubtsResend
			}
			if random.IntN(3) == 0 {
				d.PauseAfter = int64(1 + random.IntN(size))
			}
		}, addresses(size)...)
		require.NoError(t, c.Start(t.Context()))
		campaigns = append(campaigns, c)
	}
	var begunAfter []string
	runners := make([]func(), 2)
	start := func(i int) {
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- engines[i].Run(ctx) }()
		runners[i] = func() {
			cancel()
			begun := time.Now()
			require.NoError(t, <-ran)
			if took := time.Since(begun); took > 30*time.Second {
				t.Errorf("Run took %s to return", took)
			}
		}
	}
	start(0)
	if random.IntN(2) == 0 {
		start(1)
	}
	textOf := func(c outbound.Campaign) string {
		d, err := h.Draft(t.Context(), c.ID())
		require.NoError(t, err)
		return d.Message.Text
	}
	requests := func(text string) (n int) {
		for _, s := range channel.Sent() {
			if text == "" || s.Text == text {
				n++
			}
		}
		return n
	}
	for range 25 {
		time.Sleep(time.Duration(random.IntN(1200)) * time.Millisecond)
		c := campaigns[random.IntN(k)]
		by := clean
		if r := random.IntN(3); r < 2 {
			by = engines[r]
		}
		handle := by.Campaign(c.ID())
		switch random.IntN(9) {
		case 0, 1:
			if handle.Pause(t.Context()) == nil {
				n := requests(textOf(c))
				time.Sleep(time.Duration(random.IntN(2500)) * time.Millisecond)
				if m := requests(textOf(c)); m != n {
					begunAfter = append(begunAfter, fmt.Sprintf("%d after Pause", m-n))
				}
				_ = c.Resume(t.Context())
			}
		case 2:
			if by.Stop(t.Context(), outbound.StopTouchpoint, outboundtest.Touchpoint, "x") == nil {
				n := requests("")
				time.Sleep(time.Duration(random.IntN(2500)) * time.Millisecond)
				if m := requests(""); m != n {
					begunAfter = append(begunAfter, fmt.Sprintf("%d after Stop", m-n))
				}
			}
			require.NoError(t, clean.Release(t.Context(), outbound.StopTouchpoint, outboundtest.Touchpoint))
		case 3:
			i := random.IntN(2)
			if runners[i] != nil {
				runners[i]()
				runners[i] = nil
			} else {
				start(i)
			}
		case 4:
			_ = by.Suppress(t.Context(), outbound.Suppression{Address: fmt.Sprint(1000 + random.IntN(size)), Touchpoint: outboundtest.Touchpoint})
		case 5:
			_ = handle.Resume(t.Context())
		case 6: // the lease is taken away, as from a frozen owner
			_, _ = base.UpdateTouchpoint(t.Context(), outboundtest.Touchpoint, func(r *outbound.TouchpointRecord) (outbound.Act, error) {
				r.Token, r.Beat = r.Token+1, r.Beat+1
				return outbound.Act{}, nil
			})
		case 7:
			if random.IntN(6) == 0 {
				_ = handle.Cancel(t.Context())
			}
		}
		for _, c := range campaigns {
			counted(t, h, c)
		}
	}
	for i := range runners {
		if runners[i] != nil {
			runners[i]()
		}
		stores[i].mu2.Lock()
		stores[i].rate = 0
		stores[i].mu2.Unlock()
	}
	mu.Lock()
	quiet = true
	mu.Unlock()
	_ = clean.Release(t.Context(), outbound.StopTouchpoint, outboundtest.Touchpoint)
	for round := 0; ; round++ {
		done := true
		for _, c := range campaigns {
			if p := progress(t, h, c); p.State == outbound.Paused {
				require.NoError(t, c.Resume(t.Context()))
				done = false
			} else if p.State == outbound.Running {
				done = false
			}
		}
		if done {
			break
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		require.NoError(t, engines[round%2].RunUntilIdle(ctx))
		late := ctx.Err() != nil
		cancel()
		if late || round == 20 {
			for _, c := range campaigns {
				p := counted(t, h, c)
				t.Errorf("it does not end: %s %+v %+v %+v", p.State, p.Counts, p.Waiting, p.Cause)
			}
			break
		}
	}
	for _, s := range begunAfter {
		t.Errorf("requests began: %s", s)
	}
	if n := base.spun.Load() + stores[0].spun.Load() + stores[1].spun.Load(); n > 0 {
		t.Errorf("%d spins", n)
	}
	for _, c := range campaigns {
		p := counted(t, h, c)
		if p.State == outbound.CanceledState {
			// somebody must recover what was under way
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			require.NoError(t, engines[0].Run(ctx))
			cancel()
			p = counted(t, h, c)
		}
		if p.Sending != 0 {
			t.Errorf("%s with %d sending", p.State, p.Sending)
		}
		text := textOf(c)
		draft, err := h.Draft(t.Context(), c.ID())
		require.NoError(t, err)
		resend := draft.Doubts == outbound.DoubtsResend
		for d, err := range c.Deliveries(t.Context(), outbound.DeliveryFilter{}) {
			require.NoError(t, err)
			a := answers[d.Address+"/"+text]
			accepted, open := 0, 0
			if a != nil {
				for j, e := range a.answers {
					if e == nil {
						accepted++
					}
					if s, ok := errors.AsType[*outbound.SendError](e); e == nil && !resend || ok && (s.Class == outbound.ClassAmbiguous && !resend || s.Class == outbound.ClassRecipient) {
						open++
						if j < len(a.answers)-1 {
							t.Errorf("%s %s: a request after a final or doubtful answer: %v, %+v", text, d.Address, a.answers, d)
							t.Log(log.of(c.ID(), d.Number))
						}
					}
				}
			}
			switch d.State {
			case outbound.Accepted:
				if accepted != 1 && !resend {
					t.Errorf("%s accepted, got %d", d.Address, accepted)
				}
			case outbound.Uncertain:
			default:
				if accepted != 0 && !resend {
					t.Errorf("%s %s (%s), got %d", d.Address, d.State, d.Reason, accepted)
				}
			}
		}
	}
}
