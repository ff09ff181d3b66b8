package sqlite

import (
	"context"
	"hash/maphash"
	"sync"

	"github.com/outbound-go/outbound"
)

// dedup lends what is known of the people of campaigns that are being imported. One call at a time has a campaign's.
type dedup struct {
	mu    sync.Mutex
	known map[outbound.CampaignID]*knownPeople // guarded by mu; who is lent is not in it
}

// borrow takes what is known of a campaign, or reads it. Reading happens outside of a write transaction.
func (d *dedup) borrow(ctx context.Context, s *Store, id outbound.CampaignID) (*knownPeople, error) {
	d.mu.Lock()
	k := d.known[id]
	delete(d.known, id)
	d.mu.Unlock()
	if k != nil {
		return k, nil
	}
	k = newKnownPeople(id)
	err := s.look(ctx, func(c *conn) error {
		r, err := s.loadHot(c, id)
		if err != nil {
			return err
		}
		k.shrunk = r.shrunk
		return k.catchUp(ctx, c, r)
	})
	return k, err
}

// giveBack keeps what is known for the next chunk. After a transaction that failed it is forgotten, since it knows people who were not written.
func (d *dedup) giveBack(k *knownPeople, good bool) {
	if !good {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known == nil || len(d.known) >= maxKnown {
		d.known = map[outbound.CampaignID]*knownPeople{}
	}
	d.known[k.campaign] = k
}

// maxKnown bounds how many campaigns are remembered at once: imports that were cut off are never finished.
const maxKnown = 16

func (d *dedup) forget(id outbound.CampaignID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.known, id)
}

func (d *dedup) clear() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.known = nil
}

// knownPeople is the audience of a campaign as far as it is imported. The last of them are a set of fingerprints that point to rows. The others, whom
// the table of addresses has, are Bloom filters, a slab each: who may be among them is looked for in the table. So memory is 12 bytes each for the last
// million and 2 bytes each for the others. Whoever is found is compared with the row itself, so that two people with one fingerprint stay two.
type knownPeople struct {
	campaign outbound.CampaignID
	recent   fingerprints
	filters  []bloom
	filtered int // how many are in the last filter
	seed     maphash.Seed
	upTo     int64 // deliveries numbered up to it are known
	shrunk   int64 // campaign.shrunk when they were read
	erased   bool  // there are hashed addresses among them
	hash     maphash.Hash
	last     uint64 // the hash of who was looked for last
}

func newKnownPeople(id outbound.CampaignID) *knownPeople {
	k := &knownPeople{campaign: id}
	k.reset()
	return k
}

func (k *knownPeople) reset() {
	k.recent, k.filters, k.filtered, k.seed, k.upTo, k.erased = fingerprints{}, nil, 0, maphash.MakeSeed(), 0, false
	k.hash.SetSeed(k.seed)
}

// hashOf is the hash of what is unique in a campaign.
func (k *knownPeople) hashOf(address, key string) uint64 {
	if key == "" {
		return maphash.String(k.seed, address)
	}
	k.hash.Reset()
	_, _ = k.hash.WriteString(address)
	_ = k.hash.WriteByte(0)
	_, _ = k.hash.WriteString(key)
	return k.hash.Sum64()
}

// catchUp reads the deliveries that were added by others, or everything again after some were removed or erased.
func (k *knownPeople) catchUp(ctx context.Context, c *conn, r *campaign) error {
	if k.shrunk != r.shrunk {
		k.reset()
		k.shrunk = r.shrunk
	}
	if k.upTo == r.Last {
		return nil
	}
	err := c.each(ctx, "SELECT id, address, key FROM delivery WHERE id > ? AND id <= ? ORDER BY id", func(row *rows) error {
		address := row.text(1)
		k.erased = k.erased || isErased(address)
		hash, seq := k.hashOf(address, row.text(2)), seqOf(row.int(0))
		if seq <= r.addressed {
			k.filter(reduced(hash))
		} else {
			k.recent.add(hash, uint32(seq))
		}
		return nil
	}, r.base()|k.upTo, r.base()|r.Last)
	if err == nil {
		k.upTo = r.Last
	}
	return err
}

// find says whether the campaign has a recipient already, and from which import.
func (k *knownPeople) find(c *conn, s *Store, r *campaign, n *outbound.NewDelivery) (number int, found bool, err error) {
	if k.erased && !isErased(n.Address) {
		hashed := s.erasedName(n.Address)
		if number, found, err = k.lookup(c, r, hashed, n.Key); found || err != nil {
			return number, found, err
		}
	}
	return k.lookup(c, r, n.Address, n.Key)
}

func (k *knownPeople) lookup(c *conn, r *campaign, address, key string) (number int, found bool, err error) {
	k.last = k.hashOf(address, key)
	for seq := range k.recent.candidates(k.last) {
		_, err = c.one("SELECT address, key, import FROM delivery WHERE id = ?", func(row *rows) {
			if row.text(0) == address && row.text(1) == key {
				number, found = int(row.int(2)), true
			}
		}, r.base()|int64(seq))
		if found || err != nil {
			return number, found, err
		}
	}
	if !k.maybeOlder(reduced(k.last)) {
		return 0, false, nil
	}
	found, err = c.one(olderPerson, func(row *rows) { number = int(row.int(0)) }, addressHash(address), r.base(), r.end(), address, key)
	return number, found, err
}

const olderPerson = `SELECT d.import FROM address a CROSS JOIN delivery d ON d.id = a.id
	WHERE a.hash = ? AND a.id > ? AND a.id <= ? AND d.address = ? AND coalesce(d.key, '') = ? LIMIT 1`

func (k *knownPeople) maybeOlder(hash uint64) bool {
	for _, filter := range k.filters {
		if filter.has(hash) {
			return true
		}
	}
	return false
}

// add enters the recipient that was looked for last and not found.
func (k *knownPeople) add(seq int64) {
	k.recent.add(k.last, uint32(seq))
	k.upTo = seq
}

// filter enters somebody whom the table of addresses has.
func (k *knownPeople) filter(hash uint64) {
	if len(k.filters) == 0 || k.filtered == slabRows {
		k.filters, k.filtered = append(k.filters, newBloom(slabRows)), 0
	}
	k.filters[len(k.filters)-1].add(hash)
	k.filtered++
}

// full says that the recent are a slab: they are to be aged.
func (k *knownPeople) full() bool { return k.recent.used >= slabRows }

// age makes the recent people older ones. It is right only once the table of addresses has them, and until then nobody may be looked for.
func (k *knownPeople) age() {
	for hash := range k.recent.hashes() {
		k.filter(hash)
	}
	k.recent = fingerprints{}
}
