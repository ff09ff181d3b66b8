package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"time"

	"modernc.org/sqlite"
)

// conn is one connection with its prepared statements. It is used by one goroutine at a time.
//
// It talks to the driver without database/sql: the store has its own rules of who writes and who reads, and the way
// through database/sql costs as much again as a small statement itself.
type conn struct {
	raw   driver.Conn
	stmts map[string]*stmt
}

// stmt is a prepared statement with room for its arguments.
type stmt struct {
	raw   driver.Stmt
	exec  driver.StmtExecContext
	query driver.StmtQueryContext
	args  []driver.NamedValue
	rows  rows
}

func connect(ctx context.Context, dsn string) (*conn, error) {
	connector, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	raw, err := connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{raw: raw, stmts: map[string]*stmt{}}, nil
}

func (c *conn) close() error {
	var all error
	for _, s := range c.stmts {
		all = errors.Join(all, s.raw.Close())
	}
	return errors.Join(all, c.raw.Close())
}

// stmt prepares a statement once. The text must be one of a small set.
func (c *conn) stmt(text string) (*stmt, error) {
	if s := c.stmts[text]; s != nil {
		return s, nil
	}
	s, err := c.prepare(text)
	if err == nil {
		c.stmts[text] = s
	}
	return s, err
}

func (c *conn) prepare(text string) (*stmt, error) {
	raw, err := c.raw.Prepare(text)
	if err != nil {
		return nil, err
	}
	s := &stmt{raw: raw}
	var ok1, ok2 bool
	s.exec, ok1 = raw.(driver.StmtExecContext)
	s.query, ok2 = raw.(driver.StmtQueryContext)
	if !ok1 || !ok2 {
		return nil, errors.Join(errors.New("the driver's statements take no context"), raw.Close())
	}
	return s, nil
}

func namedValue(ordinal int, v any) driver.NamedValue {
	return driver.NamedValue{Ordinal: ordinal, Value: v}
}

func (s *stmt) bind(args []any) []driver.NamedValue {
	s.args = s.args[:0]
	for i, v := range args {
		switch x := v.(type) {
		case int:
			v = int64(x)
		case bool:
			v = int64(0)
			if x {
				v = int64(1)
			}
		case time.Time:
			v = nanos(x)
		}
		s.args = append(s.args, namedValue(i+1, v))
	}
	return s.args
}

// exec runs a statement to its end and returns how many rows it changed. Statements of a write transaction get a context that
// does not end: they are short, and an end would cost a goroutine for each.
func (c *conn) exec(text string, args ...any) (int64, error) {
	return c.execContext(context.Background(), text, args...)
}

func (c *conn) execContext(ctx context.Context, text string, args ...any) (int64, error) {
	s, err := c.stmt(text)
	if err != nil {
		return 0, err
	}
	r, err := s.exec.ExecContext(ctx, s.bind(args))
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// run is exec for who needs no count.
func (c *conn) run(text string, args ...any) error {
	_, err := c.exec(text, args...)
	return err
}

// script runs a text of several statements, which are not kept.
func (c *conn) script(ctx context.Context, text string) error {
	s, err := c.prepare(text)
	if err != nil {
		return err
	}
	_, err = s.exec.ExecContext(ctx, nil)
	return errors.Join(err, s.raw.Close())
}

// rows are the result of a query. One query of a text may be open at a time on a connection.
type rows struct {
	raw  driver.Rows
	dest []driver.Value
	err  error
	once driver.Stmt // closed with the rows
}

func (c *conn) query(text string, args ...any) (*rows, error) {
	return c.queryContext(context.Background(), text, args...)
}

func (c *conn) queryContext(ctx context.Context, text string, args ...any) (*rows, error) {
	s, err := c.stmt(text)
	if err != nil {
		return nil, err
	}
	return s.open(ctx, args)
}

// queryOnce is queryContext for texts that are put together, which are not kept.
func (c *conn) queryOnce(ctx context.Context, text string, args ...any) (*rows, error) {
	s, err := c.prepare(text)
	if err != nil {
		return nil, err
	}
	r, err := s.open(ctx, args)
	if err != nil {
		return nil, errors.Join(err, s.raw.Close())
	}
	r.once = s.raw
	return r, nil
}

func (s *stmt) open(ctx context.Context, args []any) (*rows, error) {
	raw, err := s.query.QueryContext(ctx, s.bind(args))
	if err != nil {
		return nil, err
	}
	n := len(raw.Columns())
	if cap(s.rows.dest) < n {
		s.rows.dest = make([]driver.Value, n)
	}
	s.rows = rows{raw: raw, dest: s.rows.dest[:n]}
	return &s.rows, nil
}

// next steps to the next row. It closes the rows at their end; who stops earlier closes them.
func (r *rows) next() bool {
	if r.raw == nil {
		return false
	}
	err := r.raw.Next(r.dest)
	if err == nil {
		return true
	}
	if !errors.Is(err, io.EOF) {
		r.err = err
	}
	r.shut()
	return false
}

func (r *rows) shut() {
	if r.raw == nil {
		return
	}
	err := r.raw.Close()
	r.raw = nil
	clear(r.dest)
	if r.once != nil {
		err = errors.Join(err, r.once.Close())
	}
	if r.err == nil {
		r.err = err
	}
}

// close ends the rows and returns what went wrong on the way.
func (r *rows) close() error {
	r.shut()
	return r.err
}

func (r *rows) null(i int) bool { return r.dest[i] == nil }

func (r *rows) int(i int) int64 {
	n, _ := r.dest[i].(int64)
	return n
}

func (r *rows) bool(i int) bool { return r.int(i) != 0 }

func (r *rows) text(i int) string {
	s, _ := r.dest[i].(string)
	return s
}

func (r *rows) blob(i int) []byte {
	switch v := r.dest[i].(type) {
	case []byte:
		return v
	case string:
		return []byte(v)
	}
	return nil
}

func (r *rows) time(i int) time.Time { return fromNanos(r.int(i)) }

// one runs a query for at most one row and shows it to scan. found says whether there was one.
func (c *conn) one(text string, scan func(*rows), args ...any) (found bool, err error) {
	r, err := c.query(text, args...)
	if err != nil {
		return false, err
	}
	if r.next() {
		found = true
		scan(r)
	}
	return found, r.close()
}

// number runs a query for one number; zero if there is no row.
func (c *conn) number(text string, args ...any) (n int64, err error) {
	_, err = c.one(text, func(r *rows) { n = r.int(0) }, args...)
	return n, err
}

// each runs a query and shows every row to scan until it returns an error.
func (c *conn) each(ctx context.Context, text string, scan func(*rows) error, args ...any) error {
	r, err := c.queryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	for r.next() {
		if err := scan(r); err != nil {
			return errors.Join(err, r.close())
		}
	}
	return r.close()
}

// optional is a text as it is kept in a column where empty is NULL.
func optional[T ~string](s T) any {
	if s == "" {
		return nil
	}
	return string(s)
}

// optionalBlob is optional for bytes.
func optionalBlob(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}

var errCorrupt = errors.New("a record cannot be read")

func corrupt(what string, err error) error { return fmt.Errorf("%w: %s: %w", errCorrupt, what, err) }
