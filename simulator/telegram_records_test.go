package simulator_test

import (
	"context"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outbound-go/outbound/simulator"
)

func TestReceivedIsWhatAPersonTrulyGot(t *testing.T) {
	t.Parallel()
	inBubble(t, simulator.TelegramConfig{}, func(t *testing.T, s *simulator.Telegram, post func(string) reply) {
		begun := time.Now()
		body := `{"chat_id":42,"text":"<b>Hi</b>","parse_mode":"HTML","disable_notification":true,"protect_content":true,` +
			`"link_preview_options":{"is_disabled":true},"reply_markup":{"inline_keyboard":[[{"text":"Open","url":"https://a.example"}],[{"text":"Stop","callback_data":"stop"}]]}}`
		wantStatus(t, post(body), 200)
		time.Sleep(time.Second)
		wantStatus(t, post(text(42, "")), 400)
		wantStatus(t, post(text(42, "second")), 200)
		got := s.Received(token, 42)
		if len(got) != 2 || got[0].ID != 1 || got[1].ID != 2 || got[1].Text != "second" || !got[1].Time.Equal(begun.Add(time.Second)) {
			t.Fatalf("%+v", got)
		}
		m := got[0]
		if m.Text != "Hi" || m.Method != "sendMessage" || !m.Silent || !m.ProtectContent || !m.NoLinkPreview ||
			string(m.Raw) != body || m.ContentType != jsonType || len(m.Entities) != 1 || len(m.Buttons) != 2 ||
			m.Buttons[0][0] != (simulator.Button{Text: "Open", Action: "url", URL: "https://a.example"}) ||
			m.Buttons[1][0].CallbackData != "stop" {
			t.Fatalf("%+v", m)
		}
		s.Block(token, 42)
		wantStatus(t, post(text(42, "x")), 403)
		s.Unblock(token, 42)
		wantStatus(t, post(text(42, "x")), 200)
		if s.Requests() != 5 || s.Count(token) != 3 || s.ReceivedCount(token, 42) != 3 || s.MaxInFlight() != 1 || s.InFlight() != 0 {
			t.Fatal(s.Requests(), s.Count(token), s.ReceivedCount(token, 42), s.MaxInFlight(), s.InFlight())
		}
		if s.Count("1:none") != 0 || s.Received("1:none", 1) != nil {
			t.Fatal("an unknown bot has records")
		}
	})
}

func TestContainsSearchesEveryRequest(t *testing.T) {
	t.Parallel()
	overBoth(t, simulator.TelegramConfig{RecordBytes: 2000}, func(t *testing.T, s *simulator.Telegram, client *http.Client, base string) {
		send(t, client, base, "/bot"+token+"/sendMessage?x=in-query", jsonType, text(999, "in-body"))
		send(t, client, base, "/bot1:unknown/sendMessage", "text/in-header", "")
		for _, part := range []string{"in-query", "in-body", "in-header", "1:unknown"} {
			if !s.Contains([]byte(part)) {
				t.Fatal(part)
			}
		}
		if s.Contains([]byte("campaign")) || s.Unrecorded() != 0 {
			t.Fatal("found what was not sent")
		}
		send(t, client, base, post, jsonType, text(42, strings.Repeat("y", 2000)))
		if s.Contains([]byte("yyyy")) || s.Unrecorded() != 1 {
			t.Fatal("the bound does not hold")
		}
	})
}

func TestCountsOnlyKeepsNoMessages(t *testing.T) {
	t.Parallel()
	s := simulator.NewTelegram(simulator.TelegramConfig{Rate: -1, CountsOnly: true})
	s.AddBot(token, "")
	s.AllowAllChats(token)
	client := &http.Client{Transport: s.RoundTripper()}
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 500 {
				send(t, client, "https://t.example", post, jsonType, text(1001+(worker*500+i)%1000, "x"))
			}
		})
	}
	wg.Wait()
	got := maps.Collect(s.PerPerson(token))
	if len(got) != 1000 || got[1001] != 4 || got[2000] != 4 || s.Count(token) != 4000 || s.Received(token, 1001) != nil {
		t.Fatal(len(got), got[1001], s.Count(token))
	}
	for range s.PerPerson(token) {
		break // ends early without harm
	}
	for _, id := range []string{"0", "-5", "1099511627776"} {
		wantStatus(t, send(t, client, "https://t.example", post, jsonType, text(id, "x")), 400)
	}
	wantStatus(t, send(t, client, "https://t.example", post, jsonType, text(int64(1099511627775), "x")), 200)
}

func TestARevokedTokenGivesWayToTheNext(t *testing.T) {
	t.Parallel()
	s := town(simulator.TelegramConfig{})
	client := &http.Client{Transport: s.RoundTripper()}
	s.RevokeToken(token)
	s.AddBot("7:next", "shop_bot")
	wantStatus(t, send(t, client, "https://t.example", post, jsonType, text(42, "x")), 401)
	wantStatus(t, send(t, client, "https://t.example", "/bot7:next/sendMessage", jsonType, text(42, "x")), 200)
	s.AddBot(token, "shop_bot")
	wantStatus(t, send(t, client, "https://t.example", post, jsonType, text(42, "x")), 200)
	if s.Count("7:next") != 2 {
		t.Fatal("the bot is not the same")
	}
}

func TestInFlightCountsRequestsUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := town(simulator.TelegramConfig{Latency: func() time.Duration { return time.Second }})
		client := &http.Client{Transport: s.RoundTripper()}
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() { send(t, client, "https://t.example", post, jsonType, text(42, "x")) })
		}
		synctest.Wait()
		if s.InFlight() != 5 {
			t.Error(s.InFlight())
		}
		wg.Wait()
		if s.InFlight() != 0 || s.MaxInFlight() != 5 {
			t.Error(s.InFlight(), s.MaxInFlight())
		}
	})
}

func TestServe(t *testing.T) {
	t.Parallel()
	t.Run("it serves until the context ends", func(t *testing.T) {
		t.Parallel()
		s := town(simulator.TelegramConfig{})
		ctx, cancel := context.WithCancel(t.Context())
		base, wait, err := simulator.Serve(ctx, "", s)
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Transport: &http.Transport{}}
		wantStatus(t, send(t, client, base, post, jsonType, text(42, "x")), 200)
		cancel()
		if err := wait(); err != nil {
			t.Fatal(err)
		}
		if _, err := client.Get(base); err == nil { //nolint:noctx,bodyclose // refused
			t.Fatal("still there")
		}
	})
	for _, addr := range []string{"0.0.0.0:0", "example.com:80", ":0", "127.0.0.1"} {
		t.Run("it refuses "+addr, func(t *testing.T) {
			t.Parallel()
			if _, _, err := simulator.Serve(t.Context(), addr, http.NotFoundHandler()); err == nil {
				t.Fatal("served")
			}
		})
	}
}
