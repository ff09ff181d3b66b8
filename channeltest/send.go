package channeltest

import (
	"maps"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/outbound-go/outbound"
)

func sendCases() []Case {
	return []Case{
		{"OneRequest", "Send makes exactly one request, and returns nil when the provider accepted.", oneRequest},
		{"Repetition", "An adapter keeps no memory of what it sent: a repeated message is a request of its own, and doubles unless the provider's idempotency prevents it.", repetition},
		{"Unchanged", "Send does not change the message.", unchanged},
		{"Concurrency", "Send is safe for concurrent use, keeps nothing of a message after the call, and loses or doubles none.", concurrency},
	}
}

func oneRequest(t TB, h Harness) {
	b := open(t, h)
	for n := range 3 {
		if _, err := b.send(t, b.message(n)); err != nil {
			t.Errorf("message %d was not accepted: %v", n+1, err)
		}
		b.wantRequests(t, n+1, "after each send")
		b.wantAccepted(t, n+1, "after each send")
	}
}

func repetition(t TB, h Harness) {
	b := open(t, h)
	m := b.message(0)
	for range 2 {
		if _, err := b.send(t, m); err != nil {
			t.Errorf("not accepted: %v", err)
		}
	}
	b.wantRequests(t, 2, "after the same message twice")
	if b.Channel.Capabilities().Idempotent > 0 {
		b.wantAccepted(t, 1, "after the same nonce twice")
		return
	}
	b.wantAccepted(t, 2, "after the same message twice")
}

func unchanged(t TB, h Harness) {
	b := open(t, h)
	m := b.message(0)
	before := clone(m)
	b.send(t, m) //nolint:errcheck // only what it changes matters here
	if !reflect.DeepEqual(m, before) {
		t.Errorf("Send changed the message")
	}
	if a, ok := ability[outbound.MessageChecker](b.Channel); ok {
		_ = a.CheckMessage(m.Message)
	}
	if a, ok := ability[outbound.RenderChecker](b.Channel); ok {
		_ = a.CheckRendered(m)
	}
	if !reflect.DeepEqual(m, before) {
		t.Errorf("a check changed the message")
	}
}

// clone copies a message in depth.
func clone(m *outbound.Outgoing) *outbound.Outgoing {
	c := *m
	c.Variables = maps.Clone(m.Variables)
	c.Buttons = cloneButtons(m.Buttons)
	if m.Media != nil {
		media := *m.Media
		media.Content = slices.Clone(m.Media.Content)
		c.Media = &media
	}
	if m.Message != nil {
		message := *m.Message
		message.Buttons = cloneButtons(m.Message.Buttons)
		message.Options = slices.Clone(m.Message.Options)
		if m.Message.Media != nil {
			media := *m.Message.Media
			media.Content = slices.Clone(m.Message.Media.Content)
			message.Media = &media
		}
		if m.Message.Template != nil {
			template := *m.Message.Template
			template.Parameters = maps.Clone(template.Parameters)
			for name, values := range template.Parameters {
				template.Parameters[name] = maps.Clone(values)
			}
			message.Template = &template
		}
		c.Message = &message
	}
	return &c
}

func cloneButtons(rows [][]outbound.Button) [][]outbound.Button {
	rows = slices.Clone(rows)
	for i := range rows {
		rows[i] = slices.Clone(rows[i])
	}
	return rows
}

// concurrency reuses each goroutine's message, so that the race detector sees what an adapter keeps.
func concurrency(t TB, h Harness) {
	b := open(t, h)
	const workers, each = 8, 10
	var (
		group  sync.WaitGroup
		failed atomic.Int64
	)
	for w := range workers {
		messages := make([]*outbound.Outgoing, each)
		for i := range messages {
			messages[i] = b.message(w*each + i)
		}
		group.Go(func() {
			m := new(outbound.Outgoing)
			for i := range messages {
				*m = *messages[i]
				if _, err := b.Channel.Send(t.Context(), m); err != nil {
					failed.Add(1)
				}
				*m = outbound.Outgoing{}
			}
		})
	}
	group.Wait()
	if n := failed.Load(); n > 0 {
		t.Errorf("%d of %d messages failed", n, workers*each)
	}
	b.wantRequests(t, workers*each, "after concurrent sends")
	b.wantAccepted(t, workers*each, "after concurrent sends")
}
