package simulator

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// ServeHTTP answers one request over whatever connection the server has. A reset fault hijacks the connection and
// closes it with a TCP reset; where hijacking is impossible it panics with [http.ErrAbortHandler], which net/http
// servers turn into a closed connection or stream.
func (t *Telegram) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t.gauge.enter()
	in, err := t.take(r)
	var a answer
	switch {
	case err != nil:
	case in.fault.Kind == FaultConnect:
		a.fault.Kind = FaultResetBefore
	default:
		a, err = t.exchange(r.Context(), in)
	}
	t.gauge.leave() // before the answer: who has it must not count as waiting
	if err != nil || a.fault.Kind == FaultResetBefore || a.fault.Kind == FaultResetAfter {
		reset(w)
		return
	}
	header := w.Header()
	maps.Copy(header, a.header())
	body, length := a.reader(r.Context())
	if length >= 0 {
		header["Content-Length"] = []string{strconv.FormatInt(length, 10)}
	}
	w.WriteHeader(a.status)
	if a.fault.Kind != FaultSlowBody && a.fault.Kind != FaultEndlessBody {
		_, _ = w.Write(a.body) // a client that has gone is its own affair
		return
	}
	defer body.Close()
	pace := http.NewResponseController(w)
	buffer := make([]byte, 4096)
	for {
		if pace.Flush() != nil {
			return
		}
		n, err := body.Read(buffer)
		if _, failed := w.Write(buffer[:n]); failed != nil || err != nil {
			return
		}
	}
}

// reset ends the connection without an answer.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// RoundTripper is the provider in process: whatever host a request names, this simulator answers it, on the caller's
// goroutine. Inside a testing/synctest bubble all its waiting is on the bubble's clock.
//
// A request whose context ends returns the context's error; whether its message was accepted depends on the moment, as
// in a network. Of net/http/httptrace it calls GetConn, GotConn, WroteHeaders, WroteRequest and GotFirstResponseByte,
// in this order: a request for which WroteRequest was not called was not accepted.
func (t *Telegram) RoundTripper() http.RoundTripper { return roundTripper{t} }

type roundTripper struct{ telegram *Telegram }

func (rt roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	t, ctx := rt.telegram, r.Context()
	t.gauge.enter()
	defer t.gauge.leave()
	if r.Body != nil {
		defer r.Body.Close()
	}
	trace := httptrace.ContextClientTrace(ctx)
	if trace != nil && trace.GetConn != nil {
		trace.GetConn(r.URL.Host)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	in, err := t.take(r)
	if err == nil && in.fault.Kind == FaultConnect {
		return nil, networkError("dial", "connect", syscall.ECONNREFUSED)
	}
	wrote(trace, err)
	if err != nil {
		return nil, err
	}
	a, err := t.exchange(ctx, in)
	if err != nil {
		return nil, err
	}
	if a.fault.Kind == FaultResetBefore || a.fault.Kind == FaultResetAfter {
		return nil, networkError("read", "read", syscall.ECONNRESET)
	}
	if trace != nil && trace.GotFirstResponseByte != nil {
		trace.GotFirstResponseByte()
	}
	body, length := a.reader(ctx)
	return &http.Response{
		Status:     strconv.Itoa(a.status) + " " + http.StatusText(a.status),
		StatusCode: a.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        a.header(),
		Body:          body,
		ContentLength: length,
		Request:       r,
	}, nil
}

// wrote tells a trace that there is a connection and that the request left, or why it did not.
func wrote(trace *httptrace.ClientTrace, err error) {
	if trace == nil {
		return
	}
	if trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{Conn: inProcess{}})
	}
	if trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	if trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{Err: err})
	}
}

func networkError(op, call string, errno syscall.Errno) error {
	return &net.OpError{Op: op, Net: "tcp", Err: os.NewSyscallError(call, errno)}
}

// inProcess is the connection a trace is shown: there is none, so it carries nothing.
type inProcess struct{}

func (inProcess) Read([]byte) (int, error)         { return 0, net.ErrClosed }
func (inProcess) Write([]byte) (int, error)        { return 0, net.ErrClosed }
func (inProcess) Close() error                     { return nil }
func (inProcess) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (inProcess) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (inProcess) SetDeadline(time.Time) error      { return nil }
func (inProcess) SetReadDeadline(time.Time) error  { return nil }
func (inProcess) SetWriteDeadline(time.Time) error { return nil }

// reader is the answer's body and its length, -1 when none is announced.
func (a *answer) reader(ctx context.Context) (io.ReadCloser, int64) {
	switch a.fault.Kind {
	case FaultSlowBody:
		return newSlowBody(ctx, a.body, a.fault.Delay), int64(len(a.body))
	case FaultEndlessBody:
		return &endlessBody{ctx: ctx, done: make(chan struct{}), head: []byte(`{"ok":true,"result":`)}, -1
	default: // a body as it is
	}
	return plainBody{bytes.NewReader(a.body)}, int64(len(a.body))
}

type plainBody struct{ *bytes.Reader }

func (plainBody) Close() error { return nil }

// slowPieces is how many pieces a slow body comes in, when it has as many bytes.
const slowPieces = 10

// slowBody hands out a body in pieces, each after its share of the delay.
type slowBody struct {
	ctx   context.Context //nolint:containedctx // a body lives as long as its request, and has no call of its own to be handed a context
	rest  []byte
	ready int // bytes of rest that have come
	piece int
	pause time.Duration
	close sync.Once
	done  chan struct{}
}

func newSlowBody(ctx context.Context, body []byte, delay time.Duration) *slowBody {
	pieces := max(min(slowPieces, len(body)), 1)
	return &slowBody{
		ctx: ctx, rest: body, done: make(chan struct{}),
		piece: (len(body) + pieces - 1) / pieces, pause: delay / time.Duration(pieces),
	}
}

func (b *slowBody) Read(p []byte) (int, error) {
	if len(b.rest) == 0 {
		return 0, io.EOF
	}
	if b.ready == 0 {
		timer := time.NewTimer(b.pause)
		defer timer.Stop()
		select {
		case <-timer.C:
			b.ready = min(b.piece, len(b.rest))
		case <-b.ctx.Done():
			return 0, b.ctx.Err()
		case <-b.done:
			return 0, http.ErrBodyReadAfterClose
		}
	}
	n := copy(p, b.rest[:b.ready])
	b.rest, b.ready = b.rest[n:], b.ready-n
	return n, nil
}

func (b *slowBody) Close() error {
	b.close.Do(func() { close(b.done) })
	return nil
}

// endlessBody begins like an answer and goes on with spaces for ever.
type endlessBody struct {
	ctx   context.Context //nolint:containedctx // a body lives as long as its request, and has no call of its own to be handed a context
	head  []byte
	close sync.Once
	done  chan struct{}
}

func (b *endlessBody) Read(p []byte) (int, error) {
	select {
	case <-b.ctx.Done():
		return 0, b.ctx.Err()
	case <-b.done:
		return 0, http.ErrBodyReadAfterClose
	default:
	}
	n := copy(p, b.head)
	b.head = b.head[n:]
	for i := n; i < len(p); i++ {
		p[i] = ' '
	}
	return len(p), nil
}

func (b *endlessBody) Close() error {
	b.close.Do(func() { close(b.done) })
	return nil
}
