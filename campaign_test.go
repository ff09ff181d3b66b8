package outbound_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/outboundtest"
	"github.com/stretchr/testify/require"
)

func TestACampaignReachesEverybodyOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, nil)
		h.Channel.SetLatency(10 * time.Millisecond)
		c := h.Campaign(t, nil, addresses(300)...)
		require.NoError(t, c.Start(t.Context()))
		require.NoError(t, h.RunUntilIdle(t.Context()))
		p, err := c.Progress(t.Context())
		require.NoError(t, err)
		require.Equal(t, outbound.Completed, p.State, p.Describe(outbound.English))
		require.EqualValues(t, 300, p.Accepted)
		require.Len(t, h.Channel.Everybody(), 300)
		require.Len(t, h.Channel.Sent(), 300)
	})
}
