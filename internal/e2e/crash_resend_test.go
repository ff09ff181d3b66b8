package e2e_test

import (
	"maps"
	"strconv"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/store/sqlite"
	"github.com/stretchr/testify/require"
)

// TestPromise02CrashWithResendReachesEverybody does the same where the host chose to resend: nobody is lost, and whoever got two was in doubt, says their history.
func TestPromise02CrashWithResendReachesEverybody(t *testing.T) {
	r := seeded(t)
	m := massacre{people: 5000, kills: max(number(t, "OUTBOUND_KILLS", 20)/4, 1)}
	m.kills, m.life = min(m.kills, 100), 300*time.Millisecond
	begun := time.Now()
	m.prepare(t, outbound.DoubtsResend)
	m.run(t, r)

	store, err := sqlite.Open(t.Context(), m.order.Path)
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	run := sums(t, store, m.id, m.people)
	require.Equal(t, outbound.Completed, run.State)
	require.Zero(t, run.Counts.Uncertain)
	received := maps.Collect(m.provider.PerPerson(token))
	doubled, doubts := 0, 0
	for row := range rows(t, store, m.id) {
		id, err := strconv.ParseInt(row.Address, 10, 64)
		require.NoError(t, err)
		attempts, err := store.Attempts(t.Context(), m.id, row.Seq)
		require.NoError(t, err)
		uncertain := 0
		for _, a := range attempts {
			if a.State == outbound.Uncertain {
				uncertain++
			}
		}
		doubts += uncertain
		n := received[id]
		require.LessOrEqual(t, n, 1+uncertain, "number %d was doubled without a doubt", row.Seq)
		switch row.State {
		case outbound.Accepted:
			require.GreaterOrEqual(t, n, 1, "number %d is lost", row.Seq)
		case outbound.Failed:
			require.Zero(t, n, "number %d", row.Seq)
			require.NotEmpty(t, row.Reason)
		default:
			require.Fail(t, "not accounted for", "number %d is %s", row.Seq, row.State)
		}
		if n > 1 {
			doubled++
		}
	}
	require.LessOrEqual(t, doubts, 2*m.order.Concurrency*m.killed)
	t.Logf("%d kills, %d with requests in flight; 0 lost, %d doubts, %d of them got it twice; %s", m.killed, m.busy, doubts, doubled, time.Since(begun).Round(time.Second))
}
