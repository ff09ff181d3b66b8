package outbound

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Notification is a message to one person: a booking, a parcel.
type Notification struct {
	// Key makes it idempotent: notified again with the same key, nothing more is sent. Required.
	Key        string
	Group      string
	Touchpoint string
	Recipient  Recipient
	Message    Message
	// Purpose is Service if empty.
	Purpose  Purpose
	NotAfter time.Time
	Doubts   Doubts
	Labels   []string
}

// noticePriority lets notifications pass campaigns.
const noticePriority = 1000

// Notify sends a message to one person through the same ledger, with the same promises as a campaign: it is one, of one, which lists leave out unless asked.
// The message goes out while Run serves, here or in another process; Progress of the returned campaign tells. Repeated with the same Group and Key it returns the first one.
func (e *Engine) Notify(ctx context.Context, n Notification) (Campaign, error) {
	id := CampaignID(fmt.Sprintf("notify:%d:%s:%s", len(n.Group), n.Group, n.Key)) // the length keeps groups and keys apart
	if n.Key == "" {
		return nil, errorf("notify", id, Problems{NewProblem("key", "required")})
	}
	setDefault(&n.Purpose, Service)
	c, err := e.create(ctx, Draft{
		ID: id, Name: "notification", Group: n.Group, Touchpoint: n.Touchpoint, Purpose: n.Purpose, Message: n.Message,
		Priority: noticePriority, NotAfter: n.NotAfter, Doubts: n.Doubts, Labels: n.Labels,
	}, true)
	if errors.Is(err, ErrConflict) {
		c = e.Campaign(id) // the key was used: what it said first is what is sent
	} else if err != nil {
		return nil, err
	}
	run, err := e.store.ReadRun(ctx, id)
	if err != nil {
		return nil, errorf("notify", id, err)
	}
	if run.State != DraftState {
		return c, nil
	}
	report, err := c.Import(ctx, "notification", FromSlice([]Recipient{n.Recipient}))
	if err != nil && !errors.Is(err, ErrState) {
		return nil, err
	}
	if err == nil && len(report.Rejections) > 0 {
		p := report.Rejections[0].Problem
		p.Field = "recipient"
		return nil, errors.Join(errorf("notify", id, Problems{p}), e.Delete(ctx, id))
	}
	return c, c.Start(ctx)
}
