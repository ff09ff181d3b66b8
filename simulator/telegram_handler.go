package simulator

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// incoming is a request read and parsed, with the fault chosen for it.
type incoming struct {
	*request
	token, method string
	addressed     bool // the path names a bot
	args          arguments
	refused       *failure // what parsing it said
	fault         Fault
}

// take reads r and chooses its fault. An error is the client's own while it gave us the body.
func (t *Telegram) take(r *http.Request) (*incoming, error) {
	q, err := read(r)
	in := &incoming{request: q}
	in.token, in.method, in.addressed = splitPath(q.url.Path)
	switch {
	case errors.Is(err, errTooLarge):
		in.refused = tooLarge()
	case err != nil:
		return nil, err
	default:
		in.args, in.refused = q.arguments()
	}
	number := t.ordinal.Add(1)
	if choose := t.fault.Load(); choose != nil {
		f := FaultRequest{Number: number, Method: in.method, ChatID: numericChat(in.args.chatID)}
		if m, ok := methodNamed(in.method); ok {
			f.Method = m.name
		}
		if b := t.known(in.token); b != nil {
			f.BotID = b.id
		}
		in.fault = (*choose)(f)
	}
	return in, nil
}

// exchange carries a request through the latency and answers it. An error is the context's.
func (t *Telegram) exchange(ctx context.Context, in *incoming) (answer, error) {
	var latency time.Duration
	if t.config.Latency != nil {
		latency = t.config.Latency()
	}
	if err := wait(ctx, latency/2); err != nil {
		return answer{}, err
	}
	t.requests.Add(1)
	t.record.add(in.request)
	a := in.fault.apply(t.judge(in))
	late := latency - latency/2
	if in.fault.Kind == FaultSlowHeaders {
		late += in.fault.Delay
	}
	return a, wait(ctx, late)
}

// judge answers as the provider does, unless the fault is one that keeps the work from being done. The order is the
// provider's: token, back-off, method, arguments, chat. It does not wait.
func (t *Telegram) judge(in *incoming) answer {
	if !in.addressed {
		return (&failure{code: http.StatusNotFound, description: "Not Found"}).answer()
	}
	b, refused := t.authorize(in.token)
	if refused != nil {
		return refused.answer()
	}
	if refused := b.window.arrive(); refused != nil {
		return refused.answer()
	}
	if in.fault.Kind == FaultError && in.fault.Status == http.StatusTooManyRequests {
		defer b.window.shut(max(wholeSeconds(in.fault.RetryAfter), 1))
	}
	if in.fault.replaces() {
		return answer{}
	}
	m, ok := methodNamed(in.method)
	if !ok {
		return (&failure{code: http.StatusNotFound, description: "Not Found: method not found"}).answer()
	}
	if in.refused != nil {
		return in.refused.answer()
	}
	a, refused := m.do(t, &call{bot: b, incoming: in})
	if refused != nil {
		return refused.answer()
	}
	return a
}

// call is one request of a bot.
type call struct {
	bot *bot
	*incoming
}

// method is an imitated method of the Bot API under the name the provider writes.
type method struct {
	name string
	do   func(*Telegram, *call) (answer, *failure)
}

// methodNamed finds a method by its name in any case (telegram-bot-api:Query.cpp).
func methodNamed(name string) (method, bool) {
	switch name {
	case "sendMessage", "sendmessage":
		return method{"sendMessage", (*Telegram).sendMessage}, true
	case "sendPhoto", "sendphoto":
		return method{"sendPhoto", (*Telegram).sendPhoto}, true
	case "sendDocument", "senddocument":
		return method{"sendDocument", (*Telegram).sendDocument}, true
	case "getMe", "getme":
		return method{"getMe", (*Telegram).getMe}, true
	case "getChat", "getchat":
		return method{"getChat", (*Telegram).getChat}, true
	}
	if lower := strings.ToLower(name); lower != name {
		return methodNamed(lower)
	}
	return method{}, false
}

// splitPath takes /bot<token>/<method> apart (telegram-bot-api:HttpConnection.cpp).
func splitPath(path string) (token, method string, ok bool) {
	rest, ok := strings.CutPrefix(path, "/bot")
	if !ok {
		return "", "", false
	}
	return strings.Cut(rest, "/")
}

// numericChat reads a chat id. What is not a number becomes 0, which is no chat, as with the provider.
func numericChat(id string) int64 {
	if strings.HasPrefix(id, "+") {
		return 0
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// chatID finds the chat a request is about.
func (c *call) chatID() (int64, *failure) {
	id := c.args.chatID
	if id == "" {
		return 0, badRequest("chat_id is empty")
	}
	if name, ok := strings.CutPrefix(id, "@"); ok {
		c.bot.namesMu.RLock()
		defer c.bot.namesMu.RUnlock()
		if found, ok := c.bot.names[strings.ToLower(name)]; ok {
			return found, nil
		}
		return 0, badRequest("chat not found")
	}
	return numericChat(id), nil
}

func (t *Telegram) getMe(c *call) (answer, *failure) {
	return endOK(c.bot.appendUser(beginOK(192), true)), nil
}

func (t *Telegram) getChat(c *call) (answer, *failure) {
	id, refused := c.chatID()
	if refused != nil {
		return answer{}, refused
	}
	s := c.bot.shard(id)
	s.mu.Lock()
	found := s.look(c.bot, id)
	view := found.view(id)
	s.mu.Unlock()
	switch found.state {
	case chatUnknown, chatStranger:
		return answer{}, badRequest("chat not found")
	case chatKicked:
		return answer{}, forbidden("bot was kicked from the " + view.kind + " chat")
	default: // the bot may look at it
	}
	return endOK(view.append(beginOK(128))), nil
}

// chatView is what an answer says of a chat.
type chatView struct {
	id             int64
	kind, username string
}

// view copies what an answer needs. The caller holds the shard.
func (c *chat) view(id int64) chatView {
	v := chatView{id: id, kind: c.kind(id)}
	if c.more != nil {
		v.username = c.more.username
	}
	return v
}

// append appends the Chat object (bots/api, Chat). Names are ours: the simulator knows none.
func (v chatView) append(out []byte) []byte {
	out = append(out, `{"id":`...)
	out = strconv.AppendInt(out, v.id, 10)
	if v.kind == "private" {
		out = append(out, `,"first_name":"User"`...)
	} else {
		out = append(out, `,"title":"Chat"`...)
	}
	if v.username != "" {
		out = append(out, `,"username":`...)
		out = appendJSONString(out, v.username)
	}
	out = append(out, `,"type":"`...)
	out = append(out, v.kind...)
	return append(out, `"}`...)
}

// wait lets d pass, or ends early with the context's error.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
