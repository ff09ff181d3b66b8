package memory

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/outbound-go/outbound"
)

// erasedPrefix begins what takes the place of an erased address.
const erasedPrefix = outbound.ErasedPrefix

func isErased(address string) bool { return strings.HasPrefix(address, erasedPrefix) }

// hash is what takes the place of an address: equal for equal addresses in this store, and of no use outside it.
func (s *Store) hash(address string) string {
	if isErased(address) {
		return address
	}
	mac := hmac.New(sha256.New, s.salt)
	mac.Write([]byte(address))
	return erasedPrefix + hex.EncodeToString(mac.Sum(nil))
}

// Erase implements [outbound.Ledger]. The hash is "erased:" and the hexadecimal HMAC-SHA256 of the address under a random salt of the
// store. It looks at every delivery of the group's campaigns on the touchpoint.
func (s *Store) Erase(ctx context.Context, _ time.Time, group, touchpoint, address string, act outbound.Act) (int64, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	var changed int64
	if address != "" && !isErased(address) {
		for _, c := range s.order {
			if c.run.Group == group && c.run.Touchpoint == touchpoint {
				changed += s.eraseIn(c, address)
			}
		}
		s.eraseRefusals(group, touchpoint, address)
	}
	s.record(act)
	return changed, nil
}

func (s *Store) eraseIn(c *campaign, address string) int64 {
	var changed int64
	for row := range c.rows.above(0) {
		if row.Address != address && row.Former != address {
			continue
		}
		for _, old := range [2]string{row.Address, row.Former} {
			if seq := c.people[identity{old, row.Key}]; old != "" && seq == row.Seq {
				delete(c.people, identity{old, row.Key})
				c.people[identity{s.hash(old), row.Key}] = seq
			}
		}
		if !isErased(row.Address) {
			c.erased++
		}
		row.Address, row.Former, row.Reference, row.Variables, row.Message = s.hash(row.Address), "", "", nil, ""
		if attempts := slices.Clone(c.attempts[row.Seq]); attempts != nil {
			for i := range attempts {
				attempts[i].Message = ""
			}
			c.attempts[row.Seq] = attempts
		}
		changed++
	}
	for i := range c.imports {
		c.imports[i].Rejections = cleanRejections(c.imports[i].Rejections, address)
	}
	c.version++
	return changed
}

// cleanRejections returns the rejections without the pieces that hold an address: what was wrong stays as a code.
func cleanRejections(rejections []outbound.Rejection, address string) []outbound.Rejection {
	holds := func(r outbound.Rejection) bool {
		return strings.Contains(r.Piece, address) || len(r.Piece) >= 64 && strings.HasPrefix(address, r.Piece) // it was cut
	}
	if !slices.ContainsFunc(rejections, holds) {
		return rejections
	}
	cleaned := slices.Clone(rejections)
	for i, r := range cleaned {
		if holds(r) {
			cleaned[i].Piece = ""
			cleaned[i].Problem = outbound.Problem{Field: r.Problem.Field, Code: r.Problem.Code}
		}
	}
	return cleaned
}

// eraseRefusals keeps the refusals of an address in force under its hash.
func (s *Store) eraseRefusals(group, touchpoint, address string) {
	for key, e := range maps.Clone(s.refused) {
		if key.group != group || key.address != address || (key.touchpoint != "" && key.touchpoint != touchpoint) {
			continue
		}
		delete(s.refused, key)
		key.address = s.hash(address)
		if _, ok := s.refused[key]; !ok {
			s.hashed++
		}
		e.Address, e.Reason = key.address, "" // a reason in somebody's words may name the person
		s.refused[key] = e
	}
}
