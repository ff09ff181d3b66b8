package outbound

import (
	"context"
	"slices"
	"time"
)

// page is what a fetch read and judged.
type page struct {
	a       *activeRun
	gen     int
	first   bool // first attempts were asked for
	items   []*item
	due     []*item
	last    int64 // the number read up to
	end     bool
	looked  bool // due deliveries were asked for
	nextDue time.Time
	more    bool // there are more due ones
	epoch   int64
	err     error
}

// Bounds of a page, and how old a judgement may be when it is used.
const (
	minPage    = 1
	maxPage    = 1024
	freshFor   = 2 * time.Second
	duePoll    = 2 * time.Second
	troubleGap = time.Second
)

// pageSize is about what a second sends, so that nobody is judged long before their turn.
func (d *driver) pageSize() int {
	perSecond := d.pacer.perSecond()
	if perSecond == 0 {
		return maxPage
	}
	return min(max(int(perSecond), minPage), maxPage)
}

// feed reads ahead for campaigns that run low.
func (d *driver) feed(ctx context.Context, now time.Time) {
	if d.closing || !d.open() || d.writing && d.failures > 0 {
		return
	}
	store := d.e.clock.now()
	size := d.pageSize()
	for _, a := range d.runs {
		if a.halted || a.fetch || now.Before(a.tryAt) || d.stopped(a) || a.run.Tail != Pending {
			continue
		}
		if len(a.ready) > 0 && now.Sub(a.ready[0].judged) > freshFor || len(a.claims) > 0 && now.Sub(a.claims[0].judged) > freshFor {
			d.reset(a)
		}
		first := !a.end && len(a.ready) <= size/2
		due := len(a.claims) == 0 && !store.Before(a.lookDue)
		if !first && !due {
			continue
		}
		a.fetch = true
		p := page{a: a, gen: a.gen, first: first, looked: due}
		id, after, j := a.run.ID, a.after, *a.judge
		run := a.run
		j.run = &run
		d.wg.Go(func() {
			p.read(ctx, d.e, &j, id, after, size, store)
			select {
			case d.pages <- p:
			case <-d.quit:
			}
		})
	}
}

// read fetches and judges.
func (p *page) read(ctx context.Context, e *Engine, j *judge, id CampaignID, after int64, size int, now time.Time) {
	var rows, due []Row
	if p.first {
		if rows, p.err = e.store.ReadAhead(ctx, id, after, size); p.err != nil {
			return
		}
		p.last, p.end = after, len(rows) < size
		if len(rows) > 0 {
			p.last = rows[len(rows)-1].Seq
		}
		// After a commit of unknown outcome the cursor may lie further than we know: whoever is below it and waits is a claim, not a first attempt.
		rows = slices.DeleteFunc(rows, func(r Row) bool { return r.Attempt > 0 || !r.Due.IsZero() })
	}
	if p.looked {
		if due, p.nextDue, p.err = e.store.Due(ctx, id, now, size); p.err != nil {
			return
		}
		p.more = len(due) == size
	}
	var items []*item
	if items, p.epoch, p.err = j.decide(ctx, now, append(due, rows...), freshFor/2); p.err != nil {
		return
	}
	if n := len(items); n < len(due) {
		due, p.more, p.first = due[:n], true, false
	} else if n < len(due)+len(rows) {
		p.end, p.last = false, after
		if k := n - len(due); k > 0 {
			p.last = rows[k-1].Seq
		}
	}
	p.due, p.items = items[:len(due)], items[len(due):]
}

// receive takes a page in, unless it is out of date.
func (d *driver) receive(p page) {
	a := p.a
	a.fetch = false
	if p.gen != a.gen {
		return
	}
	if p.err != nil {
		a.trouble, a.tryAt = p.err, time.Now().Add(troubleGap)
		d.storeFailed(p.err)
		return
	}
	a.trouble = nil
	if p.epoch != a.epoch && len(a.ready)+len(a.claims) > 0 {
		a.epoch = p.epoch
		d.reset(a)
		return
	}
	a.epoch = p.epoch
	if p.first {
		a.ready = append(a.ready, p.items...)
		for _, it := range p.items {
			it.run = a
		}
		a.after, a.end = p.last, p.end
	}
	if p.looked {
		for _, it := range p.due {
			if a.claimed[it.row.Seq] {
				continue
			}
			it.run, it.claim = a, true
			a.claimed[it.row.Seq] = true
			a.claims = append(a.claims, it)
		}
		a.nextDue = p.nextDue
		a.lookDue = d.e.clock.now().Add(duePoll)
		if !p.nextDue.IsZero() && p.nextDue.Before(a.lookDue) {
			a.lookDue = p.nextDue
		}
		if p.more {
			a.lookDue = time.Time{}
			if len(a.claims) == 0 { // all of them are being written
				a.lookDue = d.e.clock.now().Add(50 * time.Millisecond)
			}
		}
	}
}
