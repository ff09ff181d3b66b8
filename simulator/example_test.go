package simulator_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/outbound-go/outbound/simulator"
)

// A client is told "502" although the person has the message: the record knows.
func ExampleTelegram() {
	sim := simulator.NewTelegram(simulator.TelegramConfig{})
	sim.AddBot("7:secret", "shop_bot")
	sim.AddChats("7:secret", 42)
	sim.SetFault(simulator.FaultSequence(simulator.Fault{}, simulator.BadGateway(true)))

	client := &http.Client{Transport: sim.RoundTripper()}
	for _, text := range []string{"one", "two"} {
		response, err := client.PostForm("https://api.telegram.org/bot7:secret/sendMessage",
			url.Values{"chat_id": {"42"}, "text": {text}})
		if err != nil {
			fmt.Println(err)
			return
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		fmt.Println(response.Status)
	}
	for _, m := range sim.Received("7:secret", 42) {
		fmt.Println(m.ID, m.Text)
	}
	// Output:
	// 200 OK
	// 502 Bad Gateway
	// 1 one
	// 2 two
}
