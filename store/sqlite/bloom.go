package sqlite

import "math/bits"

// bloom says of a hash that it was never entered, or that it may have been: a split-block Bloom filter as Apache Parquet
// specifies it (https://parquet.apache.org/docs/file-format/bloomfilter/), eight bits in one block of 32 bytes. With 16 bits for each of what is entered it is
// wrong about once in a thousand.
type bloom []bloomBlock

type bloomBlock [8]uint32

const bloomBits = 16

func newBloom(capacity int) bloom { return make(bloom, capacity*bloomBits/256+1) }

// mask is the block of a hash and its bits there. The hash is a reduced one, see fingerprints.
func (b bloom) mask(hash uint64) (block *bloomBlock, mask bloomBlock) {
	hash *= 0x9e3779b97f4a7c15
	i, _ := bits.Mul64(hash, uint64(len(b)))
	low := uint32(hash)
	for j, salt := range [8]uint32{0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31} {
		mask[j] = 1 << (low * salt >> 27)
	}
	return &b[i], mask
}

func (b bloom) add(hash uint64) {
	block, mask := b.mask(hash)
	for i := range mask {
		block[i] |= mask[i]
	}
}

func (b bloom) has(hash uint64) bool {
	block, mask := b.mask(hash)
	for i := range mask {
		if block[i]&mask[i] == 0 {
			return false
		}
	}
	return true
}
