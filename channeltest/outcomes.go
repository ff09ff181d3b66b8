package channeltest

import (
	"errors"
	"slices"

	"github.com/outbound-go/outbound"
)

func outcomeCases() []Case {
	return []Case{
		{"Outcomes", "Every answer of the provider means what its documentation says, with one request.", outcomes},
		{"Coverage", "A harness shows refusals of a person, of the account and for a while.", coverage},
	}
}

func outcomes(t TB, h Harness) {
	names := make([]string, 0, 16)
	for _, o := range open(t, h).Outcomes {
		names = append(names, o.Name)
	}
	for i, name := range names {
		b := open(t, h) // fresh: one outcome must not shape the next
		o := b.Outcomes[i]
		if o.Arrange != nil {
			o.Arrange()
		}
		b.answers(o.Answer)
		address := o.Address
		if address == "" {
			address = b.Addresses[0]
		}
		_, err := b.send(t, b.messageTo(address, i))
		compare(t, name, err, o.Want)
		b.wantRequests(t, 1, name)
		b.close()
	}
}

func compare(t TB, name string, err error, want *outbound.SendError) {
	t.Helper()
	if want == nil {
		if err != nil {
			t.Errorf("%s: got %v, want it accepted", name, err)
		}
		return
	}
	e, ok := errors.AsType[*outbound.SendError](err)
	if !ok {
		t.Errorf("%s: got %s, want class %s", name, classOf(err), want.Class)
		return
	}
	got := *e
	got.Text, got.NotSent, got.Err = want.Text, want.NotSent, want.Err
	if got != *want {
		t.Errorf("%s: got class %q, reason %q, code %q, retry after %s, scope %q, opt-out %q, new address %v; want %q, %q, %q, %s, %q, %q, %v", name,
			e.Class, e.Reason, e.Code, e.RetryAfter, e.Scope, e.OptOut, e.Address != "",
			want.Class, want.Reason, want.Code, want.RetryAfter, want.Scope, want.OptOut, want.Address != "")
	}
	if e.NotSent {
		t.Errorf("%s: a request that was answered has left", name)
	}
}

func coverage(t TB, h Harness) {
	b := open(t, h)
	for _, class := range []outbound.Class{outbound.ClassRecipient, outbound.ClassAccount, outbound.ClassThrottled} {
		if !slices.ContainsFunc(b.Outcomes, func(o Outcome) bool { return o.Want != nil && o.Want.Class == class }) {
			t.Errorf("no outcome of class %s", class)
		}
	}
}
