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

// temporary says whether an error of the store may pass.
func (e *Engine) temporary(err error) bool {
	for _, final := range []error{ErrNotFound, ErrReadOnly, ErrStoreFull, ErrClosed, ErrTooNew, ErrInvalid} {
		if errors.Is(err, final) {
			return false
		}
	}
	return true
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
