package memory

import (
	"maps"
	"slices"
	"time"

	"github.com/outbound-go/outbound"
)

// campaign is one run with its imports and deliveries.
type campaign struct {
	run      outbound.Run
	version  uint64 // raised with every change of run, for the transactions that call back
	imports  []outbound.ImportRecord
	imported int // the last ImportRecord.Number given
	rows     rows
	attempts map[int64][]outbound.Attempt
	erased   int // deliveries whose address is a hash

	// people finds a delivery by what is unique, for imports.
	people map[identity]int64
	// retries and doubts are the pending and the uncertain deliveries that wait for an attempt of their own row.
	retries, doubts waiting
	// sending are the deliveries whose intent is in their own row.
	sending map[int64]struct{}
}

// identity is what is unique in a campaign.
type identity struct{ address, key string }

func newCampaign(run outbound.Run) *campaign {
	return &campaign{
		run:      run,
		attempts: make(map[int64][]outbound.Attempt),
		people:   make(map[identity]int64),
		sending:  make(map[int64]struct{}),
	}
}

// unlist takes a row that is about to change out of the indexes.
func (c *campaign) unlist(row *outbound.Row) {
	switch {
	case row.State == outbound.Pending && waits(row):
		c.retries.remove(row.Due, row.Seq)
	case row.State == outbound.Uncertain && !row.Due.IsZero():
		c.doubts.remove(row.Due, row.Seq)
	case row.State == outbound.Sending:
		delete(c.sending, row.Seq)
	}
}

// list puts a row that has changed into the indexes.
func (c *campaign) list(row *outbound.Row) {
	switch {
	case row.State == outbound.Pending && waits(row):
		c.retries.add(row.Due, row.Seq)
	case row.State == outbound.Uncertain && !row.Due.IsZero():
		c.doubts.add(row.Due, row.Seq)
	case row.State == outbound.Sending:
		c.sending[row.Seq] = struct{}{}
	}
}

// waits says whether a row that is stored as pending waits for an attempt of its own: it was held or tried before.
func waits(row *outbound.Row) bool { return row.Attempt > 0 || !row.Due.IsZero() }

// settle applies an outcome of an attempt and keeps counters, indexes and history in step.
func (c *campaign) settle(o outbound.Outcome, now time.Time) bool {
	row := c.rows.at(o.Seq)
	if row == nil || o.State > outbound.Canceled { // no state at all
		return false
	}
	if isErased(row.Address) { // what was erased does not come back with a late answer
		o.Address, o.Message = "", ""
	}
	c.unlist(row)
	from, to, ok := c.run.Settle(row, o, now)
	c.list(row)
	if !ok {
		return false
	}
	c.run.Counts.Move(from, to, 1)
	if o.State == outbound.Pending {
		c.leave(row, outbound.Pending)
	}
	return true
}

// leave keeps what is known of a row's attempt before another one follows.
func (c *campaign) leave(row *outbound.Row, state outbound.State) {
	c.attempts[row.Seq] = append(slices.Clip(c.attempts[row.Seq]), outbound.Attempt{
		Number: row.Attempt, State: state, At: row.At,
		Class: row.Class, Code: row.Code, Reason: row.Reason, Message: row.Message,
	})
}

// settled is what the campaign itself becomes after its counters changed: completed when nothing is left to send, running again when a
// delivery returned to pending after that.
func (c *campaign) settled(now time.Time) {
	r := &c.run
	if r.State == outbound.Completed && r.Counts.Pending > 0 {
		// The heartbeat is fresh, or the campaign would be taken for one of yesterday's restored database.
		r.State, r.Ended, r.Heartbeat = outbound.Running, time.Time{}, now
	}
	r.CompleteIfDone(now)
	c.version++
}

// drop removes a delivery with its attempts; counters follow.
func (c *campaign) drop(row *outbound.Row) {
	state, _ := c.run.Effective(row)
	*c.run.Counts.Of(state)--
	c.discard(row)
}

// discard removes a delivery with its attempts; counters stay.
func (c *campaign) discard(row *outbound.Row) {
	c.unlist(row)
	if c.people[identity{row.Address, row.Key}] == row.Seq {
		delete(c.people, identity{row.Address, row.Key})
	}
	if row.Former != "" {
		delete(c.people, identity{row.Former, row.Key})
	}
	if isErased(row.Address) {
		c.erased--
	}
	delete(c.attempts, row.Seq)
	c.rows.drop(row.Seq)
}

// effective is a copy of a row with the state that it stands for, for the caller to keep.
func (c *campaign) effective(row *outbound.Row) outbound.Row {
	r := *row
	r.State, r.Attempt = c.run.Effective(row)
	r.Variables = maps.Clone(row.Variables)
	return r
}

// cloneRun copies a run for the caller to keep, or for the store.
func cloneRun(r *outbound.Run) outbound.Run {
	c := *r
	c.Labels = slices.Clone(r.Labels)
	c.Sealed = slices.Clone(r.Sealed)
	c.Media = maps.Clone(r.Media)
	return c
}
