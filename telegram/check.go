package telegram

import (
	"context"
	"net/url"
	"strconv"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/internal/httpsend"
)

// Check asks getMe who the bot is. Its errors are those of Send; since nothing is sent, what is ambiguous there is
// transient here.
func (c *Channel) Check(ctx context.Context) (outbound.Account, error) {
	b := c.bot
	if failed := b.unusable(); failed != nil {
		return outbound.Account{}, failed
	}
	var me user
	if failed := ask(ctx, b, b.endpoints.getMe, nil, nil, &me); failed != nil {
		return outbound.Account{}, failed
	}
	if me.ID == 0 {
		return outbound.Account{}, &outbound.SendError{Class: outbound.ClassTransient, Reason: outbound.ReasonNoAnswer}
	}
	account := outbound.Account{ID: strconv.FormatInt(me.ID, 10), Name: me.FirstName, Username: me.Username}
	if !me.IsBot {
		account.Missing = append(account.Missing, "the account is not a bot")
	}
	return account, nil
}

// Probe asks getChat whether the bot knows a chat. A person who blocked the bot is still known; only sending tells. Its
// errors are those of Check.
func (c *Channel) Probe(ctx context.Context, address string) error {
	b := c.bot
	if failed := b.unusable(); failed != nil {
		return failed
	}
	kind := kindOf(address)
	if !b.config.allowed(kind) {
		return unsent(outbound.ClassRecipient, outbound.ReasonBadAddress)
	}
	body := []byte(`{"chat_id":`)
	if kind == chatName {
		body = httpsend.AppendString(body, address)
	} else {
		body = append(body, address...)
	}
	var chat struct {
		ID int64 `json:"id"`
	}
	if failed := ask(ctx, b, b.endpoints.getChat, append(body, '}'), &outbound.Outgoing{Address: address}, &chat); failed != nil {
		return failed
	}
	return nil
}

// ask makes a request that changes nothing.
func ask[T any](ctx context.Context, b *bot, endpoint *url.URL, body []byte, m *outbound.Outgoing, result *T) *outbound.SendError {
	got, err := b.http.Do(ctx, &httpsend.Request{
		URL: endpoint, Header: b.header, Body: body, Limit: b.config.Timeout, Private: (*private)(m),
	}, nil)
	var failed *outbound.SendError
	if err != nil {
		failed = unanswered(got, err)
	} else {
		if a, ok := decode[T](got.Body); ok && a.OK && success(got.Status) {
			*result = a.Result
			return nil
		}
		a, ok := decode[nothing](got.Body)
		failed = b.classified(got, a, ok, m)
	}
	if failed.Class == outbound.ClassAmbiguous {
		failed.Class = outbound.ClassTransient
	}
	return failed
}
