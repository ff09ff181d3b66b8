package simulator

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const chatShards = 64

// bot is one account: its people, its files and its rate window.
type bot struct {
	id       int64
	username atomic.Pointer[string]
	paid     atomic.Bool // may use allow_paid_broadcast
	everyone atomic.Bool // every positive id has started this bot
	accepted atomic.Int64

	window window
	shards [chatShards]chatShard

	namesMu sync.RWMutex
	names   map[string]int64 // lower-case username without "@" -> chat

	filesMu  sync.RWMutex
	files    map[string]*file
	lastFile int64
}

// chatShard guards the chats whose ids fall into it. Its mutex is taken before the window's, never after.
type chatShard struct {
	mu    sync.Mutex
	chats map[int64]chat
}

func newBot(id int64, config TelegramConfig) *bot {
	b := &bot{id: id, names: make(map[string]int64), files: make(map[string]*file)}
	b.username.Store(new(string))
	b.window.init(config)
	return b
}

func (b *bot) shard(id int64) *chatShard {
	return &b.shards[(uint64(id)*0x9E3779B97F4A7C15)>>58]
}

// change applies f to the bot's chats of these ids.
func (b *bot) change(ids []int64, f func(*chat)) {
	for _, id := range ids {
		s := b.shard(id)
		s.mu.Lock()
		if s.chats == nil {
			s.chats = make(map[int64]chat)
		}
		c := s.chats[id]
		f(&c)
		s.chats[id] = c
		s.mu.Unlock()
	}
}

// appendUser appends the bot's User object (bots/api, User).
func (b *bot) appendUser(out []byte, full bool) []byte {
	out = append(out, `{"id":`...)
	out = strconv.AppendInt(out, b.id, 10)
	out = append(out, `,"is_bot":true,"first_name":"Bot"`...)
	if name := *b.username.Load(); name != "" {
		out = append(out, `,"username":`...)
		out = appendJSONString(out, name)
	}
	if full {
		out = append(out, `,"can_join_groups":true,"can_read_all_group_messages":false,"supports_inline_queries":false`...)
	}
	return append(out, '}')
}

// gauge counts what is under way and remembers the highest count.
type gauge struct {
	now, highest atomic.Int64
}

func (g *gauge) enter() {
	n := g.now.Add(1)
	for {
		highest := g.highest.Load()
		if n <= highest || g.highest.CompareAndSwap(highest, n) {
			return
		}
	}
}

func (g *gauge) leave() { g.now.Add(-1) }

// window is a bot's bulk limit: at most rate messages accepted in any second, and the 429 that follows one too many.
type window struct {
	rate       int
	retryAfter time.Duration
	keepTimes  bool

	mu           sync.Mutex
	ring         []time.Time // instants of the last accepted messages, oldest at next
	next         int
	gate         time.Time // until then every request is 429
	requests     int64
	tooMany      int64
	earlyRetries int64
	paidMessages int64
	arrivals     []time.Time
}

func (w *window) init(config TelegramConfig) {
	w.rate, w.retryAfter, w.keepTimes = config.Rate, config.RetryAfter, config.RecordTimes
	if w.rate > 0 {
		w.ring = make([]time.Time, w.rate)
	}
}

// arrive counts a request and refuses it while a 429 lasts.
func (w *window) arrive() *failure {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	w.requests++
	if w.keepTimes {
		w.arrivals = append(w.arrivals, now)
	}
	if wait := w.gate.Sub(now); wait > 0 {
		w.tooMany++
		w.earlyRetries++
		return tooMany(wholeSeconds(wait))
	}
	return nil
}

// take accepts one message at now, or refuses it and shuts the gate. The caller holds the chat's shard. Paid reports
// that the message was above the free rate and is charged for.
func (w *window) take(allowPaid bool) (now time.Time, paid bool, refused *failure) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now = time.Now()
	if wait := w.gate.Sub(now); wait > 0 {
		w.tooMany++
		return now, false, tooMany(wholeSeconds(wait))
	}
	if w.rate < 0 {
		return now, false, nil
	}
	if allowPaid && len(w.ring) < paidRate {
		w.grow(paidRate)
	}
	if paid = !w.room(w.rate, now); paid && (!allowPaid || !w.room(paidRate, now)) {
		w.tooMany++
		w.gate = now.Add(w.retryAfter)
		return now, false, tooMany(wholeSeconds(w.retryAfter))
	}
	if paid {
		w.paidMessages++
	}
	w.ring[w.next] = now
	w.next = (w.next + 1) % len(w.ring)
	return now, paid, nil
}

// room reports whether one more message at now keeps every window of a second at limit or below: the limit-th message
// back must be a second old.
func (w *window) room(limit int, now time.Time) bool {
	n := len(w.ring)
	if limit > n {
		limit = n
	}
	before := w.ring[((w.next-limit)%n+n)%n]
	return before.IsZero() || now.Sub(before) >= time.Second
}

// grow makes the ring longer and keeps the order of what it holds.
func (w *window) grow(size int) {
	ring := make([]time.Time, size)
	n := copy(ring[size-len(w.ring):], w.ring[w.next:])
	copy(ring[size-len(w.ring)+n:], w.ring[:w.next])
	w.ring, w.next = ring, 0
}

// shut makes every request 429 for a while, as an injected 429 does.
func (w *window) shut(seconds int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tooMany++
	if until := time.Now().Add(time.Duration(seconds) * time.Second); until.After(w.gate) {
		w.gate = until
	}
}

// refuse counts a 429 of one chat's own limit, which does not hold for the bot.
func (w *window) refuse(wait time.Duration) *failure {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tooMany++
	return tooMany(wholeSeconds(wait))
}
