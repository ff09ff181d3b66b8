// Package telegram sends through a bot of Telegram (https://core.telegram.org/bots/api).
//
// An address is a chat id: the decimal number of a person who has started the bot. Groups, channels and @names of
// channels are taken only where Config allows them, since a negative id in a list of customers is usually the staff's
// own chat.
//
// The Bot API has no idempotency key and no way to look a message up. A request whose answer is lost stays in doubt
// (outbound.ClassAmbiguous), and so does an answer with a status of 5xx: the provider may have accepted the message.
//
// A token is part of every request's URL. Neither an error nor a formatted Channel shows it.
package telegram

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/internal/httpsend"
)

// Defaults of Config.
const (
	DefaultBaseURL       = "https://api.telegram.org"
	DefaultTimeout       = 30 * time.Second
	DefaultUploadTimeout = 5 * time.Minute
	DefaultConcurrency   = httpsend.DefaultConcurrency
)

// Config configures a Channel. The zero value sends to people through api.telegram.org.
type Config struct {
	// BaseURL is where a server of one's own listens (https://github.com/tdlib/telegram-bot-api): scheme, host and a
	// path to put before "/bot<token>/". Empty = DefaultBaseURL.
	BaseURL string
	// HTTPClient makes the requests instead of our own pool of HTTP/1.1 connections. Its CheckRedirect is not used:
	// redirects are never followed. That nothing left is proved only if its Transport reports to net/http/httptrace, as
	// *http.Transport does.
	HTTPClient *http.Client
	// Timeout is how long one request may take, to the last byte of the answer. Zero = DefaultTimeout.
	Timeout time.Duration
	// UploadTimeout is Timeout for a request that carries a file. Zero = DefaultUploadTimeout.
	UploadTimeout time.Duration
	// AllowGroups takes ids of groups and supergroups, and @names.
	AllowGroups bool
	// AllowChannels takes ids of channels, and @names. By their ids supergroups and channels cannot be told apart.
	AllowChannels bool
	// PaidBroadcast allows up to 1000 messages a second. Those above the free 30 cost 0.1 Telegram Stars each, from the
	// bot's balance, and the bot must be admitted by @BotFather (bots/api, sendMessage, allow_paid_broadcast).
	PaidBroadcast bool
	// Concurrency is how many requests are expected at a time, so that as many connections are kept. It limits nothing.
	// Zero = DefaultConcurrency.
	Concurrency int
}

// Channel is a bot. It is an outbound.Channel and Checker, AddressChecker, MessageChecker, RenderChecker, Prober and
// Selfchecker, and safe for concurrent use.
type Channel struct {
	bot *bot // behind a pointer, so that no way of printing a Channel shows what is in it
}

// bot is what New made of its arguments.
type bot struct {
	config      Config
	credentials *credentials
	problems    outbound.Problems
	http        *httpsend.Client
	header      http.Header
	endpoints   endpoints
	answers     sync.Pool // of *[]byte
}

// credentials are kept behind a pointer of their own: package fmt shows what one pointer leads to when a verb does not
// fit, never what two do.
type credentials struct {
	token string
}

// secrets are the token, and the part of it that is one.
func (c *credentials) secrets() []string {
	_, secret, _ := strings.Cut(c.token, ":")
	return []string{c.token, secret}
}

// endpoints are the URLs of the methods. They contain the token.
type endpoints struct {
	sendMessage, sendPhoto, sendDocument, getMe, getChat *url.URL
}

// answerSize is the capacity of a buffer for answers; a sent message's is a few hundred bytes.
const answerSize = 2 << 10

// New makes a channel of a bot's token, as @BotFather gave it. A nil config is the zero one; it is copied. New does no
// I/O and never fails: what is wrong with the arguments CheckConfig says, and every request then fails with
// outbound.ClassAccount.
func New(token string, config *Config) *Channel {
	b := &bot{credentials: &credentials{token}}
	if config != nil {
		b.config = *config
	}
	base, problems := b.config.check(token)
	b.problems = problems
	b.config.Timeout = cmp.Or(b.config.Timeout, DefaultTimeout)
	b.config.UploadTimeout = cmp.Or(b.config.UploadTimeout, DefaultUploadTimeout)
	b.http = httpsend.New(httpsend.Config{
		HTTPClient: b.config.HTTPClient, Concurrency: b.config.Concurrency, Secrets: b.credentials.secrets(),
	})
	b.header = http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}, "User-Agent": {"outbound"}}
	b.answers.New = func() any {
		buf := make([]byte, 0, answerSize)
		return &buf
	}
	if len(problems) == 0 {
		method := func(name string) *url.URL {
			u := *base
			u.Path, u.RawPath = strings.TrimRight(base.Path, "/")+"/bot"+token+"/"+name, ""
			return &u
		}
		b.endpoints = endpoints{
			sendMessage: method("sendMessage"), sendPhoto: method("sendPhoto"), sendDocument: method("sendDocument"),
			getMe: method("getMe"), getChat: method("getChat"),
		}
	}
	return &Channel{bot: b}
}

// Limits of a token (telegram-bot-api:ClientManager.cpp).
const (
	maxToken = 80      // characters
	maxBotID = 1 << 54 // exclusive
)

// check reports everything that is wrong, and the parsed base URL.
func (c *Config) check(token string) (base *url.URL, problems outbound.Problems) {
	if !tokenSyntax(token) {
		problems = append(problems, newProblem("token", CodeToken))
	}
	base, err := url.Parse(cmp.Or(c.BaseURL, DefaultBaseURL))
	if err != nil || (base.Scheme != "https" && base.Scheme != "http") || base.Hostname() == "" || base.User != nil ||
		base.RawQuery != "" || base.ForceQuery || base.Fragment != "" {
		problems = append(problems, newProblem("base_url", CodeBaseURL))
	}
	if c.Timeout < 0 {
		problems = append(problems, newProblem("timeout", CodeNegative))
	}
	if c.UploadTimeout < 0 {
		problems = append(problems, newProblem("upload_timeout", CodeNegative))
	}
	if c.Concurrency < 0 {
		problems = append(problems, newProblem("concurrency", CodeNegative))
	}
	return base, problems
}

// tokenSyntax is "<bot id>:<secret>".
func tokenSyntax(token string) bool {
	id, secret, _ := strings.Cut(token, ":")
	if len(token) > maxToken || secret == "" || id == "" || id[0] == '0' || !allDecimal(id) {
		return false
	}
	for i := range len(secret) {
		if c := secret[i]; !letter(c) && !decimal(c) && c != '_' && c != '-' {
			return false
		}
	}
	number, err := strconv.ParseInt(id, 10, 64)
	return err == nil && number < maxBotID
}

// CheckConfig says what is wrong with New's arguments: fields "token", "base_url", "timeout", "upload_timeout" and
// "concurrency". It does no I/O; whether the token is valid Check asks.
func (c *Channel) CheckConfig() outbound.Problems { return c.bot.problems }

// CloseIdle closes idle connections, unless the HTTP client is the host's own.
func (c *Channel) CloseIdle() { c.bot.http.CloseIdle() }

// String is "telegram bot 12345": the id is public, the token is not shown.
func (c *Channel) String() string {
	if c == nil || c.bot == nil || len(c.bot.problems) > 0 {
		return "telegram bot"
	}
	id, _, _ := strings.Cut(c.bot.credentials.token, ":")
	return "telegram bot " + id
}

// GoString is String: a token does not belong into a dump.
func (c *Channel) GoString() string { return c.String() }

// Format prints String for every verb, even those that would print the fields.
func (c *Channel) Format(state fmt.State, verb rune) {
	if verb == 'q' {
		_, _ = fmt.Fprintf(state, "%q", c.String())
		return
	}
	_, _ = state.Write([]byte(c.String()))
}

// LogValue is String for package slog.
func (c *Channel) LogValue() slog.Value { return slog.StringValue(c.String()) }
