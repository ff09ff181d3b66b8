package outbound

import (
	"context"
	"sync"
	"time"
)

// clock is the store's time, read now and then and carried on by elapsed monotonic time in between. It never goes back. So replicas whose clocks differ
// agree, and a clock that is set changes nothing.
type clock struct {
	store Ledger

	mu   sync.Mutex
	base time.Time // store time at local; guarded by mu
	at   time.Time // local, with its monotonic reading; guarded by mu
	last time.Time // the latest time given out; guarded by mu
}

// clockAge is how long the carried time is trusted before the store is asked again.
const clockAge = 30 * time.Second

// read asks the store for its time.
func (c *clock) read(ctx context.Context) (time.Time, error) {
	before := time.Now()
	now, err := c.store.Now(ctx)
	if err != nil {
		return time.Time{}, err
	}
	c.mu.Lock()
	c.base, c.at = now.Round(0), before
	c.mu.Unlock()
	return c.now(), nil
}

// now carries the time on. Before the first read it is the local clock's.
func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if !c.at.IsZero() {
		now = c.base.Add(now.Sub(c.at))
	}
	now = now.Round(0).UTC()
	if now.Before(c.last) {
		return c.last
	}
	c.last = now
	return now
}

// fresh is now after making sure that the store was asked lately.
func (c *clock) fresh(ctx context.Context) (time.Time, error) {
	c.mu.Lock()
	old := c.at.IsZero() || time.Since(c.at) > clockAge
	c.mu.Unlock()
	if old {
		return c.read(ctx)
	}
	return c.now(), nil
}
