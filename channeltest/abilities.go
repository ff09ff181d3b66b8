package channeltest

import (
	"errors"
	"slices"
	"strings"

	"github.com/outbound-go/outbound"
)

func abilityCases() []Case {
	return []Case{
		{"CheckAddress", "CheckAddress takes canonical addresses as they are, brings other spellings to them, and says what is wrong with the others, in two languages.", checkAddress},
		{"CheckMessage", "CheckMessage and CheckRendered find nothing wrong with a plain message, and what is longer than Capabilities allow.", checkMessage},
		{"Check", "Check says who the account is, the same each time, sends nothing, and its errors are those of Send.", checkAccount},
		{"Probe", "Probe knows a person who takes messages, sends nothing, and its errors are those of Send.", probe},
	}
}

func checkAddress(t TB, h Harness) {
	b := open(t, h)
	a, ok := ability[outbound.AddressChecker](b.Channel)
	if !ok {
		if len(b.BadAddresses)+len(b.Spellings) > 0 {
			t.Errorf("the harness has bad addresses or spellings, but the adapter checks none")
		}
		return
	}
	for i, address := range b.Addresses {
		if canonical, problem := a.CheckAddress(address); problem != nil || canonical != address {
			t.Errorf("address %d of the harness is canonical, but is refused or changed", i+1)
		}
	}
	for spelling, want := range b.Spellings {
		canonical, problem := a.CheckAddress(spelling)
		if problem != nil || canonical != want {
			t.Errorf("%q becomes %q (problem %v), want %q", spelling, canonical, problem, want)
			continue
		}
		if again, problem := a.CheckAddress(canonical); problem != nil || again != canonical {
			t.Errorf("the canonical form %q becomes %q when checked again", canonical, again)
		}
	}
	for _, address := range append(slices.Clone(b.BadAddresses), "", " ", "\x00", strings.Repeat("9", 5000)) {
		canonical, problem := a.CheckAddress(address)
		if problem == nil {
			t.Errorf("%.40q is taken as %.40q", address, canonical)
			continue
		}
		if problem.Code == "" || problem.Message == "" || problem.Translated == "" {
			t.Errorf("the problem of %.40q lacks a code or its words in a language", address)
		}
	}
}

func checkMessage(t TB, h Harness) {
	b := open(t, h)
	c := b.Channel.Capabilities()
	m := b.message(0)
	if a, ok := ability[outbound.MessageChecker](b.Channel); ok && m.Message != nil {
		if problems := a.CheckMessage(m.Message); len(problems) > 0 {
			t.Errorf("a plain message has problems: %v", problems)
		}
	}
	a, ok := ability[outbound.RenderChecker](b.Channel)
	if !ok {
		return
	}
	if problem := a.CheckRendered(m); problem != nil {
		t.Errorf("a plain message has a problem: %v", problem)
	}
	if c.MaxText == 0 || !c.Freeform {
		return
	}
	for length, fits := range map[int]bool{c.MaxText: true, c.MaxText + 1: false} {
		text := strings.Repeat("x", length) // one unit in every TextUnit
		m := b.message(0)
		m.Text, m.Message = text, &outbound.Message{Text: text}
		if problem := a.CheckRendered(m); (problem == nil) != fits {
			t.Errorf("a text of %d with MaxText %d: problem %v", length, c.MaxText, problem)
		}
	}
}

// account finds an outcome in which the account is refused, and arranges it.
func (b *bench) refuseAccount() bool {
	i := slices.IndexFunc(b.Outcomes, func(o Outcome) bool { return o.Want != nil && o.Want.Class == outbound.ClassAccount })
	if i < 0 {
		return false
	}
	if arrange := b.Outcomes[i].Arrange; arrange != nil {
		arrange()
	}
	b.answers(b.Outcomes[i].Answer)
	return true
}

func checkAccount(t TB, h Harness) {
	b := open(t, h)
	c, ok := ability[outbound.Checker](b.Channel)
	if !ok {
		return
	}
	first, err := c.Check(t.Context())
	if err != nil || first.ID == "" {
		t.Errorf("Check gave the id %q and the error %v", first.ID, err)
	}
	if second, err := c.Check(t.Context()); err != nil || second.ID != first.ID {
		t.Errorf("Check gave the id %q, then %q", first.ID, second.ID)
	}
	b.wantAccepted(t, 0, "after checks")
	if b.refuseAccount() {
		_, err := c.Check(t.Context())
		b.wantSendError(t, "Check of a refused account", err, outbound.ClassAccount)
	}
	b.close()
	_, err = c.Check(t.Context())
	b.wantSendError(t, "Check when nobody listens", err, outbound.ClassTransient, outbound.ClassAmbiguous)
}

func probe(t TB, h Harness) {
	b := open(t, h)
	p, ok := ability[outbound.Prober](b.Channel)
	if !ok {
		return
	}
	if err := p.Probe(t.Context(), b.Addresses[0]); err != nil {
		t.Errorf("a person who takes messages is not known: %v", err)
	}
	b.wantAccepted(t, 0, "after a probe")
	b.close()
	b.wantSendError(t, "Probe when nobody listens", p.Probe(t.Context(), b.Addresses[0]), outbound.ClassTransient, outbound.ClassAmbiguous)
}

func (b *bench) wantSendError(t TB, when string, err error, want ...outbound.Class) {
	t.Helper()
	if err != nil {
		b.checkError(t, err, &outbound.Outgoing{Address: b.Addresses[0]})
	}
	if _, ok := errors.AsType[*outbound.SendError](err); !ok {
		t.Errorf("%s: got %T, want a *outbound.SendError", when, err)
		return
	}
	wantClass(t, when, err, want...)
}
