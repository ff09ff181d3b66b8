package outbound

import (
	"context"
	"iter"
	"time"
)

// Campaign is the handle of a saved campaign. Handles are cheap, hold no state and work from any replica. Rarer acts live on
// [Engine], by id. Fakes embed outboundtest.Campaign, so that they survive new methods.
type Campaign interface {
	// ID is the campaign's id.
	ID() CampaignID
	// Import adds recipients to a draft, from a source that the host names: "pasted", "april.csv". It is idempotent per source: what
	// is imported already is found to be so, what was cut off is finished, and a source that changed replaces what came from it (if it can be read twice, else ErrSourceChanged).
	// Pieces that are no recipient and duplicates are counted and reported, and are no error. When ctx ends, what was read so far stays, unfinished.
	Import(ctx context.Context, source string, audience Audience) (ImportReport, error)
	// Plan says what Start would do, without sending anything: how many, how long, what is wrong.
	Plan(ctx context.Context) (Plan, error)
	// Start seals the draft and sets it running; the owner of its touchpoint picks it up, in this process or another. Starting a running campaign changes nothing.
	// ErrEmptyAudience, ErrUnfinishedImport, ErrInvalid (with Problems), ErrState, ErrNotAllowed, or ErrPlanChanged if asked to check.
	Start(ctx context.Context, options ...StartOption) error
	// Pause stops it. When Pause returns nothing begins any more; requests that had begun have finished or are recorded when they do.
	Pause(ctx context.Context) error
	// Resume sets a paused campaign running again, opens its touchpoint anew (with a new token, if there is one) and lifts an account fault. Resuming a running campaign does the latter two.
	Resume(ctx context.Context) error
	// Cancel ends it for good; everybody who was still to be written to is canceled. What Pause says of beginning requests holds.
	Cancel(ctx context.Context) error
	// Progress says how far it is, at a cost that does not grow with the audience.
	Progress(ctx context.Context) (Progress, error)
	// Deliveries streams deliveries that match the filter, in the order of their numbers. The filter's Campaign is set, and Limit bounds the stream (zero = all).
	Deliveries(ctx context.Context, filter DeliveryFilter) iter.Seq2[Delivery, error]
}

// Delivery is one recipient's row in one campaign.
type Delivery struct {
	Number    int64             `json:"number"`
	Address   string            `json:"address"`
	Reference string            `json:"reference,omitempty"`
	Key       string            `json:"key,omitempty"`
	Variables map[string]string `json:"variables,omitempty"`
	State     State             `json:"state"`
	Attempt   int               `json:"attempt"`
	NotBefore time.Time         `json:"not_before,omitzero"`
	At        time.Time         `json:"at,omitzero"`
	Class     Class             `json:"class,omitempty"`
	Reason    string            `json:"reason,omitempty"`
	Code      string            `json:"code,omitempty"`
	Message   string            `json:"message,omitempty"` // the provider's message id
	Former    string            `json:"former_address,omitempty"`
	Line      int               `json:"line,omitempty"`
	Column    int               `json:"column,omitempty"`
}

// StartOption is an option of Start and Schedule.
type StartOption func(*startOptions)

type startOptions struct {
	revision int64
	check    bool
}

// AsPlanned refuses with ErrPlanChanged if draft or audience changed since the plan was made.
func AsPlanned(p Plan) StartOption {
	return func(o *startOptions) { o.revision, o.check = p.Revision, true }
}

// campaign is the handle.
type campaign struct {
	e  *Engine
	id CampaignID
}

// Campaign returns the handle of a campaign. Whether it exists shows at its first use (ErrNotFound).
func (e *Engine) Campaign(id CampaignID) Campaign { return &campaign{e, id} }

func (c *campaign) ID() CampaignID { return c.id }

func (c *campaign) Import(ctx context.Context, source string, audience Audience) (ImportReport, error) {
	return c.e.importAudience(ctx, c.id, source, audience)
}

func (c *campaign) Plan(ctx context.Context) (Plan, error) { return c.e.plan(ctx, c.id) }

func (c *campaign) Start(ctx context.Context, options ...StartOption) error {
	return c.e.start(ctx, c.id, options)
}

func (c *campaign) Pause(ctx context.Context) error { return c.e.pause(ctx, c.id) }

func (c *campaign) Resume(ctx context.Context) error { return c.e.resume(ctx, c.id) }

func (c *campaign) Cancel(ctx context.Context) error { return c.e.cancel(ctx, c.id) }

func (c *campaign) Progress(ctx context.Context) (Progress, error) { return c.e.progress(ctx, c.id) }

func (c *campaign) Deliveries(ctx context.Context, filter DeliveryFilter) iter.Seq2[Delivery, error] {
	filter.Campaign = c.id
	return c.e.deliveries(ctx, filter)
}

// deliveries pages through the ledger.
func (e *Engine) deliveries(ctx context.Context, filter DeliveryFilter) iter.Seq2[Delivery, error] {
	const page = 500
	return func(yield func(Delivery, error) bool) {
		left := filter.Limit
		for {
			filter.Limit = page
			if left > 0 {
				filter.Limit = min(page, left)
			}
			rows, err := e.store.Deliveries(ctx, filter)
			if err != nil {
				yield(Delivery{}, errorf("deliveries", filter.Campaign, err))
				return
			}
			for i := range rows {
				if !yield(deliveryOf(&rows[i]), nil) {
					return
				}
			}
			if left > 0 {
				if left -= len(rows); left == 0 {
					return
				}
			}
			if len(rows) < filter.Limit {
				return
			}
			filter.After = rows[len(rows)-1].Seq
		}
	}
}

func deliveryOf(r *Row) Delivery {
	return Delivery{
		Number: r.Seq, Address: r.Address, Reference: r.Reference, Key: r.Key, Variables: r.Variables,
		State: r.State, Attempt: r.Attempt, NotBefore: r.Due, At: r.At, Class: r.Class, Reason: r.Reason, Code: r.Code,
		Message: r.Message, Former: r.Former, Line: r.Line, Column: r.Column,
	}
}
