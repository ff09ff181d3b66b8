package outbound_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/outboundtest"
	"github.com/outbound-go/outbound/store/memory"
	"github.com/stretchr/testify/require"
)

var errDead = errors.New("the process is dead")

// process is a process that dies at a chosen step of the protocol: from then on it writes nothing and sends nothing, as after SIGKILL.
// The step of each call is counted before it ("commit") and after it was done but before its result is known ("commit done").
type process struct {
	outbound.Store
	mu    sync.Mutex
	steps map[string]int
	step  string
	nth   int
	dead  bool
	die   context.CancelFunc
}

// pass counts a step and says whether the process lives on.
func (p *process) pass(step string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return false
	}
	p.steps[step]++
	if step == p.step && p.steps[step] == p.nth {
		p.dead = true
		p.die()
		return false
	}
	return true
}

func (p *process) Commit(ctx context.Context, b outbound.Batch) (outbound.BatchResult, error) {
	if !p.pass("commit") {
		return outbound.BatchResult{}, errDead
	}
	r, err := p.Store.Commit(ctx, b)
	if !p.pass("commit done") {
		return outbound.BatchResult{}, errDead
	}
	return r, err
}

func (p *process) Recover(ctx context.Context, now time.Time, name string, token int64, resend time.Time) (int64, error) {
	if !p.pass("recover") {
		return 0, errDead
	}
	n, err := p.Store.Recover(ctx, now, name, token, resend)
	if !p.pass("recover done") {
		return 0, errDead
	}
	return n, err
}

func (p *process) UpdateTouchpoint(ctx context.Context, name string, change func(*outbound.TouchpointRecord) (outbound.Act, error)) (outbound.TouchpointRecord, error) {
	if !p.pass("lease") {
		return outbound.TouchpointRecord{}, errDead
	}
	r, err := p.Store.UpdateTouchpoint(ctx, name, change)
	if !p.pass("lease done") {
		return outbound.TouchpointRecord{}, errDead
	}
	return r, err
}

func (p *process) UpdateRun(ctx context.Context, id outbound.CampaignID, change func(*outbound.Run) (outbound.Act, error)) (outbound.Run, error) {
	if !p.pass("run") {
		return outbound.Run{}, errDead
	}
	r, err := p.Store.UpdateRun(ctx, id, change)
	if !p.pass("run done") {
		return outbound.Run{}, errDead
	}
	return r, err
}

func (p *process) ReadAhead(ctx context.Context, id outbound.CampaignID, after int64, limit int) ([]outbound.Row, error) {
	if !p.pass("read ahead") {
		return nil, errDead
	}
	return p.Store.ReadAhead(ctx, id, after, limit)
}

func (p *process) Settle(ctx context.Context, now time.Time, id outbound.CampaignID, o []outbound.Outcome, a outbound.Act) (int, error) {
	if !p.pass("settle") {
		return 0, errDead
	}
	return p.Store.Settle(ctx, now, id, o, a)
}

// line is a channel of a process: nothing passes once the process is dead.
type line struct {
	*outboundtest.Channel
	p *process
}

func (l line) Send(ctx context.Context, m *outbound.Outgoing) (outbound.Receipt, error) {
	if !l.p.pass("send") {
		<-ctx.Done()
		return outbound.Receipt{}, errDead
	}
	r, err := l.Channel.Send(context.WithoutCancel(ctx), m)
	if !l.p.pass("send done") {
		return outbound.Receipt{}, errDead
	}
	return r, err
}

// A process dies at the nth passage of each step of the protocol; another one goes on. Nobody gets two, nobody is lost, and the doubts are few.
func TestPromise02NeverSilentlyTwiceWhateverStepADeathFollows(t *testing.T) {
	t.Parallel()
	steps := []string{"commit", "commit done", "recover", "recover done", "lease", "lease done", "run", "run done", "read ahead", "send", "send done", "settle"}
	for _, step := range steps {
		for _, nth := range []int{1, 2, 3, 5, 8, 13, 40, 90} {
			t.Run(fmt.Sprintf("%s %d", step, nth), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { dieAt(t, step, nth) })
			})
		}
	}
}

func dieAt(t *testing.T, step string, nth int) {
	const people, concurrency = 120, 8
	store := memory.New()
	channel := outboundtest.NewChannel()
	channel.SetLatency(20 * time.Millisecond)
	channel.SetScript(func(_ context.Context, n int, m *outbound.Outgoing) error {
		switch {
		case m.Address[len(m.Address)-1] == '3':
			return blocked()
		case n%17 == 0:
			return tooMany(200 * time.Millisecond)
		case n%11 == 0:
			return tryAgain()
		}
		return nil
	})
	config := func(p *process) outbound.Config {
		return outbound.Config{
			Store: p, Touchpoints: outbound.Touchpoints{outboundtest.Touchpoint: line{channel, p}}, Concurrency: concurrency,
			LeaseTerm: time.Second, RequestTimeout: 2 * time.Second, RetryDelay: 50 * time.Millisecond, MaxTries: 50, PollInterval: 100 * time.Millisecond,
		}
	}
	start := func(step string, nth int) (*process, *outbound.Engine, context.Context) {
		ctx, cancel := context.WithCancel(t.Context())
		p := &process{Store: store, steps: map[string]int{}, step: step, nth: nth, die: cancel}
		e, err := outbound.New(config(p))
		require.NoError(t, err)
		return p, e, ctx
	}
	_, whole, _ := start("", 0)
	c, err := whole.Create(t.Context(), outbound.Draft{ID: "c", Name: "c", Touchpoint: outboundtest.Touchpoint, Message: outbound.Message{Text: "Hello."}})
	require.NoError(t, err)
	_, err = c.Import(t.Context(), "test", outbound.FromAddresses(addresses(people)...))
	require.NoError(t, err)
	require.NoError(t, c.Start(t.Context()))

	p, mortal, ctx := start(step, nth)
	_ = mortal.RunUntilIdle(ctx)
	died := p.dead
	deaths := 0
	if died {
		deaths = 1
	}
	require.NoError(t, whole.RunUntilIdle(t.Context()))

	h := &outboundtest.Host{Engine: whole, Channel: channel, Store: store}
	got := counted(t, h, c)
	require.Equal(t, outbound.Completed, got.State, got.Describe(outbound.English))
	require.LessOrEqual(t, got.Uncertain, int64(2*concurrency*deaths))
	everybody := channel.Everybody()
	for d, err := range c.Deliveries(t.Context(), outbound.DeliveryFilter{}) {
		require.NoError(t, err)
		n := everybody[d.Address]
		require.LessOrEqual(t, n, 1, "%s got it twice", d.Address)
		switch d.State {
		case outbound.Accepted:
			require.Equal(t, 1, n, d.Address)
		case outbound.Failed:
			require.Equal(t, 0, n, d.Address)
			require.Equal(t, outbound.ReasonBlocked, d.Reason)
		case outbound.Uncertain:
		default:
			require.Fail(t, "left over", "%+v", d)
		}
	}
}

// With DoubtsResend a doubt is tried again, but not before lease and request timeout have passed.
func TestPromise02ADoubtIsResentOnlyIfTheHostChoseSoAndOnlyLater(t *testing.T) {
	t.Parallel()
	for _, doubts := range []outbound.Doubts{outbound.DoubtsHold, outbound.DoubtsResend} {
		t.Run(string(doubts), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := outboundtest.New(t, func(c *outbound.Config) { c.RequestTimeout = 5 * time.Second })
				h.Channel.SetScript(func(_ context.Context, n int, m *outbound.Outgoing) error {
					if m.Address == "1001" && m.Attempt == 1 {
						return noAnswer()
					}
					return nil
				})
				c := h.Campaign(t, func(d *outbound.Draft) { d.Doubts = doubts }, addresses(3)...)
				require.NoError(t, c.Start(t.Context()))
				begun := time.Now()
				require.NoError(t, h.RunUntilIdle(t.Context()))
				p := counted(t, h, c)
				require.Equal(t, outbound.Completed, p.State)
				if doubts == outbound.DoubtsHold {
					require.EqualValues(t, 1, p.Uncertain)
					require.Len(t, h.Channel.Sent(), 3)
					n, err := h.Resolve(t.Context(), c.ID(), outbound.ResolveResend)
					require.NoError(t, err)
					require.EqualValues(t, 1, n)
					require.Equal(t, outbound.Running, progress(t, h, c).State)
					begun = time.Now()
					require.NoError(t, h.RunUntilIdle(t.Context()))
					p = counted(t, h, c)
				}
				require.EqualValues(t, 3, p.Accepted)
				sent := h.Channel.Sent()
				require.Len(t, sent, 4)
				require.Equal(t, 2, sent[3].Attempt)
				require.GreaterOrEqual(t, sent[3].At.Sub(begun), 8*time.Second)
				x, err := h.Explain(t.Context(), c.ID(), "1001", outbound.English)
				require.NoError(t, err)
				require.Equal(t, outbound.Uncertain, x[0].Earlier[0].State)
			})
		})
	}
}
