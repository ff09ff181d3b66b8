// Package outbound sends outbound messenger campaigns: a company writes to people who have written to it, in Telegram, VK, Viber, Instagram or
// WhatsApp, and every recipient is accounted for, whatever is killed when.
//
// A campaign is saved as a draft ([Engine.Create]), filled with an audience ([Campaign].Import), looked at ([Campaign].Plan), started, paused,
// resumed and reported, recipient by recipient. An [Engine] does the work over a [Store], which remembers, and a [Channel] for each
// touchpoint, which translates. A host takes the stores and channels of this module's folders or brings its own.
//
// What is promised, and held by tests of these names: sums add up at every instant; nobody is written to twice unless the host chose so; what is in doubt is
// said; the allowed rate holds; pause means pause; an opt-out is final; nothing secret is logged; nothing is left running. See the README for the honest limits.
//
// An Engine and the campaigns it hands out are safe for concurrent use. Constructors do no I/O. Nothing runs but between the call and the return of Run, RunUntilIdle or Drive.
package outbound

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"sync"
	"time"
)

// Config is what an Engine is made of. Zero fields are the documented defaults. New copies it.
type Config struct {
	// Store keeps everything. Required.
	Store Store `validate:"-"`
	// Catalogue keeps drafts and files instead of the Store, for hosts with campaign tables of their own.
	Catalogue Catalogue `validate:"-"`
	// Touchpoints opens the accounts that send. Required.
	Touchpoints TouchpointSource `validate:"-"`

	// Limits override the defaults for single touchpoints, by name.
	Limits map[string]Limits `validate:"dive"`
	// Concurrency is how many requests of one touchpoint may be under way at once. After a crash at most 2 × Concurrency deliveries are in doubt. Default 16.
	Concurrency int `validate:"min=0,max=4096"`
	// Headroom is the part of a provider's published rate left to the host's own answers on the same token, from 0 to 0.9. Zero = DefaultHeadroom (20 %), NoHeadroom = none.
	Headroom float64 `validate:"min=-1,max=0.9"`

	// LeaseTerm is how long a touchpoint stays with an owner that is not heard of. It is renewed at a third. Default 15 s, at least 100 ms.
	LeaseTerm time.Duration `validate:"omitempty,min=100ms,max=10m"`
	// RequestTimeout ends a request that is not answered; its delivery is then in doubt. Default 30 s.
	RequestTimeout time.Duration `validate:"min=0,max=10m"`
	// MaxTries is how often a delivery is tried after passing failures that the provider itself reported. Waiting on a throttle or an outage costs no try. Default 5.
	MaxTries int `validate:"min=0,max=100"`
	// RetryDelay is the first delay after a passing failure; it doubles up to MaxRetryDelay, with some jitter. Defaults 1 s and 5 min.
	RetryDelay    time.Duration `validate:"min=0"`
	MaxRetryDelay time.Duration `validate:"min=0"`
	// PollInterval is how often Run looks for work that other processes brought. Default 500 ms.
	PollInterval time.Duration `validate:"min=0"`

	// Policies are asked in order, just before each intent, whether a person is written to now.
	Policies []Policy `validate:"-"`
	// Suppressor knows opt-outs that the host keeps in tables of its own.
	Suppressor Suppressor `validate:"-"`
	// Authorize is asked before a campaign is created, started, resumed or retried; an error refuses it.
	Authorize func(ctx context.Context, action Action, campaign CampaignInfo) error `validate:"-"`

	// Owner names this process in leases, for people. Default: host name and process id.
	Owner string
	// Logger gets what operators should know: no token, address or text. Default: nothing is logged.
	Logger *slog.Logger `validate:"-"`
}

// NoHeadroom, as Config.Headroom, uses the whole of a provider's published rate.
const NoHeadroom = -1

// Limits are what one touchpoint may do.
type Limits struct {
	// Rate replaces the provider's published rate less headroom; it is used as it is. Zero = the default; see Unlimited.
	Rate Rate
	// Concurrency replaces Config.Concurrency; zero = the default.
	Concurrency int `validate:"min=0,max=4096"`
	// RecipientGap replaces the channel's least time between two messages to one person; zero = the default, negative = none.
	RecipientGap time.Duration
}

// useBy is how long after its grant an intent may begin its request.
const useBy = time.Second

// Engine creates campaigns and drives them.
type Engine struct {
	config    Config
	store     Store
	catalogue Catalogue
	log       *slog.Logger
	checker   *checker
	id        string // unique for this engine, in leases

	clock clock

	mu      sync.Mutex
	drivers map[string]*driver // touchpoints driven here now; guarded by mu
	seen    map[string]sighting
	changed chan struct{}            // closed and replaced when something changed; guarded by mu
	wake    chan struct{}            // closed and replaced when there may be new work; guarded by mu
	late    map[CampaignID][]Outcome // outcomes that came after their lease was lost; guarded by mu
}

// New makes an engine. It does no I/O; all problems of the config are reported together.
func New(config Config) (*Engine, error) {
	e := &Engine{
		config:  config,
		checker: newChecker(),
		drivers: map[string]*driver{},
		seen:    map[string]sighting{},
		changed: make(chan struct{}),
		wake:    make(chan struct{}),
	}
	problems := e.checker.check("", config)
	// Not by tags: the validator copies what an interface holds, and that may be in use elsewhere.
	if config.Store == nil {
		problems = append(problems, NewProblem("Store", "required"))
	}
	if config.Touchpoints == nil {
		problems = append(problems, NewProblem("Touchpoints", "required"))
	}
	if tps, ok := config.Touchpoints.(Touchpoints); ok {
		problems = append(problems, checkTouchpoints(tps, config.Limits)...)
	}
	if err := problems.AsError(); err != nil {
		return nil, fmt.Errorf("outbound: config: %w", err)
	}
	c := &e.config
	c.Limits = maps.Clone(config.Limits)
	c.Policies = append([]Policy(nil), config.Policies...)
	setDefault(&c.Concurrency, 16)
	setDefault(&c.LeaseTerm, 15*time.Second)
	setDefault(&c.RequestTimeout, 30*time.Second)
	setDefault(&c.MaxTries, 5)
	setDefault(&c.RetryDelay, time.Second)
	setDefault(&c.MaxRetryDelay, max(5*time.Minute, c.RetryDelay))
	setDefault(&c.PollInterval, 500*time.Millisecond)
	setDefault(&c.Headroom, DefaultHeadroom)
	if c.Headroom < 0 {
		c.Headroom = 0
	}
	e.store, e.catalogue, e.log = config.Store, config.Catalogue, config.Logger
	if e.catalogue == nil {
		e.catalogue = config.Store
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	e.id = rand.Text()[:8]
	if c.Owner == "" {
		host, _ := os.Hostname()
		c.Owner = fmt.Sprintf("%s, process %d", host, os.Getpid())
	}
	e.clock.store = e.store
	return e, nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// limits are what is in force for a touchpoint.
func (e *Engine) limits(touchpoint string, caps Capabilities) (r Rate, headroom float64, concurrency int, gap time.Duration) {
	l := e.config.Limits[touchpoint]
	r, headroom, concurrency, gap = caps.Rate, e.config.Headroom, e.config.Concurrency, caps.RecipientGap
	if l.Rate != (Rate{}) {
		r, headroom = l.Rate, 0
	}
	if l.Concurrency > 0 {
		concurrency = l.Concurrency
	}
	if l.RecipientGap != 0 {
		gap = max(l.RecipientGap, 0)
	}
	return r, headroom, concurrency, gap
}

// touched tells watchers that something changed.
func (e *Engine) touched() {
	e.mu.Lock()
	defer e.mu.Unlock()
	close(e.changed)
	e.changed = make(chan struct{})
}

// changes is closed at the next change.
func (e *Engine) changes() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.changed
}

// awaken tells drivers and Run that there may be new work.
func (e *Engine) awaken() {
	e.mu.Lock()
	defer e.mu.Unlock()
	close(e.wake)
	e.wake = make(chan struct{})
	close(e.changed)
	e.changed = make(chan struct{})
}

// work is closed at the next awaken.
func (e *Engine) work() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.wake
}
