package channeltest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/outbound-go/outbound"
)

// checkError checks the form of an error, and that no way of printing it or its causes shows a secret.
func (b *bench) checkError(t TB, err error, m *outbound.Outgoing) {
	t.Helper()
	e, ok := errors.AsType[*outbound.SendError](err)
	if !ok {
		t.Errorf("an error is a *outbound.SendError, got %T", err)
	} else {
		if !slices.Contains([]outbound.Class{
			outbound.ClassRecipient, outbound.ClassMessage, outbound.ClassAccount, outbound.ClassThrottled,
			outbound.ClassTransient, outbound.ClassAmbiguous, outbound.ClassMigrated,
		}, e.Class) {
			t.Errorf("the class %q is none of outbound's", e.Class)
		}
		if e.Reason == "" {
			t.Errorf("an error of class %s has no reason", e.Class)
		}
		if e.NotSent && e.Class == outbound.ClassAmbiguous {
			t.Errorf("what is proved not to have left is not ambiguous")
		}
	}
	hidden := slices.Clone(b.Secrets)
	if m != nil {
		hidden = append(hidden, m.Address, m.Text)
	}
	for each := range chain(err) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%q", "%s"} {
			b.checkText(t, fmt.Sprintf("an error printed with %s (%T)", verb, each), fmt.Sprintf(verb, each), hidden)
		}
	}
}

func (b *bench) checkText(t TB, what, text string, hidden []string) {
	t.Helper()
	for i, secret := range hidden {
		if secret != "" && strings.Contains(text, secret) {
			name := "a secret"
			if i >= len(b.Secrets) {
				name = "an address or a text"
			}
			t.Errorf("%s shows %s", what, name) // without showing it once more
		}
	}
}

// chain yields an error and all that it wraps.
func chain(err error) func(yield func(error) bool) {
	return func(yield func(error) bool) { walk(err, yield) }
}

func walk(err error, yield func(error) bool) bool {
	if err == nil {
		return true
	}
	if !yield(err) {
		return false
	}
	switch u := err.(type) { //nolint:errorlint // this is the walk that errors.Is makes
	case interface{ Unwrap() error }:
		return walk(u.Unwrap(), yield)
	case interface{ Unwrap() []error }:
		for _, each := range u.Unwrap() {
			if !walk(each, yield) {
				return false
			}
		}
	}
	return true
}

// classOf is the class of an error, in words for what is none.
func classOf(err error) outbound.Class {
	if err == nil {
		return "accepted"
	}
	if e, ok := errors.AsType[*outbound.SendError](err); ok {
		return e.Class
	}
	return "no SendError"
}

// wantClass fails the case if an error is of none of these classes.
func wantClass(t TB, when string, err error, want ...outbound.Class) {
	t.Helper()
	if got := classOf(err); !slices.Contains(want, got) {
		t.Errorf("%s: class %s, want %v", when, got, want)
	}
}

// wantNotSent fails the case if an error's NotSent is another.
func wantNotSent(t TB, when string, err error, want bool) {
	t.Helper()
	if e, ok := errors.AsType[*outbound.SendError](err); ok && e.NotSent != want {
		t.Errorf("%s: NotSent is %v, want %v", when, e.NotSent, want)
	}
}
