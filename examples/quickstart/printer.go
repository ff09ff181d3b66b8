package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/outbound-go/outbound"
)

// printer prints in the chosen language.
type printer struct {
	w        io.Writer
	language outbound.Language
	titles   int
}

func newPrinter(w io.Writer, russian bool) *printer {
	p := &printer{w: w, language: outbound.English}
	if russian {
		p.language = outbound.Russian
	}
	return p
}

// say returns words of this program in the chosen language.
func (p *printer) say(key string, a ...any) string {
	words := phrases()[key]
	text := words.en
	if p.language == outbound.Russian {
		text = words.ru
	}
	if len(a) == 0 {
		return text
	}
	return fmt.Sprintf(text, a...)
}

func (p *printer) line(key string, a ...any) { p.printf("   %s\n", p.say(key, a...)) }

func (p *printer) printf(format string, a ...any) { _, _ = fmt.Fprintf(p.w, format, a...) }

func (p *printer) title(key string) {
	p.titles++
	p.printf("\n%d. %s\n", p.titles, p.say(key))
}

// report prints what became of a source of the audience, piece by rejected piece.
func (p *printer) report(r *outbound.ImportReport) {
	p.line("import", r.Source, r.Pieces, r.Accepted, r.Duplicate, r.Rejected)
	for _, x := range r.Rejections {
		p.printf("     %s  %s  %s\n", pad(p.say("place", x.Line, x.Column), 24), pad(x.Piece, 26), x.Problem.In(p.language))
	}
}

// plan prints what the start would do, and one message as its person gets it.
func (p *printer) plan(plan *outbound.Plan, example *outbound.Rendered) {
	p.line("plan-send", plan.Send, plan.Skip, plan.Hold)
	p.line("plan-rate", plan.PerSecond, plan.Duration.Round(100*time.Millisecond))
	p.line("plan-text", plan.Longest, plan.Limit)
	p.line("plan-example", example.Text)
	for _, w := range plan.Warnings {
		p.printf("   %s: %s\n", w.Field, w.In(p.language))
	}
}

// result prints how many people are in each state, and why.
func (p *printer) result(now *outbound.Progress, reasons map[outcome]int) {
	p.line("campaign", now.Describe(p.language))
	for _, s := range outbound.States() {
		n := *now.Of(s)
		if n == 0 {
			continue
		}
		p.printf("   %5d  %s\n", n, outbound.Words("state."+s.String(), p.language, nil))
		for _, o := range slices.SortedFunc(maps.Keys(reasons), func(a, b outcome) int {
			return cmp.Or(cmp.Compare(reasons[b], reasons[a]), cmp.Compare(a.reason, b.reason))
		}) {
			if o.state == s {
				p.printf("          %5d  %s\n", reasons[o], outbound.Words("reason."+o.reason, p.language, nil))
			}
		}
	}
}

// sum is the audience as the sum of its states.
func (p *printer) sum(now *outbound.Progress) string {
	var terms []string
	for _, s := range outbound.States() {
		if n := *now.Of(s); n > 0 {
			terms = append(terms, fmt.Sprintf("%d %s", n, outbound.Words("state."+s.String(), p.language, nil)))
		}
	}
	return strings.Join(terms, " + ")
}

// pad fills a text up with spaces.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(width-utf8.RuneCountInString(s), 0))
}
