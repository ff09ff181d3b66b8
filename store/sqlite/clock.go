package sqlite

import (
	"context"
	"sync"
	"time"

	"github.com/outbound-go/outbound"
)

// clock is the wall clock, except that it never goes back: not when the machine's clock is set back, and not behind what the file
// has recorded. While the wall clock is behind it goes on by elapsed time.
type clock struct {
	mu   sync.Mutex
	last time.Time // what was said last; guarded by mu
	at   time.Time // when, with the monotonic reading; guarded by mu
}

// set makes the clock start no earlier than t.
func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last, c.at = t, time.Now()
}

func (c *clock) now(wall time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.last.Add(wall.Sub(c.at))
	if now.Before(c.last) { // readings of two goroutines in the wrong order
		return c.last
	}
	if plain := wall.Round(0).UTC(); plain.After(now) {
		now = plain
	}
	c.last, c.at = now, wall
	return now
}

// Now is the machine's wall clock. It never goes back within a process, and starts no earlier than the latest time that the file has
// recorded when it is opened.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	select {
	case <-s.done:
		return time.Time{}, s.wrap("now", outbound.ErrClosed)
	default:
	}
	if ctx.Err() != nil {
		return time.Time{}, s.wrap("now", context.Cause(ctx))
	}
	return s.clock.now(time.Now()), nil
}

// latestRecorded is the latest time that the engine wrote.
func latestRecorded(c *conn) (time.Time, error) {
	n, err := c.number(`SELECT max(
		(SELECT coalesce(max(heartbeat), 0) FROM run),
		(SELECT coalesce(max(created), 0) FROM run),
		(SELECT coalesce(max(at), 0) FROM (SELECT at FROM act ORDER BY number DESC LIMIT 100)))`)
	return fromNanos(max(n, 0)), err
}
