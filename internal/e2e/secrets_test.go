package e2e_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/simulator"
	"github.com/outbound-go/outbound/store/sqlite"
	"github.com/outbound-go/outbound/telegram"
	"github.com/stretchr/testify/require"
)

// What must be nowhere but in the store and at the provider.
const (
	privateText = "your private diagnosis is ready"
	privateName = "Zinaida Secretova"
)

// secretsOf are the things that no log line and no error may show, an address among them.
func secretsOf(addresses ...string) []string {
	_, half, _ := strings.Cut(token, ":")
	return append([]string{token, half, privateText, "diagnosis", privateName, "Secretova"}, addresses...)
}

// talkers are refusals whose words repeat what was sent, as a careless server's would.
func talkers(address string) []simulator.Fault {
	words := fmt.Sprintf("chat %s: %s, %s; bot %s", address, privateText, privateName, token)
	return []simulator.Fault{
		{Kind: simulator.FaultError, Status: 400, Description: "Bad Request: chat not found: " + words},
		{Kind: simulator.FaultError, Status: 403, Description: "Forbidden: bot was blocked by the user: " + words},
		{Kind: simulator.FaultError, Status: 500, Description: "Internal Server Error: " + words},
		{Kind: simulator.FaultError, Status: 429, Description: "Too Many Requests: " + words, RetryAfter: time.Second},
		{Kind: simulator.FaultStatus, Status: http.StatusOK, ContentType: "text/html", Body: "<p>" + words + "</p>"},
	}
}

// chain writes an error in all ways in which somebody may log it.
func chain(err error) string {
	var all strings.Builder
	for ; err != nil; err = errors.Unwrap(err) {
		fmt.Fprintf(&all, "%v %+v %#v %q\n", err, err, err, err)
	}
	return all.String()
}

func TestPromise10NoErrorOfTheAdapterShowsASecret(t *testing.T) {
	const address = "8412999001"
	p := newProvider(t, simulator.TelegramConfig{})
	p.AddChats(token, 8412999001)
	channel := telegram.New(token, &telegram.Config{BaseURL: p.url, Timeout: patienceOfRequests})
	faults := talkers(address)[:3]
	for _, c := range faultCases() {
		faults = append(faults, c.fault)
	}
	faults = append(faults, talkers(address)[4], talkers(address)[3])
	out := &outbound.Outgoing{Address: address, Text: privateText + ", " + privateName, Message: &outbound.Message{Text: privateText + ", {{.name}}"}}
	said, asked := "", ""
	for _, f := range faults {
		p.SetFault(func(simulator.FaultRequest) simulator.Fault { return f })
		_, err := channel.Send(t.Context(), out)
		said += chain(err)
		asked += chain(channel.Probe(t.Context(), address)) // it knows no text
	}
	p.RevokeToken(token)
	_, err := channel.Send(t.Context(), out)
	said += chain(err)
	nobody := telegram.New(token, &telegram.Config{BaseURL: "http://127.0.0.1:1"})
	_, err = nobody.Send(t.Context(), out)
	said += chain(err) + fmt.Sprintf("%v %+v %#v", channel, channel, channel)
	require.NotEmpty(t, said)
	for _, secret := range secretsOf(address) {
		require.NotContains(t, said, secret)
	}
	for _, secret := range []string{token, secretsOf()[1], address} {
		require.NotContains(t, asked, secret)
	}
}

func TestPromise10NoLogLineShowsASecretWhateverGoesWrong(t *testing.T) {
	r := seeded(t)
	p := newProvider(t, simulator.TelegramConfig{CountsOnly: true})
	o := defaults(t, p)
	o.Timeout = patienceOfRequests
	var log strings.Builder
	h := openHost(t, o, sqlite.Config{}, func(c *outbound.Config) {
		logTo(&log)(c)
		c.MaxRetryDelay = 100 * time.Millisecond
	})
	addresses := p.audience(firstID, 300)
	people := make([]outbound.Recipient, len(addresses))
	for i, a := range addresses {
		people[i] = outbound.Recipient{Address: a, Variables: map[string]string{"name": privateName}}
	}
	faults := talkers(addresses[0])
	throttle := faults[3] // a second each, so once is enough
	faults = append(faults[:3], faults[4])
	for _, c := range faultCases() {
		faults = append(faults, c.fault)
	}
	refused := newSet() // at most one fault a person, so that the run ends
	for i := range addresses {
		if r.IntN(3) > 0 {
			refused.add(int64(firstID + i))
		}
	}
	p.SetFault(func(q simulator.FaultRequest) simulator.Fault {
		if q.Number == 40 {
			return throttle
		}
		if q.Method == "sendMessage" && refused.take(q.ChatID) {
			return faults[rand.IntN(len(faults))]
		}
		return simulator.Fault{}
	})
	said := ""
	note := func(err error) { said += chain(err) }
	c, err := h.Create(t.Context(), outbound.Draft{ID: "c", Name: "n", Touchpoint: bot, Message: outbound.Message{Text: privateText + ", {{.name}}"}})
	require.NoError(t, err)
	_, err = c.Import(t.Context(), "list", outbound.FromSlice(slices.Concat(people, []outbound.Recipient{{Address: addresses[0] + "x"}})))
	require.NoError(t, err)
	require.NoError(t, c.Start(t.Context()))
	require.NoError(t, h.RunUntilIdle(t.Context()))
	p.RevokeToken(token)
	_, err = h.Resolve(t.Context(), "c", outbound.ResolveResend)
	note(err)
	note(h.RunUntilIdle(t.Context()))
	progress, err := c.Progress(t.Context())
	note(err)
	said += progress.Describe(outbound.English) + progress.Describe(outbound.Russian)
	note(h.store.Close())
	_, err = c.Progress(t.Context())
	note(err)
	note(c.Start(t.Context()))
	note(c.Pause(t.Context()))
	_, err = c.Import(t.Context(), "again", outbound.FromSlice(people))
	note(err)
	require.Greater(t, len(log.String()), 100)
	for _, secret := range secretsOf(addresses...) {
		require.NotContains(t, said, secret)
		require.NotContains(t, log.String(), secret)
	}
	t.Logf("%d bytes of log and %d of errors, no secret in them", log.Len(), len(said))
}
