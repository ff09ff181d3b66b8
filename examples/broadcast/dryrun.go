package main

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/store/memory"
	"github.com/outbound-go/outbound/store/sqlite"
)

// dryRun plans what the flags say, or the campaign of the id if they say nothing, and leaves nothing behind.
func dryRun(ctx context.Context, o options, t terminal) status {
	plan, report, err := planOf(ctx, &o, t)
	if err != nil {
		return t.fail(err)
	}
	if o.json {
		t.printJSON(plan)
	} else if err := t.printPlan(&plan, report); err != nil {
		return t.fail(err)
	}
	if err := plan.Problems.AsError(); err != nil {
		return t.fail(err)
	}
	t.say("this was a dry run: nothing was sent")
	return statusDone
}

func planOf(ctx context.Context, o *options, t terminal) (plan outbound.Plan, report *outbound.ImportReport, err error) {
	audience, closeAudience, err := openAudience(ctx, o.audience, t.in)
	if err != nil {
		return plan, nil, err
	}
	defer closeAudience()
	var store interface {
		outbound.Store
		Close() error
	}
	if exists(o.db) { // opt-outs count, and a campaign may be in it
		if store, err = sqlite.Open(ctx, o.db); err != nil {
			return plan, nil, err
		}
	} else {
		store = memory.New()
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	s := &sender{o: o}
	if o.text == "" || audience == nil { // the campaign of the id, as it is
		if err := s.findTouchpoint(ctx, store); err != nil {
			return plan, nil, err
		}
		e, err := engineOf(o, store)
		if err != nil {
			return plan, nil, err
		}
		plan, err = e.Campaign(o.id).Plan(ctx)
		return plan, nil, err
	}
	if o.touchpoint == "" {
		o.touchpoint = o.channel
	}
	o.id = outbound.CampaignID("dry-run-" + rand.Text())
	if s.e, err = engineOf(o, store); err != nil {
		return plan, nil, err
	}
	c, err := s.e.Create(ctx, draftOf(o))
	if err != nil {
		return plan, nil, err
	}
	defer func() { err = errors.Join(err, s.e.Delete(context.WithoutCancel(ctx), o.id)) }()
	got, err := c.Import(ctx, source, audience)
	if err != nil {
		return plan, nil, err
	}
	plan, err = c.Plan(ctx)
	return plan, &got, err
}
