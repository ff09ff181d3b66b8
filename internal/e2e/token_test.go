package e2e_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/simulator"
	"github.com/outbound-go/outbound/store/sqlite"
	"github.com/outbound-go/outbound/telegram"
	"github.com/stretchr/testify/require"
)

// vault is where a host keeps tokens.
type vault struct {
	url   string
	mu    sync.Mutex
	token string // guarded by mu
}

func (v *vault) set(token string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.token = token
}

func (v *vault) Open(_ context.Context, name string) (outbound.Channel, error) {
	if name != bot {
		return nil, outbound.ErrUnknownTouchpoint
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return telegram.New(v.token, &telegram.Config{BaseURL: v.url}), nil
}

// TestPromise12ARevokedTokenBurnsNobodyAndANewOneNeedsNoRestart revokes the token of five campaigns in mid-run. The campaigns' names never reach the provider.
func TestPromise12ARevokedTokenBurnsNobodyAndANewOneNeedsNoRestart(t *testing.T) {
	const people, campaigns = 200, 5
	p := newProvider(t, simulator.TelegramConfig{RecordBytes: 64 << 20})
	p.slow.Store(true)
	o := defaults(t, p)
	tokens := &vault{url: p.url, token: token}
	h := openHost(t, o, sqlite.Config{}, func(c *outbound.Config) { c.Touchpoints = tokens })
	var addresses []string
	for i := range people {
		addresses = append(addresses, fmt.Sprint(firstID+i))
		p.AddChats(token, int64(firstID+i))
	}
	var all []outbound.Campaign
	for i := range campaigns {
		c := h.campaign(t, outbound.Draft{ID: outbound.CampaignID(fmt.Sprint("id-of-campaign-", i)), Name: fmt.Sprint("Quietly dropping prices ", i)}, addresses)
		require.NoError(t, c.Start(t.Context()))
		all = append(all, c)
	}
	ran := make(chan error, 1)
	go func() { ran <- h.RunUntilIdle(t.Context()) }()
	await(t, patience, "some are sent", func() bool { return p.Count(token) > people*campaigns/3 })
	p.RevokeToken(token)
	require.NoError(t, <-ran, "only a human can mend this, so it returns")
	asked := p.Requests()
	var accepted int64
	for _, c := range all {
		run := sums(t, h.store, c.ID(), people)
		require.Equal(t, outbound.Running, run.State)
		require.Equal(t, "account", run.Waiting.Code)
		require.Contains(t, run.Waiting.Text, "401")
		require.Zero(t, run.Counts.Failed+run.Counts.Uncertain+run.Counts.Skipped+run.Counts.Sending)
		accepted += run.Counts.Accepted
	}
	require.EqualValues(t, p.Count(token), accepted)
	record, err := h.store.ReadTouchpoint(t.Context(), bot)
	require.NoError(t, err)
	require.Equal(t, outbound.GateAccount, record.Gate.Kind)
	require.Equal(t, outbound.ReasonToken, record.Gate.Reason)

	const fresh = "7100100:BBnewSecretnewSecretnewSecretnew0001"
	p.AddBot(fresh, "shop_bot")
	tokens.set(fresh)
	require.NoError(t, all[0].Resume(t.Context()))
	require.NoError(t, h.RunUntilIdle(t.Context()))
	for _, c := range all {
		run := sums(t, h.store, c.ID(), people)
		require.Equal(t, outbound.Completed, run.State)
		require.EqualValues(t, people, run.Counts.Accepted)
	}
	for id, n := range p.PerPerson(fresh) {
		require.Equal(t, campaigns, n, id)
	}
	require.Zero(t, p.Unrecorded())
	require.True(t, p.Contains([]byte("Your size is back")))
	for _, private := range []string{"Quietly", "dropping", "id-of-campaign"} {
		require.False(t, p.Contains([]byte(private)), "the provider saw %q", private)
	}
	t.Logf("revoked after %d of %d; %d requests met the revoked token; all completed with the new one", accepted, people*campaigns, asked-int(accepted))
}
