package telegram_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/telegram"
)

// TestRefusals holds the answers of the server as they were recorded or stand in its source, and what they mean.
func TestRefusals(t *testing.T) {
	t.Parallel()
	const (
		recipient = outbound.ClassRecipient
		content   = outbound.ClassMessage
		account   = outbound.ClassAccount
		doubt     = outbound.ClassAmbiguous
	)
	for _, tt := range []struct {
		code        int
		description string
		class       outbound.Class
		reason      string
		optOut      outbound.Purpose
	}{
		{403, "Forbidden: bot was blocked by the user", recipient, outbound.ReasonBlocked, outbound.AnyPurpose},
		{403, "Forbidden: USER_IS_BLOCKED", recipient, outbound.ReasonBlocked, outbound.AnyPurpose},
		{403, "Forbidden: user is deactivated", recipient, outbound.ReasonGone, ""},
		{403, "Forbidden: INPUT_USER_DEACTIVATED", recipient, outbound.ReasonGone, ""},
		{403, "Forbidden: bot can't initiate conversation with a user", recipient, outbound.ReasonUnknown, ""},
		{403, "Forbidden: the bot can't send messages to the bot", recipient, outbound.ReasonBadAddress, ""},
		{403, "Forbidden: bot can't send messages to bots", recipient, outbound.ReasonBadAddress, ""},
		{403, "Forbidden: bot was kicked from the group chat", recipient, outbound.ReasonNoRights, ""},
		{403, "Forbidden: bot was kicked from the supergroup chat", recipient, outbound.ReasonNoRights, ""},
		{403, "Forbidden: bot is not a member of the channel chat", recipient, outbound.ReasonNoRights, ""},
		{403, "Forbidden: the group chat was deleted", recipient, outbound.ReasonGone, ""},
		{403, "Forbidden: something new", recipient, outbound.ReasonNoRights, ""},

		{400, "Bad Request: chat not found", recipient, outbound.ReasonUnknown, ""},
		{400, "Bad Request: private chat not found", recipient, outbound.ReasonUnknown, ""},
		{400, "Bad Request: user not found", recipient, outbound.ReasonUnknown, ""},
		{400, "Bad Request: chat_id is empty", recipient, outbound.ReasonBadAddress, ""},
		{400, "Bad Request: PEER_ID_INVALID", recipient, outbound.ReasonUnknown, ""},
		{400, "Bad Request: USER_IS_BLOCKED", recipient, outbound.ReasonBlocked, outbound.AnyPurpose},
		{400, "Bad Request: USER_DELETED", recipient, outbound.ReasonGone, ""},
		{400, "Bad Request: INPUT_USER_DEACTIVATED", recipient, outbound.ReasonGone, ""},
		{400, "Bad Request: group is deactivated", recipient, outbound.ReasonGone, ""},
		{400, "Bad Request: USER_BOT_INVALID", recipient, outbound.ReasonBadAddress, ""},
		{400, "Bad Request: CHANNEL_PRIVATE", recipient, outbound.ReasonNoRights, ""},
		{400, "Bad Request: CHAT_RESTRICTED", recipient, outbound.ReasonNoRights, ""},
		{400, "Bad Request: CHAT_WRITE_FORBIDDEN", recipient, outbound.ReasonNoRights, ""},
		{400, "Bad Request: CHAT_ADMIN_REQUIRED", recipient, outbound.ReasonNoRights, ""},
		{400, "Bad Request: CHAT_SEND_PHOTOS_FORBIDDEN", recipient, outbound.ReasonNoRights, ""},
		{400, "Bad Request: USER_BANNED_IN_CHANNEL", recipient, outbound.ReasonNoRights, ""},
		{400, "Bad Request: YOU_BLOCKED_USER", recipient, outbound.ReasonNoRights, ""},
		{400, "Bad Request: TOPIC_CLOSED", recipient, outbound.ReasonNoRights, ""},
		{400, "Bad Request: TOPIC_DELETED", recipient, outbound.ReasonNoRights, ""},
		{400, "Bad Request: ALLOW_PAYMENT_REQUIRED_10", recipient, outbound.ReasonNoRights, ""},
		{400, "Bad Request: have no write access to the chat", recipient, outbound.ReasonNoRights, ""},
		{400, "Bad Request: need administrator rights in the channel chat", recipient, outbound.ReasonNoRights, ""},
		{400, "Bad Request: not enough rights to send text messages to the chat", recipient, outbound.ReasonNoRights, ""},
		{400, "Bad Request: not enough rights to send photos to the chat", recipient, outbound.ReasonNoRights, ""},
		{400, "Bad Request: message thread not found", recipient, outbound.ReasonNoRights, ""},
		{400, "Bad Request: group chat was upgraded to a supergroup chat", recipient, outbound.ReasonMigrated, ""},
		{400, "Bad Request: something new", recipient, telegram.ReasonRefused, ""},

		{400, "Bad Request: message is too long", content, outbound.ReasonTooLong, ""},
		{400, "Bad Request: message caption is too long", content, outbound.ReasonTooLong, ""},
		{400, "Bad Request: text is too long", content, outbound.ReasonTooLong, ""},
		{400, "Bad Request: message text is empty", content, outbound.ReasonContent, ""},
		{400, "Bad Request: text must be non-empty", content, outbound.ReasonContent, ""},
		{400, "Bad Request: can't parse entities: Unclosed start tag at byte offset 12", content, outbound.ReasonContent, ""},
		{400, `Bad Request: can't parse entities: Unsupported start tag "chat not found" at byte offset 0`, content, outbound.ReasonContent, ""},
		{400, "Bad Request: can't parse entities: Character '.' is reserved and must be escaped with the preceding '\\'", content, outbound.ReasonContent, ""},
		{400, "Bad Request: unsupported parse_mode", content, outbound.ReasonContent, ""},
		{400, "Bad Request: ENTITIES_TOO_LONG", content, outbound.ReasonContent, ""},
		{400, "Bad Request: ENTITY_BOUNDS_INVALID", content, outbound.ReasonContent, ""},
		{400, "Bad Request: BUTTON_URL_INVALID", content, outbound.ReasonContent, ""},
		{400, "Bad Request: BUTTON_DATA_INVALID", content, outbound.ReasonContent, ""},
		{400, "Bad Request: BUTTON_TYPE_INVALID", content, outbound.ReasonContent, ""},
		{400, "Bad Request: REPLY_MARKUP_INVALID", content, outbound.ReasonContent, ""},
		{400, "Bad Request: inline keyboard button URL 'chat not found' is invalid: Wrong HTTP URL", content, outbound.ReasonContent, ""},
		{400, "Bad Request: reply markup is too long", content, outbound.ReasonContent, ""},
		{400, "Bad Request: can't parse inline keyboard: reply markup JSON object expected", content, outbound.ReasonContent, ""},
		{400, "Bad Request: message to be replied not found", content, outbound.ReasonContent, ""},
		{400, "Bad Request: wrong file identifier/HTTP URL specified", content, outbound.ReasonMedia, ""},
		{400, "Bad Request: wrong remote file identifier specified: Wrong string length", content, outbound.ReasonMedia, ""},
		{400, "Bad Request: wrong HTTP URL specified", content, outbound.ReasonMedia, ""},
		{400, "Bad Request: wrong type of the web page content", content, outbound.ReasonMedia, ""},
		{400, "Bad Request: failed to get HTTP URL content", content, outbound.ReasonMedia, ""},
		{400, "Bad Request: WEBPAGE_CURL_FAILED", content, outbound.ReasonMedia, ""},
		{400, "Bad Request: there is no photo in the request", content, outbound.ReasonMedia, ""},
		{400, "Bad Request: PHOTO_INVALID_DIMENSIONS", content, outbound.ReasonMedia, ""},
		{400, "Bad Request: photo has unsupported extension. Use one of .jpg, .jpeg, .gif, .png, .tif, .tiff, .bmp or .webp", content, outbound.ReasonMedia, ""},
		{400, "Bad Request: IMAGE_PROCESS_FAILED", content, outbound.ReasonMedia, ""},
		{400, "Bad Request: file is too big", content, outbound.ReasonMedia, ""},
		{413, "Request Entity Too Large", content, outbound.ReasonTooLong, ""},

		{401, "Unauthorized", account, outbound.ReasonToken, ""},
		{401, "Unauthorized: invalid token specified", account, outbound.ReasonToken, ""},
		{404, "Not Found", account, outbound.ReasonToken, ""},
		{404, "Not Found: method not found", account, outbound.ReasonConfig, ""},
		{421, "Misdirected Request: unallowed token specified", account, outbound.ReasonConfig, ""},
		{400, "Bad Request: FROZEN_METHOD_INVALID", account, outbound.ReasonFrozen, ""},
		{400, "Bad Request: BALANCE_TOO_LOW", account, outbound.ReasonBalance, ""},
		{400, "Logged out", account, outbound.ReasonConfig, ""},
		{409, "Conflict: terminated by other getUpdates request", account, outbound.ReasonConfig, ""},
		{418, "I am new", account, outbound.ReasonConfig, ""},

		{500, "Internal Server Error: restart", doubt, outbound.ReasonNoAnswer, ""},
		{502, "Bad Gateway", doubt, outbound.ReasonNoAnswer, ""},
		{504, "Gateway Timeout", doubt, outbound.ReasonNoAnswer, ""},
	} {
		t.Run(fmt.Sprintf("%d %s", tt.code, tt.description), func(t *testing.T) {
			t.Parallel()
			answer := fmt.Sprintf(`{"ok":false,"error_code":%d,"description":%q}`, tt.code, tt.description)
			for _, status := range []int{tt.code, 200} { // the body decides
				bot, _ := mocked(t, telegram.Config{}, status, nil, answer)
				_, err := bot.Send(t.Context(), message("42"))
				e := refused(t, err)
				require.Equal(t, tt.class, e.Class)
				require.Equal(t, tt.reason, e.Reason)
				require.Equal(t, fmt.Sprint(tt.code), e.Code)
				require.Equal(t, tt.optOut, e.OptOut)
				require.False(t, e.NotSent)
				require.Zero(t, e.RetryAfter)
			}
		})
	}
}

func TestThrottles(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		header string
		answer string
		want   time.Duration
	}{
		"the number of the body":             {429, "", `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 8","parameters":{"retry_after":8}}`, 8 * time.Second},
		"the larger number of the header":    {429, "9", `{"ok":false,"error_code":429,"parameters":{"retry_after":8}}`, 9 * time.Second},
		"the larger number of the body":      {429, "7", `{"ok":false,"error_code":429,"parameters":{"retry_after":8}}`, 8 * time.Second},
		"half a second":                      {429, "", `{"ok":false,"error_code":429,"parameters":{"retry_after":0.5}}`, 500 * time.Millisecond},
		"no number":                          {429, "", `{"ok":false,"error_code":429}`, 0},
		"a number that is a text":            {429, "3", `{"ok":false,"error_code":429,"parameters":{"retry_after":"8"}}`, 3 * time.Second},
		"a negative number":                  {429, "-3", `{"ok":false,"error_code":429,"parameters":{"retry_after":-8}}`, 0},
		"the longest wait that is real":      {429, "", `{"ok":false,"error_code":429,"parameters":{"retry_after":86400}}`, 24 * time.Hour},
		"a longer wait is cut to a day":      {429, "", `{"ok":false,"error_code":429,"parameters":{"retry_after":86401}}`, 24 * time.Hour},
		"a number that no duration can hold": {429, "", `{"ok":false,"error_code":429,"parameters":{"retry_after":1e300}}`, 24 * time.Hour},
		"a page of a proxy":                  {429, "5", `<html>Too many</html>`, 5 * time.Second},
		"a refusal with status 200":          {200, "", `{"ok":false,"error_code":429,"parameters":{"retry_after":8}}`, 8 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{}
			if tt.header != "" {
				header.Set("Retry-After", tt.header)
			}
			bot, _ := mocked(t, telegram.Config{}, tt.status, header, tt.answer)
			_, err := bot.Send(t.Context(), message("42"))
			e := refused(t, err)
			require.Equal(t, outbound.ClassThrottled, e.Class)
			require.Equal(t, outbound.ScopeAccount, e.Scope)
			require.Equal(t, outbound.ReasonRate, e.Reason)
			require.Equal(t, tt.want, e.RetryAfter)
		})
	}
}

func TestMigrations(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		id      string
		class   outbound.Class
		address string
	}{
		"a supergroup":           {"-1001234567890", outbound.ClassMigrated, "-1001234567890"},
		"an id that cannot be":   {"42", outbound.ClassRecipient, ""},
		"an id that is a text":   {`"-1001234567890"`, outbound.ClassRecipient, ""},
		"an id of a basic group": {"-5", outbound.ClassRecipient, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bot, _ := mocked(t, telegram.Config{AllowGroups: true}, 400, nil,
				`{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":`+tt.id+`}}`)
			_, err := bot.Send(t.Context(), message("-777"))
			e := refused(t, err)
			require.Equal(t, tt.class, e.Class)
			require.Equal(t, tt.address, e.Address)
			require.Equal(t, outbound.ReasonMigrated, e.Reason)
		})
	}
}

func TestAnswersThatAreNotTheProviders(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		answer string
		class  outbound.Class
		reason string
	}{
		"a page":                            {200, "<html>", outbound.ClassAmbiguous, outbound.ReasonNoAnswer},
		"nothing":                           {200, "", outbound.ClassAmbiguous, outbound.ReasonNoAnswer},
		"half an acceptance":                {200, accepted[:len(accepted)/2], outbound.ClassAmbiguous, outbound.ReasonNoAnswer},
		"an acceptance with more behind it": {200, accepted + accepted, outbound.ClassAmbiguous, outbound.ReasonNoAnswer},
		"an acceptance without a message":   {200, `{"ok":true,"result":true}`, outbound.ClassAmbiguous, outbound.ReasonNoAnswer},
		"an acceptance with status 500":     {500, accepted, outbound.ClassAmbiguous, outbound.ReasonNoAnswer},
		"a refusal without a code":          {200, `{"ok":false}`, outbound.ClassAmbiguous, outbound.ReasonNoAnswer},
		"a code of success":                 {200, `{"ok":false,"error_code":200}`, outbound.ClassAmbiguous, outbound.ReasonNoAnswer},
		"an array":                          {200, `[]`, outbound.ClassAmbiguous, outbound.ReasonNoAnswer},
		"a page of 403":                     {403, "<html>", outbound.ClassAmbiguous, outbound.ReasonNoAnswer},
		"a page of 502":                     {502, "<html>", outbound.ClassAmbiguous, outbound.ReasonNoAnswer},
		"a page of 401":                     {401, "<html>", outbound.ClassAccount, outbound.ReasonToken},
		"a page of 404":                     {404, "<html>", outbound.ClassAccount, outbound.ReasonToken},
		"a page of 413":                     {413, "<html>", outbound.ClassMessage, outbound.ReasonTooLong},
		"a redirect":                        {302, "", outbound.ClassAccount, outbound.ReasonConfig},
		"more than a mebibyte":              {200, strings.Repeat(" ", 1<<20) + accepted, outbound.ClassAmbiguous, outbound.ReasonNoAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bot, _ := mocked(t, telegram.Config{}, tt.status, http.Header{"Location": {"https://elsewhere.test/bot" + token}}, tt.answer)
			_, err := bot.Send(t.Context(), message("42"))
			e := refused(t, err)
			require.Equal(t, tt.class, e.Class)
			require.Equal(t, tt.reason, e.Reason)
			require.Equal(t, fmt.Sprint(tt.status), e.Code)
		})
	}
}

// TestNoErrorShowsSecrets prints every error of a chain in every way.
func TestNoErrorShowsSecrets(t *testing.T) {
	t.Parallel()
	const address, text = "5123456789", "Dear Ann, your order is ready"
	echo := fmt.Sprintf("%s %s +7 999 123-45-67 %s", token, address, text)
	transport := func(f httpmock.Responder) *telegram.Channel {
		mock := httpmock.NewMockTransport()
		mock.RegisterNoResponder(f)
		return telegram.New(token, &telegram.Config{HTTPClient: &http.Client{Transport: mock}})
	}
	for name, bot := range map[string]*telegram.Channel{
		"a description that echoes": transport(httpmock.NewStringResponder(400, fmt.Sprintf(`{"ok":false,"error_code":400,"description":%q}`, "Bad Request: "+echo))),
		"a transport that echoes":   transport(httpmock.NewErrorResponder(errors.New(echo))),
		"a transport without an answer, which names the URL": telegram.New(token, &telegram.Config{
			HTTPClient: &http.Client{Transport: httpmock.NewMockTransport()},
		}),
		"a redirect to a URL with the token": transport(httpmock.NewStringResponder(307, echo).HeaderAdd(http.Header{"Location": {"https://elsewhere.test/bot" + token}})),
		"a redirect to no URL":               transport(httpmock.NewStringResponder(302, echo).HeaderAdd(http.Header{"Location": {"://" + token}})),
		"a name that does not resolve":       telegram.New(token, &telegram.Config{BaseURL: "https://nowhere.invalid"}),
		"a scheme that cannot be dialled": telegram.New(token, &telegram.Config{
			BaseURL: "http://127.0.0.1:1",
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := message(address)
			m.Text, m.Message = text, &outbound.Message{Text: text}
			_, err := bot.Send(t.Context(), m)
			require.Error(t, err)
			for _, err := range unwrapAll(err) {
				for _, verb := range []string{"%v", "%+v", "%q", "%#v", "%s"} {
					printed := fmt.Sprintf(verb, err)
					for _, secret := range []string{token, strings.SplitN(token, ":", 2)[1], address, "123-45-67", text} {
						require.NotContains(t, printed, secret)
					}
				}
			}
		})
	}
}

func unwrapAll(err error) []error {
	all := []error{err}
	switch u := err.(type) { //nolint:errorlint // the chain is walked by hand
	case interface{ Unwrap() error }:
		if inner := u.Unwrap(); inner != nil {
			all = append(all, unwrapAll(inner)...)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range u.Unwrap() {
			all = append(all, unwrapAll(inner)...)
		}
	}
	return all
}

func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		accepted, `{"ok":true}`, `{"ok":false,"error_code":400,"description":"x"}`, `{"ok":true,"result":{"message_id":null}}`, `{"ok":1}`, ``, `null`,
		`{"ok":false,"error_code":429,"parameters":{"retry_after":1e999}}`, `{"OK":true,"RESULT":{"MESSAGE_ID":1}}`,
	} {
		for _, status := range []int{200, 302, 400, 429, 500} {
			f.Add(status, seed)
		}
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		bot, _ := mocked(t, telegram.Config{}, status, nil, body)
		receipt, err := bot.Send(t.Context(), message("42"))
		if err == nil {
			require.True(t, receipt.Message != "" && status < 300 || receipt.Note == telegram.NoteDeleted)
			return
		}
		e := refused(t, err)
		require.NotEmpty(t, e.Reason)
		require.False(t, e.NotSent)
		require.GreaterOrEqual(t, telegram.MaxRetryAfter, e.RetryAfter)
		require.GreaterOrEqual(t, e.RetryAfter, time.Duration(0))
	})
}
