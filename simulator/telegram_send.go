package simulator

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// Limits of a text, in Unicode code points after entity parsing (td:td/telegram/MessageContent.cpp utf8_length) and of
// the argument, in bytes (telegram-bot-api:Client.cpp get_formatted_text).
const (
	maxText     = 4096
	maxCaption  = 1024
	maxRawBytes = 1 << 15
)

// formatted is a text without its markup.
type formatted struct {
	text     string
	entities []Entity
}

func (t *Telegram) sendMessage(c *call) (answer, *failure) {
	if c.args.text == "" {
		return answer{}, badRequest("message text is empty")
	}
	text, refused := parseText(c.args.text, c.args.parseMode, c.args.entities)
	if refused != nil {
		return answer{}, refused
	}
	return t.send(c, text, nil, "")
}

func (t *Telegram) sendPhoto(c *call) (answer, *failure) {
	return t.sendFile(c, "photo", c.args.photo)
}

func (t *Telegram) sendDocument(c *call) (answer, *failure) {
	return t.sendFile(c, "document", c.args.document)
}

func (t *Telegram) sendFile(c *call, kind, named string) (answer, *failure) {
	source, refused := c.source(kind, named)
	if refused != nil {
		return answer{}, refused
	}
	caption, refused := parseText(c.args.caption, c.args.parseMode, c.args.captionEntities)
	if refused != nil {
		return answer{}, refused
	}
	return t.send(c, caption, source, kind)
}

// send checks what all messages share, in the provider's order, and delivers. Source is nil for a text.
func (t *Telegram) send(c *call, text formatted, source *source, kind string) (answer, *failure) {
	buttons, refused := parseMarkup(c.args.replyMarkup)
	if refused != nil {
		return answer{}, refused
	}
	id, refused := c.chatID()
	if refused != nil {
		return answer{}, refused
	}
	if refused := t.reachable(c, id); refused != nil {
		return answer{}, refused
	}
	if source == nil {
		if empty(text.text) {
			return answer{}, badRequest("text must be non-empty")
		}
		if utf8.RuneCountInString(text.text) > maxText {
			return answer{}, badRequest("message is too long")
		}
	} else if len(text.text) > maxCaption && utf8.RuneCountInString(text.text) > maxCaption {
		return answer{}, badRequest("message caption is too long")
	}
	if refused := checkButtons(buttons); refused != nil {
		return answer{}, refused
	}
	var media *media
	if source != nil {
		if media, refused = t.resolve(c.bot, source, kind); refused != nil {
			return answer{}, refused
		}
	}
	m, view, refused := t.deliver(c, id, text, media, buttons)
	if refused != nil {
		return answer{}, refused
	}
	return c.messageAnswer(m, view, media), nil
}

// reachable refuses a chat that takes no message of this bot.
func (t *Telegram) reachable(c *call, id int64) *failure {
	if id > 0 {
		if _, isBot := t.botIDs.Load(id); isBot {
			return forbidden("the bot can't send messages to the bot")
		}
	}
	s := c.bot.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.look(c.bot, id)
	return found.refusal(id, c.args.paidBroadcast)
}

// deliver is the moment of acceptance: the chat, its own limit and the bot's are checked and the message is recorded in
// one critical section, so that what the record says was accepted is what was within the limits.
func (t *Telegram) deliver(c *call, id int64, text formatted, media *media, buttons [][]Button) (Message, chatView, *failure) {
	b, args := c.bot, &c.args
	if args.paidBroadcast && !b.paid.Load() {
		return Message{}, chatView{}, badRequest("BALANCE_TOO_LOW")
	}
	m := Message{
		ChatID: id, Method: "sendMessage", Text: text.text, Entities: text.entities, Buttons: buttons,
		ReplyMarkup: args.replyMarkup, Silent: args.silent, ProtectContent: args.protect,
		NoLinkPreview: previewDisabled(args.linkPreview),
		ContentType:   c.header.Get("Content-Type"), Raw: c.body,
	}
	if media != nil {
		m.Media = &media.Media
		if m.Method = "sendPhoto"; media.Kind == "document" {
			m.Method = "sendDocument"
		}
	}
	s := b.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.look(b, id)
	if refused := found.refusal(id, args.paidBroadcast); refused != nil {
		return m, chatView{}, refused
	}
	if t.config.PerChat {
		if wait := found.perChatWait(id, time.Now()); wait > 0 {
			return m, chatView{}, b.window.refuse(wait)
		}
	}
	now, paid, refused := b.window.take(args.paidBroadcast)
	if refused != nil {
		return m, chatView{}, refused
	}
	found.received++
	m.ID, m.Time, m.Paid = int64(found.received), now, paid
	if t.config.PerChat {
		found.perChatTake(id, now)
	}
	if !t.config.CountsOnly {
		more := found.extra()
		more.messages = append(more.messages, m)
	}
	if s.chats == nil {
		s.chats = make(map[int64]chat)
	}
	s.chats[id] = found
	b.accepted.Add(1)
	if media != nil {
		b.keep(media)
	}
	return m, found.view(id), nil
}

func previewDisabled(options string) bool {
	if options == "" {
		return false
	}
	var o struct {
		Disabled bool `json:"is_disabled"`
	}
	return json.Unmarshal([]byte(options), &o) == nil && o.Disabled
}

// messageAnswer is the Message object (bots/api, Message).
func (c *call) messageAnswer(m Message, view chatView, media *media) answer {
	out := beginOK(256 + len(m.Text) + len(m.ReplyMarkup) + 96*len(m.Entities))
	out = append(out, `{"message_id":`...)
	out = strconv.AppendInt(out, m.ID, 10)
	if view.kind == "channel" {
		out = append(out, `,"sender_chat":`...)
		out = view.append(out)
	} else {
		out = append(out, `,"from":`...)
		out = c.bot.appendUser(out, false)
	}
	out = append(out, `,"chat":`...)
	out = view.append(out)
	out = append(out, `,"date":`...)
	out = strconv.AppendInt(out, m.Time.Unix(), 10)
	text, entities := `,"text":`, `,"entities":`
	if media != nil {
		out = media.append(out)
		text, entities = `,"caption":`, `,"caption_entities":`
	}
	if m.Text != "" {
		out = append(out, text...)
		out = appendJSONString(out, m.Text)
	}
	if len(m.Entities) > 0 {
		out = append(out, entities...)
		out = appendEntities(out, m.Entities)
	}
	if m.ProtectContent {
		out = append(out, `,"has_protected_content":true`...)
	}
	if len(m.Buttons) > 0 {
		out = append(out, `,"reply_markup":`...)
		out = append(out, m.ReplyMarkup...)
	}
	return endOK(append(out, '}'))
}

func appendEntities(out []byte, entities []Entity) []byte {
	out = append(out, '[')
	for i, e := range entities {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, `{"offset":`...)
		out = strconv.AppendInt(out, int64(e.Offset), 10)
		out = append(out, `,"length":`...)
		out = strconv.AppendInt(out, int64(e.Length), 10)
		out = append(out, `,"type":`...)
		out = appendJSONString(out, e.Type)
		out = appendMember(out, "url", e.URL)
		out = appendMember(out, "language", e.Language)
		out = appendMember(out, "custom_emoji_id", e.CustomEmojiID)
		if e.UserID != 0 {
			out = append(out, `,"user":{"id":`...)
			out = strconv.AppendInt(out, e.UserID, 10)
			out = append(out, `,"is_bot":false,"first_name":"User"}`...)
		}
		out = append(out, '}')
	}
	return append(out, ']')
}

// appendMember appends a member of a JSON object behind another one, unless value is empty.
func appendMember(out []byte, name, value string) []byte {
	if value == "" {
		return out
	}
	out = append(out, ',', '"')
	out = append(out, name...)
	out = append(out, '"', ':')
	return appendJSONString(out, value)
}
