package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/outbound-go/outbound"
)

// wrap adds the operation and the file's base name to an error, once, and turns SQLite's codes into the library's sentinels and plain words.
func (s *Store) wrap(operation string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*storeError](err); ok {
		return err
	}
	return &storeError{operation, s.base, translate(err)}
}

// storeError is an error with its operation and file.
type storeError struct {
	operation, file string
	err             error
}

func (e *storeError) Error() string {
	return fmt.Sprintf("sqlite: %s: %s: %v", e.operation, e.file, e.err)
}

func (e *storeError) Unwrap() error { return e.err }

func translate(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		if errors.Is(err, fs.ErrPermission) {
			return fmt.Errorf("%w: %w", outbound.ErrReadOnly, err)
		}
		return err
	}
	switch e.Code() & 0xff {
	case codes.SQLITE_READONLY, codes.SQLITE_PERM:
		return fmt.Errorf("%w: the file or its folder cannot be written to: %w", outbound.ErrReadOnly, err)
	case codes.SQLITE_FULL:
		return fmt.Errorf("%w: make room on its disk: %w", outbound.ErrStoreFull, err)
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED:
		return fmt.Errorf("another process is writing to the file and did not finish in time: %w", err)
	case codes.SQLITE_CORRUPT:
		return fmt.Errorf("the file is damaged; restore it from a backup: %w", err)
	case codes.SQLITE_NOTADB:
		return fmt.Errorf("the file is not an SQLite database: %w", err)
	case codes.SQLITE_CANTOPEN:
		return fmt.Errorf("the file cannot be opened; look at the rights of the file and its folder: %w", err)
	}
	return err
}

func tooNew(oldest int64, program int) error {
	return fmt.Errorf("%w: it needs a program of schema %d or later, this one has %d; use a newer version of this library", outbound.ErrTooNew, oldest, program)
}

func notFound(err error) bool { return errors.Is(err, outbound.ErrNotFound) }
