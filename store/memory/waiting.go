package memory

import (
	"cmp"
	"iter"
	"slices"
	"time"
)

// waiting is an ordered set of deliveries by the time they wait for and, among equals, by number. Adding and removing
// cost a binary search and a move inside one bucket, whatever the size of the set.
type waiting struct {
	buckets [][]waiter // none is empty
}

// bucketSize is where a bucket becomes two.
const bucketSize = 256

type waiter struct {
	due time.Time
	seq int64
}

func compareWaiters(a, b waiter) int {
	return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.seq, b.seq))
}

// find returns the bucket that holds or would hold w: the last that does not begin after it.
func (s *waiting) find(w waiter) int {
	i, found := slices.BinarySearchFunc(s.buckets, w, func(b []waiter, w waiter) int { return compareWaiters(b[0], w) })
	if !found && i > 0 {
		i--
	}
	return i
}

func (s *waiting) add(due time.Time, seq int64) {
	w := waiter{due, seq}
	if len(s.buckets) == 0 {
		s.buckets = append(s.buckets, []waiter{w})
		return
	}
	b := s.find(w)
	i, found := slices.BinarySearchFunc(s.buckets[b], w, compareWaiters)
	if found {
		return
	}
	s.buckets[b] = slices.Insert(s.buckets[b], i, w)
	if len(s.buckets[b]) > bucketSize {
		tail := slices.Clone(s.buckets[b][bucketSize/2:])
		clear(s.buckets[b][bucketSize/2:])
		s.buckets[b] = s.buckets[b][:bucketSize/2]
		s.buckets = slices.Insert(s.buckets, b+1, tail)
	}
}

func (s *waiting) remove(due time.Time, seq int64) {
	if len(s.buckets) == 0 {
		return
	}
	w := waiter{due, seq}
	b := s.find(w)
	i, found := slices.BinarySearchFunc(s.buckets[b], w, compareWaiters)
	if !found {
		return
	}
	s.buckets[b] = slices.Delete(s.buckets[b], i, i+1)
	if len(s.buckets[b]) == 0 {
		s.buckets = slices.Delete(s.buckets, b, b+1)
	}
}

// all yields the set in order.
func (s *waiting) all() iter.Seq[waiter] {
	return func(yield func(waiter) bool) {
		for _, b := range s.buckets {
			for _, w := range b {
				if !yield(w) {
					return
				}
			}
		}
	}
}

// after returns the earliest time in the set that is after now; zero if there is none.
func (s *waiting) after(now time.Time) time.Time {
	edge := waiter{now, int64(^uint64(0) >> 1)}
	if len(s.buckets) == 0 {
		return time.Time{}
	}
	for b := s.find(edge); b < len(s.buckets); b++ {
		i, _ := slices.BinarySearchFunc(s.buckets[b], edge, compareWaiters)
		if i < len(s.buckets[b]) {
			return s.buckets[b][i].due
		}
	}
	return time.Time{}
}
