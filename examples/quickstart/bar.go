package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/outbound-go/outbound"
)

// bar shows progress while a campaign is sent: a line that is drawn anew on a terminal, a line now and then elsewhere.
type bar struct {
	p     *printer
	live  bool
	wg    sync.WaitGroup
	begun time.Time
	first int64 // settled before this run
	last  outbound.Progress
}

// lineEvery is how often a line is printed where nothing can be drawn anew.
const lineEvery = 2 * time.Second

// startBar watches a campaign until ctx or the campaign ends.
func (p *printer) startBar(ctx context.Context, engine *outbound.Engine, id outbound.CampaignID) *bar {
	b := &bar{p: p, live: p.isTerminal(), begun: time.Now(), first: -1}
	b.wg.Go(func() {
		var printed time.Time
		for now, err := range engine.Watch(ctx, id) {
			if err != nil {
				return
			}
			if b.first < 0 {
				b.first = now.Done()
			}
			b.last = now
			switch {
			case b.live:
				p.printf("\r\x1b[K   %s", b.draw(&now))
			case time.Since(printed) >= lineEvery || now.State == outbound.Completed:
				printed = time.Now()
				p.printf("   %s\n", b.draw(&now))
			}
		}
	})
	return b
}

// wait returns when nothing is drawn any more, and says how fast it was.
func (b *bar) wait() {
	b.wg.Wait()
	if b.live {
		b.p.printf("\n")
	}
	if n, took := b.last.Done()-b.first, time.Since(b.begun); b.first >= 0 && n > 0 {
		b.p.line("took", n, took.Round(100*time.Millisecond), float64(n)/took.Seconds())
	}
}

// draw is progress as a line.
func (b *bar) draw(now *outbound.Progress) string {
	const width = 40
	full := 0
	if now.Total > 0 {
		full = int(now.Done() * width / now.Total)
	}
	parts := []string{
		strings.Repeat("█", full) + strings.Repeat("░", width-full),
		fmt.Sprintf("%3d/%d", now.Done(), now.Total),
	}
	if now.State == outbound.Running && now.PerSecond > 0 {
		parts = append(parts, b.p.say("speed", now.PerSecond))
		if left := time.Until(now.EstimatedEnd).Round(time.Second); !now.EstimatedEnd.IsZero() && left > 0 {
			parts = append(parts, b.p.say("left", left))
		}
	}
	if now.State != outbound.Running || now.Waiting.Code != "" && now.Waiting.Code != "rate" {
		parts = append(parts, now.Describe(b.p.language))
	}
	return strings.Join(parts, "  ")
}

// isTerminal says whether somebody looks at what is printed.
func (p *printer) isTerminal() bool {
	f, ok := p.w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
