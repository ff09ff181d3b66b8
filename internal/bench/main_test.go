package bench

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/outbound-go/outbound/simulator"
)

// Token of the simulated bot.
const token = "777000777000:AAbench-bench-bench-bench-bench-bench"

// TestMain lets the test's own binary be the provider, in a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("OUTBOUND_BENCH_PROVIDER") != "" {
		provide()
		return
	}
	os.Exit(m.Run())
}

// provide serves a Telegram that accepts everybody, until its standard input ends.
func provide() {
	t := simulator.NewTelegram(simulator.TelegramConfig{Rate: -1, CountsOnly: true})
	t.AddBot(token, "bench_bot")
	t.AllowAllChats(token)
	ctx, cancel := context.WithCancel(context.Background())
	url, wait, err := simulator.Serve(ctx, "127.0.0.1:0", t)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if _, err := fmt.Fprintln(os.Stdout, url); err != nil {
		os.Exit(1)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	cancel()
	_ = wait()
}

// provider starts the provider and returns its base URL.
func provider(b *testing.B) string {
	b.Helper()
	c := exec.CommandContext(context.WithoutCancel(b.Context()), os.Args[0]) // #nosec G204 G702 -- the test's own binary; it ends with its standard input
	c.Env = append(os.Environ(), "OUTBOUND_BENCH_PROVIDER=1")
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		_ = c.Wait()
	})
	line := make([]byte, 256)
	n, err := out.Read(line)
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(string(line[:n]))
}

// usage is this process's processor time so far.
func usage() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// transport is what both sides send through.
func transport(concurrency int) *http.Transport {
	return &http.Transport{MaxIdleConnsPerHost: concurrency, MaxConnsPerHost: concurrency, Protocols: http1()}
}

func http1() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	return p
}
