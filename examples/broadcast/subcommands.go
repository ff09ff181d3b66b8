package main

import (
	"context"
	"errors"
	"flag"
	"slices"
	"strings"
	"time"

	"github.com/outbound-go/outbound"
)

// subcommandNames are those that subcommands knows, for the help.
const subcommandNames = "list status pause resume cancel explain resolve stop release"

// desk is what a subcommand works with: the flags it was given, and an engine that has no token and sends nothing.
type desk struct {
	terminal
	f  *flag.FlagSet
	e  *outbound.Engine
	db string

	id      outbound.CampaignID
	json    bool
	address string
	state   outbound.State
	listing bool // -state was given
	as      outbound.Resolution
	scope   outbound.StopScope
	of      string
	reason  string
	lease   time.Duration
	timeout time.Duration
}

// command is one subcommand: what it is for, the flags it needs, and what it does.
type command struct {
	does  string
	needs []string
	takes []string // beside those it needs and -db
	run   func(context.Context, *desk) error
}

func subcommands() map[string]command {
	return map[string]command{
		"list":    {"lists the campaigns", nil, []string{"json"}, list},
		"status":  {"says how far a campaign is", []string{"id"}, []string{"json"}, show},
		"pause":   {"stops a campaign; when it returns nothing begins any more", []string{"id"}, nil, pause},
		"resume":  {"sets a paused campaign running; whoever sends from its touchpoint goes on with it", []string{"id"}, nil, resume},
		"cancel":  {"ends a campaign for good", []string{"id"}, nil, cancel},
		"explain": {"says what became of a person, and why; or lists everybody in a state", []string{"id"}, []string{"address", "state", "json"}, explain},
		"resolve": {"decides about those who are in doubt", []string{"id", "as"}, []string{"lease", "timeout"}, resolve},
		"stop":    {"stops everything of a touchpoint or group, until release", []string{"scope", "of", "reason"}, nil, stop},
		"release": {"lifts a stop", []string{"scope", "of"}, []string{"reason"}, release},
	}
}

// define adds a flag of this name.
func (d *desk) define(name string) {
	switch name {
	case "id":
		d.f.Func("id", "the campaign's `id`", func(s string) error { d.id = outbound.CampaignID(s); return nil })
	case "json":
		d.f.BoolVar(&d.json, "json", false, "print JSON")
	case "address":
		d.f.StringVar(&d.address, "address", "", "the person's `address`")
	case "state":
		d.f.TextVar(&d.state, "state", outbound.Pending, "`state` of those to be listed instead: uncertain, failed, skipped, …")
	case "as":
		d.f.Func("as", "`decision`: resend (somebody may get it twice), accepted or failed", func(s string) error { d.as = outbound.Resolution(s); return nil })
	case "scope":
		d.f.Func("scope", "`kind` of what is stopped: touchpoint or group", func(s string) error { d.scope = outbound.StopScope(s); return nil })
	case "of":
		d.f.StringVar(&d.of, "of", "", "its `name`")
	case "reason":
		d.f.StringVar(&d.reason, "reason", "", "`why`, for others to read")
	case "lease":
		d.f.DurationVar(&d.lease, "lease", defaultLease, "as when sending: resending waits until lease and timeout have passed")
	case "timeout":
		d.f.DurationVar(&d.timeout, "timeout", defaultTimeout, "as when sending")
	}
}

// subcommand runs one.
func subcommand(ctx context.Context, name string, args []string, t terminal) status {
	c, ok := subcommands()[name]
	if !ok {
		t.say("broadcast: no such subcommand (it is not shown, it might be a token); there are: %s", subcommandNames)
		return statusUsage
	}
	d := &desk{terminal: t, f: flag.NewFlagSet("broadcast "+name, flag.ContinueOnError), lease: defaultLease, timeout: defaultTimeout}
	d.f.StringVar(&d.db, "db", defaultDB, "`file` that campaigns are kept in")
	for _, flags := range [][]string{c.needs, c.takes} {
		for _, name := range flags {
			d.define(name)
		}
	}
	if code, ok := parse(d.f, args, t, "broadcast "+name+" "+c.does+". It needs no token.\n\nFlags:", ""); !ok {
		return code
	}
	given := map[string]bool{}
	d.f.Visit(func(f *flag.Flag) { given[f.Name] = true })
	var missing []string
	for _, flag := range c.needs {
		if !given[flag] {
			missing = append(missing, "-"+flag)
		}
	}
	if len(missing) > 0 {
		return t.usage(d.f, strings.Join(missing, ", ")+" missing")
	}
	if wrong := d.check(name); wrong != "" {
		return t.usage(d.f, wrong)
	}
	if err := d.open(withActor(ctx), c.run); err != nil {
		return t.fail(err)
	}
	return statusDone
}

// check says what is wrong with the values of the flags.
func (d *desk) check(name string) string {
	switch name {
	case "resolve":
		if !slices.Contains([]outbound.Resolution{outbound.ResolveResend, outbound.ResolveAccepted, outbound.ResolveFailed}, d.as) {
			return "-as must be resend, accepted or failed"
		}
	case "stop", "release":
		if d.scope != outbound.StopTouchpoint && d.scope != outbound.StopGroup {
			return "-scope must be touchpoint or group"
		}
	case "explain":
		d.f.Visit(func(f *flag.Flag) { d.listing = d.listing || f.Name == "state" })
		if d.listing == (d.address != "") {
			return "give either -address or -state"
		}
	}
	return checkTimes(d.lease, d.timeout)
}

// open runs a subcommand with the file open.
func (d *desk) open(ctx context.Context, run func(context.Context, *desk) error) (err error) {
	store, err := openExisting(ctx, d.db)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if d.e, err = officeOf(store, d.lease, d.timeout); err != nil {
		return err
	}
	return run(ctx, d)
}

func pause(ctx context.Context, d *desk) error {
	if err := d.e.Campaign(d.id).Pause(ctx); err != nil {
		return err
	}
	d.print("paused: nothing of it begins any more; \"broadcast -id %s\" goes on with it", quote(string(d.id)))
	return nil
}

func resume(ctx context.Context, d *desk) error {
	if err := d.e.Campaign(d.id).Resume(ctx); err != nil {
		return err
	}
	d.print("running: whoever sends from its touchpoint goes on with it; if nobody does, run \"broadcast -id %s\"", quote(string(d.id)))
	return nil
}

func cancel(ctx context.Context, d *desk) error {
	c := d.e.Campaign(d.id)
	if err := c.Cancel(ctx); err != nil {
		return err
	}
	p, err := c.Progress(ctx)
	if err != nil {
		return err
	}
	d.print("canceled: %d people are not written to any more", p.Canceled)
	return nil
}

func resolve(ctx context.Context, d *desk) error {
	n, err := d.e.Resolve(ctx, d.id, d.as)
	if err != nil {
		return err
	}
	if d.as == outbound.ResolveResend {
		d.print("%d to be sent again, %s from now; \"broadcast -id %s\" does it", n, d.lease+d.timeout, quote(string(d.id)))
		return nil
	}
	d.print("%d taken as %s", n, d.as)
	return nil
}

func stop(ctx context.Context, d *desk) error {
	if err := d.e.Stop(ctx, d.scope, d.of, d.reason); err != nil {
		return err
	}
	d.print("stopped: nothing begins any more for %s %q, until \"broadcast release\"", d.scope, d.of)
	return nil
}

func release(ctx context.Context, d *desk) error {
	if err := d.e.Release(ctx, d.scope, d.of); err != nil {
		return err
	}
	d.print("released: %s %q may send again; campaigns that were running go on when somebody sends them", d.scope, d.of)
	return nil
}
