package outbound_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/outboundtest"
	"github.com/stretchr/testify/require"
)

// Addresses, texts and variables are in no log line and no error, whatever goes wrong. (That tokens are not is the adapters' promise: channeltest.)
func TestPromise10NothingSecretLeaks(t *testing.T) {
	t.Parallel()
	const address, text, name = "79161234567", "a very private offer", "Anna Secretova"
	errs := []func() error{
		blocked, noAnswer, tryAgain, notReached, tokenRevoked,
		func() error { return tooMany(time.Millisecond) },
		func() error {
			return &outbound.SendError{Class: outbound.ClassMessage, Reason: outbound.ReasonContent, Code: "400"}
		},
		func() error { return &outbound.SendError{Class: outbound.ClassMigrated, Address: "79990000000"} },
		func() error { panic("a panic with " + address) },
		func() error { return errors.New("a foreign error with " + address + " and " + text) },
	}
	for i, fail := range errs {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				h := outboundtest.New(t, func(c *outbound.Config) {
					c.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))
					c.Concurrency, c.MaxTries, c.RetryDelay = 2, 2, time.Millisecond
				})
				h.Channel.SetScript(func(_ context.Context, n int, _ *outbound.Outgoing) error {
					if n > 30 {
						return nil
					}
					return fail()
				})
				c := h.Campaign(t, func(d *outbound.Draft) { d.Message.Text = text + " for {{.name}}" })
				var all []error
				note := func(err error) {
					if err != nil {
						all = append(all, err)
					}
				}
				var people []outbound.Recipient
				for range 6 {
					people = append(people, outbound.Recipient{Address: address + fmt.Sprint(len(people)), Variables: map[string]string{"name": name}})
				}
				_, err := c.Import(t.Context(), "list", outbound.FromSlice(append(people, outbound.Recipient{Address: address + "\x00"})))
				note(err)
				note(c.Start(t.Context()))
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
				defer cancel()
				note(h.RunUntilIdle(ctx))
				note(c.Start(t.Context()))
				note(c.Cancel(t.Context()))
				note(c.Resume(t.Context()))
				_, err = h.Preview(t.Context(), c.ID(), people[0])
				note(err)
				_, err = h.Create(t.Context(), outbound.Draft{ID: "x y", Name: "x", Touchpoint: "none", Message: outbound.Message{Text: text + "{{.name | printf}}"}})
				note(err)
				p, err := c.Progress(t.Context())
				note(err)
				var output strings.Builder
				output.WriteString(log.String() + p.Describe(outbound.English) + p.Describe(outbound.Russian))
				for _, err := range all {
					fmt.Fprintf(&output, "%v %+v", err, err)
				}
				require.NotEmpty(t, all)
				for _, secret := range []string{address, text, name, "Secretova"} {
					require.NotContains(t, output.String(), secret)
				}
			})
		})
	}
}
