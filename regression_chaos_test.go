package outbound_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/outbound-go/outbound"
)

// chaos fails calls at random, before or after they are done, and takes a random while.
type chaos struct {
	*hooked
	name   string
	log    *logBook
	mu2    sync.Mutex
	random *rand.Rand
	rate   int // of 100
	lag    int // ms, at most
}

func (c *chaos) dice() (before, after bool, lag1, lag2 time.Duration) {
	c.mu2.Lock()
	defer c.mu2.Unlock()
	if c.rate > 0 {
		before = c.random.IntN(100) < c.rate
		after = c.random.IntN(100) < c.rate
	}
	if c.lag > 0 {
		lag1, lag2 = time.Duration(c.random.IntN(c.lag*1000))*time.Microsecond, time.Duration(c.random.IntN(c.lag*1000))*time.Microsecond
	}
	return
}

func roll[T any](c *chaos, f func() (T, error)) (T, error) {
	before, after, lag1, lag2 := c.dice()
	var none T
	if lag1 > 0 {
		<-time.After(lag1)
	}
	if before {
		return none, errFlaky
	}
	r, err := f()
	if lag2 > 0 {
		<-time.After(lag2)
	}
	if after && err == nil {
		return none, errFlaky
	}
	return r, err
}

func (c *chaos) Commit(ctx context.Context, b outbound.Batch) (outbound.BatchResult, error) {
	c.trace(b, outbound.BatchResult{}, errFlaky)
	r, err := roll(c, func() (outbound.BatchResult, error) {
		r, err := c.hooked.Commit(ctx, b)
		c.trace(b, r, err)
		return r, err
	})
	if err != nil {
		c.say("", 0, "commit of token", b.Token, "answered", err)
	}
	return r, err
}

// say keeps a line for a delivery (or with seq 0 for all).
func (c *chaos) say(id outbound.CampaignID, seq int64, a ...any) {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	c.log.lines = append(c.log.lines, logLine{id, seq, time.Now().Format("05.000000 ") + c.name + " " + fmt.Sprintln(a...)})
}

type logLine struct {
	id   outbound.CampaignID
	seq  int64
	text string
}

type logBook struct {
	mu    sync.Mutex
	lines []logLine
}

func (l *logBook) of(id outbound.CampaignID, seq int64) (s string) {
	for _, x := range l.lines {
		if x.seq == 0 || x.id == id && x.seq == seq {
			s += x.text
		}
	}
	return s
}

func (c *chaos) trace(b outbound.Batch, r outbound.BatchResult, err error) {
	for i, rb := range b.Runs {
		refused := ""
		if err == nil {
			refused = fmt.Sprintf("-> refused %q %v", r.Runs[i].Refused, r.Runs[i].Claims)
		}
		for _, o := range rb.Outcomes {
			c.say(rb.Campaign, o.Seq, "token", b.Token, "outcome", o.Attempt, o.State, o.Reason, err)
		}
		if rb.Range != nil {
			for seq := rb.Range.From + 1; seq <= rb.Range.To; seq++ {
				c.say(rb.Campaign, seq, "token", b.Token, "range", rb.Range.From, rb.Range.To, refused, err)
			}
		}
		for _, cl := range rb.Claims {
			c.say(rb.Campaign, cl.Seq, "token", b.Token, "claim", cl.Attempt, cl.Decided, refused, err)
		}
	}
}

func (c *chaos) UpdateRun(ctx context.Context, id outbound.CampaignID, change func(*outbound.Run) (outbound.Act, error)) (outbound.Run, error) {
	return roll(c, func() (outbound.Run, error) { return c.hooked.UpdateRun(ctx, id, change) })
}

func (c *chaos) UpdateTouchpoint(ctx context.Context, n string, change func(*outbound.TouchpointRecord) (outbound.Act, error)) (outbound.TouchpointRecord, error) {
	return roll(c, func() (outbound.TouchpointRecord, error) { return c.hooked.UpdateTouchpoint(ctx, n, change) })
}

func (c *chaos) ReadTouchpoint(ctx context.Context, n string) (outbound.TouchpointRecord, error) {
	return roll(c, func() (outbound.TouchpointRecord, error) { return c.hooked.ReadTouchpoint(ctx, n) })
}

func (c *chaos) ListRuns(ctx context.Context, f outbound.RunFilter) ([]outbound.Run, error) {
	return roll(c, func() ([]outbound.Run, error) { return c.hooked.ListRuns(ctx, f) })
}

func (c *chaos) Stops(ctx context.Context) ([]outbound.Stop, error) {
	return roll(c, func() ([]outbound.Stop, error) { return c.hooked.Stops(ctx) })
}

func (c *chaos) ReadAhead(ctx context.Context, id outbound.CampaignID, after int64, limit int) ([]outbound.Row, error) {
	return roll(c, func() ([]outbound.Row, error) { return c.hooked.ReadAhead(ctx, id, after, limit) })
}

func (c *chaos) Settle(ctx context.Context, now time.Time, id outbound.CampaignID, o []outbound.Outcome, a outbound.Act) (int, error) {
	return roll(c, func() (int, error) {
		n, err := c.hooked.Settle(ctx, now, id, o, a)
		for _, x := range o {
			c.say(id, x.Seq, "settle", x.Attempt, x.State, x.Reason, n, err)
		}
		return n, err
	})
}

func (c *chaos) Recover(ctx context.Context, now time.Time, name string, token int64, resend time.Time) (int64, error) {
	return roll(c, func() (int64, error) {
		n, err := c.hooked.Recover(ctx, now, name, token, resend)
		c.say("", 0, "recover", token, n, err)
		return n, err
	})
}

func (c *chaos) Now(ctx context.Context) (time.Time, error) {
	return roll(c, func() (time.Time, error) { return c.hooked.Now(ctx) })
}
