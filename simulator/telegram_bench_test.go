package simulator_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/outbound-go/outbound/simulator"
)

const benchBody = `{"chat_id":42,"text":"Hello, your size is back.","reply_markup":{"inline_keyboard":[[{"text":"Open","url":"https://example.com"}]]}}`

func million() *simulator.Telegram {
	s := simulator.NewTelegram(simulator.TelegramConfig{Rate: -1, CountsOnly: true})
	s.AddBot(token, "shop_bot")
	s.AllowAllChats(token)
	return s
}

// One operation is one message, request building included.
func BenchmarkSendMessage(b *testing.B) {
	for name, body := range map[string]string{"text": `{"chat_id":42,"text":"Hello, your size is back."}`, "button": benchBody} {
		b.Run("RoundTripper/"+name, func(b *testing.B) {
			transport := million().RoundTripper()
			b.ReportAllocs()
			for b.Loop() {
				response, err := transport.RoundTrip(newRequest(b, body))
				if err != nil || response.StatusCode != http.StatusOK {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
			}
		})
		b.Run("ServeHTTP/"+name, func(b *testing.B) {
			s := million()
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				s.ServeHTTP(w, newRequest(b, body))
				if w.Code != http.StatusOK {
					b.Fatal(w.Body)
				}
			}
		})
	}
}

func newRequest(b *testing.B, body string) *http.Request {
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "https://t.example"+post, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Content-Type", jsonType)
	return r
}
