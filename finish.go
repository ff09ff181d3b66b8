package outbound

import (
	"slices"
	"time"
)

// shortWait is a wait that a driver stays for, with its lease; for longer ones it gives the touchpoint back.
const shortWait = 2 * time.Second

// closingPatience is how long a driver that was told to stop tries to write what it knows to a store that fails.
const closingPatience = 5 * time.Second

// finished says whether the drive is over, and how.
func (d *driver) finished(now time.Time, linger time.Duration) (DriveResult, bool) {
	if d.fatal != nil {
		d.close(now)
	}
	pending := 0
	for _, a := range d.runs {
		pending += len(a.outcomes)
	}
	if d.closing {
		if d.inflight > 0 {
			return DriveResult{}, false
		}
		if !d.writing && (d.lease.isLost() || d.failures > 0 && now.Sub(d.closedAt) >= closingPatience || d.fatal != nil && d.failures > 0) {
			d.leaveLate()
			return DriveResult{Status: DriveMore}, true
		}
		return DriveResult{Status: DriveMore}, pending == 0 && !d.nudged() && !d.writing && d.used == 0 && d.newGate == nil && d.newPace == nil
	}
	if d.used > 0 || d.writing || pending > 0 || d.probing || d.newGate != nil || d.newPace != nil {
		return DriveResult{}, false
	}
	for _, a := range d.runs {
		if a.fetch || a.nudge && !a.halted {
			return DriveResult{}, false
		}
	}
	if len(d.runs) == 0 && d.unadopted {
		return DriveResult{Status: DriveWait, Waiting: Waiting{Code: "store"}, Until: now.Add(max(d.e.config.PollInterval, time.Second))}, d.idle(now, linger)
	}
	if len(d.runs) == 0 {
		return DriveResult{Status: DriveDone}, d.idle(now, linger)
	}
	w, until := d.outlook(now)
	if w.Code == "" || !until.IsZero() && until.Sub(now) <= shortWait {
		return DriveResult{}, false
	}
	for _, a := range d.runs {
		if !a.halted && d.unsaid(a) {
			a.nudge = true
			return DriveResult{}, false
		}
	}
	return DriveResult{Status: DriveWait, Waiting: w, Until: until}, d.idle(now, linger)
}

// idle says whether there was nothing to do for the linger, with a last look for more work.
func (d *driver) idle(now time.Time, linger time.Duration) bool {
	if d.idleSince.IsZero() {
		d.idleSince = now
		d.refreshAt = now // look once more
		return false
	}
	return now.Sub(d.idleSince) >= linger && d.refreshAt.After(now)
}

// outlook is what all campaigns wait for, and the earliest local time at which one may go on; an empty code = one can go on now. Zero until = nobody knows.
func (d *driver) outlook(now time.Time) (Waiting, time.Time) {
	var first Waiting
	var until time.Time
	store := d.e.clock.now()
	for _, a := range d.runs {
		if a.halted {
			continue
		}
		w := d.waitingOf(a, store)
		if w.Code == "" || w.Code == "rate" {
			return Waiting{}, time.Time{}
		}
		if first.Code == "" {
			first = w
		}
		if w.Until.IsZero() {
			continue
		}
		if at := now.Add(w.Until.Sub(store)); until.IsZero() || at.Before(until) {
			first, until = w, at
		}
	}
	if first.Code == "" {
		first = Waiting{Code: "pausing"} // all are halted and about to be dropped
		until = now.Add(d.e.config.PollInterval)
	}
	return first, until
}

// waitingOf is the one thing that a campaign waits for.
func (d *driver) waitingOf(a *activeRun, store time.Time) Waiting {
	if d.closing {
		return Waiting{Code: "nobody"}
	}
	if s, ok := stopFor(d.stops, &a.run); ok {
		return Waiting{Code: "stop", Text: s.Reason}
	}
	switch {
	case d.gate.Kind == GateThrottle && store.Before(d.gate.Until):
		return Waiting{Code: "throttle", Until: d.gate.Until, Text: d.gate.Text}
	case d.gate.Kind == GateAccount && !d.halfOpen:
		return Waiting{Code: "account", Until: d.gate.Until, Text: d.gate.words()}
	case d.gate.Kind == GateOutage && !d.halfOpen:
		return Waiting{Code: "outage", Until: d.gate.Until, Text: d.gate.words()}
	case a.trouble != nil:
		return Waiting{Code: "policy", Until: store.Add(troubleGap), Text: a.trouble.Error()}
	case store.Before(d.notBefore):
		return Waiting{Code: "rate", Until: d.notBefore}
	case len(a.ready)+len(a.claims) > 0 || !a.end || a.busy > 0 || a.nudge || a.nextDue.IsZero() && (a.fetch || !store.Before(a.lookDue)) || !a.nextDue.IsZero() && !store.Before(a.nextDue):
		if d.pacer.base > 0 && d.pacer.window > 0 {
			return Waiting{Code: "rate"}
		}
		return Waiting{}
	case !a.nextDue.IsZero():
		return Waiting{Code: "due", Until: a.nextDue}
	}
	return Waiting{Code: "due", Until: a.lookDue}
}

// unsaid says whether the ledger does not know yet what a campaign waits for.
func (d *driver) unsaid(a *activeRun) bool {
	w, said := d.waitingOf(a, d.e.clock.now()), a.run.Waiting
	return w.Code != said.Code || w.Text != said.Text || w.Until.Sub(said.Until).Abs() > time.Second
}

// nudged says whether a campaign still has something to tell the ledger.
func (d *driver) nudged() bool {
	return slices.ContainsFunc(d.runs, func(a *activeRun) bool { return a.nudge && !a.halted })
}

// words is a gate's cause.
func (g Gate) words() string {
	s := g.Reason
	if g.Code != "" {
		s += " (" + g.Code + ")"
	}
	if g.Text != "" {
		s += ": " + g.Text
	}
	return s
}

// leaveLate hands outcomes that could not be written to the engine, which settles them when the store can.
func (d *driver) leaveLate() {
	for _, a := range d.runs {
		var known []Outcome
		for i, it := range a.settling {
			if !it.unsure { // if its intent was recorded Recover makes it a doubt; if not, the attempt of this number is the next owner's
				known = append(known, a.outcomes[i])
			}
		}
		d.left = d.left || len(a.outcomes) > 0
		if len(known) > 0 {
			d.e.keepLate(a.run.ID, known)
		}
		a.outcomes, a.settling = nil, nil
	}
}

// pause is how long nothing happens by itself.
func (d *driver) pause(now time.Time) time.Duration {
	next := d.refreshAt
	earlier := func(t time.Time) {
		if t.Before(next) {
			next = t
		}
	}
	store := d.e.clock.now()
	in := func(t time.Time) {
		if !t.IsZero() {
			earlier(now.Add(t.Sub(store)))
		}
	}
	if len(d.granted) > 0 {
		earlier(d.granted[0].useBy)
		if d.inflight < d.concurrency {
			earlier(now.Add(max(d.pacer.wait(now), time.Microsecond)))
		}
	}
	if d.gate.Until.After(store) {
		in(d.gate.Until)
	}
	if d.notBefore.After(store) {
		in(d.notBefore)
	}
	open := d.open()
	for _, a := range d.runs {
		if len(a.outcomes) > 0 && !d.writing && !d.lease.isLost() {
			earlier(later(d.firstDue.Add(outcomeDelay), d.writeAt))
		}
		if a.halted || !open || a.fetch {
			continue
		}
		if a.lookDue.After(store) {
			in(a.lookDue)
		}
		if a.tryAt.After(now) {
			earlier(a.tryAt)
		}
		if len(a.ready)+len(a.claims) > 0 && !d.writing && d.used < 2*d.concurrency && !d.notBefore.After(store) && !d.stopped(a) && d.allowed(a, 1) > 0 {
			earlier(now.Add(max(d.pacer.wait(now)-minHorizon, time.Millisecond)))
		}
	}
	for _, q := range d.quiets {
		earlier(q.until)
	}
	if d.closing {
		earlier(now.Add(100 * time.Millisecond))
	}
	return max(next.Sub(now), 0)
}
