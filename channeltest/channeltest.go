// Package channeltest checks that an adapter keeps the contract of outbound.Channel and of the optional interfaces that
// it implements. An adapter's test hands it a Harness:
//
//	func TestConformance(t *testing.T) {
//		channeltest.Run(t, channeltest.Harness{Open: func(t channeltest.TB, baseURL string) channeltest.Subject {
//			provider := newFake()
//			return channeltest.Subject{
//				Channel:   mine.New(token, &mine.Config{BaseURL: baseURL}),
//				Provider:  provider,
//				Accepted:  provider.Count,
//				Addresses: []string{"1000001", "1000002", "1000003"},
//				Secrets:   []string{token},
//				Outcomes:  []channeltest.Outcome{ … },
//			}
//		}})
//	}
//
// The suite owns the server at baseURL and passes requests on to the provider, so that it can count them, reset
// connections before and after acceptance, and answer what no provider answers. Abilities are found by type assertion, as
// the engine finds them, and the facts of Capabilities must agree with them. It uses the standard library and loopback
// connections only.
package channeltest

import (
	"context"
	"net/http"
	"testing"

	"github.com/outbound-go/outbound"
)

// TB is what the suite needs of a test; *testing.T is one.
type TB interface {
	Helper()
	Context() context.Context
	Cleanup(func())
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any) // does not return
}

// Harness makes what the suite tests.
type Harness struct {
	// Open makes a fresh provider and a fresh adapter whose requests go to baseURL, "http://127.0.0.1:" and a port. It
	// is called once or more in each case.
	Open func(t TB, baseURL string) Subject
}

// Subject is an adapter and its provider. All functions are called from one goroutine, but for Provider.
type Subject struct {
	// Channel is the adapter under test.
	Channel outbound.Channel
	// Provider answers as the provider does: it accepts plain messages to Addresses, up to 200 in a case. It is called
	// concurrently.
	Provider http.Handler
	// Accepted is how many messages the provider truly accepted so far.
	Accepted func() int
	// Addresses are three people or more, in canonical form, of at least six characters, so that one can look for them in
	// errors.
	Addresses []string
	// BadAddresses are what CheckAddress refuses.
	BadAddresses []string
	// Spellings are other spellings of addresses, and their canonical forms.
	Spellings map[string]string
	// Secrets are the token and whatever else no error may show.
	Secrets []string
	// Message makes a message for a person; nil = the suite's plain text. An adapter for templates needs one. It is
	// called anew for each send.
	Message func(address string) *outbound.Outgoing
	// Outcomes are answers of the provider with what they mean. There must be some of the classes recipient, account
	// and throttled.
	Outcomes []Outcome
}

// Outcome is an answer of the provider and what the adapter must make of it.
type Outcome struct {
	// Name is a sentence: "a person who blocked the bot is final".
	Name string
	// Address to send to; empty = the first of Subject.Addresses.
	Address string
	// Arrange prepares the provider; may be nil.
	Arrange func()
	// Answer answers instead of the provider; may be nil.
	Answer http.HandlerFunc
	// Want is compared but for Text, NotSent and Err. Nil = accepted.
	Want *outbound.SendError
}

// Case is one topic of the contract.
type Case struct {
	Name string // as a test's name
	Rule string // the sentence that every failure begins with
	Run  func(t TB, h Harness)
}

// Run runs all cases as subtests, one after the other.
func Run(t *testing.T, h Harness) {
	t.Helper()
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) { c.Check(t, h) })
	}
}

// Check runs one case; its failures begin with its rule.
func (c Case) Check(t TB, h Harness) {
	t.Helper()
	c.Run(ruled{t, c.Rule}, h)
}

// ruled puts the rule before every failure.
type ruled struct {
	TB
	rule string
}

func (r ruled) Errorf(format string, args ...any) {
	r.Helper()
	r.TB.Errorf("%s\n"+format, append([]any{r.rule}, args...)...)
}

func (r ruled) Fatalf(format string, args ...any) {
	r.Helper()
	r.TB.Fatalf("%s\n"+format, append([]any{r.rule}, args...)...)
}

// Cases are all cases, for those who run them in a way of their own.
func Cases() []Case {
	var all []Case
	for _, topic := range [][]Case{factCases(), sendCases(), outcomeCases(), faultCases(), contextCases(), secretCases(), abilityCases(), batchCases(), lifeCases()} {
		all = append(all, topic...)
	}
	return all
}
