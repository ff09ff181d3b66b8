package outbound

import "time"

// CampaignID names a campaign: the host's own, or one that Create makes.
type CampaignID string

// Draft is a campaign as it is written.
type Draft struct {
	// ID makes Create idempotent; empty = a new random one. At most 128 bytes, printable, no spaces.
	ID CampaignID `json:"id,omitempty" validate:"max=128,identifier"`
	// Name is for the company; a recipient never sees it.
	Name string `json:"name" validate:"required,max=200"`
	// Group is the customer of the host that it belongs to; a host with one customer leaves it empty.
	Group string `json:"group,omitempty" validate:"max=128"`
	// Touchpoint is the account that sends.
	Touchpoint string `json:"touchpoint" validate:"required,max=128"`
	// Purpose is Marketing if empty.
	Purpose Purpose `json:"purpose,omitempty" validate:"omitempty,oneof=marketing service"`
	Message Message `json:"message"`
	// Priority: higher goes first among the campaigns of a touchpoint; equal ones take turns.
	Priority int `json:"priority,omitempty" validate:"min=-1000,max=1000"`
	// NotAfter is when the message is worth nothing any more: whoever was not written to by then is skipped as expired. Zero = never.
	NotAfter time.Time `json:"not_after,omitzero"`
	// PauseAfter pauses once for a human look when so many people were written to. Zero = never.
	PauseAfter int64 `json:"pause_after,omitempty" validate:"min=0"`
	// Doubts says what becomes of deliveries whose request may have reached the provider: hold (the default) or resend.
	Doubts Doubts `json:"doubts,omitempty" validate:"omitempty,oneof=hold resend"`
	// Missing says what becomes of a person for whom a variable of the text is missing: refuse the start (the default), or skip the person.
	Missing Missing `json:"missing,omitempty" validate:"omitempty,oneof=refuse skip"`
	// Defaults are values for variables that a person lacks.
	Defaults map[string]string `json:"defaults,omitempty"`
	// Labels are the host's own words to find it by.
	Labels []string `json:"labels,omitempty" validate:"max=32,dive,required,max=128"`
}

// Doubts is what becomes of uncertain deliveries.
type Doubts string

const (
	// DoubtsHold leaves them uncertain until a late answer, a receipt or a human settles them (Engine.Resolve). Nobody gets it twice.
	DoubtsHold Doubts = "hold"
	// DoubtsResend tries them again once the lease time and the request timeout have passed. Somebody may get it twice.
	DoubtsResend Doubts = "resend"
)

// Missing is what becomes of people for whom a variable is missing.
type Missing string

const (
	MissingRefuse Missing = "refuse" // the campaign does not start
	MissingSkip   Missing = "skip"   // the person is skipped, with the reason "missing"
)

// MissedStart says what happens to a scheduled campaign when nobody was running at its time.
type MissedStart string

const (
	// MissedStartLate starts it as soon as somebody runs again.
	MissedStartLate MissedStart = "start_late"
	// MissedPause pauses it with the cause missed_start, for a human to decide, if it is over five minutes late.
	MissedPause MissedStart = "pause"
)
