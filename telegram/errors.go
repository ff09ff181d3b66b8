package telegram

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/internal/httpsend"
)

// ReasonRefused is a refusal of this person's message that the table does not know.
const ReasonRefused = "refused"

// MaxRetryAfter bounds what a 429 may ask for. Flood waits of many hours are real; a longer one is more likely a
// mistake, and a question a day harms nobody.
const MaxRetryAfter = 24 * time.Hour

// row says what an answer means.
type row struct {
	code   int    // error_code, or the HTTP status where the body is not the provider's
	part   string // of the description, in lower case; empty = any
	class  outbound.Class
	reason string
	optOut outbound.Purpose
	bare   bool // holds without a body of the provider's, too: no proxy or server says so after accepting a message
}

// table is what the server's refusals mean. The first row that fits counts. Descriptions are those of
// telegram-bot-api:Client.cpp (fail_query_with_error, on_message_send_failed) and td:MessagesManager.cpp
// (process_send_message_fail_error), with those in capitals that come from the servers behind as they are; they
// change, so a part of them is looked for in any case of letters. A 403 in capitals becomes a 400 there.
//
// What no row knows: 5xx stay in doubt, a 400 concerns this person alone, any other 4xx the account.
func table() [68]row {
	const (
		recipient = outbound.ClassRecipient
		message   = outbound.ClassMessage
		account   = outbound.ClassAccount
	)
	return [...]row{
		{code: 403, part: "blocked by the user", class: recipient, reason: outbound.ReasonBlocked, optOut: outbound.AnyPurpose},
		{code: 403, part: "user_is_blocked", class: recipient, reason: outbound.ReasonBlocked, optOut: outbound.AnyPurpose},
		{code: 403, part: "user is deactivated", class: recipient, reason: outbound.ReasonGone},
		{code: 403, part: "input_user_deactivated", class: recipient, reason: outbound.ReasonGone},
		{code: 403, part: "can't initiate conversation", class: recipient, reason: outbound.ReasonUnknown},
		{code: 403, part: "can't send messages to the bot", class: recipient, reason: outbound.ReasonBadAddress},
		{code: 403, part: "can't send messages to bots", class: recipient, reason: outbound.ReasonBadAddress},
		{code: 403, part: "chat was deleted", class: recipient, reason: outbound.ReasonGone},
		{code: 403, part: "bot was kicked", class: recipient, reason: outbound.ReasonNoRights},
		{code: 403, part: "bot is not a member", class: recipient, reason: outbound.ReasonNoRights},
		{code: 403, class: recipient, reason: outbound.ReasonNoRights},

		{code: 400, part: "frozen_method_invalid", class: account, reason: outbound.ReasonFrozen},
		{code: 400, part: "balance_too_low", class: account, reason: outbound.ReasonBalance},
		{code: 400, part: "logged out", class: account, reason: outbound.ReasonConfig},

		{code: 400, part: "user_is_blocked", class: recipient, reason: outbound.ReasonBlocked, optOut: outbound.AnyPurpose},
		{code: 400, part: "chat not found", class: recipient, reason: outbound.ReasonUnknown},
		{code: 400, part: "user not found", class: recipient, reason: outbound.ReasonUnknown},
		{code: 400, part: "chat_id is empty", class: recipient, reason: outbound.ReasonBadAddress},
		{code: 400, part: "peer_id_invalid", class: recipient, reason: outbound.ReasonUnknown},
		{code: 400, part: "user_deleted", class: recipient, reason: outbound.ReasonGone},
		{code: 400, part: "input_user_deactivated", class: recipient, reason: outbound.ReasonGone},
		{code: 400, part: "group is deactivated", class: recipient, reason: outbound.ReasonGone},
		{code: 400, part: "user_bot_invalid", class: recipient, reason: outbound.ReasonBadAddress},
		{code: 400, part: "channel_private", class: recipient, reason: outbound.ReasonNoRights},
		{code: 400, part: "chat_restricted", class: recipient, reason: outbound.ReasonNoRights},
		{code: 400, part: "chat_write_forbidden", class: recipient, reason: outbound.ReasonNoRights},
		{code: 400, part: "chat_admin_required", class: recipient, reason: outbound.ReasonNoRights},
		{code: 400, part: "user_banned_in_channel", class: recipient, reason: outbound.ReasonNoRights},
		{code: 400, part: "chat_send_", class: recipient, reason: outbound.ReasonNoRights}, // CHAT_SEND_PHOTOS_FORBIDDEN and others
		{code: 400, part: "you_blocked_user", class: recipient, reason: outbound.ReasonNoRights},
		{code: 400, part: "topic_closed", class: recipient, reason: outbound.ReasonNoRights},
		{code: 400, part: "topic_deleted", class: recipient, reason: outbound.ReasonNoRights},
		{code: 400, part: "allow_payment_required", class: recipient, reason: outbound.ReasonNoRights},
		{code: 400, part: "have no write access", class: recipient, reason: outbound.ReasonNoRights},
		{code: 400, part: "need administrator rights", class: recipient, reason: outbound.ReasonNoRights},
		{code: 400, part: "not enough rights", class: recipient, reason: outbound.ReasonNoRights},
		{code: 400, part: "message thread not found", class: recipient, reason: outbound.ReasonNoRights},
		{code: 400, part: "upgraded to a supergroup", class: recipient, reason: outbound.ReasonMigrated}, // without the new id

		{code: 400, part: "reply markup", class: message, reason: outbound.ReasonContent},
		{code: 400, part: "message is too long", class: message, reason: outbound.ReasonTooLong},
		{code: 400, part: "caption is too long", class: message, reason: outbound.ReasonTooLong},
		{code: 400, part: "text is too long", class: message, reason: outbound.ReasonTooLong},
		{code: 400, part: "text is empty", class: message, reason: outbound.ReasonContent},
		{code: 400, part: "text must be non-empty", class: message, reason: outbound.ReasonContent},
		{code: 400, part: "can't parse entities", class: message, reason: outbound.ReasonContent},
		{code: 400, part: "unsupported parse_mode", class: message, reason: outbound.ReasonContent},
		{code: 400, part: "entities_too_long", class: message, reason: outbound.ReasonContent},
		{code: 400, part: "entity_bounds_invalid", class: message, reason: outbound.ReasonContent},
		{code: 400, part: "button_", class: message, reason: outbound.ReasonContent}, // _URL_, _DATA_, _TYPE_INVALID
		{code: 400, part: "reply_markup_", class: message, reason: outbound.ReasonContent},
		{code: 400, part: "inline keyboard button", class: message, reason: outbound.ReasonContent},
		{code: 400, part: "message to be replied not found", class: message, reason: outbound.ReasonContent},
		{code: 400, part: "wrong file identifier", class: message, reason: outbound.ReasonMedia},
		{code: 400, part: "wrong remote file identifier", class: message, reason: outbound.ReasonMedia},
		{code: 400, part: "wrong http url", class: message, reason: outbound.ReasonMedia},
		{code: 400, part: "wrong type of the web page content", class: message, reason: outbound.ReasonMedia},
		{code: 400, part: "failed to get http url content", class: message, reason: outbound.ReasonMedia},
		{code: 400, part: "webpage_", class: message, reason: outbound.ReasonMedia},
		{code: 400, part: "in the request", class: message, reason: outbound.ReasonMedia}, // there is no photo, no document
		{code: 400, part: "photo_", class: message, reason: outbound.ReasonMedia},         // PHOTO_INVALID_DIMENSIONS and others
		{code: 400, part: "unsupported extension", class: message, reason: outbound.ReasonMedia},
		{code: 400, part: "image_process_failed", class: message, reason: outbound.ReasonMedia},
		{code: 400, part: "file is too big", class: message, reason: outbound.ReasonMedia},

		{code: 401, class: account, reason: outbound.ReasonToken, bare: true},
		{code: 404, part: "method not found", class: account, reason: outbound.ReasonConfig},
		{code: 404, class: account, reason: outbound.ReasonToken, bare: true}, // a token that can be nobody's, or a wrong base URL
		{code: 413, class: message, reason: outbound.ReasonTooLong, bare: true},
		{code: 421, class: account, reason: outbound.ReasonConfig, bare: true}, // a server's own list of tokens
	}
}

// sentAnyway is the one 500 that says that the message was accepted: "sent message was immediately deleted and can't be
// returned".
func sentAnyway(description string) bool {
	return strings.Contains(strings.ToLower(description), "sent message was immediately deleted")
}

// classified makes an error of an answer that accepts nothing; ok says that a is one of the provider's. m may be nil.
func (b *bot) classified(got httpsend.Answer, a answer[nothing], ok bool, m *outbound.Outgoing) *outbound.SendError {
	if !ok || !a.refuses() {
		return classifyStatus(got.Status, got.Header)
	}
	wait := max(httpsend.Seconds(a.Parameters.RetryAfter), httpsend.RetryAfter(got.Header))
	failed := classify(a.ErrorCode, a.Description, wait, a.Parameters.MigrateTo)
	failed.Text = b.clean(a.Description, m)
	return failed
}

// classify judges a refusal of the provider's.
func classify(code int, description string, wait time.Duration, migrateTo int64) *outbound.SendError {
	failed := &outbound.SendError{Code: strconv.Itoa(code)}
	switch {
	case code == http.StatusTooManyRequests:
		return throttled(wait)
	case code >= 500 || code < 400:
		failed.Class, failed.Reason = outbound.ClassAmbiguous, outbound.ReasonNoAnswer
		return failed
	case code == http.StatusBadRequest && migrateTo != 0:
		address := strconv.FormatInt(migrateTo, 10)
		if kindOf(address) == chatChannel {
			failed.Class, failed.Reason, failed.Address = outbound.ClassMigrated, outbound.ReasonMigrated, address
			return failed
		}
	}
	// Quoted pieces are the message's own and must decide nothing.
	description = strings.ToLower(httpsend.Unquote(description))
	for _, r := range table() {
		if r.code == code && strings.Contains(description, r.part) {
			failed.Class, failed.Reason, failed.OptOut = r.class, r.reason, r.optOut
			return failed
		}
	}
	failed.Class, failed.Reason = outbound.ClassAccount, outbound.ReasonConfig
	if code == http.StatusBadRequest {
		failed.Class, failed.Reason = outbound.ClassRecipient, ReasonRefused
	}
	return failed
}

// classifyStatus judges an answer whose body is not the provider's, or is not readable: a page of a proxy, for one. A
// request that was redirected or throttled was not accepted; the rows that are bare hold; all else is in doubt.
func classifyStatus(status int, header http.Header) *outbound.SendError {
	failed := &outbound.SendError{Code: strconv.Itoa(status), Class: outbound.ClassAmbiguous, Reason: outbound.ReasonNoAnswer}
	switch {
	case status == http.StatusTooManyRequests:
		return throttled(httpsend.RetryAfter(header))
	case status >= 300 && status < 400:
		failed.Class, failed.Reason = outbound.ClassAccount, outbound.ReasonConfig
		return failed
	}
	for _, r := range table() {
		if r.code == status && r.bare {
			failed.Class, failed.Reason = r.class, r.reason
			return failed
		}
	}
	return failed
}

// throttled stops the whole bot: whatever the limit was, requests during the wait risk a ban
// (github.com/grammyjs/website:site/docs/advanced/flood.md).
func throttled(wait time.Duration) *outbound.SendError {
	return &outbound.SendError{
		Class: outbound.ClassThrottled, Reason: outbound.ReasonRate, Code: strconv.Itoa(http.StatusTooManyRequests),
		RetryAfter: min(wait, MaxRetryAfter),
	}
}

// unanswered makes an error of a request without a readable answer. What was read of one may still say enough.
func unanswered(got httpsend.Answer, err error) *outbound.SendError {
	failure, ok := errors.AsType[*httpsend.Failure](err)
	switch {
	case ok && failure.NotSent:
		failed := unsent(outbound.ClassTransient, outbound.ReasonUnavailable)
		failed.Err = err
		return failed
	case got.Status != 0:
		failed := classifyStatus(got.Status, got.Header)
		failed.Err = err
		return failed
	}
	return &outbound.SendError{Class: outbound.ClassAmbiguous, Reason: outbound.ReasonNoAnswer, Err: err}
}

// unsent is an error from before the request.
func unsent(class outbound.Class, reason string) *outbound.SendError {
	return &outbound.SendError{Class: class, Reason: reason, NotSent: true}
}

// clean takes the token, the address and the message out of the server's words. m may be nil.
func (b *bot) clean(description string, m *outbound.Outgoing) string {
	return httpsend.Clean(description, slices.Concat(b.credentials.secrets(), (*private)(m).Secrets())...)
}

// private is a message as what no error may show of it.
type private outbound.Outgoing

// Secrets are the address, and what was written.
func (m *private) Secrets() []string {
	if m == nil {
		return nil
	}
	secrets := []string{m.Text, m.Address}
	if m.Message != nil {
		secrets = append(secrets, m.Message.Text)
	}
	if m.Media != nil {
		secrets = append(secrets, m.Media.URL, m.Media.Ref, m.Media.Name)
	}
	for _, row := range m.Buttons {
		for _, button := range row {
			secrets = append(secrets, button.URL, button.Text)
		}
	}
	return secrets
}
