package storetest_test

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/store/memory"
	"github.com/outbound-go/outbound/storetest"
)

// mutant is a store that breaks one rule.
type mutant struct {
	does  string
	topic string      // of a case that must find it
	bend  func(*bent) // replaces methods of a bent store whose Store works
}

// TestTheSuiteFindsEveryMutant proves the suite: a store that breaks a rule fails a case of that rule's topic, with its sentence.
func TestTheSuiteFindsEveryMutant(t *testing.T) {
	t.Parallel()
	for _, m := range slices.Concat(runMutants(), importMutants(), commitMutants(), settleMutants(), readMutants(), aroundMutants()) {
		t.Run(m.topic+": "+m.does, func(t *testing.T) {
			t.Parallel()
			found := 0
			for _, c := range storetest.Cases() {
				if c.Topic != m.topic {
					continue
				}
				failure := record(t, c, m.harness())
				if failure != "" && !strings.Contains(failure, c.Rule) {
					t.Errorf("the failure does not say the rule %q: %s", c.Rule, failure)
				}
				if failure != "" {
					found++
				}
			}
			if found == 0 {
				t.Errorf("no case of %q found it", m.topic)
			}
		})
	}
}

func TestEveryTopicHasAMutant(t *testing.T) {
	t.Parallel()
	mutants := slices.Concat(runMutants(), importMutants(), commitMutants(), settleMutants(), readMutants(), aroundMutants())
	for _, c := range storetest.Cases() {
		if !slices.ContainsFunc(mutants, func(m mutant) bool { return m.topic == c.Topic }) {
			t.Errorf("no mutant proves the topic %q", c.Topic)
		}
	}
}

func TestEveryRuleIsASentenceOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, c := range storetest.Cases() {
		if seen[c.Rule] || !strings.HasSuffix(c.Rule, ".") {
			t.Errorf("%q is no sentence, or there twice", c.Rule)
		}
		seen[c.Rule] = true
	}
}

func (m mutant) harness() storetest.Harness {
	open := func(s *memory.Store) outbound.Store {
		b := &bent{Store: s}
		m.bend(b)
		return b
	}
	return storetest.Harness{
		Open:   func(testing.TB) outbound.Store { return open(memory.New()) },
		Second: func(_ testing.TB, s outbound.Store) outbound.Store { return s },
		Reopen: func(t testing.TB, s outbound.Store) outbound.Store {
			var snapshot bytes.Buffer
			if err := s.(*bent).Store.(*memory.Store).Save(&snapshot); err != nil {
				t.Fatalf("save: %v", err)
			}
			loaded, err := memory.Load(&snapshot)
			if err != nil {
				t.Fatalf("load: %v", err)
			}
			return open(loaded)
		},
	}
}

// recorder is a testing.TB that keeps what it is told.
type recorder struct {
	testing.TB
	mu      sync.Mutex
	failure string // the first; guarded by mu
}

// record runs a case on a goroutine of its own, which Fatalf ends, and returns its failure; empty = it passed.
func record(t *testing.T, c storetest.Case, h storetest.Harness) string {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Check(r, h)
	}()
	<-done
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failure
}

func (r *recorder) Helper()             {}
func (r *recorder) Logf(string, ...any) {}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failure == "" {
		r.failure = fmt.Sprintf(format, args...)
	}
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}
