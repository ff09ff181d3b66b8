package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outbound-go/outbound/simulator"
	"github.com/stretchr/testify/require"
)

// asProgram makes this test binary be the program: tests start it as a process of its own, which can be killed.
const asProgram = "BROADCAST_IS_THE_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

const token = "7:AAsecretAAsecretAA"

// bench is a provider on loopback and a folder.
type bench struct {
	*testing.T
	sim *simulator.Telegram
	url string
	dir string
}

func newBench(t *testing.T, config simulator.TelegramConfig) *bench {
	t.Helper()
	sim := simulator.NewTelegram(config)
	sim.AddBot(token, "shop_bot")
	sim.AllowAllChats(token)
	ctx, cancel := context.WithCancel(context.Background())
	url, wait, err := simulator.Serve(ctx, "", sim)
	require.NoError(t, err)
	t.Cleanup(func() {
		cancel()
		require.NoError(t, wait())
	})
	return &bench{t, sim, url, t.TempDir()}
}

// fast is a provider without a limit of its own.
func fast() simulator.TelegramConfig { return simulator.TelegramConfig{Rate: -1} }

// people writes an audience of n ids and returns the file's name.
func (b *bench) people(n int, more ...string) string {
	b.Helper()
	var s strings.Builder
	for i := range n {
		fmt.Fprintln(&s, 1001+i)
	}
	s.WriteString(strings.Join(more, "\n"))
	name := filepath.Join(b.dir, "ids.txt")
	require.NoError(b, os.WriteFile(name, []byte(s.String()), 0o600))
	return name
}

// process is the program as it runs.
type process struct {
	b      *bench
	cmd    *exec.Cmd
	stdout bytes.Buffer
	stderr shared
}

// shared is a buffer that may be read while a process writes to it.
type shared struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// start starts the program with the token in its environment.
func (b *bench) start(args ...string) *process { return b.startAs(token, "", args...) }

func (b *bench) startAs(token, stdin string, args ...string) *process {
	b.Helper()
	p := b.prepare(token, args...)
	p.cmd.Stdin = strings.NewReader(stdin)
	require.NoError(b, p.cmd.Start())
	return p
}

// prepare makes a process that is not started.
func (b *bench) prepare(token string, args ...string) *process {
	b.Helper()
	p := &process{b: b, cmd: exec.CommandContext(b.Context(), os.Args[0], args...)}
	p.cmd.Dir = b.dir
	p.cmd.Env = append(os.Environ(), asProgram+"=1", "OUTBOUND_TOKEN="+token)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	return p
}

// run runs the program to its end and requires the status.
func (b *bench) run(want status, args ...string) *process {
	b.Helper()
	return b.start(args...).ends(want)
}

// send runs it as sender to its end, fast and against the simulator, and returns the JSON line.
func (b *bench) send(want status, args ...string) result {
	b.Helper()
	return b.run(want, b.sending(args...)...).result()
}

// sending are the flags of a sender that ends with JSON.
func (b *bench) sending(args ...string) []string {
	return append([]string{"-api", b.url, "-rate", "300", "-lease", "500ms", "-json"}, args...)
}

// ends waits for the end, and requires the status and that the token is nowhere.
func (p *process) ends(want status) *process {
	p.b.Helper()
	err := p.cmd.Wait()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		require.NoError(p.b, err)
	}
	require.Equal(p.b, int(want), p.cmd.ProcessState.ExitCode(), "stdout:\n%s\nstderr:\n%s", p.stdout.String(), p.stderr.String())
	for _, out := range []string{p.stdout.String(), p.stderr.String()} {
		require.NotContains(p.b, out, strings.TrimPrefix(token, "7:"))
	}
	return p
}

// killed kills it and waits until it is gone.
func (p *process) killed() {
	p.b.Helper()
	require.NoError(p.b, p.cmd.Process.Kill())
	_ = p.cmd.Wait() // it says that it was killed
}

// says waits until it has said something.
func (p *process) says(text string) {
	p.b.Helper()
	p.b.until(func() bool { return strings.Contains(p.stderr.String(), text) }, "it should say %q; it says:\n%s", text, &p.stderr)
}

// until waits for something to happen.
func (b *bench) until(happened func() bool, message string, args ...any) {
	b.Helper()
	require.Eventually(b, happened, 20*time.Second, 5*time.Millisecond, append([]any{message}, args...)...)
}

// sent waits until the people of the provider got n messages.
func (b *bench) sent(n int) {
	b.Helper()
	b.until(func() bool { return b.sim.Count(token) >= n }, "%d messages should arrive", n)
}

// keys are the fields of the JSON line, in their order.
func keys() []string {
	return []string{
		"id", "state", "reason", "total", "pending", "sending", "accepted", "delivered", "read", "failed", "skipped", "uncertain", "canceled",
		"duplicate", "rejected", "seconds",
	}
}

// result reads the one line of JSON, and requires its shape and its sums.
func (p *process) result() result {
	p.b.Helper()
	out := p.stdout.String()
	require.Equal(p.b, 1, strings.Count(out, "\n"), "exactly one line: %q", out)
	var fields map[string]any
	require.NoError(p.b, json.Unmarshal([]byte(out), &fields))
	require.Equal(p.b, slices.Sorted(slices.Values(keys())), slices.Sorted(maps.Keys(fields)))
	at := -1
	for _, key := range keys() {
		next := strings.Index(out, `"`+key+`":`)
		require.Greater(p.b, next, at, "%s stands in its place", key)
		at = next
	}
	var r result
	require.NoError(p.b, json.Unmarshal([]byte(out), &r))
	require.Equal(p.b, r.Total, r.Pending+r.Sending+r.Accepted+r.Delivered+r.Read+r.Failed+r.Skipped+r.Uncertain+r.Canceled, out)
	return r
}

// everybody requires that each of n people got exactly one message, but for those who may have got none: the refused.
func (b *bench) everybody(n int, refused ...int64) {
	b.Helper()
	got := maps.Collect(b.sim.PerPerson(token))
	for i := range n {
		id, want := int64(1001+i), 1
		if slices.Contains(refused, id) {
			want = 0
		}
		require.Equal(b, want, got[id], "messages to %d", id)
		delete(got, id)
	}
	require.Empty(b, got, "people who are not in the audience")
}

// onlySending lets the faults concern messages, not the check of the account.
func onlySending(choose func(simulator.FaultRequest) simulator.Fault) func(simulator.FaultRequest) simulator.Fault {
	return func(r simulator.FaultRequest) simulator.Fault {
		if r.Method != "sendMessage" {
			return simulator.Fault{}
		}
		return choose(r)
	}
}
