package outbound_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/outboundtest"
	"github.com/outbound-go/outbound/store/memory"
	"github.com/stretchr/testify/require"
)

// frozen is a replica that can be frozen, as by SIGSTOP: while it is, its calls of the store do not come back.
type frozen struct {
	outbound.Store
	mu     sync.Mutex
	thawed chan struct{}
	name   string
	log    *grants
}

type grants struct {
	mu  sync.Mutex
	all []grant
}

// snapshot is what was granted so far.
func (g *grants) snapshot() []grant {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]grant(nil), g.all...)
}

type grant struct {
	by string
	at time.Time
	n  int
}

func (f *frozen) freeze() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.thawed = make(chan struct{})
}

func (f *frozen) thaw() {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.thawed)
	f.thawed = nil
}

func (f *frozen) wait() {
	f.mu.Lock()
	thawed := f.thawed
	f.mu.Unlock()
	if thawed != nil {
		<-thawed
	}
}

func (f *frozen) Commit(ctx context.Context, b outbound.Batch) (outbound.BatchResult, error) {
	f.wait()
	r, err := f.Store.Commit(ctx, b)
	if err == nil {
		n := 0
		for i := range b.Runs {
			if b.Runs[i].Range != nil && r.Runs[i].Refused == "" {
				n += b.Runs[i].Range.Count
			}
		}
		f.log.mu.Lock()
		f.log.all = append(f.log.all, grant{f.name, time.Now(), n})
		f.log.mu.Unlock()
	}
	return r, err
}

func (f *frozen) UpdateTouchpoint(ctx context.Context, name string, change func(*outbound.TouchpointRecord) (outbound.Act, error)) (outbound.TouchpointRecord, error) {
	f.wait()
	return f.Store.UpdateTouchpoint(ctx, name, change)
}

// Two replicas on one store: one drives; frozen, it is replaced within two lease times; thawed, it is granted nothing more. Nobody gets two.
func TestPromise03OneSenderPerTouchpoint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const term = 3 * time.Second
		store := memory.New()
		channel := outboundtest.NewChannel()
		channel.SetLatency(50 * time.Millisecond)
		log := &grants{}
		replica := func(name string) (*frozen, *outbound.Engine) {
			f := &frozen{Store: store, name: name, log: log}
			e, err := outbound.New(outbound.Config{
				Store: f, Touchpoints: outbound.Touchpoints{outboundtest.Touchpoint: channel}, Owner: name, LeaseTerm: term, Concurrency: 4,
				Limits: map[string]outbound.Limits{outboundtest.Touchpoint: {Rate: outbound.PerSecond(50)}},
			})
			require.NoError(t, err)
			return f, e
		}
		f1, e1 := replica("one")
		_, e2 := replica("two")
		c, err := e1.Create(t.Context(), outbound.Draft{ID: "c", Name: "c", Touchpoint: outboundtest.Touchpoint, Message: outbound.Message{Text: "Hello."}})
		require.NoError(t, err)
		_, err = c.Import(t.Context(), "test", outbound.FromAddresses(addresses(1500)...))
		require.NoError(t, err)
		require.NoError(t, c.Start(t.Context()))
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { require.NoError(t, e1.Run(ctx)) })
		time.Sleep(time.Second)
		wg.Go(func() { require.NoError(t, e2.Run(ctx)) })
		time.Sleep(5 * time.Second)
		for _, g := range log.snapshot() {
			require.Equal(t, "one", g.by, "two replicas sent at once")
		}
		f1.freeze()
		frozenAt := time.Now()
		time.Sleep(3 * term)
		thawedAt := time.Now()
		f1.thaw()
		time.Sleep(20 * time.Second)
		cancel()
		wg.Wait()
		var takenOver time.Time
		for _, g := range log.snapshot() {
			if g.by == "two" && g.n > 0 && takenOver.IsZero() {
				takenOver = g.at
			}
			if g.by == "one" && g.n > 0 {
				require.False(t, g.at.After(thawedAt) && !takenOver.IsZero() && g.at.Sub(takenOver) < 0, "granted after its lease")
				require.True(t, g.at.Before(frozenAt.Add(time.Second)) || g.at.After(thawedAt.Add(term)), "a frozen owner was granted intents when it woke")
			}
		}
		require.False(t, takenOver.IsZero())
		t.Logf("take-over after %s", takenOver.Sub(frozenAt))
		require.LessOrEqual(t, takenOver.Sub(frozenAt), 2*term)
		for address, n := range channel.Everybody() {
			require.Equal(t, 1, n, address)
		}
		h := &outboundtest.Host{Engine: e2, Store: store}
		p := counted(t, h, c)
		require.LessOrEqual(t, p.Uncertain, int64(8))
		windowHolds(t, channel.Sent(), 50, time.Second)
	})
}

// windowHolds checks that at most n requests began in any window.
func windowHolds(t *testing.T, sent []outboundtest.Sent, n int, window time.Duration) {
	t.Helper()
	for i := range sent {
		if i+n < len(sent) {
			require.GreaterOrEqual(t, sent[i+n].At.Sub(sent[i].At), window-time.Microsecond*10, "%d requests began within a window, from request %d", n+1, i)
		}
	}
}
