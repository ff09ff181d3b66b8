package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/outbound-go/outbound"
)

// touchpoint is the record of a name, zero but for the name if there is none.
func (s *Store) touchpoint(name string) outbound.TouchpointRecord {
	r := s.touchpoints[name]
	r.Name = name
	return r
}

// ReadTouchpoint implements [outbound.Ledger].
func (s *Store) ReadTouchpoint(ctx context.Context, name string) (outbound.TouchpointRecord, error) {
	if err := s.enter(ctx); err != nil {
		return outbound.TouchpointRecord{}, err
	}
	defer s.mu.Unlock()
	return s.touchpoint(name), nil
}

// ListTouchpoints implements [outbound.Ledger].
func (s *Store) ListTouchpoints(ctx context.Context) ([]outbound.TouchpointRecord, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.touchpoints), func(a, b outbound.TouchpointRecord) int { return cmp.Compare(a.Name, b.Name) }), nil
}

// UpdateTouchpoint implements [outbound.Ledger]. change runs without the store's lock, and again if the record changed meanwhile.
func (s *Store) UpdateTouchpoint(ctx context.Context, name string, change func(*outbound.TouchpointRecord) (outbound.Act, error)) (outbound.TouchpointRecord, error) {
	for {
		before, err := s.ReadTouchpoint(ctx, name)
		if err != nil {
			return outbound.TouchpointRecord{}, err
		}
		record := before
		act, err := change(&record)
		if err != nil {
			return outbound.TouchpointRecord{}, err
		}
		record.Name = name
		ok, err := s.swapTouchpoint(ctx, before, record, act)
		if err != nil {
			return outbound.TouchpointRecord{}, err
		}
		if ok {
			return record, nil
		}
	}
}

func (s *Store) swapTouchpoint(ctx context.Context, before, after outbound.TouchpointRecord, act outbound.Act) (bool, error) {
	if err := s.enter(ctx); err != nil {
		return false, err
	}
	defer s.mu.Unlock()
	if s.touchpoint(before.Name) != before { // a record holds nothing by reference
		return false, nil
	}
	s.touchpoints[after.Name] = after
	s.record(act)
	return true, nil
}
