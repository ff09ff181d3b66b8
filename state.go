package outbound

import (
	"fmt"
	"slices"
)

// State is the state of one delivery.
//
// Within one attempt a state only rises: sending, uncertain, accepted, failed, delivered, read, in the order of their
// numbers. A delivery starts pending and returns there for another attempt; skipped and canceled deliveries had no
// attempt or none that left. Stores keep the numbers; they never change their meaning.
type State uint8

const (
	// Pending deliveries wait for an attempt, perhaps not before a time.
	Pending State = 0
	// Sending deliveries have a durable intent and no durable outcome yet.
	Sending State = 1
	// Uncertain deliveries had a request that may have reached the provider, and no answer is known.
	Uncertain State = 2
	// Accepted deliveries were taken by the provider.
	Accepted State = 3
	// Failed deliveries were refused for good, by the provider or, later, on the way to the person.
	Failed State = 4
	// Delivered deliveries reached the person's device, says the provider.
	Delivered State = 5
	// Read deliveries were opened by the person, says the provider.
	Read State = 6
	// Skipped deliveries were not sent for a reason of ours: opted out, a policy, expired.
	Skipped State = 7
	// Canceled deliveries were still to be sent when their campaign was canceled.
	Canceled State = 8
)

var stateNames = [...]string{"pending", "sending", "uncertain", "accepted", "failed", "delivered", "read", "skipped", "canceled"}

// States lists every delivery state in the order of their numbers.
func States() []State {
	return []State{Pending, Sending, Uncertain, Accepted, Failed, Delivered, Read, Skipped, Canceled}
}

// String returns the state's name in lower case.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

// MarshalText writes the state's name.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a state's name.
func (s *State) UnmarshalText(text []byte) error {
	i := slices.Index(stateNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("outbound: %q is not a delivery state", text)
	}
	*s = State(i)
	return nil
}

// Counts are the deliveries of one campaign by state. Their sum is the audience, at every instant.
type Counts struct {
	Pending   int64 `json:"pending"`
	Sending   int64 `json:"sending"`
	Uncertain int64 `json:"uncertain"`
	Accepted  int64 `json:"accepted"`
	Failed    int64 `json:"failed"`
	Delivered int64 `json:"delivered"`
	Read      int64 `json:"read"`
	Skipped   int64 `json:"skipped"`
	Canceled  int64 `json:"canceled"`
}

// Of returns the counter of one state, to read or to change.
func (c *Counts) Of(s State) *int64 {
	switch s {
	case Pending:
		return &c.Pending
	case Sending:
		return &c.Sending
	case Uncertain:
		return &c.Uncertain
	case Accepted:
		return &c.Accepted
	case Failed:
		return &c.Failed
	case Delivered:
		return &c.Delivered
	case Read:
		return &c.Read
	case Skipped:
		return &c.Skipped
	case Canceled:
		return &c.Canceled
	}
	panic("outbound: no counter for " + s.String())
}

// Move takes n deliveries from one state to another.
func (c *Counts) Move(from, to State, n int64) {
	*c.Of(from) -= n
	*c.Of(to) += n
}

// Total is the sum of all counters: the audience.
func (c Counts) Total() int64 {
	return c.Pending + c.Sending + c.Uncertain + c.Accepted + c.Failed + c.Delivered + c.Read + c.Skipped + c.Canceled
}

// CampaignState is the state of a campaign.
type CampaignState string

const (
	// Draft campaigns are written and filled; nothing is sent.
	DraftState CampaignState = "draft"
	// Scheduled campaigns are sealed and start by themselves at their time.
	Scheduled CampaignState = "scheduled"
	// Running campaigns send, or wait for the one thing that Progress.Waiting names.
	Running CampaignState = "running"
	// Paused campaigns send nothing until they are resumed; Progress.Cause says who or what paused them.
	Paused CampaignState = "paused"
	// Completed campaigns have nothing left to send. They reopen when a delivery returns to pending.
	Completed CampaignState = "completed"
	// CanceledState is final.
	CanceledState CampaignState = "canceled"
)
