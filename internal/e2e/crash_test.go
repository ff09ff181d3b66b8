package e2e_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/simulator"
	"github.com/outbound-go/outbound/store/sqlite"
	"github.com/stretchr/testify/require"
)

// massacre is one campaign whose process is killed again and again.
type massacre struct {
	provider *provider
	order    order
	id       outbound.CampaignID
	people   int
	kills    int           // wanted
	life     time.Duration // of a process that sends, at most

	killed  int
	busy    int   // kills with requests in flight
	looks   int   // at the sums, from this process
	mostNew int64 // doubts from one kill
}

// TestPromise02CrashNobodyGetsTwoAndNobodyIsLost kills a real process with SIGKILL at random instants, nine of ten with requests in flight, and counts at the provider.
func TestPromise02CrashNobodyGetsTwoAndNobodyIsLost(t *testing.T) {
	r := seeded(t)
	kills, begun := number(t, "OUTBOUND_KILLS", 20), time.Now()
	var killed, busy, looks int
	var doubts, mostNew, throttles int64
	for killed < kills {
		m := massacre{people: 20_000, kills: min(kills-killed, 100)}
		m.prepare(t, outbound.DoubtsHold)
		m.run(t, r)
		counts := account(t, m.order.Path, m.id, m.provider, m.people)
		require.LessOrEqual(t, counts.Uncertain, int64(2*m.order.Concurrency*m.killed), "too many doubts")
		killed, busy, looks = killed+m.killed, busy+m.busy, looks+m.looks
		doubts, mostNew, throttles = doubts+counts.Uncertain, max(mostNew, m.mostNew), throttles+m.provider.throttles.Load()
		require.GreaterOrEqual(t, 10*m.busy, 8*m.killed, "too few kills hit requests")
	}
	t.Logf("%d kills, %d with requests in flight; 0 doubled, 0 lost, %d doubts (%d from one kill at most, 32 allowed); %d throttles, %d looks at the sums; %s",
		killed, busy, doubts, mostNew, throttles, looks, time.Since(begun).Round(time.Second))
}

// prepare makes an audience and starts the campaign.
func (m *massacre) prepare(t *testing.T, doubts outbound.Doubts) {
	t.Helper()
	m.provider = newProvider(t, simulator.TelegramConfig{CountsOnly: true})
	m.provider.slow.Store(true)
	m.provider.throttle(8000)
	m.order, m.id = defaults(t, m.provider), "spring"
	if m.life == 0 {
		m.life = 12 * time.Second / time.Duration(m.kills)
	}
	addresses := m.provider.audience(firstID, m.people)
	began(t, m.order, m.id, doubts, addresses)
}

// run kills as often as wanted, or until the campaign is through, and lets the last process finish.
func (m *massacre) run(t *testing.T, r *rand.Rand) {
	t.Helper()
	over := make(chan struct{})
	var watching sync.WaitGroup
	eyes, o := rand.New(rand.NewPCG(r.Uint64(), 1)), m.order
	watching.Go(func() { m.watch(t, eyes, o, over) })
	defer watching.Wait()
	defer close(over)
	last, before := int64(0), 0
	for m.killed < m.kills {
		if m.killed%2 == 1 {
			m.order.Refused = 10
		} else {
			m.order.Refused = 0
		}
		p := launch(t, m.order)
		await(t, 10*time.Second, "the requests of the killed are over", func() bool { return m.provider.InFlight() == 0 || p.gone() })
		anyInstant := m.killed%10 == 9
		if anyInstant {
			idle(upTo(r, m.order.Lease+200*time.Millisecond), p.ended)
		} else {
			m.sends(t, p)
			idle(upTo(r, m.life), p.ended)
			uncertain := read(t, m.order.Path, m.id, false).Counts.Uncertain
			require.LessOrEqual(t, uncertain-last, int64(2*m.order.Concurrency*(m.killed-before)), "too many doubts from one kill")
			if m.killed-before == 1 {
				m.mostNew = max(m.mostNew, uncertain-last)
			}
			last, before = uncertain, m.killed
			m.sends(t, p)
		}
		inFlight := m.provider.InFlight()
		if p.gone() {
			break
		}
		p.kill()
		m.killed++
		if inFlight > 0 {
			m.busy++
		}
	}
	require.Positive(t, m.killed)
	m.provider.slow.Store(false)
	launch(t, m.order).finish(t)
}

// sends waits until a process has requests in flight, or is gone.
func (m *massacre) sends(t *testing.T, p *process) {
	t.Helper()
	await(t, 30*time.Second, "a process sends", func() bool { return m.provider.InFlight() > 0 || p.gone() })
}

// watch opens the file at random instants, as another program would, and looks at the sums.
func (m *massacre) watch(t *testing.T, r *rand.Rand, o order, over <-chan struct{}) {
	for !idle(upTo(r, 200*time.Millisecond), over) {
		store, err := sqlite.OpenConfig(t.Context(), sqlite.Config{Path: o.Path, ReadOnly: r.IntN(2) == 0})
		if err != nil {
			t.Errorf("look at the sums: %v", err)
			return
		}
		e, err := outbound.New(o.config(store))
		if err != nil {
			t.Errorf("look at the sums: %v", err)
			return
		}
		p, err := e.Campaign(m.id).Progress(t.Context())
		if err != nil || p.Counts.Total() != int64(m.people) || p.Total != int64(m.people) {
			t.Errorf("the sums do not add up: %+v %v", p.Counts, err)
		}
		if err := store.Close(); err != nil {
			t.Errorf("look at the sums: %v", err)
		}
		m.looks++
	}
}
