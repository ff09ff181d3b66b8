package channeltest

import (
	"bytes"
	"context"
	"crypto/rand"
	"net/http"
	"runtime/pprof"
	"strings"
	"time"
)

func lifeCases() []Case {
	return []Case{
		{"Goroutines", "No goroutine outlives a call, but those of idle connections, and these end with them.", goroutines},
		{"CloseIdle", "CloseIdle may be called at any time, and sending goes on after it.", closeIdle},
	}
}

// idleCloser is the method by which the engine drops idle connections, where an adapter has it.
type idleCloser interface{ CloseIdle() }

// goroutines labels what the adapter starts: goroutines inherit the labels of the one that starts them.
func goroutines(t TB, h Harness) {
	const key = "channeltest"
	id := rand.Text()
	b := open(t, h) // the server is not the adapter's and must not be labelled
	pprof.Do(t.Context(), pprof.Labels(key, id), func(ctx context.Context) {
		b.Subject = h.Open(t, b.url)
		for n := range 3 {
			b.Channel.Send(ctx, b.message(n)) //nolint:errcheck // only what is left running matters here
		}
		ending, cancel := context.WithCancel(ctx)
		defer cancel()
		b.answers(func(w http.ResponseWriter, r *http.Request) {
			b.afterwards(r)
			cancel()
			select {
			case <-r.Context().Done():
			case <-b.stop:
			}
		})
		b.Channel.Send(ending, b.message(3)) //nolint:errcheck // as above
	})
	if c, ok := b.Channel.(idleCloser); ok {
		c.CloseIdle()
	}
	b.close()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience / 4); ; <-tick.C {
		var dump bytes.Buffer
		if err := pprof.Lookup("goroutine").WriteTo(&dump, 1); err != nil {
			t.Fatalf("no profile of goroutines: %v", err)
		}
		if !strings.Contains(dump.String(), id) {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("goroutines are left:\n%s", labelled(dump.String(), id))
			return
		}
	}
}

// labelled picks the stacks with a label.
func labelled(dump, id string) string {
	var found []string
	for stack := range strings.SplitSeq(dump, "\n\n") {
		if strings.Contains(stack, id) {
			found = append(found, stack)
		}
	}
	return strings.Join(found, "\n\n")
}

func closeIdle(t TB, h Harness) {
	b := open(t, h)
	c, ok := b.Channel.(idleCloser)
	if !ok {
		return
	}
	c.CloseIdle()
	for n := range 2 {
		if _, err := b.send(t, b.message(n)); err != nil {
			t.Errorf("a message after CloseIdle was not accepted: %v", err)
		}
		c.CloseIdle()
	}
	b.wantAccepted(t, 2, "after CloseIdle")
}
