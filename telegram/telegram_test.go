package telegram_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/telegram"
)

func TestCheckConfigReportsEverythingTogether(t *testing.T) {
	t.Parallel()
	bot := telegram.New("nonsense", &telegram.Config{
		BaseURL: "ftp://example.com", Timeout: -1, UploadTimeout: -1, Concurrency: -1,
	})
	var fields []string
	for _, p := range bot.CheckConfig() {
		fields = append(fields, p.Field)
		require.NotEmpty(t, p.Message)
		require.NotEmpty(t, p.Translated)
		require.NotContains(t, p.Message, "nonsense")
	}
	require.Equal(t, []string{"token", "base_url", "timeout", "upload_timeout", "concurrency"}, fields)
}

func TestTokens(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		token string
		good  bool
	}{
		"as BotFather gives it":            {token, true},
		"empty":                            {"", false},
		"without a secret":                 {"123:", false},
		"without an id":                    {":secret", false},
		"with a leading zero":              {"0123:secret", false},
		"with a space at the end":          {token + " ", false},
		"with a slash":                     {"123:sec/ret", false},
		"with the word bot":                {"bot123:secret", false},
		"with an id of 2^54-1":             {"18014398509481983:secret", true},
		"with an id of 2^54":               {"18014398509481984:secret", false},
		"of 80 characters":                 {"1:" + strings.Repeat("s", 78), true},
		"of 81 characters":                 {"1:" + strings.Repeat("s", 79), false},
		"with two colons":                  {"123:sec:ret", false},
		"with an id that no number can be": {strings.Repeat("9", 60) + ":s", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.good, len(telegram.New(tt.token, nil).CheckConfig()) == 0)
		})
	}
}

func TestBaseURLs(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"":                            "https://api.telegram.org/bot" + token + "/getMe",
		"http://127.0.0.1:8081":       "http://127.0.0.1:8081/bot" + token + "/getMe",
		"https://proxy.test/tg":       "https://proxy.test/tg/bot" + token + "/getMe",
		"https://proxy.test/tg/":      "https://proxy.test/tg/bot" + token + "/getMe",
		"example.com":                 "",
		"https://":                    "",
		"https://user:pass@test":      "",
		"https://proxy.test/?a=b":     "",
		"https://proxy.test/#a":       "",
		"https://proxy.test:notaport": "",
	} {
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			mock := httpmock.NewMockTransport()
			asked := ""
			mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
				asked = r.URL.String()
				return httpmock.NewStringResponse(200, `{"ok":true,"result":{"id":7,"is_bot":true,"first_name":"Shop","username":"shop_bot"}}`), nil
			})
			bot := telegram.New(token, &telegram.Config{BaseURL: base, HTTPClient: &http.Client{Transport: mock}})
			account, err := bot.Check(t.Context())
			require.Equal(t, want, asked)
			if want == "" {
				require.Equal(t, outbound.ClassAccount, refused(t, err).Class)
				return
			}
			require.NoError(t, err)
			require.Equal(t, outbound.Account{ID: "7", Name: "Shop", Username: "shop_bot"}, account)
		})
	}
}

func TestTheConfigIsCopied(t *testing.T) {
	t.Parallel()
	config := telegram.Config{}
	bot := telegram.New(token, &config)
	config.AllowGroups, config.PaidBroadcast, config.Timeout = true, true, -time.Second
	_, problem := bot.CheckAddress("-5")
	require.NotNil(t, problem)
	require.Equal(t, 30, bot.Capabilities().Rate.N)
}

func TestAMalformedChannelRefusesEverything(t *testing.T) {
	t.Parallel()
	bot := telegram.New("nonsense", nil)
	_, err := bot.Send(t.Context(), message("42"))
	e := refused(t, err)
	require.Equal(t, outbound.ClassAccount, e.Class)
	require.Equal(t, outbound.ReasonToken, e.Reason)
	require.True(t, e.NotSent)
	require.ErrorIs(t, err, outbound.ErrInvalid)
	_, err = bot.Check(t.Context())
	require.Equal(t, outbound.ReasonToken, refused(t, err).Reason)
	require.Equal(t, outbound.ReasonToken, refused(t, bot.Probe(t.Context(), "42")).Reason)
}

func TestPaidBroadcastsRaiseTheRate(t *testing.T) {
	t.Parallel()
	require.Equal(t, outbound.PerSecond(1000), telegram.New(token, &telegram.Config{PaidBroadcast: true}).Capabilities().Rate)
}

func TestNoWayOfPrintingShowsTheToken(t *testing.T) {
	t.Parallel()
	secret := strings.SplitN(token, ":", 2)[1]
	for name, bot := range map[string]*telegram.Channel{
		"good": telegram.New(token, nil), "bad": telegram.New(token+"!", nil), "empty": {}, "none": nil,
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%T", "%p"} {
			values := []any{bot, []*telegram.Channel{bot}, map[string]any{"bot": bot}, outbound.Touchpoints{"a": bot}}
			if bot != nil {
				values = append(values, *bot)
			}
			for _, value := range values {
				text := fmt.Sprintf(verb, value)
				require.NotContains(t, text, secret, "%s with %s", name, verb)
				require.NotContains(t, text, fmt.Sprintf("%x", secret), "%s with %s", name, verb)
			}
		}
		var out strings.Builder
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "bot", bot)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "bot", bot)
		require.NotContains(t, out.String(), secret)
	}
	require.Equal(t, `"telegram bot 7001234567"`, fmt.Sprintf("%q", telegram.New(token, nil)))
}
