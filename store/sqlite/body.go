package sqlite

import (
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/outbound-go/outbound"
)

// body is what of a run changes seldom, as JSON. Fields are only ever added.
type body struct {
	Name       string                       `json:"name,omitempty"`
	Purpose    outbound.Purpose             `json:"purpose,omitempty"`
	Priority   int                          `json:"priority,omitempty"`
	Labels     []string                     `json:"labels,omitempty"`
	Doubts     outbound.Doubts              `json:"doubts,omitempty"`
	NotAfter   time.Time                    `json:"not_after,omitzero"`
	Cause      outbound.Cause               `json:"cause,omitzero"`
	StartAt    time.Time                    `json:"start_at,omitzero"`
	Missed     outbound.MissedStart         `json:"missed,omitempty"`
	PauseAfter int64                        `json:"pause_after,omitempty"`
	Media      map[string]outbound.MediaRef `json:"media,omitempty"`
	Started    time.Time                    `json:"started,omitzero"`
}

func bodyOf(r *outbound.Run) body {
	return body{
		r.Name, r.Purpose, r.Priority, slices.Clone(r.Labels), r.Doubts, utc(r.NotAfter), causeOf(r.Cause), utc(r.StartAt), r.Missed, r.PauseAfter, maps.Clone(r.Media), utc(r.Started),
	}
}

// fill puts the body into a run. The run may be changed by its caller.
func (b *body) fill(r *outbound.Run) {
	r.Name, r.Purpose, r.Priority, r.Labels, r.Doubts, r.NotAfter = b.Name, b.Purpose, b.Priority, slices.Clone(b.Labels), b.Doubts, b.NotAfter
	r.Cause, r.StartAt, r.Missed, r.PauseAfter, r.Media, r.Started = b.Cause, b.StartAt, b.Missed, b.PauseAfter, maps.Clone(b.Media), b.Started
}

func causeOf(c outbound.Cause) outbound.Cause {
	c.At = utc(c.At)
	return c
}

// utc is a time as it comes back from the file: without a monotonic reading and in UTC.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.Round(0).UTC()
}

func readBody(text []byte) (body, error) {
	var b body
	if err := json.Unmarshal(text, &b); err != nil {
		return body{}, corrupt("run", err)
	}
	return b, nil
}

// bodies remembers bodies by run number, so that a commit does not parse one each time. run.stamp says whether what is remembered still holds.
type bodies struct {
	mu    sync.Mutex
	known map[int64]stamped // guarded by mu
}

type stamped struct {
	stamp int64
	body  *body // not changed any more
}

// maxBodies bounds what is remembered. Campaigns that send at the same time are far fewer.
const maxBodies = 256

func (b *bodies) find(number, stamp int64) *body {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.known[number]; s.body != nil && s.stamp == stamp {
		return s.body
	}
	return nil
}

func (b *bodies) keep(number, stamp int64, known *body) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.known == nil || len(b.known) >= maxBodies {
		b.known = map[int64]stamped{}
	}
	b.known[number] = stamped{stamp, known}
}
