package e2e_test

import (
	"maps"
	"strconv"
	"testing"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/store/sqlite"
	"github.com/stretchr/testify/require"
)

// account compares a campaign that has ended, recipient by recipient, with what the provider counted: whoever is accepted has one message, whoever is failed, skipped or
// canceled none and a reason, whoever is uncertain at most one and a reason.
func account(t *testing.T, path string, id outbound.CampaignID, p *provider, people int) outbound.Counts {
	t.Helper()
	store, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	run := sums(t, store, id, people)
	require.Equal(t, outbound.Completed, run.State, "%+v", run.Cause)
	received := maps.Collect(p.PerPerson(token))
	listed := 0
	for row := range rows(t, store, id) {
		listed++
		address, err := strconv.ParseInt(row.Address, 10, 64)
		require.NoError(t, err)
		n := received[address]
		delete(received, address)
		if row.State != outbound.Accepted {
			require.NotEmpty(t, row.Reason, "number %d is %s without a reason", row.Seq, row.State)
		}
		switch row.State {
		case outbound.Accepted:
			require.Equal(t, 1, n, "number %d is accepted", row.Seq)
		case outbound.Failed, outbound.Skipped, outbound.Canceled:
			require.Zero(t, n, "number %d is %s", row.Seq, row.State)
		case outbound.Uncertain:
			require.LessOrEqual(t, n, 1, "number %d is uncertain", row.Seq)
		default:
			require.Fail(t, "not accounted for", "number %d is %s", row.Seq, row.State)
		}
	}
	require.Equal(t, people, listed)
	require.Empty(t, received, "somebody outside the audience got it")
	return run.Counts
}

// sums compares a run's counters with a count of its rows and with the audience.
func sums(t *testing.T, store outbound.Store, id outbound.CampaignID, people int) outbound.Run {
	t.Helper()
	run, err := store.ReadRun(t.Context(), id)
	require.NoError(t, err)
	count, err := store.Count(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, count, run.Counts, "counters and count differ")
	require.EqualValues(t, people, run.Counts.Total())
	return run
}

// rows are all deliveries of a campaign.
func rows(t *testing.T, store outbound.Store, id outbound.CampaignID) func(func(outbound.Row) bool) {
	return func(yield func(outbound.Row) bool) {
		filter := outbound.DeliveryFilter{Campaign: id, Limit: 2000}
		for {
			page, err := store.Deliveries(t.Context(), filter)
			require.NoError(t, err)
			for i := range page {
				if !yield(page[i]) {
					return
				}
			}
			if len(page) < filter.Limit {
				return
			}
			filter.After = page[len(page)-1].Seq
		}
	}
}
