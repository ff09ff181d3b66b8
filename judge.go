package outbound

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// judge decides, person by person, what a campaign does next: who is written to and with what, who is skipped or held and why. A plan and the run use the same one.
type judge struct {
	e       *Engine
	run     *Run
	content *content
	check   RenderChecker
	media   *OutgoingMedia
	alone   bool // the first message uploads the file
}

// item is one delivery on its way through the engine.
type item struct {
	run     *activeRun
	row     Row
	attempt int // the one that would begin
	claim   bool
	out     Outgoing
	decided *Outcome  // instead of sending: held or skipped
	judged  time.Time // local
	useBy   time.Time
	began   time.Time
	settled bool // its outcome is durable
	receipt Receipt
	err     error
	left    bool // the request began
	unsure  bool // nobody knows whether its intent was recorded
	channel Channel
}

func (e *Engine) newJudge(run *Run, c *content, channel Channel) *judge {
	j := &judge{e: e, run: run, content: c}
	j.check, _ = as[RenderChecker](channel)
	if m := c.draft.Message.Media; m != nil {
		j.media = &OutgoingMedia{Kind: m.Kind, URL: m.URL, Name: m.Name, Content: c.file}
		j.alone = channel.Capabilities().MediaWithMessage
		if m.Hash != "" {
			j.media.Ref = run.Media[m.Hash].Ref
		}
	}
	return j
}

// decide turns rows into items, and returns the suppression epoch that they were decided under.
func (j *judge) decide(ctx context.Context, now time.Time, rows []Row, most time.Duration) ([]*item, int64, error) {
	addresses := make([]string, len(rows))
	for i := range rows {
		addresses[i] = rows[i].Address
	}
	hits, epoch, err := j.e.store.Suppressed(ctx, j.run.Group, j.run.Touchpoint, j.run.Purpose, addresses)
	if err != nil {
		return nil, 0, err
	}
	if s := j.e.config.Suppressor; s != nil && len(rows) > 0 {
		more, err := s.Suppressed(ctx, infoOf(j.run), addresses)
		if err != nil {
			return nil, 0, fmt.Errorf("the host's suppressor: %w", err)
		}
		if len(more) != len(rows) {
			return nil, 0, fmt.Errorf("the host's suppressor answered %d of %d addresses", len(more), len(rows))
		}
		for i := range more {
			hits[i] = hits[i] || more[i]
		}
	}
	block := make([]item, len(rows))
	items := make([]*item, len(rows))
	begun := time.Now()
	for i := range rows {
		if most > 0 && i > 0 && time.Since(begun) > most {
			return items[:i], epoch, nil
		}
		it := &block[i]
		items[i] = it
		it.row, it.judged = rows[i], begun
		it.attempt = rows[i].Attempt + 1
		if hits[i] {
			it.decided = &Outcome{Seq: it.row.Seq, State: Skipped, Reason: ReasonSuppressed}
			continue
		}
		if strings.HasPrefix(it.row.Address, ErasedPrefix) {
			it.decided = &Outcome{Seq: it.row.Seq, State: Skipped, Reason: ReasonErased}
			continue
		}
		if it.decided, err = j.policies(ctx, now, it); err != nil {
			return nil, 0, err
		}
		it.judged = time.Now()
		if it.decided == nil {
			j.compose(it)
		}
	}
	return items, epoch, nil
}

// policies asks each policy of the host in turn.
func (j *judge) policies(ctx context.Context, now time.Time, it *item) (*Outcome, error) {
	for _, p := range j.e.config.Policies {
		r := &it.row
		d, err := decideSafely(ctx, p, Candidate{
			Campaign:  infoOf(j.run),
			Recipient: Recipient{Address: r.Address, Reference: r.Reference, Key: r.Key, Variables: r.Variables, Line: r.Line, Column: r.Column},
			Attempt:   it.attempt, Now: now,
		})
		if err != nil {
			return nil, fmt.Errorf("a policy: %w", err)
		}
		setDefault(&d.Reason, ReasonPolicy)
		switch {
		case d.Skip:
			return &Outcome{Seq: r.Seq, State: Skipped, Reason: d.Reason}, nil
		case d.Until.After(now):
			return &Outcome{Seq: r.Seq, State: Pending, Due: d.Until, Reason: d.Reason, Tries: r.Tries}, nil
		}
	}
	return nil, nil
}

// decideSafely turns a panic of a host's policy into an error.
func decideSafely(ctx context.Context, p Policy, c Candidate) (d Decision, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("it panicked: %T", r)
		}
	}()
	return p.Decide(ctx, c)
}

// compose renders what the person gets.
func (j *judge) compose(it *item) {
	it.out.Address, it.out.Media = it.row.Address, j.media
	if missing := j.content.render(&it.out, it.row.Variables); missing != "" {
		it.decided = &Outcome{Seq: it.row.Seq, State: Skipped, Reason: ReasonMissing, Code: missing}
		return
	}
	it.out.Attempt = it.attempt
	it.out.Correlation = correlation(j.run.Number, it.row.Seq, it.attempt)
	if j.check != nil {
		if p := j.check.CheckRendered(&it.out); p != nil {
			it.decided = &Outcome{Seq: it.row.Seq, State: Skipped, Reason: ReasonRender, Code: p.Code}
		}
	}
}

// correlation names an attempt for receipts.
func correlation(run, seq int64, attempt int) string {
	b := make([]byte, 0, 32)
	b = strconv.AppendInt(b, run, 36)
	b = append(b, '.')
	b = strconv.AppendInt(b, seq, 36)
	b = append(b, '.')
	b = strconv.AppendInt(b, int64(attempt), 36)
	return string(b)
}
