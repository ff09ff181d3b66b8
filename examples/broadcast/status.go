package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/outbound-go/outbound"
)

// status is the program's exit status.
type status int

const (
	statusDone   status = 0 // completed, and nobody is in doubt
	statusError  status = 1 // nothing of the below
	statusUsage  status = 2 // the command line is wrong
	statusLeft   status = 3 // stopped with work left; the same command with -id goes on
	statusDoubts status = 4 // completed, and some may have got the message or not
)

// result is the one line that -json ends with. pending to canceled sum to total.
type result struct {
	ID        outbound.CampaignID    `json:"id"`
	State     outbound.CampaignState `json:"state"`
	Reason    string                 `json:"reason"` // a stable code of why it stopped; empty when completed
	Total     int64                  `json:"total"`
	Pending   int64                  `json:"pending"`
	Sending   int64                  `json:"sending"`
	Accepted  int64                  `json:"accepted"`
	Delivered int64                  `json:"delivered"`
	Read      int64                  `json:"read"`
	Failed    int64                  `json:"failed"`
	Skipped   int64                  `json:"skipped"`
	Uncertain int64                  `json:"uncertain"`
	Canceled  int64                  `json:"canceled"`
	Duplicate int64                  `json:"duplicate"` // pieces of the audience that were no new recipient,
	Rejected  int64                  `json:"rejected"`  // or none at all
	Seconds   float64                `json:"seconds"`   // that this run of the command was sending
}

func resultOf(p outbound.Progress, reason string, seconds float64) result {
	return result{
		ID: p.ID, State: p.State, Reason: reason, Total: p.Total, Pending: p.Pending, Sending: p.Sending, Accepted: p.Accepted,
		Delivered: p.Delivered, Read: p.Read, Failed: p.Failed, Skipped: p.Skipped, Uncertain: p.Uncertain, Canceled: p.Canceled,
		Duplicate: p.Duplicate, Rejected: p.Rejected, Seconds: seconds,
	}
}

// statusOf is the exit status for a campaign as it is.
func statusOf(p outbound.Progress) status {
	switch {
	case p.State != outbound.Completed:
		return statusLeft
	case p.Uncertain > 0:
		return statusDoubts
	}
	return statusDone
}

// codeOf is a stable code for an error.
func codeOf(err error) string {
	if problems := outbound.ProblemsOf(err); len(problems) > 0 {
		return problems[0].Code
	}
	for _, known := range []struct {
		err  error
		code string
	}{
		{outbound.ErrEmptyAudience, "audience_empty"},
		{outbound.ErrUnfinishedImport, "import_unfinished"},
		{outbound.ErrSourceChanged, "source_changed"},
		{outbound.ErrNotFound, "not_found"},
		{outbound.ErrConflict, "conflict"},
		{outbound.ErrState, "state"},
		{outbound.ErrStoreFull, "store_full"},
		{outbound.ErrReadOnly, "store_read_only"},
		{outbound.ErrTooNew, "store_too_new"},
		{errMismatch, "mismatch"},
	} {
		if errors.Is(err, known.err) {
			return known.code
		}
	}
	return "error"
}

// fail says an error, one problem a line.
func (t terminal) fail(err error) status {
	problems := outbound.ProblemsOf(err)
	if len(problems) == 0 {
		t.say("%s", err)
		return statusError
	}
	t.say("this cannot be sent:")
	for _, p := range problems {
		t.say("  %s", p.Error())
	}
	return statusError
}

// say writes a line for people.
func (t terminal) say(format string, a ...any) { _, _ = fmt.Fprintf(t.err, format+"\n", a...) }

// print writes a line of the result.
func (t terminal) print(format string, a ...any) { _, _ = fmt.Fprintf(t.out, format+"\n", a...) }

// printJSON writes a value as one line of the result.
func (t terminal) printJSON(v any) {
	line, err := json.Marshal(v)
	if err != nil {
		t.fail(err)
		return
	}
	t.print("%s", line)
}
