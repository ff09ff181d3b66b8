package telegram_test

import (
	"fmt"

	"github.com/outbound-go/outbound/telegram"
)

// A bot, made of the token that @BotFather gave. The token is shown by no way of printing it.
func ExampleNew() {
	bot := telegram.New("123456789:AAE-example_of_a_secret", nil)
	fmt.Println(bot, bot.CheckConfig().AsError())

	broken := telegram.New("AAE-example_of_a_secret", &telegram.Config{BaseURL: "localhost"})
	for _, problem := range broken.CheckConfig() {
		fmt.Println(problem.Field, problem.Code)
	}

	// Output:
	// telegram bot 123456789 <nil>
	// token telegram_token
	// base_url telegram_base_url
}

// What CheckAddress says of what people paste.
func ExampleChannel_CheckAddress() {
	bot := telegram.New("123456789:AAE-example_of_a_secret", nil)
	for _, address := range []string{"100500", "+7 999 123-45-67", "@ann", "-1001234567890"} {
		_, problem := bot.CheckAddress(address)
		if problem == nil {
			fmt.Println("good")
			continue
		}
		fmt.Println(problem.Code)
	}

	// Output:
	// good
	// address_phone
	// address_username
	// address_group
}
