package outbound_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/outboundtest"
	"github.com/outbound-go/outbound/simulator"
	"github.com/outbound-go/outbound/store/memory"
	"github.com/outbound-go/outbound/telegram"
)

// fatal ends an Example: whatever goes wrong there is a mistake of ours.
func fatal(err error) {
	if err != nil {
		panic(err)
	}
}

// simulated is a Telegram in this process where everybody has written to the bot.
func simulated() (*simulator.Telegram, *http.Client) {
	sim := simulator.NewTelegram(simulator.TelegramConfig{})
	sim.AddBot("7:secret", "shop_bot")
	sim.AllowAllChats("7:secret")
	return sim, &http.Client{Transport: sim.RoundTripper()}
}

// shop is an engine with one touchpoint, "shop-bot", for the Examples that are about something else.
func shop(change func(*outbound.Config)) *outbound.Engine {
	config := outbound.Config{
		Store:       memory.New(),
		Touchpoints: outbound.Touchpoints{"shop-bot": outboundtest.NewChannel()},
	}
	if change != nil {
		change(&config)
	}
	engine, err := outbound.New(config)
	fatal(err)
	return engine
}

// A first campaign: people whose ids were pasted, and nobody twice. Here the provider is simulated; telegram.New(token, nil) is the real one.
func Example() {
	ctx := context.Background()
	sim, client := simulated()

	store := memory.New() // or sqlite.Open(ctx, "outbound.db"), which survives a crash
	defer store.Close()
	engine, err := outbound.New(outbound.Config{
		Store:       store,
		Touchpoints: outbound.Touchpoints{"shop-bot": telegram.New("7:secret", &telegram.Config{HTTPClient: client})},
	})
	fatal(err)

	campaign, err := engine.Create(ctx, outbound.Draft{
		Name:       "Back in stock",
		Touchpoint: "shop-bot",
		Message:    outbound.Message{Text: "{{.name}}, your size is back."},
		Defaults:   map[string]string{"name": "Hello"},
	})
	fatal(err)
	report, err := campaign.Import(ctx, "pasted", outbound.ParseAudience("1001, 1002; 1003\n1001 +79161234567"))
	fatal(err)
	fatal(campaign.Start(ctx))         // from any replica; the owner of the touchpoint picks it up
	fatal(engine.RunUntilIdle(ctx))    // a service calls Run(ctx) instead
	now, err := campaign.Progress(ctx) // O(1), from any replica
	fatal(err)

	fmt.Println(report.Pieces, "=", report.Accepted, "+", report.Duplicate, "+", report.Rejected)
	fmt.Println(now.State, now.Accepted, "of", now.Total)
	fmt.Println(sim.Received("7:secret", 1001)[0].Text)
	// Output:
	// 5 = 3 + 1 + 1
	// completed 3 of 3
	// Hello, your size is back.
}

// What people paste is parsed piece by piece; the touchpoint's channel says what is no address of it, and why.
func ExampleParseAudience() {
	ctx := context.Background()
	_, client := simulated()
	engine := shop(func(c *outbound.Config) {
		c.Touchpoints = outbound.Touchpoints{"shop-bot": telegram.New("7:secret", &telegram.Config{HTTPClient: client})}
	})
	campaign, err := engine.Create(ctx, outbound.Draft{Name: "Sale", Touchpoint: "shop-bot", Message: outbound.Message{Text: "Sale!"}})
	fatal(err)

	report, err := campaign.Import(ctx, "pasted", outbound.ParseAudience("1001;1002\t1003, 1001\n  @olga 8.12E+08"))
	fatal(err)
	fmt.Println(report.Accepted, "people,", report.Duplicate, "twice,", report.Rejected, "rejected:")
	for _, r := range report.Rejections {
		fmt.Printf("line %d, column %d: %s: %s\n", r.Line, r.Column, r.Piece, r.Problem.Message)
	}
	// Output:
	// 3 people, 1 twice, 2 rejected:
	// line 2, column 3: @olga: a bot cannot write to a person by @name, and names of channels are not allowed here; give the person's numeric Telegram id
	// line 2, column 9: 8.12E+08: this looks like a number that a spreadsheet rounded; export the column as text
}

// A host that knows its customers' names gives them as variables.
func ExampleFromSlice() {
	ctx := context.Background()
	engine := shop(nil)
	campaign, err := engine.Create(ctx, outbound.Draft{
		Name: "Table ready", Touchpoint: "shop-bot", Purpose: outbound.Service,
		Message: outbound.Message{Text: "{{.name}}, table {{.table}} is ready."},
	})
	fatal(err)
	_, err = campaign.Import(ctx, "bookings", outbound.FromSlice([]outbound.Recipient{
		{Address: "1001", Reference: "booking-17", Variables: map[string]string{"name": "Anna", "table": "4"}},
		{Address: "1002", Reference: "booking-18", Variables: map[string]string{"name": "Boris"}},
	}))
	fatal(err)

	err = campaign.Start(ctx) // Boris would get half a message
	for _, p := range outbound.ProblemsOf(err) {
		fmt.Println(p.Message)
	}
	// Output:
	// 1 of 2 people lack the variable table; give a default, or let them be skipped
}

// A plan says what a start would do, and sends nothing; a start can insist on it.
func ExampleAsPlanned() {
	ctx := context.Background()
	engine := shop(func(c *outbound.Config) {
		c.Limits = map[string]outbound.Limits{"shop-bot": {Rate: outbound.PerSecond(20)}}
	})
	campaign, err := engine.Create(ctx, outbound.Draft{Name: "Sale", Touchpoint: "shop-bot", Message: outbound.Message{Text: "Sale!"}})
	fatal(err)
	_, err = campaign.Import(ctx, "pasted", outbound.FromAddresses("1001", "1002", "1003"))
	fatal(err)

	plan, err := campaign.Plan(ctx)
	fatal(err)
	fmt.Println(plan.Send, "to be sent at", plan.PerSecond, "a second:", plan.Duration)

	_, err = campaign.Import(ctx, "more", outbound.FromAddresses("1004"))
	fatal(err)
	fmt.Println(campaign.Start(ctx, outbound.AsPlanned(plan)) != nil, "- somebody changed the audience meanwhile")
	// Output:
	// 3 to be sent at 20 a second: 100ms
	// true - somebody changed the audience meanwhile
}

// A single message to one person goes through the same ledger. Its key makes it safe to repeat.
func ExampleEngine_Notify() {
	ctx := context.Background()
	sim, client := simulated()
	engine := shop(func(c *outbound.Config) {
		c.Touchpoints = outbound.Touchpoints{"shop-bot": telegram.New("7:secret", &telegram.Config{HTTPClient: client})}
	})
	for range 2 { // a job that is run again, for one
		_, err := engine.Notify(ctx, outbound.Notification{
			Key:        "parcel-4711-ready",
			Touchpoint: "shop-bot",
			Recipient:  outbound.Recipient{Address: "1001", Variables: map[string]string{"code": "93"}},
			Message:    outbound.Message{Text: "Your parcel is here. The code is {{.code}}."},
		})
		fatal(err)
	}
	fatal(engine.RunUntilIdle(ctx)) // in a service Run(ctx) is serving already

	for _, m := range sim.Received("7:secret", 1001) {
		fmt.Println(m.Text)
	}
	// Output:
	// Your parcel is here. The code is 93.
}

// The counters are those of the store, and sum to the audience at every instant.
func ExampleProgress() {
	ctx := context.Background()
	engine := shop(nil)
	campaign, err := engine.Create(ctx, outbound.Draft{Name: "Sale", Touchpoint: "shop-bot", Message: outbound.Message{Text: "Sale!"}})
	fatal(err)
	_, err = campaign.Import(ctx, "pasted", outbound.FromAddresses("1001", "1002", "1003"))
	fatal(err)
	fatal(campaign.Start(ctx))

	now, err := campaign.Progress(ctx)
	fatal(err)
	fmt.Println(now.Pending, "pending,", now.Accepted, "accepted,", now.Done(), "of", now.Total, "settled")
	fatal(engine.RunUntilIdle(ctx))
	now, err = campaign.Progress(ctx)
	fatal(err)
	fmt.Println(now.Pending, "pending,", now.Accepted, "accepted,", now.Done(), "of", now.Total, "settled")
	fmt.Println(now.Describe(outbound.English), "/", now.Describe(outbound.Russian))
	// Output:
	// 3 pending, 0 accepted, 0 of 3 settled
	// 0 pending, 3 accepted, 3 of 3 settled
	// completed / завершена
}

// Watch streams progress, from any replica, until the campaign is over.
func ExampleEngine_Watch() {
	ctx, stop := context.WithCancel(context.Background())
	engine := shop(nil)
	campaign, err := engine.Create(ctx, outbound.Draft{Name: "Sale", Touchpoint: "shop-bot", Message: outbound.Message{Text: "Sale!"}})
	fatal(err)
	_, err = campaign.Import(ctx, "pasted", outbound.FromAddresses("1001", "1002", "1003"))
	fatal(err)
	fatal(campaign.Start(ctx))

	served := make(chan error)
	go func() { served <- engine.Run(ctx) }()
	var last outbound.Progress
	for now, err := range engine.Watch(ctx, campaign.ID()) {
		fatal(err)
		last = now // draw a bar, push it to a browser
	}
	stop()
	fatal(<-served) // Run has returned: nothing of it is left running
	fmt.Println(last.State, last.Done(), "of", last.Total)
	// Output:
	// completed 3 of 3
}

// A policy decides, person by person and just before each message: send, leave out, or wait.
func ExamplePolicyFunc() {
	ctx := context.Background()
	muted := map[string]bool{"1002": true} // a table of the host
	engine := shop(func(c *outbound.Config) {
		c.Policies = []outbound.Policy{
			outbound.PolicyFunc(func(_ context.Context, c outbound.Candidate) (outbound.Decision, error) {
				if c.Campaign.Purpose == outbound.Marketing && muted[c.Recipient.Address] {
					return outbound.Skip("muted"), nil
				}
				return outbound.Send(), nil
			}),
		}
	})
	campaign, err := engine.Create(ctx, outbound.Draft{Name: "Sale", Touchpoint: "shop-bot", Message: outbound.Message{Text: "Sale!"}})
	fatal(err)
	_, err = campaign.Import(ctx, "pasted", outbound.FromAddresses("1001", "1002"))
	fatal(err)
	fatal(campaign.Start(ctx))
	fatal(engine.RunUntilIdle(ctx))

	for d, err := range campaign.Deliveries(ctx, outbound.DeliveryFilter{}) {
		fatal(err)
		fmt.Printf("%s %s %q\n", d.Address, d.State, d.Reason)
	}
	// Output:
	// 1001 accepted ""
	// 1002 skipped "muted"
}

// A scheduled campaign starts by itself. What happens if nobody is running at its time must be said.
func ExampleEngine_Schedule() {
	ctx := context.Background()
	engine := shop(nil)
	campaign, err := engine.Create(ctx, outbound.Draft{Name: "Sale", Touchpoint: "shop-bot", Message: outbound.Message{Text: "Sale!"}})
	fatal(err)
	_, err = campaign.Import(ctx, "pasted", outbound.FromAddresses("1001", "1002"))
	fatal(err)

	soon := time.Now().Add(200 * time.Millisecond)
	fatal(engine.Schedule(ctx, campaign.ID(), soon, outbound.MissedStartLate))
	now, err := campaign.Progress(ctx)
	fatal(err)
	fmt.Println(now.State)

	fatal(engine.RunUntilIdle(ctx)) // waits for it
	now, err = campaign.Progress(ctx)
	fatal(err)
	fmt.Println(now.State, now.Accepted, !now.Started.Before(soon))
	// Output:
	// scheduled
	// completed 2 true
}

// An answer that was lost leaves a doubt: the person may have the message. Nobody is written to again unless a human says so.
func ExampleEngine_Resolve() {
	ctx := context.Background()
	sim, client := simulated()
	sim.SetFault(func(r simulator.FaultRequest) simulator.Fault {
		if r.ChatID == 1002 {
			return simulator.Fault{Kind: simulator.FaultResetAfter} // the message arrives, the answer does not
		}
		return simulator.Fault{}
	})
	engine := shop(func(c *outbound.Config) {
		c.Touchpoints = outbound.Touchpoints{"shop-bot": telegram.New("7:secret", &telegram.Config{HTTPClient: client})}
	})
	campaign, err := engine.Create(ctx, outbound.Draft{Name: "Sale", Touchpoint: "shop-bot", Message: outbound.Message{Text: "Sale!"}})
	fatal(err)
	_, err = campaign.Import(ctx, "pasted", outbound.FromAddresses("1001", "1002", "1003"))
	fatal(err)
	fatal(campaign.Start(ctx))
	fatal(engine.RunUntilIdle(ctx))

	for d, err := range campaign.Deliveries(ctx, outbound.DeliveryFilter{States: []outbound.State{outbound.Uncertain}}) {
		fatal(err)
		fmt.Println(d.Address, "may have it:", outbound.Words("reason."+d.Reason, outbound.English, nil))
	}
	n, err := engine.Resolve(ctx, campaign.ID(), outbound.ResolveAccepted)
	fatal(err)
	now, err := campaign.Progress(ctx)
	fatal(err)
	fmt.Println(n, "settled:", now.Accepted, "accepted,", now.Uncertain, "uncertain")
	// Output:
	// 1002 may have it: no readable answer came
	// 1 settled: 3 accepted, 0 uncertain
}

// Everything that is known of a person in a campaign, in words.
func ExampleEngine_Explain() {
	ctx := context.Background()
	engine := shop(nil)
	fatal(engine.Suppress(ctx, outbound.Suppression{Address: "1002", Purpose: outbound.Marketing, Reason: "wrote STOP"}))
	campaign, err := engine.Create(ctx, outbound.Draft{Name: "Sale", Touchpoint: "shop-bot", Message: outbound.Message{Text: "Sale!"}})
	fatal(err)
	_, err = campaign.Import(ctx, "pasted", outbound.ParseAudience("1001 1002"))
	fatal(err)
	fatal(campaign.Start(ctx))
	fatal(engine.RunUntilIdle(ctx))

	found, err := engine.Explain(ctx, campaign.ID(), "1002", outbound.English)
	fatal(err)
	text := found[0].Text
	_, last, _ := strings.Cut(text[len(text)-1], " ") // without the time
	fmt.Println(last)
	// Output:
	// skipped: the person is on the suppression list
}
