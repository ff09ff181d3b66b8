package httpsend

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"
)

// probe observes how far a request got.
//
// That a request did not leave this machine is claimed on this evidence only:
//
//   - ctx had ended before we called the transport;
//   - our own transport returned an error, and since it last asked for a connection (GetConn) it got none (GotConn).
//     net/http calls both on the requesting goroutine before a byte is written, and asks again only after a connection
//     to which it wrote nothing of the request (nothingWrittenError): other failures are not retried, since our
//     requests are POSTs without an Idempotency-Key (net/http/transport.go, shouldRetryRequest). So failures of DNS,
//     dialling, proxies and TLS are proved, and so is a context that ended while waiting for a connection;
//   - a host's transport asked for a connection at least once and never got one. It may retry by itself, so one
//     connection is enough for a doubt, and one that does not report to httptrace proves nothing.
//
// Everything else is in doubt. A connection that breaks between GotConn and the first byte is, too: what a kernel took
// before it failed is not known.
type probe struct {
	trace   httptrace.ClientTrace
	asked   atomic.Bool // for a connection, ever
	holds   atomic.Bool // one, since the last time it asked
	ever    atomic.Bool // held one
	foreign bool        // composed with a trace of the caller's, which must not see other requests
}

func newProbe() *probe {
	p := new(probe)
	p.trace.GetConn = func(string) {
		p.asked.Store(true)
		p.holds.Store(false)
	}
	p.trace.GotConn = func(httptrace.GotConnInfo) {
		p.holds.Store(true)
		p.ever.Store(true)
	}
	return p
}

// observe puts a probe into ctx. Probes are reused after an answer of our own transport: it calls none of the hooks
// later.
func (c *Client) observe(ctx context.Context) (context.Context, *probe) {
	var p *probe
	if c.own == nil || httptrace.ContextClientTrace(ctx) != nil {
		p = newProbe()
		p.foreign = true
	} else {
		p = c.probes.Get().(*probe)
		p.asked.Store(false)
		p.holds.Store(false)
		p.ever.Store(false)
	}
	return httptrace.WithClientTrace(ctx, &p.trace), p
}

// nothingLeft says whether it is proved, after an error, that nothing of the request left.
func (p *probe) nothingLeft(ownTransport bool) bool {
	if ownTransport {
		return !p.holds.Load()
	}
	return p.asked.Load() && !p.ever.Load()
}
