package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/outbound-go/outbound"
)

// reason is why sending stopped.
type reason struct {
	code     string // stable
	text     string // in words
	progress outbound.Progress
}

// Error makes it the cause of a context.
func (r reason) Error() string { return r.text }

func interrupted() reason { return reason{code: "interrupted", text: "interrupted"} }
func canceled() reason    { return reason{code: "canceled", text: "it was canceled"} }

// drive sends, or watches another process do it, until the campaign is over or can only go on with somebody's help.
func (s *sender) drive(ctx context.Context) (reason, error) {
	driving, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	d := &driver{sender: s, stop: stop}
	d.sayOthers(ctx)
	var failure error
	var wg sync.WaitGroup
	wg.Go(func() {
		if failure = d.keep(driving); failure != nil {
			stop(failure)
		}
	})
	screen := newScreen(s.t.err, s.o.quiet)
	var last outbound.Progress
	var watchErr error
	for p, err := range s.e.Watch(driving, s.o.id) {
		if err != nil {
			if driving.Err() == nil {
				watchErr = err
			}
			break
		}
		last = p
		screen.show(p)
		d.observe(p)
		if p.State == outbound.Paused {
			stop(reason{code: p.Cause.Code, text: p.Describe(outbound.English)})
			break
		}
	}
	stop(nil) // the campaign is over; others of the touchpoint wait for whoever sends next
	wg.Wait() // requests under way finish and are recorded
	d.calm()
	screen.end()
	why, _ := errors.AsType[reason](context.Cause(driving))
	switch {
	case failure != nil:
		return why, failure
	case watchErr != nil:
		return why, watchErr
	case last.State == outbound.CanceledState:
		return canceled(), nil
	case why.code == "" && ctx.Err() != nil:
		return interrupted(), nil
	}
	return why, nil
}

// driver keeps the touchpoint going for a sender.
type driver struct {
	*sender
	stop context.CancelCauseFunc

	mu     sync.Mutex
	done   int64       // deliveries settled when last looked at; guarded by mu
	outage *time.Timer // runs while the provider does not answer; guarded by mu
}

// keep drives until ctx ends. An error is one that waiting does not mend.
func (d *driver) keep(ctx context.Context) error {
	holder := ""
	for ctx.Err() == nil {
		r, err := d.e.Drive(ctx, d.o.touchpoint, 0)
		if err != nil {
			return err
		}
		wait := time.Until(r.Until)
		switch r.Status {
		case outbound.DriveMore:
			continue
		case outbound.DriveHeld:
			if r.By != holder {
				holder = r.By
				d.t.say("the touchpoint %q is sent from by another process: %s; waiting (if that one was killed, for %s at most)",
					d.o.touchpoint, holder, wait.Round(100*time.Millisecond))
			}
			wait = min(wait, holdPoll)
		case outbound.DriveWait:
			if d.hopeless(r.Waiting) {
				return nil
			}
			if r.Until.IsZero() {
				wait = idlePoll
			}
		default: // all is sent, as far as Drive knows; Watch will see it
			wait = idlePoll
		}
		if r.Status != outbound.DriveHeld {
			holder = ""
		}
		sleep(ctx, max(wait, time.Millisecond))
	}
	return nil
}

const (
	holdPoll = 200 * time.Millisecond // how often a lease of another process is looked at
	idlePoll = 100 * time.Millisecond
)

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// hopeless stops if only a human can mend what the touchpoint waits for, and starts the patience with an outage.
func (d *driver) hopeless(w outbound.Waiting) bool {
	text := outbound.Words("wait."+w.Code, outbound.English, nil)
	if w.Text != "" {
		text += " (" + w.Text + ")"
	}
	switch w.Code {
	case "account", "stop":
		d.stop(reason{code: w.Code, text: text})
		return true
	case "outage":
		d.silent()
	}
	return false
}

// observe follows the campaign's progress for outages.
func (d *driver) observe(p outbound.Progress) {
	if p.Waiting.Code == "outage" {
		d.silent()
		return
	}
	d.mu.Lock()
	answered := p.Done() > d.done
	d.done = p.Done()
	d.mu.Unlock()
	if answered {
		d.calm()
	}
}

// silent notes that the provider does not answer: from now on patience runs.
func (d *driver) silent() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.outage != nil || d.o.patience == 0 {
		return
	}
	d.outage = time.AfterFunc(d.o.patience, func() {
		d.stop(reason{code: "outage", text: fmt.Sprintf("the provider has not answered for %s (-patience)", d.o.patience)})
	})
}

// calm notes that the provider answers, or that it does not matter any more.
func (d *driver) calm() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.outage != nil {
		d.outage.Stop()
		d.outage = nil
	}
}

// sayOthers names other campaigns that run on the touchpoint: whoever drives it sends them too.
func (d *driver) sayOthers(ctx context.Context) {
	page, err := d.e.List(ctx, outbound.RunFilter{Touchpoint: d.o.touchpoint, States: []outbound.CampaignState{outbound.Running}, Limit: 20})
	if err != nil {
		return // what is wrong with the store shows at once
	}
	var others []string
	for i := range page.Campaigns {
		if id := page.Campaigns[i].ID; id != d.o.id {
			others = append(others, string(id))
		}
	}
	if len(others) > 0 {
		d.t.say("also running on the touchpoint %q, and sent from in turn: %s", d.o.touchpoint, strings.Join(others, ", "))
	}
}
