package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/outbound-go/outbound"
)

// list prints all campaigns, newest first, and the stops in force.
func list(ctx context.Context, d *desk) error {
	all := []outbound.Progress{}
	for filter := (outbound.RunFilter{Limit: 500}); ; {
		page, err := d.e.List(ctx, filter)
		if err != nil {
			return err
		}
		all = append(all, page.Campaigns...)
		if page.Next == 0 {
			break
		}
		filter.Before = page.Next
	}
	if d.json {
		d.printJSON(all)
		return nil
	}
	rows := [][]string{{"ID", "NAME", "TOUCHPOINT", "STATE", "TOTAL", "SETTLED", "FAILED", "IN DOUBT", "CREATED"}}
	for i := range all {
		p := &all[i]
		rows = append(rows, []string{
			string(p.ID), p.Name, p.Touchpoint, string(p.State), fmt.Sprint(p.Total), fmt.Sprint(p.Done()), fmt.Sprint(p.Failed),
			fmt.Sprint(p.Uncertain), p.Created.Local().Format(time.DateTime),
		})
	}
	if err := table(d.out, rows); err != nil {
		return err
	}
	stops, err := d.e.Stops(ctx)
	if err != nil {
		return err
	}
	for _, s := range stops {
		d.print("stopped: %s %q since %s by %s: %s", s.Scope, s.Name, s.At.Local().Format(time.DateTime), actor(s.Actor), s.Reason)
	}
	return nil
}

// show prints how far a campaign is.
func show(ctx context.Context, d *desk) error {
	c := d.e.Campaign(d.id)
	p, err := c.Progress(ctx)
	if err != nil {
		return err
	}
	if d.json {
		d.printJSON(p)
		return nil
	}
	rows := [][]string{
		{"campaign", string(p.ID)}, {"name", p.Name}, {"touchpoint", p.Touchpoint}, {"state", p.Describe(outbound.English)},
		{"recipients", fmt.Sprint(p.Total)},
	}
	for _, s := range states(&p) {
		rows = append(rows, []string{"  " + outbound.Words("state."+s.String(), outbound.English, nil), fmt.Sprint(*p.Of(s))})
	}
	rows = append(rows, []string{"duplicates", fmt.Sprint(p.Duplicate)}, []string{"rejected", fmt.Sprint(p.Rejected)})
	for _, at := range []struct {
		name string
		time time.Time
	}{{"created", p.Created}, {"starts", p.StartAt}, {"started", p.Started}, {"ended", p.Ended}} {
		if !at.time.IsZero() {
			rows = append(rows, []string{at.name, at.time.Local().Format(time.DateTime)})
		}
	}
	if err := table(d.out, rows); err != nil {
		return err
	}
	reasons, err := reasonsOf(ctx, c)
	if err != nil {
		return err
	}
	for _, r := range reasons {
		d.print("%s", r)
	}
	acts, err := d.e.Acts(ctx, d.id)
	if err != nil {
		return err
	}
	for _, a := range acts {
		d.print("%s  %s  %s %s", a.At.Local().Format(time.DateTime), actor(a.Actor), a.Action, a.Detail)
	}
	return nil
}

// shownPeople is how many people of a state are looked at for their reasons.
const shownPeople = 10_000

// reasonsOf counts why people failed, were skipped or are in doubt.
func reasonsOf(ctx context.Context, c outbound.Campaign) ([]string, error) {
	type why struct {
		state  outbound.State
		reason string
	}
	n := map[why]int{}
	var order []why
	filter := outbound.DeliveryFilter{States: []outbound.State{outbound.Failed, outbound.Skipped, outbound.Uncertain}, Limit: shownPeople}
	for d, err := range c.Deliveries(ctx, filter) {
		if err != nil {
			return nil, err
		}
		w := why{d.State, d.Reason}
		if n[w] == 0 {
			order = append(order, w)
		}
		n[w]++
	}
	texts := make([]string, len(order))
	for i, w := range order {
		texts[i] = fmt.Sprintf("%s: %d: %s", w.state, n[w], reasonWords(w.reason))
	}
	return texts, nil
}

// reasonWords is a reason in words; no reason is no words.
func reasonWords(reason string) string {
	if reason == "" {
		return ""
	}
	return outbound.Words("reason."+reason, outbound.English, nil)
}

// actor is who did something, in words.
func actor(name string) string {
	if name == "" {
		return outbound.Words("library", outbound.English, nil)
	}
	return name
}

// explain prints everything that is known of a person, or who is in a state.
func explain(ctx context.Context, d *desk) error {
	if d.listing {
		return people(ctx, d)
	}
	found, err := d.e.Explain(ctx, d.id, d.address, outbound.English)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fmt.Errorf("this address is not in the audience of campaign %q: %w", d.id, outbound.ErrNotFound)
	}
	if d.json {
		d.printJSON(found)
		return nil
	}
	for i := range found {
		d.print("number %d: %s", found[i].Delivery.Number, found[i].Delivery.State)
		for _, text := range found[i].Text {
			d.print("  %s", text)
		}
	}
	return nil
}

// people lists everybody in a state.
func people(ctx context.Context, d *desk) error {
	if _, err := d.e.Campaign(d.id).Progress(ctx); err != nil {
		return err
	}
	for p, err := range d.e.Campaign(d.id).Deliveries(ctx, outbound.DeliveryFilter{States: []outbound.State{d.state}}) {
		switch {
		case err != nil:
			return err
		case d.json:
			d.printJSON(p)
		default:
			d.print("%s", strings.TrimRight(p.Address+"\t"+reasonWords(p.Reason), "\t"))
		}
	}
	return nil
}
