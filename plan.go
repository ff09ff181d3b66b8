package outbound

import (
	"context"
	"fmt"
	"time"
)

// Plan says what Start would do.
type Plan struct {
	Campaign   CampaignID `json:"campaign"`
	Revision   int64      `json:"revision"`
	Touchpoint string     `json:"touchpoint"`
	Channel    string     `json:"channel"`
	// Problems are what Start would refuse; empty = it would start.
	Problems Problems `json:"problems,omitempty"`
	// Warnings are worth a look and stop nothing.
	Warnings Problems `json:"warnings,omitempty"`

	Total     int64 `json:"total"`
	Send      int64 `json:"send"`
	Skip      int64 `json:"skip"`
	Hold      int64 `json:"hold"`
	Duplicate int64 `json:"duplicate"`
	Rejected  int64 `json:"rejected"`
	// Reasons counts the skipped and held by reason.
	Reasons map[string]int64 `json:"reasons,omitempty"`
	// Examples are the first few people of each reason, and of those written to under "".
	Examples map[string][]Delivery `json:"examples,omitempty"`
	// Longest is the longest rendered text, in the channel's unit, and Limit what the channel takes (0 = no limit known).
	Longest int `json:"longest"`
	Limit   int `json:"limit,omitempty"`
	// Requests is how many requests go out, at PerSecond (0 = unlimited) taking Duration.
	Requests  int64         `json:"requests"`
	PerSecond float64       `json:"per_second,omitempty"`
	Duration  time.Duration `json:"duration"`
	// FirstSend and LastSend are when, if it were started now and nothing else used the touchpoint.
	FirstSend time.Time `json:"first_send"`
	LastSend  time.Time `json:"last_send"`
	// Expires is how many would not be written to before NotAfter.
	Expires int64 `json:"expires,omitempty"`
	// Account is the account's public name, if the provider said it before.
	Account string `json:"account,omitempty"`
}

// planExamples is how many people of each reason a plan shows.
const planExamples = 3

// plan looks at every recipient as the run would, without a network call.
func (e *Engine) plan(ctx context.Context, id CampaignID) (Plan, error) {
	p, err := e.makePlan(ctx, id)
	return p, errorf("plan", id, err)
}

func (e *Engine) makePlan(ctx context.Context, id CampaignID) (Plan, error) {
	now, err := e.clock.fresh(ctx)
	if err != nil {
		return Plan{}, err
	}
	run, err := e.store.ReadRun(ctx, id)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{
		Campaign: id, Revision: run.Revision, Touchpoint: run.Touchpoint, Total: run.Counts.Total(),
		Duplicate: run.Imported.Duplicate, Rejected: run.Imported.Rejected, Reasons: map[string]int64{}, Examples: map[string][]Delivery{}, FirstSend: now,
	}
	d, err := e.loadDraft(ctx, id)
	if err != nil {
		return Plan{}, err
	}
	compiled, problems := e.checkDraft(ctx, d)
	p.Problems = problems
	channel, err := e.config.Touchpoints.Open(ctx, run.Touchpoint)
	if err != nil {
		return p, nil //nolint:nilerr // Problems name the touchpoint already
	}
	caps := channel.Capabilities()
	p.Channel = caps.Channel
	p.Limit = caps.MaxText
	if d.Message.Media != nil {
		p.Limit = caps.MaxCaption
	}
	rec, err := e.store.ReadTouchpoint(ctx, run.Touchpoint)
	if err != nil {
		return Plan{}, err
	}
	p.Account = rec.Title
	imports, err := e.store.Imports(ctx, id)
	if err != nil {
		return Plan{}, err
	}
	switch {
	case run.State != DraftState && run.State != Scheduled:
		p.Problems = append(p.Problems, NewProblem("state", "already_started", "state", string(run.State)))
	case run.OpenImports > 0:
		p.Problems = append(p.Problems, NewProblem("audience", "import_unfinished"))
	case p.Total == 0:
		p.Problems = append(p.Problems, NewProblem("audience", "audience_empty"))
	}
	if p.Total > 0 {
		p.Problems = append(p.Problems, missingVariables(compiled, imports, p.Total)...)
	}
	if compiled.static() && d.Message.Template == nil {
		p.Warnings = append(p.Warnings, NewProblem("message.text", "not_personal"))
	}
	if len(problems) == 0 {
		if err := e.planRows(ctx, now, &p, e.newJudge(&run, compiled, channel), caps); err != nil {
			return Plan{}, err
		}
	}
	p.schedule(e, run, caps)
	return p, nil
}

// planRows judges every pending delivery.
func (e *Engine) planRows(ctx context.Context, now time.Time, p *Plan, j *judge, caps Capabilities) error {
	const page = 1000
	var after int64
	for {
		rows, err := e.store.ReadAhead(ctx, p.Campaign, after, page)
		if err != nil {
			return err
		}
		items, _, err := j.decide(ctx, now, rows, 0)
		if err != nil {
			return err
		}
		for _, it := range items {
			reason := ""
			switch {
			case it.decided == nil:
				p.Send++
				p.Longest = max(p.Longest, textLength(it.out.Text, caps.TextUnit))
			case it.decided.State == Skipped:
				p.Skip++
				reason = it.decided.Reason
			default:
				p.Hold++
				reason = it.decided.Reason
			}
			if reason != "" {
				p.Reasons[reason]++
			}
			if len(p.Examples[reason]) < planExamples {
				p.Examples[reason] = append(p.Examples[reason], deliveryOf(&it.row))
			}
		}
		if len(rows) < page {
			return nil
		}
		after = rows[len(rows)-1].Seq
	}
}

// schedule reckons how long it takes.
func (p *Plan) schedule(e *Engine, run Run, caps Capabilities) {
	r, headroom, _, _ := e.limits(run.Touchpoint, caps)
	p.Requests = p.Send + p.Hold
	p.LastSend = p.FirstSend
	if r.unlimited() {
		return
	}
	p.PerSecond = float64(r.N) / r.Per.Seconds() * (1 - headroom)
	at := func(n int64) time.Duration { return time.Duration(float64(n) / p.PerSecond * float64(time.Second)) }
	p.Duration = at(max(p.Requests-1, 0))
	p.LastSend = p.FirstSend.Add(p.Duration)
	if !run.NotAfter.IsZero() && p.LastSend.After(run.NotAfter) {
		left := max(run.NotAfter.Sub(p.FirstSend), 0)
		p.Expires = p.Requests - min(p.Requests, int64(left.Seconds()*p.PerSecond)+1)
		p.Warnings = append(p.Warnings, NewProblem("not_after", "expires_before_end", "count", fmt.Sprint(p.Expires)))
	}
}

// Rendered is a message as one person gets it.
type Rendered struct {
	Text     string     `json:"text"`
	Format   Format     `json:"format,omitempty"`
	Buttons  [][]Button `json:"buttons,omitempty"`
	Media    *Media     `json:"media,omitempty"`
	Template *Template  `json:"template,omitempty"`
}

// Preview renders a campaign's message for a recipient, word for word as it goes out; of a started campaign, as it was sealed.
func (e *Engine) Preview(ctx context.Context, id CampaignID, r Recipient) (Rendered, error) {
	run, err := e.store.ReadRun(ctx, id)
	if err != nil {
		return Rendered{}, errorf("preview", id, err)
	}
	var c *content
	if len(run.Sealed) > 0 {
		if c, err = unseal(run.Sealed); err != nil {
			return Rendered{}, errorf("preview", id, err)
		}
	} else {
		d, err := e.loadDraft(ctx, id)
		if err != nil {
			return Rendered{}, errorf("preview", id, err)
		}
		var problems Problems
		if c, problems = compile(d); len(problems) > 0 {
			return Rendered{}, errorf("preview", id, problems)
		}
	}
	var out Outgoing
	if missing := c.render(&out, r.Variables); missing != "" {
		return Rendered{}, errorf("preview", id, Problems{NewProblem("recipient.variables", "variable_missing", "variable", missing, "missing", "1", "total", "1")})
	}
	return Rendered{Text: out.Text, Format: out.Message.Format, Buttons: out.Buttons, Media: out.Message.Media, Template: out.Message.Template}, nil
}
