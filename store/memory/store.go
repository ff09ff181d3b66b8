// Package memory keeps campaigns in the memory of one process: the reference implementation of [outbound.Store], for
// tests, benchmarks and programs that need nothing after they end. [Store.Save] and [Load] keep a file between runs.
//
// A store starts no goroutine and no timer, so it lives well inside a testing/synctest bubble.
package memory

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/outbound-go/outbound"
)

// Store is an [outbound.Store] in memory, safe for concurrent use. What it is given it copies, and what it returns
// belongs to the caller. After Close every method returns outbound.ErrClosed. A method whose context has ended changes nothing and
// returns the context's cause.
type Store struct {
	mu     sync.Mutex
	closed bool
	last   time.Time // the latest time that Now returned
	data
}

var _ outbound.Store = (*Store)(nil)

// data is what a snapshot holds, guarded by Store.mu. Maps and slices inside records are replaced and never
// altered in place, so a shallow copy of a record stays true.
type data struct {
	salt        []byte // of the hashes that take the place of erased addresses
	number      int64  // the last Run.Number given
	campaigns   map[outbound.CampaignID]*campaign
	order       []*campaign // by Run.Number, rising
	touchpoints map[string]outbound.TouchpointRecord
	epochs      map[string]int64 // by group
	refused     map[refusedKey]outbound.Suppression
	hashed      int // suppressions kept under a hash
	stops       map[stopKey]outbound.Stop
	acts        []outbound.Act // acts[i].Number is i+1
	drafts      map[outbound.CampaignID][]byte
	files       map[string][]byte
}

// New returns an empty store.
func New() *Store {
	salt := make([]byte, 32)
	rand.Read(salt) // never fails, see crypto/rand
	return &Store{data: newData(salt)}
}

func newData(salt []byte) data {
	return data{
		salt:        salt,
		campaigns:   make(map[outbound.CampaignID]*campaign),
		touchpoints: make(map[string]outbound.TouchpointRecord),
		epochs:      make(map[string]int64),
		refused:     make(map[refusedKey]outbound.Suppression),
		stops:       make(map[stopKey]outbound.Stop),
		drafts:      make(map[outbound.CampaignID][]byte),
		files:       make(map[string][]byte),
	}
}

// Close ends the store. Closing it again is no error.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// enter locks the store for one transaction; without an error the caller unlocks it.
func (s *Store) enter(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return outbound.ErrClosed
	}
	return nil
}

// Now is the machine's clock, held back from going back.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	if err := s.enter(ctx); err != nil {
		return time.Time{}, err
	}
	defer s.mu.Unlock()
	if now := time.Now().Round(0).UTC(); now.After(s.last) {
		s.last = now
	}
	return s.last, nil
}
