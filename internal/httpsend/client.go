// Package httpsend holds the HTTP mechanics that the adapters share: one request with one outcome, a bounded answer,
// proof that nothing left where there is proof, and error texts without secrets. What a provider's answer means is the
// adapter's affair.
package httpsend

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Defaults of Config.
const (
	// DefaultConcurrency is how many connections are kept to a provider's host.
	DefaultConcurrency = 64
	// DefaultMaxBody is how many bytes of an answer are read; more is no answer of a provider.
	DefaultMaxBody = 1 << 20
)

// idleTimeout is shorter than the 60 to 75 seconds after which servers usually hang up, so that it is us who do: a
// server's hang-up that crosses a request on the wire makes a doubt, ours does not.
const idleTimeout = 15 * time.Second

// Config configures a Client. The zero value is our own transport with the defaults.
type Config struct {
	// HTTPClient is the host's own; nil = ours. It is copied: its Transport, Jar and Timeout are used, its CheckRedirect
	// is not, since redirects are never followed.
	HTTPClient *http.Client
	// Concurrency is how many requests are expected at a time; zero = DefaultConcurrency. It bounds idle connections,
	// not requests.
	Concurrency int
	// MaxBody bounds an answer, in bytes; zero = DefaultMaxBody.
	MaxBody int
	// Secrets are kept out of every error text.
	Secrets []string
}

// Client makes requests. It is safe for concurrent use.
type Client struct {
	own     *http.Transport // nil with a host's client
	host    *http.Client
	maxBody int
	secrets []string
	probes  sync.Pool // of *probe
}

// New makes a client. It does no I/O and starts nothing.
func New(config Config) *Client {
	c := &Client{
		maxBody: cmp.Or(max(config.MaxBody, 0), DefaultMaxBody),
		secrets: config.Secrets,
	}
	c.probes.New = func() any { return newProbe() }
	if config.HTTPClient != nil {
		host := *config.HTTPClient
		host.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		c.host = &host
		return c
	}
	c.own = transport(cmp.Or(max(config.Concurrency, 0), DefaultConcurrency))
	return c
}

// transport is a pool of HTTP/1.1 connections: with HTTP/2 a request costs 1.5 times the processor time, and one lost
// connection puts every request on it in doubt.
func transport(concurrency int) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(0)},
		TLSHandshakeTimeout:    10 * time.Second,
		Protocols:              protocols,
		MaxIdleConnsPerHost:    concurrency,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true, // answers are a few hundred bytes
	}
}

// CloseIdle closes the idle connections of our own transport; a host's client is the host's.
func (c *Client) CloseIdle() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// Request is one POST. Nothing of it is changed, and nothing is kept after Do but by a transport that is still writing
// Body and Rest when the answer is already there: they must not be changed later.
type Request struct {
	URL    *url.URL
	Header http.Header // Content-Length is set by itself
	Body   []byte
	Rest   [][]byte      // follows Body: a file that is not worth a copy
	Limit  time.Duration // from the call to the last byte of the answer; zero = ctx alone decides
	// Private names what no error of this request may show, besides Config.Secrets; asked when there is one. Nil = nothing.
	Private interface{ Secrets() []string }
}

// Answer is what came back.
type Answer struct {
	Status int // zero = no answer began
	Header http.Header
	Body   []byte // in the caller's buffer where it fits
}

// Do makes one request and reads the answer into buf, which grows as needed.
//
// An error is a *Failure: no answer, or one that cannot be read whole; then Status and Header are what was read of it.
// A redirect is an answer like any other.
func (c *Client) Do(ctx context.Context, r *Request, buf []byte) (Answer, error) {
	if err := ctx.Err(); err != nil {
		return Answer{}, c.failure(r, err, true) // we did not begin
	}
	ctx, cancel := limited(ctx, r.Limit)
	defer cancel()
	ctx, p := c.observe(ctx)
	resp, err := c.roundTrip(r.build(ctx, c.own == nil))
	if err != nil {
		return Answer{}, c.failure(r, err, p.nothingLeft(c.own != nil))
	}
	defer func() { _ = resp.Body.Close() }() // unread rest: the connection is closed, not drained
	a := Answer{Status: resp.StatusCode, Header: resp.Header}
	if a.Body, err = read(resp, buf, c.maxBody); err != nil {
		return a, c.failure(r, err, false)
	}
	if c.own != nil && !p.foreign {
		c.probes.Put(p)
	}
	return a, nil
}

// roundTrip goes to our own transport directly: there are no redirects, cookies or passwords in URLs to look after.
func (c *Client) roundTrip(req *http.Request) (*http.Response, error) {
	if c.own != nil {
		return c.own.RoundTrip(req)
	}
	return c.host.Do(req)
}

// build makes the request. GetBody lets net/http use another connection when it knows that it wrote nothing to a
// reused one; it replays nothing else, since a POST without an Idempotency-Key header is not replayable.
func (r *Request) build(ctx context.Context, private bool) *http.Request {
	req := http.Request{
		Method: http.MethodPost, URL: r.URL, Header: r.Header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: http.NoBody,
	}
	if private { // a host's transport may change what it should not
		u := *r.URL
		req.URL, req.Header = &u, r.Header.Clone()
	}
	if req.Header == nil {
		req.Header = make(http.Header)
	}
	req.ContentLength = int64(len(r.Body))
	for _, part := range r.Rest {
		req.ContentLength += int64(len(part))
	}
	if req.ContentLength > 0 {
		body, rest := r.Body, r.Rest
		req.Body = reader(body, rest)
		req.GetBody = func() (io.ReadCloser, error) { return reader(body, rest), nil }
	}
	return req.WithContext(ctx)
}

// reader is of a type that net/http knows to be in memory, so that headers and body leave in one write.
func reader(body []byte, rest [][]byte) io.ReadCloser {
	if len(rest) == 0 {
		return io.NopCloser(bytes.NewReader(body))
	}
	readers := make([]io.Reader, 0, 1+len(rest))
	readers = append(readers, bytes.NewReader(body))
	for _, part := range rest {
		readers = append(readers, bytes.NewReader(part))
	}
	return io.NopCloser(io.MultiReader(readers...))
}

// limited bounds ctx, unless it ends earlier anyway.
func limited(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit <= 0 {
		return ctx, func() {}
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= limit {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, limit)
}

// read reads a body of at most limit bytes into buf. To its end, so that the connection is used again.
func read(resp *http.Response, buf []byte, limit int) ([]byte, error) {
	buf = buf[:0]
	if resp.ContentLength > int64(limit) {
		return buf, ErrTooLarge
	}
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := resp.Body.Read(buf[len(buf):min(cap(buf), limit+1)])
		buf = buf[:len(buf)+n]
		switch {
		case len(buf) > limit:
			return buf[:limit], ErrTooLarge
		case err == io.EOF:
			return buf, nil
		case err != nil:
			return buf, err
		}
	}
}
