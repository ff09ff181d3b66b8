package outbound

import (
	"context"
	"slices"
	"time"
)

// gaps remembers when requests to a person last began, as long as the gap between two of them.
type gaps struct {
	last  map[string]time.Time
	order []begunAt
}

type begunAt struct {
	address string
	at      time.Time
}

// wait is how long the person must still be left alone.
func (g *gaps) wait(address string, gap time.Duration, now time.Time) time.Duration {
	if at, ok := g.last[address]; ok {
		return max(at.Add(gap).Sub(now), 0)
	}
	return 0
}

func (g *gaps) add(address string, gap time.Duration, now time.Time) {
	if g.last == nil {
		g.last = map[string]time.Time{}
	}
	n := 0
	for n < len(g.order) && now.Sub(g.order[n].at) >= gap {
		if g.last[g.order[n].address].Equal(g.order[n].at) {
			delete(g.last, g.order[n].address)
		}
		n++
	}
	g.order = append(g.order[n:], begunAt{address, now})
	g.last[address] = now
}

// dispatch hands granted intents to workers as the pace allows.
func (d *driver) dispatch(hard context.Context, now time.Time) {
	i := 0
	for ; i < len(d.granted); i++ {
		it := d.granted[i]
		now := now
		if i > 0 {
			now = time.Now()
		}
		if !now.Before(it.useBy) || !d.lease.valid(now) {
			d.withdraw(it, time.Time{})
			continue
		}
		if d.gap > 0 {
			if wait := d.begun.wait(it.row.Address, d.gap, now); wait > 0 {
				d.withdraw(it, d.e.clock.now().Add(wait))
				continue
			}
		}
		if d.inflight >= d.concurrency || d.pacer.begin(now) > 0 {
			break
		}
		if d.gap > 0 {
			d.begun.add(it.row.Address, d.gap, now)
		}
		it.channel = d.channel
		d.spawn(hard)
		d.inflight++
		d.flown++
		it.run.running++
		it.run.begun++
		d.jobs <- it
	}
	if i > 0 {
		n := copy(d.granted, d.granted[i:])
		clear(d.granted[n:])
		d.granted = d.granted[:n]
	}
	if len(d.granted) == 0 && !d.writing && !slices.ContainsFunc(d.runs, func(a *activeRun) bool { return len(a.ready)+len(a.claims) > 0 }) {
		d.pacer.idle(now)
	}
}

// withdraw takes an intent back that was not begun: the person is pending again, now or at a time.
func (d *driver) withdraw(it *item, due time.Time) {
	o := withdrawal(it, d.e.clock.now())
	if !due.IsZero() {
		o.Due, o.Reason = due, ReasonTooMany
	}
	d.record(it, o)
}

// withdrawGranted takes back every granted intent of a campaign; nil = of all.
func (d *driver) withdrawGranted(a *activeRun) {
	kept := d.granted[:0]
	for _, it := range d.granted {
		if a == nil || it.run == a {
			d.withdraw(it, time.Time{})
		} else {
			kept = append(kept, it)
		}
	}
	clear(d.granted[len(kept):])
	d.granted = kept
}

// record keeps an outcome for the next commit.
func (d *driver) record(it *item, o Outcome) {
	a := it.run
	if len(a.outcomes) == 0 {
		d.firstDue = time.Now()
	}
	a.outcomes = append(a.outcomes, o)
	a.settling = append(a.settling, it)
	d.comesDue(a, &o)
}
