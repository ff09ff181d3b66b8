package httpsend_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outbound-go/outbound/internal/httpsend"
)

// hostile is a server that hangs up at random moments and remembers every line it got.
type hostile struct {
	listener net.Listener
	group    sync.WaitGroup

	mu    sync.Mutex
	dice  *rand.Rand          // guarded by mu
	lines map[string]struct{} // guarded by mu
}

func (h *hostile) roll(n int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dice.IntN(n)
}

func (h *hostile) serve() {
	for {
		conn, err := h.listener.Accept()
		if err != nil {
			return
		}
		h.group.Go(func() { h.talk(conn) })
	}
}

// talk answers requests whose headers end with a line of their number, and hangs up at some point of one of them.
func (h *hostile) talk(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	if h.roll(2) == 0 {
		_ = conn.(*net.TCPConn).SetLinger(0)
	}
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	in := bufio.NewReader(conn)
	for {
		end := h.roll(20)
		if end == 0 {
			return // before anything was read
		}
		for {
			line, err := in.ReadString('\n')
			if line = strings.TrimSpace(line); line != "" {
				h.mu.Lock()
				h.lines[line] = struct{}{}
				h.mu.Unlock()
			}
			if err != nil || end == 1 {
				return // after a line
			}
			if strings.HasPrefix(line, "body-") {
				break
			}
		}
		switch end {
		case 2:
			return // after the request
		case 3:
			_, _ = fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
			return
		case 4:
			_, _ = fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			return // and an idle connection dies
		}
		if _, err := fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"); err != nil {
			return
		}
	}
}

// TestNotSentIsNeverClaimedOfWhatArrived sends through a hostile server and looks at what it got.
func TestNotSentIsNeverClaimedOfWhatArrived(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	listener := listen(t)
	h := &hostile{listener: listener, dice: rand.New(rand.NewPCG(seed, 1)), lines: make(map[string]struct{})}
	h.group.Go(h.serve)

	c := httpsend.New(httpsend.Config{Concurrency: 8})
	u := parse(t, "http://"+listener.Addr().String())
	var (
		group   sync.WaitGroup
		mu      sync.Mutex
		claimed []string
		counts  = map[string]int{}
	)
	send := func(worker, n int) {
		body := fmt.Sprintf("body-%d-%d", worker, n)
		_, err := c.Do(t.Context(), &httpsend.Request{URL: u, Body: []byte(body + "\n"), Limit: 5 * time.Second}, nil)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil:
			counts["answered"]++
		case failed(t, err).NotSent:
			counts["not sent"]++
			claimed = append(claimed, body)
		default:
			counts["in doubt"]++
		}
	}
	for worker := range 8 {
		group.Go(func() {
			for n := range 150 {
				if worker == 0 && n == 100 {
					_ = listener.Close() // from here on dials fail, and connections that live go on
				}
				send(worker, n)
			}
		})
	}
	group.Wait()
	c.CloseIdle()
	h.group.Wait()
	t.Logf("%v", counts)
	for _, body := range claimed {
		require.NotContains(t, h.lines, body)
	}
	require.NotZero(t, counts["answered"])
	require.NotZero(t, counts["in doubt"])
	require.NotZero(t, counts["not sent"])
}
