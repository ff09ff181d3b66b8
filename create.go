package outbound

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// MaxFile bounds a media file, in bytes.
const MaxFile = 64 << 20

// Create saves a draft and returns its handle. It is quick and idempotent by Draft.ID: created again with the same content it
// changes nothing; with another it is ErrConflict. All problems of a draft are reported together (ErrInvalid).
func (e *Engine) Create(ctx context.Context, d Draft) (Campaign, error) {
	return e.create(ctx, d, false)
}

func (e *Engine) create(ctx context.Context, d Draft, notice bool) (Campaign, error) {
	if d.ID == "" {
		d.ID = CampaignID(rand.Text())
	}
	d = normal(d)
	if err := e.prepareDraft(ctx, &d); err != nil {
		return nil, errorf("create", d.ID, err)
	}
	run := runOf(d)
	run.Notice = notice
	if err := e.authorize(ctx, ActionCreate, &run); err != nil {
		return nil, errorf("create", d.ID, err)
	}
	now, err := e.clock.fresh(ctx)
	if err != nil {
		return nil, errorf("create", d.ID, err)
	}
	if err := e.pinGroup(ctx, d); err != nil {
		return nil, errorf("create", d.ID, err)
	}
	run.Created, run.State, run.Revision = now, DraftState, 1
	_, created, err := e.store.CreateRun(ctx, run, e.act(ctx, &run, "create", ""))
	if err != nil {
		return nil, errorf("create", d.ID, err)
	}
	document, err := json.Marshal(d)
	if err != nil {
		return nil, errorf("create", d.ID, err)
	}
	if !created {
		existing, err := e.catalogue.LoadDraft(ctx, d.ID)
		switch {
		case err == nil && !bytes.Equal(existing, document):
			return nil, errorf("create", d.ID, fmt.Errorf("a campaign of this id exists with other content; change it with Update: %w", ErrConflict))
		case err == nil:
			return e.Campaign(d.ID), nil
		case !errors.Is(err, ErrNotFound):
			return nil, errorf("create", d.ID, err)
		}
		// An earlier Create was cut off before its draft was saved: this one is it.
		if _, err := e.store.UpdateRun(ctx, d.ID, func(r *Run) (Act, error) { return Act{}, rewrite(r, &run) }); err != nil {
			return nil, errorf("create", d.ID, err)
		}
	}
	if err := e.catalogue.SaveDraft(ctx, d.ID, document); err != nil {
		return nil, errorf("create", d.ID, err)
	}
	return e.Campaign(d.ID), nil
}

// Draft returns a campaign's draft as it is now.
func (e *Engine) Draft(ctx context.Context, id CampaignID) (Draft, error) {
	d, err := e.loadDraft(ctx, id)
	return d, errorf("draft", id, err)
}

func (e *Engine) loadDraft(ctx context.Context, id CampaignID) (Draft, error) {
	document, err := e.catalogue.LoadDraft(ctx, id)
	if err != nil {
		return Draft{}, err
	}
	var d Draft
	if err := json.Unmarshal(document, &d); err != nil {
		return Draft{}, fmt.Errorf("the catalogue's document is damaged: %w", err)
	}
	return d, nil
}

// Update replaces a draft that has not been started. Its ID cannot change, its touchpoint and group only while its audience is empty (addresses belong to a touchpoint).
func (e *Engine) Update(ctx context.Context, id CampaignID, d Draft) error {
	d.ID = id
	d = normal(d)
	if err := e.prepareDraft(ctx, &d); err != nil {
		return errorf("update", id, err)
	}
	if err := e.pinGroup(ctx, d); err != nil {
		return errorf("update", id, err)
	}
	document, err := json.Marshal(d)
	if err != nil {
		return errorf("update", id, err)
	}
	// Run and document may live in two databases: in between nobody can start it.
	fresh := runOf(d)
	_, err = e.store.UpdateRun(ctx, id, func(r *Run) (Act, error) {
		if err := rewrite(r, &fresh); err != nil {
			return Act{}, err
		}
		r.Cause = Cause{Code: updating, Actor: ActorOf(ctx), At: e.clock.now()}
		r.Revision++
		return e.act(ctx, r, "update", ""), nil
	})
	if err != nil {
		return errorf("update", id, err)
	}
	if err := e.catalogue.SaveDraft(ctx, id, document); err != nil {
		return errorf("update", id, err)
	}
	_, err = e.store.UpdateRun(ctx, id, func(r *Run) (Act, error) {
		if r.Cause.Code == updating {
			r.Cause = Cause{}
			r.Revision++
		}
		return Act{}, nil
	})
	return errorf("update", id, err)
}

// updating is the cause code of a draft whose document is being written.
const updating = "updating"

var errUpdating = errors.New("its draft is being changed; if that was cut off, call Update again")

// rewrite gives a draft's run the facts of a new document.
func rewrite(r, fresh *Run) error {
	switch {
	case r.State != DraftState:
		return stateError(r, "only a draft can be changed; clone it")
	case (r.Touchpoint != fresh.Touchpoint || r.Group != fresh.Group) && (r.Counts.Total() > 0 || r.OpenImports > 0):
		return Problems{NewProblem("touchpoint", "touchpoint_has_audience")}
	}
	r.Group, r.Touchpoint, r.Name, r.Purpose, r.Priority, r.Labels = fresh.Group, fresh.Touchpoint, fresh.Name, fresh.Purpose, fresh.Priority, slices.Clone(fresh.Labels)
	r.Doubts, r.NotAfter, r.PauseAfter = fresh.Doubts, fresh.NotAfter, fresh.PauseAfter
	return nil
}

// Clone makes a new draft with the content of a campaign, without its audience. An empty id makes a random one.
func (e *Engine) Clone(ctx context.Context, from, id CampaignID) (Campaign, error) {
	d, err := e.loadDraft(ctx, from)
	if err != nil {
		return nil, errorf("clone", from, err)
	}
	d.ID = id
	return e.Create(ctx, d)
}

// Delete removes a campaign that is not running, scheduled or paused, with everything that was sent by it. Deleting what does not exist is no error.
func (e *Engine) Delete(ctx context.Context, id CampaignID) error {
	_, err := e.store.UpdateRun(ctx, id, func(r *Run) (Act, error) {
		switch r.State {
		case DraftState, Completed, CanceledState:
			if r.Counts.Sending > 0 {
				return Act{}, stateError(r, "requests are still under way")
			}
			r.State = CanceledState // nothing starts it while it is taken apart
			return e.act(ctx, r, "delete", ""), nil
		default: // refused below
		}
		return Act{}, stateError(r, "cancel it first")
	})
	if err != nil && !errors.Is(err, ErrNotFound) {
		return errorf("delete", id, err)
	}
	for done := false; !done; {
		if done, err = e.store.DeleteRun(ctx, id, stepRows); err != nil {
			return errorf("delete", id, err)
		}
	}
	e.touched()
	return errorf("delete", id, e.catalogue.DeleteDraft(ctx, id))
}

// stepRows is how many rows a step of a long change touches, so that no transaction holds others up.
const stepRows = 2000

// normal writes the defaults out, so that equal drafts have equal documents.
func normal(d Draft) Draft {
	setDefault(&d.Purpose, Marketing)
	setDefault(&d.Doubts, DoubtsHold)
	setDefault(&d.Missing, MissingRefuse)
	if t := d.Message.Template; t != nil && t.Category != "" {
		d.Purpose = Service
		if t.Category == "marketing" || t.Category == "MARKETING" {
			d.Purpose = Marketing
		}
	}
	if !d.NotAfter.IsZero() {
		d.NotAfter = d.NotAfter.UTC().Round(0)
	}
	return d
}

// prepareDraft checks a draft and copies its file into the store.
func (e *Engine) prepareDraft(ctx context.Context, d *Draft) error {
	if _, problems := e.checkDraft(ctx, *d); len(problems) > 0 {
		return problems
	}
	m := d.Message.Media
	if m == nil || m.URL != "" || m.Hash != "" && m.File == "" && m.Content == nil {
		return nil
	}
	media := *m
	if media.Content == nil {
		content, err := readFile(media.File)
		if err != nil {
			return err
		}
		media.Content = content
		setDefault(&media.Name, filepath.Base(media.File))
	}
	if len(media.Content) == 0 || len(media.Content) > MaxFile {
		return Problems{NewProblem("message.media", "file_size", "max", fmt.Sprint(MaxFile>>20))}
	}
	setDefault(&media.Name, string(media.Kind))
	hash := sha256.Sum256(media.Content)
	media.Hash = hex.EncodeToString(hash[:])
	if err := e.catalogue.SaveFile(ctx, media.Hash, media.Content); err != nil {
		return err
	}
	media.File, media.Content = "", nil
	d.Message.Media = &media
	return nil
}

// readFile reads a file that a draft names, bounded.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path) // #nosec G304 -- the host names its own file
	if err != nil {
		return nil, Problems{NewProblem("message.media.file", "file_unreadable", "reason", reasonOf(err))}
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return nil, Problems{NewProblem("message.media.file", "file_unreadable", "reason", reasonOf(err))}
	}
	return content, nil
}

// reasonOf is what a file error says, without the path.
func reasonOf(err error) string {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}

// pinGroup makes sure that a touchpoint belongs to one group.
func (e *Engine) pinGroup(ctx context.Context, d Draft) error {
	rec, err := e.store.ReadTouchpoint(ctx, d.Touchpoint)
	if err != nil || rec.Group == d.Group {
		return err
	}
	_, err = e.store.UpdateTouchpoint(ctx, d.Touchpoint, func(t *TouchpointRecord) (Act, error) {
		if t.Group != "" && t.Group != d.Group {
			return Act{}, Problems{NewProblem("group", "group_mismatch", "touchpoint", d.Touchpoint)}
		}
		t.Group = d.Group
		return Act{}, nil
	})
	return err
}

func runOf(d Draft) Run {
	return Run{
		ID: d.ID, Group: d.Group, Touchpoint: d.Touchpoint, Name: d.Name, Purpose: d.Purpose, Priority: d.Priority,
		Labels: slices.Clone(d.Labels), Doubts: d.Doubts, NotAfter: d.NotAfter, PauseAfter: d.PauseAfter,
	}
}

// act is the record of what the context's actor does to a campaign.
func (e *Engine) act(ctx context.Context, r *Run, action, detail string) Act {
	return Act{Campaign: r.ID, Touchpoint: r.Touchpoint, Group: r.Group, At: e.clock.now(), Actor: ActorOf(ctx), Action: action, Detail: detail}
}

// authorize asks the host.
func (e *Engine) authorize(ctx context.Context, action Action, r *Run) error {
	if e.config.Authorize == nil {
		return nil
	}
	if err := e.config.Authorize(ctx, action, infoOf(r)); err != nil {
		return fmt.Errorf("the host refused to %s: %w: %w", action, ErrNotAllowed, err)
	}
	return nil
}

// stateError says that a campaign's state does not allow it, and what would.
func stateError(r *Run, hint string) error {
	return fmt.Errorf("the campaign is %s: %s: %w", r.State, hint, ErrState)
}
