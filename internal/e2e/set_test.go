package e2e_test

import "sync"

// set is a set of chats that is safe for concurrent use.
type set struct {
	mu  sync.Mutex
	ids map[int64]bool
}

func newSet() *set { return &set{ids: map[int64]bool{}} }

func (s *set) add(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids[id] = true
}

// take removes a chat and says whether it was there.
func (s *set) take(id int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.ids[id]
	delete(s.ids, id)
	return was
}
