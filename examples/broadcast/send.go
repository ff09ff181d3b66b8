package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/store/sqlite"
)

// errMismatch: what was asked for is not what the campaign of that id is.
var errMismatch = errors.New("choose another -id, or leave that flag out")

// source names the audience in its campaign, whatever the file is called: another file replaces it while the campaign is a draft.
const source = "audience"

// sender is one run of the command.
type sender struct {
	o     *options
	t     terminal
	e     *outbound.Engine
	c     outbound.Campaign
	began time.Time // when it began to send; zero = not yet
}

// send makes or finds the campaign and sends until it is completed or cannot go on.
func send(ctx context.Context, o options, t terminal) status {
	if o.id == "" {
		o.id = outbound.CampaignID(rand.Text())
		t.say("campaign %s (-id %[1]s goes on with it)", o.id)
	}
	s := &sender{o: &o, t: t}
	why, err := s.run(withActor(ctx))
	if err != nil && ctx.Err() != nil { // it was cut short on purpose; what is recorded is recorded
		why.code, why.text, err = interrupted().code, interrupted().text, nil
	}
	return s.report(why, err)
}

func (s *sender) run(ctx context.Context) (why reason, err error) {
	audience, closeAudience, err := openAudience(ctx, s.o.audience, s.t.in)
	if err != nil {
		return why, err
	}
	defer closeAudience()
	store, err := sqlite.Open(ctx, s.o.db)
	if err != nil {
		return why, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := s.findTouchpoint(ctx, store); err != nil {
		return why, err
	}
	if s.e, err = engineOf(s.o, store); err != nil {
		return why, err
	}
	s.c = s.e.Campaign(s.o.id)
	over, err := s.prepare(ctx, audience)
	if err != nil {
		return s.last(ctx, reason{}, err)
	}
	if over {
		return s.last(ctx, canceled(), nil)
	}
	s.began = time.Now()
	why, err = s.drive(ctx)
	return s.last(ctx, why, err)
}

// openAudience opens the file of ids; nil = there is none. Reading standard input ends with ctx, too.
func openAudience(ctx context.Context, name string, in io.Reader) (audience outbound.Audience, done func(), err error) {
	done = func() {}
	switch name {
	case "":
		return nil, done, nil
	case "-":
		r, w := io.Pipe()
		go func() {
			_, err := io.Copy(w, in)
			w.CloseWithError(err)
		}()
		restore := context.AfterFunc(ctx, func() { w.CloseWithError(context.Cause(ctx)) })
		return outbound.ReadAudience(r), func() {
			restore()
			_ = r.Close() // of a pipe never fails
		}, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, done, fmt.Errorf("-audience: %w", err)
	}
	return outbound.ReadAudience(file), func() { file.Close() }, nil
}

// findTouchpoint takes the name of the touchpoint from the campaign, if it is there already.
func (s *sender) findTouchpoint(ctx context.Context, store outbound.Store) error {
	run, err := store.ReadRun(ctx, s.o.id)
	switch {
	case errors.Is(err, outbound.ErrNotFound):
		if s.o.touchpoint == "" {
			s.o.touchpoint = s.o.channel
		}
		return nil
	case err != nil:
		return err
	case s.o.touchpoint == "":
		s.o.touchpoint = run.Touchpoint
	case s.o.touchpoint != run.Touchpoint:
		return fmt.Errorf("campaign %q belongs to the touchpoint %q, not %q: %w", s.o.id, run.Touchpoint, s.o.touchpoint, errMismatch)
	}
	return nil
}

// prepare brings the campaign to where it runs, from wherever it is; over says that it has ended already.
func (s *sender) prepare(ctx context.Context, audience outbound.Audience) (over bool, err error) {
	p, err := s.c.Progress(ctx)
	if errors.Is(err, outbound.ErrNotFound) {
		p.State = outbound.DraftState
	} else if err != nil {
		return false, err
	}
	if p.State != outbound.DraftState && (s.o.set["text"] || s.o.set["audience"]) {
		s.t.say("campaign %s was started before: its text and audience are as they were then", s.o.id)
	}
	switch p.State {
	case outbound.DraftState:
		return false, s.begin(ctx, audience)
	case outbound.Scheduled:
		s.t.say("it was scheduled for %s, and starts now", p.StartAt.Local().Format(time.DateTime))
		return false, s.c.Start(ctx)
	case outbound.Running, outbound.Paused:
		if p.State == outbound.Paused {
			s.t.say("it was %s; it is resumed", p.Describe(outbound.English))
		}
		// Of a running one it lifts an account fault: there may be a new token.
		return false, s.c.Resume(ctx)
	case outbound.Completed:
		s.t.say("campaign %s is completed since %s; nobody is written to again", s.o.id, p.Ended.Local().Format(time.DateTime))
	case outbound.CanceledState:
		s.t.say("campaign %s is canceled for good; nobody is written to", s.o.id)
	}
	return true, nil
}

// begin writes the draft, or finishes it, and starts it.
func (s *sender) begin(ctx context.Context, audience outbound.Audience) error {
	if s.o.text != "" {
		if err := s.save(ctx); err != nil {
			return err
		}
	}
	if audience != nil {
		report, err := s.c.Import(ctx, source, audience)
		if err != nil {
			return err
		}
		s.t.showImport(&report)
	}
	return s.c.Start(ctx)
}

// save creates the draft, or changes it to what the flags say now.
func (s *sender) save(ctx context.Context) error {
	draft := draftOf(s.o)
	_, err := s.e.Create(ctx, draft)
	if errors.Is(err, outbound.ErrConflict) {
		return s.e.Update(ctx, s.o.id, draft)
	}
	return err
}

func draftOf(o *options) outbound.Draft {
	return outbound.Draft{
		ID: o.id, Name: o.name, Touchpoint: o.touchpoint, Doubts: o.uncertain, Defaults: o.defaults,
		Message: outbound.Message{Text: o.text, Format: o.format},
	}
}

// last adds how far the campaign is, if it is at all. It is asked also when ctx has ended.
func (s *sender) last(ctx context.Context, why reason, err error) (reason, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	p, readErr := s.c.Progress(ctx)
	if readErr == nil {
		why.progress = p
	} else if !errors.Is(readErr, outbound.ErrNotFound) {
		err = errors.Join(err, readErr)
	}
	return why, err
}

// report says how it ended.
func (s *sender) report(why reason, err error) (code status) {
	p := why.progress
	p.ID = s.o.id
	switch {
	case err != nil:
		code = s.t.fail(err)
		why.code = codeOf(err)
	default:
		code = statusOf(p)
	}
	if code == statusDone || code == statusDoubts {
		why.code = ""
	}
	var seconds float64
	if !s.began.IsZero() {
		seconds = float64(time.Since(s.began).Milliseconds()) / 1000
	}
	if p.State != "" {
		s.t.showCounts(&p)
	}
	switch code {
	case statusLeft:
		s.t.say("stopped: %s", why.text)
		if p.State != outbound.CanceledState {
			s.t.say("to go on: %s", s.o.again())
		}
	case statusDoubts:
		s.t.say("%d people may have got it or not; see who: broadcast explain -db %[2]s -id %[3]s -state uncertain; decide: broadcast resolve -db %[2]s -id %[3]s -as resend|accepted|failed",
			p.Uncertain, quote(s.o.db), quote(string(s.o.id)))
	case statusDone, statusUsage:
	case statusError:
		if p.State != "" {
			s.t.say("what is recorded is kept; to go on: %s", s.o.again())
		}
	}
	if s.o.json {
		s.t.printJSON(resultOf(p, why.code, seconds))
	}
	return code
}
