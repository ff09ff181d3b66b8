package storetest

import (
	"fmt"
	"time"

	"github.com/outbound-go/outbound"
)

func suppressionRules() []rule {
	return []rule{
		{says: "Suppressed says for each address, in their order, whether an entry stops it.", check: suppressedInOrder},
		{says: "An entry without touchpoint counts on all of the group's, another on its own only, and none in another group.", check: suppressionScope},
		{says: "An entry with Purpose AnyPurpose counts for all purposes, another for its own only.", check: suppressionPurpose},
		{says: "Suppress raises the epoch of each entry's group, and of no other.", check: suppressionEpoch},
		{says: "An entry that exists is replaced.", check: suppressionReplaced},
		{says: "Unsuppress removes entries with the same Group, Touchpoint, Address and Purpose, and no others.", check: unsuppress},
		{says: "A thousand entries and a thousand addresses are taken like one.", check: suppressMany},
		{says: "Suppress and Unsuppress record their act, unless its Action is empty.", check: suppressionActs},
		{says: "No opt-out slips between a decision and its intent: wants decided before a Suppress are refused after it.", check: suppressionRace},
	}
}

func entry(address string, alter ...func(*outbound.Suppression)) outbound.Suppression {
	e := outbound.Suppression{Group: acme, Touchpoint: shop, Address: address, Purpose: outbound.Marketing, Reason: "stop", Actor: someb, At: dawn}
	for _, a := range alter {
		a(&e)
	}
	return e
}

func (c *check) suppress(s outbound.Store, entries ...outbound.Suppression) {
	c.Helper()
	c.must(s.Suppress(c.ctx(), dawn, entries, outbound.Act{}))
}

// hit asks for one address.
func (c *check) hit(s outbound.Store, group, touchpoint string, purpose outbound.Purpose, address string) bool {
	c.Helper()
	hits, _, err := s.Suppressed(c.ctx(), group, touchpoint, purpose, []string{address})
	c.must(err)
	same(c, "the number of answers", len(hits), 1)
	return hits[0]
}

func suppressedInOrder(c *check) {
	s := c.open()
	hits, epoch, err := s.Suppressed(c.ctx(), acme, shop, outbound.Marketing, []string{"1", "2"})
	c.must(err)
	same(c, "hits of an empty list", hits, []bool{false, false})
	same(c, "the epoch of an empty list", epoch, 0)
	c.suppress(s, entry("2"), entry("4"), entry("Ünïcode'\"\\%_"))
	hits, _, err = s.Suppressed(c.ctx(), acme, shop, outbound.Marketing, []string{"4", "1", "2", "3", "2", "Ünïcode'\"\\%_", "ünïcode'\"\\%_", "", "04", "4 "})
	c.must(err)
	same(c, "hits", hits, []bool{true, false, true, false, true, true, false, false, false, false})
	hits, _, err = s.Suppressed(c.ctx(), acme, shop, outbound.Marketing, nil)
	c.must(err)
	same(c, "hits of nobody", len(hits), 0)
}

func suppressionScope(c *check) {
	s := c.open()
	c.suppress(s, entry("own"), entry("all", func(e *outbound.Suppression) { e.Touchpoint = "" }), entry("nobody", func(e *outbound.Suppression) { e.Group, e.Touchpoint = "", "" }))
	for _, want := range []struct {
		group, touchpoint, address string
		hit                        bool
	}{
		{acme, shop, "own", true}, {acme, "other-bot", "own", false}, {"other", shop, "own", false}, {"", shop, "own", false},
		{acme, shop, "all", true}, {acme, "other-bot", "all", true}, {"other", shop, "all", false},
		{"", shop, "nobody", true}, {"", "other-bot", "nobody", true}, {acme, shop, "nobody", false},
	} {
		same(c, fmt.Sprintf("%q in group %q on %q", want.address, want.group, want.touchpoint), c.hit(s, want.group, want.touchpoint, outbound.Marketing, want.address), want.hit)
	}
}

func suppressionPurpose(c *check) {
	s := c.open()
	purpose := func(p outbound.Purpose) func(*outbound.Suppression) {
		return func(e *outbound.Suppression) { e.Purpose = p }
	}
	c.suppress(s, entry("marketing"), entry("service", purpose(outbound.Service)), entry("any", purpose(outbound.AnyPurpose)))
	for _, want := range []struct {
		purpose outbound.Purpose
		address string
		hit     bool
	}{
		{outbound.Marketing, "marketing", true}, {outbound.Service, "marketing", false},
		{outbound.Marketing, "service", false}, {outbound.Service, "service", true},
		{outbound.Marketing, "any", true}, {outbound.Service, "any", true},
	} {
		same(c, fmt.Sprintf("%q for %s", want.address, want.purpose), c.hit(s, acme, shop, want.purpose, want.address), want.hit)
	}
}

func suppressionEpoch(c *check) {
	s := c.open()
	epoch := func(group string) int64 {
		c.Helper()
		_, n, err := s.Suppressed(c.ctx(), group, shop, outbound.Marketing, []string{"1"})
		c.must(err)
		return n
	}
	for range 3 {
		before, none, other := epoch(acme), epoch(""), epoch("other")
		c.suppress(s, entry("1"), entry("1", func(e *outbound.Suppression) { e.Group = "third" }))
		if epoch(acme) <= before {
			c.Fatalf("the epoch was %d and is %d", before, epoch(acme))
		}
		same(c, "the epoch of the empty group", epoch(""), none)
		same(c, "the epoch of another group", epoch("other"), other)
	}
	if epoch("third") == 0 {
		c.Fatalf("the epoch of the second entry's group is zero")
	}
	before := epoch(acme)
	c.must(s.Unsuppress(c.ctx(), dawn, []outbound.Suppression{entry("1")}, outbound.Act{}))
	if epoch(acme) < before {
		c.Fatalf("Unsuppress took the epoch from %d back to %d", before, epoch(acme))
	}
}

func suppressionReplaced(c *check) {
	s := c.open()
	c.suppress(s, entry("1"), entry("1", func(e *outbound.Suppression) { e.Reason = "again" }))
	c.suppress(s, entry("1", func(e *outbound.Suppression) { e.At = dawn.Add(time.Hour) }))
	same(c, "suppressed", c.hit(s, acme, shop, outbound.Marketing, "1"), true)
	c.must(s.Unsuppress(c.ctx(), dawn, []outbound.Suppression{entry("1")}, outbound.Act{}))
	same(c, "suppressed after one Unsuppress", c.hit(s, acme, shop, outbound.Marketing, "1"), false)
}

func unsuppress(c *check) {
	s := c.open()
	variants := []outbound.Suppression{
		entry("1"), entry("2"),
		entry("1", func(e *outbound.Suppression) { e.Group = "other" }),
		entry("1", func(e *outbound.Suppression) { e.Touchpoint = "other-bot" }),
		entry("1", func(e *outbound.Suppression) { e.Touchpoint = "" }),
		entry("1", func(e *outbound.Suppression) { e.Purpose = outbound.Service }),
		entry("1", func(e *outbound.Suppression) { e.Purpose = outbound.AnyPurpose }),
	}
	for i := range variants {
		c.suppress(s, variants[i])
		for j := range variants {
			if i != j {
				c.must(s.Unsuppress(c.ctx(), dawn, []outbound.Suppression{variants[j]}, outbound.Act{}))
			}
		}
		ask := func() bool {
			e := variants[i]
			touchpoint, purpose := e.Touchpoint, e.Purpose
			if touchpoint == "" {
				touchpoint = "any-bot"
			}
			if purpose == outbound.AnyPurpose {
				purpose = outbound.Service
			}
			return c.hit(s, e.Group, touchpoint, purpose, e.Address)
		}
		same(c, "suppressed after the others were removed", ask(), true)
		e := variants[i]
		e.Reason, e.Actor, e.At = "", "", time.Time{}
		c.must(s.Unsuppress(c.ctx(), dawn, []outbound.Suppression{e}, outbound.Act{}))
		same(c, "suppressed after it was removed", ask(), false)
	}
}

func suppressMany(c *check) {
	s := c.open()
	var entries []outbound.Suppression
	var addresses []string
	var want []bool
	for i := range 1500 {
		if i%3 == 0 {
			entries = append(entries, entry(fmt.Sprint(i)))
		}
		addresses, want = append(addresses, fmt.Sprint(i)), append(want, i%3 == 0)
	}
	c.suppress(s, entries...)
	hits, _, err := s.Suppressed(c.ctx(), acme, shop, outbound.Marketing, addresses)
	c.must(err)
	same(c, "hits", hits, want)
	c.must(s.Unsuppress(c.ctx(), dawn, entries, outbound.Act{}))
	hits, _, err = s.Suppressed(c.ctx(), acme, shop, outbound.Marketing, addresses)
	c.must(err)
	same(c, "hits after Unsuppress", hits, make([]bool, len(addresses)))
}

func suppressionActs(c *check) {
	f := &field{check: c, s: c.open()}
	for _, action := range []string{"suppress", ""} {
		c.must(f.s.Suppress(c.ctx(), dawn, []outbound.Suppression{entry("1"), entry("2")}, act(action)))
	}
	for _, action := range []string{"unsuppress", ""} {
		c.must(f.s.Unsuppress(c.ctx(), dawn, []outbound.Suppression{entry("1"), entry("2")}, act(action)))
	}
	f.wantActs("suppress", "unsuppress")
}

func suppressionRace(c *check) {
	f := c.campaign(4)
	hits, epoch, err := f.s.Suppressed(c.ctx(), acme, shop, outbound.Marketing, []string{person(1).Address, person(2).Address})
	c.must(err)
	same(c, "hits", hits, []bool{false, false})
	for _, alter := range []func(*outbound.Suppression){
		func(*outbound.Suppression) {},
		func(*outbound.Suppression) {}, // the same again
		func(e *outbound.Suppression) { e.Touchpoint = "" },
		func(e *outbound.Suppression) { e.Touchpoint = "other-bot" },
	} {
		c.suppress(f.s, entry(person(2).Address, alter))
		f.refusesOld(epoch)
		epoch = f.epoch()
	}
	f.grant(2, skipped(2))
}

// refusesOld wants a range decided under an older epoch to be refused.
func (f *field) refusesOld(epoch int64) {
	f.Helper()
	r := f.commitAs(f.batch(outbound.RunBatch{Epoch: epoch, Range: f.span(2)}))
	same(f.check, "Refused", r.Refused, outbound.RefusedEpoch)
	same(f.check, "Counts", f.run().Counts, outbound.Counts{Pending: 4})
}
