package outbound

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// start seals a draft and sets it running.
func (e *Engine) start(ctx context.Context, id CampaignID, options []StartOption) error {
	run, err := e.store.ReadRun(ctx, id)
	if err == nil && run.State == Running {
		return nil
	}
	return errorf("start", id, e.launch(ctx, id, options, func(r *Run, now time.Time) (string, error) {
		switch r.State {
		case Running:
			return "", nil
		case DraftState, Scheduled:
			r.State, r.Started, r.Heartbeat, r.StartAt, r.Cause = Running, now, now, time.Time{}, Cause{}
			return "start", nil
		default: // refused below
		}
		return "", stateError(r, startHint(r.State))
	}))
}

func startHint(s CampaignState) string {
	switch s {
	case Paused:
		return "resume it"
	case Completed:
		return "retry its failed deliveries, or clone it"
	default: // whatever it is, a clone can be sent
	}
	return "clone it"
}

// Schedule seals a draft and starts it by itself at a time. missed says what happens if no process runs then: it must be chosen.
// A scheduled campaign can be scheduled anew, started, paused or canceled; Unschedule makes it a draft again.
func (e *Engine) Schedule(ctx context.Context, id CampaignID, at time.Time, missed MissedStart, options ...StartOption) error {
	if missed != MissedStartLate && missed != MissedPause {
		return errorf("schedule", id, Problems{NewProblem("missed", "not_one_of", "values", "start_late, pause")})
	}
	return errorf("schedule", id, e.launch(ctx, id, options, func(r *Run, now time.Time) (string, error) {
		if r.State != DraftState && r.State != Scheduled {
			return "", stateError(r, "only a draft can be scheduled")
		}
		if !at.After(now) {
			return "", Problems{NewProblem("at", "time_past")}
		}
		if !r.NotAfter.IsZero() && !at.Before(r.NotAfter) {
			return "", Problems{NewProblem("at", "after_expiry")}
		}
		r.State, r.StartAt, r.Missed = Scheduled, at.UTC().Round(0), missed
		return "schedule", nil
	}))
}

// Unschedule makes a scheduled campaign a draft again.
func (e *Engine) Unschedule(ctx context.Context, id CampaignID) error {
	_, err := e.store.UpdateRun(ctx, id, func(r *Run) (Act, error) {
		if r.State != Scheduled {
			return Act{}, stateError(r, "it is not scheduled")
		}
		r.State, r.StartAt, r.Missed, r.Sealed = DraftState, time.Time{}, "", nil
		return e.act(ctx, r, "unschedule", ""), nil
	})
	e.touched()
	return errorf("unschedule", id, err)
}

// launch checks everything that a start needs, seals the content and lets change set the state, in one transaction.
func (e *Engine) launch(ctx context.Context, id CampaignID, options []StartOption, change func(*Run, time.Time) (string, error)) error {
	var o startOptions
	for _, option := range options {
		option(&o)
	}
	run, err := e.store.ReadRun(ctx, id)
	if err != nil {
		return err
	}
	if err := e.authorize(ctx, ActionStart, &run); err != nil {
		return err
	}
	var document []byte
	revision := run.Revision
	if run.State == DraftState {
		if document, err = e.sealable(ctx, &run); err != nil {
			return err
		}
	}
	now, err := e.clock.fresh(ctx)
	if err != nil {
		return err
	}
	_, err = e.store.UpdateRun(ctx, id, func(r *Run) (Act, error) {
		if o.check && r.Revision != o.revision && r.State != Running {
			return Act{}, fmt.Errorf("plan it again: %w", ErrPlanChanged)
		}
		if r.State == DraftState {
			if r.Cause.Code == updating {
				return Act{}, fmt.Errorf("%w: %w", errUpdating, ErrConflict)
			}
			if r.Revision != revision {
				return Act{}, ErrConflict
			}
			if err := startable(r); err != nil {
				return Act{}, err
			}
			r.Sealed = document
		}
		action, err := change(r, now)
		if err != nil || action == "" {
			return Act{}, err
		}
		r.CompleteIfDone(now)
		return e.act(ctx, r, action, ""), nil
	})
	if errors.Is(err, ErrConflict) && !errors.Is(err, errUpdating) && ctx.Err() == nil && run.State == DraftState {
		return e.launch(ctx, id, options, change) // the draft moved on while it was checked
	}
	if err == nil {
		e.awaken()
	}
	return err
}

// startable says whether a draft's audience can be sent to.
func startable(r *Run) error {
	switch {
	case r.OpenImports > 0:
		return fmt.Errorf("finish it by importing the same source again, or remove it: %w", ErrUnfinishedImport)
	case r.Counts.Total() == 0:
		return fmt.Errorf("import recipients first: %w", ErrEmptyAudience)
	}
	return nil
}

// sealable checks a draft as it is and returns the document to seal.
func (e *Engine) sealable(ctx context.Context, run *Run) ([]byte, error) {
	if err := startable(run); err != nil {
		return nil, err
	}
	d, err := e.loadDraft(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	compiled, problems := e.checkDraft(ctx, d)
	if len(problems) > 0 {
		return nil, problems
	}
	imports, err := e.store.Imports(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	if problems := missingVariables(compiled, imports, run.Counts.Total()); len(problems) > 0 {
		return nil, problems
	}
	return seal(d, run.Revision)
}

// missingVariables finds variables of the text that people lack.
func missingVariables(c *content, imports []ImportRecord, total int64) Problems {
	var problems Problems
	for _, name := range c.variables() {
		if _, ok := c.draft.Defaults[name]; ok {
			continue
		}
		var have int64
		for i := range imports {
			have += imports[i].Variables[name]
		}
		switch {
		case have == 0:
			problems = append(problems, NewProblem("message", "variable_unknown", "variable", name, "known", knownVariables(imports)))
		case have < total && c.draft.Missing == MissingRefuse:
			problems = append(problems, NewProblem("message", "variable_missing", "variable", name, "missing", fmt.Sprint(total-have), "total", fmt.Sprint(total)))
		}
	}
	return problems
}

func knownVariables(imports []ImportRecord) string {
	var names []string
	for i := range imports {
		for name := range imports[i].Variables {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// startDue starts a scheduled campaign whose time has come.
func (e *Engine) startDue(ctx context.Context, run *Run) error {
	now := e.clock.now()
	refused := e.authorize(ctx, ActionStart, run) != nil
	_, err := e.store.UpdateRun(ctx, run.ID, func(r *Run) (Act, error) {
		if r.State != Scheduled || r.StartAt.After(now) {
			return Act{}, nil
		}
		late := now.Sub(r.StartAt)
		switch {
		case refused:
			r.State, r.Cause = Paused, Cause{Code: "not_allowed", At: now}
			return e.act(ctx, r, "pause", "not_allowed"), nil
		case r.Missed == MissedPause && late > missedAfter:
			r.State, r.Cause = Paused, Cause{Code: "missed_start", Text: late.Round(time.Second).String(), At: now}
			return e.act(ctx, r, "pause", "missed_start"), nil
		}
		r.State, r.Started, r.Heartbeat, r.Cause = Running, now, now, Cause{}
		r.CompleteIfDone(now)
		return e.act(ctx, r, "start", "scheduled"), nil
	})
	e.awaken()
	return err
}

// missedAfter is how late a scheduled campaign may start and still count as in time.
const missedAfter = 5 * time.Minute

// pause stops a campaign and waits until nothing of it begins any more.
func (e *Engine) pause(ctx context.Context, id CampaignID) error {
	run, err := e.pauseWith(ctx, id, Cause{Code: "requested", Actor: ActorOf(ctx)})
	if err != nil {
		return errorf("pause", id, err)
	}
	return errorf("pause", id, e.quiesce(ctx, &run))
}

// pauseWith pauses for a cause. Pausing a paused campaign changes nothing.
func (e *Engine) pauseWith(ctx context.Context, id CampaignID, cause Cause) (Run, error) {
	cause.At = e.clock.now()
	run, err := e.store.UpdateRun(ctx, id, func(r *Run) (Act, error) {
		switch r.State {
		case Paused:
			return Act{}, nil
		case Running, Scheduled:
			r.State, r.Cause, r.Waiting = Paused, cause, Waiting{}
			return e.act(ctx, r, "pause", cause.Code), nil
		case DraftState, Completed, CanceledState:
		}
		return Act{}, stateError(r, "only a running or scheduled campaign can be paused")
	})
	if err == nil {
		e.awaken()
	}
	return run, err
}

// resume sets a paused campaign running and opens its touchpoint anew.
func (e *Engine) resume(ctx context.Context, id CampaignID) error {
	run, err := e.store.ReadRun(ctx, id)
	if err != nil {
		return errorf("resume", id, err)
	}
	if err := e.authorize(ctx, ActionResume, &run); err != nil {
		return errorf("resume", id, err)
	}
	now, err := e.clock.fresh(ctx)
	if err != nil {
		return errorf("resume", id, err)
	}
	_, err = e.store.UpdateRun(ctx, id, func(r *Run) (Act, error) {
		switch r.State {
		case Running:
			r.Heartbeat = now // somebody looked at it
			return Act{}, nil
		case Paused:
			if r.PauseAfter > 0 && r.Begun >= r.PauseAfter {
				r.PauseAfter = 0 // it was looked at
			}
			if r.Started.IsZero() && r.StartAt.After(now) {
				r.State, r.Cause = Scheduled, Cause{}
				return e.act(ctx, r, "resume", "scheduled"), nil
			}
			r.State, r.Cause, r.Heartbeat = Running, Cause{}, now
			if r.Started.IsZero() {
				r.Started = now
			}
			r.CompleteIfDone(now)
			return e.act(ctx, r, "resume", ""), nil
		default: // refused below
		}
		return Act{}, stateError(r, "only a paused campaign can be resumed")
	})
	if err != nil {
		return errorf("resume", id, err)
	}
	return errorf("resume", id, e.reopenTouchpoint(ctx, run.Touchpoint))
}

// reopenTouchpoint lifts an account fault, so that the owner opens the touchpoint anew, with a new token if there is one; and has an outage probed at once.
func (e *Engine) reopenTouchpoint(ctx context.Context, name string) error {
	_, err := e.store.UpdateTouchpoint(ctx, name, func(t *TouchpointRecord) (Act, error) {
		switch t.Gate.Kind {
		case GateAccount:
			t.Gate = Gate{}
		case GateOutage:
			t.Gate.Until = time.Time{}
		case GateOpen, GateThrottle: // the provider's word stands
		}
		return Act{}, nil
	})
	e.mu.Lock()
	if d := e.drivers[name]; d != nil {
		d.askReopen()
	}
	e.mu.Unlock()
	e.awaken()
	return err
}

// cancel ends a campaign for good. It costs the same for ten people and ten million: the rest is canceled by one mark.
func (e *Engine) cancel(ctx context.Context, id CampaignID) error {
	now, err := e.clock.fresh(ctx)
	if err != nil {
		return errorf("cancel", id, err)
	}
	run, err := e.store.UpdateRun(ctx, id, func(r *Run) (Act, error) {
		switch r.State {
		case CanceledState:
			return Act{}, nil
		case Completed:
			return Act{}, stateError(r, "there is nothing left to cancel")
		default: // goes on below
		}
		giveUp(r, Canceled)
		r.State, r.Ended, r.Waiting = CanceledState, now, Waiting{}
		r.Cause = Cause{Code: "requested", Actor: ActorOf(ctx), At: now}
		return e.act(ctx, r, "cancel", ""), nil
	})
	e.awaken()
	if err != nil {
		return errorf("cancel", id, err)
	}
	return errorf("cancel", id, e.quiesce(ctx, &run))
}

// giveUp counts whoever is still pending as canceled or skipped.
func giveUp(r *Run, tail State) {
	r.Counts.Move(Pending, tail, r.Counts.Pending)
	r.Tail = tail
}

// expire skips whoever was not written to before NotAfter.
func (e *Engine) expire(ctx context.Context, id CampaignID) error {
	now := e.clock.now()
	defer e.touched()
	_, err := e.store.UpdateRun(ctx, id, func(r *Run) (Act, error) {
		if r.State != Running || r.NotAfter.IsZero() || now.Before(r.NotAfter) || r.Tail != Pending {
			return Act{}, nil
		}
		giveUp(r, Skipped)
		r.Cause = Cause{Code: "expired", At: now}
		r.CompleteIfDone(now)
		return e.act(ctx, r, "expire", ""), nil
	})
	return err
}
