package memory

import (
	"context"
	"time"

	"github.com/outbound-go/outbound"
)

// refusedKey is what a suppression is found by. The address is plain, or a hash once the person was erased.
type refusedKey struct {
	group, touchpoint, address string
	purpose                    outbound.Purpose
}

// Suppress implements [outbound.Ledger].
func (s *Store) Suppress(ctx context.Context, _ time.Time, entries []outbound.Suppression, act outbound.Act) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	for _, e := range entries {
		s.refused[refusedKey{e.Group, e.Touchpoint, e.Address, e.Purpose}] = e
		s.epochs[e.Group]++
	}
	s.record(act)
	return nil
}

// Unsuppress implements [outbound.Ledger]. It also lifts an entry that is kept under the address's hash since the person was erased.
func (s *Store) Unsuppress(ctx context.Context, _ time.Time, entries []outbound.Suppression, act outbound.Act) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	for _, e := range entries {
		key := refusedKey{e.Group, e.Touchpoint, e.Address, e.Purpose}
		delete(s.refused, key)
		if s.hashed == 0 {
			continue
		}
		key.address = s.hash(e.Address)
		if _, ok := s.refused[key]; ok {
			delete(s.refused, key)
			s.hashed--
		}
	}
	s.record(act)
	return nil
}

// Suppressed implements [outbound.Ledger].
func (s *Store) Suppressed(ctx context.Context, group, touchpoint string, purpose outbound.Purpose, addresses []string) ([]bool, int64, error) {
	if err := s.enter(ctx); err != nil {
		return nil, 0, err
	}
	defer s.mu.Unlock()
	hits := make([]bool, len(addresses))
	if len(s.refused) > 0 {
		for i, address := range addresses {
			hits[i] = s.refuses(group, touchpoint, address, purpose) ||
				s.hashed > 0 && s.refuses(group, touchpoint, s.hash(address), purpose)
		}
	}
	return hits, s.epochs[group], nil
}

func (s *Store) refuses(group, touchpoint, address string, purpose outbound.Purpose) bool {
	for _, t := range [2]string{"", touchpoint} {
		for _, p := range [2]outbound.Purpose{outbound.AnyPurpose, purpose} {
			if _, ok := s.refused[refusedKey{group, t, address, p}]; ok {
				return true
			}
		}
	}
	return false
}
