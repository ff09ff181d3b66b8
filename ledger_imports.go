package outbound

import (
	"time"
)

// ImportTotals sums the imports of a campaign.
type ImportTotals struct {
	Pieces, Accepted, Duplicate, Rejected int64
}

// ImportRecord is one source of a campaign's audience.
type ImportRecord struct {
	Campaign  CampaignID
	Source    string
	Number    int // in the campaign, counting up from 1, never used twice
	Finished  bool
	Stale     bool // it must be imported again, since another source that shared people was removed
	Removing  bool
	Actor     string
	Began     time.Time
	Ended     time.Time
	Pieces    int64 // pieces seen = Accepted + Duplicate + Rejected
	Accepted  int64
	Duplicate int64
	// DuplicateElsewhere counts the duplicates whose delivery came from another source.
	DuplicateElsewhere int64
	Rejected           int64
	Digest             []byte           // SHA-256 over the pieces so far
	Variables          map[string]int64 // how many accepted recipients have each variable
	Rejections         []Rejection      // the first of them
}

// ImportChunk is a piece of an import.
type ImportChunk struct {
	Campaign   CampaignID
	Source     string
	After      int64 // pieces before this chunk
	Pieces     int64 // pieces in this chunk, rejected ones included
	Recipients []NewDelivery
	Rejected   int64
	Rejections []Rejection // appended to the record's, which keeps the first MaxRejections
	Digest     []byte
}

// MaxRejections is how many rejected pieces an import record keeps.
const MaxRejections = 100

// NewDelivery is a recipient to be numbered.
type NewDelivery struct {
	Address      string
	Key          string
	Reference    string
	Variables    map[string]string
	Line, Column int
}

// Duplicate is a recipient of a chunk that was not added.
type Duplicate struct {
	Index     int  // in ImportChunk.Recipients
	Elsewhere bool // its delivery came from another source
}
