package channeltest

import (
	"context"
	"net/http"
	"time"

	"github.com/outbound-go/outbound"
)

func contextCases() []Case {
	return []Case{
		{"EndedContext", "A context that had ended before the call lets nothing leave, and that is proved.", endedContext},
		{"ContextEnds", "When the context ends while the answer is waited for, Send returns at once, in doubt.", contextEnds},
	}
}

func endedContext(t TB, h Harness) {
	b := open(t, h)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	for name, ctx := range map[string]context.Context{"canceled": canceled, "too late": late} {
		_, err := b.sendContext(ctx, t, b.message(0))
		wantClass(t, name, err, outbound.ClassTransient)
		wantNotSent(t, name, err, true)
	}
	b.wantRequests(t, 0, "with contexts that had ended")
	b.wantAccepted(t, 0, "with contexts that had ended")
}

func contextEnds(t TB, h Harness) {
	b := open(t, h)
	waiting := make(chan struct{}, 2)
	b.answers(func(w http.ResponseWriter, r *http.Request) {
		b.afterwards(r)
		waiting <- struct{}{}
		select {
		case <-r.Context().Done():
		case <-b.stop:
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		<-waiting
		cancel()
	}()
	_, err := b.sendContext(ctx, t, b.message(0))
	wantClass(t, "canceled while waiting", err, outbound.ClassAmbiguous)
	wantNotSent(t, "canceled while waiting", err, false)

	soon, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = b.sendContext(soon, t, b.message(1))
	wantClass(t, "the deadline came while waiting", err, outbound.ClassAmbiguous, outbound.ClassTransient) // it may come before the request
	b.wantAccepted(t, int(b.requests.Load()), "with contexts that ended while waiting")
}
