package storetest

import (
	"errors"
	"time"

	"github.com/outbound-go/outbound"
)

func touchpointRules() []rule {
	return []rule{
		{says: "ReadTouchpoint returns the record of a touchpoint, zero but for its Name if there is none yet.", check: readTouchpoint},
		{says: "UpdateTouchpoint reads a record (or a zero one), lets change alter it and writes every field of it.", check: updateTouchpoint},
		{says: "If the change of a touchpoint returns an error nothing is written and that error is returned as it is.", check: updateTouchpointFails},
		{says: "A touchpoint's Name is not changed.", check: updateTouchpointName},
		{says: "ListTouchpoints returns all records in order of their names.", check: listTouchpoints},
		{says: "UpdateTouchpoint records its act, unless its Action is empty.", check: touchpointActs},
	}
}

// fullTouchpoint is a record with something in every field.
func fullTouchpoint(name string) outbound.TouchpointRecord {
	return outbound.TouchpointRecord{
		Name: name, Group: acme, Owner: "replica-1 (абв)", Token: 5, Beat: 1 << 40, Term: 15*time.Second + time.Microsecond, Active: dawn, Account: "777000", Title: "Shop «Весна»",
		Gate: outbound.Gate{Kind: outbound.GateAccount, Since: dawn, Until: dawn.Add(time.Minute), Reason: outbound.ReasonToken, Code: "401", Text: "Unauthorized", Probes: 2},
		Pace: outbound.Pace{Factor: 0.7, At: dawn.Add(time.Second)}, Counter: 1<<62 + 1,
	}
}

func readTouchpoint(c *check) {
	s := c.open()
	for range 2 {
		t, err := s.ReadTouchpoint(c.ctx(), shop)
		c.must(err)
		same(c, "the record", t, outbound.TouchpointRecord{Name: shop})
	}
	all, err := s.ListTouchpoints(c.ctx())
	c.must(err)
	same(c, "the number of records", len(all), 0)
}

func updateTouchpoint(c *check) {
	s := c.open()
	var seen outbound.TouchpointRecord
	want := fullTouchpoint(shop)
	set := func(to outbound.TouchpointRecord) {
		c.Helper()
		got, err := s.UpdateTouchpoint(c.ctx(), shop, func(t *outbound.TouchpointRecord) (outbound.Act, error) {
			seen = *t
			*t = to
			return outbound.Act{}, nil
		})
		c.must(err)
		same(c, "the record that UpdateTouchpoint returns", got, to)
		read, err := s.ReadTouchpoint(c.ctx(), shop)
		c.must(err)
		same(c, "the record", read, to)
	}
	set(want)
	same(c, "the record that change is given first", seen, outbound.TouchpointRecord{Name: shop})
	next := outbound.TouchpointRecord{Name: shop, Token: 6}
	set(next)
	same(c, "the record that change is given", seen, want)
}

func updateTouchpointFails(c *check) {
	s := c.open()
	no := errors.New("no")
	fail := func(t *outbound.TouchpointRecord) (outbound.Act, error) {
		*t = fullTouchpoint(shop)
		return act("take"), no
	}
	_, err := s.UpdateTouchpoint(c.ctx(), shop, fail)
	if err != no { //nolint:errorlint // as it is, not wrapped
		c.Fatalf("the error is %v, not the one that change returned", err)
	}
	all, err := s.ListTouchpoints(c.ctx())
	c.must(err)
	same(c, "the number of records", len(all), 0)
	f := &field{check: c, s: s}
	f.lease()
	before, err := s.ReadTouchpoint(c.ctx(), shop)
	c.must(err)
	_, err = s.UpdateTouchpoint(c.ctx(), shop, fail)
	c.mustBe(err, no)
	after, err := s.ReadTouchpoint(c.ctx(), shop)
	c.must(err)
	same(c, "the record", after, before)
	f.wantActs()
}

func updateTouchpointName(c *check) {
	s := c.open()
	t, err := s.UpdateTouchpoint(c.ctx(), shop, func(t *outbound.TouchpointRecord) (outbound.Act, error) {
		t.Name, t.Token = "other", 1
		return outbound.Act{}, nil
	})
	c.must(err)
	same(c, "Name", t.Name, shop)
	all, err := s.ListTouchpoints(c.ctx())
	c.must(err)
	same(c, "the records", all, []outbound.TouchpointRecord{{Name: shop, Token: 1}})
}

func listTouchpoints(c *check) {
	s := c.open()
	for _, name := range []string{"b", "a", "c", "B", "ab"} {
		_, err := s.UpdateTouchpoint(c.ctx(), name, func(t *outbound.TouchpointRecord) (outbound.Act, error) {
			*t = fullTouchpoint(name)
			return outbound.Act{}, nil
		})
		c.must(err)
	}
	all, err := s.ListTouchpoints(c.ctx())
	c.must(err)
	want := make([]outbound.TouchpointRecord, 0, 5)
	for _, name := range []string{"B", "a", "ab", "b", "c"} {
		want = append(want, fullTouchpoint(name))
	}
	same(c, "the records", all, want)
}

func touchpointActs(c *check) {
	f := &field{check: c, s: c.open()}
	for _, action := range []string{"take", ""} {
		_, err := f.s.UpdateTouchpoint(c.ctx(), shop, func(*outbound.TouchpointRecord) (outbound.Act, error) { return act(action), nil })
		c.must(err)
	}
	f.wantActs("take")
}
