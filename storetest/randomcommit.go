package storetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/outbound-go/outbound"
)

// outcomes are random ones, most of which fit.
func (p *play) outcomes(r *modelRun, n int) []outbound.Outcome {
	var inFlight []*outbound.Row
	for i := range r.rows {
		if state, _ := r.Effective(&r.rows[i]); state == outbound.Sending || state == outbound.Uncertain {
			inFlight = append(inFlight, &r.rows[i])
		}
	}
	outcomes := make([]outbound.Outcome, n)
	for i := range outcomes {
		row := &r.rows[p.IntN(len(r.rows))]
		if len(inFlight) > 0 && !p.chance(5) {
			row = inFlight[p.IntN(len(inFlight))]
		}
		_, attempt := r.Effective(row)
		if p.chance(10) {
			attempt += p.IntN(3) - 1
		}
		outcomes[i] = p.outcome(row.Seq, attempt)
	}
	return outcomes
}

func (p *play) outcome(seq int64, attempt int) outbound.Outcome {
	o := outbound.Outcome{Seq: seq, Attempt: attempt, Tries: p.IntN(4)}
	due := p.now.Add(time.Duration(p.IntN(90)-10) * time.Second)
	switch p.IntN(9) {
	case 0, 1, 2:
		o.State, o.Message = outbound.Accepted, fmt.Sprint("m", p.IntN(1000))
	case 3:
		o.State, o.Class, o.Code, o.Reason = outbound.Failed, outbound.ClassTransient, "500", outbound.ReasonTries
	case 4:
		o.State, o.Class, o.Reason, o.Due = outbound.Uncertain, outbound.ClassAmbiguous, outbound.ReasonNoAnswer, due
	case 5, 6:
		o.State, o.Class, o.Code, o.Due = outbound.Pending, outbound.ClassTransient, "503", due
		if p.chance(4) {
			o.Address = fmt.Sprint("moved-", p.IntN(1000))
		}
	case 7:
		o.State = []outbound.State{outbound.Delivered, outbound.Read}[p.IntN(2)]
	default:
		o.State, o.Reason = outbound.Skipped, outbound.ReasonDuplicate
	}
	return o
}

// decision is what becomes of somebody without an attempt.
func (p *play) decision(seq int64) outbound.Outcome {
	if p.chance(2) {
		return skipped(seq)
	}
	return held(seq, p.now.Add(time.Duration(1+p.IntN(60))*time.Second))
}

// commitStep commits a batch of several campaigns.
func (p *play) commitStep() {
	batch := outbound.Batch{Touchpoint: shop, Token: p.token, Now: p.now}
	for _, i := range p.Perm(len(p.m.runs))[:1+p.IntN(3)] {
		batch.Runs = append(batch.Runs, p.runBatch(p.m.runs[i]))
	}
	if p.chance(20) {
		batch.Token--
	}
	p.say("commit %s", describe(&batch))
	result, err := p.s.Commit(p.ctx(), batch)
	if batch.Token != p.token {
		p.mustBe(err, outbound.ErrLeaseLost)
		return
	}
	p.must(err)
	same(p.check, "the number of results", len(result.Runs), len(batch.Runs))
	for i := range batch.Runs {
		got := result.Runs[i]
		reasons, refused := p.m.commit(&batch.Runs[i], shop, p.now)
		if len(reasons) == 0 && got.Refused != "" || len(reasons) > 0 && !slices.Contains(reasons, got.Refused) {
			p.Fatalf("the wants of %s are refused for %q, want one of %q", batch.Runs[i].Campaign, got.Refused, reasons)
		}
		same(p.check, "the refused claims", got.Claims, refused)
		same(p.check, "Epoch", got.Epoch, p.m.epochs[p.m.run(batch.Runs[i].Campaign).Group])
		same(p.check, "Counts of the result", got.Run.Counts, p.m.run(batch.Runs[i].Campaign).Counts)
	}
}

func describe(b *outbound.Batch) string {
	var text strings.Builder
	for _, r := range b.Runs {
		fmt.Fprintf(&text, "[%s outcomes %+v claims %+v low %d epoch %d", r.Campaign, r.Outcomes, r.Claims, r.Low, r.Epoch)
		if r.Range != nil {
			fmt.Fprintf(&text, " range %+v", *r.Range)
		}
		text.WriteString("]")
	}
	return text.String()
}

func (p *play) runBatch(r *modelRun) outbound.RunBatch {
	b := outbound.RunBatch{Campaign: r.ID, Epoch: p.m.epochs[r.Group], Outcomes: p.outcomes(r, p.IntN(5))}
	if p.chance(15) {
		b.Epoch++
	}
	if p.chance(2) {
		b.Low = r.low()
	}
	if p.chance(10) {
		b.Waiting = &outbound.Waiting{Code: "rate", Until: p.now}
	}
	if p.chance(2) && r.Cursor < r.Last {
		b.Range = p.span(r)
	}
	if p.chance(2) {
		b.Claims = p.claims(r)
	}
	return b
}

// span is a random range, most of which fit.
func (p *play) span(r *modelRun) *outbound.Range {
	want := &outbound.Range{From: r.Cursor, To: min(r.Cursor+1+p.Int64N(6), r.Last)}
	if p.chance(15) {
		want.From = max(want.From+p.Int64N(3)-1, 0)
		want.To = max(want.To, want.From)
	}
	for _, row := range r.rows {
		switch {
		case row.Seq <= want.From || row.Seq > want.To:
		case p.chance(4):
			want.Decided = append(want.Decided, p.decision(row.Seq))
		default:
			want.Count++
		}
	}
	if p.chance(20) {
		want.Count++
	}
	return want
}

// claims are random ones, of those who wait and of others.
func (p *play) claims(r *modelRun) []outbound.Claim {
	var claims []outbound.Claim
	waiting := r.waitingRows()
	for range 1 + p.IntN(4) {
		row := r.rows[p.IntN(len(r.rows))]
		if len(waiting) > 0 && !p.chance(6) {
			row = waiting[p.IntN(min(len(waiting), 4))]
		}
		claim := outbound.Claim{Seq: row.Seq, Attempt: row.Attempt + 1}
		if p.chance(10) {
			claim.Attempt += p.IntN(3) - 1
		}
		if p.chance(5) {
			d := p.decision(row.Seq)
			claim.Decided = &d
		}
		claims = append(claims, claim)
	}
	return claims
}
