// Package storetest is the conformance suite of [outbound.Store]: every sentence of the contracts in the root package,
// as a case that fails with the sentence. A host that brings a store of its own runs it in a test:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, storetest.Harness{Open: func(t testing.TB) outbound.Store { return mine.New(t) }})
//	}
//
// Where a contract leaves room the suite either accepts both readings or its sentence says which one holds. The topic
// "random" plays operations drawn at random against the store and a slow model of it; it prints its seed, and the
// environment variable OUTBOUND_SEED replays one.
package storetest

import (
	"testing"

	"github.com/outbound-go/outbound"
)

// Harness opens the store under test. The functions end the test themselves if they cannot, and close what they opened
// through t.Cleanup. Cases run in parallel.
type Harness struct {
	// Open returns a new, empty store.
	Open func(t testing.TB) outbound.Store
	// Reopen opens the data of s again, as after a crash of the process: without an orderly Close, if it can. s is not used afterwards.
	// nil = the store does not outlive the process.
	Reopen func(t testing.TB, s outbound.Store) outbound.Store
	// Second is another handle on the data of s, used together with it, as by another process. nil = not possible.
	Second func(t testing.TB, s outbound.Store) outbound.Store
}

// Run runs the whole suite, each topic and each rule as a subtest.
func Run(t *testing.T, h Harness) {
	t.Helper()
	for _, topic := range topics() {
		t.Run(topic.name, func(t *testing.T) {
			t.Parallel()
			for _, r := range topic.rules {
				if !r.possible(h) {
					continue
				}
				t.Run(r.says, func(t *testing.T) {
					t.Parallel()
					r.check(&check{TB: t, reporter: t, h: h, says: r.says})
				})
			}
		})
	}
}

// topic is what one file of the suite is about.
type topic struct {
	name  string
	rules []rule
}

// rule is one sentence of a contract and what shows whether a store obeys it.
type rule struct {
	says  string
	check func(*check)
	needs need
}

// need is what a rule asks of the harness.
type need int

const (
	needsReopen need = iota + 1
	needsSecond
)

func (r *rule) possible(h Harness) bool {
	switch r.needs {
	case needsReopen:
		return h.Reopen != nil
	case needsSecond:
		return h.Second != nil
	}
	return true
}

func topics() []topic {
	return []topic{
		{"runs", runRules()},
		{"runs list", listRules()},
		{"imports", importRules()},
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
		{"reopen", reopenRules()},
		{"random", randomRules()},
	}
}
