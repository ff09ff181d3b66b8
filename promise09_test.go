package outbound_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/outboundtest"
	"github.com/stretchr/testify/require"
)

// From the start on neither content nor audience change, and what a person got can be shown word for word.
func TestPromise09ASealedCampaignIsWhatWasPlanned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, nil)
		c := h.Campaign(t, func(d *outbound.Draft) { d.Message.Text = "Hello, {{.name}}." })
		_, err := c.Import(t.Context(), "list", outbound.FromSlice([]outbound.Recipient{
			{Address: "1", Variables: map[string]string{"name": "Anna"}}, {Address: "2", Variables: map[string]string{"name": "Пётр"}},
		}))
		require.NoError(t, err)
		plan, err := c.Plan(t.Context())
		require.NoError(t, err)
		require.Empty(t, plan.Problems)
		draft, err := h.Draft(t.Context(), c.ID())
		require.NoError(t, err)
		draft.Message.Text = "Good day, {{.name}}."
		require.NoError(t, h.Update(t.Context(), c.ID(), draft))
		require.ErrorIs(t, c.Start(t.Context(), outbound.AsPlanned(plan)), outbound.ErrPlanChanged)
		plan, err = c.Plan(t.Context())
		require.NoError(t, err)
		require.NoError(t, c.Start(t.Context(), outbound.AsPlanned(plan)))
		require.NoError(t, c.Start(t.Context()), "starting a running campaign changes nothing")

		require.ErrorIs(t, h.Update(t.Context(), c.ID(), draft), outbound.ErrState)
		_, err = c.Import(t.Context(), "more", outbound.FromAddresses("3"))
		require.ErrorIs(t, err, outbound.ErrState)
		require.ErrorIs(t, h.RemoveImport(t.Context(), c.ID(), "list"), outbound.ErrState)
		require.NoError(t, h.Store.SaveDraft(t.Context(), c.ID(), []byte(`{"name":"x","touchpoint":"test-bot","message":{"text":"Something else."}}`)))
		require.NoError(t, h.RunUntilIdle(t.Context()))
		texts := map[string]string{}
		for _, s := range h.Channel.Sent() {
			texts[s.Address] = s.Text
		}
		require.Equal(t, map[string]string{"1": "Good day, Anna.", "2": "Good day, Пётр."}, texts)
		for d, err := range c.Deliveries(t.Context(), outbound.DeliveryFilter{}) {
			require.NoError(t, err)
			shown, err := h.Preview(t.Context(), c.ID(), outbound.Recipient{Address: d.Address, Variables: d.Variables})
			require.NoError(t, err)
			require.Equal(t, texts[d.Address], shown.Text)
		}
	})
}

// A file is copied into the store when the draft is saved: what is sent is what was planned, whatever becomes of the file. It is uploaded once.
func TestPromise09AFileIsCopiedAndUploadedOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cat.png")
	require.NoError(t, os.WriteFile(path, []byte("picture one"), 0o600))
	synctest.Test(t, func(t *testing.T) {
		h := outboundtest.New(t, nil)
		c := h.Campaign(t, func(d *outbound.Draft) {
			d.Message.Media = &outbound.Media{Kind: outbound.MediaPhoto, File: path}
		}, addresses(50)...)
		require.NoError(t, os.WriteFile(path, []byte("picture two"), 0o600))
		var uploads, references int
		h.Channel.SetScript(func(_ context.Context, n int, m *outbound.Outgoing) error {
			if n == 1 {
				return blocked() // the first person's refusal uploads nothing
			}
			if m.Media.Ref == "" {
				require.Equal(t, "picture one", string(m.Media.Content))
				require.Equal(t, "cat.png", m.Media.Name)
				uploads++
			} else {
				require.Equal(t, "file-2", m.Media.Ref)
				references++
			}
			return nil
		})
		require.NoError(t, c.Start(t.Context()))
		require.NoError(t, h.RunUntilIdle(t.Context()))
		require.Equal(t, 1, uploads)
		require.Equal(t, 48, references)
		p := counted(t, h, c)
		require.EqualValues(t, 49, p.Accepted)
		require.EqualValues(t, 1, p.Failed)
	})
}
