package telegram_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/channeltest"
	"github.com/outbound-go/outbound/simulator"
	"github.com/outbound-go/outbound/telegram"
)

const (
	token = "7001234567:AAE-suite_secret0123456789abcdefghi"
	ann   = 100000001
	bob   = 100000002
	eve   = 100000003
)

// TestConformance runs the suite for adapters over the simulated provider.
func TestConformance(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, channeltest.Harness{Open: func(_ channeltest.TB, baseURL string) channeltest.Subject {
		sim := simulator.NewTelegram(simulator.TelegramConfig{Rate: -1})
		sim.AddBot(token, "suite_bot")
		sim.AddChats(token, ann, bob, eve)
		return channeltest.Subject{
			Channel:      telegram.New(token, &telegram.Config{BaseURL: baseURL, AllowGroups: true}),
			Provider:     sim,
			Accepted:     func() int { return sim.Count(token) },
			Addresses:    []string{"100000001", "100000002", "100000003"},
			BadAddresses: []string{"+79991234567", "0", "-0", "007", "@x", "https://t.me/ann", "1.0E+09", "99999999999999"},
			Spellings:    map[string]string{"@Shop_News": "@shop_news", "-1001234567890": "-1001234567890"},
			Secrets:      []string{token, "AAE-suite_secret0123456789abcdefghi"},
			Outcomes:     outcomes(sim),
		}
	}})
}

func outcomes(sim *simulator.Telegram) []channeltest.Outcome {
	person := func(reason, code string, optOut outbound.Purpose) *outbound.SendError {
		return &outbound.SendError{Class: outbound.ClassRecipient, Reason: reason, Code: code, OptOut: optOut}
	}
	fails := func(f simulator.Fault) func() {
		return func() { sim.SetFault(simulator.FaultSequence(f)) }
	}
	return []channeltest.Outcome{
		{Name: "a plain message is accepted"},
		{
			Name: "a person who blocked the bot has opted out", Arrange: func() { sim.Block(token, ann) },
			Want: person(outbound.ReasonBlocked, "403", outbound.AnyPurpose),
		},
		{
			Name: "a deleted account is gone", Arrange: func() { sim.Deactivate(token, ann) },
			Want: person(outbound.ReasonGone, "403", ""),
		},
		{
			Name: "a person who never started the bot is unknown", Address: "100000009", Arrange: func() { sim.AddStrangers(token, 100000009) },
			Want: person(outbound.ReasonUnknown, "403", ""),
		},
		{Name: "an id of nobody is unknown", Address: "100000099", Want: person(outbound.ReasonUnknown, "400", "")},
		{
			Name: "a group that threw the bot out takes nothing", Address: "-555555", Arrange: func() { sim.Kick(token, -555555) },
			Want: person(outbound.ReasonNoRights, "403", ""),
		},
		{
			Name: "a group that became a supergroup has a new address", Address: "-555555",
			Arrange: func() { sim.MigrateGroup(token, -555555, -1001234567890) },
			Want: &outbound.SendError{
				Class: outbound.ClassMigrated, Reason: outbound.ReasonMigrated, Code: "400", Address: "-1001234567890",
			},
		},
		{
			Name: "a revoked token concerns the account", Arrange: func() { sim.RevokeToken(token) },
			Want: &outbound.SendError{Class: outbound.ClassAccount, Reason: outbound.ReasonToken, Code: "401"},
		},
		{
			Name: "a limit names the seconds to wait", Arrange: fails(simulator.TooManyRequests(7 * time.Second)),
			Want: &outbound.SendError{
				Class: outbound.ClassThrottled, Reason: outbound.ReasonRate, Code: "429", RetryAfter: 7 * time.Second,
			},
		},
		{
			Name: "a 500 of the provider is in doubt",
			Arrange: fails(simulator.Fault{
				Kind: simulator.FaultError, Status: 500, Description: "Internal Server Error: restart", Accept: true,
			}),
			Want: &outbound.SendError{Class: outbound.ClassAmbiguous, Reason: outbound.ReasonNoAnswer, Code: "500"},
		},
		{
			Name: "a message that was deleted at once was sent",
			Arrange: fails(simulator.Fault{
				Kind: simulator.FaultError, Status: 500, Accept: true,
				Description: "Internal Server Error: sent message was immediately deleted and can't be returned",
			}),
		},
		{
			Name: "a refusal that quotes the person and the text shows neither",
			Answer: func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"ok":false,"error_code":400,"description":"Bad Request: can't parse entities in `+
					`\"Sample text of the conformance suite\" Sample text of the conformance suite for 100000001 of `+token+`"}`)
			},
			Want: &outbound.SendError{Class: outbound.ClassMessage, Reason: outbound.ReasonContent, Code: "400"},
		},
	}
}
