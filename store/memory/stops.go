package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/outbound-go/outbound"
)

type stopKey struct {
	scope outbound.StopScope
	name  string
}

func (s *Store) stopped(scope outbound.StopScope, name string) bool {
	_, ok := s.stops[stopKey{scope, name}]
	return ok
}

// SetStop implements [outbound.Ledger]. A stop of the same scope and name is replaced.
func (s *Store) SetStop(ctx context.Context, stop outbound.Stop, act outbound.Act) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	s.stops[stopKey{stop.Scope, stop.Name}] = stop
	s.record(act)
	return nil
}

// ClearStop implements [outbound.Ledger]. Removing what does not exist is no error.
func (s *Store) ClearStop(ctx context.Context, scope outbound.StopScope, name string, act outbound.Act) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	delete(s.stops, stopKey{scope, name})
	s.record(act)
	return nil
}

// Stops implements [outbound.Ledger], in order of scope and name.
func (s *Store) Stops(ctx context.Context) ([]outbound.Stop, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.stops), compareStops), nil
}

func compareStops(a, b outbound.Stop) int {
	return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Name, b.Name))
}
