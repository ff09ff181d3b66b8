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
	p        *printer
	campaign outbound.Campaign
	live     bool
	begun    time.Time
	first    int64 // settled before this run
	printed  time.Time
	wg       sync.WaitGroup
}

// lineEvery is how often a line is printed where nothing can be drawn anew.
const lineEvery = 2 * time.Second

// startBar watches a campaign until ctx or the campaign ends.
func (p *printer) startBar(ctx context.Context, engine *outbound.Engine, before outbound.Progress) *bar {
	b := &bar{p: p, campaign: engine.Campaign(before.ID), live: p.isTerminal(), begun: time.Now(), first: before.Done()}
	b.wg.Go(func() {
		for now, err := range engine.Watch(ctx, before.ID) {
			if err != nil {
				return // ctx ended; what is wrong with the store the sender says
			}
			if b.live || time.Since(b.printed) >= lineEvery {
				b.draw(&now)
			}
		}
	})
	return b
}

// end draws how far it came, and says how fast it was.
func (b *bar) end(ctx context.Context) error {
	b.wg.Wait()
	took := time.Since(b.begun)
	now, err := b.campaign.Progress(ctx)
	if err != nil {
		return err
	}
	b.draw(&now)
	if b.live {
		b.p.printf("\n")
	}
	if n := now.Done() - b.first; n > 0 {
		b.p.line("took", n, took.Round(100*time.Millisecond), float64(n)/took.Seconds())
	}
	return nil
}

// draw shows progress.
func (b *bar) draw(now *outbound.Progress) {
	b.printed = time.Now()
	if b.live {
		b.p.printf("\r\x1b[K   %s", b.line(now))
		return
	}
	b.p.printf("   %s\n", b.line(now))
}

// line is progress in a line.
func (b *bar) line(now *outbound.Progress) string {
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
