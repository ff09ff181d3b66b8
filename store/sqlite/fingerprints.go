package sqlite

import (
	"iter"
	"math/bits"
)

// fingerprints is a set of numbers by 64-bit hash: open addressing, 8 bytes a slot, half of it a fingerprint of the hash and half the number.
// It is made of many small tables that grow by half when they are nearly full, each at its own time. So growing never holds two copies
// of the whole, and a number takes 9 to 14 bytes.
type fingerprints struct {
	tables [fingerprintTables]fingerprintTable
	used   int
}

const fingerprintTables = 1024

type fingerprintTable struct {
	slots []uint64 // fingerprint << 32 | number; 0 = free, since numbers begin at 1
	used  int
}

// split takes a hash apart: its highest bits choose the table, its lowest are the fingerprint, which also says where to begin in the table. In a table of ten
// thousand a wrong candidate comes up twice in a million lookups.
func split(hash uint64) (table int, fingerprint uint32) {
	return int(hash >> 54), uint32(hash)
}

// start is where a fingerprint's slot is looked for first.
func (t *fingerprintTable) start(fingerprint uint32) int {
	high, _ := bits.Mul32(fingerprint, uint32(len(t.slots)))
	return int(high)
}

// add enters a number. A number under the same hash as another is entered beside it.
func (f *fingerprints) add(hash uint64, number uint32) {
	table, fingerprint := split(hash)
	t := &f.tables[table]
	if t.used >= len(t.slots)-len(t.slots)/8-1 {
		t.grow()
	}
	t.put(fingerprint, number)
	t.used++
	f.used++
}

// reduced is the part of a hash that the set keeps, 42 bits.
func reduced(hash uint64) uint64 {
	table, fingerprint := split(hash)
	return uint64(table)<<32 | uint64(fingerprint)
}

// hashes yields what is kept of every hash.
func (f *fingerprints) hashes() iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for table := range f.tables {
			for _, slot := range f.tables[table].slots {
				if slot != 0 && !yield(uint64(table)<<32|slot>>32) {
					return
				}
			}
		}
	}
}

func (t *fingerprintTable) grow() {
	old := t.slots
	t.slots = make([]uint64, max(16, len(old)+len(old)/2))
	for _, slot := range old {
		if slot != 0 {
			t.put(uint32(slot>>32), uint32(slot))
		}
	}
}

func (t *fingerprintTable) put(fingerprint, number uint32) {
	i := t.start(fingerprint)
	for t.slots[i] != 0 {
		if i++; i == len(t.slots) {
			i = 0
		}
	}
	t.slots[i] = uint64(fingerprint)<<32 | uint64(number)
}

// candidates yields the numbers whose hash has the same fingerprint.
func (f *fingerprints) candidates(hash uint64) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		table, fingerprint := split(hash)
		t := &f.tables[table]
		if len(t.slots) == 0 {
			return
		}
		for i := t.start(fingerprint); t.slots[i] != 0; {
			if uint32(t.slots[i]>>32) == fingerprint && !yield(uint32(t.slots[i])) {
				return
			}
			if i++; i == len(t.slots) {
				i = 0
			}
		}
	}
}
