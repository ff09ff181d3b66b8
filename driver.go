package outbound

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"
)

// driver sends from one touchpoint while it holds the lease. One goroutine, serve, owns its state; workers make requests, one committer writes, and
// fetches read ahead. An intent goes: fetch → ready → commit → granted → worker → result → outcome → commit.
type driver struct {
	e           *Engine
	name        string
	channel     Channel
	caps        Capabilities
	lease       *lease
	pacer       *pacer
	gap         time.Duration
	concurrency int

	// Owned by serve.
	runs      []*activeRun // in order of priority, then number
	granted   []*item      // intents that have not begun
	inflight  int          // requests under way
	used      int          // intents without durable outcome, of 2 × concurrency
	workers   int
	gate      Gate
	newGate   *Gate // to be stored
	newPace   *Pace // to be stored
	halfOpen  bool  // after an outage or account fault: one request at a time until one is answered
	probing   bool  // a check of the account is under way
	checked   bool  // the account was checked since the channel was opened
	asking    int   // raised when a check under way became out of date
	asked     bool  // it was asked, for the account fault in force
	streak    int   // unanswered requests in a row
	notBefore time.Time
	stops     []Stop
	begun     gaps
	turn      int
	refreshAt time.Time     // local
	woken     bool          // somebody said that there may be new work
	writing   bool          // a commit is under way
	writeAt   time.Time     // local: not before, after a failed commit
	failures  int           // failed commits in a row
	firstDue  time.Time     // local: when the oldest outcome that is not written came
	writeCost time.Duration // of a commit, lately
	flow      float64       // requests begun a second, lately
	flown     int           // begun since flowAt
	flowAt    time.Time
	closing   bool
	closedAt  time.Time
	fatal     error
	left      bool // outcomes were not written: the lease is not given back, so that somebody recovers
	unadopted bool // a running campaign could not be taken up just now
	quiets    []quiet
	idleSince time.Time
	measured  time.Time

	jobs      chan *item
	results   chan *item
	pages     chan page
	commits   chan commitJob
	committed chan commitDone
	controls  chan control
	probes    chan probe
	quit      chan struct{} // closed when serve ends: nobody reads pages any more
	gone      chan struct{} // closed when the drive ended
	wg        sync.WaitGroup

	mu     sync.Mutex
	speeds map[CampaignID]float64 // a second, lately; guarded by mu
}

// activeRun is a running campaign as its driver sees it.
type activeRun struct {
	run     Run
	content *content
	judge   *judge

	ready   []*item // first attempts, judged, in order
	claims  []*item // other attempts, judged
	claimed map[int64]bool
	next    int64 // every first attempt up to it was wanted
	after   int64 // every one up to it was read ahead
	epoch   int64
	end     bool      // nothing is left to read ahead
	fetch   bool      // one is under way
	gen     int       // raised by reset; pages of older generations are dropped
	lookDue time.Time // store time: when to look for due deliveries
	nextDue time.Time // the earliest that has not come; zero = none known
	window  []*item   // first attempts granted, in order, whose outcome is not durable
	halted  bool      // wants nothing: paused, canceled, completed
	nudge   bool      // wants a commit to be completed by
	reject  int       // contents refused in a row
	pausing bool
	trouble error     // why its people could not be judged
	tryAt   time.Time // local: when to try that again
	busy    int       // intents without durable outcome
	running int       // requests under way
	begun   int       // requests begun since measured

	outcomes []Outcome
	settling []*item
	media    map[string]MediaRef
}

// quiet is somebody waiting until nothing of a campaign begins any more.
type quiet struct {
	id    CampaignID // empty = all
	done  chan struct{}
	until time.Time
}

type control struct {
	quiet  *quiet
	reopen bool
}

func newDriver(e *Engine, name string, channel Channel) *driver {
	caps := channel.Capabilities()
	_, _, concurrency, gap := e.limits(name, caps)
	return &driver{
		e: e, name: name, channel: channel, caps: caps, concurrency: concurrency, gap: gap,
		jobs: make(chan *item, concurrency), results: make(chan *item, 2*concurrency), pages: make(chan page, 16),
		commits: make(chan commitJob), committed: make(chan commitDone, 1), controls: make(chan control), probes: make(chan probe, 8),
		quit: make(chan struct{}), gone: make(chan struct{}), speeds: map[CampaignID]float64{},
	}
}

// begin takes over what the touchpoint's record says: its gate, its learned rate, and an empty bucket.
func (d *driver) begin(rec TouchpointRecord, l *lease) {
	d.lease, d.gate = l, rec.Gate
	r, headroom, _, _ := d.e.limits(d.name, d.caps)
	d.pacer = newPacer(r, headroom, rec.Pace, time.Now())
	window := max(d.pacer.window, d.gap)
	switch {
	case window == 0 || rec.Token == 0: // nobody ever sent from here
	case rec.Owner == "":
		d.notBefore = rec.Active.Add(window)
	default:
		d.notBefore = d.e.clock.now().Add(window)
	}
}

// serve sends until soft ends or nothing is left to do. work is for what must be finished in any case.
func (d *driver) serve(soft, work context.Context, linger time.Duration) (DriveResult, error) {
	now := d.e.clock.now()
	if _, err := d.e.store.Recover(work, now, d.name, d.lease.token, now.Add(d.e.doubtAge())); err != nil {
		return DriveResult{}, err
	}
	d.e.settleLate(work)
	hard, cutOff := context.WithCancel(work)
	d.wg.Go(func() { d.write(work) })
	defer func() {
		cutOff()
		close(d.quit)
		close(d.jobs)
		close(d.commits)
		d.wg.Wait()
	}()
	timer := time.NewTimer(0)
	defer timer.Stop()
	ended, stopped := soft.Done(), false
	wake := d.e.work()
	d.measured = time.Now()
	for {
		now := time.Now()
		if !now.Before(d.refreshAt) {
			d.refresh(work, now)
		}
		d.steer(hard, now)
		d.dispatch(hard, now)
		d.feed(hard, now)
		d.write1(now)
		d.hush(now)
		d.measure(now)
		if result, done := d.finished(now, linger); done {
			if d.lease.isLost() {
				return result, ErrLeaseLost
			}
			return result, d.fatal
		}
		timer.Reset(d.pause(now))
		select {
		case it := <-d.results:
			d.settle(work, it)
			for more := true; more; {
				select {
				case it := <-d.results:
					d.settle(work, it)
				default:
					more = false
				}
			}
		case c := <-d.committed:
			d.written(work, c)
		case p := <-d.pages:
			d.receive(p)
		case c := <-d.controls:
			d.obey(c)
		case p := <-d.probes:
			d.probed(work, p)
		case <-wake:
			wake = d.e.work()
			d.refreshAt, d.woken = time.Time{}, true
		case <-ended:
			ended, stopped = nil, true
		case <-timer.C:
		}
		if stopped || d.lease.isLost() {
			d.close(time.Now())
		}
	}
}

// close begins no more requests.
func (d *driver) close(now time.Time) {
	if !d.closing {
		d.closing, d.closedAt = true, now
		d.withdrawGranted(nil)
		for _, a := range d.runs {
			a.nudge = true // to say that nobody drives it
		}
	}
}

// find returns the active run of an id.
func (d *driver) find(id CampaignID) *activeRun {
	i := slices.IndexFunc(d.runs, func(a *activeRun) bool { return a.run.ID == id })
	if i < 0 {
		return nil
	}
	return d.runs[i]
}

// refresh looks which campaigns run, and what is stopped.
func (d *driver) refresh(ctx context.Context, now time.Time) {
	d.refreshAt = now.Add(d.e.config.PollInterval)
	runs, err := d.e.store.ListRuns(ctx, RunFilter{Touchpoint: d.name, States: []CampaignState{Running}, Notices: true, Limit: -1})
	if err == nil {
		d.stops, err = d.e.store.Stops(ctx)
	}
	if err != nil {
		d.storeFailed(err)
		return
	}
	d.unadopted = false
	listed := make(map[CampaignID]bool, len(runs))
	for i := range runs {
		r := &runs[i]
		listed[r.ID] = true
		a := d.find(r.ID)
		if a == nil {
			d.adopt(ctx, r)
			continue
		}
		if r.Version > a.run.Version || a.halted {
			reopened := a.halted
			a.run.Version, a.run.State, a.run.Cause, a.run.PauseAfter, a.run.NotAfter, a.run.Tail = r.Version, r.State, r.Cause, r.PauseAfter, r.NotAfter, r.Tail
			a.halted, a.pausing, a.nudge = false, false, true
			if reopened {
				d.reset(a)
			}
		}
		if d.woken {
			a.lookDue = d.e.clock.now()
		}
		a.nudge = a.nudge || d.unsaid(a) || a.run.PauseAfter > 0 && a.run.Begun >= a.run.PauseAfter && a.busy == 0 && !a.pausing
	}
	d.woken = false
	for _, a := range d.runs {
		if !listed[a.run.ID] && !a.halted {
			d.halt(a)
		}
	}
	d.runs = slices.DeleteFunc(d.runs, func(a *activeRun) bool {
		return a.halted && a.busy == 0 && len(a.outcomes) == 0 && !a.fetch && !d.writing
	})
}

// adopt takes a running campaign up.
func (d *driver) adopt(ctx context.Context, r *Run) {
	now := d.e.clock.now()
	if now.Sub(later(r.Heartbeat, r.Waiting.Until)) > staleAfter {
		d.e.pauseFor(ctx, r.ID, Cause{Code: "stale", Text: r.Heartbeat.Format(time.RFC3339)})
		return
	}
	c, err := unseal(r.Sealed)
	if err == nil {
		err = d.e.loadMedia(ctx, c)
	}
	if err != nil {
		if d.e.temporary(err) {
			d.unadopted = true
			d.storeFailed(err)
			return
		}
		d.e.pauseFor(ctx, r.ID, Cause{Code: "unsealable", Text: err.Error()})
		return
	}
	a := &activeRun{run: *r, content: c, claimed: map[int64]bool{}, next: r.Cursor, after: r.Cursor, lookDue: now, nudge: true}
	a.judge = d.e.newJudge(&a.run, c, d.channel)
	i, _ := slices.BinarySearchFunc(d.runs, a, func(x, y *activeRun) int {
		if x.run.Priority != y.run.Priority {
			return y.run.Priority - x.run.Priority
		}
		return int(x.run.Number - y.run.Number)
	})
	d.runs = slices.Insert(d.runs, i, a)
}

// staleAfter is how old the last sign of care for a running campaign may be: older than that, this may be a restored database of yesterday.
const staleAfter = time.Hour

// pauseFor pauses a campaign that cannot go on, and logs it.
func (e *Engine) pauseFor(ctx context.Context, id CampaignID, c Cause) (done bool) {
	_, err := e.pauseWith(ctx, id, c)
	if err != nil && !errors.Is(err, ErrState) && !errors.Is(err, ErrNotFound) {
		e.log.Error("outbound: a campaign could not be paused", "campaign", id, "cause", c.Code, "error", err)
		return false
	}
	e.log.Warn("outbound: a campaign was paused", "campaign", id, "cause", c.Code)
	return true
}

// loadMedia reads the stored file of a sealed message.
func (e *Engine) loadMedia(ctx context.Context, c *content) error {
	m := c.draft.Message.Media
	if m == nil || m.Hash == "" {
		return nil
	}
	var err error
	c.file, err = e.catalogue.LoadFile(ctx, m.Hash)
	return err
}

// temporary says whether an error of the store may pass.
func (e *Engine) temporary(err error) bool {
	for _, final := range []error{ErrNotFound, ErrReadOnly, ErrStoreFull, ErrClosed, ErrTooNew, ErrInvalid} {
		if errors.Is(err, final) {
			return false
		}
	}
	return true
}

// halt makes a campaign want nothing more, and takes back what has not begun.
func (d *driver) halt(a *activeRun) {
	a.halted = true
	d.reset(a)
	d.withdrawGranted(a)
}

// reset forgets what was read ahead, so that everybody is judged anew.
func (d *driver) reset(a *activeRun) {
	a.gen++
	a.ready = nil
	for _, it := range a.claims {
		delete(a.claimed, it.row.Seq)
	}
	a.claims = nil
	a.after, a.end = a.next, false
	a.lookDue = d.e.clock.now()
}

// obey does what another goroutine asked for.
func (d *driver) obey(c control) {
	if c.reopen {
		d.checked, d.asked, d.probing = false, false, false
		d.asking++ // whatever a check under way will say is out of date
		d.setGateAfterReopen()
	}
	if c.quiet == nil {
		return
	}
	for _, a := range d.runs {
		switch c.quiet.id {
		case "": // an emergency stop: refresh will see it
			d.reset(a)
			d.withdrawGranted(a)
		case a.run.ID:
			d.halt(a)
		}
	}
	d.quiets = append(d.quiets, *c.quiet)
	d.refreshAt = time.Time{}
}

// hush tells those who wait for quiet when it is.
func (d *driver) hush(now time.Time) {
	d.quiets = slices.DeleteFunc(d.quiets, func(q quiet) bool {
		quietNow := !d.writing && len(d.granted) == 0
		for _, a := range d.runs {
			if (q.id == "" || q.id == a.run.ID) && a.running > 0 {
				quietNow = false
			}
		}
		if quietNow || !now.Before(q.until) {
			close(q.done)
			return true
		}
		return false
	})
}

// quiesce returns when nothing of a campaign (or, with an empty id, of its touchpoint) begins any more.
func (e *Engine) quiesce(ctx context.Context, r *Run) error {
	until := time.Now().Add(useBy)
	e.mu.Lock()
	d := e.drivers[r.Touchpoint]
	e.mu.Unlock()
	if d != nil {
		q := &quiet{id: r.ID, done: make(chan struct{}), until: until}
		select {
		case d.controls <- control{quiet: q}:
			select {
			case <-q.done:
				if d.lease.valid(time.Now()) {
					return nil
				}
				// It is not the owner any more, and may not have known it.
			case <-d.gone:
			case <-time.After(time.Until(until)):
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		case <-d.gone:
		case <-time.After(time.Until(until)):
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	rec, err := e.store.ReadTouchpoint(ctx, r.Touchpoint)
	if err != nil || rec.Owner == "" {
		return err
	}
	if !pauseFor(ctx, time.Until(until), nil) {
		return context.Cause(ctx)
	}
	return nil
}

// askReopen makes the driver open its channel anew. It does not wait.
func (d *driver) askReopen() {
	select {
	case d.controls <- control{reopen: true}:
	default:
		go func() {
			select {
			case d.controls <- control{reopen: true}:
			case <-d.gone:
			}
		}()
	}
}

// speed is how many requests of a campaign begin a second, lately.
func (d *driver) speed(id CampaignID) float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.speeds[id]
}

// measure works the speeds out, once a second.
func (d *driver) measure(now time.Time) {
	elapsed := now.Sub(d.measured)
	if elapsed < time.Second {
		return
	}
	d.measured = now
	d.mu.Lock()
	defer d.mu.Unlock()
	maps.DeleteFunc(d.speeds, func(id CampaignID, _ float64) bool { return d.find(id) == nil })
	for _, a := range d.runs {
		v := float64(a.begun) / elapsed.Seconds()
		if old := d.speeds[a.run.ID]; old > 0 {
			v = (old + v) / 2
		}
		d.speeds[a.run.ID], a.begun = v, 0
	}
}
