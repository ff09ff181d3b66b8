package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/outbound-go/outbound"
)

func concurrencyRules() []rule {
	return []rule{
		{says: "Every method is safe for concurrent use: no change of a run is lost among many at once.", check: raceUpdates},
		{says: "Of many takings of one lease at once exactly one succeeds.", check: raceLease},
		{says: "Of many commits of one range at once exactly one is granted.", check: raceRange},
		{says: "Of many claims of one delivery at once exactly one is granted.", check: raceClaim},
		{says: "Of many outcomes of one attempt at once exactly one is applied.", check: raceSettle},
		{says: "Of many creations and imports of one name at once exactly one is the first, and of many chunks for one place exactly one is taken.", check: raceImport},
		{says: "The sums hold while outcomes, opt-outs, pauses and readers come from all sides.", check: raceAll},
		{says: "A second handle sees at once what the first one wrote, and the other way round.", check: secondSees, needs: needsSecond},
	}
}

// racers is how many do the same at once.
const racers = 8

// race runs a function on each of many goroutines at once, by turns on two handles where there are two, and reports the first error.
func (f *field) race(n int, do func(i int, s outbound.Store) error) {
	f.Helper()
	handles := []outbound.Store{f.s.Store}
	if f.h.Second != nil {
		handles = append(handles, f.h.Second(f.TB, f.s.Store))
	}
	start := make(chan struct{})
	errs := make(chan error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			if err := do(i, handles[i%len(handles)]); err != nil {
				errs <- err
			}
		})
	}
	close(start)
	wg.Wait()
	close(errs)
	for err := range errs {
		f.Fatalf("unexpected error: %v", err)
	}
	f.s.audit(f.ctx())
}

func raceUpdates(c *check) {
	f := c.campaign(1)
	before := f.run()
	f.race(racers, func(_ int, s outbound.Store) error {
		for range 10 {
			if _, err := s.UpdateRun(c.ctx(), sale, func(r *outbound.Run) (outbound.Act, error) {
				r.Revision++
				return act("update"), nil
			}); err != nil {
				return err
			}
		}
		return nil
	})
	after := f.run()
	same(c, "Revision", after.Revision, before.Revision+10*racers)
	if after.Version < before.Version+10*racers {
		c.Fatalf("Version was %d and is %d after %d changes", before.Version, after.Version, 10*racers)
	}
	acts, err := f.s.Acts(c.ctx(), sale, 0, 1000)
	c.must(err)
	same(c, "the number of acts", len(acts), 10*racers)
}

func raceLease(c *check) {
	f := c.campaign(1)
	taken := errors.New("taken")
	for range 5 {
		before, err := f.s.ReadTouchpoint(c.ctx(), shop)
		c.must(err)
		var won atomic.Int64
		f.race(racers, func(i int, s outbound.Store) error {
			_, err := s.UpdateTouchpoint(c.ctx(), shop, func(t *outbound.TouchpointRecord) (outbound.Act, error) {
				if t.Token != before.Token {
					return outbound.Act{}, taken
				}
				t.Token, t.Owner = t.Token+1, fmt.Sprint("replica ", i)
				return outbound.Act{}, nil
			})
			if errors.Is(err, taken) {
				return nil
			}
			won.Add(1)
			return err
		})
		same(c, "how many succeeded", won.Load(), 1)
		after, err := f.s.ReadTouchpoint(c.ctx(), shop)
		c.must(err)
		same(c, "Token", after.Token, before.Token+1)
	}
}

func raceRange(c *check) {
	f := c.campaign(60)
	for step := range int64(5) {
		span := f.span(step*10 + 10)
		var won atomic.Int64
		f.race(racers, func(_ int, s outbound.Store) error {
			r, err := s.Commit(c.ctx(), f.batch(outbound.RunBatch{Range: span}))
			if err == nil && r.Runs[0].Refused == "" {
				won.Add(1)
			} else if err == nil && r.Runs[0].Refused != outbound.RefusedCursor {
				err = fmt.Errorf("refused for %s", r.Runs[0].Refused)
			}
			return err
		})
		same(c, "how many were granted", won.Load(), 1)
		same(c, "Begun", f.run().Begun, step*10+10)
	}
}

func raceClaim(c *check) {
	f := c.campaign(5)
	f.grant(5)
	for seq := int64(1); seq <= 5; seq++ {
		f.settle(again(seq, 1, f.now))
		var won atomic.Int64
		f.race(racers, func(_ int, s outbound.Store) error {
			r, err := s.Commit(c.ctx(), f.batch(outbound.RunBatch{Claims: []outbound.Claim{{Seq: seq, Attempt: 2}}}))
			if err == nil && len(r.Runs[0].Claims) == 0 {
				won.Add(1)
			}
			return err
		})
		same(c, "how many were granted", won.Load(), 1)
		f.want(seq, outbound.Sending, 2)
	}
}

func raceSettle(c *check) {
	f := c.campaign(6)
	f.grant(5)
	for seq := int64(1); seq <= 5; seq++ {
		var won atomic.Int64
		f.race(racers, func(i int, s outbound.Store) error {
			o := outbound.Outcome{Seq: seq, Attempt: 1, State: outbound.Accepted, Message: fmt.Sprint(i)}
			if i < 2 {
				_, err := s.Commit(c.ctx(), f.batch(outbound.RunBatch{Outcomes: []outbound.Outcome{o}}))
				return err
			}
			n, err := s.Settle(c.ctx(), f.now, sale, []outbound.Outcome{o}, outbound.Act{})
			won.Add(int64(n))
			return err
		})
		if won.Load() > 1 {
			c.Fatalf("%d were applied", won.Load())
		}
		f.want(seq, outbound.Accepted, 1)
	}
	same(c, "Counts", f.run().Counts, outbound.Counts{Pending: 1, Accepted: 5})
}

func raceImport(c *check) {
	f := &field{check: c, s: c.open(), id: sale, now: dawn}
	var created, begun, taken atomic.Int64
	f.race(racers, func(_ int, s outbound.Store) error {
		_, first, err := s.CreateRun(c.ctx(), newRun(sale), act("create"))
		if first {
			created.Add(1)
		}
		return err
	})
	f.s.ids = append(f.s.ids, sale)
	f.race(racers, func(_ int, s outbound.Store) error {
		_, first, err := s.BeginImport(c.ctx(), f.now, sale, list, someb)
		if first {
			begun.Add(1)
		}
		return err
	})
	f.race(racers, func(i int, s outbound.Store) error {
		_, _, err := s.AppendImport(c.ctx(), f.now, outbound.ImportChunk{Campaign: sale, Source: list, Pieces: 20, Recipients: people(i*10+1, i*10+20)})
		if errors.Is(err, outbound.ErrConflict) {
			return nil
		}
		taken.Add(1)
		return err
	})
	same(c, "how many created it", created.Load(), 1)
	same(c, "how many began it", begun.Load(), 1)
	same(c, "how many chunks were taken", taken.Load(), 1)
	same(c, "Last", f.run().Last, 20)
	f.race(racers, func(i int, s outbound.Store) error {
		source := fmt.Sprint("source ", i)
		if _, _, err := s.BeginImport(c.ctx(), f.now, sale, source, someb); err != nil {
			return err
		}
		_, _, err := s.AppendImport(c.ctx(), f.now, outbound.ImportChunk{Campaign: sale, Source: source, Pieces: 40, Recipients: people(1000, 1039)})
		return err
	})
	for i, row := range f.rows() {
		same(c, "Seq", row.Seq, int64(i+1))
	}
	same(c, "Last", f.run().Last, 60)
}

func raceAll(c *check) {
	f := c.campaign(400)
	var granted atomic.Int64
	f.race(6, func(i int, s outbound.Store) error {
		for n := range int64(20) {
			var err error
			switch i {
			case 0: // the driver
				var run outbound.Run
				if run, err = s.ReadRun(c.ctx(), sale); err != nil {
					return err
				}
				_, epoch, err := s.Suppressed(c.ctx(), acme, shop, outbound.Marketing, nil)
				if err != nil {
					return err
				}
				b := outbound.RunBatch{Campaign: sale, Epoch: epoch, Range: &outbound.Range{From: run.Cursor, To: run.Cursor + 10, Count: 9, Decided: []outbound.Outcome{skipped(run.Cursor + 3)}}}
				for seq := max(run.Cursor-9, 1); seq <= run.Cursor; seq++ {
					b.Outcomes = append(b.Outcomes, accepted(seq, 1))
				}
				r, err := s.Commit(c.ctx(), f.batch(b))
				if err != nil {
					return err
				}
				if r.Runs[0].Refused == "" {
					granted.Add(9)
				}
			case 1: // late outcomes
				_, err = s.Settle(c.ctx(), f.now, sale, []outbound.Outcome{uncertain(n*10+1, 1, time.Time{}), again(n*10+2, 1, f.now)}, outbound.Act{})
			case 2: // opt-outs
				err = s.Suppress(c.ctx(), f.now, []outbound.Suppression{entry(fmt.Sprint(n))}, outbound.Act{})
			case 3: // a manager
				_, err = s.UpdateRun(c.ctx(), sale, func(r *outbound.Run) (outbound.Act, error) {
					r.State = map[bool]outbound.CampaignState{true: outbound.Running, false: outbound.Paused}[n%2 == 1]
					return outbound.Act{}, nil
				})
			case 4: // a reader
				var run outbound.Run
				if run, err = s.ReadRun(c.ctx(), sale); err == nil && run.Counts.Total() != 400 {
					err = fmt.Errorf("the counters sum up to %d of 400", run.Counts.Total())
				}
			default: // another
				var counts outbound.Counts
				if counts, err = s.Count(c.ctx(), sale); err == nil && counts.Total() != 400 {
					err = fmt.Errorf("the deliveries count %d of 400", counts.Total())
				}
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	same(c, "Begun", f.run().Begun, granted.Load())
}

func secondSees(c *check) {
	f := c.campaign(4)
	g := *f
	g.s = c.second(f.s)
	same(c, "the run", g.run(), f.run())
	g.grant(2)
	f.want(1, outbound.Sending, 1)
	f.settle(accepted(1, 1), again(2, 1, f.now))
	same(c, "the deliveries", g.rows(), f.rows())
	rows, _ := g.due(10)
	same(c, "who is due", seqsOf(rows), []int64{2})
	c.suppress(f.s, entry(person(3).Address))
	same(c, "suppressed", c.hit(g.s, acme, shop, outbound.Marketing, person(3).Address), true)
	same(c, "the epoch", g.epoch(), f.epoch())
	g.lease()
	_, err := f.s.Commit(c.ctx(), f.batch(outbound.RunBatch{Outcomes: []outbound.Outcome{accepted(2, 2)}}))
	c.mustBe(err, outbound.ErrLeaseLost)
	c.must(f.s.SaveDraft(c.ctx(), sale, []byte("document")))
	document, err := g.s.LoadDraft(c.ctx(), sale)
	c.must(err)
	same(c, "the draft", string(document), "document")
	g.update(func(r *outbound.Run) { r.State = outbound.DraftState })
	f.begin("crm")
	g.add("crm", 0, person(4), person(5))
	_, d := f.add("crm", 2, person(5), person(6))
	same(c, "duplicates", d, []outbound.Duplicate{{Index: 0}})
}
