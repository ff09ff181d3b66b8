//go:build unix

package e2e_test

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/simulator"
	"github.com/outbound-go/outbound/store/sqlite"
	"github.com/stretchr/testify/require"
)

// replica is a child with a door to the provider of its own, so that its requests can be told from others'.
type replica struct {
	*process
	name string

	mu       sync.Mutex
	requests []time.Time // sendMessage, as they came in; guarded by mu
}

func (r *replica) began(from, to time.Time) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, at := range r.requests {
		if at.After(from) && at.Before(to) {
			n++
		}
	}
	return n
}

// granted is how many intents it was granted in a time, by its own word.
func (r *replica) granted(t *testing.T, from, to time.Time) (n int64) {
	for _, line := range r.lines() {
		var at, fence, people int64
		if strings.HasPrefix(line, "granted ") {
			_, err := fmt.Sscanf(line, "granted %d %d %d", &at, &fence, &people)
			require.NoError(t, err)
			if when := time.Unix(0, at); when.After(from) && when.Before(to) {
				n += people
			}
		}
	}
	return n
}

func newReplica(t *testing.T, p *provider, o order, name string) *replica {
	r := &replica{name: name}
	o.BaseURL = serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if path.Base(req.URL.Path) == "sendMessage" {
			r.mu.Lock()
			r.requests = append(r.requests, time.Now())
			r.mu.Unlock()
		}
		p.ServeHTTP(w, req)
	}))
	o.Owner, o.Grants = name, true
	r.process = launch(t, o)
	return r
}

// TestPromise03AStoppedOwnerIsReplacedAndSendsNothingWhenItWakes stops the owner of a touchpoint with SIGSTOP for longer than its lease, and wakes it. Where it stops in the middle
// of a transaction SQLite lets nobody else write until it wakes: then nobody takes over, which is tried as well.
func TestPromise03AStoppedOwnerIsReplacedAndSendsNothingWhenItWakes(t *testing.T) {
	rnd := seeded(t)
	p := newProvider(t, simulator.TelegramConfig{CountsOnly: true})
	p.slow.Store(true)
	o := defaults(t, p)
	o.Lease, o.Timeout = 600*time.Millisecond, 5*time.Second
	const people = 12_000
	addresses := p.audience(firstID, people)
	began(t, o, "c", outbound.DoubtsHold, addresses)
	store, err := sqlite.OpenConfig(t.Context(), sqlite.Config{Path: o.Path, BusyTimeout: time.Millisecond})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	record := func() outbound.TouchpointRecord {
		rec, err := store.ReadTouchpoint(t.Context(), bot)
		require.NoError(t, err)
		return rec
	}
	replicas := []*replica{newReplica(t, p, o, "one"), newReplica(t, p, o, "two")}

	replaced, held := 0, 0
	var longest time.Duration
	stray := 0
	for replaced < 3 {
		require.Less(t, replaced+held, 20, "%d owners were replaced, %d held the file", replaced, held)
		await(t, 10*time.Second, "the touchpoint is driven", func() bool { return record().Owner != "" && p.InFlight() > 0 })
		idle(300*time.Millisecond+upTo(rnd, 300*time.Millisecond), nil)
		before := record()
		owner := replicas[slices.IndexFunc(replicas, func(r *replica) bool { return strings.HasPrefix(before.Owner, r.name) })]
		await(t, 5*time.Second, "requests are in flight", func() bool { return p.InFlight() > 0 })
		require.NoError(t, owner.cmd.Process.Signal(syscall.SIGSTOP))
		stopped := time.Now()
		if record().Token != before.Token {
			require.NoError(t, owner.cmd.Process.Signal(syscall.SIGCONT))
			continue
		}
		free := func() bool { return store.SaveDraft(t.Context(), "is the file free", []byte("yes")) == nil }
		await(t, 5*time.Second, "requests that left are answered", func() bool { return p.InFlight() == 0 || time.Since(stopped) > 200*time.Millisecond })
		if !free() {
			held++
			idle(2*o.Lease, nil)
			require.Equal(t, before.Token, record().Token, "somebody took a lease in a file that is held")
			require.NoError(t, owner.cmd.Process.Signal(syscall.SIGCONT))
			continue
		}
		replaced++
		await(t, 5*o.Lease, "somebody takes over", func() bool { return record().Token != before.Token })
		longest = max(longest, time.Since(stopped))
		require.LessOrEqual(t, time.Since(stopped), 2*o.Lease+o.Lease/4, "the take-over took too long")
		taken := time.Now()
		other := replicas[1-slices.Index(replicas, owner)]
		await(t, 5*time.Second, "the other sends", func() bool { return other.began(taken, time.Now()) > 50 })
		woken := time.Now()
		require.NoError(t, owner.cmd.Process.Signal(syscall.SIGCONT))
		idle(o.Lease, nil)
		until := time.Now()
		require.Equal(t, before.Token+1, record().Token, "the woken one took the lease back from a living owner")
		require.Zero(t, owner.granted(t, woken, until), "the woken owner was granted intents")
		strays := owner.began(woken, until)
		require.LessOrEqual(t, strays, o.Concurrency)
		stray = max(stray, strays)
	}
	p.slow.Store(false)
	for _, r := range replicas {
		r.finish(t)
	}
	counts := account(t, o.Path, "c", p, people)
	t.Logf("%d owners replaced, after %s at most (lease %s); the woken were granted 0 intents and began %d requests at most; %d stopped inside a transaction; 0 doubled, %d doubts",
		replaced, longest.Round(time.Millisecond), o.Lease, stray, held, counts.Uncertain)
	require.LessOrEqual(t, counts.Uncertain, int64(2*o.Concurrency*(replaced+held)))
}
