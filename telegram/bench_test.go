package telegram_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/telegram"
)

func clientOf(transport http.RoundTripper) *http.Client { return &http.Client{Transport: transport} }

// fixed answers every request alike, in process.
type fixed struct{ header http.Header }

func (f fixed) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	_ = r.Body.Close()
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: f.header, ContentLength: int64(len(accepted)),
		Body: io.NopCloser(bytes.NewReader([]byte(accepted))), Request: r,
	}, nil
}

const campaignText = "Здравствуйте, Анна! Ваш размер снова в наличии: <b>платье «Лето»</b>, 42. Заберите до конца недели."

func campaignMessage() *outbound.Outgoing {
	return &outbound.Outgoing{
		Address: "5123456789", Text: campaignText, Buttons: [][]outbound.Button{{{Text: "Открыть", URL: "https://shop.example.com/item/42"}}},
		Message: &outbound.Message{Format: outbound.FormatHTML, Options: []outbound.Option{outbound.OptionNoLinkPreview}},
	}
}

// bare is the loop that a program without the library would write.
func bare(ctx context.Context, client *http.Client, url string) error {
	type button struct {
		Text string `json:"text"`
		URL  string `json:"url"`
	}
	type preview struct {
		IsDisabled bool `json:"is_disabled"`
	}
	type keyboard struct {
		InlineKeyboard [][]button `json:"inline_keyboard"`
	}
	body, err := json.Marshal(struct {
		ChatID      int64    `json:"chat_id"`
		Text        string   `json:"text"`
		ParseMode   string   `json:"parse_mode"`
		LinkPreview preview  `json:"link_preview_options"`
		ReplyMarkup keyboard `json:"reply_markup"`
	}{
		5123456789, campaignText, "HTML", preview{true},
		keyboard{[][]button{{{"Открыть", "https://shop.example.com/item/42"}}}},
	})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	var a struct {
		OK     bool `json:"ok"`
		Result struct {
			MessageID int64 `json:"message_id"`
		} `json:"result"`
		ErrorCode   int    `json:"error_code"`
		Description string `json:"description"`
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return err
	}
	if !a.OK || a.Result.MessageID != 5 {
		return errors.New("not accepted")
	}
	return nil
}

// BenchmarkSend compares one send with the bare loop, in process and over loopback. One operation is one recipient.
func BenchmarkSend(b *testing.B) {
	const api = "/bot" + token + "/sendMessage"
	inProcess := clientOf(fixed{http.Header{"Content-Type": {"application/json"}}})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, accepted)
	}))
	defer server.Close()
	run := func(name string, config telegram.Config) {
		b.Run(name, func(b *testing.B) {
			bot := telegram.New(token, &config)
			defer bot.CloseIdle()
			m := campaignMessage()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := bot.Send(b.Context(), m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	runBare := func(name string, client *http.Client, url string) {
		b.Run(name, func(b *testing.B) {
			defer client.CloseIdleConnections()
			b.ReportAllocs()
			for b.Loop() {
				if err := bare(b.Context(), client, url); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	runBare("in process/bare", inProcess, telegram.DefaultBaseURL+api)
	run("in process/ours", telegram.Config{HTTPClient: inProcess})
	runBare("loopback/bare", clientOf(&http.Transport{}), server.URL+api)
	run("loopback/ours", telegram.Config{BaseURL: server.URL})
}
