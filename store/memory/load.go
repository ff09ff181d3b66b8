package memory

import (
	"bufio"
	"compress/gzip"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"maps"
	"strconv"
	"strings"

	"github.com/outbound-go/outbound"
)

// What is wrong with a snapshot. No text shows what is in it.
var (
	errNoSnapshot = errors.New("this is no snapshot of a memory store")
	errDamaged    = errors.New("the snapshot is damaged")
)

// maxSeq bounds the numbers of deliveries in a snapshot, so that a damaged one does not ask for all memory there is.
const maxSeq = 1 << 32

// Load reads a snapshot that [Store.Save] wrote into a new store. What was written by a newer version of the format is
// outbound.ErrTooNew; what is damaged or was cut off is an error, and never a store that lacks something.
func Load(r io.Reader) (*Store, error) {
	s, err := read(bufio.NewReader(r))
	if err != nil {
		return nil, fmt.Errorf("memory: load: %w", err)
	}
	return s, nil
}

func read(r *bufio.Reader) (*Store, error) {
	if err := readVersion(r); err != nil {
		return nil, err
	}
	zipped, err := gzip.NewReader(r)
	if err != nil {
		return nil, broken(err)
	}
	s, err := readValues(zipped)
	if err != nil {
		return nil, err
	}
	// The checksum stands at the end.
	if _, err := io.ReadFull(zipped, make([]byte, 1)); err == nil || !errors.Is(err, io.EOF) {
		return nil, broken(err)
	}
	return s, nil
}

// readVersion reads the first line.
func readVersion(r *bufio.Reader) error {
	line := make([]byte, 0, len(snapshotName)+12)
	for len(line) < cap(line) {
		b, err := r.ReadByte()
		if err != nil || b == '\n' {
			break
		}
		line = append(line, b)
	}
	text, ok := strings.CutPrefix(string(line), snapshotName+" ")
	version, err := strconv.ParseUint(text, 10, 32)
	switch {
	case !ok, err != nil, version == 0:
		return errNoSnapshot
	case version > snapshotVersion:
		return outbound.ErrTooNew
	}
	return nil
}

// broken is what gob or gzip say, without their words: those may show what is in the snapshot.
func broken(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends too early", errDamaged)
	}
	return errDamaged
}

func readValues(r io.Reader) (*Store, error) {
	values := gob.NewDecoder(r)
	var h head
	if err := values.Decode(&h); err != nil {
		return nil, broken(err)
	}
	if len(h.Salt) == 0 || h.Number < 0 || h.Campaigns < 0 {
		return nil, errDamaged
	}
	s := &Store{data: newData(h.Salt)}
	s.number = h.Number
	maps.Copy(s.touchpoints, h.Touchpoints)
	maps.Copy(s.epochs, h.Epochs)
	for _, e := range h.Refused {
		s.refused[refusedKey{e.Group, e.Touchpoint, e.Address, e.Purpose}] = e
		if isErased(e.Address) {
			s.hashed++
		}
	}
	for _, stop := range h.Stops {
		s.stops[stopKey{stop.Scope, stop.Name}] = stop
	}
	for i := range h.Acts {
		if h.Acts[i].Number != int64(i)+1 {
			return nil, errDamaged
		}
	}
	s.acts = h.Acts
	maps.Copy(s.drafts, h.Drafts)
	maps.Copy(s.files, h.Files)
	for range h.Campaigns {
		if err := s.readCampaign(values); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Store) readCampaign(values *gob.Decoder) error {
	var h campaignHead
	if err := values.Decode(&h); err != nil {
		return broken(err)
	}
	var last int64
	if len(s.order) > 0 {
		last = s.order[len(s.order)-1].run.Number
	}
	r := &h.Run
	if s.campaigns[r.ID] != nil || r.Number <= last || r.Number > s.number || r.Tail > outbound.Canceled || h.Rows < 0 {
		return errDamaged
	}
	c := newCampaign(*r)
	c.imports, c.imported = h.Imports, h.Imported
	if h.Attempts != nil {
		c.attempts = h.Attempts
	}
	for c.rows.n < h.Rows {
		var page []outbound.Row
		if err := values.Decode(&page); err != nil {
			return broken(err)
		}
		if len(page) == 0 {
			return errDamaged
		}
		for i := range page {
			if err := c.restore(page[i]); err != nil {
				return err
			}
		}
	}
	if c.rows.n != h.Rows {
		return errDamaged
	}
	s.campaigns[r.ID] = c
	s.order = append(s.order, c)
	return nil
}

// restore puts a row into a campaign that is read, with its indexes.
func (c *campaign) restore(row outbound.Row) error {
	if row.Seq <= c.rows.last() || row.Seq > min(c.run.Last, maxSeq) || row.State > outbound.Canceled {
		return errDamaged
	}
	c.rows.put(row)
	c.people[identity{row.Address, row.Key}] = row.Seq
	if isErased(row.Address) {
		c.erased++
	}
	c.list(c.rows.at(row.Seq))
	return nil
}
