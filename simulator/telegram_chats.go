package simulator

import (
	"strings"
	"time"
)

// PerChatBurst is how many messages a private chat takes at once when [TelegramConfig.PerChat] is on. The FAQ tolerates
// "short bursts" and gives no number; the choice is ours.
const PerChatBurst = 3

const (
	groupMessages = 20 // FAQ: a bot may send at most 20 messages a minute to one group
	groupWindow   = time.Minute
)

// Ranges of chat ids (td:td/telegram/DialogId.cpp, ChannelId.h).
const (
	maxUserID       = 1<<40 - 1
	minBasicGroupID = -999_999_999_999
)

// chatState says what a bot may do in a chat. The zero value is a chat the bot knows nothing of.
type chatState uint8

const (
	chatUnknown chatState = iota
	chatOpen
	chatStranger // Telegram knows the user, but the user never started the bot
	chatBlocked
	chatDeactivated
	chatKicked
	chatMigrated
)

// chat is what a bot knows of one chat. It is small, since there are millions: what few chats have is in more.
type chat struct {
	received uint32
	state    chatState
	channel  bool
	more     *chatMore
}

type chatMore struct {
	messages   []Message
	migratedTo int64
	username   string
	theorem    time.Time   // private chat: when the bucket is full again (GCRA)
	recent     []time.Time // group: instants of the messages of the last minute
}

func (c *chat) extra() *chatMore {
	if c.more == nil {
		c.more = new(chatMore)
	}
	return c.more
}

// AddChats makes people known who have started this bot.
func (t *Telegram) AddChats(token string, ids ...int64) {
	t.setState(token, chatOpen, ids)
}

// AllowAllChats makes every id a user can have (1 to 2^40-1) one who started this bot, unless another method said
// otherwise of that id or it is a bot of this simulator. They take no memory until they are sent to.
func (t *Telegram) AllowAllChats(token string) {
	t.prepared(token).bot.everyone.Store(true)
}

// AddStrangers makes users known who never started this bot: 403 "bot can't initiate conversation with a user".
func (t *Telegram) AddStrangers(token string, ids ...int64) {
	t.setState(token, chatStranger, ids)
}

// Block makes people who block this bot: 403 "bot was blocked by the user".
func (t *Telegram) Block(token string, ids ...int64) { t.setState(token, chatBlocked, ids) }

// Unblock makes them take messages again.
func (t *Telegram) Unblock(token string, ids ...int64) { t.setState(token, chatOpen, ids) }

// Deactivate deletes the accounts of these people: 403 "user is deactivated".
func (t *Telegram) Deactivate(token string, ids ...int64) { t.setState(token, chatDeactivated, ids) }

// AddGroup makes the bot a member of a group (-999999999999 to -1) or supergroup (below -1000000000000).
func (t *Telegram) AddGroup(token string, id int64) { t.setState(token, chatOpen, []int64{id}) }

// AddChannel makes the bot an administrator of a channel that is reached by its id and, when username is not empty, by
// "@username" in any case. People are never reached by "@username": "chat not found", as with the provider.
func (t *Telegram) AddChannel(token string, id int64, username string) {
	b := t.prepared(token).bot
	username = strings.TrimPrefix(username, "@")
	b.change([]int64{id}, func(c *chat) {
		c.state, c.channel = chatOpen, true
		if username != "" {
			c.extra().username = username
		}
	})
	if username != "" {
		b.namesMu.Lock()
		defer b.namesMu.Unlock()
		b.names[strings.ToLower(username)] = id
	}
}

// Kick removes the bot from groups and channels: 403 "bot was kicked from the group chat", or supergroup, or channel.
func (t *Telegram) Kick(token string, ids ...int64) { t.setState(token, chatKicked, ids) }

// MigrateGroup turns a group into a supergroup: the old id answers 400 with migrate_to_chat_id, the new one takes
// messages.
func (t *Telegram) MigrateGroup(token string, from, to int64) {
	b := t.prepared(token).bot
	b.change([]int64{to}, func(c *chat) { c.state = chatOpen })
	b.change([]int64{from}, func(c *chat) {
		c.state = chatMigrated
		c.extra().migratedTo = to
	})
}

func (t *Telegram) setState(token string, state chatState, ids []int64) {
	t.prepared(token).bot.change(ids, func(c *chat) { c.state = state })
}

// look returns a copy of the chat, known by itself or because everyone is. The caller holds the shard.
func (s *chatShard) look(b *bot, id int64) chat {
	c := s.chats[id]
	if c.state == chatUnknown && id > 0 && id <= maxUserID && b.everyone.Load() {
		c.state = chatOpen
	}
	return c
}

// refusal is why a chat takes no message, or nil (telegram-bot-api:Client.cpp check_chat_access; the descriptions of
// MTProto errors: td:MessagesManager.cpp process_send_message_fail_error).
func (c *chat) refusal(id int64, unknownAllowed bool) *failure {
	switch c.state {
	case chatOpen:
		return nil
	case chatStranger:
		return forbidden("bot can't initiate conversation with a user")
	case chatBlocked:
		return forbidden("bot was blocked by the user")
	case chatDeactivated:
		return forbidden("user is deactivated")
	case chatKicked:
		return forbidden("bot was kicked from the " + c.kind(id) + " chat")
	case chatMigrated:
		f := badRequest("group chat was upgraded to a supergroup chat")
		f.migrateTo = c.more.migratedTo
		return f
	default:
		// With allow_paid_broadcast the server skips the look-up of the chat, so the send itself is refused.
		if unknownAllowed && id > 0 && id <= maxUserID {
			return forbidden("bot can't initiate conversation with a user")
		}
		return badRequest("chat not found")
	}
}

// kind is the type of the chat as the Chat object names it.
func (c *chat) kind(id int64) string {
	switch {
	case id > 0:
		return "private"
	case c.channel:
		return "channel"
	case id >= minBasicGroupID:
		return "group"
	default:
		return "supergroup"
	}
}

// perChatWait is how long the chat's own limit makes a message at now wait; zero is not at all.
func (c *chat) perChatWait(id int64, now time.Time) time.Duration {
	switch m := c.more; {
	case m == nil:
		return 0
	case id > 0:
		return max(m.theorem.Sub(now)-(PerChatBurst-1)*time.Second, 0)
	case len(m.recent) < groupMessages:
		return 0
	default:
		return max(m.recent[len(m.recent)-groupMessages].Add(groupWindow).Sub(now), 0)
	}
}

// perChatTake counts a message accepted at now.
func (c *chat) perChatTake(id int64, now time.Time) {
	m := c.extra()
	if id > 0 {
		if m.theorem.Before(now) {
			m.theorem = now
		}
		m.theorem = m.theorem.Add(time.Second)
		return
	}
	if len(m.recent) == groupMessages {
		copy(m.recent, m.recent[1:])
		m.recent = m.recent[:groupMessages-1]
	}
	m.recent = append(m.recent, now)
}
