package e2e_test

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/store/sqlite"
	"github.com/outbound-go/outbound/telegram"
)

// childSends drives the touchpoint until nothing is left to send, or for ever.
func childSends(ctx context.Context, o *order) (err error) {
	store, err := sqlite.Open(ctx, o.Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	var ledger outbound.Store = store
	if o.Grants {
		ledger = &talkative{Store: store}
	}
	e, err := outbound.New(o.config(ledger))
	if err != nil {
		return err
	}
	tell("begun")
	if o.Serve {
		go reportSize(ctx)
		return e.Run(ctx)
	}
	return e.RunUntilIdle(ctx)
}

// config is that of an engine which sends as fast as the provider takes it.
func (o *order) config(store outbound.Store) outbound.Config {
	return outbound.Config{
		Store: store, Touchpoints: outbound.Touchpoints{bot: o.channel()}, Owner: o.Owner,
		Limits:      map[string]outbound.Limits{bot: {Rate: outbound.Unlimited(), RecipientGap: -1}},
		Concurrency: o.Concurrency, LeaseTerm: o.Lease, RequestTimeout: o.Timeout,
		RetryDelay: 20 * time.Millisecond, PollInterval: 50 * time.Millisecond,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}
}

func (o *order) channel() *telegram.Channel {
	c := &telegram.Config{BaseURL: o.BaseURL, Concurrency: o.Concurrency, Timeout: o.Timeout}
	if o.Refused > 0 {
		c.HTTPClient = &http.Client{Transport: &http.Transport{DialContext: refusing(o.Refused), MaxIdleConnsPerHost: o.Concurrency / 2}}
	}
	return telegram.New(token, c)
}

// refusing dials; one of n connections meets a port that refuses it.
func refusing(n int) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if rand.IntN(n) == 0 {
			address = "127.0.0.1:1"
		}
		var d net.Dialer
		return d.DialContext(ctx, network, address)
	}
}

// talkative says on standard output what each commit granted, and when it was through.
type talkative struct {
	outbound.Store
	mu sync.Mutex
}

func (t *talkative) Commit(ctx context.Context, b outbound.Batch) (outbound.BatchResult, error) {
	r, err := t.Store.Commit(ctx, b)
	if err != nil {
		return r, err
	}
	n := 0
	for i := range b.Runs {
		if r.Runs[i].Refused == "" {
			n += len(b.Runs[i].Claims) - len(r.Runs[i].Claims)
			if b.Runs[i].Range != nil {
				n += b.Runs[i].Range.Count
			}
		}
	}
	if n > 0 {
		t.mu.Lock()
		defer t.mu.Unlock()
		tell("granted", time.Now().UnixNano(), b.Token, n)
	}
	return r, nil
}

// reportSize says now and then how big the process is.
func reportSize(ctx context.Context) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			tell("size", runtime.NumGoroutine(), m.HeapAlloc>>10)
		}
	}
}
