package simulator_test

import (
	"math/rand/v2"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outbound-go/outbound/simulator"
)

const post = "/bot" + token + "/sendMessage"

// inBubble runs f on a bubble's clock against a provider in process.
func inBubble(t *testing.T, config simulator.TelegramConfig, f func(*testing.T, *simulator.Telegram, func(string) reply)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := town(config)
		client := &http.Client{Transport: s.RoundTripper()}
		f(t, s, func(body string) reply { return send(t, client, "https://t.example", post, jsonType, body) })
	})
}

func wantStatus(t *testing.T, got reply, status int) {
	t.Helper()
	if got.status != status {
		t.Fatalf("%d %s, want %d", got.status, got.body, status)
	}
}

func TestTelegramRateWindow(t *testing.T) {
	t.Parallel()
	t.Run("the 31st message within a second is 429, and all of the bot is until it ends", func(t *testing.T) {
		inBubble(t, simulator.TelegramConfig{RecordTimes: true}, func(t *testing.T, s *simulator.Telegram, post func(string) reply) {
			for range 30 {
				wantStatus(t, post(text(42, "x")), 200)
			}
			got := post(text(45, "x"))
			wantStatus(t, got, 429)
			want := `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 3","parameters":{"retry_after":3}}`
			if got.body != want || got.retryAfter != "3" {
				t.Fatalf("%s %s", got.body, got.retryAfter)
			}
			time.Sleep(1500 * time.Millisecond)
			got = post(text(999, "")) // judged by nothing but the 429
			if got.status != 429 || got.retryAfter != "2" {
				t.Fatalf("%d %s", got.status, got.retryAfter)
			}
			time.Sleep(1500*time.Millisecond - 1)
			wantStatus(t, post(text(42, "x")), 429)
			time.Sleep(1)
			wantStatus(t, post(text(42, "x")), 200)
			want31 := simulator.TelegramStats{Requests: 34, Accepted: 31, TooManyRequests: 3, EarlyRetries: 2}
			if got := s.Stats(token); got != want31 {
				t.Fatalf("%+v", got)
			}
			times := s.RequestTimes(token)
			if len(times) != 34 || times[33].Sub(times[0]) != 3*time.Second {
				t.Fatalf("%v", times)
			}
		})
	})
	t.Run("a place is free exactly one second later", func(t *testing.T) {
		for _, late := range []time.Duration{-1, 0, 1} {
			inBubble(t, simulator.TelegramConfig{Rate: 2}, func(t *testing.T, _ *simulator.Telegram, post func(string) reply) {
				wantStatus(t, post(text(42, "x")), 200)
				time.Sleep(time.Second / 2)
				wantStatus(t, post(text(42, "x")), 200)
				time.Sleep(time.Second/2 + late)
				if late < 0 {
					wantStatus(t, post(text(42, "x")), 429)
				} else {
					wantStatus(t, post(text(42, "x")), 200)
				}
			})
		}
	})
	t.Run("a refused request takes no place", func(t *testing.T) {
		inBubble(t, simulator.TelegramConfig{Rate: 1}, func(t *testing.T, _ *simulator.Telegram, post func(string) reply) {
			wantStatus(t, post(text(43, "x")), 403)
			wantStatus(t, post(text(42, "x")), 200)
		})
	})
	t.Run("no window of a second holds more than the rate, whatever comes", func(t *testing.T) {
		inBubble(t, simulator.TelegramConfig{Rate: 5, RetryAfter: time.Second}, func(t *testing.T, s *simulator.Telegram, post func(string) reply) {
			random := rand.New(rand.NewPCG(1, 2))
			for range 500 {
				post(text(42, "x"))
				time.Sleep(time.Duration(random.IntN(400)) * time.Millisecond)
			}
			got := s.Received(token, 42)
			for i := range len(got) - 5 {
				if got[i+5].Time.Sub(got[i].Time) < time.Second {
					t.Fatalf("messages %d to %d within a second", i, i+5)
				}
			}
			if len(got) < 200 {
				t.Fatalf("%d accepted", len(got))
			}
		})
	})
	t.Run("a paying bot sends 1000 a second and pays for those above the rate", func(t *testing.T) {
		inBubble(t, simulator.TelegramConfig{}, func(t *testing.T, s *simulator.Telegram, post func(string) reply) {
			s.AllowPaidBroadcast(token)
			wantStatus(t, post(text(42, "x")), 200)
			for range 999 {
				wantStatus(t, post(text(42, "x", "allow_paid_broadcast", true)), 200)
			}
			wantStatus(t, post(text(42, "x", "allow_paid_broadcast", true)), 429)
			if got := s.Stats(token).PaidMessages; got != 970 {
				t.Fatalf("%d paid", got)
			}
		})
	})
	t.Run("a private chat takes a burst, then one a second, and others are not concerned", func(t *testing.T) {
		inBubble(t, simulator.TelegramConfig{PerChat: true}, func(t *testing.T, _ *simulator.Telegram, post func(string) reply) {
			for range simulator.PerChatBurst {
				wantStatus(t, post(text(42, "x")), 200)
			}
			got := post(text(42, "x"))
			if got.status != 429 || got.retryAfter != "1" {
				t.Fatalf("%d %s", got.status, got.retryAfter)
			}
			wantStatus(t, post(text(45, "x")), 200)
			time.Sleep(time.Second - 1)
			wantStatus(t, post(text(42, "x")), 429)
			time.Sleep(1)
			wantStatus(t, post(text(42, "x")), 200)
		})
	})
	t.Run("a group takes 20 in a minute", func(t *testing.T) {
		inBubble(t, simulator.TelegramConfig{PerChat: true}, func(t *testing.T, _ *simulator.Telegram, post func(string) reply) {
			for range 20 {
				wantStatus(t, post(text(-5, "x")), 200)
				time.Sleep(time.Second)
			}
			if got := post(text(-5, "x")); got.status != 429 || got.retryAfter != "40" {
				t.Fatalf("%d %s", got.status, got.retryAfter)
			}
			time.Sleep(40 * time.Second)
			wantStatus(t, post(text(-5, "x")), 200)
			wantStatus(t, post(text(-5, "x")), 429)
		})
	})
}
