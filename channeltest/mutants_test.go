package channeltest_test

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/outbound-go/outbound/channeltest"
)

// TestEveryBugBreaksItsRule proves the suite: an adapter that breaks a rule fails the case of this rule.
func TestEveryBugBreaksItsRule(t *testing.T) {
	t.Parallel()
	for bug, want := range map[string]string{
		"facts change":                   "Capabilities",
		"claims batches":                 "Capabilities",
		"constructor does I/O":           "Construction",
		"remembers":                      "Repetition",
		"claims idempotency":             "Repetition",
		"changes the message":            "Unchanged",
		"wrong wait":                     "Outcomes",
		"no reason":                      "Outcomes",
		"another error type":             "Outcomes",
		"repeats by itself":              "LostAnswers",
		"doubts are transient":           "LostAnswers",
		"claims that nothing left":       "LostAnswers",
		"any 200 is accepted":            "StrangeAnswers",
		"reads for ever":                 "Endless",
		"follows redirects":              "Redirects",
		"proves nothing":                 "Refused",
		"ignores the context":            "EndedContext",
		"prints the token":               "Printing",
		"token in a cause":               "Echoes",
		"address in the text":            "Outcomes",
		"takes any address":              "CheckAddress",
		"has no canonical form":          "CheckAddress",
		"speaks one language":            "CheckAddress",
		"knows no length":                "CheckMessage",
		"Check sends":                    "Check",
		"leaves a goroutine":             "Goroutines",
		"answers for the provider":       "OneRequest",
		"loses every tenth message":      "Concurrency",
		"Probe sends":                    "Probe",
		"ends with its idle connections": "CloseIdle",
		"a batch of single sends":        "Batch",
		"forgets one of a batch":         "Batch",
		"blames the first of a batch":    "BatchFaults",
	} {
		t.Run(bug, func(t *testing.T) {
			t.Parallel()
			i := slices.IndexFunc(channeltest.Cases(), func(c channeltest.Case) bool { return c.Name == want })
			if i < 0 {
				t.Fatalf("there is no case %s", want)
			}
			c := channeltest.Cases()[i]
			if failures := record(t, c, tinyHarness(bug)); len(failures) == 0 {
				t.Errorf("case %s passes", want)
			} else if !strings.HasPrefix(failures[0], c.Rule) {
				t.Errorf("the failure %q does not begin with the rule", failures[0])
			}
		})
	}
}

func TestEveryCaseHasANameAndARuleOfItsOwn(t *testing.T) {
	t.Parallel()
	names := make(map[string]bool)
	rules := make(map[string]bool)
	for _, c := range channeltest.Cases() {
		names[c.Name], rules[c.Rule] = true, true
		if !strings.HasSuffix(c.Rule, ".") {
			t.Errorf("the rule of %s is no sentence", c.Name)
		}
	}
	if n := len(channeltest.Cases()); len(names) != n || len(rules) != n {
		t.Errorf("%d cases have the names %v", n, slices.Sorted(maps.Keys(names)))
	}
}

// recorder is a TB whose failures are kept.
type recorder struct {
	ctx context.Context

	mu       sync.Mutex
	failures []string
	cleanups []func()
}

// record runs a case on a goroutine of its own, which Fatalf ends.
func record(t *testing.T, c channeltest.Case, h channeltest.Harness) []string {
	r := &recorder{ctx: t.Context()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for _, f := range slices.Backward(r.cleanups) {
				f()
			}
		}()
		c.Check(r, h)
	}()
	<-done
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failures
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return r.ctx }
func (r *recorder) Cleanup(f func())         { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Logf(string, ...any)      {}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}
