package httpsend

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"slices"
	"syscall"
)

// ErrTooLarge is an answer of more than Config.MaxBody bytes.
var ErrTooLarge = errors.New("the answer is too large")

// Failure is why there is no readable answer.
type Failure struct {
	// NotSent says that it is proved that nothing of the request left this machine.
	NotSent bool
	// Err is the cause: a text without secrets that unwraps to those sentinels and errno values that it was, never to
	// an error of a transport, which may hold the URL and with it a token.
	Err error
}

// Error says how far the request got, and the cause.
func (f *Failure) Error() string {
	if f.NotSent {
		return "the request did not leave: " + f.Err.Error()
	}
	return "no readable answer: " + f.Err.Error()
}

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Err }

// cause stands for a foreign error.
type cause struct {
	text  string
	known []error
}

func (c *cause) Error() string   { return c.text }
func (c *cause) Unwrap() []error { return c.known }

func (c *Client) failure(r *Request, err error, notSent bool) *Failure {
	for {
		// *url.Error begins with the URL. What it wraps is the whole of the matter.
		outer, ok := errors.AsType[*url.Error](err)
		if !ok || outer.Err == nil {
			break
		}
		err = outer.Err
	}
	secrets := c.secrets
	if r.Private != nil {
		secrets = slices.Concat(secrets, r.Private.Secrets())
	}
	clean := &cause{text: Clean(err.Error(), secrets...)}
	for _, sentinel := range []error{
		context.Canceled, context.DeadlineExceeded, os.ErrDeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, ErrTooLarge,
	} {
		if errors.Is(err, sentinel) {
			clean.known = append(clean.known, sentinel)
		}
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		clean.known = append(clean.known, errno)
	}
	return &Failure{NotSent: notSent, Err: clean}
}
