package storetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/outbound-go/outbound"
)

func eraseRules() []rule {
	return []rule{
		{says: "Erase removes a person from every delivery and attempt of the group on the touchpoint: address, reference, variables and message ids go.", check: erases},
		{says: "A hash takes the place of an erased address, so that sums and uniqueness stay.", check: eraseKeepsSums},
		{says: "A suppression stays in force when its person is erased, and can be lifted.", check: eraseSuppressed},
		{says: "Erase takes a person out of the rejections of imports.", check: eraseRejections},
		{says: "Erase touches no other person, no other touchpoint's deliveries and no other group's.", check: eraseOthers},
		{says: "Erase returns how many deliveries changed; called again it changes nothing more.", check: eraseAgain},
		{says: "A migrated person is erased by either address.", check: eraseMigrated},
		{says: "Erase records its act, unless its Action is empty.", check: eraseActs},
		{says: "A campaign goes on after an Erase: states, attempts and times stay.", check: eraseGoesOn},
	}
}

// erase erases person n from the touchpoint.
func (f *field) erase(want int64, address string) {
	f.Helper()
	n, err := f.s.Erase(f.ctx(), f.now, acme, shop, address, outbound.Act{})
	f.must(err)
	same(f.check, "how many deliveries changed", n, want)
}

// nowhere wants a text to be in nothing that the store returns about a campaign.
func (f *field) nowhere(id outbound.CampaignID, texts ...string) {
	f.Helper()
	rows, err := f.s.Deliveries(f.ctx(), outbound.DeliveryFilter{Campaign: id, Limit: 1000})
	f.must(err)
	var shown strings.Builder
	fmt.Fprintf(&shown, "%+v", rows)
	for _, row := range rows {
		a, err := f.s.Attempts(f.ctx(), id, row.Seq)
		f.must(err)
		fmt.Fprintf(&shown, "%+v", a)
	}
	imports, err := f.s.Imports(f.ctx(), id)
	f.must(err)
	fmt.Fprintf(&shown, "%+v", imports)
	all := shown.String()
	for _, text := range texts {
		if strings.Contains(all, text) {
			f.Fatalf("%q is there still", text)
		}
	}
}

func erases(c *check) {
	f := c.campaign(4)
	other := f.another("other", 4)
	for _, g := range []*field{f, other} {
		g.grant(4)
		o := again(2, 1, g.now)
		o.Message = "message-one"
		g.settle(accepted(1, 1), o)
		g.claim(2, 2)
		g.settle(outbound.Outcome{Seq: 2, Attempt: 2, State: outbound.Accepted, Message: "message-two"})
	}
	p := person(2)
	f.erase(2, p.Address)
	for _, g := range []*field{f, other} {
		g.nowhere(g.id, p.Address, p.Reference, p.Variables["name"], "message-one", "message-two")
		rows, err := f.s.Deliveries(c.ctx(), outbound.DeliveryFilter{Campaign: g.id, Address: p.Address})
		c.must(err)
		same(c, "the number of deliveries of the address", len(rows), 0)
		row := g.want(2, outbound.Accepted, 2)
		if row.Address == "" {
			c.Fatalf("nothing takes the place of the address")
		}
		same(c, "the number of earlier attempts", len(g.attempts(2)), 1)
	}
	ahead, err := f.s.ReadAhead(c.ctx(), sale, 0, 10)
	c.must(err)
	same(c, "the number read ahead", len(ahead), 0)
}

func eraseKeepsSums(c *check) {
	f := c.drafted()
	keyed := person(2)
	keyed.Key = "second"
	f.importAll(list, append(people(1, 4), keyed)...)
	before := f.run()
	f.erase(2, person(2).Address)
	same(c, "the run", f.run().Counts, before.Counts)
	same(c, "Imported", f.run().Imported, before.Imported)
	rows := f.rows()
	same(c, "the hash in two deliveries", rows[1].Address, rows[4].Address)
	f.begin("crm")
	_, d := f.add("crm", 0, person(2), keyed, person(5))
	same(c, "duplicates", d, []outbound.Duplicate{{Index: 0, Elsewhere: true}, {Index: 1, Elsewhere: true}})
	f.erase(1, person(4).Address)
	if a, b := f.row(4).Address, f.row(2).Address; a == b {
		c.Fatalf("two people have one hash")
	}
}

func eraseSuppressed(c *check) {
	f := c.campaign(2)
	everywhere := entry(person(2).Address, func(e *outbound.Suppression) { e.Touchpoint, e.Purpose = "", outbound.AnyPurpose })
	c.suppress(f.s, entry(person(1).Address), everywhere)
	f.erase(1, person(1).Address)
	f.erase(1, person(2).Address)
	same(c, "suppressed", c.hit(f.s, acme, shop, outbound.Marketing, person(1).Address), true)
	same(c, "suppressed for another purpose", c.hit(f.s, acme, shop, outbound.Service, person(1).Address), false)
	same(c, "suppressed everywhere", c.hit(f.s, acme, "other-bot", outbound.Service, person(2).Address), true)
	same(c, "suppressed in another group", c.hit(f.s, "other", shop, outbound.Marketing, person(1).Address), false)
	for _, row := range f.rows() {
		same(c, "suppressed by the hash", c.hit(f.s, acme, shop, outbound.Marketing, row.Address), true)
	}
	c.must(f.s.Unsuppress(c.ctx(), f.now, []outbound.Suppression{entry(person(1).Address)}, outbound.Act{}))
	same(c, "suppressed after Unsuppress", c.hit(f.s, acme, shop, outbound.Marketing, person(1).Address), false)
	same(c, "the other", c.hit(f.s, acme, shop, outbound.Marketing, person(2).Address), true)
	c.suppress(f.s, entry(person(1).Address))
	same(c, "suppressed anew", c.hit(f.s, acme, shop, outbound.Marketing, person(1).Address), true)
}

func eraseRejections(c *check) {
	f := c.drafted()
	f.begin(list)
	_, _, err := f.s.AppendImport(c.ctx(), f.now, outbound.ImportChunk{
		Campaign: sale, Source: list, Pieces: 2, Rejected: 2, Rejections: []outbound.Rejection{
			{Piece: person(1).Address, Line: 1, Problem: outbound.Problem{Code: "address", Message: "no address: " + person(1).Address, Params: map[string]string{"piece": person(1).Address}}},
			{Piece: "oops", Line: 2, Problem: outbound.NewProblem("", "address_empty")},
		},
	})
	c.must(err)
	before := f.imports()[0]
	f.erase(0, person(1).Address)
	f.nowhere(sale, person(1).Address)
	after := f.imports()[0]
	same(c, "Rejected", after.Rejected, 2)
	same(c, "the other rejection", after.Rejections[len(after.Rejections)-1], before.Rejections[1])
}

func eraseOthers(c *check) {
	f := c.campaign(3)
	group := f.another("group", 3, func(r *outbound.Run) { r.Group = "other" })
	bot := f.another("bot", 3, func(r *outbound.Run) { r.Touchpoint = "other-bot" })
	rows, groups, bots := f.rows(), group.rows(), bot.rows()
	f.erase(1, person(2).Address)
	same(c, "deliveries of another group", group.rows(), groups)
	same(c, "deliveries of another touchpoint", bot.rows(), bots)
	after := f.rows()
	for _, i := range []int{0, 2} {
		same(c, "the delivery of another person", after[i], rows[i])
	}
	f.erase(0, "nobody")
}

func eraseAgain(c *check) {
	f := c.campaign(3)
	f.erase(1, person(2).Address)
	rows := f.rows()
	f.erase(0, person(2).Address)
	f.erase(0, rows[1].Address)
	same(c, "the deliveries", f.rows(), rows)
}

func eraseMigrated(c *check) {
	f := c.campaign(2)
	f.grant(2)
	for seq := int64(1); seq <= 2; seq++ {
		o := again(seq, 1, f.now)
		o.Address = fmt.Sprint("-100777", seq)
		f.settle(o)
	}
	f.erase(1, "-1007771")
	f.erase(1, person(2).Address)
	f.nowhere(sale, "-1007771", "-1007772", person(1).Address, person(2).Address)
}

func eraseActs(c *check) {
	f := &field{check: c, s: c.open()}
	for _, action := range []string{"erase", ""} {
		_, err := f.s.Erase(c.ctx(), dawn, acme, shop, "1", act(action))
		c.must(err)
	}
	f.wantActs("erase")
}

func eraseGoesOn(c *check) {
	f := c.midway(withResend)
	before, counts := f.rows(), f.run().Counts
	for n := range 12 {
		f.erase(1, person(n+1).Address)
	}
	for i, row := range f.rows() {
		want := before[i]
		want.Address, want.Reference, want.Variables, want.Message = row.Address, "", nil, ""
		same(c, "the delivery", row, want)
	}
	same(c, "Counts", f.run().Counts, counts)
	f.settle(accepted(7, 1), again(8, 1, f.now))
	f.grant(12)
	f.lease()
	same(c, "recovered", f.recover(f.now), 4)
	f.tick(time.Hour)
	rows, _ := f.due(20)
	same(c, "the number due", len(rows), 8)
	f.nowhere(sale, person(7).Address, person(8).Address)
}
