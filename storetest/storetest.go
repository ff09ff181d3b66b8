// Package storetest is the conformance suite of [outbound.Store]: every sentence of the contracts in the root package,
// as a case that fails with the sentence. A host that brings a store of its own runs it in a test:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, storetest.Harness{Open: func(t testing.TB) outbound.Store { return mine.New(t) }})
//	}
//
// Where a contract leaves room the suite either accepts both readings or its sentence says which one holds. After every
// call that may change something the suite compares Run.Counts with Count, whatever the case is about. The topic "random"
// plays operations drawn at random against the store and a slow model of it; it prints its seed, and the environment
// variable OUTBOUND_SEED replays one.
package storetest

import (
	"runtime/debug"
	"testing"

	"github.com/outbound-go/outbound"
)

// Harness opens the store under test. The functions end the test themselves if they cannot, and close what they opened
// through t.Cleanup. Cases run in parallel.
type Harness struct {
	// Open returns a new, empty store.
	Open func(t testing.TB) outbound.Store
	// Reopen opens the data of s again, as after a crash of the process: without an orderly Close, if it can. s is not used
	// afterwards. Nil = the store does not outlive the process.
	Reopen func(t testing.TB, s outbound.Store) outbound.Store
	// Second is another handle on the data of s, used together with it, as by another process. Nil = not possible.
	Second func(t testing.TB, s outbound.Store) outbound.Store
}

// Run runs the whole suite, each topic and each rule as a subtest.
func Run(t *testing.T, h Harness) {
	t.Helper()
	for _, topic := range topics() {
		t.Run(topic.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range topic.cases() {
				if !c.Possible(h) {
					continue
				}
				t.Run(c.Rule, func(t *testing.T) {
					t.Parallel()
					c.Check(t, h)
				})
			}
		})
	}
}

// Case is one sentence of a contract and what shows whether a store obeys it.
type Case struct {
	// Topic is what the sentence is about: "imports".
	Topic string
	// Rule is the sentence. Every failure of the case begins with it.
	Rule string

	check func(*check)
	needs need
}

// Cases are all cases, for those who run them in a way of their own.
func Cases() []Case {
	var all []Case
	for _, t := range topics() {
		all = append(all, t.cases()...)
	}
	return all
}

// Possible says whether the harness has what the case needs.
func (c Case) Possible(h Harness) bool {
	switch c.needs {
	case needsReopen:
		return h.Reopen != nil
	case needsSecond:
		return h.Second != nil
	case needsNothing:
	}
	return true
}

// Check runs the case. It ends the goroutine through t.Fatalf where the store breaks the rule, or panics, or gives an answer of
// a shape that the case cannot even read.
func (c Case) Check(t testing.TB, h Harness) {
	t.Helper()
	k := &check{TB: t, h: h, says: c.Rule}
	defer func() {
		if p := recover(); p != nil {
			k.Fatalf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	c.check(k)
}

// topic is what one file of the suite is about.
type topic struct {
	name  string
	rules []rule
}

func (t *topic) cases() []Case {
	cases := make([]Case, len(t.rules))
	for i, r := range t.rules {
		cases[i] = Case{Topic: t.name, Rule: r.says, check: r.check, needs: r.needs}
	}
	return cases
}

// rule is a case within its topic.
type rule struct {
	says  string
	check func(*check)
	needs need
}

// need is what a rule asks of the harness.
type need int

const (
	needsNothing need = iota
	needsReopen
	needsSecond
)

func topics() []topic {
	return []topic{
		{"runs", runRules()},
		{"runs listed", listRules()},
		{"runs deleted", deletionRules()},
		{"imports", importRules()},
		{"import records", recordRules()},
		{"imports removed", removalRules()},
		{"commit", commitRules()},
		{"commit range", rangeRules()},
		{"commit claims", claimRules()},
		{"refusals", refusalRules()},
		{"outcomes", outcomeRules()},
		{"tail", tailRules()},
		{"completion", completionRules()},
		{"recover", recoverRules()},
		{"settle", settleRules()},
		{"reopening", reopeningRules()},
		{"attempts", attemptRules()},
		{"due", dueRules()},
		{"deliveries", deliveryRules()},
		{"suppression", suppressionRules()},
		{"stops", stopRules()},
		{"touchpoints", touchpointRules()},
		{"acts", actRules()},
		{"erase", eraseRules()},
		{"purge", purgeRules()},
		{"catalogue", catalogueRules()},
		{"concurrency", concurrencyRules()},
		{"clock", clockRules()},
		{"durability", durabilityRules()},
		{"random", randomRules()},
	}
}
