package outbound

import (
	"context"
	"time"
)

// Policy decides just before the intent whether a person is written to: send, skip with a reason, or hold until a time. It is asked for every person, from
// several goroutines; what it decided is used within two seconds or asked again. An error means that it cannot say now: the campaign waits and asks again.
type Policy interface {
	Decide(ctx context.Context, c Candidate) (Decision, error)
}

// PolicyFunc is a function as a Policy.
type PolicyFunc func(ctx context.Context, c Candidate) (Decision, error)

// Decide calls the function.
func (f PolicyFunc) Decide(ctx context.Context, c Candidate) (Decision, error) { return f(ctx, c) }

// Candidate is a person who is about to be written to.
type Candidate struct {
	Campaign  CampaignInfo
	Recipient Recipient
	Attempt   int       // the attempt that would begin, counting from 1
	Now       time.Time // the store's time
}

// CampaignInfo is what policies and Authorize see of a campaign.
type CampaignInfo struct {
	ID         CampaignID
	Group      string
	Touchpoint string
	Purpose    Purpose
	Labels     []string
}

func infoOf(r *Run) CampaignInfo {
	return CampaignInfo{ID: r.ID, Group: r.Group, Touchpoint: r.Touchpoint, Purpose: r.Purpose, Labels: r.Labels}
}

// Decision is what a policy says. The zero Decision is to send.
type Decision struct {
	// Skip leaves the person out for good.
	Skip bool
	// Until holds the person until then; zero = now.
	Until time.Time
	// Reason is a stable code, shown in reports; empty = "policy".
	Reason string
}

// Send is the decision to write to the person now.
func Send() Decision { return Decision{} }

// Skip is the decision to leave the person out, for a reason.
func Skip(reason string) Decision { return Decision{Skip: true, Reason: reason} }

// Hold is the decision to wait until a time, for a reason.
func Hold(until time.Time, reason string) Decision { return Decision{Until: until, Reason: reason} }

// Suppressor knows opt-outs that the host keeps itself. It is asked with at most 1,024 addresses a call and answers in their order.
type Suppressor interface {
	Suppressed(ctx context.Context, campaign CampaignInfo, addresses []string) ([]bool, error)
}

// Action is what Authorize is asked about.
type Action string

// Actions that Authorize is asked about.
const (
	ActionCreate Action = "create"
	ActionStart  Action = "start" // Start, Schedule and the due time of a scheduled campaign
	ActionResume Action = "resume"
	ActionRetry  Action = "retry" // RetryFailed, and Resolve by sending again
)

type actorKey struct{}

// WithActor says who acts: every act under the returned context is recorded with it.
func WithActor(ctx context.Context, who string) context.Context {
	return context.WithValue(ctx, actorKey{}, who)
}

// ActorOf is who WithActor said; empty = nobody said.
func ActorOf(ctx context.Context) string {
	who, _ := ctx.Value(actorKey{}).(string)
	return who
}
