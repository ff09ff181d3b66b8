//go:build unix

package e2e_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/simulator"
	"github.com/outbound-go/outbound/store/sqlite"
	"github.com/stretchr/testify/require"
)

// soak is a service of two replicas that everything happens to.
type soak struct {
	provider *provider
	order    order
	host     *host // creates, pauses and looks; it never sends
	replicas [2]*process

	campaign  outbound.Campaign
	campaigns []outbound.CampaignID
	kills     int
	stops     int
	pauses    int
}

// soakPeople are the audience of each campaign.
const soakPeople = 3000

// TestSoakEverybodyIsAccountedForWhateverHappens kills, stops, pauses and throttles for as long as OUTBOUND_SOAK says (default 4s), one campaign after another, and then counts.
// The second replica is never killed: neither its heap nor its goroutines grow.
func TestSoakEverybodyIsAccountedForWhateverHappens(t *testing.T) {
	r := seeded(t)
	length, err := time.ParseDuration(os.Getenv("OUTBOUND_SOAK"))
	if os.Getenv("OUTBOUND_SOAK") == "" {
		length, err = 4*time.Second, nil
	}
	require.NoError(t, err)
	s := &soak{provider: newProvider(t, simulator.TelegramConfig{CountsOnly: true})}
	s.provider.slow.Store(true)
	s.provider.throttle(4000)
	s.order = defaults(t, s.provider)
	s.order.Serve, s.order.Lease, s.order.Timeout = true, 500*time.Millisecond, 2*time.Second
	s.host = openHost(t, s.order, sqlite.Config{}, nil)
	for i := range s.replicas {
		s.start(t, i)
	}
	for end := time.Now().Add(length); time.Now().Before(end); {
		s.next(t)
		idle(upTo(r, 600*time.Millisecond), nil)
		switch r.IntN(4) {
		case 0:
			s.replicas[0].kill()
			s.kills++
			s.start(t, 0)
		case 1:
			s.stop(t, r, r.IntN(2))
		case 2:
			s.pause(t, r)
		default:
		}
		sums(t, s.host.store, s.campaign.ID(), soakPeople)
	}
	s.provider.slow.Store(false)
	await(t, patience, "the last campaign is through", func() bool { return s.state(t) == outbound.Completed })
	s.settle(t)
	s.size(t)
}

func (s *soak) start(t *testing.T, i int) {
	o := s.order
	o.Owner = fmt.Sprint("replica ", i)
	s.replicas[i] = launch(t, o)
}

func (s *soak) state(t *testing.T) outbound.CampaignState {
	p, err := s.campaign.Progress(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, soakPeople, p.Counts.Total())
	return p.State
}

// next starts another campaign when the last one is through.
func (s *soak) next(t *testing.T) {
	if s.campaign != nil && s.state(t) != outbound.Completed {
		return
	}
	id := outbound.CampaignID(fmt.Sprint("soak-", len(s.campaigns)))
	addresses := s.provider.audience(firstID+int64(len(s.campaigns))*soakPeople, soakPeople)
	s.campaign = s.host.campaign(t, outbound.Draft{ID: id}, addresses)
	s.campaigns = append(s.campaigns, id)
	require.NoError(t, s.campaign.Start(t.Context()))
}

// stop freezes a replica for a while.
func (s *soak) stop(t *testing.T, r *rand.Rand, i int) {
	require.NoError(t, s.replicas[i].cmd.Process.Signal(syscall.SIGSTOP))
	idle(upTo(r, 3*s.order.Lease), nil)
	require.NoError(t, s.replicas[i].cmd.Process.Signal(syscall.SIGCONT))
	s.stops++
	idle(50*time.Millisecond, nil) // requests that it had begun
}

// pause pauses the campaign from this process: when that returns, nothing begins.
func (s *soak) pause(t *testing.T, r *rand.Rand) {
	if s.state(t) != outbound.Running || s.campaign.Pause(t.Context()) != nil {
		require.Equal(t, outbound.Completed, s.state(t))
		return
	}
	s.pauses++
	begun := s.provider.begun.Load()
	idle(upTo(r, 500*time.Millisecond), nil)
	require.Equal(t, begun, s.provider.begun.Load(), "requests began after Pause returned")
	require.NoError(t, s.campaign.Resume(t.Context()))
}

// settle counts everybody of all campaigns at the provider.
func (s *soak) settle(t *testing.T) {
	for _, p := range s.replicas {
		p.kill()
	}
	received := maps.Collect(s.provider.PerPerson(token))
	var doubts int64
	for _, id := range s.campaigns {
		doubts += sums(t, s.host.store, id, soakPeople).Counts.Uncertain
		tally(t, s.host.store, id, received, soakPeople)
	}
	require.Empty(t, received)
	t.Logf("%d campaigns of %d; %d kills, %d stops, %d pauses, %d throttles: 0 doubled, 0 lost, %d doubts",
		len(s.campaigns), soakPeople, s.kills, s.stops, s.pauses, s.provider.throttles.Load(), doubts)
	require.LessOrEqual(t, doubts, int64(2*s.order.Concurrency*(s.kills+s.stops)))
}

// size compares how big the second replica was in the first and in the last quarter of its life.
func (s *soak) size(t *testing.T) {
	var goroutines, heaps []int
	for _, line := range s.replicas[1].lines() {
		var g, h int
		if strings.HasPrefix(line, "size ") {
			_, err := fmt.Sscanf(line, "size %d %d", &g, &h)
			require.NoError(t, err)
			goroutines, heaps = append(goroutines, g), append(heaps, h)
		}
	}
	require.NotEmpty(t, heaps)
	quarter := (len(heaps) + 3) / 4
	first, last := slices.Max(heaps[:quarter]), slices.Max(heaps[len(heaps)-quarter:])
	t.Logf("heap %d KiB in the first quarter, %d KiB in the last; %d goroutines at most", first, last, slices.Max(goroutines))
	require.LessOrEqual(t, last, 2*first+16<<10, "the heap grows")
	require.LessOrEqual(t, slices.Max(goroutines), 8*s.order.Concurrency, "goroutines pile up")
}
