package outboundtest

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/outbound-go/outbound"
)

// Sent is one request that a scripted channel got.
type Sent struct {
	Address     string
	Text        string
	Attempt     int
	Correlation string
	At          time.Time // when it began
	Err         error     // what the script answered
}

// Channel is a scripted channel: it accepts everything until a script says otherwise. It is safe for concurrent use.
type Channel struct {
	mu      sync.Mutex
	caps    outbound.Capabilities
	script  func(ctx context.Context, n int, m *outbound.Outgoing) error
	latency time.Duration
	account outbound.Account
	check   error
	sent    []Sent
	got     map[string]int
	flying  int
	most    int
	checks  int
}

// NewChannel makes a channel that carries plain and HTML texts, buttons and photos, without limit of rate.
func NewChannel() *Channel {
	return &Channel{
		got:     map[string]int{},
		account: outbound.Account{ID: "1", Name: "Test bot"},
		caps: outbound.Capabilities{
			Channel: "test", Formats: []outbound.Format{outbound.FormatHTML}, MaxText: 4096, MaxCaption: 1024, MaxButtons: 8, Freeform: true,
			MediaURL: []outbound.MediaKind{outbound.MediaPhoto}, MediaFile: []outbound.MediaKind{outbound.MediaPhoto}, MediaWithMessage: true,
			Options: []outbound.Option{outbound.OptionSilent},
		},
	}
}

// SetCapabilities changes the capabilities; call it before the engine opens the touchpoint.
func (c *Channel) SetCapabilities(change func(*outbound.Capabilities)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.caps)
}

// SetScript sets what is answered from now on: nil accepts; n counts the requests from 1.
func (c *Channel) SetScript(script func(ctx context.Context, n int, m *outbound.Outgoing) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.script = script
}

// SetLatency sets how long every request takes from now on.
func (c *Channel) SetLatency(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.latency = d
}

// SetAccount sets what a check of the account says from now on.
func (c *Channel) SetAccount(a outbound.Account, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.account, c.check = a, err
}

// Capabilities returns what the channel can carry.
func (c *Channel) Capabilities() outbound.Capabilities {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.caps
}

// Check returns the account as scripted.
func (c *Channel) Check(context.Context) (outbound.Account, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.checks++
	return c.account, c.check
}

// Send records the request and answers as scripted.
func (c *Channel) Send(ctx context.Context, m *outbound.Outgoing) (outbound.Receipt, error) {
	c.mu.Lock()
	n := len(c.sent)
	c.sent = append(c.sent, Sent{Address: m.Address, Text: m.Text, Attempt: m.Attempt, Correlation: m.Correlation, At: time.Now()})
	c.flying++
	c.most = max(c.most, c.flying)
	script, latency := c.script, c.latency
	c.mu.Unlock()
	var err error
	if latency > 0 {
		t := time.NewTimer(latency)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			err = &outbound.SendError{Class: outbound.ClassAmbiguous, Reason: outbound.ReasonNoAnswer, Err: ctx.Err()}
		}
	}
	if err == nil && script != nil {
		err = script(ctx, n+1, m)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flying--
	c.sent[n].Err = err
	if err != nil {
		return outbound.Receipt{}, err
	}
	c.got[m.Address]++
	r := outbound.Receipt{Message: fmt.Sprint(n + 1)}
	if m.Media != nil && m.Media.Ref == "" && m.Media.Content != nil {
		r.Media.Ref = fmt.Sprintf("file-%d", n+1)
	}
	return r, nil
}

// Sent returns every request so far, in the order in which they began.
func (c *Channel) Sent() []Sent {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Sent(nil), c.sent...)
}

// Got is how many messages an address was accepted for.
func (c *Channel) Got(address string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.got[address]
}

// Everybody is how many messages each address was accepted for.
func (c *Channel) Everybody() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make(map[string]int, len(c.got))
	maps.Copy(all, c.got)
	return all
}

// MostAtOnce is the largest number of requests that were under way at once.
func (c *Channel) MostAtOnce() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.most
}

// Checks is how often the account was checked.
func (c *Channel) Checks() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.checks
}
