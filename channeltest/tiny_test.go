package channeltest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/channeltest"
)

const tinyToken = "tiny-secret-token"

// tinyProvider is a provider as small as can be: POST / with {"to":"1,2", "text"} and the token answers {"id":"1"}, or
// {"refused":"why","wait":seconds}.
type tinyProvider struct {
	mu       sync.Mutex
	accepted int
	refusal  string
}

func (p *tinyProvider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var asked struct{ To string }
	_ = json.NewDecoder(r.Body).Decode(&asked)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.refusal != "":
		_, _ = io.WriteString(w, p.refusal)
	case r.URL.Path == "/me":
		_, _ = io.WriteString(w, `{"id":"account"}`)
	default:
		p.accepted += 1 + strings.Count(asked.To, ",")
		_, _ = fmt.Fprintf(w, `{"id":"%d"}`, p.accepted)
	}
}

func (p *tinyProvider) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted
}

// tiny is an adapter of tinyProvider. With a bug it breaks one rule.
type tiny struct {
	url    string
	bug    string
	client *http.Client
	calls  *int
	last   *string
	sends  *atomic.Int64
	closed *atomic.Bool
}

func newTiny(url, bug string) *tiny {
	c := &tiny{url: url, bug: bug, calls: new(int), last: new(string), sends: new(atomic.Int64), closed: new(atomic.Bool), client: &http.Client{Transport: &http.Transport{}}}
	if bug != "follows redirects" {
		c.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	if bug == "constructor does I/O" {
		_, _ = c.post(context.Background(), url, nil)
	}
	return c
}

func (c *tiny) Format(s fmt.State, _ rune) {
	if c.bug == "prints the token" {
		_, _ = io.WriteString(s, tinyToken)
		return
	}
	_, _ = io.WriteString(s, "tiny")
}

func (c *tiny) CloseIdle() {
	c.closed.Store(c.bug == "ends with its idle connections")
	c.client.CloseIdleConnections()
}

func (c *tiny) Capabilities() outbound.Capabilities {
	caps := outbound.Capabilities{Channel: "tiny", MaxText: 100, Freeform: true, Rate: outbound.PerSecond(10)}
	switch c.bug {
	case "facts change":
		*c.calls++
		caps.MaxText += *c.calls
	case "claims batches":
		caps.MaxBatch = 10
	case "claims idempotency":
		caps.Idempotent = time.Hour
	}
	return caps
}

func (c *tiny) CheckAddress(address string) (string, *outbound.Problem) {
	canonical := strings.TrimSpace(address)
	switch {
	case c.bug == "takes any address":
	case len(canonical) != 7 || strings.Trim(canonical, "0123456789") != "":
		p := outbound.Problem{Code: "bad", Message: "bad", Translated: "плохо"}
		if c.bug == "speaks one language" {
			p.Translated = ""
		}
		return "", &p
	case c.bug == "has no canonical form":
		canonical = " " + canonical
	}
	return canonical, nil
}

func (c *tiny) CheckRendered(m *outbound.Outgoing) *outbound.Problem {
	if len(m.Text) > 100 && c.bug != "knows no length" {
		return &outbound.Problem{Code: "long", Message: "long", Translated: "длинно"}
	}
	return nil
}

func (c *tiny) Check(ctx context.Context) (outbound.Account, error) {
	url := c.url + "/me"
	if c.bug == "Check sends" {
		url = c.url
	}
	id, err := c.post(ctx, url, map[string]string{"token": tinyToken})
	if err != nil {
		return outbound.Account{}, err
	}
	return outbound.Account{ID: id}, nil
}

func (c *tiny) Probe(ctx context.Context, _ string) error {
	url := c.url + "/me"
	if c.bug == "Probe sends" {
		url = c.url
	}
	if _, err := c.post(ctx, url, nil); err != nil {
		return err
	}
	return nil
}

// tinyBatches sends to several people at once.
type tinyBatches struct{ *tiny }

func (c tinyBatches) Capabilities() outbound.Capabilities {
	caps := c.tiny.Capabilities()
	caps.MaxBatch, caps.BatchSameContent = 10, true
	return caps
}

func (c tinyBatches) SendBatch(ctx context.Context, batch []*outbound.Outgoing) []outbound.BatchReceipt {
	receipts := make([]outbound.BatchReceipt, len(batch))
	if c.bug == "a batch of single sends" {
		for i, m := range batch {
			receipts[i].Receipt, receipts[i].Err = c.Send(ctx, m)
		}
		return receipts
	}
	addresses := make([]string, len(batch))
	for i, m := range batch {
		addresses[i] = m.Address
	}
	_, err := c.post(ctx, c.url, map[string]string{"token": tinyToken, "to": strings.Join(addresses, ",")})
	for i, m := range batch {
		if err != nil && (i == 0 || c.bug != "blames the first of a batch") {
			receipts[i].Err = c.spoil(err, m)
		}
	}
	if c.bug == "forgets one of a batch" {
		return receipts[1:]
	}
	return receipts
}

func (c *tiny) Send(ctx context.Context, m *outbound.Outgoing) (outbound.Receipt, error) {
	if c.closed.Load() {
		return outbound.Receipt{}, &outbound.SendError{Class: outbound.ClassTransient, Reason: outbound.ReasonUnavailable, NotSent: true}
	}
	switch c.bug {
	case "loses every tenth message":
		if c.sends.Add(1)%10 == 0 {
			return outbound.Receipt{Message: "0"}, nil
		}
	case "answers for the provider":
		return outbound.Receipt{Message: "0"}, nil
	case "ignores the context":
		ctx = context.WithoutCancel(ctx)
	case "changes the message":
		m.Text = strings.ToUpper(m.Text)
	case "leaves a goroutine":
		go func() { <-make(chan struct{}) }()
	case "remembers":
		if *c.last == m.Address+m.Text {
			return outbound.Receipt{Message: "again"}, nil
		}
		*c.last = m.Address + m.Text
	}
	body := map[string]string{"token": tinyToken, "to": m.Address, "text": m.Text}
	id, err := c.post(ctx, c.url, body)
	if err != nil && c.bug == "repeats by itself" && err.Class == outbound.ClassAmbiguous {
		id, err = c.post(ctx, c.url, body)
	}
	if err != nil {
		return outbound.Receipt{}, c.spoil(err, m)
	}
	return outbound.Receipt{Message: id}, nil
}

// spoil breaks errors.
func (c *tiny) spoil(e *outbound.SendError, m *outbound.Outgoing) error {
	switch c.bug {
	case "another error type":
		return errors.New("failed")
	case "token in a cause":
		e.Err = errors.New("token " + tinyToken)
	case "address in the text":
		e.Text = "no such person " + m.Address
	case "wrong wait":
		e.RetryAfter *= 1000
	case "doubts are transient":
		if e.Class == outbound.ClassAmbiguous {
			e.Class = outbound.ClassTransient
		}
	case "claims that nothing left":
		if e.Reason == outbound.ReasonNoAnswer {
			e.Class, e.NotSent = outbound.ClassTransient, true
		}
	case "proves nothing":
		if e.NotSent {
			e.Class, e.NotSent = outbound.ClassAmbiguous, false
		}
	case "no reason":
		e.Reason = ""
	}
	return e
}

func (c *tiny) post(ctx context.Context, url string, fields map[string]string) (string, *outbound.SendError) {
	doubt := &outbound.SendError{Class: outbound.ClassAmbiguous, Reason: outbound.ReasonNoAnswer}
	nothingLeft := &outbound.SendError{Class: outbound.ClassTransient, Reason: outbound.ReasonUnavailable, NotSent: true}
	if ctx.Err() != nil {
		return "", nothingLeft
	}
	body, _ := json.Marshal(fields)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return "", nothingLeft
	}
	resp, err := c.client.Do(req)
	if err != nil {
		if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
			return "", nothingLeft
		}
		return "", doubt
	}
	defer func() { _ = resp.Body.Close() }()
	limit := int64(1 << 20)
	if c.bug == "reads for ever" {
		limit = 1 << 40
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, limit))
	if err != nil {
		return "", doubt
	}
	var parsed struct {
		ID, Refused string
		Wait        int
	}
	err = json.Unmarshal(answer, &parsed)
	switch {
	case c.bug == "any 200 is accepted" && resp.StatusCode == http.StatusOK && parsed.Refused == "":
		return "1", nil
	case err != nil:
		return "", doubt
	case parsed.Refused == "slow":
		return "", &outbound.SendError{Class: outbound.ClassThrottled, Reason: outbound.ReasonRate, RetryAfter: time.Duration(parsed.Wait) * time.Second}
	case parsed.Refused == "token":
		return "", &outbound.SendError{Class: outbound.ClassAccount, Reason: outbound.ReasonToken}
	case parsed.Refused != "":
		return "", &outbound.SendError{Class: outbound.ClassRecipient, Reason: outbound.ReasonBlocked, OptOut: outbound.AnyPurpose}
	case parsed.ID == "":
		return "", doubt
	}
	return parsed.ID, nil
}

func tinyHarness(bug string) channeltest.Harness {
	return channeltest.Harness{Open: func(_ channeltest.TB, baseURL string) channeltest.Subject {
		p := &tinyProvider{}
		refuse := func(answer string) func() {
			return func() { p.refusal = answer }
		}
		var c outbound.Channel = newTiny(baseURL, bug)
		if strings.Contains(bug, "batch") && bug != "claims batches" {
			c = tinyBatches{newTiny(baseURL, bug)}
		}
		return channeltest.Subject{
			Channel: c, Provider: p, Accepted: p.count,
			Addresses:    []string{"1000001", "1000002", "1000003"},
			BadAddresses: []string{"abc", "12"},
			Spellings:    map[string]string{" 1000001": "1000001"},
			Secrets:      []string{tinyToken},
			Outcomes: []channeltest.Outcome{
				{Name: "a plain message is accepted"},
				{Name: "a person who blocked the account is final", Arrange: refuse(`{"refused":"blocked"}`), Want: &outbound.SendError{
					Class: outbound.ClassRecipient, Reason: outbound.ReasonBlocked, OptOut: outbound.AnyPurpose,
				}},
				{Name: "a wrong token concerns the account", Arrange: refuse(`{"refused":"token"}`), Want: &outbound.SendError{
					Class: outbound.ClassAccount, Reason: outbound.ReasonToken,
				}},
				{Name: "a limit names the seconds to wait", Arrange: refuse(`{"refused":"slow","wait":7}`), Want: &outbound.SendError{
					Class: outbound.ClassThrottled, Reason: outbound.ReasonRate, RetryAfter: 7 * time.Second,
				}},
			},
		}
	}}
}

func TestAnAdapterWithoutBugsPasses(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, tinyHarness(""))
}

func TestAnAdapterWithBatchesPasses(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, tinyHarness("no bug but batches"))
}
