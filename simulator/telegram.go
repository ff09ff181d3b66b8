package simulator

import (
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Defaults of [TelegramConfig].
const (
	// DefaultTelegramRate is the free bulk rate the FAQ gives: about 30 messages a second for all chats of a bot.
	DefaultTelegramRate = 30
	// DefaultTelegramRetryAfter is what a 429 names. The provider publishes no number; the choice is ours.
	DefaultTelegramRetryAfter = 3 * time.Second
	// DefaultTelegramRecordBytes bounds the raw requests kept for [Telegram.Contains].
	DefaultTelegramRecordBytes = 8 << 20
)

// paidRate is the most a bot may send in a second with allow_paid_broadcast (bots/api, sendMessage).
const paidRate = 1000

// TelegramConfig configures [NewTelegram]. The zero value is a provider with the published bulk limit, no latency and
// a complete record.
type TelegramConfig struct {
	// Rate is how many messages a bot may have accepted in any window of one second. Zero is
	// [DefaultTelegramRate], negative is unlimited. A message at exactly one second after the first of a full window
	// is accepted. Refused requests take no place.
	Rate int

	// PerChat turns on the limits of one chat: one message a second to a private chat with a burst of
	// [PerChatBurst], 20 messages in any 60 seconds to a group, supergroup or channel (FAQ "My bot is hitting
	// limits"). A 429 of this kind concerns that chat alone. Off by default.
	PerChat bool

	// RetryAfter is what a 429 of the bulk limit names, rounded up to whole seconds. Zero is
	// [DefaultTelegramRetryAfter]. Until it has passed, every request of that bot, whatever its method, is 429 and
	// names the seconds that remain, rounded up. Asking too early does not prolong it (the provider threatens a
	// ban but publishes no rule); [TelegramStats.EarlyRetries] counts it.
	RetryAfter time.Duration

	// Latency is asked once a request; nil is none. Half of it passes before the request arrives, half before the
	// answer does: a client that gives up in the first half has sent nothing that counts, one that gives up in the
	// second half has sent a message it knows nothing of. It is called concurrently.
	Latency func() time.Duration

	// CountsOnly keeps a count per person instead of every message, for runs of millions: about 40 bytes a person.
	CountsOnly bool

	// RecordBytes bounds the raw requests (request line, headers, body) kept for [Telegram.Contains]. Zero is
	// [DefaultTelegramRecordBytes], or nothing with CountsOnly; negative is nothing.
	RecordBytes int

	// RecordTimes keeps the instant every request of a bot arrived (24 bytes each) for [Telegram.RequestTimes].
	RecordTimes bool
}

// Telegram imitates the Telegram Bot API for any number of bots. Make it with [NewTelegram]. All methods are safe for
// concurrent use.
//
// What it imitates: getMe, getChat, sendMessage, sendPhoto and sendDocument, by GET or POST, with arguments in the
// query, as JSON, urlencoded or multipart; names of methods in any case; every other method is 404. Any HTTP method is
// treated alike, and arguments it does not know are ignored.
//
// A bot is found by its token. Methods that prepare a bot (AddChats, Block and so on) add it when the token is new, so
// that the order of preparation does not matter.
type Telegram struct {
	config TelegramConfig

	tokens sync.Map // token -> *botToken
	mu     sync.Mutex
	bots   map[string]*bot // by the part of the token before the colon; guarded by mu
	botIDs sync.Map        // int64 -> struct{}, for "the bot can't send messages to the bot"

	fault    atomic.Pointer[func(FaultRequest) Fault]
	badURLs  sync.Map // URL -> description
	ordinal  atomic.Int64
	requests atomic.Int64
	gauge    gauge
	record   recorder
}

// botToken is one token that leads, or led, to a bot.
type botToken struct {
	bot     *bot
	revoked atomic.Bool
}

// NewTelegram makes a provider without bots. It starts nothing and does no I/O.
func NewTelegram(config TelegramConfig) *Telegram {
	if config.Rate == 0 {
		config.Rate = DefaultTelegramRate
	}
	if config.RetryAfter <= 0 {
		config.RetryAfter = DefaultTelegramRetryAfter
	}
	config.RetryAfter = time.Duration(wholeSeconds(config.RetryAfter)) * time.Second
	if config.RecordBytes == 0 && !config.CountsOnly {
		config.RecordBytes = DefaultTelegramRecordBytes
	}
	return &Telegram{
		config: config,
		bots:   make(map[string]*bot),
		record: recorder{limit: max(config.RecordBytes, 0)},
	}
}

// AddBot makes a bot known by its token "<bot id>:<secret>" and username (without "@"). A second token with the bot id
// of a known bot is a further token of the same bot: revoke the first and add the next to imitate a token that
// BotFather replaced. Adding a revoked token again makes it valid.
func (t *Telegram) AddBot(token, username string) {
	known := t.prepared(token)
	known.revoked.Store(false)
	known.bot.username.Store(&username)
}

// RevokeToken makes every later request with the token 401 Unauthorized. What the bot's people received stays.
func (t *Telegram) RevokeToken(token string) {
	t.prepared(token).revoked.Store(true)
}

// AllowPaidBroadcast lets the bot use allow_paid_broadcast: up to 1000 messages a second, those above the configured
// rate counted in [TelegramStats.PaidMessages] (bots/api, sendMessage). Without it a request that asks for it is 400
// BALANCE_TOO_LOW.
func (t *Telegram) AllowPaidBroadcast(token string) {
	t.prepared(token).bot.paid.Store(true)
}

// RefuseURL makes sendPhoto and sendDocument by this URL answer 400 "Bad Request: " + description, for example
// "failed to get HTTP URL content" or "wrong type of the web page content". URLs are never fetched: any other
// well-formed http or https URL is taken as a good file.
func (t *Telegram) RefuseURL(url, description string) {
	t.badURLs.Store(url, description)
}

// prepared returns the token's entry and adds the bot when there is none.
func (t *Telegram) prepared(token string) *botToken {
	if known, ok := t.tokens.Load(token); ok {
		return known.(*botToken)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if known, ok := t.tokens.Load(token); ok {
		return known.(*botToken)
	}
	name, _, _ := strings.Cut(token, ":")
	b := t.bots[name]
	if b == nil {
		id, _ := strconv.ParseInt(name, 10, 64)
		b = newBot(id, t.config)
		t.bots[name] = b
		if id > 0 {
			t.botIDs.Store(id, struct{}{})
		}
	}
	known := &botToken{bot: b}
	t.tokens.Store(token, known)
	return known
}

// known returns the bot of a token, revoked or not, or nil.
func (t *Telegram) known(token string) *bot {
	if known, ok := t.tokens.Load(token); ok {
		return known.(*botToken).bot
	}
	return nil
}

// authorize finds the bot of a request. A token that no bot can have (no colon, over 80 characters, no positive id
// under 2^54; telegram-bot-api:ClientManager.cpp) is 404, one that no bot has or has any more is 401.
func (t *Telegram) authorize(token string) (*bot, *failure) {
	if found, ok := t.tokens.Load(token); ok && !found.(*botToken).revoked.Load() && wellFormed(token) {
		return found.(*botToken).bot, nil
	}
	if !wellFormed(token) {
		return nil, &failure{code: 404, description: "Not Found"}
	}
	return nil, &failure{code: 401, description: "Unauthorized"}
}

func wellFormed(token string) bool {
	name, secret, ok := strings.Cut(token, ":")
	if !ok || secret == "" || len(token) > 80 || name == "" || name[0] == '0' || name[0] == '+' {
		return false
	}
	id, err := strconv.ParseInt(name, 10, 64)
	return err == nil && id > 0 && id < 1<<54
}

// wholeSeconds rounds up: a client told to wait n seconds must not come back too early.
func wholeSeconds(d time.Duration) int64 {
	return int64((d + time.Second - 1) / time.Second)
}
