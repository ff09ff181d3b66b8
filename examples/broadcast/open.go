package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/store/sqlite"
	"github.com/outbound-go/outbound/telegram"
)

const (
	defaultDB      = "outbound.db"
	defaultLease   = 5 * time.Second
	defaultTimeout = 30 * time.Second
)

// channels are the providers that this program knows.
func channels() []string { return []string{"telegram"} }

// account opens the one touchpoint whose token is known. Subcommands have none, and open nothing.
type account struct {
	touchpoint string
	channel    outbound.Channel
}

// Open returns the channel, or that it is not known here.
func (a account) Open(_ context.Context, name string) (outbound.Channel, error) {
	if a.channel == nil || name != a.touchpoint {
		return nil, outbound.ErrUnknownTouchpoint
	}
	return a.channel, nil
}

// accountOf makes the account of the flags; without a token one that can plan and not send.
func accountOf(o *options) account {
	token := o.token
	if token == "" {
		token = "1:none"
	}
	return account{o.touchpoint, telegram.New(token, &telegram.Config{BaseURL: o.api, Timeout: o.timeout, Concurrency: o.concurrency})}
}

// engineOf makes the engine that sends.
func engineOf(o *options, store outbound.Store) (*outbound.Engine, error) {
	limits := outbound.Limits{Concurrency: o.concurrency}
	if o.rate > 0 {
		limits.Rate = outbound.Rate{N: 1, Per: time.Duration(float64(time.Second) / o.rate)}
		if whole := int(o.rate); float64(whole) == o.rate {
			limits.Rate = outbound.PerSecond(whole)
		}
	}
	return outbound.New(outbound.Config{
		Store:          store,
		Touchpoints:    accountOf(o),
		Limits:         map[string]outbound.Limits{o.touchpoint: limits},
		LeaseTerm:      o.lease,
		RequestTimeout: o.timeout,
	})
}

// officeOf makes an engine that only keeps books, for subcommands: it has no token and opens no touchpoint.
func officeOf(store outbound.Store, lease, timeout time.Duration) (*outbound.Engine, error) {
	return outbound.New(outbound.Config{Store: store, Touchpoints: account{}, LeaseTerm: lease, RequestTimeout: timeout})
}

// openExisting opens a file that must be there: a mistyped name makes no new one.
func openExisting(ctx context.Context, path string) (*sqlite.Store, error) {
	if !exists(path) {
		return nil, fmt.Errorf("there is no file %q; -db says where campaigns are kept", path)
	}
	return sqlite.Open(ctx, path)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, os.ErrNotExist)
}

// withActor records in the file who did what.
func withActor(ctx context.Context) context.Context {
	if u, err := user.Current(); err == nil {
		return outbound.WithActor(ctx, u.Username)
	}
	return ctx
}
