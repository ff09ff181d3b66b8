package memory

import (
	"bufio"
	"compress/gzip"
	"encoding/gob"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/outbound-go/outbound"
)

// A snapshot is a line that names format and version, then a gzip stream of gob values: a head, and for each campaign
// its own head and its rows page by page. gob finds fields by name, so a field more or less in a record is no new version.
const (
	snapshotName    = "outbound memory snapshot"
	snapshotVersion = 1
)

// head is everything but the campaigns.
type head struct {
	Salt        []byte
	Number      int64
	Campaigns   int
	Touchpoints map[string]outbound.TouchpointRecord
	Epochs      map[string]int64
	Refused     []outbound.Suppression
	Stops       []outbound.Stop
	Acts        []outbound.Act
	Drafts      map[outbound.CampaignID][]byte
	Files       map[string][]byte
}

// campaignHead is everything of a campaign but its rows.
type campaignHead struct {
	Run      outbound.Run
	Imports  []outbound.ImportRecord
	Imported int
	Attempts map[int64][]outbound.Attempt
	Rows     int64
}

// Save writes a snapshot of everything in the store, as it is at one moment. The store can be used meanwhile. Whoever can
// read a snapshot can read addresses and texts; it is not encrypted.
func (s *Store) Save(w io.Writer) error {
	h, campaigns, err := s.picture()
	if err != nil {
		return err
	}
	if err := write(w, h, campaigns); err != nil {
		return fmt.Errorf("memory: save: %w", err)
	}
	return nil
}

// picture copies the store for Save, shallowly: what lies inside records is never altered in place.
func (s *Store) picture() (*head, []campaign, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, outbound.ErrClosed
	}
	h := &head{
		Salt: s.salt, Number: s.number, Campaigns: len(s.order), Touchpoints: maps.Clone(s.touchpoints), Epochs: maps.Clone(s.epochs),
		Refused: slices.Collect(maps.Values(s.refused)), Stops: slices.Collect(maps.Values(s.stops)), Acts: slices.Clone(s.acts),
		Drafts: maps.Clone(s.drafts), Files: maps.Clone(s.files),
	}
	campaigns := make([]campaign, len(s.order))
	for i, c := range s.order {
		campaigns[i] = campaign{run: c.run, imports: slices.Clone(c.imports), imported: c.imported, attempts: maps.Clone(c.attempts), rows: c.rows.clone()}
	}
	return h, campaigns, nil
}

func write(w io.Writer, h *head, campaigns []campaign) error {
	buffered := bufio.NewWriter(w)
	if _, err := fmt.Fprintf(buffered, "%s %d\n", snapshotName, snapshotVersion); err != nil {
		return err
	}
	zipped, err := gzip.NewWriterLevel(buffered, gzip.BestSpeed)
	if err != nil {
		return err
	}
	values := gob.NewEncoder(zipped)
	if err := values.Encode(h); err != nil {
		return err
	}
	for i := range campaigns {
		if err := writeCampaign(values, &campaigns[i]); err != nil {
			return err
		}
	}
	if err := zipped.Close(); err != nil {
		return err
	}
	return buffered.Flush()
}

func writeCampaign(values *gob.Encoder, c *campaign) error {
	err := values.Encode(campaignHead{Run: c.run, Imports: c.imports, Imported: c.imported, Attempts: c.attempts, Rows: c.rows.n})
	if err != nil {
		return err
	}
	page := make([]outbound.Row, 0, pageSize)
	for row := range c.rows.above(0) {
		if page = append(page, *row); len(page) == pageSize {
			if err := values.Encode(page); err != nil {
				return err
			}
			page = page[:0]
		}
	}
	if len(page) == 0 {
		return nil
	}
	return values.Encode(page)
}
