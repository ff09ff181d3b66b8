package channeltest

import (
	"reflect"
	"slices"
	"strings"

	"github.com/outbound-go/outbound"
)

func factCases() []Case {
	return []Case{
		{"Capabilities", "Capabilities does no I/O, answers the same every time, and says nothing that cannot be.", capabilities},
		{"Construction", "Making an adapter and asking it what it knows by itself makes no request.", construction},
	}
}

func capabilities(t TB, h Harness) {
	b := open(t, h)
	c := b.Channel.Capabilities()
	if other := b.Channel.Capabilities(); !reflect.DeepEqual(c, other) {
		t.Errorf("two calls differ: %+v and %+v", c, other)
	}
	b.send(t, b.message(0)) //nolint:errcheck // only what it changes matters here
	if other := b.Channel.Capabilities(); !reflect.DeepEqual(c, other) {
		t.Errorf("a send changed them from %+v to %+v", c, other)
	}
	if c.Channel == "" || strings.ToLower(c.Channel) != c.Channel || strings.ContainsAny(c.Channel, " \t\n") {
		t.Errorf("Channel is %q, want the provider's name in lower case", c.Channel)
	}
	if !c.Freeform && !c.Templates {
		t.Errorf("an adapter carries texts of one's own (Freeform) or templates")
	}
	for name, n := range map[string]int{
		"MaxText": c.MaxText, "MaxCaption": c.MaxCaption, "MaxButtons": c.MaxButtons, "MaxButtonRows": c.MaxButtonRows, "MaxBatch": c.MaxBatch,
		"Rate.N": c.Rate.N, "Rate.Per": int(c.Rate.Per), "RecipientGap": int(c.RecipientGap), "Idempotent": int(c.Idempotent),
	} {
		if n < 0 {
			t.Errorf("%s is negative", name)
		}
	}
	if (c.Rate.N == 0) != (c.Rate.Per == 0) {
		t.Errorf("Rate %+v has a number without a time, or the other way round", c.Rate)
	}
	if !slices.Contains([]outbound.TextUnit{outbound.UnitCodePoints, outbound.UnitUTF16, outbound.UnitBytes}, c.TextUnit) {
		t.Errorf("TextUnit is %q", c.TextUnit)
	}
	if slices.Contains(c.Formats, outbound.FormatPlain) {
		t.Errorf("Formats lists plain text, which needs no mention")
	}
	for _, s := range c.Reports {
		if s != outbound.Delivered && s != outbound.Read {
			t.Errorf("Reports lists %s; receipts report delivered and read", s)
		}
	}
	if c.MediaWithMessage && len(c.MediaFile) == 0 {
		t.Errorf("MediaWithMessage without MediaFile")
	}
	if c.BatchSameContent && c.MaxBatch < 2 {
		t.Errorf("BatchSameContent without batches")
	}
	_, batches := ability[outbound.BatchSender](b.Channel)
	if batches != (c.MaxBatch > 1) {
		t.Errorf("MaxBatch is %d, but that the adapter is a BatchSender is %v", c.MaxBatch, batches)
	}
}

func construction(t TB, h Harness) {
	b := open(t, h)
	b.Channel.Capabilities()
	m := b.message(0)
	if a, ok := ability[outbound.AddressChecker](b.Channel); ok {
		for _, address := range append(slices.Clone(b.BadAddresses), b.Addresses...) {
			_, _ = a.CheckAddress(address)
		}
	}
	if a, ok := ability[outbound.MessageChecker](b.Channel); ok {
		_ = a.CheckMessage(m.Message)
	}
	if a, ok := ability[outbound.RenderChecker](b.Channel); ok {
		_ = a.CheckRendered(m)
	}
	if a, ok := ability[outbound.Selfchecker](b.Channel); ok {
		if problems := a.CheckConfig(); len(problems) > 0 {
			t.Errorf("a configuration that works has problems: %v", problems)
		}
	}
	b.wantRequests(t, 0, "before the first send")
}

// ability finds an optional interface through decorators, as the engine does.
func ability[T any](c outbound.Channel) (T, bool) {
	for c != nil {
		if a, ok := c.(T); ok {
			return a, true
		}
		u, ok := c.(interface{ Unwrap() outbound.Channel })
		if !ok {
			break
		}
		c = u.Unwrap()
	}
	var none T
	return none, false
}
