package storetest

import (
	"time"

	"github.com/outbound-go/outbound"
)

func deliveryRules() []rule {
	return []rule{
		{says: "Deliveries returns deliveries that match the filter, in order of their numbers, with their effective states.", check: deliveryFilters},
		{says: "A DeliveryFilter's Limit of zero means 100, and After goes on from there.", check: deliveryPages},
		{says: "Count counts the deliveries of a campaign by effective state.", check: deliveryCount},
	}
}

func deliveryFilters(c *check) {
	f := c.midway()
	f.settle(uncertain(7, 1, time.Time{}))
	f.another("other", 3)
	for _, want := range []struct {
		what   string
		filter outbound.DeliveryFilter
		seqs   []int64
	}{
		{"everybody", outbound.DeliveryFilter{}, []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
		{"pending", outbound.DeliveryFilter{States: []outbound.State{outbound.Pending}}, []int64{2, 6, 9, 10, 11, 12}},
		{"in flight", outbound.DeliveryFilter{States: []outbound.State{outbound.Sending}}, []int64{4, 8}},
		{"several states", outbound.DeliveryFilter{States: []outbound.State{outbound.Failed, outbound.Skipped, outbound.Uncertain}}, []int64{3, 5, 7}},
		{"canceled", outbound.DeliveryFilter{States: []outbound.State{outbound.Canceled}}, nil},
		{"a reason", outbound.DeliveryFilter{Reasons: []string{outbound.ReasonPolicy}}, []int64{2, 9}},
		{"several reasons", outbound.DeliveryFilter{Reasons: []string{outbound.ReasonBlocked, outbound.ReasonSuppressed}}, []int64{3, 5}},
		{"a reason and a state", outbound.DeliveryFilter{Reasons: []string{outbound.ReasonPolicy, outbound.ReasonBlocked}, States: []outbound.State{outbound.Failed}}, []int64{5}},
		{"an address", outbound.DeliveryFilter{Address: person(6).Address}, []int64{6}},
		{"an address in another state", outbound.DeliveryFilter{Address: person(6).Address, States: []outbound.State{outbound.Read}}, nil},
		{"nobody's address", outbound.DeliveryFilter{Address: "10"}, nil},
		{"above a number", outbound.DeliveryFilter{After: 9}, []int64{10, 11, 12}},
		{"above a number, with a limit", outbound.DeliveryFilter{After: 5, States: []outbound.State{outbound.Pending}, Limit: 2}, []int64{6, 9}},
	} {
		want.filter.Campaign = sale
		rows, err := f.s.Deliveries(c.ctx(), want.filter)
		c.must(err)
		same(c, want.what, seqsOf(rows), want.seqs)
	}
	f.giveUp(outbound.CanceledState, outbound.Canceled)
	rows, err := f.s.Deliveries(c.ctx(), outbound.DeliveryFilter{Campaign: sale, States: []outbound.State{outbound.Canceled}})
	c.must(err)
	same(c, "canceled, after a cancel", seqsOf(rows), []int64{2, 6, 9, 10, 11, 12})
}

func deliveryPages(c *check) {
	f := c.campaign(130)
	rows, err := f.s.Deliveries(c.ctx(), outbound.DeliveryFilter{Campaign: sale})
	c.must(err)
	same(c, "deliveries with the limit 0", len(rows), 100)
	rest, err := f.s.Deliveries(c.ctx(), outbound.DeliveryFilter{Campaign: sale, After: rows[99].Seq})
	c.must(err)
	same(c, "deliveries above them", len(rest), 30)
	same(c, "the last", rest[29].Seq, 130)
	keyed := c.drafted()
	p, q := person(1), person(1)
	q.Key = "second"
	keyed.importAll(list, p, q)
	rows, err = keyed.s.Deliveries(c.ctx(), outbound.DeliveryFilter{Campaign: sale, Address: p.Address})
	c.must(err)
	same(c, "deliveries of one address with two keys", seqsOf(rows), []int64{1, 2})
}

func deliveryCount(c *check) {
	f := c.midway()
	f.settle(uncertain(7, 1, time.Time{}), outbound.Outcome{Seq: 1, Attempt: 1, State: outbound.Read})
	want := outbound.Counts{Pending: 6, Sending: 2, Uncertain: 1, Failed: 1, Read: 1, Skipped: 1}
	count := func() {
		c.Helper()
		got, err := f.s.Count(c.ctx(), sale)
		c.must(err)
		same(c, "the count", got, want)
		same(c, "Run.Counts", f.run().Counts, want)
	}
	count()
	f.giveUp(outbound.CanceledState, outbound.Canceled)
	want.Pending, want.Canceled = 0, 6
	count()
}
