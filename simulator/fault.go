package simulator

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"sync/atomic"
	"time"
)

// FaultKind says how a request goes wrong.
type FaultKind uint8

// The ways a request goes wrong. "Accepted" is whether the request does its work, as far as the provider's own rules let
// it, although the client does not get the answer: for the kinds where that is open, [Fault.Accept] decides.
const (
	// FaultNone is a request that is handled as the provider does.
	FaultNone FaultKind = iota
	// FaultStatus answers Status with Body as it stands: a 502 page, JSON of a 500, HTML with 200. Open.
	FaultStatus
	// FaultError answers as the provider refuses: Status, Description and the parameters RetryAfter and MigrateTo, in
	// JSON. Status 429 with RetryAfter holds for the whole bot like a real one. Open.
	FaultError
	// FaultConnect is a connection refused: nothing left the client. Never accepted. Only [Telegram.RoundTripper] can
	// show it (no GotConn and no WroteRequest); over a socket it is FaultResetBefore.
	FaultConnect
	// FaultResetBefore resets the connection once the request was read. Never accepted.
	FaultResetBefore
	// FaultResetAfter does the work, then resets the connection instead of answering. Accepted.
	FaultResetAfter
	// FaultSlowHeaders does the work, then waits Delay before the answer begins. Accepted.
	FaultSlowHeaders
	// FaultSlowBody sends the headers at once and the body evenly over Delay. Accepted.
	FaultSlowBody
	// FaultEndlessBody answers 200 with a body that never ends. Accepted.
	FaultEndlessBody
	// FaultEmptyBody answers 200 with an empty body. Accepted.
	FaultEmptyBody
	// FaultTruncated sends the first half of the answer's JSON as if it were all. Accepted.
	FaultTruncated
)

// Fault is what happens to one request. The zero value is no fault.
type Fault struct {
	Kind FaultKind

	// Accept lets the work be done before FaultStatus and FaultError answer: the message is sent and the client is
	// told otherwise.
	Accept bool

	Status      int           // FaultStatus, FaultError; zero is 500
	Body        string        // FaultStatus
	ContentType string        // FaultStatus; empty is application/json
	Description string        // FaultError
	RetryAfter  time.Duration // FaultError; named in whole seconds, rounded up
	MigrateTo   int64         // FaultError
	Delay       time.Duration // FaultSlowHeaders, FaultSlowBody
}

// FaultRequest is what a fault is chosen by.
type FaultRequest struct {
	Number int64  // of the request among all of this simulator, from 1, in the order they came in
	BotID  int64  // zero when the token is unknown
	Method string // as the provider writes it ("sendMessage"), or as sent if it has no such method
	ChatID int64  // zero when there is none, or it is not a number
}

// SetFault makes choose decide what happens to each later request; nil ends it. It is called concurrently, after the
// request is read and before it is judged.
func (t *Telegram) SetFault(choose func(FaultRequest) Fault) {
	if choose == nil {
		t.fault.Store(nil)
		return
	}
	t.fault.Store(&choose)
}

// BadGateway is the page a proxy answers when the provider does not: 502, HTML. The work is not done unless accept.
func BadGateway(accept bool) Fault {
	return Fault{
		Kind: FaultStatus, Accept: accept, Status: http.StatusBadGateway, ContentType: "text/html",
		Body: "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n" +
			"<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n",
	}
}

// TooManyRequests is a 429 that names retryAfter, for the whole bot.
func TooManyRequests(retryAfter time.Duration) Fault {
	return Fault{Kind: FaultError, Status: http.StatusTooManyRequests, RetryAfter: retryAfter}
}

// FaultSequence gives the n-th request since it was made the n-th of these faults, and later ones none.
func FaultSequence(faults ...Fault) func(FaultRequest) Fault {
	faults = slices.Clone(faults)
	next := new(atomic.Int64)
	return func(FaultRequest) Fault {
		if n := next.Add(1); n <= int64(len(faults)) {
			return faults[n-1]
		}
		return Fault{}
	}
}

// WeightedFault is one of the faults [RandomFaults] draws from. A weight is relative to the sum of all; give
// Fault{} the weight of the requests that are to go well.
type WeightedFault struct {
	Fault  Fault
	Weight float64
}

// RandomFaults draws a fault for each request at random by weights. What a request draws depends on the seed and its
// number alone, so a run with the same order of requests repeats itself. Weights that are not positive are never drawn;
// without a positive weight there is no fault.
func RandomFaults(seed uint64, faults ...WeightedFault) func(FaultRequest) Fault {
	faults = slices.Clone(faults)
	var sum float64
	for _, f := range faults {
		sum += max(f.Weight, 0)
	}
	return func(r FaultRequest) Fault {
		at := rand.New(rand.NewPCG(seed, uint64(r.Number))).Float64() * sum //nolint:gosec // not for secrets
		for _, f := range faults {
			if f.Weight <= 0 {
				continue
			}
			if at -= f.Weight; at < 0 {
				return f.Fault
			}
		}
		return Fault{}
	}
}

// replaces reports whether the fault answers in place of the provider without the work being done.
func (f Fault) replaces() bool {
	switch f.Kind {
	case FaultStatus, FaultError:
		return !f.Accept
	case FaultConnect, FaultResetBefore:
		return true
	default:
		return false
	}
}

// apply makes the answer the client gets out of the answer the provider gave.
func (f Fault) apply(a answer) answer {
	a.fault = f
	switch f.Kind {
	case FaultStatus:
		a.status, a.contentType, a.retryAfter, a.body = f.status(), f.ContentType, 0, []byte(f.Body)
	case FaultError:
		made := f.failure().answer()
		a.status, a.retryAfter, a.body = made.status, made.retryAfter, made.body
	case FaultEmptyBody:
		a.status, a.retryAfter, a.body = http.StatusOK, 0, nil
	case FaultEndlessBody:
		a.status, a.retryAfter = http.StatusOK, 0
	case FaultTruncated:
		a.body = a.body[:len(a.body)/2]
	default: // the answer is as it would be without
	}
	return a
}

func (f Fault) status() int {
	if f.Status == 0 {
		return http.StatusInternalServerError
	}
	return f.Status
}

func (f Fault) failure() *failure {
	if f.Status == http.StatusTooManyRequests && f.Description == "" {
		return tooMany(max(wholeSeconds(f.RetryAfter), 1))
	}
	description := f.Description
	if description == "" {
		description = http.StatusText(f.status())
	}
	return &failure{
		code: f.status(), description: description,
		retryAfter: wholeSeconds(max(f.RetryAfter, 0)), migrateTo: f.MigrateTo,
	}
}
