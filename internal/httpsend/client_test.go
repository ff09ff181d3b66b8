package httpsend_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outbound-go/outbound/internal/httpsend"
)

func parse(t testing.TB, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	return u
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return listener
}

// failed is the Failure of an error.
func failed(t *testing.T, err error) *httpsend.Failure {
	t.Helper()
	f, ok := errors.AsType[*httpsend.Failure](err)
	require.True(t, ok, "%T is no Failure", err)
	return f
}

func TestABodyLeavesInOnePieceAndConnectionsAreReused(t *testing.T) {
	t.Parallel()
	var connections atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Proto", r.Proto)
		_, _ = w.Write(append([]byte(r.Header.Get("Content-Type")+" "), body...))
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	c := httpsend.New(httpsend.Config{})
	t.Cleanup(c.CloseIdle)
	header := http.Header{"Content-Type": {"text/plain"}}
	for _, rest := range [][][]byte{nil, {[]byte("b"), []byte("c")}} {
		a, err := c.Do(t.Context(), &httpsend.Request{URL: parse(t, server.URL), Header: header, Body: []byte("a"), Rest: rest}, nil)
		require.NoError(t, err)
		require.Equal(t, 200, a.Status)
		require.Equal(t, "HTTP/1.1", a.Header.Get("X-Proto"))
		require.Equal(t, "text/plain a"+map[bool]string{true: "bc"}[rest != nil], string(a.Body))
	}
	require.Len(t, header, 1)
	require.EqualValues(t, 1, connections.Load())
}

func TestAnswersAreReadIntoTheBufferAndBounded(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		size    int
		chunked bool
		ok      bool
	}{
		"empty":                 {0, false, true},
		"as large as allowed":   {1000, false, true},
		"in chunks":             {1000, true, true},
		"one byte too large":    {1001, false, false},
		"too large, in chunks":  {1001, true, false},
		"far too large, chunks": {1 << 20, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if tt.chunked {
					_ = http.NewResponseController(w).Flush()
				}
				_, _ = io.WriteString(w, strings.Repeat("x", tt.size))
			}))
			t.Cleanup(server.Close)
			c := httpsend.New(httpsend.Config{MaxBody: 1000})
			t.Cleanup(c.CloseIdle)
			buf := make([]byte, 5, 1500)
			a, err := c.Do(t.Context(), &httpsend.Request{URL: parse(t, server.URL)}, buf)
			require.Equal(t, 200, a.Status)
			if !tt.ok {
				require.ErrorIs(t, err, httpsend.ErrTooLarge)
				require.False(t, failed(t, err).NotSent)
				return
			}
			require.NoError(t, err)
			require.Len(t, a.Body, tt.size)
			if tt.size > 0 {
				require.Same(t, &buf[:1][0], &a.Body[0])
			}
		})
	}
}

func TestWhatIsProvedNotToHaveLeft(t *testing.T) {
	t.Parallel()
	silent := listen(t) // takes connections and says nothing
	t.Cleanup(func() { _ = silent.Close() })
	closed := listen(t)
	require.NoError(t, closed.Close())
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	ended, cancel := context.WithCancel(t.Context())
	cancel()

	for name, tt := range map[string]struct {
		ctx     context.Context
		url     string
		proxy   string
		notSent bool
		is      error
	}{
		"a context that had ended":             {ctx: ended, url: plain.URL, notSent: true, is: context.Canceled},
		"a connection that was refused":        {url: "http://" + closed.Addr().String(), notSent: true},
		"a name that does not exist":           {url: "http://nowhere.invalid", notSent: true},
		"a handshake that fails":               {url: "https" + strings.TrimPrefix(plain.URL, "http"), notSent: true},
		"a deadline during the handshake":      {url: "https://" + silent.Addr().String(), notSent: true, is: context.DeadlineExceeded},
		"a proxy that refuses":                 {url: "https://example.invalid", proxy: plain.URL, notSent: true},
		"a proxy that is not there":            {url: "http://example.invalid", proxy: "http://" + closed.Addr().String(), notSent: true},
		"a deadline while waiting for answers": {url: "http://" + silent.Addr().String(), is: context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := tt.ctx
			if ctx == nil {
				ctx = t.Context()
			}
			// A host's *http.Transport gives the same proofs as our own.
			clients := []*httpsend.Client{httpsend.New(httpsend.Config{})}
			host := &http.Transport{}
			if tt.proxy != "" {
				clients = nil
				host.Proxy = http.ProxyURL(parse(t, tt.proxy))
			}
			clients = append(clients, httpsend.New(httpsend.Config{HTTPClient: &http.Client{Transport: host}}))
			t.Cleanup(host.CloseIdleConnections)
			for _, c := range clients {
				a, err := c.Do(ctx, &httpsend.Request{URL: parse(t, tt.url), Body: []byte("x"), Limit: 200 * time.Millisecond}, nil)
				require.Zero(t, a.Status)
				require.Equal(t, tt.notSent, failed(t, err).NotSent, err)
				if tt.is != nil {
					require.ErrorIs(t, err, tt.is)
				}
			}
		})
	}
}

// transportFunc is a host's transport.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestForeignTransportsProveLittle(t *testing.T) {
	t.Parallel()
	dial := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("refused")}
	for name, tt := range map[string]struct {
		transport transportFunc
		notSent   bool
	}{
		"a dial error without a trace": {func(*http.Request) (*http.Response, error) { return nil, dial }, false},
		"asked for a connection and got none": {func(r *http.Request) (*http.Response, error) {
			httptrace.ContextClientTrace(r.Context()).GetConn("x")
			return nil, dial
		}, true},
		"a retry without a connection after one with": {func(r *http.Request) (*http.Response, error) {
			trace := httptrace.ContextClientTrace(r.Context())
			trace.GetConn("x")
			trace.GotConn(httptrace.GotConnInfo{})
			trace.GetConn("x")
			return nil, dial
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := httpsend.New(httpsend.Config{HTTPClient: &http.Client{Transport: tt.transport}})
			_, err := c.Do(t.Context(), &httpsend.Request{URL: parse(t, "http://x.test"), Body: []byte("x")}, nil)
			require.Equal(t, tt.notSent, failed(t, err).NotSent)
		})
	}
}

func TestAForeignTransportMayChangeItsRequest(t *testing.T) {
	t.Parallel()
	c := httpsend.New(httpsend.Config{HTTPClient: &http.Client{Transport: transportFunc(func(r *http.Request) (*http.Response, error) {
		r.URL.Host = "changed.test"
		r.Header.Set("X-Changed", "yes")
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
	})}})
	u, header := parse(t, "http://x.test"), http.Header{"A": {"b"}}
	for _, h := range []http.Header{header, nil} {
		_, err := c.Do(t.Context(), &httpsend.Request{URL: u, Header: h}, nil)
		require.NoError(t, err)
	}
	require.Equal(t, "x.test", u.Host)
	require.Len(t, header, 1)
}

func TestRedirectsAreAnswers(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	t.Cleanup(server.Close)
	asked := false
	host := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
		asked = true
		return nil
	}}
	for _, c := range []*httpsend.Client{httpsend.New(httpsend.Config{}), httpsend.New(httpsend.Config{HTTPClient: host})} {
		a, err := c.Do(t.Context(), &httpsend.Request{URL: parse(t, server.URL), Body: []byte("x")}, nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusTemporaryRedirect, a.Status)
		c.CloseIdle()
	}
	require.EqualValues(t, 2, requests.Load())
	require.NoError(t, host.CheckRedirect(nil, nil), "the host's client is copied")
	require.True(t, asked)
}

// TestATraceOfTheCallerSeesItsOwnRequestsOnly: probes are reused, and composing with a trace changes them for good.
func TestATraceOfTheCallerSeesItsOwnRequestsOnly(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	c := httpsend.New(httpsend.Config{})
	t.Cleanup(c.CloseIdle)
	seen := 0
	traced := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { seen++ }})
	for _, ctx := range []context.Context{traced, t.Context(), traced, t.Context(), t.Context()} {
		_, err := c.Do(ctx, &httpsend.Request{URL: parse(t, server.URL)}, nil)
		require.NoError(t, err)
	}
	require.Equal(t, 2, seen)
}

func TestFailuresHideSecretsAndKeepSentinels(t *testing.T) {
	t.Parallel()
	foreign := errors.New("token-1 for ann at http://x.test/bot-token-1")
	for name, cause := range map[string]error{
		"bare":           foreign,
		"in a URL error": &url.Error{Op: "Post", URL: "http://x.test/token-1", Err: &url.Error{Op: "Post", URL: "token-1", Err: foreign}},
		"with others":    errors.Join(foreign, io.ErrUnexpectedEOF, context.Canceled),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := httpsend.New(httpsend.Config{Secrets: []string{"token-1"}, HTTPClient: &http.Client{
				Transport: transportFunc(func(*http.Request) (*http.Response, error) { return nil, cause }),
			}})
			_, err := c.Do(t.Context(), &httpsend.Request{URL: parse(t, "http://x.test/token-1"), Private: names{"ann"}}, nil)
			require.NotContains(t, err.Error(), "token-1")
			require.NotContains(t, err.Error(), "ann")
			require.NotErrorIs(t, err, foreign)
			require.Equal(t, errors.Is(cause, context.Canceled), errors.Is(err, context.Canceled))
			require.Equal(t, errors.Is(cause, io.ErrUnexpectedEOF), errors.Is(err, io.ErrUnexpectedEOF))
		})
	}
}

type names []string

func (n names) Secrets() []string { return n }

func TestClientsAreSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
	t.Cleanup(server.Close)
	c := httpsend.New(httpsend.Config{Concurrency: 4})
	t.Cleanup(c.CloseIdle)
	u := parse(t, server.URL)
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			body := strings.Repeat(string(rune('a'+n)), 100)
			for range 50 {
				a, err := c.Do(t.Context(), &httpsend.Request{URL: u, Body: []byte(body), Limit: time.Minute}, nil)
				if err != nil || string(a.Body) != body {
					t.Errorf("got %q, %v", a.Body, err)
				}
			}
		})
	}
	group.Wait()
}
