package simulator_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"strings"
	"testing"

	"github.com/outbound-go/outbound/simulator"
)

const (
	token      = "7:secret"
	otherToken = "8:secret"
)

// reply is what a client sees.
type reply struct {
	status     int
	retryAfter string
	body       string
}

// field is the member of the result at a dotted path, as JSON.
func (r reply) field(t *testing.T, path string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
	for name := range strings.SplitSeq(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[name]
		case []any:
			v = at[int(name[0]-'0')]
		}
	}
	out, _ := json.Marshal(v)
	return string(out)
}

// send posts a body of a content type to a method of a bot.
func send(t *testing.T, client *http.Client, base, path, contentType, body string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header.Get("Retry-After"), string(got)}
}

func text(chat any, text string, more ...any) string {
	m := map[string]any{"chat_id": chat, "text": text}
	for i := 0; i < len(more); i += 2 {
		m[more[i].(string)] = more[i+1]
	}
	out, _ := json.Marshal(m)
	return string(out)
}

func button(fields string) string {
	return `{"chat_id":42,"text":"x","reply_markup":{"inline_keyboard":[[{` + fields + `}]]}}`
}

func picture(t *testing.T, width, height int) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// form is a multipart body with the file under field, and its content type.
func form(t *testing.T, field, name, content string, values ...string) (contentType, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(values); i += 2 {
		_ = w.WriteField(values[i], values[i+1])
	}
	part, _ := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename=%q`, field, name)},
		"Content-Type":        {"application/octet-stream"},
	})
	_, _ = io.WriteString(part, content)
	_ = w.Close()
	return w.FormDataContentType(), b.String()
}

// town is a provider with every kind of chat.
func town(config simulator.TelegramConfig) *simulator.Telegram {
	s := simulator.NewTelegram(config)
	s.AddBot(token, "shop_bot")
	s.AddBot(otherToken, "other_bot")
	s.AddBot("9:old", "")
	s.RevokeToken("9:old")
	s.AddChats(token, 42, 43, 44, 45)
	s.Block(token, 43)
	s.Deactivate(token, 44)
	s.AddStrangers(token, 46)
	s.AddGroup(token, -5)
	s.AddGroup(token, -1000000000005)
	s.AddGroup(token, -6)
	s.Kick(token, -6)
	s.MigrateGroup(token, -7, -1000000000007)
	s.AddChannel(token, -1000000000008, "News")
	s.RefuseURL("https://a.example/broken.png", "failed to get HTTP URL content")
	return s
}

const jsonType = "application/json"

// overBoth runs f against a provider over a socket and one in process.
func overBoth(t *testing.T, config simulator.TelegramConfig, f func(*testing.T, *simulator.Telegram, *http.Client, string)) {
	t.Helper()
	t.Run("over a socket", func(t *testing.T) {
		t.Parallel()
		s := town(config)
		server := httptest.NewServer(s)
		defer server.Close()
		f(t, s, server.Client(), server.URL)
	})
	t.Run("in process", func(t *testing.T) {
		t.Parallel()
		s := town(config)
		f(t, s, &http.Client{Transport: s.RoundTripper()}, "https://api.telegram.org")
	})
}

func TestTelegramAnswers(t *testing.T) {
	t.Parallel()
	const post = "/bot" + token + "/sendMessage"
	photo := "/bot" + token + "/sendPhoto"
	tests := []struct {
		name        string
		path        string
		contentType string
		body        string
		status      int
		want        string // in the body
	}{
		{"a text is accepted", post, jsonType, text(42, "hi"), 200, `{"ok":true,"result":{"message_id":1,"from":{"id":7,"is_bot":true,"first_name":"Bot","username":"shop_bot"},"chat":{"id":42,"first_name":"User","type":"private"},"date":`},
		{"a method's name is taken in any case", "/bot" + token + "/SENDmessage", jsonType, text(42, "hi"), 200, `"text":"hi"`},
		{"a numeric string is a chat id", post, jsonType, text("42", "hi"), 200, `"id":42`},
		{"arguments may be urlencoded", post, "application/x-www-form-urlencoded", "chat_id=42&text=a+%26+b", 200, `"text":"a \u0026 b"`},
		{"arguments may be in the query", post + "?chat_id=42&text=hi", "", "", 200, `"text":"hi"`},
		{"a charset does not hide JSON", post, "application/json; charset=utf-8", text(42, "hi"), 200, `"text":"hi"`},
		{"escapes are read and written", post, jsonType, `{ "text" : "\u00e9\n\"q\" \ud83d\ude00" , "chat_id" : 42 }`, 200, `"text":"é\n\"q\" 😀"`},
		{"null is no argument", post, jsonType, `{"chat_id":42,"text":"x","reply_markup":null}`, 200, `"ok":true`},
		{"getMe names the bot", "/bot" + token + "/getMe", "", "", 200, `"id":7,"is_bot":true,"first_name":"Bot","username":"shop_bot"`},
		{"getChat describes a chat", "/bot" + token + "/getchat", jsonType, `{"chat_id":-5}`, 200, `{"id":-5,"title":"Chat","type":"group"}`},
		{"getChat of an unknown chat is not found", "/bot" + token + "/getChat", jsonType, `{"chat_id":999}`, 400, "Bad Request: chat not found"},
		{"a channel is reached by its name", post, jsonType, text("@nEWS", "hi"), 200, `"chat":{"id":-1000000000008,"title":"Chat","username":"News","type":"channel"}`},
		{"a supergroup is one by its range", post, jsonType, text(-1000000000005, "hi"), 200, `"type":"supergroup"`},

		{"an unknown method is 404", "/bot" + token + "/sendFax", "", "", 404, `{"ok":false,"error_code":404,"description":"Not Found: method not found"}`},
		{"no method is 404", "/bot" + token + "/", "", "", 404, "Not Found: method not found"},
		{"a path that ends with the token is 404", "/bot" + token, "", "", 404, `"description":"Not Found"}`},
		{"a path without a bot is 404", "/file", "", "", 404, `"description":"Not Found"}`},
		{"a malformed token is 404", "/botabc/getMe", "", "", 404, `"description":"Not Found"}`},
		{"a token of 81 characters is 404", "/bot1:" + strings.Repeat("a", 79) + "/getMe", "", "", 404, `"description":"Not Found"}`},
		{"a bot id of 2^54 is 404", "/bot18014398509481984:a/getMe", "", "", 404, `"description":"Not Found"}`},
		{"an unknown token is 401", "/bot1:a/getMe", "", "", 401, `{"ok":false,"error_code":401,"description":"Unauthorized"}`},
		{"a revoked token is 401", "/bot9:old/getMe", "", "", 401, "Unauthorized"},

		{"malformed JSON is refused", post, jsonType, `{"chat_id":42`, 400, "Bad Request: JSON object expected"},
		{"JSON that is no object is refused", post, jsonType, `[1]`, 400, "Bad Request: JSON object expected"},
		{"a form without a boundary is refused", post, "multipart/form-data", "x", 400, "Bad Request: boundary not found"},
		{"a body of another type is no argument", post, "text/plain", text(42, "hi"), 400, "message text is empty"},

		{"no chat id is refused", post, jsonType, `{"text":"x"}`, 400, "Bad Request: chat_id is empty"},
		{"an unknown chat is not found", post, jsonType, text(999, "x"), 400, "Bad Request: chat not found"},
		{"a chat id that is no number is not found", post, jsonType, text("+42", "x"), 400, "Bad Request: chat not found"},
		{"chat 0 is not found", post, jsonType, text(0, "x"), 400, "Bad Request: chat not found"},
		{"a person's name is not found", post, jsonType, text("@alice", "x"), 400, "Bad Request: chat not found"},
		{"a person of another bot is not found", "/bot" + otherToken + "/sendMessage", jsonType, text(42, "x"), 400, "chat not found"},
		{"who blocked the bot is 403", post, jsonType, text(43, "x"), 403, `{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}`},
		{"who is deactivated is 403", post, jsonType, text(44, "x"), 403, "Forbidden: user is deactivated"},
		{"who never started the bot is 403", post, jsonType, text(46, "x"), 403, "Forbidden: bot can't initiate conversation with a user"},
		{"a bot is 403", post, jsonType, text(8, "x"), 403, "Forbidden: the bot can't send messages to the bot"},
		{"a group that kicked the bot is 403", post, jsonType, text(-6, "x"), 403, "Forbidden: bot was kicked from the group chat"},
		{"a migrated group names its supergroup", post, jsonType, text(-7, "x"), 400, `"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1000000000007}}`},
		{"a supergroup made by migration takes messages", post, jsonType, text(-1000000000007, "x"), 200, `"ok":true`},
		{"paid broadcast needs to be allowed", post, jsonType, text(42, "x", "allow_paid_broadcast", true), 400, "Bad Request: BALANCE_TOO_LOW"},
		{"paid broadcast skips the look-up of a user", post, jsonType, text(999, "x", "allow_paid_broadcast", true), 403, "bot can't initiate conversation"},

		{"an empty text is refused", post, jsonType, text(42, ""), 400, "Bad Request: message text is empty"},
		{"a text of white space is refused", post, jsonType, text(42, " \n"), 400, "Bad Request: text must be non-empty"},
		{"4096 code points are taken", post, jsonType, text(42, strings.Repeat("😀", 4096)), 200, `"ok":true`},
		{"4097 code points are too long", post, jsonType, text(42, strings.Repeat("é", 4097)), 400, "Bad Request: message is too long"},
		{"the length counts after entity parsing", post, jsonType, text(42, "<b>"+strings.Repeat("&amp;", 4096)+"</b>", "parse_mode", "HTML"), 200, `"ok":true`},
		{"32769 raw bytes are too long", post, jsonType, text(42, strings.Repeat("&amp;", 6554), "parse_mode", "HTML"), 400, "Bad Request: text is too long"},
		{"broken UTF-8 is refused", post, "application/x-www-form-urlencoded", "chat_id=42&text=%ff", 400, "Bad Request: strings must be encoded in UTF-8"},
		{"an unknown parse mode is refused", post, jsonType, text(42, "x", "parse_mode", "BBCode"), 400, "Bad Request: unsupported parse_mode"},
		{"HTML becomes entities", post, jsonType, text(42, "😀<b>x</b>", "parse_mode", "html"), 200, `"text":"😀x","entities":[{"offset":2,"length":1,"type":"bold"}]`},
		{"an unclosed tag is refused", post, jsonType, text(42, "<b>x", "parse_mode", "HTML"), 400, `Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"`},
		{"a reserved character is refused", post, jsonType, text(42, "a.", "parse_mode", "MarkdownV2"), 400, `Bad Request: can't parse entities: Character '.' is reserved and must be escaped with the preceding '\\'`},
		{"entities may be named", post, jsonType, `{"chat_id":42,"text":"abc","entities":[{"type":"bold","offset":1,"length":2}]}`, 200, `"entities":[{"offset":1,"length":2,"type":"bold"}]`},
		{"entities outside the text are refused", post, jsonType, `{"chat_id":42,"text":"abc","entities":[{"type":"bold","offset":1,"length":3}]}`, 400, "Bad Request: ENTITY_BOUNDS_INVALID"},

		{"a good button comes back", post, jsonType, button(`"text":"Open","url":"https://example.com/x?a=1"`), 200, `"reply_markup":{"inline_keyboard":[[{"text":"Open","url":"https://example.com/x?a=1"}]]}`},
		{"markup may be a JSON string", post, "application/x-www-form-urlencoded", "chat_id=42&text=x&reply_markup=" + url.QueryEscape(`{"inline_keyboard":[[{"text":"A","callback_data":"a"}]]}`), 200, `"callback_data":"a"`},
		{"a tg link is a button's URL", post, jsonType, button(`"text":"Open","url":"tg://resolve?domain=x"`), 200, `"ok":true`},
		{"a mention is a button's URL", post, jsonType, button(`"text":"Open","url":"tg://user?id=5"`), 200, `"ok":true`},
		{"a host without a dot is refused", post, jsonType, button(`"text":"Open","url":"http://localhost"`), 400, "Bad Request: inline keyboard button URL 'http://localhost' is invalid: Wrong HTTP URL"},
		{"another scheme is refused", post, jsonType, button(`"text":"Open","url":"ftp://a.example"`), 400, "is invalid: Unsupported URL protocol"},
		{"64 bytes of callback data are taken", post, jsonType, button(`"text":"A","callback_data":"` + strings.Repeat("é", 32) + `"`), 200, `"ok":true`},
		{"65 bytes of callback data are refused", post, jsonType, button(`"text":"A","callback_data":"` + strings.Repeat("é", 32) + `x"`), 400, "Bad Request: BUTTON_DATA_INVALID"},
		{"a button without action is refused", post, jsonType, button(`"text":"A"`), 400, "Text buttons are unallowed in the inline keyboard"},
		{"a button with two actions is refused", post, jsonType, button(`"text":"A","url":"https://a.example","callback_data":"x"`), 400, "Bad Request: BUTTON_TYPE_INVALID"},
		{"a button without text is refused", post, jsonType, button(`"text":"","callback_data":"x"`), 400, "button text must be non-empty"},
		{"broken markup is refused", post, "application/x-www-form-urlencoded", "chat_id=42&text=x&reply_markup=%7B", 400, "Bad Request: can't parse reply keyboard markup JSON object"},
		{"markup that is no object is refused", post, jsonType, text(42, "x", "reply_markup", []int{1}), 400, "Bad Request: object expected as reply markup"},
		{"a keyboard of no rows is refused", post, jsonType, `{"chat_id":42,"text":"x","reply_markup":{"inline_keyboard":[1]}}`, 400, "must be an Array of Arrays"},
		{"another kind of markup is taken", post, jsonType, `{"chat_id":42,"text":"x","reply_markup":{"remove_keyboard":true}}`, 200, `"ok":true`},

		{"a photo by URL is taken", photo, jsonType, `{"chat_id":42,"photo":"https://a.example/p.png","caption":"<i>c</i>","parse_mode":"HTML"}`, 200, `"caption":"c","caption_entities":[{"offset":0,"length":1,"type":"italic"}]`},
		{"a photo is required", photo, jsonType, `{"chat_id":42}`, 400, "Bad Request: there is no photo in the request"},
		{"a document is required", "/bot" + token + "/sendDocument", jsonType, `{"chat_id":42}`, 400, "Bad Request: there is no document in the request"},
		{"an unknown file_id is refused", photo, jsonType, `{"chat_id":42,"photo":"AgAC"}`, 400, "Bad Request: wrong file identifier/HTTP URL specified"},
		{"a URL of another scheme is refused", photo, jsonType, `{"chat_id":42,"photo":"ftp://a.example/p.png"}`, 400, "Bad Request: wrong file identifier/HTTP URL specified"},
		{"a URL that can't be fetched is refused", photo, jsonType, `{"chat_id":42,"photo":"https://a.example/broken.png"}`, 400, "Bad Request: failed to get HTTP URL content"},
		{"a caption of 1024 code points is taken", photo, jsonType, `{"chat_id":42,"photo":"https://a.example/p.png","caption":"` + strings.Repeat("é", 1024) + `"}`, 200, `"ok":true`},
		{"a caption of 1025 code points is too long", photo, jsonType, `{"chat_id":42,"photo":"https://a.example/p.png","caption":"` + strings.Repeat("é", 1025) + `"}`, 400, "Bad Request: message caption is too long"},
	}
	overBoth(t, simulator.TelegramConfig{Rate: -1}, func(t *testing.T, s *simulator.Telegram, client *http.Client, base string) {
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				before := s.Count(token)
				got := send(t, client, base, test.path, test.contentType, test.body)
				if got.status != test.status || !strings.Contains(got.body, test.want) && !strings.Contains(got.body, strings.ReplaceAll(test.want, `\u0026`, "&")) {
					t.Fatalf("%d %s\nwant %d %s", got.status, got.body, test.status, test.want)
				}
				if !json.Valid([]byte(got.body)) {
					t.Fatalf("not JSON: %s", got.body)
				}
				sends := strings.Contains(strings.ToLower(test.path), "/send")
				if accepted := s.Count(token) - before; (accepted == 1) != (sends && got.status == 200) {
					t.Fatalf("%d messages accepted", accepted)
				}
			})
		}
	})
}

func TestTelegramUploads(t *testing.T) {
	t.Parallel()
	overBoth(t, simulator.TelegramConfig{Rate: -1}, func(t *testing.T, s *simulator.Telegram, client *http.Client, base string) {
		photo, document := "/bot"+token+"/sendPhoto", "/bot"+token+"/sendDocument"
		upload := func(path, field, content string, values ...string) reply {
			contentType, body := form(t, field, "name.bin", content, append(values, "chat_id", "42")...)
			return send(t, client, base, path, contentType, body)
		}
		want := func(got reply, status int, part string) {
			t.Helper()
			if got.status != status || !strings.Contains(got.body, part) {
				t.Fatalf("%d %s, want %d %s", got.status, got.body, status, part)
			}
		}
		byID := func(bot, method, field, id string) reply {
			return send(t, client, base, "/bot"+bot+"/"+method, jsonType, fmt.Sprintf(`{"chat_id":45,%q:%s}`, field, id))
		}

		got := upload(photo, "photo", picture(t, 200, 100), "caption", "hello")
		want(got, 200, `"caption":"hello"`)
		id := got.field(t, "result.photo.1.file_id")
		if width := got.field(t, "result.photo.1.width"); width != "200" {
			t.Fatalf("width %s", width)
		}
		want(byID(token, "sendPhoto", "photo", id), 200, id)
		want(byID(token, "sendPhoto", "photo", got.field(t, "result.photo.0.file_id")), 200, `"width":90`)
		want(byID(token, "sendDocument", "document", id), 400, "wrong file identifier/HTTP URL specified")
		s.AddChats(otherToken, 45)
		want(byID(otherToken, "sendPhoto", "photo", id), 400, "wrong file identifier/HTTP URL specified")

		got = upload(document, "file0", "content", "document", "attach://file0")
		want(got, 200, `"file_name":"name.bin"`)
		want(byID(token, "sendDocument", "document", got.field(t, "result.document.file_id")), 200, `"file_size":7`)

		first := s.Received(token, 42)[0]
		if first.Media == nil || !first.Media.Uploaded || `"`+first.Media.FileID+`"` != id || first.Text != "hello" {
			t.Fatalf("recorded %+v", first.Media)
		}

		want(upload(photo, "photo", "no picture"), 400, "Bad Request: IMAGE_PROCESS_FAILED")
		want(upload(photo, "photo", picture(t, 210, 10)), 400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
		want(upload(photo, "photo", picture(t, 9001, 1000)), 400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
		want(upload(photo, "photo", picture(t, 200, 10)), 200, `"ok":true`)
		want(upload(photo, "photo", "\x89PNG"+strings.Repeat(" ", 10<<20)), 400, "Bad Request: file is too big")
		if base != "https://api.telegram.org" {
			return // both transports share the reading of a body; 50 MB twice is slow under the race detector
		}
		want(upload(document, "document", strings.Repeat(" ", 50<<20)), 200, `"ok":true`)
		want(upload(document, "document", strings.Repeat(" ", 50<<20+1)), 413, `"description":"Request Entity Too Large"`)
	})
}
