package sqlite

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/outbound-go/outbound"
)

// The table address finds the deliveries of an address. Keeping an index up row by row while millions are imported would cost many times the import, and
// building one at the end would hold the write lock for seconds. So it is a table of our own: filled when an import finishes, a slab of deliveries at
// a time, sorted by hash in memory and written in short transactions. run.addressed says how far it has come; who looks for an address looks through the
// deliveries above it as well.

// addressHash is the hash of an address in the table: 64-bit FNV-1a with a final mix. Who finds a row compares its address.
func addressHash(address string) int64 {
	h := uint64(14695981039346656037)
	for i := range len(address) {
		h = (h ^ uint64(address[i])) * 1099511628211
	}
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	h ^= h >> 32
	return int64(h)
}

const (
	slabRows = 1 << 20 // deliveries sorted at a time, 16 bytes each
	fillRows = 5000    // entries a transaction, about 10 ms
)

type entry struct{ hash, id int64 }

// fillAddresses enters what a campaign's deliveries are missing in the table. It may be cut off at any moment and called again.
func (s *Store) fillAddresses(ctx context.Context, id outbound.CampaignID) error {
	for {
		slab, to, err := s.readSlab(ctx, id)
		if err != nil || len(slab) == 0 {
			return err
		}
		slices.SortFunc(slab, func(a, b entry) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.id, b.id)) })
		shrunk := slab[0].id // set below
		_ = shrunk
		for len(slab) > 0 {
			n := min(len(slab), fillRows)
			if err := s.transact(ctx, func(c *conn) error { return s.fill(c, id, slab[:n], to, n == len(slab)) }); err != nil {
				return err
			}
			if slab = slab[n:]; s.between(ctx) != nil {
				return s.between(ctx)
			}
		}
	}
}
