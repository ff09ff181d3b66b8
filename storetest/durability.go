package storetest

import (
	"fmt"
	"time"

	"github.com/outbound-go/outbound"
)

func durabilityRules() []rule {
	return []rule{
		{says: "Each method is durable when it returns: everything is there after a crash.", check: durable, needs: needsReopen},
		{says: "Numbers go on after a crash: of campaigns, deliveries, imports and acts.", check: durableNumbers, needs: needsReopen},
		{says: "After a crash an intent without an outcome is found by Recover, and one withdrawn or settled is not.", check: durableIntents, needs: needsReopen},
		{says: "Who is in the audience, erased or suppressed is known after a crash.", check: durablePeople, needs: needsReopen},
	}
}

// picture is everything that a store shows.
type picture struct {
	Runs        []outbound.Run
	Rows        map[outbound.CampaignID][]outbound.Row
	Attempts    map[outbound.CampaignID][][]outbound.Attempt
	Imports     map[outbound.CampaignID][]outbound.ImportRecord
	Due         map[outbound.CampaignID][]outbound.Row
	Touchpoints []outbound.TouchpointRecord
	Stops       []outbound.Stop
	Acts        []outbound.Act
	Hits        []bool
	Epoch       int64
	Draft, File string
}

func (f *field) picture() picture {
	f.Helper()
	p := picture{
		Rows: map[outbound.CampaignID][]outbound.Row{}, Attempts: map[outbound.CampaignID][][]outbound.Attempt{},
		Imports: map[outbound.CampaignID][]outbound.ImportRecord{}, Due: map[outbound.CampaignID][]outbound.Row{},
	}
	var err error
	p.Runs, err = f.s.ListRuns(f.ctx(), outbound.RunFilter{Notices: true, Limit: -1})
	f.must(err)
	for i := range p.Runs {
		g := *f
		g.id = p.Runs[i].ID
		p.Runs[i] = g.run()
		p.Rows[g.id] = g.rows()
		for _, row := range p.Rows[g.id] {
			p.Attempts[g.id] = append(p.Attempts[g.id], g.attempts(row.Seq))
		}
		p.Imports[g.id] = g.imports()
		g.now = dawn.Add(1000 * time.Hour)
		p.Due[g.id], _ = g.due(1000)
	}
	p.Touchpoints, err = f.s.ListTouchpoints(f.ctx())
	f.must(err)
	p.Stops, err = f.s.Stops(f.ctx())
	f.must(err)
	p.Acts, err = f.s.Acts(f.ctx(), "", 0, 1000)
	f.must(err)
	var addresses []string
	for i := range 12 {
		addresses = append(addresses, person(i+1).Address)
	}
	p.Hits, p.Epoch, err = f.s.Suppressed(f.ctx(), acme, shop, outbound.Marketing, addresses)
	f.must(err)
	draft, err := f.s.LoadDraft(f.ctx(), sale)
	f.must(err)
	hash, _ := hashOf("file")
	file, err := f.s.LoadFile(f.ctx(), hash)
	f.must(err)
	p.Draft, p.File = string(draft), string(file)
	return p
}

// reopened is the field after a crash.
func (f *field) reopened() *field {
	f.Helper()
	g := *f
	g.s = f.reopen(f.s)
	return &g
}

// rich is a store with something of everything.
func (c *check) rich() *field {
	c.Helper()
	f := c.midway(withResend)
	f.commit(outbound.RunBatch{
		Outcomes: []outbound.Outcome{uncertain(7, 1, f.now)}, Low: 6, Waiting: &outbound.Waiting{Code: "rate"}, Media: map[string]outbound.MediaRef{"h": {Ref: "r"}},
	})
	f.ended("done", 3, dawn)
	canceled := f.another("canceled", 4)
	canceled.grant(2)
	canceled.giveUp(outbound.CanceledState, outbound.Canceled)
	draft := f.another("draft", 5)
	draft.update(func(r *outbound.Run) { r.State = outbound.DraftState })
	draft.importAll("shares", people(5, 9)...)
	draft.importAll("long", people(20, 29)...)
	_, err := f.s.RemoveImport(c.ctx(), draft.id, "long", 3)
	c.must(err)
	_, err = f.s.RemoveImport(c.ctx(), draft.id, list, 100)
	c.must(err)
	_, _, err = f.s.CreateRun(c.ctx(), fullRun("full"), act("create"))
	c.must(err)
	f.s.ids = append(f.s.ids, "full")
	_, err = f.s.UpdateTouchpoint(c.ctx(), "other-bot", func(t *outbound.TouchpointRecord) (outbound.Act, error) {
		*t = fullTouchpoint("other-bot")
		return act("take"), nil
	})
	c.must(err)
	c.suppress(f.s, entry(person(11).Address), entry(person(12).Address))
	f.erase(3, person(1).Address)
	f.erase(1, person(12).Address)
	c.must(f.s.SetStop(c.ctx(), outbound.Stop{Scope: outbound.StopGroup, Name: "other", At: dawn, Reason: "why"}, act("stop")))
	c.must(f.s.SaveDraft(c.ctx(), sale, []byte("document")))
	hash, content := hashOf("file")
	c.must(f.s.SaveFile(c.ctx(), hash, content))
	return f
}

func durable(c *check) {
	f := c.rich()
	before := f.picture()
	after := f.reopened().picture()
	if d := difference("the store", after, before); d != "" {
		c.Fatalf("%s", d)
	}
}

func durableNumbers(c *check) {
	f := c.rich()
	run, before := f.run(), f.picture()
	g := f.reopened()
	created, _, err := g.s.CreateRun(c.ctx(), newRun("new"), act("create"))
	c.must(err)
	for _, r := range before.Runs {
		if created.Number <= r.Number {
			c.Fatalf("a campaign has the number %d after one with %d", created.Number, r.Number)
		}
	}
	acts, err := g.s.Acts(c.ctx(), "", before.Acts[len(before.Acts)-1].Number, 100)
	c.must(err)
	same(c, "the number of acts after the last", len(acts), 1)
	draft := *g
	draft.id = "draft"
	r := draft.begin("one more")
	if want := 4; r.Number != want {
		c.Fatalf("an import has the number %d, want %d", r.Number, want)
	}
	last := draft.run().Last
	draft.add("one more", 0, person(50))
	same(c, "Last", draft.run().Last, last+1)
	same(c, "Version", g.update(func(*outbound.Run) {}).Version > run.Version, true)
}

func durableIntents(c *check) {
	f := c.midway()
	f.settle(withdrawal(8, 1, f.now))
	g := f.reopened()
	_, err := g.s.Recover(c.ctx(), g.now, shop, g.token+1, g.now)
	c.mustBe(err, outbound.ErrLeaseLost)
	g.lease()
	same(c, "recovered", g.recover(g.now), 2)
	g.want(4, outbound.Uncertain, 2)
	g.want(7, outbound.Uncertain, 1)
	g.want(8, outbound.Pending, 1)
	rows := g.rows()
	h := g.reopened()
	same(c, "recovered after another crash", h.recover(h.now), 0)
	same(c, "the deliveries", h.rows(), rows)
}

func durablePeople(c *check) {
	f := c.drafted()
	keyed := person(2)
	keyed.Key = "second"
	f.begin(list)
	f.add(list, 0, person(1), person(2), keyed, person(3))
	f.erase(1, person(3).Address)
	c.suppress(f.s, entry(person(3).Address), entry(person(1).Address))
	f.erase(0, person(3).Address)
	epoch := f.epoch()
	g := f.reopened()
	_, d := g.add(list, 4, person(1), keyed, person(3), person(4), person(2))
	same(c, "duplicates", d, []outbound.Duplicate{{Index: 0}, {Index: 1}, {Index: 2}, {Index: 4}})
	same(c, "the address of the new one", g.row(5).Address, person(4).Address)
	for n, hit := range map[int]bool{1: true, 2: false, 3: true} {
		same(c, fmt.Sprintf("suppressed %d", n), c.hit(g.s, acme, shop, outbound.Marketing, person(n).Address), hit)
	}
	same(c, "the epoch", g.epoch(), epoch)
}
