package outbound

import "time"

// GateKind is why a touchpoint begins no requests.
type GateKind string

const (
	GateOpen     GateKind = ""         // it does
	GateThrottle GateKind = "throttle" // the provider asked to wait, until Gate.Until
	GateAccount  GateKind = "account"  // the account cannot send; opens when a check of it succeeds
	GateOutage   GateKind = "outage"   // the provider does not answer; probed with one request at a time, next at Gate.Until
)

// Gate stops a touchpoint, for all its campaigns, across restarts.
type Gate struct {
	Kind   GateKind  `json:"kind,omitempty"`
	Since  time.Time `json:"since,omitzero"`
	Until  time.Time `json:"until,omitzero"`
	Reason string    `json:"reason,omitempty"` // a stable code
	Code   string    `json:"code,omitempty"`   // the provider's
	Text   string    `json:"text,omitempty"`   // the provider's words
	Probes int       `json:"probes,omitempty"` // failed probes since
}

// Pace is the rate that a touchpoint learned.
type Pace struct {
	// Factor of the configured rate that is in force: 1 or 0 = all of it. A 429 lowers it, quiet time raises it again.
	Factor float64   `json:"factor,omitempty"`
	At     time.Time `json:"at,omitzero"` // when it last changed
}

// Waiting is the one thing that a running campaign waits for.
type Waiting struct {
	// Code is stable: rate, throttle, account, outage, due (people who are held or retried), stop, policy, store, touchpoint (it cannot be opened), pausing, nobody (no process drives it now).
	Code  string    `json:"code,omitempty"`
	Until time.Time `json:"until,omitzero"` // zero = nobody knows
	Text  string    `json:"text,omitempty"` // more in words: the provider's, or who holds the lease
}

// Cause is why a campaign is paused or ended.
type Cause struct {
	// Code is stable: requested, content, pause_after, missed_start, not_allowed, stale, expired, unsealable.
	Code  string    `json:"code,omitempty"`
	Text  string    `json:"text,omitempty"`
	Actor string    `json:"actor,omitempty"`
	At    time.Time `json:"at,omitzero"`
}
