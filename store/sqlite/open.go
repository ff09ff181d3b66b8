package sqlite

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/outbound-go/outbound"
)

// Config says how a store is opened. Zero fields are the documented defaults.
type Config struct {
	// Path of the file. Its folder must exist; the file itself is created, but not with ReadOnly.
	Path string
	// ReadOnly opens a file that exists for reading: every method that writes returns outbound.ErrReadOnly. Migrations are not run.
	// SQLite must still be able to write the -shm file beside it, unless it is there already.
	ReadOnly bool
	// BusyTimeout is how long a method waits while another process writes; zero = 5 seconds. Within a process methods wait as long as their context allows.
	BusyTimeout time.Duration
	// Readers is how many connections read beside the one that writes; zero = 4. They are opened when they are first needed.
	Readers int
}

// Store is an outbound.Store in an SQLite file. It is safe for concurrent use.
type Store struct {
	config  Config
	base    string // the file's base name, for errors
	program int    // the schema that this program has
	writer  pool
	readers pool
	clock   clock
	bodies  bodies
	dedup   dedup
	salt    []byte
	done    chan struct{} // closed by Close
	closing sync.Once
	closed  error // what Close returned; valid once closing is through
}

var _ outbound.Store = (*Store)(nil)

// Open opens or creates the file at path. It is OpenConfig with defaults.
func Open(ctx context.Context, path string) (*Store, error) {
	return OpenConfig(ctx, Config{Path: path})
}

// OpenConfig opens a file, creates it and brings its schema up to date where needed.
//
// Errors: outbound.ErrTooNew, outbound.ErrReadOnly (the file cannot be written to and Config.ReadOnly is not set), outbound.ErrStoreFull, and texts
// that say what is wrong with the path.
func OpenConfig(ctx context.Context, config Config) (*Store, error) {
	schema, err := migrations()
	if err != nil {
		return nil, err
	}
	return openWith(ctx, config, schema)
}

// openWith opens with the given migrations; tests give those of other programs.
func openWith(ctx context.Context, config Config, schema []migration) (*Store, error) {
	if config.BusyTimeout <= 0 {
		config.BusyTimeout = 5 * time.Second
	}
	if config.Readers <= 0 {
		config.Readers = 4
	}
	s := &Store{config: config, base: filepath.Base(config.Path), program: len(schema), done: make(chan struct{})}
	s.writer = newPool(1, s.done)
	s.readers = newPool(config.Readers, s.done)
	if err := s.open(ctx, schema); err != nil {
		return nil, errors.Join(s.wrap("open", err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, schema []migration) error {
	if err := checkPath(&s.config); err != nil {
		return err
	}
	mode, pragmas := "rwc", []string{"secure_delete(on)", "wal_autocheckpoint(2000)", "cache_size(-8000)", "temp_store(memory)"}
	if s.config.ReadOnly {
		mode, pragmas = "ro", []string{"query_only(on)"}
	}
	s.writer.dsn = dsn(&s.config, mode, append(pragmas, "synchronous(full)")...)
	// Readers are opened after the writer, which has created what is missing. They are not opened with mode=ro, since the last
	// connection to leave a file in WAL mode would then not be able to tidy up.
	if mode == "rwc" {
		mode = "rw"
	}
	s.readers.dsn = dsn(&s.config, mode, "query_only(on)", "cache_size(-4000)", "temp_store(memory)")
	c, err := s.writer.take(ctx)
	if err != nil {
		return err
	}
	defer s.writer.give(c)
	if err := prepareFile(ctx, c, schema, s.config.ReadOnly); err != nil {
		return err
	}
	if _, err := c.one("SELECT value FROM meta WHERE name = 'salt'", func(r *rows) { s.salt = r.blob(0) }); err != nil {
		return err
	}
	if len(s.salt) == 0 {
		return corrupt("meta", errors.New("no salt"))
	}
	latest, err := latestRecorded(c)
	if err != nil {
		return err
	}
	s.clock.set(latest)
	return nil
}

func checkPath(config *Config) error {
	if config.Path == "" || strings.HasPrefix(config.Path, ":memory:") {
		return errors.New("a path of a file is needed; store/memory keeps campaigns in memory")
	}
	folder := filepath.Dir(config.Path)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return fmt.Errorf("the folder %q is not there; create it first", filepath.Base(folder))
	}
	info, err := os.Stat(config.Path)
	switch {
	case errors.Is(err, os.ErrNotExist) && config.ReadOnly:
		return errors.New("the file is not there, and read-only does not create it")
	case err == nil && info.IsDir():
		return errors.New("this is a folder, not a file")
	}
	return nil
}

// dsn is the data source name of the driver: a file URI with pragmas that every connection gets.
func dsn(config *Config, mode string, pragmas ...string) string {
	path, err := filepath.Abs(config.Path)
	if err != nil {
		path = config.Path
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	query := url.Values{"mode": {mode}, "_error_rc": {"1"}}
	query.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", config.BusyTimeout.Milliseconds()))
	for _, p := range pragmas {
		query.Add("_pragma", p)
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + query.Encode()
}

// Close waits for the methods under way, except that long ones end early with outbound.ErrClosed, and closes the file. Methods called later return
// outbound.ErrClosed. Closing again does nothing and returns the same.
func (s *Store) Close() error {
	s.closing.Do(func() {
		close(s.done)
		s.dedup.clear()
		// The writer goes last: it is the one that may move the write-ahead log into the file and remove it.
		if err := errors.Join(s.readers.close(), s.writer.close()); err != nil {
			s.closed = s.wrap("close", err)
		}
	})
	return s.closed
}
