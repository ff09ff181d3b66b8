package outbound

import (
	"context"
	"errors"
	"time"
)

// commitJob is one transaction on its way to the store.
type commitJob struct {
	batch   Batch
	parts   []part
	started time.Time
	gate    *Gate
	pace    *Pace
}

// part is what a job contains of one campaign.
type part struct {
	a        *activeRun
	outcomes []Outcome
	settling []*item
	wanted   []*item // first attempts, the decided ones among them
	claims   []*item
}

type commitDone struct {
	job    commitJob
	result BatchResult
	err    error
	cost   time.Duration
}

// Figures of the group commit.
const (
	outcomeDelay = 3 * time.Millisecond  // an outcome waits so long for company
	minHorizon   = 20 * time.Millisecond // intents are granted so long before their slot
	maxHorizon   = 200 * time.Millisecond
	maxDecided   = 1000 // held and skipped people of one campaign in a commit
	flowMargin   = 1.5  // of what is sent during a commit: start the next one when no more than that is granted
)

// write is the committer: one transaction at a time, so that the next one gathers meanwhile.
func (d *driver) write(ctx context.Context) {
	for job := range d.commits {
		started := time.Now()
		result, err := d.e.store.Commit(ctx, job.batch)
		d.committed <- commitDone{job, result, err, time.Since(started)}
	}
}

// write1 starts a commit if one is worth it now.
func (d *driver) write1(now time.Time) {
	if d.writing || now.Before(d.writeAt) || d.lease.isLost() {
		return
	}
	outcomes, dirty := 0, d.newGate != nil || d.newPace != nil
	for _, a := range d.runs {
		outcomes += len(a.outcomes)
	}
	room := d.room(now, outcomes)
	wants := false
	for _, a := range d.runs {
		if d.wantsCommit(a, room) {
			wants = true
		}
		if a.nudge && !a.halted {
			dirty = true
		}
	}
	// Workers are to find work when this commit is done, and commits are to be few: so not before they would run dry meanwhile.
	low := float64(len(d.granted)) <= min(d.flow*d.writeCost.Seconds()*flowMargin, float64(d.concurrency))
	due := outcomes > 0 && (outcomes >= d.concurrency || !now.Before(d.firstDue.Add(outcomeDelay)) || d.inflight == 0)
	if !(wants && low || due || dirty) {
		return
	}
	d.launch(now, room)
}

// launch gathers a batch and sends it to the committer.
func (d *driver) launch(now time.Time, room int) {
	job := commitJob{started: now, gate: d.newGate, pace: d.newPace}
	job.batch = Batch{Touchpoint: d.name, Token: d.lease.token, Now: d.e.clock.now(), Gate: d.newGate, Pace: d.newPace}
	d.newGate, d.newPace = nil, nil
	parts := make(map[*activeRun]*part, len(d.runs))
	order := make([]*activeRun, 0, len(d.runs))
	of := func(a *activeRun) *part {
		p := parts[a]
		if p == nil {
			p = &part{a: a}
			parts[a] = p
			order = append(order, a)
		}
		return p
	}
	for _, a := range d.runs {
		if len(a.outcomes) > 0 {
			p := of(a)
			p.outcomes, p.settling = a.outcomes, a.settling
			a.outcomes, a.settling = nil, nil
		}
		if a.nudge && !a.halted {
			of(a)
			a.nudge = false
		}
	}
	if !d.closing {
		d.share(room, of)
	}
	if len(order) > 0 {
		d.idleSince = time.Time{}
	}
	for _, a := range order {
		job.parts = append(job.parts, *parts[a])
		job.batch.Runs = append(job.batch.Runs, d.runBatch(parts[a], job.batch.Now))
	}
	d.writing = true
	d.commits <- job
}

// runBatch is a part as the store wants it.
func (d *driver) runBatch(p *part, now time.Time) RunBatch {
	a := p.a
	b := RunBatch{Campaign: a.run.ID, Epoch: a.epoch, Outcomes: p.outcomes, Media: a.media}
	a.media = nil
	if len(p.wanted) > 0 {
		r := &Range{From: a.run.Cursor, To: p.wanted[len(p.wanted)-1].row.Seq}
		for _, it := range p.wanted {
			if it.decided != nil {
				r.Decided = append(r.Decided, *it.decided)
				d.comesDue(a, it.decided)
			} else {
				r.Count++
			}
		}
		b.Range = r
	}
	for _, it := range p.claims {
		b.Claims = append(b.Claims, Claim{Seq: it.row.Seq, Attempt: it.attempt, Decided: it.decided})
		if it.decided != nil {
			d.comesDue(a, it.decided)
		}
	}
	b.Low = a.run.Cursor
	if len(a.window) > 0 {
		b.Low = a.window[0].row.Seq - 1
	}
	if d.unsaid(a) {
		w := d.waitingOf(a, now)
		b.Waiting = &w
	}
	return b
}

// comesDue makes the campaign look for due deliveries when an outcome's time comes.
func (d *driver) comesDue(a *activeRun, o *Outcome) {
	if o.Due.IsZero() {
		return
	}
	if o.Due.Before(a.lookDue) {
		a.lookDue = o.Due
	}
	if a.nextDue.IsZero() || o.Due.Before(a.nextDue) {
		a.nextDue = o.Due
	}
}

// written takes the result of a commit in.
func (d *driver) written(ctx context.Context, c commitDone) {
	d.writing = false
	d.e.touched()
	if errors.Is(c.err, ErrLeaseLost) {
		d.lease.lose()
		d.unwritten(&c.job)
		return
	}
	if c.err != nil {
		d.failures++
		d.writeAt = time.Now().Add(min(50*time.Millisecond<<min(d.failures, 5), time.Second))
		d.unwritten(&c.job)
		d.storeFailed(c.err)
		return
	}
	d.failures = 0
	d.writeCost = (3*d.writeCost + c.cost) / 4
	if elapsed := time.Since(d.flowAt).Seconds(); elapsed > 0 {
		d.flow = (3*d.flow + float64(d.flown)/elapsed) / 4
		d.flown, d.flowAt = 0, time.Now()
	}
	d.firstDue = time.Now()
	for i := range c.job.parts {
		d.granting(ctx, &c.job.parts[i], &c.result.Runs[i], c.job.started.Add(useBy))
	}
}

// granting takes in what became of one campaign's part.
func (d *driver) granting(ctx context.Context, p *part, r *RunResult, useBy time.Time) {
	a := p.a
	for _, it := range p.settling {
		d.durable(it)
	}
	media := r.Run.Media
	r.Run.Sealed = nil
	stateChanged := r.Run.Version > a.run.Version
	a.run = r.Run
	if !a.halted && a.run.State != Running {
		d.halt(a)
		d.refreshAt = time.Time{} // to let go of it
	} else if a.halted && stateChanged {
		d.refreshAt = time.Time{}
	}
	a.learnMedia(d, media)
	if r.Refused != "" {
		d.refused(ctx, p, r)
	} else {
		d.grant(p, r, useBy)
	}
	a.popWindow()
	if a.run.State != Running {
		return
	}
	if a.run.PauseAfter > 0 && a.run.Begun >= a.run.PauseAfter && a.busy == 0 && !a.pausing {
		a.pausing = d.e.pauseFor(ctx, a.run.ID, Cause{Code: "pause_after", Text: ""})
		if a.pausing { // else the next refresh has it tried again
			d.refreshAt = time.Time{}
		}
	}
	if a.run.Counts.Pending == 0 && a.busy == 0 && a.run.Counts.Sending > 0 {
		d.refreshAt = time.Time{}
	}
}

// durable counts an item off: its outcome is in the store.
func (d *driver) durable(it *item) {
	it.settled = true
	d.used--
	it.run.busy--
	if it.claim {
		delete(it.run.claimed, it.row.Seq)
	}
}

func (a *activeRun) popWindow() {
	n := 0
	for n < len(a.window) && a.window[n].settled {
		a.window[n] = nil
		n++
	}
	a.window = a.window[n:]
}

// grant queues what was granted.
func (d *driver) grant(p *part, r *RunResult, useBy time.Time) {
	a := p.a
	refused := map[int64]bool{}
	for _, seq := range r.Claims {
		refused[seq] = true
	}
	for _, it := range p.wanted {
		if it.decided == nil {
			it.useBy = useBy
			a.window = append(a.window, it)
			d.granted = append(d.granted, it)
		}
	}
	for _, it := range p.claims {
		switch {
		case it.decided != nil:
			delete(a.claimed, it.row.Seq)
		case refused[it.row.Seq]:
			d.durable(it)
		default:
			it.useBy = useBy
			d.granted = append(d.granted, it)
		}
	}
	if a.halted || d.closing || d.stopped(a) || d.gate.Kind != GateOpen && !d.halfOpen {
		d.withdrawGranted(a)
	}
}

// refused gives wants back: nobody of them has an intent.
func (d *driver) refused(ctx context.Context, p *part, r *RunResult) {
	a := p.a
	for _, it := range append(p.wanted, p.claims...) {
		if it.decided == nil {
			d.used--
			a.busy--
		}
		if it.claim {
			delete(a.claimed, it.row.Seq)
		}
	}
	a.next = a.run.Cursor
	d.reset(a)
	switch r.Refused {
	case RefusedExpired:
		if err := d.e.expire(ctx, a.run.ID); err != nil {
			d.storeFailed(err)
		}
		d.refreshAt = time.Time{}
	case RefusedStopped, RefusedNotRunning, RefusedPauseAfter:
		d.refreshAt = time.Time{}
	default: // judged anew, that is all
	}
}

// learnMedia uses an upload's reference from now on.
func (a *activeRun) learnMedia(d *driver, refs map[string]MediaRef) {
	if !a.needsUpload() {
		return
	}
	if ref := refs[a.content.draft.Message.Media.Hash]; ref.Ref != "" {
		a.run.Media = refs
		a.judge = d.e.newJudge(&a.run, a.content, d.channel)
		d.reset(a)
	}
}

// stopped says whether an emergency stop holds a campaign.
func (d *driver) stopped(a *activeRun) bool {
	_, stopped := stopFor(d.stops, &a.run)
	return stopped
}
