package sqlite

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/outbound-go/outbound"
)

// erasedPrefix begins what takes the place of an erased address.
const erasedPrefix = outbound.ErasedPrefix

func isErased(address string) bool { return strings.HasPrefix(address, erasedPrefix) }

// erasedName is what takes the place of an address: equal for equal addresses in this file, and of no use outside it.
func (s *Store) erasedName(address string) string {
	if isErased(address) {
		return address
	}
	mac := hmac.New(sha256.New, s.salt)
	mac.Write([]byte(address))
	return erasedPrefix + hex.EncodeToString(mac.Sum(nil))
}

// Erase implements [outbound.Ledger]. The hash is "erased:" and the hexadecimal HMAC-SHA256 of the address under a random salt of the file. Deliveries are found by
// the table of addresses; only imports that are still open are searched. What is erased is overwritten in the file (secure_delete), and the write-ahead
// log is emptied as far as readers in other processes allow; backups and the file system's own copies are the host's.
func (s *Store) Erase(ctx context.Context, _ time.Time, group, touchpoint, address string, act outbound.Act) (int64, error) {
	var changed int64
	if address != "" && !isErased(address) {
		// The refusals first: they stay in force through every moment.
		if err := s.write(ctx, "erase", func(c *conn) error { return s.eraseRefusals(c, group, touchpoint, address) }); err != nil {
			return 0, err
		}
		var ids []outbound.CampaignID
		err := s.view(ctx, "erase", func(c *conn) error {
			return c.each(ctx, "SELECT id FROM run WHERE touchpoint = ? AND grp = ? ORDER BY number", func(r *rows) error {
				ids = append(ids, outbound.CampaignID(r.text(0)))
				return nil
			}, touchpoint, group)
		})
		if err != nil {
			return 0, err
		}
		for _, id := range ids {
			n, err := s.eraseIn(ctx, id, address)
			changed += n
			if err != nil {
				return changed, s.wrap("erase", err)
			}
			if err := s.between(ctx); err != nil {
				return changed, s.wrap("erase", err)
			}
		}
	}
	if err := s.write(ctx, "erase", func(c *conn) error { return record(c, act) }); err != nil {
		return changed, err
	}
	s.emptyLog(ctx)
	return changed, nil
}

// emptyLog moves the write-ahead log into the file and cuts it to nothing, if no reader needs it. It is done best: the next checkpoint overwrites it anyway.
func (s *Store) emptyLog(ctx context.Context) {
	if c, err := s.writer.take(ctx); err == nil {
		defer s.writer.give(c)
		_, _ = c.one("PRAGMA wal_checkpoint(TRUNCATE)", func(*rows) {})
	}
}

// eraseIn erases a person from a campaign. Finding happens in a read transaction, and a write transaction is begun where there is something to write.
func (s *Store) eraseIn(ctx context.Context, id outbound.CampaignID, address string) (int64, error) {
	something := false
	find := func(c *conn) (r *campaign, ids []int64, err error) {
		if r, err = s.loadHot(c, id); err != nil {
			return nil, nil, err
		}
		ids, err = idsOf(ctx, c, r, address, 0)
		return r, ids, err
	}
	err := s.look(ctx, func(c *conn) error {
		r, ids, err := find(c)
		if err != nil {
			return err
		}
		imports, err := sources(ctx, c, r)
		something = len(ids) > 0 || slices.ContainsFunc(imports, func(m source) bool { return slices.ContainsFunc(m.Rejections, holding(address)) })
		return err
	})
	if notFound(err) || err == nil && !something {
		return 0, nil
	}
	var changed int64
	if err == nil {
		err = s.transact(ctx, func(c *conn) error {
			changed = 0
			r, ids, err := find(c)
			if err != nil {
				return err
			}
			for _, id := range ids {
				ok, err := s.eraseRow(c, id, address)
				if err != nil {
					return err
				}
				if ok {
					changed++
				}
			}
			if err := eraseRejections(ctx, c, r, address); err != nil {
				return err
			}
			r.shrunk++
			r.erased += changed
			return save(c, r)
		})
	}
	if notFound(err) {
		return 0, nil
	}
	return changed, err
}

func (s *Store) eraseRow(c *conn, id int64, address string) (bool, error) {
	row, found, exists, err := loadRow(c, id)
	if err != nil || !found || row.Address != address && row.Former != address {
		return false, err
	}
	name := s.erasedName(row.Address)
	if err := c.run("UPDATE delivery SET address = ?, reference = NULL, variables = NULL WHERE id = ?", name, id); err != nil {
		return false, err
	}
	for _, old := range [2]string{row.Address, row.Former} {
		if err := leaveOut(c, id, old); err != nil {
			return false, err
		}
	}
	if err := enter(c, id, name); err != nil {
		return false, err
	}
	if exists {
		if err := c.run("UPDATE outcome SET message = NULL, former = NULL WHERE id = ?", id); err != nil {
			return false, err
		}
	}
	return true, c.run("UPDATE attempt SET message = NULL WHERE id = ?", id)
}

func eraseRejections(ctx context.Context, c *conn, r *campaign, address string) error {
	imports, err := sources(ctx, c, r)
	if err != nil {
		return err
	}
	holds := holding(address)
	for i := range imports {
		m := &imports[i]
		if !slices.ContainsFunc(m.Rejections, holds) {
			continue
		}
		for j, rejection := range m.Rejections {
			if holds(rejection) {
				m.Rejections[j].Piece = ""
				m.Rejections[j].Problem = outbound.Problem{Field: rejection.Problem.Field, Code: rejection.Problem.Code}
			}
		}
		if err := saveImport(c, r, m); err != nil {
			return err
		}
	}
	return nil
}

// holding says whether a rejected piece holds an address, or the beginning of it where the piece was cut.
func holding(address string) func(outbound.Rejection) bool {
	return func(r outbound.Rejection) bool {
		return strings.Contains(r.Piece, address) || len(r.Piece) >= 64 && strings.HasPrefix(address, r.Piece)
	}
}

// eraseRefusals keeps the refusals of an address in force under its hash. A reason in somebody's words may name the person, so it goes.
func (s *Store) eraseRefusals(c *conn, group, touchpoint, address string) error {
	if err := c.run(`INSERT INTO suppression (grp, address, touchpoint, purpose, reason, actor, at)
		SELECT grp, ?, touchpoint, purpose, '', actor, at FROM suppression WHERE grp = ? AND address = ? AND touchpoint IN ('', ?)
		ON CONFLICT DO UPDATE SET reason = '', actor = excluded.actor, at = excluded.at`, s.erasedName(address), group, address, touchpoint); err != nil {
		return err
	}
	return c.run("DELETE FROM suppression WHERE grp = ? AND address = ? AND touchpoint IN ('', ?)", group, address, touchpoint)
}
