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
	tally(t, store, id, received, people)
	require.Empty(t, received, "somebody outside the audience got it")
	return run.Counts
}

// tally compares the rows of a campaign with what was received, and takes its people out of that.
func tally(t *testing.T, store outbound.Store, id outbound.CampaignID, received map[int64]int, people int) {
	t.Helper()
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
}

// sums compares a run's counters with a count of its rows and with the audience. The count is of the same instant: one between two equal readings of the counters.
func sums(t *testing.T, store outbound.Store, id outbound.CampaignID, people int) outbound.Run {
	t.Helper()
	for differed := 0; ; {
		before, err := store.ReadRun(t.Context(), id)
		require.NoError(t, err)
		require.EqualValues(t, people, before.Counts.Total())
		count, err := store.Count(t.Context(), id)
		require.NoError(t, err)
		run, err := store.ReadRun(t.Context(), id)
		require.NoError(t, err)
		if run.Counts != before.Counts {
			continue
		}
		if count == run.Counts {
			return run
		}
		differed++ // somebody may have been withdrawn and granted again meanwhile; a real difference stays
		require.Less(t, differed, 5, "counters %+v, count %+v", run.Counts, count)
	}
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
