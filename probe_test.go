package outbound_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/outboundtest"
	"github.com/stretchr/testify/require"
)

// probing is a channel that knows people with even ids.
type probing struct{ *outboundtest.Channel }

func (probing) Probe(_ context.Context, address string) error {
	if n, _ := strconv.Atoi(address); n%2 == 1 {
		return &outbound.SendError{Class: outbound.ClassRecipient, Reason: outbound.ReasonUnknown}
	}
	return nil
}

func TestProbeAsksAboutASampleWithoutSending(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		channel := outboundtest.NewChannel()
		h := outboundtest.New(t, func(c *outbound.Config) {
			c.Touchpoints = outbound.Touchpoints{outboundtest.Touchpoint: probing{channel}}
		})
		c := h.Campaign(t, nil, addresses(99)...)
		for _, sample := range []int{1, 10, 33, 99, 1000} {
			r, err := h.Probe(t.Context(), c.ID(), sample)
			require.NoError(t, err)
			require.Equal(t, min(sample, 99), r.Asked)
			require.Equal(t, r.Asked, r.Known+r.Unknown)
			require.Equal(t, r.Unknown, r.Reasons[outbound.ReasonUnknown])
		}
		require.Empty(t, channel.Sent())
		account, err := h.Check(t.Context(), outboundtest.Touchpoint)
		require.NoError(t, err)
		require.Equal(t, "Test bot", account.Name)
		_, err = outboundtest.New(t, nil).Probe(t.Context(), c.ID(), 1)
		require.ErrorIs(t, err, outbound.ErrNotFound)
		plain := outboundtest.New(t, nil)
		_, err = plain.Probe(t.Context(), plain.Campaign(t, nil, "1").ID(), 1)
		require.ErrorIs(t, err, errors.ErrUnsupported)
	})
}
