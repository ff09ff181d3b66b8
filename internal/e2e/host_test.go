package e2e_test

import (
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/store/sqlite"
	"github.com/stretchr/testify/require"
)

// host is an engine in this process over a file.
type host struct {
	*outbound.Engine
	store *sqlite.Store
}

// openHost opens a file with an engine over it. change may alter the config.
func openHost(t *testing.T, o order, config sqlite.Config, change func(*outbound.Config)) *host {
	t.Helper()
	config.Path = o.Path
	store, err := sqlite.OpenConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	c := o.config(store)
	c.Logger = nil
	if change != nil {
		change(&c)
	}
	e, err := outbound.New(c)
	require.NoError(t, err)
	return &host{Engine: e, store: store}
}

// began makes a campaign for the addresses and starts it, and lets go of the file again.
func began(t *testing.T, o order, id outbound.CampaignID, doubts outbound.Doubts, addresses []string) {
	t.Helper()
	h := openHost(t, o, sqlite.Config{}, nil)
	c := h.campaign(t, outbound.Draft{ID: id, Doubts: doubts}, addresses)
	require.NoError(t, c.Start(t.Context()))
	require.NoError(t, h.store.Close())
}

// campaign makes a draft for the addresses.
func (h *host) campaign(t *testing.T, d outbound.Draft, addresses []string) outbound.Campaign {
	t.Helper()
	d.Touchpoint = bot
	if d.Name == "" {
		d.Name = "test"
	}
	if d.Message.Text == "" {
		d.Message.Text = "Your size is back."
	}
	c, err := h.Create(t.Context(), d)
	require.NoError(t, err)
	if len(addresses) == 0 {
		return c
	}
	report, err := c.Import(t.Context(), "list", outbound.FromAddresses(addresses...))
	require.NoError(t, err)
	require.EqualValues(t, len(addresses), report.Accepted)
	return c
}

// read reads a run through a store of its own, opened for the moment.
func read(t *testing.T, path string, id outbound.CampaignID, readOnly bool) outbound.Run {
	t.Helper()
	store, err := sqlite.OpenConfig(t.Context(), sqlite.Config{Path: path, ReadOnly: readOnly})
	require.NoError(t, err)
	run, err := store.ReadRun(t.Context(), id)
	require.NoError(t, err)
	require.NoError(t, store.Close())
	return run
}

// defaults are the order of a child, or of an engine here, that most tests use.
func defaults(t *testing.T, p *provider) order {
	return order{
		Role: "send", Path: t.TempDir() + "/outbound.db", BaseURL: p.url, Owner: "here",
		Concurrency: 16, Lease: 300 * time.Millisecond, Timeout: time.Second,
	}
}

// logTo makes an engine log everything into w, which is read when the engine is at rest.
func logTo(w io.Writer) func(*outbound.Config) {
	return func(c *outbound.Config) {
		c.Logger = slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))
	}
}
