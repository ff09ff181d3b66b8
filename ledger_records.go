package outbound

import (
	"slices"
	"time"
)

// Run is a campaign as the ledger keeps it.
type Run struct {
	ID         CampaignID
	Number     int64 // given by the store, counts up from 1
	Version    int64 // raised by the store with every UpdateRun
	Revision   int64 // raised with every change of draft or audience; what a plan was made for
	Group      string
	Touchpoint string
	Name       string
	Purpose    Purpose
	Priority   int
	Labels     []string
	Doubts     Doubts
	NotAfter   time.Time // no intent at or after it; zero = no expiry
	Notice     bool      // made by Engine.Notify; lists leave it out unless asked
	State      CampaignState
	Cause      Cause // why it is paused, or what ended it
	StartAt    time.Time
	Missed     MissedStart
	Sealed     []byte // the document that is sent; set when the campaign is scheduled or started, never changed after

	Counts      Counts
	Last        int64 // the highest number given to a delivery
	Cursor      int64 // every delivery numbered up to it had its first attempt granted, or was decided
	Low         int64 // every first attempt numbered up to it has a durable outcome
	Begun       int64 // first attempts granted so far
	PauseAfter  int64 // pause when Begun reaches it; zero = never
	Tail        State // what a raw pending delivery means: Pending, or Canceled or Skipped once the campaign gave up the rest
	OpenImports int   // imports that are not finished
	Imported    ImportTotals

	Waiting   Waiting
	Media     map[string]MediaRef // the provider's references to uploaded files, by hash
	Heartbeat time.Time           // last sign that somebody cared for the running campaign
	Created   time.Time
	Started   time.Time
	Ended     time.Time // completed or canceled
	Purged    bool
}

// MediaRef is a provider's durable reference to a file that was uploaded once.
type MediaRef struct {
	Ref     string    `json:"ref"`
	Expires time.Time `json:"expires,omitzero"` // zero = it does not expire
}

// Grants says whether wants of the run may be granted at now, and if not, why. Stores call it in Commit.
func (r *Run) Grants(now time.Time) Refusal {
	switch {
	case r.State != Running:
		return RefusedNotRunning
	case !r.NotAfter.IsZero() && !now.Before(r.NotAfter):
		return RefusedExpired
	}
	return ""
}

// CompleteIfDone ends a running campaign that has nothing left to send. Stores call it after changing Counts.
func (r *Run) CompleteIfDone(now time.Time) bool {
	if r.State != Running || r.Counts.Pending > 0 || r.Counts.Sending > 0 || (r.Doubts == DoubtsResend && r.Counts.Uncertain > 0 && r.Tail == Pending) {
		return false
	}
	r.State, r.Ended, r.Waiting = Completed, now, Waiting{}
	return true
}

// Effective returns the state and attempt number that a row as it is stored stands for:
// a pending row without attempt and Due up to the cursor is in flight with attempt 1; other pending rows mean what Tail says.
func (r *Run) Effective(row *Row) (State, int) {
	if row.State != Pending {
		return row.State, row.Attempt
	}
	if row.Attempt == 0 && row.Due.IsZero() && row.Seq <= r.Cursor {
		return Sending, 1
	}
	return r.Tail, row.Attempt
}

// Row is one delivery as the ledger keeps it.
type Row struct {
	Seq       int64 // its number in the campaign, counting up from 1
	Address   string
	Key       string
	Reference string
	Variables map[string]string
	Import    int // ImportRecord.Number it came from
	Line      int // where in the source, counting from 1; 0 = unknown
	Column    int

	State   State
	Attempt int       // attempts begun so far; 0 for a first attempt in flight, see Run.Effective
	Tries   int       // attempts that failed for a passing reason and count against the limit
	Due     time.Time // not before; set for everything that waits for an attempt of its own
	At      time.Time // when the state last changed; zero before the first attempt
	Class   Class
	Code    string // the provider's code, or ours (see Reason)
	Reason  string // our stable code of why
	Message string // the provider's message id
	Former  string // the address before a migration
}

// Settle applies an outcome to a row of the run, and says from which effective state to which.
// ok is false, and the row unchanged, where the outcome concerns another attempt or does not rise above what is known.
// Stores call it in Commit and Settle, or do in SQL what it does.
//
//   - The outcome's Attempt must be the row's (effective) attempt.
//   - A row in flight takes any outcome. An uncertain one takes those that say more: Accepted, Failed, Delivered, Read, Skipped, and
//     Pending (it was proved that nothing was accepted, or a human decided to send again).
//   - A row accepted, failed, delivered or read takes only a higher one of these.
//   - Other rows take nothing.
func (r *Run) Settle(row *Row, o Outcome, now time.Time) (from, to State, ok bool) {
	state, attempt := r.Effective(row)
	if o.Attempt != attempt {
		return state, state, false
	}
	switch state {
	case Sending:
		ok = o.State != Sending && o.State <= Skipped
	case Uncertain:
		ok = o.State == Pending || o.State == Skipped || (o.State > Uncertain && o.State <= Read)
	case Accepted, Failed, Delivered:
		ok = o.State > state && o.State <= Read
	default: // pending, skipped and canceled take nothing
	}
	if !ok {
		return state, state, false
	}
	row.State, row.Attempt, row.At = o.State, attempt, now
	row.Class, row.Code, row.Reason, row.Due, row.Tries = o.Class, o.Code, o.Reason, o.Due, o.Tries
	if o.Message != "" {
		row.Message = o.Message
	}
	if o.Address != "" && o.Address != row.Address {
		row.Former, row.Address = row.Address, o.Address
	}
	to = o.State
	if to == Pending {
		to = r.Tail
	}
	return state, to, true
}

// Outcome is what became of an attempt.
type Outcome struct {
	Seq     int64
	Attempt int
	// State is Accepted, Failed, Uncertain, Skipped, Delivered, Read, or Pending for another attempt at Due (which then must be set).
	State   State
	Due     time.Time // with Pending and, under DoubtsResend, Uncertain
	Tries   int
	Class   Class
	Code    string
	Reason  string
	Message string // the provider's message id
	Address string // the address to use from now on, after a migration; empty = unchanged
}

// Batch is one transaction of the sending protocol: it makes outcomes durable and grants intents, for campaigns of one touchpoint.
//
// In this order: the touchpoint's Token is checked; for each RunBatch the outcomes are applied by Run.Settle (those that do not fit are ignored, so a
// batch may be repeated), those that lead to another attempt leave an Attempt behind; then its wants are granted or refused; then Low, Waiting and Media are set, Heartbeat becomes Now,
// and Run.CompleteIfDone is called.
//
// After an error whose outcome is unknown the engine repeats the outcomes, and in place of each want it sends a withdrawal: an Outcome of the attempt that would have begun, to Pending. It takes the
// intent back if it was recorded, and by Run.Settle changes nothing if it was not.
//
// Outcomes are applied whatever the campaign's state. Wants (Range and Claims) are granted only if no Stop names the touchpoint or
// the run's group, the group's suppression epoch equals Epoch, and Run.Grants agrees; and a Range only if From equals the cursor and PauseAfter
// allows all of it, and if it holds exactly Count deliveries besides those Decided (else RefusedCursor). A refused Range is refused whole. A run whose Tail is not Pending is refused as not running or expired.
// A part that names an unknown campaign, or one of another touchpoint, is refused; the other parts are served. Commit leaves Version as it is.
type Batch struct {
	Touchpoint string
	Token      int64
	Now        time.Time
	Runs       []RunBatch
	Gate       *Gate // replaces the touchpoint's gate; nil = unchanged
	Pace       *Pace // replaces the touchpoint's learned rate; nil = unchanged
}

// RunBatch is the part of a batch that concerns one campaign.
type RunBatch struct {
	Campaign CampaignID
	Epoch    int64 // suppression epoch of the group as read before deciding
	Outcomes []Outcome
	Range    *Range
	Claims   []Claim
	Low      int64               // new low-water mark; lower than the present one = unchanged
	Waiting  *Waiting            // nil = unchanged
	Media    map[string]MediaRef // added to Run.Media
}

// Range grants the first attempts of deliveries numbered above From up to To that are pending, less those that are decided in it.
type Range struct {
	From, To int64
	Count    int       // deliveries granted
	Decided  []Outcome // of the range, with Attempt 0: Pending with Due (held) or Skipped; none of these leaves
}

// Claim grants another attempt to one delivery: its row must be pending (or uncertain, under DoubtsResend) with Due not after Now and
// Attempt one below the claim's. The row becomes sending with that attempt. With Decided it is
// settled so instead, without an attempt: Pending with a new Due, or Skipped. The row starts clean: class, code, reason and message id of the attempt before move into its Attempt.
type Claim struct {
	Seq     int64
	Attempt int
	Decided *Outcome
}

// BatchResult says what a Commit granted.
type BatchResult struct {
	Runs []RunResult // in the order of Batch.Runs
}

// RunResult is the result for one campaign.
type RunResult struct {
	Run     Run     // as it is after the transaction; Sealed may be left out
	Epoch   int64   // the group's suppression epoch
	Refused Refusal // why the range and all claims were refused; empty = granted, but for RefusedClaims
	Claims  []int64 // numbers of single claims that were refused, since their rows had moved on
}

// Refusal is why wants were not granted.
type Refusal string

// Refusals.
const (
	RefusedNotRunning Refusal = "not_running"
	RefusedExpired    Refusal = "expired"
	RefusedStopped    Refusal = "stopped"
	RefusedEpoch      Refusal = "epoch"
	RefusedCursor     Refusal = "cursor"
	RefusedPauseAfter Refusal = "pause_after"
)

// Attempt is one earlier try of a delivery, which another attempt followed.
type Attempt struct {
	Number  int       `json:"number"`
	State   State     `json:"state"` // what it ended as: pending (not accepted, to be tried again), uncertain or failed
	At      time.Time `json:"at"`
	Class   Class     `json:"class,omitempty"`
	Code    string    `json:"code,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	Message string    `json:"message,omitempty"`
}

// TouchpointRecord is a touchpoint as the ledger keeps it: the fenced row.
type TouchpointRecord struct {
	Name    string
	Group   string
	Owner   string        // who holds the lease, in words; empty = nobody
	Token   int64         // the fencing token, raised with every taking
	Beat    int64         // raised with every renewal
	Term    time.Duration // the owner's lease time
	Active  time.Time     // when a request was last allowed to begin, or the lease last renewed
	Account string        // the provider's id of the account, pinned at the first send
	Title   string        // its public name
	Gate    Gate
	Pace    Pace
	Counter int64 // a number that only grows, for providers with an idempotency key
}

// Reopening says which deliveries return to pending.
type Reopening struct {
	Campaign CampaignID
	From     State     // Failed or Uncertain
	Classes  []Class   // only these; empty = all
	Before   time.Time // only rows whose At is not after it; zero = all
	After    int64     // only numbers above it
	Due      time.Time // when they may be tried
	Limit    int       // rows looked at
}

// Matches says whether a row (with its effective state) is to be returned.
func (r *Reopening) Matches(row *Row) bool {
	return row.State == r.From && row.Seq > r.After &&
		(len(r.Classes) == 0 || slices.Contains(r.Classes, row.Class)) &&
		(r.Before.IsZero() || !row.At.After(r.Before))
}

// DeliveryFilter selects deliveries of one campaign.
type DeliveryFilter struct {
	Campaign CampaignID
	States   []State  // effective states; empty = all
	Reasons  []string // empty = all
	Address  string   // empty = all
	After    int64    // only numbers above it
	Limit    int      // zero = 100
}

// RunFilter selects campaigns. Empty fields select all.
type RunFilter struct {
	Group         *string
	Touchpoint    string
	States        []CampaignState
	Label         string
	CreatedFrom   time.Time // inclusive
	CreatedBefore time.Time // exclusive
	Notices       bool      // with those of Notify
	Before        int64     // only Numbers below it; zero = all
	Limit         int       // zero = 100; negative = no limit
}

// Suppression is one person's no.
type Suppression struct {
	Group      string    `json:"group,omitempty"`
	Touchpoint string    `json:"touchpoint,omitempty"` // empty = all of the group's
	Address    string    `json:"address"`
	Purpose    Purpose   `json:"purpose"` // what is refused; AnyPurpose = everything
	Reason     string    `json:"reason,omitempty"`
	Actor      string    `json:"actor,omitempty"`
	At         time.Time `json:"at"`
}

// StopScope is what an emergency stop stops.
type StopScope string

// Scopes of an emergency stop.
const (
	StopTouchpoint StopScope = "touchpoint"
	StopGroup      StopScope = "group"
)

// Stop is an emergency stop in force.
type Stop struct {
	Scope  StopScope `json:"scope"`
	Name   string    `json:"name"`
	At     time.Time `json:"at"`
	Actor  string    `json:"actor,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

// Act is one thing that somebody did.
type Act struct {
	Number     int64      `json:"number"` // given by the store
	Campaign   CampaignID `json:"campaign,omitempty"`
	Touchpoint string     `json:"touchpoint,omitempty"`
	Group      string     `json:"group,omitempty"`
	At         time.Time  `json:"at"`
	Actor      string     `json:"actor,omitempty"` // empty = the library itself
	Action     string     `json:"action"`
	Detail     string     `json:"detail,omitempty"`
}
