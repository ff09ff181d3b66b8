package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/outbound-go/outbound"
)

// screen shows progress: one line that is drawn anew on a terminal, a line now and then elsewhere.
type screen struct {
	w     io.Writer
	quiet bool
	live  bool
	drawn bool
	at    time.Time // of the last line
	said  string    // state and wait of the last line
}

// lineEvery is how often a line is written where nothing can be drawn anew.
const lineEvery = 5 * time.Second

func newScreen(w io.Writer, quiet bool) *screen {
	return &screen{w: w, quiet: quiet, live: isTerminal(w)}
}

// isTerminal says whether somebody looks at w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (s *screen) show(p outbound.Progress) {
	if s.quiet {
		return
	}
	if s.live {
		_, _ = fmt.Fprintf(s.w, "\r\x1b[K%s", cut(line(&p), 110))
		s.drawn = true
		return
	}
	said := string(p.State) + strings.TrimPrefix(p.Waiting.Code, "rate")
	if said == s.said && time.Since(s.at) < lineEvery {
		return
	}
	s.said, s.at = said, time.Now()
	_, _ = fmt.Fprintln(s.w, line(&p))
}

// end leaves the last line where it is.
func (s *screen) end() {
	if s.drawn {
		_, _ = fmt.Fprintln(s.w)
	}
}

// line is progress in a line.
func line(p *outbound.Progress) string {
	share := 0.0
	if p.Total > 0 {
		share = float64(p.Done()) / float64(p.Total)
	}
	const width = 20
	full := int(share * width)
	parts := []string{
		fmt.Sprintf("[%s%s] %3.0f %%", strings.Repeat("#", full), strings.Repeat(".", width-full), 100*share),
		fmt.Sprintf("%d of %d", p.Done(), p.Total),
	}
	if p.PerSecond > 0 && p.State == outbound.Running {
		parts = append(parts, fmt.Sprintf("%.1f/s", p.PerSecond))
		if left := time.Until(p.EstimatedEnd).Round(time.Second); !p.EstimatedEnd.IsZero() && left > 0 {
			parts = append(parts, left.String()+" left")
		}
	}
	for _, n := range []struct {
		count int64
		name  string
	}{{p.Failed, "failed"}, {p.Skipped, "skipped"}, {p.Uncertain, "in doubt"}} {
		if n.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n.count, n.name))
		}
	}
	if p.State != outbound.Running || p.Waiting.Code != "" && p.Waiting.Code != "rate" {
		parts = append(parts, p.Describe(outbound.English))
	}
	return strings.Join(parts, "  ")
}

// cut shortens a line to what a terminal shows in one row.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
