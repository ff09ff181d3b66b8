package sqlite

import (
	"context"

	"github.com/outbound-go/outbound"
)

// write runs f in a write transaction. It waits for other writers of this process as long as ctx allows, and for those of others for
// Config.BusyTimeout. If f returns an error or panics nothing is written.
func (s *Store) write(ctx context.Context, operation string, f func(*conn) error) error {
	return s.wrap(operation, s.transact(ctx, f))
}

func (s *Store) transact(ctx context.Context, f func(*conn) error) error {
	if s.config.ReadOnly {
		select {
		case <-s.done:
			return outbound.ErrClosed
		default:
			return outbound.ErrReadOnly
		}
	}
	c, err := s.writer.take(ctx)
	if err != nil {
		return err
	}
	defer s.writer.give(c)
	finished := false
	defer func() {
		if !finished {
			// SQLite may have rolled back by itself (no room, an I/O error); then there is nothing to roll back, which is no error.
			_, _ = c.exec("ROLLBACK")
		}
	}()
	// If ctx ends while BEGIN waits, the driver may say so although the transaction began.
	if _, err := c.execContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	// Another process may have migrated the file since it was opened.
	oldest, err := c.number("SELECT oldest FROM schema")
	if err != nil {
		return err
	}
	if int(oldest) > s.program {
		return tooNew(oldest, s.program)
	}
	if err := f(c); err != nil {
		return err
	}
	if err := c.run("COMMIT"); err != nil {
		return err
	}
	finished = true
	return nil
}

// view runs f in a read transaction: everything that it reads is of one moment.
func (s *Store) view(ctx context.Context, operation string, f func(*conn) error) error {
	return s.wrap(operation, s.look(ctx, f))
}

func (s *Store) look(ctx context.Context, f func(*conn) error) error {
	c, err := s.readers.take(ctx)
	if err != nil {
		return err
	}
	defer s.readers.give(c)
	if err := c.run("BEGIN"); err != nil {
		return err
	}
	// Nothing was written, so it does not matter how the transaction ends.
	defer func() { _, _ = c.exec("ROLLBACK") }()
	return f(c)
}

// between is asked between the slices of a long method: an error says that it is to end.
func (s *Store) between(ctx context.Context) error {
	select {
	case <-s.done:
		return outbound.ErrClosed
	default:
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// sliceRows is how many rows one transaction of a long method changes. At about 10 µs a row the lock is held for 20 ms.
const sliceRows = 2000
