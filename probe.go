package outbound

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Check asks the provider who a touchpoint's account is and what it lacks. ErrUnsupported (of package errors) if the channel cannot tell.
func (e *Engine) Check(ctx context.Context, touchpoint string) (Account, error) {
	channel, err := e.config.Touchpoints.Open(ctx, touchpoint)
	if err != nil {
		return Account{}, fmt.Errorf("outbound: check of touchpoint %q: %w", touchpoint, err)
	}
	checker, ok := as[Checker](channel)
	if !ok {
		return Account{}, fmt.Errorf("outbound: check of touchpoint %q: %w", touchpoint, errors.ErrUnsupported)
	}
	account, err := checker.Check(ctx)
	if err != nil {
		return Account{}, fmt.Errorf("outbound: check of touchpoint %q: %w", touchpoint, err)
	}
	return account, nil
}

// ProbeReport says what the provider knows of a sample of an audience.
type ProbeReport struct {
	Asked   int `json:"asked"`
	Known   int `json:"known"`
	Unknown int `json:"unknown"`
	// Reasons counts the unknown by reason, and Examples are the first few of them.
	Reasons  map[string]int `json:"reasons,omitempty"`
	Examples []Delivery     `json:"examples,omitempty"`
}

// Probe asks the provider about a sample of a campaign's pending recipients, evenly spread over the audience, without sending anything: whether these ids belong to this touchpoint shows in a moment.
// It keeps the touchpoint's rate by itself, but does not know of a campaign that sends meanwhile. ErrUnsupported (of package errors) if the channel cannot be asked.
func (e *Engine) Probe(ctx context.Context, id CampaignID, sample int) (ProbeReport, error) {
	r, err := e.probe(ctx, id, sample)
	return r, errorf("probe", id, err)
}

func (e *Engine) probe(ctx context.Context, id CampaignID, sample int) (ProbeReport, error) {
	report := ProbeReport{Reasons: map[string]int{}}
	run, err := e.store.ReadRun(ctx, id)
	if err != nil {
		return report, err
	}
	channel, err := e.config.Touchpoints.Open(ctx, run.Touchpoint)
	if err != nil {
		return report, err
	}
	prober, ok := as[Prober](channel)
	if !ok {
		return report, errors.ErrUnsupported
	}
	caps := channel.Capabilities()
	r, headroom, _, _ := e.limits(run.Touchpoint, caps)
	pace := newPacer(r, headroom, Pace{}, time.Now())
	step := max(run.Last/int64(max(sample, 1)), 1)
	for after := int64(0); report.Asked < sample; after += step {
		rows, err := e.store.ReadAhead(ctx, id, after, 1)
		if err != nil || len(rows) == 0 {
			return report, err
		}
		after = max(after, rows[0].Seq-step)
		for wait := pace.begin(time.Now()); wait > 0; wait = pace.begin(time.Now()) {
			if !pauseFor(ctx, wait, nil) {
				return report, context.Cause(ctx)
			}
		}
		report.Asked++
		err = prober.Probe(ctx, rows[0].Address)
		if err == nil {
			report.Known++
			continue
		}
		refused := sendError(err)
		if refused.Class != ClassRecipient {
			return report, refused
		}
		report.Unknown++
		report.Reasons[refused.Reason]++
		if len(report.Examples) < planExamples {
			report.Examples = append(report.Examples, deliveryOf(&rows[0]))
		}
	}
	return report, nil
}
