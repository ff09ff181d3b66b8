package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/outbound-go/outbound"
)

// account prints what became of everybody, and proves it: by the sums, and by what people got at the provider.
func account(ctx context.Context, p *printer, engine *outbound.Engine, provider *provider, before outbound.Progress) error {
	campaign := engine.Campaign(provider.campaign)
	now, err := campaign.Progress(ctx)
	if err != nil {
		return err
	}
	reasons, err := reasonsOf(ctx, campaign)
	if err != nil {
		return err
	}
	p.title("result")
	p.result(&now, reasons)

	p.title("proof")
	var wrong []error
	check := func(ok bool, format string, a ...any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf("it does not add up: "+format, a...))
		}
	}
	imports, err := engine.Imports(ctx, provider.campaign)
	if err != nil {
		return err
	}
	var accepted int64
	for _, r := range imports {
		accepted += r.Accepted
		check(r.Finished && r.Accepted+r.Duplicate+r.Rejected == r.Pieces, "import %s: %d + %d + %d of %d pieces", r.Source, r.Accepted, r.Duplicate, r.Rejected, r.Pieces)
	}
	check(accepted == now.Total && now.Counts.Total() == now.Total, "%d recipients imported, %d counted, the states sum to %d", accepted, now.Total, now.Counts.Total())
	if now.State != outbound.Completed {
		wrong = append(wrong, fmt.Errorf("not finished: %d people are left; with a file, run it again to go on", now.Pending))
	}
	p.line("sums", now.Total, p.sum(&now))
	if provider.sim == nil {
		p.line("proof-real", now.Accepted)
		return errors.Join(wrong...)
	}

	// What people truly got, as only the provider knows. The simulated one forgets between runs.
	people, twice := 0, 0
	for _, messages := range provider.sim.PerPerson(simToken) {
		people++
		if messages != 1 {
			twice++
		}
	}
	check(twice == 0, "%d people got more than one message", twice)
	check(int64(people) == now.Accepted-before.Accepted, "%d people got a message, %d were recorded", people, now.Accepted-before.Accepted)
	if before.State == outbound.Completed {
		p.line("proof-again", before.Ended.Local().Format("2 Jan 2006, 15:04:05"), people)
		return errors.Join(wrong...)
	}
	p.line("proof-provider", people, twice)
	return errors.Join(wrong...)
}

// outcome is a state, and why.
type outcome struct {
	state  outbound.State
	reason string
}

// reasonsOf counts why people were not reached.
func reasonsOf(ctx context.Context, campaign outbound.Campaign) (map[outcome]int, error) {
	reasons := map[outcome]int{}
	for d, err := range campaign.Deliveries(ctx, outbound.DeliveryFilter{}) {
		if err != nil {
			return nil, err
		}
		if d.Reason != "" {
			reasons[outcome{d.State, d.Reason}]++
		}
	}
	return reasons, nil
}
