package telegram_test

import (
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/telegram"
)

const accepted = `{"ok":true,"result":{"message_id":5,"from":{"id":7,"is_bot":true,"first_name":"Shop"},` +
	`"chat":{"id":42,"first_name":"Ann","type":"private"},"date":1700000000,"text":"Hello"}}`

func message(address string) *outbound.Outgoing {
	return &outbound.Outgoing{Address: address, Text: "Hello", Message: &outbound.Message{Text: "Hello"}}
}

// refused is the SendError of an error.
func refused(t *testing.T, err error) *outbound.SendError {
	t.Helper()
	e, ok := errors.AsType[*outbound.SendError](err)
	require.True(t, ok, "%T is no SendError", err)
	return e
}

// request is what a mock was asked.
type request struct {
	method, url, contentType, body string
	header                         http.Header
}

// mocked is a bot whose every request is answered alike, and the last request.
func mocked(t *testing.T, config telegram.Config, status int, header http.Header, answer string) (*telegram.Channel, *request) {
	t.Helper()
	asked := new(request)
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		*asked = request{r.Method, r.URL.String(), r.Header.Get("Content-Type"), string(body), r.Header}
		if err != nil {
			return nil, err
		}
		resp := httpmock.NewStringResponse(status, answer)
		maps.Copy(resp.Header, header)
		return resp, nil
	})
	config.HTTPClient = &http.Client{Transport: mock}
	return telegram.New(token, &config), asked
}

func TestRequestsAreExactlyThese(t *testing.T) {
	t.Parallel()
	const base = "https://api.telegram.org/bot" + token
	for name, tt := range map[string]struct {
		config telegram.Config
		m      outbound.Outgoing
		url    string
		body   string
	}{
		"a plain text": {
			m:    outbound.Outgoing{Address: "42", Text: "Hello", Message: &outbound.Message{}},
			url:  "/sendMessage",
			body: `{"chat_id":42,"text":"Hello"}`,
		},
		"a text without the campaign's message": {
			m:    outbound.Outgoing{Address: "42", Text: "Hello"},
			url:  "/sendMessage",
			body: `{"chat_id":42,"text":"Hello"}`,
		},
		"an empty text is the server's to refuse": {
			m:    outbound.Outgoing{Address: "42"},
			url:  "/sendMessage",
			body: `{"chat_id":42,"text":""}`,
		},
		"all options, HTML and buttons": {
			config: telegram.Config{PaidBroadcast: true},
			m: outbound.Outgoing{
				Address: "42", Text: "Hello <b>x</b>",
				Buttons: [][]outbound.Button{
					{{Text: "Open", URL: "https://example.com"}, {Text: "Two", URL: "tg://resolve?domain=a&b=c"}},
					{{Text: `"3"`, URL: "http://example.com/?q=ы"}},
				},
				Message: &outbound.Message{
					Format:  outbound.FormatHTML,
					Options: []outbound.Option{outbound.OptionSilent, outbound.OptionNoLinkPreview, outbound.OptionProtect},
				},
			},
			url: "/sendMessage",
			body: `{"chat_id":42,"text":"Hello <b>x</b>","parse_mode":"HTML","link_preview_options":{"is_disabled":true},` +
				`"disable_notification":true,"protect_content":true,"allow_paid_broadcast":true,"reply_markup":{"inline_keyboard":[` +
				`[{"text":"Open","url":"https://example.com"},{"text":"Two","url":"tg://resolve?domain=a&b=c"}],` +
				`[{"text":"\"3\"","url":"http://example.com/?q=ы"}]]}}`,
		},
		"Markdown with what JSON escapes": {
			m: outbound.Outgoing{
				Address: "1099511627775", Text: "a\\.\n\t\"b\"\r\x01 Привет 😀 \xff </script>",
				Message: &outbound.Message{Format: outbound.FormatMarkdown},
			},
			url: "/sendMessage",
			body: `{"chat_id":1099511627775,"text":"a\\.\n\t\"b\"\r\u0001 Привет 😀 ` + "\uFFFD" +
				` </script>","parse_mode":"MarkdownV2"}`,
		},
		"a group": {
			config: telegram.Config{AllowGroups: true},
			m:      outbound.Outgoing{Address: "-1001234567890", Text: "Hello"},
			url:    "/sendMessage",
			body:   `{"chat_id":-1001234567890,"text":"Hello"}`,
		},
		"a channel by name": {
			config: telegram.Config{AllowChannels: true},
			m:      outbound.Outgoing{Address: "@shop_news", Text: "Hello"},
			url:    "/sendMessage",
			body:   `{"chat_id":"@shop_news","text":"Hello"}`,
		},
		"a photo by URL, to which link previews mean nothing": {
			m: outbound.Outgoing{
				Address: "42", Text: "Look", Media: &outbound.OutgoingMedia{Kind: outbound.MediaPhoto, URL: "https://example.com/a.jpg"},
				Message: &outbound.Message{Options: []outbound.Option{outbound.OptionNoLinkPreview}},
			},
			url:  "/sendPhoto",
			body: `{"chat_id":42,"photo":"https://example.com/a.jpg","caption":"Look"}`,
		},
		"a photo without a caption": {
			m: outbound.Outgoing{
				Address: "42", Media: &outbound.OutgoingMedia{Kind: outbound.MediaPhoto, URL: "https://example.com/a.jpg"},
				Message: &outbound.Message{Format: outbound.FormatHTML},
			},
			url:  "/sendPhoto",
			body: `{"chat_id":42,"photo":"https://example.com/a.jpg"}`,
		},
		"a document that was uploaded before": {
			m: outbound.Outgoing{
				Address: "42", Text: "<i>Read</i>",
				Media:   &outbound.OutgoingMedia{Kind: outbound.MediaDocument, Ref: "BQACAgI-x", Content: []byte("unused"), URL: "https://unused.test"},
				Message: &outbound.Message{Format: outbound.FormatHTML},
			},
			url:  "/sendDocument",
			body: `{"chat_id":42,"document":"BQACAgI-x","caption":"<i>Read</i>","parse_mode":"HTML"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bot, asked := mocked(t, tt.config, 200, nil, accepted)
			receipt, err := bot.Send(t.Context(), &tt.m)
			require.NoError(t, err)
			require.Equal(t, outbound.Receipt{Message: "5"}, receipt)
			require.Equal(t, http.MethodPost, asked.method)
			require.Equal(t, base+tt.url, asked.url)
			require.Equal(t, "application/json", asked.contentType)
			require.Empty(t, asked.header.Get("Idempotency-Key"), "net/http would replay requests that have one")
			require.Equal(t, tt.body, asked.body)
			require.JSONEq(t, tt.body, asked.body)
		})
	}
}

func TestTheFirstFileIsUploaded(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		kind   outbound.MediaKind
		url    string
		field  string
		answer string
		ref    string
		extra  map[string]string
	}{
		"a photo, whose largest size is referred to": {
			kind: outbound.MediaPhoto, url: "/sendPhoto", field: "photo",
			answer: `{"ok":true,"result":{"message_id":5,"photo":[{"file_id":"small"},{"file_id":"large"}]}}`, ref: "large",
		},
		"a document": {
			kind: outbound.MediaDocument, url: "/sendDocument", field: "document",
			answer: `{"ok":true,"result":{"message_id":5,"document":{"file_id":"doc"}}}`, ref: "doc",
			extra: map[string]string{"disable_content_type_detection": "true"},
		},
		"a document that became an animation": {
			kind: outbound.MediaDocument, url: "/sendDocument", field: "document",
			answer: `{"ok":true,"result":{"message_id":5,"animation":{"file_id":"gif"}}}`, ref: "gif",
			extra: map[string]string{"disable_content_type_detection": "true"},
		},
		"an answer without a reference is an acceptance, too": {
			kind: outbound.MediaPhoto, url: "/sendPhoto", field: "photo",
			answer: `{"ok":true,"result":{"message_id":5,"photo":"unexpected"}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bot, asked := mocked(t, telegram.Config{PaidBroadcast: true}, 200, nil, tt.answer)
			receipt, err := bot.Send(t.Context(), &outbound.Outgoing{
				Address: "42", Text: "*Look* \xff", Buttons: [][]outbound.Button{{{Text: "Open", URL: "https://example.com"}}},
				Media: &outbound.OutgoingMedia{Kind: tt.kind, Name: "dir\\a\"b\r\n.png", Content: []byte("\x89PNG\x00\r\n--boundary")},
				Message: &outbound.Message{
					Format: outbound.FormatMarkdown, Options: []outbound.Option{outbound.OptionSilent, outbound.OptionProtect},
				},
			})
			require.NoError(t, err)
			require.Equal(t, outbound.Receipt{Message: "5", Media: outbound.MediaRef{Ref: tt.ref}}, receipt)
			require.True(t, strings.HasSuffix(asked.url, tt.url))
			_, params, err := mime.ParseMediaType(asked.contentType)
			require.NoError(t, err)
			form, err := multipart.NewReader(strings.NewReader(asked.body), params["boundary"]).ReadForm(1 << 20)
			require.NoError(t, err)
			want := map[string][]string{
				"chat_id": {"42"}, "caption": {"*Look* \uFFFD"}, "parse_mode": {"MarkdownV2"}, "disable_notification": {"true"},
				"protect_content": {"true"}, "allow_paid_broadcast": {"true"},
				"reply_markup": {`{"inline_keyboard":[[{"text":"Open","url":"https://example.com"}]]}`},
			}
			for name, value := range tt.extra {
				want[name] = []string{value}
			}
			require.Equal(t, want, form.Value)
			require.Len(t, form.File[tt.field], 1)
			file := form.File[tt.field][0]
			require.Equal(t, "ab.png", file.Filename)
			require.Equal(t, "image/png", file.Header.Get("Content-Type"))
			open, err := file.Open()
			require.NoError(t, err)
			content, err := io.ReadAll(open)
			require.NoError(t, err)
			require.Equal(t, "\x89PNG\x00\r\n--boundary", string(content))
		})
	}
}

func TestAMessageIDOfZeroIsAnAcceptance(t *testing.T) {
	t.Parallel()
	bot, _ := mocked(t, telegram.Config{}, 200, nil, `{"ok":true,"result":{"message_id":0}}`)
	receipt, err := bot.Send(t.Context(), message("42"))
	require.NoError(t, err)
	require.Equal(t, "0", receipt.Message)
}

func TestWhatCannotBeCarriedIsRefusedBeforeTheRequest(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		m      outbound.Outgoing
		class  outbound.Class
		reason string
	}{
		"an empty address": {outbound.Outgoing{Text: "x"}, outbound.ClassRecipient, outbound.ReasonBadAddress},
		"an address that would change the JSON": {
			outbound.Outgoing{Address: `42,"text":"y"`, Text: "x"}, outbound.ClassRecipient, outbound.ReasonBadAddress,
		},
		"a group that is not allowed": {outbound.Outgoing{Address: "-42", Text: "x"}, outbound.ClassRecipient, outbound.ReasonBadAddress},
		"a template": {
			outbound.Outgoing{Address: "42", Message: &outbound.Message{Template: &outbound.Template{Name: "t"}}},
			outbound.ClassMessage, outbound.ReasonContent,
		},
		"a video": {
			outbound.Outgoing{Address: "42", Media: &outbound.OutgoingMedia{Kind: outbound.MediaVideo, URL: "https://example.com/a.mp4"}},
			outbound.ClassMessage, outbound.ReasonMedia,
		},
		"an empty file": {
			outbound.Outgoing{Address: "42", Media: &outbound.OutgoingMedia{Kind: outbound.MediaPhoto}},
			outbound.ClassMessage, outbound.ReasonMedia,
		},
		"a photo that is too large": {
			outbound.Outgoing{Address: "42", Media: &outbound.OutgoingMedia{Kind: outbound.MediaPhoto, Content: make([]byte, 10_000_001)}},
			outbound.ClassMessage, outbound.ReasonMedia,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bot, asked := mocked(t, telegram.Config{}, 200, nil, accepted)
			_, err := bot.Send(t.Context(), &tt.m)
			e := refused(t, err)
			require.Equal(t, tt.class, e.Class)
			require.Equal(t, tt.reason, e.Reason)
			require.True(t, e.NotSent)
			require.Empty(t, asked.url)
		})
	}
}

func TestProbeAsksGetChat(t *testing.T) {
	t.Parallel()
	bot, asked := mocked(t, telegram.Config{AllowChannels: true}, 200, nil, `{"ok":true,"result":{"id":42,"type":"private"}}`)
	require.NoError(t, bot.Probe(t.Context(), "42"))
	require.True(t, strings.HasSuffix(asked.url, "/getChat"))
	require.Equal(t, `{"chat_id":42}`, asked.body)
	require.NoError(t, bot.Probe(t.Context(), "@shop_news"))
	require.JSONEq(t, `{"chat_id":"@shop_news"}`, asked.body)
	require.Equal(t, outbound.ReasonBadAddress, refused(t, bot.Probe(t.Context(), "ann")).Reason)

	bot, _ = mocked(t, telegram.Config{}, 400, nil, `{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}`)
	require.Equal(t, outbound.ReasonUnknown, refused(t, bot.Probe(t.Context(), "42")).Reason)
	bot, _ = mocked(t, telegram.Config{}, 502, nil, "<html>")
	require.Equal(t, outbound.ClassTransient, refused(t, bot.Probe(t.Context(), "42")).Class)
}
