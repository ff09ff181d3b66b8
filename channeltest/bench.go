package channeltest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"

	"github.com/outbound-go/outbound"
)

// patience is how long the suite waits for what must come at once.
const patience = 10 * time.Second

// sampleText is what the suite sends. It is looked for in errors.
const sampleText = "Sample text of the conformance suite"

// bench is one adapter on a server.
type bench struct {
	Subject
	url      string
	server   *httptest.Server
	requests atomic.Int64
	stop     chan struct{} // closed when the case ends, so that no handler hangs

	mu     sync.Mutex
	answer http.HandlerFunc // instead of the provider; guarded by mu
}

// open makes a bench for a case.
func open(t TB, h Harness) *bench {
	t.Helper()
	b := &bench{stop: make(chan struct{})}
	b.server = httptest.NewServer(b)
	b.url = b.server.URL
	t.Cleanup(b.close)
	b.Subject = h.Open(t, b.url)
	b.complete(t)
	return b
}

func (b *bench) complete(t TB) {
	t.Helper()
	if b.Channel == nil || b.Provider == nil || b.Accepted == nil || len(b.Addresses) < 3 {
		t.Fatalf("the harness must give Channel, Provider, Accepted and three Addresses")
	}
	for _, a := range b.Addresses {
		if len(a) < 6 {
			t.Fatalf("the harness must give addresses of six characters or more")
		}
	}
}

// close ends the server and every request on it. It may be called twice.
func (b *bench) close() {
	select {
	case <-b.stop:
		return
	default:
	}
	close(b.stop)
	b.server.CloseClientConnections()
	b.server.Close()
}

// ServeHTTP counts a request and lets the answer in force, or the provider, answer it.
func (b *bench) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.requests.Add(1)
	b.mu.Lock()
	answer := b.answer
	b.mu.Unlock()
	if answer == nil {
		answer = b.Provider.ServeHTTP
	}
	answer(w, r)
}

// answers replaces the provider; nil = it answers again.
func (b *bench) answers(answer http.HandlerFunc) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answer = answer
}

// message is a message for the n-th address.
func (b *bench) message(n int) *outbound.Outgoing {
	return b.messageTo(b.Addresses[n%len(b.Addresses)], n)
}

func (b *bench) messageTo(address string, n int) *outbound.Outgoing {
	if b.Message != nil {
		return b.Message(address)
	}
	return &outbound.Outgoing{
		Address: address, Text: sampleText, Message: &outbound.Message{Text: sampleText},
		Correlation: "suite-" + string(rune('a'+n%26)), Nonce: int64(n) + 1, Attempt: 1, Began: time.Now(),
	}
}

// send sends with the test's context.
func (b *bench) send(t TB, m *outbound.Outgoing) (outbound.Receipt, error) {
	t.Helper()
	return b.sendContext(t.Context(), t, m)
}

// sendContext sends, checks the form of an error, and fails the case if Send does not return.
func (b *bench) sendContext(ctx context.Context, t TB, m *outbound.Outgoing) (outbound.Receipt, error) {
	t.Helper()
	type result struct {
		receipt outbound.Receipt
		err     error
	}
	done := make(chan result, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		receipt, err := b.Channel.Send(ctx, m)
		done <- result{receipt, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			b.checkError(t, r.err, m)
		}
		return r.receipt, r.err
	case <-time.After(patience):
		t.Fatalf("Send did not return within %s", patience)
		return outbound.Receipt{}, nil
	}
}

// wantRequests fails the case if another number of requests arrived.
func (b *bench) wantRequests(t TB, want int, when string) {
	t.Helper()
	if got := int(b.requests.Load()); got != want {
		t.Errorf("%s: %d requests arrived, want %d", when, got, want)
	}
}

func (b *bench) wantAccepted(t TB, want int, when string) {
	t.Helper()
	if got := b.Accepted(); got != want {
		t.Errorf("%s: the provider accepted %d messages, want %d", when, got, want)
	}
}
