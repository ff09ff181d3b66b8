package outbound

import (
	"context"
	"time"
)

// Store is where campaigns live: a [Ledger] and a [Catalogue]. store/memory and store/sqlite are Stores; a host
// brings its own by implementing the two and running the suite of package storetest over it. The interface may grow
// until version 1.
//
// Every method is safe for concurrent use. Methods take the time from the engine, which carries the store's own time
// (Ledger.Now) on by elapsed monotonic time; a store records the times it is given and reads no clock but in Now.
// Times are kept to the nanosecond, or truncated to the microsecond; the zero time is kept as such.
//
// An error that is no sentinel of this package means that the store is not reachable or not usable just now. The
// engine waits and asks again; every method may therefore be repeated after an error whose outcome is unknown.
type Store interface {
	Ledger
	Catalogue
}

// Ledger is the part of a store that accounting rests on: run state, leases, imports, deliveries, suppression. It is
// one transaction domain: each method behaves as one transaction, as if all ran one after another, and is durable when it returns. DeleteRun, RemoveImport, Recover, Reopen, Erase and
// Purge may take several transactions; called again they go on. A store that uses locks takes them in one order: group (suppression, stops), touchpoint, runs by Number, imports, deliveries, acts.
type Ledger interface {
	// Now is the store's time. All replicas on a store see one clock. It never goes back, for one process.
	Now(ctx context.Context) (time.Time, error)

	// CreateRun records a new campaign. If the ID exists it changes nothing and returns the existing run and false.
	// The store gives Run.Number, counting up from 1.
	CreateRun(ctx context.Context, run Run, act Act) (Run, bool, error)
	// ReadRun returns one run, or ErrNotFound. It costs O(1).
	ReadRun(ctx context.Context, id CampaignID) (Run, error)
	// ListRuns returns runs that match the filter, newest (highest Number) first.
	ListRuns(ctx context.Context, filter RunFilter) ([]Run, error)
	// UpdateRun reads a run, lets change alter it, and writes it, in one transaction. The store raises Run.Version.
	// If change returns an error nothing is written and that error is returned as it is. change is quick, does no I/O, calls no method of the store and may be called again
	// if the transaction must be repeated. Fields that identify the run (ID, Number, Created) are not changed.
	// The act that change returns is recorded, unless its Action is empty.
	UpdateRun(ctx context.Context, id CampaignID, change func(*Run) (Act, error)) (Run, error)
	// DeleteRun removes a run with its imports and deliveries, at most limit rows a call; done says that nothing is left.
	// The run itself goes last. Deleting what does not exist is done.
	DeleteRun(ctx context.Context, id CampaignID, limit int) (done bool, err error)

	// BeginImport opens or reopens an import source of a draft and returns its record; created says it is new. It raises Run.OpenImports for a
	// new or finished-and-emptied source. A record that exists is returned as it is. ErrState if the campaign is no draft.
	BeginImport(ctx context.Context, now time.Time, id CampaignID, source, actor string) (record ImportRecord, created bool, err error)
	// AppendImport adds recipients to an open import. The chunk's After must equal the record's Pieces, else
	// ErrConflict (another process imports the same source). Recipients whose (address, key) the campaign already has, or
	// that came earlier in the chunk, are not added; their indexes are returned in order. The others are numbered on from Run.Last in the chunk's order, without gaps, and Run.Counts.Pending grows by them.
	AppendImport(ctx context.Context, now time.Time, chunk ImportChunk) (ImportRecord, []Duplicate, error)
	// FinishImport closes an open import: Run.OpenImports falls and Run.Revision rises. Finishing a finished one changes nothing.
	FinishImport(ctx context.Context, now time.Time, id CampaignID, source string, digest []byte) (ImportRecord, error)
	// RemoveImport takes an import's deliveries out of a draft, at most limit a call; done says that the record is gone too.
	// While it is under way the import counts as open and takes no chunks. Every other import with DuplicateElsewhere above zero becomes Stale and
	// open, since people it listed may be gone with the removed one; a stale import takes no chunks until it was removed and begun anew. Run.Revision rises. ErrState if the campaign is no draft. Removing what does not exist is done.
	RemoveImport(ctx context.Context, id CampaignID, source string, limit int) (done bool, err error)
	// Imports returns the imports of a campaign in the order they began.
	Imports(ctx context.Context, id CampaignID) ([]ImportRecord, error)

	// ReadAhead returns up to limit deliveries numbered above after that are still pending, in order. A plain read; it promises nothing about what is granted.
	ReadAhead(ctx context.Context, id CampaignID, after int64, limit int) ([]Row, error)
	// Due returns up to limit deliveries that wait for an attempt of their own row and whose Due has come: pending ones and,
	// under DoubtsResend, uncertain ones; earliest first; none of a run whose Tail is not Pending. next is the Due of the earliest that has not come, zero if there is none.
	Due(ctx context.Context, id CampaignID, now time.Time, limit int) (rows []Row, next time.Time, err error)
	// Commit is the transaction of the sending protocol. See Batch.
	//
	// ErrLeaseLost if the touchpoint's Token is not the batch's: then nothing is written.
	Commit(ctx context.Context, batch Batch) (BatchResult, error)
	// Recover turns every delivery of the touchpoint's campaigns that has an intent without an outcome into uncertain
	// (Row.At = now, ClassAmbiguous, ReasonCrash; under DoubtsResend Row.Due = resend) and returns how many. The new owner of a lease calls it before its first Commit.
	// It covers paused and canceled campaigns too, raises Low to the Cursor of each run that had such deliveries, and calls Run.CompleteIfDone.
	// ErrLeaseLost if token is not the touchpoint's.
	Recover(ctx context.Context, now time.Time, touchpoint string, token int64, resend time.Time) (int64, error)
	// Settle applies outcomes that come outside a lease: late answers, decisions of a human, events. It is not fenced,
	// and applies an outcome as Run.Settle says. applied counts those that changed something; the act is recorded if any did. A completed run becomes running again when a delivery
	// returned to pending, and a running one completes when nothing is left.
	Settle(ctx context.Context, now time.Time, id CampaignID, outcomes []Outcome, act Act) (applied int, err error)
	// Reopen returns failed or uncertain deliveries to pending, as Reopening says, at most Limit a call. A completed run becomes
	// running when any was returned, its Ended zero and its Heartbeat now. Rows start clean, their last attempt becomes an Attempt. last is the number of the last delivery looked at; done says there are no more.
	Reopen(ctx context.Context, now time.Time, r Reopening, act Act) (moved int, last int64, done bool, err error)
	// Deliveries returns deliveries that match the filter, in order of their numbers, with their effective states (Run.Effective).
	Deliveries(ctx context.Context, filter DeliveryFilter) ([]Row, error)
	// Attempts returns the earlier attempts of a delivery, oldest first: those that another attempt followed.
	Attempts(ctx context.Context, id CampaignID, seq int64) ([]Attempt, error)
	// Count counts the deliveries of a campaign by effective state with a scan. Suites compare it with Run.Counts; nothing else uses it.
	Count(ctx context.Context, id CampaignID) (Counts, error)

	// ReadTouchpoint returns the record of a touchpoint, zero but for its Name if there is none yet.
	ReadTouchpoint(ctx context.Context, name string) (TouchpointRecord, error)
	// ListTouchpoints returns all records in order of their names.
	ListTouchpoints(ctx context.Context) ([]TouchpointRecord, error)
	// UpdateTouchpoint reads a record (or a zero one), lets change alter it and writes it in one transaction, under the terms of UpdateRun.
	UpdateTouchpoint(ctx context.Context, name string, change func(*TouchpointRecord) (Act, error)) (TouchpointRecord, error)

	// Suppress records opt-outs and raises the epoch of each one's group. An entry that exists is replaced.
	Suppress(ctx context.Context, now time.Time, entries []Suppression, act Act) error
	// Unsuppress removes entries with the same Group, Touchpoint, Address and Purpose.
	Unsuppress(ctx context.Context, now time.Time, entries []Suppression, act Act) error
	// Suppressed says for each address whether an entry of the group stops it on the touchpoint for the purpose
	// (an entry without touchpoint counts on all of the group's, one with Purpose AnyPurpose for all), and the group's epoch, read in one transaction.
	Suppressed(ctx context.Context, group, touchpoint string, purpose Purpose, addresses []string) (hits []bool, epoch int64, err error)

	// SetStop records an emergency stop; ClearStop removes it; Stops lists them. Commit refuses wants under a stop.
	SetStop(ctx context.Context, stop Stop, act Act) error
	ClearStop(ctx context.Context, scope StopScope, name string, act Act) error
	Stops(ctx context.Context) ([]Stop, error)

	// Acts returns recorded acts of a campaign (or, with an empty id, all), oldest first, after the given number. Numbers grow and may have gaps.
	Acts(ctx context.Context, id CampaignID, after int64, limit int) ([]Act, error)

	// Erase removes a person from every delivery, attempt, suppression list and rejection of a group: address, reference, variables and message ids go, a salted hash
	// takes the place of the address so that sums and uniqueness stay. A suppression stays in force through the hash. It returns how many deliveries changed.
	Erase(ctx context.Context, now time.Time, group, touchpoint, address string, act Act) (int64, error)
	// Purge removes the deliveries, imports and attempts of campaigns that ended (completed or canceled) before the time, at most limit rows a call; runs and their
	// counters stay, marked Purged. done says that nothing is left.
	Purge(ctx context.Context, before time.Time, limit int) (removed int64, done bool, err error)
}

// Catalogue keeps what was written: drafts and files. A host whose campaigns already live in tables of its own may
// implement just this over them and set Config.Catalogue.
type Catalogue interface {
	// SaveDraft inserts or replaces the document of a draft.
	SaveDraft(ctx context.Context, id CampaignID, document []byte) error
	// LoadDraft returns the document, or ErrNotFound.
	LoadDraft(ctx context.Context, id CampaignID) ([]byte, error)
	// DeleteDraft removes the document. Removing what does not exist is no error.
	DeleteDraft(ctx context.Context, id CampaignID) error
	// SaveFile keeps a file under the SHA-256 of its content, in hexadecimal. Saving it again changes nothing.
	SaveFile(ctx context.Context, hash string, content []byte) error
	// LoadFile returns a file's content, or ErrNotFound.
	LoadFile(ctx context.Context, hash string) ([]byte, error)
	// DeleteFile removes a file. Removing what does not exist is no error.
	DeleteFile(ctx context.Context, hash string) error
}
