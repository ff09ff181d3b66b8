package channeltest

import (
	"context"
	"io"
	"net/http"

	"github.com/outbound-go/outbound"
)

func batchCases() []Case {
	return []Case{
		{"Batch", "SendBatch makes one request and returns one outcome for each person, in their order.", batchOrder},
		{"BatchFaults", "What is in doubt about a batch is in doubt for everybody in it; what is proved is proved for all.", batchFaults},
	}
}

// batch is the most people that fit, up to the harness's addresses.
func (b *bench) batch(t TB) (outbound.BatchSender, []*outbound.Outgoing) {
	s, ok := ability[outbound.BatchSender](b.Channel)
	if !ok {
		return nil, nil
	}
	n := min(b.Channel.Capabilities().MaxBatch, len(b.Addresses))
	if n < 2 {
		t.Fatalf("a BatchSender's MaxBatch is at least 2")
	}
	messages := make([]*outbound.Outgoing, n)
	for i := range messages {
		messages[i] = b.message(i)
	}
	return s, messages
}

func batchOrder(t TB, h Harness) {
	b := open(t, h)
	s, messages := b.batch(t)
	if s == nil {
		return
	}
	b.wantBatch(t, "a plain batch", s.SendBatch(t.Context(), messages), messages, "accepted")
	b.wantRequests(t, 1, "a plain batch")
	b.wantAccepted(t, len(messages), "a plain batch")
}

func batchFaults(t TB, h Harness) {
	b := open(t, h)
	s, messages := b.batch(t)
	if s == nil {
		return
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	b.wantBatch(t, "an ended context", s.SendBatch(ended, messages), messages, outbound.ClassTransient)
	b.wantRequests(t, 0, "an ended context")

	b.answers(page(http.StatusBadGateway, badGateway))
	b.wantBatch(t, "a page with status 502", s.SendBatch(t.Context(), messages), messages, outbound.ClassAmbiguous)
	b.answers(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		reset(w)
	})
	b.wantBatch(t, "a reset", s.SendBatch(t.Context(), messages), messages, outbound.ClassAmbiguous)
	b.wantRequests(t, 2, "two faults")
}

func (b *bench) wantBatch(t TB, when string, got []outbound.BatchReceipt, messages []*outbound.Outgoing, want outbound.Class) {
	t.Helper()
	if len(got) != len(messages) {
		t.Fatalf("%s: %d outcomes for %d people", when, len(got), len(messages))
	}
	for i, r := range got {
		if r.Err != nil {
			b.checkError(t, r.Err, messages[i])
		}
		wantClass(t, when, r.Err, want)
	}
}
