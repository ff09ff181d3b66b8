package outbound

import (
	"context"
	"fmt"
	"time"
)

// Explanation is everything known of one person in one campaign, in the order in which it happened.
type Explanation struct {
	Delivery Delivery  `json:"delivery"`
	Earlier  []Attempt `json:"earlier,omitempty"` // attempts that another one followed
	Acts     []Act     `json:"acts"`              // what was done to the campaign, by whom
	Text     []string  `json:"text"`              // the same in words
}

// Explain says what became of a person in a campaign, and why, in words: one Explanation for each delivery of the address.
func (e *Engine) Explain(ctx context.Context, id CampaignID, address string, l Language) ([]Explanation, error) {
	run, err := e.store.ReadRun(ctx, id)
	if err != nil {
		return nil, errorf("explain", id, err)
	}
	acts, err := e.Acts(ctx, id)
	if err != nil {
		return nil, err
	}
	var all []Explanation
	for d, err := range e.deliveries(ctx, DeliveryFilter{Campaign: id, Address: address}) {
		if err != nil {
			return nil, err
		}
		x := Explanation{Delivery: d, Acts: acts}
		if x.Earlier, err = e.store.Attempts(ctx, id, d.Number); err != nil {
			return nil, errorf("explain", id, err)
		}
		x.words(&run, l)
		all = append(all, x)
	}
	return all, nil
}

func (x *Explanation) words(run *Run, l Language) {
	d := &x.Delivery
	say := func(at time.Time, format string, a ...any) {
		stamp := ""
		if !at.IsZero() {
			stamp = at.UTC().Format(time.RFC3339) + " "
		}
		x.Text = append(x.Text, stamp+fmt.Sprintf(format, a...))
	}
	for _, a := range x.Acts {
		who := a.Actor
		if who == "" {
			who = Words("library", l, nil)
		}
		say(a.At, "%s: %s %s", who, a.Action, a.Detail)
	}
	if d.Line > 0 {
		say(time.Time{}, "%s", Words("imported_at", l, map[string]string{"line": fmt.Sprint(d.Line), "column": fmt.Sprint(d.Column)}))
	}
	for _, a := range x.Earlier {
		say(a.At, "%s", attemptWords(a.Number, a.State, a.Class, a.Reason, a.Code, l))
	}
	say(d.At, "%s", attemptWords(d.Attempt, d.State, d.Class, d.Reason, d.Code, l))
	if run.State == Running && d.State == Pending && run.Waiting.Code != "" {
		say(time.Time{}, "%s", Words("wait."+run.Waiting.Code, l, nil))
	}
}

func attemptWords(n int, s State, c Class, reason, code string, l Language) string {
	text := Words("state."+s.String(), l, nil)
	if n > 0 {
		text = Words("attempt", l, map[string]string{"number": fmt.Sprint(n)}) + ": " + text
	}
	if reason != "" {
		text += ": " + Words("reason."+reason, l, nil)
	}
	if code != "" {
		text += " (" + string(c) + " " + code + ")"
	}
	return text
}
