package e2e_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/simulator"
	"github.com/outbound-go/outbound/store/sqlite"
	"github.com/stretchr/testify/require"
)

// faultCase is a way in which requests go wrong, and what that means.
type faultCase struct {
	name  string
	fault simulator.Fault
	// got says that the person has the message although the answer does not say so; sure that the answer leaves no doubt.
	got, sure bool
}

// patienceOfRequests is how long a request may take where answers come too late.
const patienceOfRequests = time.Second

func faultCases() []faultCase {
	page := simulator.Fault{Kind: simulator.FaultStatus, Status: http.StatusOK, ContentType: "text/html", Body: "<html>Welcome to the hotel's network</html>"}
	pageAccepted := page
	pageAccepted.Accept = true
	return []faultCase{
		{"an HTML page instead of an answer", page, false, false},
		{"an HTML page after it was accepted", pageAccepted, true, false},
		{"a bad gateway", simulator.BadGateway(false), false, false},
		{"a bad gateway after it was accepted", simulator.BadGateway(true), true, false},
		{"an internal error", simulator.Fault{Kind: simulator.FaultError, Status: 500}, false, false},
		{"an internal error after it was accepted", simulator.Fault{Kind: simulator.FaultError, Status: 500, Accept: true}, true, false},
		{"an empty answer", simulator.Fault{Kind: simulator.FaultEmptyBody}, true, false},
		{"an endless answer", simulator.Fault{Kind: simulator.FaultEndlessBody}, true, false},
		{"a truncated answer", simulator.Fault{Kind: simulator.FaultTruncated}, true, false},
		{"a reset before it was accepted", simulator.Fault{Kind: simulator.FaultResetBefore}, false, false},
		{"a reset after it was accepted", simulator.Fault{Kind: simulator.FaultResetAfter}, true, false},
		{"an answer that comes too late", simulator.Fault{Kind: simulator.FaultSlowHeaders, Delay: 3 * patienceOfRequests}, true, false},
		{"an answer whose end comes too late", simulator.Fault{Kind: simulator.FaultSlowBody, Delay: 3 * patienceOfRequests}, true, false},
		{"a slow answer", simulator.Fault{Kind: simulator.FaultSlowHeaders, Delay: patienceOfRequests / 10}, true, true},
		{"a slowly dripping answer", simulator.Fault{Kind: simulator.FaultSlowBody, Delay: patienceOfRequests / 10}, true, true},
	}
}

// strangers makes 1,000 people of whom 300 at random places are unknown to the bot, and says who is known.
func strangers(p *provider, r *rand.Rand) (addresses []string, known map[int64]bool) {
	known = map[int64]bool{}
	for i, place := range r.Perm(1000) {
		id := int64(firstID + i)
		addresses = append(addresses, fmt.Sprint(id))
		if place >= 300 {
			known[id] = true
			p.AddChats(token, id)
		}
	}
	return addresses, known
}

// TestPromise02ProviderFaultsLeaveNobodyUnaccounted lets the first request for every fifth person that the bot knows go wrong. 700 of 1,000 get exactly one message in the end, where the
// host resolves the doubts rightly; 300 are listed as unknown.
func TestPromise02ProviderFaultsLeaveNobodyUnaccounted(t *testing.T) {
	for _, c := range faultCases() {
		t.Run(c.name, func(t *testing.T) {
			p := newProvider(t, simulator.TelegramConfig{CountsOnly: true})
			o := defaults(t, p)
			o.Timeout, o.Concurrency = 10*patienceOfRequests, 64
			if c.fault.Delay > patienceOfRequests {
				o.Timeout = patienceOfRequests
			}
			addresses, known := strangers(p, seeded(t))
			p.SetFault(faultOnce(known, c.fault))
			h := openHost(t, o, sqlite.Config{}, nil)
			campaign := h.campaign(t, outbound.Draft{ID: "c"}, addresses)
			require.NoError(t, campaign.Start(t.Context()))
			require.NoError(t, h.RunUntilIdle(t.Context()))

			counts := account(t, o.Path, "c", p, 1000)
			require.EqualValues(t, 300, counts.Failed)
			for row := range rows(t, h.store, "c") {
				switch row.State {
				case outbound.Failed:
					require.Equal(t, outbound.ReasonUnknown, row.Reason)
				case outbound.Uncertain:
					require.Equal(t, outbound.ReasonNoAnswer, row.Reason)
				default:
				}
			}
			resolution := outbound.ResolveResend
			if c.sure {
				require.Zero(t, counts.Uncertain)
			} else {
				require.EqualValues(t, 140, counts.Uncertain)
			}
			if c.got {
				resolution = outbound.ResolveAccepted
			}
			o.Timeout = patienceOfRequests // a resend waits for it
			h = openHost(t, o, sqlite.Config{}, nil)
			resolved, err := h.Resolve(t.Context(), "c", resolution)
			require.NoError(t, err)
			require.Equal(t, counts.Uncertain, resolved)
			require.NoError(t, h.RunUntilIdle(t.Context()))
			counts = account(t, o.Path, "c", p, 1000)
			require.EqualValues(t, 700, counts.Accepted)
			for id, n := range maps.Collect(p.PerPerson(token)) {
				require.True(t, known[id])
				require.Equal(t, 1, n)
			}
		})
	}
}

// faultOnce lets the first request for every fifth of these people go wrong.
func faultOnce(known map[int64]bool, fault simulator.Fault) func(simulator.FaultRequest) simulator.Fault {
	left := newSet()
	for i, id := range slices.Sorted(maps.Keys(known)) {
		if i%5 == 0 {
			left.add(id)
		}
	}
	return func(r simulator.FaultRequest) simulator.Fault {
		if r.Method == "sendMessage" && left.take(r.ChatID) {
			return fault
		}
		return simulator.Fault{}
	}
}
