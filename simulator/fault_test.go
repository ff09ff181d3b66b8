package simulator_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outbound-go/outbound/simulator"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		fault    simulator.Fault
		accepted int
		status   int // zero: the connection broke
		body     string
	}{
		{"none", simulator.Fault{}, 1, 200, `"text":"x"`},
		{"a 502 page", simulator.BadGateway(false), 0, 502, "<h1>502 Bad Gateway</h1>"},
		{"a 502 page though the message was sent", simulator.BadGateway(true), 1, 502, "<h1>502 Bad Gateway</h1>"},
		{"200 with a page", simulator.Fault{Kind: simulator.FaultStatus, Status: 200, Body: "<html>", ContentType: "text/html"}, 0, 200, "<html>"},
		{"a 500 in JSON", simulator.Fault{Kind: simulator.FaultError, Status: 500, Description: "Internal Server Error: restart"}, 0, 500, `{"ok":false,"error_code":500,"description":"Internal Server Error: restart"}`},
		{"any refusal with parameters", simulator.Fault{Kind: simulator.FaultError, Status: 400, Description: "Bad Request: x", MigrateTo: -5, RetryAfter: time.Second}, 0, 400, `"description":"Bad Request: x","parameters":{"migrate_to_chat_id":-5,"retry_after":1}}`},
		{"a 429", simulator.TooManyRequests(8 * time.Second), 0, 429, `"description":"Too Many Requests: retry after 8","parameters":{"retry_after":8}}`},
		{"a connection refused", simulator.Fault{Kind: simulator.FaultConnect}, 0, 0, ""},
		{"a reset before acceptance", simulator.Fault{Kind: simulator.FaultResetBefore}, 0, 0, ""},
		{"a reset after acceptance", simulator.Fault{Kind: simulator.FaultResetAfter}, 1, 0, ""},
		{"slow headers", simulator.Fault{Kind: simulator.FaultSlowHeaders, Delay: time.Millisecond}, 1, 200, `"text":"x"`},
		{"a slow body", simulator.Fault{Kind: simulator.FaultSlowBody, Delay: time.Millisecond}, 1, 200, `"text":"x"`},
		{"an empty body", simulator.Fault{Kind: simulator.FaultEmptyBody}, 1, 200, ""},
		{"truncated JSON", simulator.Fault{Kind: simulator.FaultTruncated}, 1, 200, `{"ok":true,`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			overBoth(t, simulator.TelegramConfig{}, func(t *testing.T, s *simulator.Telegram, client *http.Client, base string) {
				seen := make(chan simulator.FaultRequest, 1)
				s.SetFault(func(r simulator.FaultRequest) simulator.Fault {
					seen <- r
					return test.fault
				})
				defer client.CloseIdleConnections()
				response, err := client.Post(base+post, jsonType, strings.NewReader(text(42, "x"))) //nolint:noctx // no need
				if want := (simulator.FaultRequest{Number: 1, BotID: 7, Method: "sendMessage", ChatID: 42}); err == nil || test.status == 0 {
					if got := <-seen; got != want {
						t.Fatalf("chosen by %+v", got)
					}
				}
				if got := s.Count(token); got != test.accepted {
					t.Fatalf("%d accepted", got)
				}
				if test.status == 0 {
					if err == nil {
						t.Fatalf("answered %d", response.StatusCode)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				body, err := io.ReadAll(response.Body)
				if err != nil || response.StatusCode != test.status || !strings.Contains(string(body), test.body) {
					t.Fatalf("%d %s %v", response.StatusCode, body, err)
				}
				if test.name == "truncated JSON" && json.Valid(body) {
					t.Fatalf("valid: %s", body)
				}
				if test.status == 429 {
					s.SetFault(nil)
					wantStatus(t, send(t, client, base, post, jsonType, text(45, "x")), 429)
				}
			})
		})
	}
}

func TestEndlessBody(t *testing.T) {
	t.Parallel()
	overBoth(t, simulator.TelegramConfig{}, func(t *testing.T, s *simulator.Telegram, client *http.Client, base string) {
		s.SetFault(simulator.FaultSequence(simulator.Fault{Kind: simulator.FaultEndlessBody}))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r, _ := http.NewRequestWithContext(ctx, http.MethodPost, base+post, strings.NewReader(text(42, "x")))
		r.Header.Set("Content-Type", jsonType)
		response, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.CopyN(io.Discard, response.Body, 1<<20); n != 1<<20 || err != nil {
			t.Fatal(n, err)
		}
		cancel()
		if _, err := io.Copy(io.Discard, response.Body); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		wantStatus(t, send(t, client, base, post, jsonType, text(42, "y")), 200)
		if got := s.Received(token, 42); len(got) != 2 || got[1].Text != "y" {
			t.Fatalf("%+v", got)
		}
	})
}

func TestRandomFaultsFollowTheirWeightsAndSeed(t *testing.T) {
	t.Parallel()
	count := func(seed uint64) map[simulator.FaultKind]int {
		choose := simulator.RandomFaults(seed,
			simulator.WeightedFault{Weight: 90},
			simulator.WeightedFault{Weight: -5, Fault: simulator.Fault{Kind: simulator.FaultConnect}},
			simulator.WeightedFault{Weight: 10, Fault: simulator.Fault{Kind: simulator.FaultResetAfter}})
		got := make(map[simulator.FaultKind]int)
		for n := range int64(10_000) {
			got[choose(simulator.FaultRequest{Number: n}).Kind]++
		}
		return got
	}
	got := count(1)
	if resets := got[simulator.FaultResetAfter]; len(got) != 2 || resets < 900 || resets > 1100 {
		t.Fatalf("%v", got)
	}
	if !maps.Equal(got, count(1)) || maps.Equal(got, count(2)) {
		t.Fatal("the seed does not decide")
	}
	if f := simulator.RandomFaults(1)(simulator.FaultRequest{}); f.Kind != simulator.FaultNone {
		t.Fatal(f)
	}
}

// steps are the httptrace hooks a request went through.
func steps(r *http.Request) (*http.Request, *[]string) {
	var got []string
	return r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		GetConn:              func(string) { got = append(got, "GetConn") },
		GotConn:              func(httptrace.GotConnInfo) { got = append(got, "GotConn") },
		WroteRequest:         func(i httptrace.WroteRequestInfo) { got = append(got, "WroteRequest") },
		GotFirstResponseByte: func() { got = append(got, "GotFirstResponseByte") },
	})), &got
}

func TestRoundTripperTellsWhetherTheRequestLeft(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault simulator.FaultKind
		want  string
		err   error
	}{
		{"an answer", simulator.FaultNone, "GetConn GotConn WroteRequest GotFirstResponseByte", nil},
		{"a connection refused", simulator.FaultConnect, "GetConn", syscall.ECONNREFUSED},
		{"a reset", simulator.FaultResetAfter, "GetConn GotConn WroteRequest", syscall.ECONNRESET},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := town(simulator.TelegramConfig{})
			s.SetFault(func(simulator.FaultRequest) simulator.Fault { return simulator.Fault{Kind: test.fault} })
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, post, strings.NewReader(text(42, "x")))
			r.Header.Set("Content-Type", jsonType)
			r, got := steps(r)
			response, err := s.RoundTripper().RoundTrip(r)
			if err == nil {
				_ = response.Body.Close()
			}
			if strings.Join(*got, " ") != test.want || !errors.Is(err, test.err) {
				t.Fatalf("%v %v", *got, err)
			}
		})
	}
}

func TestLatencyRunsOnTheBubblesClock(t *testing.T) {
	t.Parallel()
	latency := simulator.TelegramConfig{Latency: func() time.Duration { return 2 * time.Second }}
	tests := []struct {
		name     string
		timeout  time.Duration
		fault    simulator.Fault
		took     time.Duration
		accepted int
		fails    bool
	}{
		{"an answer takes the latency", time.Hour, simulator.Fault{}, 2 * time.Second, 1, false},
		{"given up before it arrived, nothing was sent", time.Second - 1, simulator.Fault{}, time.Second - 1, 0, true},
		{"given up after it arrived, it was sent", time.Second + 1, simulator.Fault{}, time.Second + 1, 1, true},
		{"slow headers add to it", time.Hour, simulator.Fault{Kind: simulator.FaultSlowHeaders, Delay: time.Minute}, 62 * time.Second, 1, false},
		{"a slow body adds to it", time.Hour, simulator.Fault{Kind: simulator.FaultSlowBody, Delay: time.Minute}, 62 * time.Second, 1, false},
		{"a slow body ends with the context", 32 * time.Second, simulator.Fault{Kind: simulator.FaultSlowBody, Delay: time.Minute}, 32 * time.Second, 1, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := town(latency)
				s.SetFault(simulator.FaultSequence(test.fault))
				ctx, cancel := context.WithTimeout(t.Context(), test.timeout)
				defer cancel()
				r, _ := http.NewRequestWithContext(ctx, http.MethodPost, "https://t.example"+post, strings.NewReader(text(42, "x")))
				r.Header.Set("Content-Type", jsonType)
				begun := time.Now()
				response, err := s.RoundTripper().RoundTrip(r)
				if err == nil {
					_, err = io.ReadAll(response.Body)
					_ = response.Body.Close()
				}
				if (err != nil) != test.fails || test.fails && !errors.Is(err, context.DeadlineExceeded) {
					t.Fatal(err)
				}
				if took := time.Since(begun); took != test.took || s.Count(token) != test.accepted {
					t.Fatalf("%v, %d accepted", took, s.Count(token))
				}
			})
		})
	}
}

func TestSlowBodyEndsWhenClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := town(simulator.TelegramConfig{})
		s.SetFault(simulator.FaultSequence(simulator.Fault{Kind: simulator.FaultSlowBody, Delay: time.Hour}))
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://t.example/bot"+token+"/getMe", nil)
		response, err := s.RoundTripper().RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := io.ReadAll(response.Body); !errors.Is(err, http.ErrBodyReadAfterClose) {
				t.Error(err)
			}
		})
		synctest.Wait()
		_ = response.Body.Close()
		wg.Wait()
	})
}
