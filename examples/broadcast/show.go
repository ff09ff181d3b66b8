package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/outbound-go/outbound"
)

// shownRejections is how many rejected pieces are shown; the others are counted.
const shownRejections = 10

// showImport says what became of an audience.
func (t terminal) showImport(r *outbound.ImportReport) {
	t.say("audience: %d pieces = %d recipients + %d duplicates + %d rejected", r.Pieces, r.Accepted, r.Duplicate, r.Rejected)
	for i := range min(len(r.Rejections), shownRejections) {
		x := &r.Rejections[i]
		t.say("  line %d, column %d: %q: %s", x.Line, x.Column, x.Piece, x.Problem.Message)
	}
	if more := r.Rejected - int64(min(len(r.Rejections), shownRejections)); more > 0 {
		t.say("  and %d more", more)
	}
}

// states lists the states that anybody is in.
func states(p *outbound.Progress) []outbound.State {
	return slices.DeleteFunc(outbound.States(), func(s outbound.State) bool { return *p.Of(s) == 0 })
}

// showCounts says how many are in each state.
func (t terminal) showCounts(p *outbound.Progress) {
	terms := make([]string, 0, len(outbound.States()))
	for _, s := range states(p) {
		terms = append(terms, fmt.Sprintf("%d %s", *p.Of(s), s))
	}
	text := fmt.Sprintf("%s: %d recipients", outbound.Words("campaign."+string(p.State), outbound.English, nil), p.Total)
	if len(terms) > 0 {
		text += " = " + strings.Join(terms, " + ")
	}
	t.say("%s", text)
}

// table writes aligned columns.
func table(w io.Writer, rows [][]string) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				cell = "\t" + cell
			}
			if _, err := io.WriteString(tw, cell); err != nil {
				return err
			}
		}
		if _, err := io.WriteString(tw, "\n"); err != nil {
			return err
		}
	}
	return tw.Flush()
}

// printPlan prints a plan as a table.
func (t terminal) printPlan(p *outbound.Plan, r *outbound.ImportReport) error {
	rows := [][]string{
		{"touchpoint", p.Touchpoint + " (" + p.Channel + ")"},
		{"recipients", fmt.Sprint(p.Total)},
		{"duplicates", fmt.Sprint(p.Duplicate)},
		{"rejected", fmt.Sprint(p.Rejected)},
		{"would be sent", fmt.Sprint(p.Send)},
		{"would be skipped", fmt.Sprint(p.Skip)},
		{"would be held", fmt.Sprint(p.Hold)},
	}
	for _, reason := range slices.Sorted(maps.Keys(p.Reasons)) {
		rows = append(rows, []string{"  " + outbound.Words("reason."+reason, outbound.English, nil), fmt.Sprint(p.Reasons[reason])})
	}
	rate, length := "unlimited", fmt.Sprint(p.Longest)
	if p.PerSecond > 0 {
		rate = fmt.Sprintf("%.4g a second", p.PerSecond)
	}
	if p.Limit > 0 {
		length += fmt.Sprintf(" of %d", p.Limit)
	}
	rows = append(rows, []string{"rate", rate}, []string{"takes", p.Duration.Round(time.Second).String()}, []string{"longest text", length})
	if err := table(t.out, rows); err != nil {
		return err
	}
	if r != nil && r.Rejected > 0 {
		t.showImport(r)
	}
	for _, w := range p.Warnings {
		t.say("worth a look: %s", w.Error())
	}
	return nil
}
