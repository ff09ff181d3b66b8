package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/outbound-go/outbound"
)

func listRules() []rule {
	return []rule{
		{says: "ListRuns returns runs that match the filter, newest (highest Number) first.", check: listFilters},
		{says: "A RunFilter's Limit of zero means 100, a negative one none, and Before goes on from there.", check: listLimits},
		{says: "ListRuns sees a change at once, by what the run is now.", check: listChanges},
	}
}

func listFilters(c *check) {
	s := c.open()
	add := func(id outbound.CampaignID, alter func(*outbound.Run)) {
		run := newRun(id)
		alter(&run)
		_, _, err := s.CreateRun(c.ctx(), run, outbound.Act{})
		c.must(err)
	}
	add("a", func(*outbound.Run) {})
	add("b", func(r *outbound.Run) { r.Group, r.Created = "", dawn.Add(time.Second) })
	add("c", func(r *outbound.Run) {
		r.Touchpoint, r.Labels, r.Created = "other-bot", []string{"spring", "x"}, dawn.Add(2*time.Second)
	})
	add("d", func(r *outbound.Run) {
		r.State, r.Labels, r.Created = outbound.Scheduled, []string{"springtime"}, dawn.Add(3*time.Second)
	})
	add("e", func(r *outbound.Run) { r.Notice, r.Created = true, dawn.Add(4*time.Second) })
	add("f", func(r *outbound.Run) {
		r.State, r.Labels, r.Created = outbound.Paused, []string{"x", "spring"}, dawn.Add(5*time.Second)
	})
	nobody, group := "", acme
	for _, want := range []struct {
		what   string
		filter outbound.RunFilter
		ids    []outbound.CampaignID
	}{
		{"everything but notices", outbound.RunFilter{}, []outbound.CampaignID{"f", "d", "c", "b", "a"}},
		{"notices too", outbound.RunFilter{Notices: true}, []outbound.CampaignID{"f", "e", "d", "c", "b", "a"}},
		{"a group", outbound.RunFilter{Group: &group}, []outbound.CampaignID{"f", "d", "c", "a"}},
		{"the empty group", outbound.RunFilter{Group: &nobody}, []outbound.CampaignID{"b"}},
		{"a touchpoint", outbound.RunFilter{Touchpoint: "other-bot"}, []outbound.CampaignID{"c"}},
		{"states", outbound.RunFilter{States: []outbound.CampaignState{outbound.Paused, outbound.Scheduled}}, []outbound.CampaignID{"f", "d"}},
		{"a label, whole", outbound.RunFilter{Label: "spring"}, []outbound.CampaignID{"f", "c"}},
		{"from a time, inclusive", outbound.RunFilter{CreatedFrom: dawn.Add(3 * time.Second)}, []outbound.CampaignID{"f", "d"}},
		{"before a time, exclusive", outbound.RunFilter{CreatedBefore: dawn.Add(2 * time.Second)}, []outbound.CampaignID{"b", "a"}},
		{"before a number", outbound.RunFilter{Before: 3}, []outbound.CampaignID{"b", "a"}},
		{"a limit", outbound.RunFilter{Limit: 2}, []outbound.CampaignID{"f", "d"}},
		{"several at once", outbound.RunFilter{Group: &group, Label: "x", Touchpoint: shop, States: []outbound.CampaignState{outbound.Paused}, Limit: 5}, []outbound.CampaignID{"f"}},
		{"nothing", outbound.RunFilter{Label: "winter"}, nil},
	} {
		runs, err := s.ListRuns(c.ctx(), want.filter)
		c.must(err)
		same(c, want.what, idsOf(runs), want.ids)
	}
}

func idsOf(runs []outbound.Run) []outbound.CampaignID {
	ids := make([]outbound.CampaignID, len(runs))
	for i := range runs {
		ids[i] = runs[i].ID
	}
	return ids
}

func listLimits(c *check) {
	s := c.open().Store
	for i := range 105 {
		_, _, err := s.CreateRun(c.ctx(), newRun(outbound.CampaignID(fmt.Sprintf("c%03d", i+1))), outbound.Act{})
		c.must(err)
	}
	all, err := s.ListRuns(c.ctx(), outbound.RunFilter{Limit: -1})
	c.must(err)
	same(c, "runs without a limit", len(all), 105)
	page, err := s.ListRuns(c.ctx(), outbound.RunFilter{})
	c.must(err)
	same(c, "runs with the limit 0", len(page), 100)
	rest, err := s.ListRuns(c.ctx(), outbound.RunFilter{Before: page[99].Number})
	c.must(err)
	same(c, "both pages", slices.Concat(idsOf(page), idsOf(rest)), idsOf(all))
	if !slices.IsSortedFunc(all, func(a, b outbound.Run) int { return int(b.Number - a.Number) }) {
		c.Fatalf("the runs are not in falling order of their numbers")
	}
}

func listChanges(c *check) {
	f := c.campaign(1, func(r *outbound.Run) { r.Labels = []string{"old"} })
	f.update(func(r *outbound.Run) { r.Labels, r.Group, r.State = []string{"new"}, "moved", outbound.Paused })
	group := "moved"
	for _, want := range []struct {
		what   string
		filter outbound.RunFilter
		n      int
	}{
		{"the old label", outbound.RunFilter{Label: "old"}, 0},
		{"the new label", outbound.RunFilter{Label: "new"}, 1},
		{"the new group", outbound.RunFilter{Group: &group}, 1},
		{"the old state", outbound.RunFilter{States: []outbound.CampaignState{outbound.Running}}, 0},
		{"the new state", outbound.RunFilter{States: []outbound.CampaignState{outbound.Paused}}, 1},
	} {
		runs, err := f.s.ListRuns(c.ctx(), want.filter)
		c.must(err)
		same(c, "runs of "+want.what, len(runs), want.n)
	}
}
