package outbound

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Figures of gates.
const (
	defaultThrottle = time.Second      // where the provider named no time
	maxThrottle     = 24 * time.Hour   // a provider that asks for more is asked again then
	firstProbe      = time.Second      // after an outage began
	lastProbe       = time.Minute      // between two probes, at most
	firstRecheck    = 30 * time.Second // of an account that cannot send
	lastRecheck     = 10 * time.Minute
	outageStreak    = 16
)

// probe is what a check of the account said.
type probe struct {
	channel Channel // opened anew; nil = as before
	account Account
	able    bool // the channel can check
	asking  int  // driver.asking when it began
	err     error
}

// open says whether requests may begin, for all that gate and checks know.
func (d *driver) open() bool {
	if d.halfOpen {
		return true
	}
	if !d.checked {
		return false
	}
	return d.gate.Kind == GateOpen || d.gate.Kind == GateThrottle && !d.e.clock.now().Before(d.gate.Until)
}

// steer moves gates on with time, and has the account checked when that is due.
func (d *driver) steer(ctx context.Context, now time.Time) {
	store := d.e.clock.now()
	if d.gate.Kind == GateThrottle && !store.Before(d.gate.Until) {
		d.pacer.quiet(store)
		d.setGate(Gate{})
	}
	if d.gate.Kind == GateOpen && d.checked {
		if pace, changed := d.pacer.faster(now, store); changed {
			d.newPace = &pace
		}
	}
	if d.closing || d.probing || d.halfOpen || len(d.runs) == 0 {
		return
	}
	due := false
	switch d.gate.Kind {
	case GateOpen:
		due = !d.checked && slices.ContainsFunc(d.runs, func(a *activeRun) bool { return !a.halted && !d.stopped(a) })
	case GateOutage:
		due = !store.Before(d.gate.Until)
	case GateAccount:
		due = !d.asked || !store.Before(d.gate.Until)
	case GateThrottle: // it ends by itself
	}
	if !due {
		return
	}
	d.asked = true
	d.probing = true
	reopen := d.gate.Kind == GateAccount || !d.checked
	channel, asking := d.channel, d.asking
	d.wg.Go(func() {
		p := d.ask(ctx, channel, reopen)
		p.asking = asking
		select {
		case d.probes <- p:
		case <-d.quit:
		}
	})
}

// ask checks the account, with the credentials that are valid now.
func (d *driver) ask(ctx context.Context, channel Channel, reopen bool) (p probe) {
	if reopen {
		opened, err := d.e.config.Touchpoints.Open(ctx, d.name)
		if err != nil {
			p.err = &SendError{Class: ClassAccount, Reason: ReasonConfig, Text: err.Error(), Err: err}
			return p
		}
		p.channel, channel = opened, opened
	}
	checker, ok := as[Checker](channel)
	if !ok {
		return p
	}
	p.able = true
	ctx, cancel := context.WithTimeout(ctx, d.e.config.RequestTimeout)
	defer cancel()
	p.account, p.err = checker.Check(ctx)
	return p
}

// probed acts on what a check said.
func (d *driver) probed(ctx context.Context, p probe) {
	if p.asking != d.asking {
		return
	}
	d.probing = false
	now := d.e.clock.now()
	if p.channel != nil {
		d.channel = p.channel
		for _, a := range d.runs {
			a.judge = d.e.newJudge(&a.run, a.content, d.channel)
		}
	}
	if p.err == nil && p.able {
		p.err = d.identify(ctx, p.account)
	}
	if p.err != nil {
		switch e := sendError(p.err); e.Class {
		case ClassAccount, ClassRecipient, ClassMessage:
			d.accountFault(e, now, true)
		case ClassThrottled:
			d.throttled(e, now.Add(d.throttledFor(e)), now)
		default:
			d.outage(e, now)
		}
		return
	}
	d.checked = true
	switch d.gate.Kind {
	case GateOutage, GateAccount:
		d.halfOpen = true
		d.refreshAt = time.Time{}
	case GateOpen, GateThrottle:
	}
}

// identify pins the account at the first send, and refuses another one from then on.
func (d *driver) identify(ctx context.Context, account Account) error {
	_, err := d.e.store.UpdateTouchpoint(ctx, d.name, func(t *TouchpointRecord) (Act, error) {
		if t.Account != "" && account.ID != "" && t.Account != account.ID {
			return Act{}, &SendError{Class: ClassAccount, Reason: ReasonIdentity, Text: "the token is of account " + account.Name + ", the touchpoint belongs to " + t.Title}
		}
		if account.ID != "" {
			t.Account = account.ID
		}
		if account.Name != "" {
			t.Title = account.Name
		}
		return Act{}, nil
	})
	if _, ours := errors.AsType[*SendError](err); err != nil && !ours {
		d.storeFailed(err)
		return &SendError{Class: ClassTransient, Reason: ReasonUnavailable, NotSent: true, Err: err}
	}
	return err
}

// setGate changes the gate; what was granted and has not begun is taken back when it closes.
func (d *driver) setGate(g Gate) {
	d.gate = g
	d.newGate = &g
	for _, a := range d.runs {
		a.nudge = true // to say what it waits for
	}
	if g.Kind != GateOpen {
		d.halfOpen = false
		d.withdrawGranted(nil)
		return
	}
	d.streak = 0
	for _, a := range d.runs {
		a.lookDue = d.e.clock.now()
	}
}

// setGateAfterReopen lifts an account fault that a human says is mended.
func (d *driver) setGateAfterReopen() {
	switch d.gate.Kind {
	case GateAccount:
		d.setGate(Gate{})
	case GateOutage:
		d.gate.Until = time.Time{} // probe at once
	case GateOpen, GateThrottle:
	}
}

// answered notes that the provider answers.
func (d *driver) answered() {
	d.streak = 0
	if d.halfOpen {
		d.halfOpen = false
		d.setGate(Gate{})
	}
}

// unanswered notes a request without answer. After min(concurrency, 16) in a row the provider is taken to be out.
func (d *driver) unanswered(e *SendError, now time.Time) {
	d.streak++
	if d.halfOpen || d.gate.Kind != GateOutage && d.streak >= min(d.concurrency, outageStreak) {
		d.outage(e, now)
	}
}

// outage stops the touchpoint and sets the next probe.
func (d *driver) outage(e *SendError, now time.Time) {
	g := Gate{Kind: GateOutage, Since: now, Reason: e.Reason, Code: e.Code, Text: e.Text}
	if d.gate.Kind == GateOutage {
		g.Since, g.Probes = d.gate.Since, d.gate.Probes+1
	}
	g.Until = now.Add(backoffAfter(g.Probes+1, firstProbe, lastProbe))
	if d.gate.Kind == GateThrottle {
		g.Until = later(g.Until, d.gate.Until)
	}
	d.setGate(g)
	d.e.log.Warn("outbound: the provider does not answer", "touchpoint", d.name, "reason", e.Reason, "until", g.Until)
}

// accountFault stops the touchpoint until the account can send again.
func (d *driver) accountFault(e *SendError, now time.Time, probed bool) {
	g := Gate{Kind: GateAccount, Since: now, Reason: e.Reason, Code: e.Code, Text: e.Text}
	if d.gate.Kind == GateAccount {
		if !probed && !d.halfOpen {
			return // answers to requests that were under way when it began
		}
		g.Since, g.Probes = d.gate.Since, d.gate.Probes+1
	}
	g.Until = now.Add(backoffAfter(g.Probes+1, firstRecheck, lastRecheck))
	if d.gate.Kind == GateThrottle {
		g.Until = later(g.Until, d.gate.Until)
	}
	d.checked, d.asked = false, true
	d.setGate(g)
	d.e.log.Error("outbound: the account cannot send", "touchpoint", d.name, "reason", e.Reason, "code", e.Code)
}

// throttledFor is how long a throttle asks to wait.
func (d *driver) throttledFor(e *SendError) time.Duration {
	if e.RetryAfter <= 0 {
		return defaultThrottle
	}
	return min(e.RetryAfter, maxThrottle)
}

// throttled stops the touchpoint until the moment that the provider named, and lowers the rate, once for a throttle.
func (d *driver) throttled(e *SendError, until, now time.Time) {
	if d.gate.Kind == GateOutage || d.gate.Kind == GateAccount {
		if !d.halfOpen {
			if until.After(d.gate.Until) {
				g := d.gate
				g.Until = until
				d.setGate(g)
			}
			return
		}
	}
	if d.gate.Kind == GateThrottle {
		if until.After(d.gate.Until) {
			g := d.gate
			g.Until = until
			d.setGate(g)
		}
		return
	}
	pace := d.pacer.slower(time.Now(), now)
	d.newPace = &pace
	d.setGate(Gate{Kind: GateThrottle, Since: now, Until: until, Reason: e.Reason, Code: e.Code, Text: e.Text})
}

// storeFailed notes that the store could not be used.
func (d *driver) storeFailed(err error) {
	d.e.log.Warn("outbound: the store is not usable", "touchpoint", d.name, "error", err)
	if !d.e.temporary(err) && !errors.Is(err, ErrNotFound) && d.fatal == nil {
		d.fatal = err
	}
}
