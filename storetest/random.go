package storetest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/outbound-go/outbound"
)

func randomRules() []rule {
	return []rule{
		{says: "Whatever happens in whatever order, a store is what the contract says.", check: func(c *check) { c.play(500, nil) }},
		{says: "Whatever happens in whatever order, with crashes in between, a store is what the contract says.", check: func(c *check) {
			c.play(300, func(p *play) {
				if p.chance(15) {
					p.say("crash")
					p.s = p.reopen(p.s)
				}
			})
		}, needs: needsReopen},
		{says: "Whatever happens in whatever order, through two handles, a store is what the contract says.", check: func(c *check) {
			var other *audited
			c.play(300, func(p *play) {
				if other == nil {
					other = p.second(p.s)
				}
				if p.chance(2) {
					other.ids = p.s.ids
					p.s, other = other, p.s
				}
			})
		}, needs: needsSecond},
	}
}

// play is a game of random operations, each of which the store and the model do.
type play struct {
	field
	*rand.Rand
	m    *model
	says []string // the latest operations
}

// chance is true once in n times.
func (p *play) chance(n int) bool { return p.IntN(n) == 0 }

// say remembers an operation for the report of a failure.
func (p *play) say(format string, args ...any) {
	p.says = append(p.says, fmt.Sprintf(format, args...))
	if len(p.says) > 12 {
		p.says = p.says[1:]
	}
}

// seed is OUTBOUND_SEED, or a new one.
func seed(c *check) uint64 {
	if text := os.Getenv("OUTBOUND_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			c.Fatalf("OUTBOUND_SEED is no number: %v", err)
		}
		return n
	}
	return rand.Uint64() //nolint:gosec // it is printed, not kept secret
}

func (c *check) play(steps int, before func(*play)) {
	n := seed(c)
	c.Logf("replay with OUTBOUND_SEED=%d", n)
	p := &play{Rand: rand.New(rand.NewPCG(n, n)), m: newModel()} //nolint:gosec // it must be repeatable
	told := *c
	told.extra = func() string {
		return fmt.Sprintf("\n\tOUTBOUND_SEED=%d, the latest operations:\n\t\t%s", n, strings.Join(p.says, "\n\t\t"))
	}
	p.field = field{check: &told, s: told.open(), now: dawn}
	p.s.c = &told
	p.lease()
	for range 3 {
		p.setUp()
	}
	for step := range steps {
		if step%90 == 30 { // or the game would end with its campaigns
			p.setUp()
		}
		if before != nil {
			before(p)
		}
		p.step()
		for _, r := range p.m.runs {
			p.compareRun(r)
			if step%7 == 0 || step == steps-1 {
				p.compareRows(r)
			}
		}
	}
}

// setUp makes one more campaign of random imports and sets it running.
func (p *play) setUp() {
	i := len(p.m.runs)
	run := newRun(outbound.CampaignID(fmt.Sprint("c", i)))
	switch i % 4 {
	case 1:
		run.Doubts = outbound.DoubtsResend
	case 2:
		run.PauseAfter = 12
	case 3:
		run.Group, run.Doubts, run.NotAfter = "other", outbound.DoubtsResend, p.now.Add(20*time.Minute)
	}
	created, _, err := p.s.CreateRun(p.ctx(), run, outbound.Act{})
	p.must(err)
	r := &modelRun{Run: created, attempts: map[int64][]outbound.Attempt{}, loose: map[int64]bool{}}
	p.m.runs = append(p.m.runs, r)
	p.id = run.ID
	for range 15 {
		p.importStep(r)
		p.compareImports(r)
	}
	p.importAway(r)
	p.compareRun(r)
	p.compareRows(r)
	r.State = outbound.Running
	p.update(func(run *outbound.Run) { run.State = outbound.Running })
	p.resync(r)
}

// resync takes over what UpdateRun gave.
func (p *play) resync(r *modelRun) {
	p.Helper()
	run, err := p.s.ReadRun(p.ctx(), r.ID)
	p.must(err)
	r.Version, r.Revision = run.Version, run.Revision
}

func (p *play) step() {
	p.tick(time.Duration(p.IntN(20)) * time.Second)
	r := p.m.runs[p.IntN(len(p.m.runs))]
	p.id = r.ID
	switch n := p.IntN(100); {
	case n < 55:
		p.commitStep()
	case n < 68:
		p.settleStep(r)
	case n < 72:
		p.reopenStep(r)
	case n < 75:
		p.recoverStep()
	case n < 85:
		p.stateStep(r)
	case n < 88:
		group := []string{acme, "other"}[p.IntN(2)]
		p.say("suppress in %s", group)
		p.suppress(p.s, entry(fmt.Sprint(p.IntN(9)), func(e *outbound.Suppression) { e.Group = group }))
		_, p.m.epochs[group], _ = p.s.Suppressed(p.ctx(), group, shop, outbound.Marketing, nil)
	case n < 92:
		p.stopStep()
	default:
		p.dueStep(r)
	}
}

func (p *play) stopStep() {
	stop := outbound.Stop{Scope: outbound.StopTouchpoint, Name: shop, At: p.now}
	if p.chance(2) {
		stop.Scope, stop.Name = outbound.StopGroup, acme
	}
	on := p.chance(4)
	p.say("stop of %s %s: %t", stop.Scope, stop.Name, on)
	if on {
		p.must(p.s.SetStop(p.ctx(), stop, outbound.Act{}))
	} else {
		p.must(p.s.ClearStop(p.ctx(), stop.Scope, stop.Name, outbound.Act{}))
	}
	p.m.stops[stop.Scope][stop.Name] = on
}

// stateStep pauses, resumes, and seldom cancels or expires, as the engine does.
func (p *play) stateStep(r *modelRun) {
	what := []string{"pause", "resume", "resume", "resume", "resume"}[p.IntN(5)]
	if p.chance(15) {
		what = []string{"cancel", "expire"}[p.IntN(2)]
	}
	now := p.now
	change := func(run *outbound.Run) {
		giveUp := func(tail outbound.State) {
			run.Counts.Move(outbound.Pending, tail, run.Counts.Pending)
			run.Tail = tail
		}
		switch {
		case what == "pause" && run.State == outbound.Running:
			run.State = outbound.Paused
		case what == "resume" && (run.State == outbound.Paused || run.State == outbound.Running):
			run.State, run.PauseAfter = outbound.Running, 0
			run.CompleteIfDone(now)
		case what == "cancel" && (run.State == outbound.Running || run.State == outbound.Paused) && run.Tail == outbound.Pending:
			giveUp(outbound.Canceled)
			run.State, run.Ended = outbound.CanceledState, now
		case what == "expire" && run.State == outbound.Running && run.Tail == outbound.Pending:
			giveUp(outbound.Skipped)
			run.CompleteIfDone(now)
		}
	}
	p.say("%s of %s, which is %s", what, r.ID, r.State)
	p.update(change)
	change(&r.Run)
	p.resync(r)
}

func (p *play) recoverStep() {
	p.say("recover")
	p.lease()
	resend := p.now.Add(30 * time.Second)
	same(p.check, "recovered", p.recover(resend), p.m.recover(p.now, resend))
	for _, r := range p.m.runs {
		run, err := p.s.ReadRun(p.ctx(), r.ID)
		p.must(err)
		if run.Low < r.Low || run.Low > r.Cursor {
			p.Fatalf("Low was %d and is %d, the cursor is %d", r.Low, run.Low, r.Cursor)
		}
		r.Low = run.Low
	}
}

func (p *play) settleStep(r *modelRun) {
	outcomes := p.outcomes(r, 1+p.IntN(4))
	p.say("settle %s %+v", r.ID, outcomes)
	n, err := p.s.Settle(p.ctx(), p.now, r.ID, outcomes, outbound.Act{})
	p.must(err)
	applied := r.apply(outcomes, p.now)
	if applied > 0 {
		r.settled(p.now)
	}
	same(p.check, "applied", n, applied)
}

func (p *play) reopenStep(r *modelRun) {
	if r.Tail != outbound.Pending || r.State == outbound.CanceledState {
		return
	}
	re := outbound.Reopening{Campaign: r.ID, From: []outbound.State{outbound.Failed, outbound.Uncertain}[p.IntN(2)], Due: p.now.Add(time.Duration(p.IntN(60)) * time.Second), Limit: 5}
	if p.chance(3) {
		re.Before = p.now.Add(-time.Minute)
	}
	if p.chance(3) {
		re.Classes = []outbound.Class{outbound.ClassTransient, outbound.ClassAmbiguous}
	}
	p.say("reopen %+v", re)
	whole, total := re, 0
	p.stepwise(50, func(int) (bool, error) {
		moved, last, done, err := p.s.Reopen(p.ctx(), p.now, re, outbound.Act{})
		total += moved
		re.After = last
		return done, err
	})
	same(p.check, "moved", total, r.reopen(&whole, p.now))
}

func (p *play) dueStep(r *modelRun) {
	limit := 1 + p.IntN(12)
	p.say("due of %s, limit %d", r.ID, limit)
	rows, next, err := p.s.Due(p.ctx(), r.ID, p.now, limit)
	p.must(err)
	var come, late []outbound.Row
	for _, row := range r.waitingRows() {
		if row.Due.After(p.now) {
			late = append(late, row)
		} else {
			come = append(come, row)
		}
	}
	if len(late) > 0 {
		same(p.check, "next", next, late[0].Due)
	} else {
		same(p.check, "next", next, time.Time{})
	}
	same(p.check, "the number due", len(rows), min(limit, len(come)))
	seen := map[int64]bool{}
	for i, row := range rows {
		at := slices.IndexFunc(come, func(other outbound.Row) bool { return other.Seq == row.Seq })
		if at < 0 || seen[row.Seq] {
			p.Fatalf("delivery %d is not due, or twice", row.Seq)
		}
		seen[row.Seq] = true
		same(p.check, "the delivery that is due", row, r.shown(come[at]))
		same(p.check, "Due in order", row.Due, come[i].Due)
	}
	var pending []int64
	after := int64(p.IntN(int(r.Last) + 1))
	for _, row := range r.rows {
		if state, _ := r.Effective(&row); state == outbound.Pending && row.Seq > after && len(pending) < limit {
			pending = append(pending, row.Seq)
		}
	}
	ahead, err := p.s.ReadAhead(p.ctx(), r.ID, after, limit)
	p.must(err)
	same(p.check, "who is read ahead", seqsOf(ahead), pending)
}
