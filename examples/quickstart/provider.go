package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/simulator"
	"github.com/outbound-go/outbound/telegram"
)

// provider is whom we send through, and whom to.
type provider struct {
	channel  outbound.Channel
	sim      *simulator.Telegram // nil = the real one
	campaign outbound.CampaignID
	sources  []source
	example  outbound.Recipient // whose message the plan shows
}

// source is where a part of the audience comes from.
type source struct {
	name     string
	audience outbound.Audience
}

// simToken is the simulated bot's.
const simToken = "4815162342:AAE-simulated-token" //nolint:gosec // of a bot that exists in this process only

// chooseProvider takes the real Telegram if the environment names a token and chats, else a simulated one.
func chooseProvider(ctx context.Context, p *printer) (*provider, error) {
	token, chats := os.Getenv("TELEGRAM_TOKEN"), os.Getenv("TELEGRAM_CHATS")
	switch {
	case token != "" && chats != "":
		return realProvider(ctx, p, token, chats)
	case token != "" || chats != "":
		return nil, errors.New("set both TELEGRAM_TOKEN and TELEGRAM_CHATS to send for real, or neither")
	}
	p.line("simulated")
	return simulatedProvider(), nil
}

// realProvider says what is going to happen, and leaves a moment to stop it.
func realProvider(ctx context.Context, p *printer, token, chats string) (*provider, error) {
	p.line("real", strings.Count(strings.Trim(chats, ", "), ",")+1)
	timer := time.NewTimer(3 * time.Second)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return nil, errors.New("stopped before anything was sent")
	case <-timer.C:
	}
	return &provider{
		channel:  telegram.New(token, nil),
		campaign: "quickstart-telegram",
		sources:  []source{{"TELEGRAM_CHATS", outbound.ParseAudience(chats)}},
	}, nil
}

// simulatedProvider is a Telegram in this process, with its real limit of 30 messages a second and people of all kinds.
func simulatedProvider() *provider {
	sim := simulator.NewTelegram(simulator.TelegramConfig{Latency: func() time.Duration { return 40 * time.Millisecond }})
	sim.AddBot(simToken, "brunch_bot")
	for id := firstGuest; id < firstGuest+guests; id++ {
		sim.AddChats(simToken, id)
	}
	for id := firstPasted; id < firstPasted+pastedPeople; id++ {
		sim.AddChats(simToken, id)
	}
	sim.Block(simToken, firstGuest+7, firstGuest+31, firstPasted+12, firstPasted+55, firstPasted+80)
	sim.AddStrangers(simToken, firstPasted+20, firstPasted+21)
	sim.Deactivate(simToken, firstGuest+40)
	list := guestList()
	return &provider{
		channel: telegram.New(simToken, &telegram.Config{HTTPClient: &http.Client{Transport: sim.RoundTripper()}}),
		sim:     sim, campaign: "quickstart",
		sources: []source{
			{"guests", outbound.FromSlice(list)},
			{"pasted", outbound.ParseAudience(pastedList())},
		},
		example: list[0],
	}
}
