package simulator

import (
	"bytes"
	"iter"
	"slices"
	"sync"
	"time"
)

// Message is one message a person truly got. It is a copy, but the slices in it are shared and must not be changed.
type Message struct {
	ID     int64 // unique in its chat, rising
	ChatID int64
	Time   time.Time // when the provider accepted it
	Method string    // "sendMessage", "sendPhoto" or "sendDocument"

	Text     string   // text or caption without the markup of its parse_mode
	Entities []Entity // bold, links and so on, as parsed
	Media    *Media   // nil for a text
	Buttons  [][]Button

	ReplyMarkup    string // the reply_markup argument as sent
	Silent         bool   // disable_notification
	ProtectContent bool
	NoLinkPreview  bool // link_preview_options.is_disabled
	Paid           bool // above the free rate, charged for

	ContentType string // of the request
	Raw         []byte // the request's body
}

// Media is the file of a message.
type Media struct {
	Kind          string // "photo" or "document"
	FileID        string // as a later request of the same bot may name it
	Name          string
	MIMEType      string
	Size          int64  // bytes; zero for a file by URL, which is never fetched
	Width, Height int    // of a photo, in pixels; zero when unknown
	URL           string // the file was named by this URL
	Uploaded      bool   // the file came with this very request
}

// Entity is a part of a text with a format (bots/api, MessageEntity). Offset and Length are in UTF-16 code units.
type Entity struct {
	Type          string
	Offset        int
	Length        int
	URL           string // text_link
	Language      string // pre
	UserID        int64  // text_mention
	CustomEmojiID string // custom_emoji
}

// Button is a button of an inline keyboard.
type Button struct {
	Text         string
	Action       string // the field that says what it does: "url", "callback_data", ...
	URL          string
	CallbackData string
}

// TelegramStats counts what one bot did.
type TelegramStats struct {
	Requests        int64 // that arrived, refused ones included
	Accepted        int64 // messages
	TooManyRequests int64 // answers 429
	EarlyRetries    int64 // requests that came while a 429 of the bot lasted, for which the provider threatens a ban
	PaidMessages    int64 // messages above the free rate, 0.1 Telegram Stars each
}

// Received is what this person or group truly got from the bot, in order; with [TelegramConfig.CountsOnly] nil.
func (t *Telegram) Received(token string, chatID int64) []Message {
	b := t.known(token)
	if b == nil {
		return nil
	}
	s := b.shard(chatID)
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.chats[chatID]; c.more != nil {
		return slices.Clone(c.more.messages)
	}
	return nil
}

// ReceivedCount is how many messages this person or group truly got from the bot.
func (t *Telegram) ReceivedCount(token string, chatID int64) int {
	b := t.known(token)
	if b == nil {
		return 0
	}
	s := b.shard(chatID)
	s.mu.Lock()
	defer s.mu.Unlock()
	return int(s.chats[chatID].received)
}

// Count is how many messages the bot's people truly got.
func (t *Telegram) Count(token string) int {
	if b := t.known(token); b != nil {
		return int(b.accepted.Load())
	}
	return 0
}

// PerPerson yields every chat that got a message from the bot and how many, in no order. Nothing is locked while the
// caller works; messages accepted meanwhile may or may not be seen. [maps.Collect] makes a map of it.
func (t *Telegram) PerPerson(token string) iter.Seq2[int64, int] {
	return func(yield func(int64, int) bool) {
		b := t.known(token)
		if b == nil {
			return
		}
		type row struct {
			id       int64
			received uint32
		}
		var rows []row
		for i := range b.shards {
			s := &b.shards[i]
			rows = rows[:0]
			s.mu.Lock()
			for id, c := range s.chats {
				if c.received > 0 {
					rows = append(rows, row{id, c.received})
				}
			}
			s.mu.Unlock()
			for _, r := range rows {
				if !yield(r.id, int(r.received)) {
					return
				}
			}
		}
	}
}

// Stats counts what the bot did so far.
func (t *Telegram) Stats(token string) TelegramStats {
	b := t.known(token)
	if b == nil {
		return TelegramStats{}
	}
	w := &b.window
	w.mu.Lock()
	defer w.mu.Unlock()
	return TelegramStats{
		Requests: w.requests, Accepted: b.accepted.Load(), TooManyRequests: w.tooMany,
		EarlyRetries: w.earlyRetries, PaidMessages: w.paidMessages,
	}
}

// RequestTimes are the instants at which the bot's requests arrived, refused ones included, in order. Nil unless
// [TelegramConfig.RecordTimes] is set.
func (t *Telegram) RequestTimes(token string) []time.Time {
	b := t.known(token)
	if b == nil {
		return nil
	}
	b.window.mu.Lock()
	defer b.window.mu.Unlock()
	return slices.Clone(b.window.arrivals)
}

// Requests is how many requests arrived, of all bots, refused ones included.
func (t *Telegram) Requests() int { return int(t.requests.Load()) }

// InFlight is how many requests are under way now: begun, and their answer's headers not yet handed over.
func (t *Telegram) InFlight() int { return int(t.gauge.now.Load()) }

// MaxInFlight is the highest InFlight ever was.
func (t *Telegram) MaxInFlight() int { return int(t.gauge.highest.Load()) }

// Contains reports whether any recorded request held these bytes in its request line, headers or body. A request that
// found no room in [TelegramConfig.RecordBytes] is not searched: a test that relies on false requires
// [Telegram.Unrecorded] to be 0.
func (t *Telegram) Contains(part []byte) bool { return t.record.contains(part) }

// Unrecorded is how many requests Contains does not search.
func (t *Telegram) Unrecorded() int {
	t.record.mu.Lock()
	defer t.record.mu.Unlock()
	return t.record.dropped
}

// recorder keeps raw requests up to a limit of bytes.
type recorder struct {
	limit int

	mu      sync.Mutex
	parts   [][]byte
	size    int
	dropped int
}

func (r *recorder) add(q *request) {
	var head []byte
	if r.limit > 0 {
		head = q.head()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.size+len(head)+len(q.body) > r.limit {
		r.dropped++
		return
	}
	r.size += len(head) + len(q.body)
	r.parts = append(r.parts, head, q.body)
}

func (r *recorder) contains(part []byte) bool {
	r.mu.Lock()
	parts := slices.Clip(r.parts)
	r.mu.Unlock()
	return slices.ContainsFunc(parts, func(b []byte) bool { return bytes.Contains(b, part) })
}
