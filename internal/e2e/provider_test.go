package e2e_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outbound-go/outbound/simulator"
	"github.com/stretchr/testify/require"
)

const (
	bot   = "shop-bot"
	token = "7100100:AAHsecretSecretsecretSecretsecret00"
)

// provider is the Telegram simulator behind a socket of this machine.
type provider struct {
	*simulator.Telegram
	url       string
	slow      atomic.Bool // answers take 5 to 50 ms
	throttles atomic.Int64
	begun     atomic.Int64 // sendMessage requests, with throttle
}

// newProvider serves a provider without a rate until the test ends.
func newProvider(t *testing.T, config simulator.TelegramConfig) *provider {
	t.Helper()
	p := &provider{}
	config.Rate = -1
	config.Latency = func() time.Duration {
		if p.slow.Load() {
			return 5*time.Millisecond + rand.N(45*time.Millisecond)
		}
		return 0
	}
	p.Telegram = simulator.NewTelegram(config)
	p.AddBot(token, "shop_bot")
	p.url = serve(t, p)
	return p
}

// serve serves a handler on a port of its own until the test ends.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	url, wait, err := simulator.Serve(ctx, "", h)
	require.NoError(t, err)
	t.Cleanup(func() {
		cancel()
		require.NoError(t, wait())
	})
	return url
}

// throttle makes about one request of n a 429 for a second.
func (p *provider) throttle(n int) {
	p.SetFault(func(r simulator.FaultRequest) simulator.Fault {
		if r.Method != "sendMessage" {
			return simulator.Fault{}
		}
		p.begun.Add(1)
		if rand.IntN(n) == 0 {
			p.throttles.Add(1)
			return simulator.TooManyRequests(time.Second)
		}
		return simulator.Fault{}
	})
}

// firstID is the lowest chat id of an audience.
const firstID = 8_412_000_000

// audience makes n people with chat ids from the given one: one of 50 has blocked the bot, one of 50 is unknown to it. It returns their addresses.
func (p *provider) audience(from int64, n int) []string {
	addresses := make([]string, n)
	for i := range n {
		id := from + int64(i)
		addresses[i] = fmt.Sprint(id)
		switch i % 50 {
		case 7:
			p.Block(token, id)
		case 13: // unknown
		default:
			p.AddChats(token, id)
		}
	}
	return addresses
}
