package sqlite

import (
	"context"
	"errors"

	"github.com/outbound-go/outbound"
)

// pool lends a fixed number of connections, opened when first needed. No goroutine belongs to it.
type pool struct {
	dsn   string
	slots chan *conn // nil = not opened yet
	done  <-chan struct{}
}

func newPool(size int, done <-chan struct{}) pool {
	p := pool{slots: make(chan *conn, size), done: done}
	for range size {
		p.slots <- nil
	}
	return p
}

// take waits for a connection. Who takes one gives it back.
func (p *pool) take(ctx context.Context) (*conn, error) {
	select { // of several ready cases select picks any: an end comes first
	case <-p.done:
		return nil, outbound.ErrClosed
	default:
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	select {
	case c := <-p.slots:
		if c != nil {
			return c, nil
		}
		c, err := connect(ctx, p.dsn)
		if err != nil {
			p.slots <- nil
			return nil, err
		}
		return c, nil
	case <-p.done:
		return nil, outbound.ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (p *pool) give(c *conn) { p.slots <- c }

// close waits for every connection to come back and closes it.
func (p *pool) close() error {
	var all error
	for range cap(p.slots) {
		if c := <-p.slots; c != nil {
			all = errors.Join(all, c.close())
		}
	}
	return all
}
