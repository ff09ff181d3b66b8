package channeltest

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"

	"github.com/outbound-go/outbound"
)

func faultCases() []Case {
	return []Case{
		{"LostAnswers", "A request whose answer is lost is ambiguous, whether it was accepted or not, and the adapter does not repeat it.", lostAnswers},
		{"StrangeAnswers", "Nil means that the provider accepted: an answer that is not the provider's, or not whole, is ambiguous.", strangeAnswers},
		{"Endless", "What is read of an answer is bounded.", endless},
		{"Redirects", "A redirect is not followed, and accepts nothing.", redirects},
		{"Refused", "A connection that was refused is proof that nothing left: the class is transient, NotSent is true.", refusedConnection},
	}
}

// afterwards lets the provider do its work and returns its answer instead of sending it.
func (b *bench) afterwards(r *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	b.Provider.ServeHTTP(recorder, r)
	return recorder
}

// reset ends a connection with a TCP reset.
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

func page(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const badGateway = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"

type fault struct {
	name     string
	answer   func(b *bench) http.HandlerFunc
	accepted int // how many the provider accepts
}

// try sends one message into each fault, with a connection in use and without.
func try(t TB, h Harness, faults []fault) {
	t.Helper()
	for _, f := range faults {
		for _, warm := range []int{0, 1} {
			b := open(t, h)
			if warm == 1 {
				if _, err := b.send(t, b.message(0)); err != nil {
					t.Fatalf("a plain message was not accepted: %v", err)
				}
			}
			b.answers(f.answer(b))
			_, err := b.send(t, b.message(1))
			wantClass(t, f.name, err, outbound.ClassAmbiguous)
			wantNotSent(t, f.name, err, false)
			b.wantRequests(t, 1+warm, f.name)
			b.wantAccepted(t, f.accepted+warm, f.name)
			b.close()
		}
	}
}

func lostAnswers(t TB, h Harness) {
	try(t, h, []fault{
		{"reset before acceptance", func(*bench) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				reset(w)
			}
		}, 0},
		{"reset after acceptance", func(b *bench) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				b.afterwards(r)
				reset(w)
			}
		}, 1},
		{"an answer cut off by a reset", func(b *bench) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				body := b.afterwards(r).Body.Bytes()
				w.Header().Set("Content-Length", strconv.Itoa(len(body)))
				_, _ = w.Write(body[:len(body)/2])
				_ = http.NewResponseController(w).Flush()
				reset(w)
			}
		}, 1},
	})
}

func strangeAnswers(t TB, h Harness) {
	after := func(body func([]byte) []byte) func(*bench) http.HandlerFunc {
		return func(b *bench) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				answer := b.afterwards(r)
				w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
				_, _ = w.Write(body(answer.Body.Bytes()))
			}
		}
	}
	try(t, h, []fault{
		{"a page with status 200", func(*bench) http.HandlerFunc {
			return page(http.StatusOK, "<html>Welcome to the hotel's network</html>")
		}, 0},
		{"a page with status 502", func(*bench) http.HandlerFunc { return page(http.StatusBadGateway, badGateway) }, 0},
		{"an empty answer with status 500", func(*bench) http.HandlerFunc { return page(http.StatusInternalServerError, "") }, 0},
		{"an empty answer with status 200", after(func([]byte) []byte { return nil }), 1},
		{"half an answer as if it were all", after(func(b []byte) []byte { return b[:len(b)/2] }), 1},
		{"another JSON object", after(func([]byte) []byte { return []byte(`{}`) }), 1},
		{"no object at all", after(func([]byte) []byte { return []byte(`true`) }), 1},
	})
}

// maxEndless is far more than any adapter may read of an answer, socket buffers included.
const maxEndless = 64 << 20

func endless(t TB, h Harness) {
	b := open(t, h)
	read := make(chan int, 1)
	b.answers(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		piece := []byte(strings.Repeat(" ", 64<<10))
		n := 0
		for n < maxEndless {
			if _, err := w.Write(piece); err != nil {
				break
			}
			n += len(piece)
		}
		read <- n
	})
	_, err := b.send(t, b.message(0))
	wantClass(t, "an endless answer", err, outbound.ClassAmbiguous)
	if n := <-read; n >= maxEndless {
		t.Errorf("%d MiB of an answer were read", n>>20)
	}
	b.wantRequests(t, 1, "an endless answer")
}

func redirects(t TB, h Harness) {
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		b := open(t, h)
		b.answers(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			target := b.url + r.URL.Path + "/elsewhere"
			if strings.HasSuffix(r.URL.Path, "/elsewhere") {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			w.Header().Set("Location", target)
			w.WriteHeader(status)
		})
		_, err := b.send(t, b.message(0))
		wantClass(t, http.StatusText(status), err, outbound.ClassAccount, outbound.ClassAmbiguous)
		b.wantRequests(t, 1, http.StatusText(status))
		b.close()
	}
}

func refusedConnection(t TB, h Harness) {
	b := open(t, h)
	b.close() // nobody listens now
	_, err := b.send(t, b.message(0))
	wantClass(t, "nobody listens", err, outbound.ClassTransient)
	wantNotSent(t, "nobody listens", err, true)

	b = open(t, h)
	if _, err := b.send(t, b.message(0)); err != nil {
		t.Fatalf("a plain message was not accepted: %v", err)
	}
	b.close() // and now with a connection that was alive
	_, err = b.send(t, b.message(1))
	wantClass(t, "nobody listens any more", err, outbound.ClassTransient, outbound.ClassAmbiguous) // the hang-up may cross the request
	b.wantAccepted(t, 1, "nobody listens any more")
}
