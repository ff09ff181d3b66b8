// Package simulator imitates messenger providers with their real limits and errors, so that a client of theirs
// can be tested, broken on purpose and measured without a network account.
//
// [Telegram] is api.telegram.org for any number of bots. It is an [net/http.Handler] for use over a socket and
// offers an [net/http.RoundTripper] for use in process: no sockets, no goroutines, and inside a testing/synctest
// bubble its latency, its rate window and its back-off run on the bubble's clock.
//
//	sim := simulator.NewTelegram(simulator.TelegramConfig{})
//	sim.AddBot("7:secret", "shop_bot")
//	sim.AddChats("7:secret", 42)
//	client := &http.Client{Transport: sim.RoundTripper()}
//	// ... the code under test sends with client ...
//	messages := sim.Received("7:secret", 42)
//
// A simulator knows the truth that a client can only guess: [Telegram.Received] is what a person really got, whatever
// the answer said or whether one arrived at all. [Telegram.SetFault] makes the two differ on purpose.
//
// Provider facts are cited where they are imitated: "td:" is github.com/tdlib/td, "telegram-bot-api:" is
// github.com/tdlib/telegram-bot-api, "bots/api" is https://core.telegram.org/bots/api. Where the provider publishes
// nothing the comment says that the choice is ours. The package imports the standard library only and shares no code
// and no table with the adapters it is used to test.
package simulator
