package memory

import (
	"context"

	"github.com/outbound-go/outbound"
)

// record keeps an act, unless it is none.
func (s *Store) record(act outbound.Act) {
	if act.Action == "" {
		return
	}
	act.Number = int64(len(s.acts)) + 1
	s.acts = append(s.acts, act)
}

// Acts implements [outbound.Ledger]. A limit of zero is 100, a negative one none.
func (s *Store) Acts(ctx context.Context, id outbound.CampaignID, after int64, limit int) ([]outbound.Act, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	if limit == 0 {
		limit = 100
	}
	var found []outbound.Act
	for _, act := range s.acts[min(max(after, 0), int64(len(s.acts))):] {
		if limit > 0 && len(found) == limit {
			break
		}
		if id == "" || act.Campaign == id {
			found = append(found, act)
		}
	}
	return found, nil
}
