package storetest

import (
	"cmp"
	"slices"
	"time"

	"github.com/outbound-go/outbound"
)

func stopRules() []rule {
	return []rule{
		{says: "SetStop records an emergency stop, ClearStop removes it, Stops lists them.", check: stops},
		{says: "A stop of the same scope and name is replaced, and clearing what does not exist is no error.", check: stopsAgain},
		{says: "SetStop and ClearStop record their act, unless its Action is empty.", check: stopActs},
	}
}

func (f *field) wantStops(want ...outbound.Stop) {
	f.Helper()
	got, err := f.s.Stops(f.ctx())
	f.must(err)
	order := func(a, b outbound.Stop) int {
		return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Name, b.Name))
	}
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	same(f.check, "the stops", got, want)
}

func stops(c *check) {
	f := &field{check: c, s: c.open()}
	f.wantStops()
	all := []outbound.Stop{
		{Scope: outbound.StopTouchpoint, Name: shop, At: dawn, Actor: someb, Reason: "wrong price"},
		{Scope: outbound.StopGroup, Name: shop, At: dawn.Add(time.Second)},
		{Scope: outbound.StopGroup, Name: "", At: dawn},
	}
	for _, s := range all {
		c.must(f.s.SetStop(c.ctx(), s, outbound.Act{}))
	}
	f.wantStops(slices.Clone(all)...)
	c.must(f.s.ClearStop(c.ctx(), outbound.StopGroup, shop, outbound.Act{}))
	f.wantStops(all[0], all[2])
	c.must(f.s.ClearStop(c.ctx(), outbound.StopTouchpoint, shop, outbound.Act{}))
	c.must(f.s.ClearStop(c.ctx(), outbound.StopGroup, "", outbound.Act{}))
	f.wantStops()
}

func stopsAgain(c *check) {
	f := &field{check: c, s: c.open()}
	c.must(f.s.ClearStop(c.ctx(), outbound.StopGroup, acme, outbound.Act{}))
	s := outbound.Stop{Scope: outbound.StopGroup, Name: acme, At: dawn, Reason: "first"}
	c.must(f.s.SetStop(c.ctx(), s, outbound.Act{}))
	s.Reason, s.At = "second", dawn.Add(time.Hour)
	c.must(f.s.SetStop(c.ctx(), s, outbound.Act{}))
	f.wantStops(s)
	for range 2 {
		c.must(f.s.ClearStop(c.ctx(), outbound.StopGroup, acme, outbound.Act{}))
		f.wantStops()
	}
}

func stopActs(c *check) {
	f := &field{check: c, s: c.open()}
	for _, action := range []string{"stop", ""} {
		c.must(f.s.SetStop(c.ctx(), outbound.Stop{Scope: outbound.StopGroup, Name: acme, At: dawn}, act(action)))
	}
	for _, action := range []string{"release", ""} {
		c.must(f.s.ClearStop(c.ctx(), outbound.StopGroup, acme, act(action)))
	}
	f.wantActs("stop", "release")
}
