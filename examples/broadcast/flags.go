package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/outbound-go/outbound"
)

// options are what the command line says.
type options struct {
	channel     string
	api         string
	token       string
	audience    string
	text        string
	format      outbound.Format
	defaults    map[string]string
	db          string
	id          outbound.CampaignID
	name        string
	touchpoint  string
	rate        float64
	concurrency int
	uncertain   outbound.Doubts
	lease       time.Duration
	timeout     time.Duration
	patience    time.Duration
	dryRun      bool
	json        bool
	quiet       bool
	given       []string // the flags that were set, as they may be shown: without token and id
	set         map[string]bool
}

const usageHead = `broadcast sends a message to many people and can be stopped, killed and continued: nobody is written to twice.

  broadcast -audience FILE -text TEXT [-id ID] [flags]   send; with the -id of a campaign that was begun, go on with it
  broadcast -dry-run -audience FILE -text TEXT           say what would be sent, and send nothing
  broadcast SUBCOMMAND -db FILE [flags]                  ` + subcommandNames + `

Flags:
`

const usageTail = `
The token is taken from the environment variable OUTBOUND_TOKEN if -token is not given. Prefer that: arguments can be seen in ps.

Running again with the -id of a campaign that was killed, stopped or paused (also by "broadcast pause") goes on with it; its text and
audience are those it was started with. A campaign that is completed is reported and not sent again.

Exit status: 0 completed; 4 completed, but some are in doubt (see "broadcast resolve"); 3 stopped with work left; 2 wrong usage; 1 any other error.
`

// secret is the flag whose value is never shown.
const secret = "token"

// parseSend reads the flags of sending. ok is false if there is nothing to do but to end with the status.
func parseSend(args []string, t terminal) (o options, code status, ok bool) {
	f := flag.NewFlagSet("broadcast", flag.ContinueOnError)
	f.StringVar(&o.channel, "channel", "telegram", "`provider` to send through: "+strings.Join(channels(), ", "))
	f.StringVar(&o.api, "api", "", "`URL` whose scheme and host replace the provider's, for a server of one's own")
	f.StringVar(&o.token, secret, "", "the account's `token`; better: OUTBOUND_TOKEN")
	f.StringVar(&o.audience, "audience", "", "`file` of ids, separated in any way; - is standard input")
	f.StringVar(&o.text, "text", "", "`text` of the message; {{.name}} is a variable, see -default")
	format := f.String("format", "plain", "markup of the text: plain, html or markdown")
	f.Func("default", "`name=value` of a variable of the text, for everybody who has none; may be repeated", func(s string) error {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return errors.New("want name=value")
		}
		if o.defaults == nil {
			o.defaults = map[string]string{}
		}
		o.defaults[name] = value
		return nil
	})
	f.StringVar(&o.db, "db", defaultDB, "`file` that everything is kept in")
	id := f.String("id", "", "the campaign's `id`, to go on with it later; a random one is made and said if there is none")
	f.StringVar(&o.name, "name", "broadcast", "what the campaign is called in lists")
	f.StringVar(&o.touchpoint, "touchpoint", "", "`name` of the account in the file; the channel's by default, or the campaign's own")
	f.Float64Var(&o.rate, "rate", 0, "messages a second, used as it is; the provider's published rate less a fifth by default")
	f.IntVar(&o.concurrency, "concurrency", 0, "requests at a time (default 16); after a kill at most twice as many people are in doubt")
	uncertain := f.String("uncertain", "hold", "what becomes of people who may have got it: hold (nobody gets it twice) or resend")
	f.DurationVar(&o.lease, "lease", defaultLease, "how long another process waits after this one was killed")
	f.DurationVar(&o.timeout, "timeout", defaultTimeout, "how long a request may take; then its person is in doubt")
	f.DurationVar(&o.patience, "patience", 2*time.Minute, "how long to wait while the provider does not answer; 0 = for ever")
	f.BoolVar(&o.dryRun, "dry-run", false, "say what would be sent, and send nothing")
	f.BoolVar(&o.json, "json", false, "end with one line of JSON on standard output")
	f.BoolVar(&o.quiet, "quiet", false, "show no progress")
	if code, ok := parse(f, args, t, usageHead, usageTail); !ok {
		return o, code, false
	}
	o.id, o.format, o.uncertain = outbound.CampaignID(*id), outbound.Format(*format), outbound.Doubts(*uncertain)
	o.note(f)
	if o.token == "" {
		o.token = t.env("OUTBOUND_TOKEN")
	}
	if wrong := o.check(); wrong != "" {
		return o, t.usage(f, wrong), false
	}
	if o.format == "plain" {
		o.format = outbound.FormatPlain
	}
	return o, statusDone, true
}

// check says what is wrong with the flags.
func (o *options) check() string {
	started := o.id != "" // it may have been; then neither is needed
	switch {
	case !slices.Contains(channels(), o.channel):
		return "-channel must be one of: " + strings.Join(channels(), ", ")
	case o.api != "" && !isServer(o.api):
		return "-api must be like https://host:port"
	case !slices.Contains([]outbound.Format{"plain", outbound.FormatHTML, outbound.FormatMarkdown}, o.format):
		return "-format must be plain, html or markdown"
	case o.uncertain != outbound.DoubtsHold && o.uncertain != outbound.DoubtsResend:
		return "-uncertain must be hold or resend"
	case o.rate < 0 || math.IsNaN(o.rate) || o.rate > 1e6:
		return "-rate must be between 0 and 1000000"
	case o.concurrency < 0 || o.concurrency > 4096:
		return "-concurrency must be between 0 and 4096"
	case o.patience < 0:
		return "-patience must not be negative"
	case o.set["id"] && o.id == "":
		return "-id must not be empty"
	case o.db == "":
		return "-db must not be empty"
	case !started && o.audience == "":
		return "-audience is missing: a file of ids, or - for standard input"
	case !started && o.text == "":
		return "-text is missing"
	case o.token == "" && !o.dryRun:
		return "no token: set OUTBOUND_TOKEN, or give -token"
	}
	return checkTimes(o.lease, o.timeout)
}

// checkTimes says what is wrong with -lease and -timeout.
func checkTimes(lease, timeout time.Duration) string {
	switch {
	case lease < 100*time.Millisecond || lease > 10*time.Minute:
		return "-lease must be between 100ms and 10m"
	case timeout <= 0 || timeout > 10*time.Minute:
		return "-timeout must be above 0 and at most 10m"
	}
	return ""
}

func isServer(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

// note remembers which flags were set, to say how to go on.
func (o *options) note(f *flag.FlagSet) {
	o.set = map[string]bool{}
	f.Visit(func(g *flag.Flag) {
		o.set[g.Name] = true
		switch g.Name {
		case secret, "id", "default", "dry-run":
		case "json", "quiet":
			o.given = append(o.given, "-"+g.Name)
		default:
			o.given = append(o.given, "-"+g.Name+" "+quote(g.Value.String()))
		}
	})
	for name, value := range o.defaults {
		o.given = append(o.given, "-default "+quote(name+"="+value))
	}
}

// again is the command that goes on with the campaign.
func (o *options) again() string {
	return strings.Join(append([]string{"broadcast", "-id", quote(string(o.id))}, o.given...), " ")
}

// quote makes a word of a POSIX shell.
func quote(s string) string {
	plain := func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_./:@%+,=", r))
	}
	if s != "" && !strings.ContainsFunc(s, plain) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// parse reads flags; nothing may stand behind them.
func parse(f *flag.FlagSet, args []string, t terminal, head, tail string) (code status, ok bool) {
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		f.SetOutput(t.out)
		t.print("%s", strings.TrimRight(head, "\n"))
		f.PrintDefaults()
		_, _ = fmt.Fprint(t.out, tail)
		return statusDone, false
	}
	if err != nil {
		return t.usage(f, err.Error()), false
	}
	if f.NArg() > 0 {
		return t.usage(f, "something stands behind the flags that is none (it is not shown, it might be a token); quote values with spaces"), false
	}
	return statusDone, true
}

// usage says what is wrong with the command line.
func (t terminal) usage(f *flag.FlagSet, wrong string) status {
	t.say("%s: %s\n`%s -h` lists the flags", f.Name(), wrong, f.Name())
	return statusUsage
}
