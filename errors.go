package outbound

import (
	"errors"
	"fmt"
)

// Sentinels that callers branch on with errors.Is. Errors of the library wrap them with what, where and what to do.
var (
	// ErrNotFound: there is no campaign, draft or file of that id.
	ErrNotFound = errors.New("not found")
	// ErrState: the campaign's state does not allow it.
	ErrState = errors.New("not possible in this state")
	// ErrConflict: somebody else changed it meanwhile.
	ErrConflict = errors.New("changed by somebody else meanwhile")
	// ErrInvalid: what was given has problems; errors.As with *InvalidError or Problems lists them.
	ErrInvalid = errors.New("invalid")
	// ErrEmptyAudience: a campaign without recipients cannot start.
	ErrEmptyAudience = errors.New("the audience is empty")
	// ErrUnfinishedImport: an import was cut off or is under way.
	ErrUnfinishedImport = errors.New("an import is not finished")
	// ErrSourceChanged: an import source differs from what was imported under its name.
	ErrSourceChanged = errors.New("the source differs from what was imported under its name")
	// ErrPlanChanged: the draft or its audience changed since the plan.
	ErrPlanChanged = errors.New("changed since the plan")
	// ErrUnknownTouchpoint: no touchpoint of that name is open here.
	ErrUnknownTouchpoint = errors.New("unknown touchpoint")
	// ErrLeaseLost: another owner drives the touchpoint.
	ErrLeaseLost = errors.New("the lease was lost")
	// ErrNotAllowed: the host's Authorize refused.
	ErrNotAllowed = errors.New("not allowed")
	// ErrReadOnly: the store cannot be written to.
	ErrReadOnly = errors.New("the store is read-only")
	// ErrStoreFull: the store has no room.
	ErrStoreFull = errors.New("the store is full")
	// ErrTooNew: the store's schema is newer than this program understands.
	ErrTooNew = errors.New("the store was written by a newer version")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("the store is closed")
)

// errorf says which operation on which campaign went wrong, once.
func errorf(op string, id CampaignID, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("outbound: %s of campaign %q: %w", op, string(id), err)
}
