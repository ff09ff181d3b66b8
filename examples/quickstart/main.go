// Quickstart runs a whole campaign: an audience with everything that goes wrong in one, a plan, sending at Telegram's real pace, and a result that adds up.
//
//	go run ./examples/quickstart              a simulated Telegram, everything in memory: no token, no network
//	go run ./examples/quickstart my.outbound  the same, kept in a file: run it twice, and nobody is written to twice
//	go run ./examples/quickstart -ru          in Russian
//
// With TELEGRAM_TOKEN and TELEGRAM_CHATS (chat ids, separated by commas) in the environment it sends for real, through api.telegram.org.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/outbound-go/outbound"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// touchpoint is what the account that sends is called here.
const touchpoint = "shop-bot"

func run(ctx context.Context) (err error) {
	russian := flag.Bool("ru", false, "print in Russian")
	flag.Parse()
	if flag.NArg() > 1 {
		return errors.New("one file at most, behind the flags")
	}
	p := newPrinter(os.Stdout, *russian)

	store, keep, err := openStore(flag.Arg(0))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, keep()) }()
	provider, err := chooseProvider(ctx, p)
	if err != nil {
		return err
	}
	engine, err := outbound.New(outbound.Config{
		Store:       store,
		Touchpoints: outbound.Touchpoints{touchpoint: provider.channel},
	})
	if err != nil {
		return err
	}
	// An id of our own makes everything below repeatable: what was done is found to be done.
	campaign := engine.Campaign(provider.campaign)
	before, err := campaign.Progress(ctx)
	switch {
	case errors.Is(err, outbound.ErrNotFound):
		err = prepare(ctx, p, engine, provider)
	case err == nil:
		err = goOn(ctx, p, engine, provider, before)
	}
	if err != nil {
		return err
	}
	if err := sendAll(ctx, p, engine, provider.campaign); err != nil {
		return err
	}
	return account(context.WithoutCancel(ctx), p, engine, provider, before)
}

// prepare writes the campaign, brings its audience in, looks at the plan and starts it.
func prepare(ctx context.Context, p *printer, engine *outbound.Engine, provider *provider) error {
	campaign, err := engine.Create(ctx, outbound.Draft{
		ID:         provider.campaign,
		Name:       "Sunday brunch",
		Touchpoint: touchpoint,
		Message: outbound.Message{
			Text:   p.say("text"),
			Format: outbound.FormatHTML,
			Buttons: [][]outbound.Button{{
				{Text: p.say("button"), URL: "https://example.org/brunch?guest={{.name}}"},
			}},
		},
		Defaults: map[string]string{"name": p.say("guest")},
	})
	if err != nil {
		return err
	}
	p.title("audience")
	for _, source := range provider.sources {
		report, err := campaign.Import(ctx, source.name, source.audience)
		if err != nil {
			return err
		}
		p.report(&report)
	}

	plan, err := campaign.Plan(ctx)
	if err != nil {
		return err
	}
	example, err := engine.Preview(ctx, provider.campaign, provider.example)
	if err != nil {
		return err
	}
	p.title("plan")
	p.plan(&plan, &example)
	return campaign.Start(ctx, outbound.AsPlanned(plan))
}

// goOn takes up a campaign that an earlier run left in the file.
func goOn(ctx context.Context, p *printer, engine *outbound.Engine, provider *provider, before outbound.Progress) error {
	campaign := engine.Campaign(before.ID)
	p.line("found", before.Describe(p.language))
	switch before.State {
	case outbound.DraftState: // the last run was stopped while it wrote it
		if err := engine.Delete(ctx, before.ID); err != nil {
			return err
		}
		return prepare(ctx, p, engine, provider)
	case outbound.Paused:
		return campaign.Resume(ctx)
	default:
		return nil
	}
}

// sendAll sends until nothing is left to do, and shows it.
func sendAll(ctx context.Context, p *printer, engine *outbound.Engine, id outbound.CampaignID) error {
	p.title("sending")
	before, err := engine.Campaign(id).Progress(ctx)
	if err != nil {
		return err
	}
	watching, stop := context.WithCancel(ctx)
	bar := p.startBar(watching, engine, before)
	err = engine.RunUntilIdle(ctx) // a service calls Run(ctx) instead
	stop()
	return errors.Join(err, bar.end(context.WithoutCancel(ctx)))
}
