package memory

import (
	"context"
	"slices"

	"github.com/outbound-go/outbound"
)

// SaveDraft implements [outbound.Catalogue].
func (s *Store) SaveDraft(ctx context.Context, id outbound.CampaignID, document []byte) error {
	return save(ctx, s, s.drafts, id, document)
}

// LoadDraft implements [outbound.Catalogue].
func (s *Store) LoadDraft(ctx context.Context, id outbound.CampaignID) ([]byte, error) {
	return load(ctx, s, s.drafts, id)
}

// DeleteDraft implements [outbound.Catalogue].
func (s *Store) DeleteDraft(ctx context.Context, id outbound.CampaignID) error {
	return remove(ctx, s, s.drafts, id)
}

// SaveFile implements [outbound.Catalogue].
func (s *Store) SaveFile(ctx context.Context, hash string, content []byte) error {
	return save(ctx, s, s.files, hash, content)
}

// LoadFile implements [outbound.Catalogue].
func (s *Store) LoadFile(ctx context.Context, hash string) ([]byte, error) {
	return load(ctx, s, s.files, hash)
}

// DeleteFile implements [outbound.Catalogue].
func (s *Store) DeleteFile(ctx context.Context, hash string) error {
	return remove(ctx, s, s.files, hash)
}

func save[K comparable](ctx context.Context, s *Store, m map[K][]byte, key K, content []byte) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	m[key] = append([]byte{}, content...)
	return nil
}

func load[K comparable](ctx context.Context, s *Store, m map[K][]byte, key K) ([]byte, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	content, ok := m[key]
	if !ok {
		return nil, outbound.ErrNotFound
	}
	return slices.Clone(content), nil
}

func remove[K comparable](ctx context.Context, s *Store, m map[K][]byte, key K) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	delete(m, key)
	return nil
}
