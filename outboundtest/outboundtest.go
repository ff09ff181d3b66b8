// Package outboundtest helps a host to test its own code against the library: an engine over the memory store with a scripted channel, so that whole
// campaigns run in a testing/synctest bubble in no time, and a Campaign to embed in fakes.
package outboundtest

import (
	"testing"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/store/memory"
)

// Touchpoint is the name of the touchpoint that New opens.
const Touchpoint = "test-bot"

// Host is an engine with everything it needs.
type Host struct {
	*outbound.Engine
	Channel *Channel
	Store   outbound.Store
}

// New makes an engine over a new memory store with one scripted channel under the name Touchpoint. change may alter the config first; nil = nothing to alter.
// The headroom is none, so that rates are round.
func New(t testing.TB, change func(*outbound.Config)) *Host {
	t.Helper()
	channel := NewChannel()
	store := memory.New()
	config := outbound.Config{
		Store:       store,
		Touchpoints: outbound.Touchpoints{Touchpoint: channel},
		Headroom:    outbound.NoHeadroom,
		LeaseTerm:   3 * time.Second,
	}
	if change != nil {
		change(&config)
	}
	engine, err := outbound.New(config)
	if err != nil {
		t.Fatalf("outboundtest: %v", err)
	}
	return &Host{Engine: engine, Channel: channel, Store: config.Store}
}

// Campaign creates a draft with a text for the addresses, ready to start. change may alter the draft first; nil = nothing to alter.
func (h *Host) Campaign(t testing.TB, change func(*outbound.Draft), addresses ...string) outbound.Campaign {
	t.Helper()
	draft := outbound.Draft{Name: "test", Touchpoint: Touchpoint, Message: outbound.Message{Text: "Hello."}}
	if change != nil {
		change(&draft)
	}
	c, err := h.Create(t.Context(), draft)
	if err != nil {
		t.Fatalf("outboundtest: %v", err)
	}
	if len(addresses) > 0 {
		if _, err := c.Import(t.Context(), "test", outbound.FromAddresses(addresses...)); err != nil {
			t.Fatalf("outboundtest: %v", err)
		}
	}
	return c
}
