package sqlite

import (
	"context"

	"github.com/outbound-go/outbound"
)

// SaveDraft implements [outbound.Catalogue].
func (s *Store) SaveDraft(ctx context.Context, id outbound.CampaignID, document []byte) error {
	return s.write(ctx, "save draft", func(c *conn) error {
		return c.run("INSERT INTO draft (id, document) VALUES (?, ?) ON CONFLICT DO UPDATE SET document = excluded.document", string(id), present(document))
	})
}

// present is bytes for a column that is not NULL.
func present(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// LoadDraft implements [outbound.Catalogue].
func (s *Store) LoadDraft(ctx context.Context, id outbound.CampaignID) ([]byte, error) {
	return s.content(ctx, "load draft", "SELECT document FROM draft WHERE id = ?", string(id))
}

func (s *Store) content(ctx context.Context, operation, text, key string) (content []byte, err error) {
	err = s.view(ctx, operation, func(c *conn) error {
		found, err := c.one(text, func(r *rows) { content = present(r.blob(0)) }, key)
		if err == nil && !found {
			err = outbound.ErrNotFound
		}
		return err
	})
	return content, err
}

// DeleteDraft implements [outbound.Catalogue].
func (s *Store) DeleteDraft(ctx context.Context, id outbound.CampaignID) error {
	return s.write(ctx, "delete draft", func(c *conn) error { return c.run("DELETE FROM draft WHERE id = ?", string(id)) })
}

// SaveFile implements [outbound.Catalogue].
func (s *Store) SaveFile(ctx context.Context, hash string, content []byte) error {
	return s.write(ctx, "save file", func(c *conn) error {
		return c.run("INSERT INTO file (hash, content) VALUES (?, ?) ON CONFLICT DO NOTHING", hash, present(content))
	})
}

// LoadFile implements [outbound.Catalogue].
func (s *Store) LoadFile(ctx context.Context, hash string) ([]byte, error) {
	return s.content(ctx, "load file", "SELECT content FROM file WHERE hash = ?", hash)
}

// DeleteFile implements [outbound.Catalogue].
func (s *Store) DeleteFile(ctx context.Context, hash string) error {
	return s.write(ctx, "delete file", func(c *conn) error { return c.run("DELETE FROM file WHERE hash = ?", hash) })
}
