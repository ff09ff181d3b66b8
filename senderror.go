package outbound

import (
	"errors"
	"fmt"
	"time"
)

// Class says what an unsuccessful send means for the person, the campaign and the touchpoint. A provider's unknown answer gets ClassAmbiguous where it
// may have accepted, ClassRecipient where it surely refused.
type Class string

const (
	// ClassRecipient is final for this person and says nothing about others: blocked, unknown, gone, opted out.
	ClassRecipient Class = "recipient"
	// ClassMessage means that the content was refused. It pauses the campaign at once if the text has no variables, else fails that
	// person, and pauses after five in a row.
	ClassMessage Class = "message"
	// ClassAccount means that nobody can be written to: a revoked token, a frozen account, an exhausted balance. It gates the
	// touchpoint for all its campaigns; the person stays pending.
	ClassAccount Class = "account"
	// ClassThrottled means that the provider asks to wait: the whole account, or with Scope ScopeRecipient just for this person. The person stays pending.
	ClassThrottled Class = "throttled"
	// ClassTransient means that it is proved that nothing was accepted, and that another attempt is sensible.
	ClassTransient Class = "transient"
	// ClassAmbiguous means that the request may have been accepted. The delivery becomes uncertain.
	ClassAmbiguous Class = "ambiguous"
	// ClassMigrated means that the person has a new address, SendError.Address, and that nothing was accepted.
	ClassMigrated Class = "migrated"
)

// Scope says whom a throttle concerns.
type Scope string

const (
	ScopeAccount   Scope = ""          // everybody
	ScopeRecipient Scope = "recipient" // this person
)

// Reasons that adapters share. An adapter may add its own; each is a stable code with words in words.go.
const (
	ReasonBlocked     = "blocked"      // the person blocked the account
	ReasonUnknown     = "unknown"      // the account does not know the person: they never wrote, or the id is another account's
	ReasonGone        = "gone"         // the person's account was deleted
	ReasonOptedOut    = "opted_out"    // the person refused messages
	ReasonNoRights    = "no_rights"    // the account may not write there
	ReasonBadAddress  = "bad_address"  // the provider does not take the address
	ReasonContent     = "content"      // the provider does not take the message
	ReasonTooLong     = "too_long"     // the message is over a limit
	ReasonMedia       = "media"        // the provider cannot use the file or URL
	ReasonToken       = "token"        // the token is wrong or was revoked
	ReasonFrozen      = "frozen"       // the provider froze the account
	ReasonBalance     = "balance"      // the account's balance is exhausted
	ReasonConfig      = "config"       // the provider refuses the request as this account makes it
	ReasonRate        = "rate"         // too many requests
	ReasonUnavailable = "unavailable"  // the provider was not reached
	ReasonNoAnswer    = "no_answer"    // the request left, no readable answer came
	ReasonMigrated    = "migrated"     // the chat has a new id
	ReasonIdentity    = "identity"     // the token is of another account than the one that sent first
	ReasonPanic       = "panic"        // the adapter panicked
	ReasonWithdrawn   = "withdrawn"    // an intent was not begun in time and taken back
	ReasonCrash       = "crash"        // the sender died, or lost its lease, between intent and outcome
	ReasonExpired     = "expired"      // the campaign's NotAfter passed
	ReasonSuppressed  = "suppressed"   // an opt-out is on record
	ReasonMissing     = "missing"      // a variable of the text is missing
	ReasonTries       = "tries"        // passing failures used up the attempts
	ReasonDuplicate   = "duplicate"    // after a migration the new address was already in the audience
	ReasonResolved    = "resolved"     // a human settled the doubt
	ReasonPolicy      = "policy"       // a policy of the host, without a reason of its own
	ReasonRender      = "render"       // the text could not be rendered for this person
	ReasonRefused     = "refused"      // the provider refused in words that nobody knows
	ReasonErased      = "erased"       // the person was erased from the records
	ReasonTooMany     = "too_frequent" // too many messages to this person
)

// SendError is why a send did not succeed. Its text never contains a token, an address or a message.
type SendError struct {
	Class  Class
	Reason string // a stable code, see the Reason constants
	Code   string // the provider's own code, e.g. "403"
	// Text is the provider's description, cleaned of secrets and addresses; may be empty.
	Text string
	// RetryAfter is how long the provider asks to wait, with ClassThrottled; zero = it did not say.
	RetryAfter time.Duration
	Scope      Scope
	// Address is the person's new address, with ClassMigrated.
	Address string
	// OptOut says that the person refused messages, and of which purpose ("" = none).
	OptOut Purpose
	// NotSent says that it is proved that the request did not leave this machine.
	NotSent bool
	Err     error // the cause; may be nil
}

// Error names class, reason, the provider's code and text.
func (e *SendError) Error() string {
	s := fmt.Sprintf("%s: %s", e.Class, e.Reason)
	if e.Code != "" {
		s += " (" + e.Code + ")"
	}
	if e.Text != "" {
		s += ": " + e.Text
	}
	if e.RetryAfter > 0 {
		s += fmt.Sprintf(" [retry after %s]", e.RetryAfter)
	}
	return s
}

// Unwrap gives the cause.
func (e *SendError) Unwrap() error { return e.Err }

// sendError makes sure that an error of a channel is a *SendError.
func sendError(err error) *SendError {
	if e, ok := errors.AsType[*SendError](err); ok {
		switch e.Class {
		case ClassRecipient, ClassMessage, ClassAccount, ClassThrottled, ClassTransient, ClassAmbiguous, ClassMigrated:
			return e
		}
	}
	return &SendError{Class: ClassAmbiguous, Reason: ReasonNoAnswer, Err: err}
}
