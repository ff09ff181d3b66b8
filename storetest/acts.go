package storetest

import (
	"fmt"
	"time"

	"github.com/outbound-go/outbound"
)

func actRules() []rule {
	return []rule{
		{says: "Acts returns recorded acts of a campaign, or with an empty id all, oldest first, after the given number, at most limit.", check: actsInOrder},
		{says: "An act is kept as it was given, with a Number that the store gives.", check: actsKept},
	}
}

func actsInOrder(c *check) {
	s := c.open()
	for i := range 7 {
		a := outbound.Act{At: dawn.Add(time.Duration(-i) * time.Second), Action: fmt.Sprint("act ", i)}
		if i%2 == 0 {
			a.Campaign = sale
		}
		c.must(s.SetStop(c.ctx(), outbound.Stop{Scope: outbound.StopGroup, Name: acme, At: dawn}, a))
	}
	ask := func(id outbound.CampaignID, after int64, limit int) (actions []string, last int64) {
		c.Helper()
		acts, err := s.Acts(c.ctx(), id, after, limit)
		c.must(err)
		last = after
		for _, a := range acts {
			if a.Number <= last {
				c.Fatalf("an act with the number %d follows one with %d", a.Number, last)
			}
			actions, last = append(actions, a.Action), a.Number
		}
		return actions, last
	}
	all, _ := ask("", 0, 100)
	same(c, "all acts", all, []string{"act 0", "act 1", "act 2", "act 3", "act 4", "act 5", "act 6"})
	first, last := ask("", 0, 3)
	same(c, "the first three", first, all[:3])
	next, last := ask("", last, 3)
	same(c, "the next three", next, all[3:6])
	rest, last := ask("", last, 3)
	same(c, "the rest", rest, all[6:])
	none, _ := ask("", last, 3)
	same(c, "after the last", none, nil)
	own, last := ask(sale, 0, 2)
	same(c, "the first two of a campaign", own, []string{"act 0", "act 2"})
	own, _ = ask(sale, last, 100)
	same(c, "the others of it", own, []string{"act 4", "act 6"})
	none, _ = ask("nobody", 0, 10)
	same(c, "acts of another campaign", none, nil)
}

func actsKept(c *check) {
	s := c.open()
	want := outbound.Act{
		Number: 99, Campaign: sale, Touchpoint: shop, Group: acme, At: dawn.Add(time.Microsecond), Actor: "Анна 'root'", Action: "create", Detail: "{\"x\": 1}\n",
	}
	_, _, err := s.CreateRun(c.ctx(), newRun(sale), want)
	c.must(err)
	acts, err := s.Acts(c.ctx(), sale, 0, 10)
	c.must(err)
	same(c, "the number of acts", len(acts), 1)
	want.Number = acts[0].Number
	same(c, "the act", acts[0], want)
	if want.Number < 1 {
		c.Fatalf("its number is %d", want.Number)
	}
}
