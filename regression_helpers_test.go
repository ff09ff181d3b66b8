package outbound_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/outboundtest"
	"github.com/outbound-go/outbound/store/memory"
	"github.com/stretchr/testify/require"
)

var errFlaky = errors.New("connection reset")

// hooked is a store whose calls can be altered; nil hooks pass. All of its calls at one instant are counted: more than a bound is a spin, which is broken by letting a second of (bubble) time pass.
type hooked struct {
	outbound.Store
	mu                   sync.Mutex
	commit               func(ctx context.Context, b outbound.Batch, next func() (outbound.BatchResult, error)) (outbound.BatchResult, error)
	updateRun            func(next func() (outbound.Run, error)) (outbound.Run, error)
	listRuns             func() error
	settle               func() error
	saveDraft            func() error
	loadFile             func() error
	recover              func() error
	at                   time.Time
	n                    int
	spun                 atomic.Int64
	bound                int
	commits, due, flying atomic.Int64
}

// hook reads a hook, set changes it.
func (h *hooked) hook(f *func() error) func() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return *f
}

func (h *hooked) set(f *func() error, to func() error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	*f = to
}

func (h *hooked) tick() {
	h.mu.Lock()
	now := time.Now()
	if !h.at.Equal(now) {
		h.at, h.n = now, 0
	}
	h.n++
	spin := h.n > max(h.bound, 3000)
	if spin {
		h.n = 0
	}
	h.mu.Unlock()
	if spin {
		h.spun.Add(1)
		<-time.After(time.Second)
	}
}

func (h *hooked) Commit(ctx context.Context, b outbound.Batch) (outbound.BatchResult, error) {
	h.tick()
	h.commits.Add(1)
	h.mu.Lock()
	f := h.commit
	h.mu.Unlock()
	if f != nil {
		return f(ctx, b, func() (outbound.BatchResult, error) { return h.Store.Commit(ctx, b) })
	}
	return h.Store.Commit(ctx, b)
}

func (h *hooked) setCommit(f func(ctx context.Context, b outbound.Batch, next func() (outbound.BatchResult, error)) (outbound.BatchResult, error)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.commit = f
}

func (h *hooked) UpdateRun(ctx context.Context, id outbound.CampaignID, change func(*outbound.Run) (outbound.Act, error)) (outbound.Run, error) {
	h.tick()
	h.mu.Lock()
	f := h.updateRun
	h.mu.Unlock()
	if f != nil {
		return f(func() (outbound.Run, error) { return h.Store.UpdateRun(ctx, id, change) })
	}
	return h.Store.UpdateRun(ctx, id, change)
}

func (h *hooked) ListRuns(ctx context.Context, f outbound.RunFilter) ([]outbound.Run, error) {
	h.tick()
	if f := h.hook(&h.listRuns); f != nil {
		if err := f(); err != nil {
			return nil, err
		}
	}
	return h.Store.ListRuns(ctx, f)
}

func (h *hooked) Due(ctx context.Context, id outbound.CampaignID, now time.Time, limit int) ([]outbound.Row, time.Time, error) {
	h.tick()
	h.due.Add(1)
	return h.Store.Due(ctx, id, now, limit)
}

func (h *hooked) ReadAhead(ctx context.Context, id outbound.CampaignID, after int64, limit int) ([]outbound.Row, error) {
	h.tick()
	return h.Store.ReadAhead(ctx, id, after, limit)
}

func (h *hooked) Settle(ctx context.Context, now time.Time, id outbound.CampaignID, o []outbound.Outcome, a outbound.Act) (int, error) {
	h.tick()
	if f := h.hook(&h.settle); f != nil {
		if err := f(); err != nil {
			return 0, err
		}
	}
	return h.Store.Settle(ctx, now, id, o, a)
}

func (h *hooked) Recover(ctx context.Context, now time.Time, name string, token int64, resend time.Time) (int64, error) {
	h.tick()
	if f := h.hook(&h.recover); f != nil {
		if err := f(); err != nil {
			return 0, err
		}
	}
	return h.Store.Recover(ctx, now, name, token, resend)
}

func (h *hooked) SaveDraft(ctx context.Context, id outbound.CampaignID, d []byte) error {
	if f := h.hook(&h.saveDraft); f != nil {
		if err := f(); err != nil {
			return err
		}
	}
	return h.Store.SaveDraft(ctx, id, d)
}

func (h *hooked) LoadFile(ctx context.Context, hash string) ([]byte, error) {
	if f := h.hook(&h.loadFile); f != nil {
		if err := f(); err != nil {
			return nil, err
		}
	}
	return h.Store.LoadFile(ctx, hash)
}

func newHooked() *hooked { return &hooked{Store: memory.New()} }

func hookedHost(t testing.TB, change func(*outbound.Config)) (*outboundtest.Host, *hooked) {
	s := newHooked()
	h := outboundtest.New(t, func(c *outbound.Config) {
		c.Store = s
		if change != nil {
			change(c)
		}
	})
	return h, s
}

// serve runs an engine until stop is called, which fails the test if Run does not return.
func serve(t testing.TB, e *outbound.Engine) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- e.Run(ctx) }()
	return func() {
		cancel()
		require.NoError(t, <-ran)
	}
}
