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
	fillRows = 1000    // entries a transaction, 3 to 30 ms: each may touch a page of its own
)

type entry struct{ hash, id int64 }

// errShrunk says that deliveries were removed or erased since a slab was read: it is read again, so that no hash comes back.
var errShrunk = errors.New("the audience shrank meanwhile")

// fillAddresses enters what a campaign's deliveries are missing in the table. It may be cut off at any moment and called again.
func (s *Store) fillAddresses(ctx context.Context, id outbound.CampaignID) error {
	for {
		done, err := s.fillSlab(ctx, id)
		if done || err != nil && !errors.Is(err, errShrunk) {
			return err
		}
	}
}

func (s *Store) fillSlab(ctx context.Context, id outbound.CampaignID) (done bool, err error) {
	var slab []entry
	var at *campaign
	err = s.look(ctx, func(c *conn) error {
		at, err = s.loadHot(c, id)
		if err != nil || at.addressed >= at.Last {
			done = err == nil
			return err
		}
		slab = make([]entry, 0, min(at.Last-at.addressed, slabRows))
		return c.each(ctx, "SELECT id, address FROM delivery WHERE id > ? AND id <= ? ORDER BY id", func(r *rows) error {
			slab = append(slab, entry{addressHash(r.text(1)), r.int(0)})
			return nil
		}, at.base()|at.addressed, at.base()|min(at.Last, at.addressed+slabRows))
	})
	if done || err != nil {
		return done, err
	}
	to := min(at.Last, at.addressed+slabRows)
	slices.SortFunc(slab, func(a, b entry) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.id, b.id)) })
	for {
		part := slab[:min(len(slab), fillRows)]
		slab = slab[len(part):]
		err := s.transact(ctx, func(c *conn) error { return s.fill(c, at, part, to, len(slab) == 0) })
		if err != nil || len(slab) == 0 {
			return false, err
		}
		if err := s.between(ctx); err != nil {
			return false, err
		}
	}
}

// fill writes a part of a slab that was read as of at; the last part moves run.addressed.
func (s *Store) fill(c *conn, at *campaign, part []entry, to int64, last bool) error {
	r, err := s.loadHot(c, at.ID)
	if err != nil {
		return err
	}
	if r.Number != at.Number || r.shrunk != at.shrunk {
		return errShrunk
	}
	insert, err := c.stmt("INSERT INTO address (hash, id) VALUES (?, ?) ON CONFLICT DO NOTHING")
	if err != nil {
		return err
	}
	insert.room(2)
	for _, e := range part {
		insert.args[0].Value, insert.args[1].Value = e.hash, e.id
		if _, err := insert.insert(); err != nil {
			return err
		}
	}
	if !last {
		return nil
	}
	r.addressed = max(r.addressed, to)
	return save(c, r)
}

// enter makes a delivery be found by an address, leaveOut ends it.
func enter(c *conn, id int64, address string) error {
	return c.run("INSERT INTO address (hash, id) VALUES (?, ?) ON CONFLICT DO NOTHING", addressHash(address), id)
}

func leaveOut(c *conn, id int64, address string) error {
	return c.run("DELETE FROM address WHERE hash = ? AND id = ?", addressHash(address), id)
}

// readdress writes a delivery's new address after a migration. It is found by the present and by the former one.
func readdress(c *conn, id int64, before *outbound.Row, address string) error {
	if err := c.run("UPDATE delivery SET address = ? WHERE id = ?", address, id); err != nil {
		return err
	}
	if before.Former != "" && before.Former != address {
		if err := leaveOut(c, id, before.Former); err != nil {
			return err
		}
	}
	if err := enter(c, id, before.Address); err != nil {
		return err
	}
	return enter(c, id, address)
}

const (
	enteredIDs = "SELECT id FROM address WHERE hash = ? AND id > ? AND id <= ? ORDER BY id"
	missingIDs = "SELECT id FROM delivery WHERE id > ? AND id <= ? AND address = ? ORDER BY id"
)

// idsOf returns the ids of a campaign's deliveries that may have or have had an address, rising: those in the table and, compared already, those that the table lacks.
func idsOf(ctx context.Context, c *conn, r *campaign, address string, after int64) ([]int64, error) {
	var ids []int64
	add := func(row *rows) error {
		ids = append(ids, row.int(0))
		return nil
	}
	if err := c.each(ctx, enteredIDs, add, addressHash(address), r.base()|after, r.end()); err != nil {
		return nil, err
	}
	if r.addressed < r.Last {
		if err := c.each(ctx, missingIDs, add, r.base()|max(after, r.addressed), r.end(), address); err != nil {
			return nil, err
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}
