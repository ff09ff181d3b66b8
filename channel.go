package outbound

import (
	"context"
	"time"
)

// Channel sends to one account of a provider. It is all that an adapter must implement; what only some providers can
// do is an optional interface beside it: [Checker], [AddressChecker], [MessageChecker], [RenderChecker], [BatchSender], [Prober], [Selfchecker].
// They are looked for once, when a touchpoint is opened; a decorator that hides them shows the channel it wraps
// with an Unwrap() Channel method.
//
// An adapter only translates. It keeps no queue, retries nothing, waits for nothing, logs nothing and starts no goroutine
// that outlives a call. It is safe for concurrent use.
type Channel interface {
	// Capabilities says what the account can carry. It does no I/O and answers the same every time.
	Capabilities() Capabilities
	// Send makes one request for one person and says what became of it.
	//
	// A nil error means that the provider accepted the message. Any other outcome is a *SendError, whose Class decides what happens
	// next; an error of another type counts as ClassAmbiguous. When ctx ends the adapter returns as soon as it can; whether
	// the request had left decides between ClassTransient (it is proved that nothing left) and ClassAmbiguous.
	// No error text contains the token, the address or the message.
	Send(ctx context.Context, m *Outgoing) (Receipt, error)
}

// Outgoing is one message to one person, ready to be translated. The adapter does not change it and keeps nothing of it after the call.
type Outgoing struct {
	Address string
	// Text is the rendered text (or caption), escaped for Message.Format.
	Text string
	// Buttons are the rendered rows of buttons.
	Buttons [][]Button
	// Media is the file or URL to send; nil = none.
	Media *OutgoingMedia
	// Message is the campaign's message as it was written, shared by all its deliveries: format, options, template.
	Message *Message
	// Variables are the person's, for templates of a provider.
	Variables map[string]string
	// Correlation names the attempt: stable, opaque, at most 64 bytes of [A-Za-z0-9._-]. An adapter passes it on where the
	// provider returns it in receipts.
	Correlation string
	// Nonce is unique for the delivery within the touchpoint and above zero, the same in every attempt, for providers that know an idempotency key. Zero = none.
	Nonce int64
	// Attempt counts from 1; Began is when the first of them did.
	Attempt int
	Began   time.Time
}

// OutgoingMedia is what a message shows: a URL that the provider fetches, a reference that an earlier upload returned, or content to upload.
type OutgoingMedia struct {
	Kind    MediaKind
	URL     string
	Ref     string // the provider's reference; where set, Content is not needed
	Name    string // file name, for uploads
	Content []byte // shared and read-only; set where neither URL nor Ref is
}

// Receipt is what the provider said when it accepted.
type Receipt struct {
	Message string   // the provider's id of the message; may be empty
	Media   MediaRef // a reference to the file that was uploaded with it; zero = none
	Note    string   // a stable code that the adapter's documentation explains, e.g. "held_for_quality"
}

// Capabilities are an account's facts.
type Capabilities struct {
	// Channel is the provider's name as the adapter's package is called: "telegram".
	Channel string
	// Formats the channel carries besides FormatPlain.
	Formats []Format
	// Media kinds it carries, by URL and as a file.
	MediaURL, MediaFile []MediaKind
	// MaxText and MaxCaption bound the rendered text, in TextUnit. Zero = the channel has no such limit.
	MaxText, MaxCaption int
	TextUnit            TextUnit
	// MaxButtons and MaxButtonRows bound URL buttons; zero buttons = the channel has none.
	MaxButtons, MaxButtonRows int
	// Options the channel obeys; a draft that asks for another is refused.
	Options []Option
	// Templates says that messages may name a provider's template; Freeform that they may have a text of their own.
	Templates, Freeform bool
	// Rate is the provider's published rate for the account, without headroom. Zero = unlimited.
	Rate Rate
	// RecipientGap is the least time between two messages to one person; zero = none known.
	RecipientGap time.Duration
	// MaxBatch is how many people one request of BatchSender may carry; 0 or 1 = no batches.
	MaxBatch int
	// BatchSameContent says that a batch carries one content for all.
	BatchSameContent bool
	// Idempotent is how long after a delivery's first attempt a repeated request with the same Nonce cannot double; zero = never safe.
	Idempotent time.Duration
	// Reports names the states that a receipt of the provider can ever report beyond accepted: Delivered, Read.
	Reports []State
	// MediaWithMessage says that files are uploaded with the first message (and their reference returned in its Receipt). The engine lets
	// that first message run alone.
	MediaWithMessage bool
}

// Account is what a provider says of the account behind a token.
type Account struct {
	ID       string   `json:"id"`             // the provider's stable id; pinned at the first send
	Name     string   `json:"name,omitempty"` // what people see
	Username string   `json:"username,omitempty"`
	Missing  []string `json:"missing,omitempty"` // rights or settings that sending needs, in words
}

// Checker asks the provider who the account is. The engine checks before the first send of a lease and while it waits for an outage or an account fault to end.
// Errors are those of Channel.Send.
type Checker interface {
	Check(ctx context.Context) (Account, error)
}

// AddressChecker knows the syntax of the channel's addresses. Without it any non-empty printable address is taken as it is.
type AddressChecker interface {
	// CheckAddress returns the canonical form, or a problem that says what is wrong with it and what it looks like. It does no I/O.
	CheckAddress(address string) (canonical string, problem *Problem)
}

// MessageChecker finds what the provider would refuse in a message, before anything is sent. The engine has checked Capabilities already. It does no I/O.
type MessageChecker interface {
	CheckMessage(m *Message) Problems
}

// RenderChecker finds what the provider would refuse in a message as one person would get it: a plan asks it for every person.
type RenderChecker interface {
	CheckRendered(m *Outgoing) *Problem
}

// BatchSender sends to several people with one request. The interface is settled for adapters to come; this version of the engine does not use it yet.
type BatchSender interface {
	// SendBatch makes one request for at most Capabilities.MaxBatch people and returns one result for each, in their order.
	SendBatch(ctx context.Context, batch []*Outgoing) []BatchReceipt
}

// BatchReceipt is one person's outcome in a batch.
type BatchReceipt struct {
	Receipt Receipt
	Err     error // as of Channel.Send
}

// Prober asks the provider whether it knows a person, without sending. Engine.Probe uses it on a sample.
type Prober interface {
	Probe(ctx context.Context, address string) error
}

// Selfchecker finds what is wrong with an adapter's own configuration, without I/O. New and the opening of a touchpoint ask it.
type Selfchecker interface {
	CheckConfig() Problems
}

// TouchpointSource opens touchpoints by name. A host with thousands of customers' bots implements it over its own tables; others use [Touchpoints].
//
// Open is called when a touchpoint gets work, and again after an account fault, at resume and after it was idle, so a new token needs no restart. A name that this replica cannot
// drive is ErrUnknownTouchpoint; it is then never leased here. Implementations are safe for concurrent use.
type TouchpointSource interface {
	Open(ctx context.Context, name string) (Channel, error)
}

// Touchpoints is a fixed set of touchpoints.
type Touchpoints map[string]Channel

// Open returns the channel of that name, or ErrUnknownTouchpoint.
func (t Touchpoints) Open(_ context.Context, name string) (Channel, error) {
	c, ok := t[name]
	if !ok || c == nil {
		return nil, ErrUnknownTouchpoint
	}
	return c, nil
}

// as finds an optional ability of a channel through its decorators.
func as[T any](c Channel) (T, bool) {
	for c != nil {
		if t, ok := c.(T); ok {
			return t, true
		}
		u, ok := c.(interface{ Unwrap() Channel })
		if !ok {
			break
		}
		c = u.Unwrap()
	}
	var none T
	return none, false
}
