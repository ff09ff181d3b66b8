package storetest_test

import (
	"context"
	"slices"
	"time"

	"github.com/outbound-go/outbound"
)

func importMutants() []mutant {
	return []mutant{
		{"After is not looked at", "imports", func(b *bent) {
			b.add = func(ctx context.Context, now time.Time, chunk outbound.ImportChunk) (outbound.ImportRecord, []outbound.Duplicate, error) {
				imports, err := b.Store.Imports(ctx, chunk.Campaign)
				for _, r := range imports {
					if r.Source == chunk.Source {
						chunk.After = r.Pieces
					}
				}
				if err != nil {
					return outbound.ImportRecord{}, nil, err
				}
				return b.Store.AppendImport(ctx, now, chunk)
			}
		}},
		{"the key is ignored", "imports", func(b *bent) {
			b.add = func(ctx context.Context, now time.Time, chunk outbound.ImportChunk) (outbound.ImportRecord, []outbound.Duplicate, error) {
				chunk.Recipients = slices.Clone(chunk.Recipients)
				for i := range chunk.Recipients {
					chunk.Recipients[i].Key = ""
				}
				return b.Store.AppendImport(ctx, now, chunk)
			}
		}},
		{"address and key are one text", "imports", func(b *bent) {
			b.add = func(ctx context.Context, now time.Time, chunk outbound.ImportChunk) (outbound.ImportRecord, []outbound.Duplicate, error) {
				chunk.Recipients = slices.Clone(chunk.Recipients)
				for i := range chunk.Recipients {
					r := &chunk.Recipients[i]
					r.Address, r.Key = r.Address+r.Key, ""
				}
				return b.Store.AppendImport(ctx, now, chunk)
			}
		}},
		{"every duplicate is the source's own", "imports", func(b *bent) {
			b.add = func(ctx context.Context, now time.Time, chunk outbound.ImportChunk) (outbound.ImportRecord, []outbound.Duplicate, error) {
				r, duplicates, err := b.Store.AppendImport(ctx, now, chunk)
				for i := range duplicates {
					duplicates[i].Elsewhere = false
				}
				return r, duplicates, err
			}
		}},
		{"duplicates come in no order", "imports", func(b *bent) {
			b.add = func(ctx context.Context, now time.Time, chunk outbound.ImportChunk) (outbound.ImportRecord, []outbound.Duplicate, error) {
				r, duplicates, err := b.Store.AppendImport(ctx, now, chunk)
				slices.Reverse(duplicates)
				return r, duplicates, err
			}
		}},
		{"numbers follow the addresses, not the chunk", "imports", func(b *bent) {
			b.add = func(ctx context.Context, now time.Time, chunk outbound.ImportChunk) (outbound.ImportRecord, []outbound.Duplicate, error) {
				chunk.Recipients = slices.Clone(chunk.Recipients)
				slices.Reverse(chunk.Recipients)
				return b.Store.AppendImport(ctx, now, chunk)
			}
		}},
		{"the digest is forgotten", "import records", func(b *bent) {
			b.imports = func(records []outbound.ImportRecord) {
				for i := range records {
					records[i].Digest = nil
				}
			}
		}},
		{"finishing again is a change", "import records", func(b *bent) {
			b.finish = func(ctx context.Context, now time.Time, id outbound.CampaignID, source string, digest []byte) (outbound.ImportRecord, error) {
				r, err := b.Store.FinishImport(ctx, now, id, source, digest)
				if err == nil {
					_, err = b.Store.UpdateRun(ctx, id, func(r *outbound.Run) (outbound.Act, error) {
						r.Revision++
						return outbound.Act{}, nil
					})
				}
				return r, err
			}
		}},
		{"an import that is begun again is new", "imports", func(b *bent) {
			b.begin = func(ctx context.Context, now time.Time, id outbound.CampaignID, source, actor string) (outbound.ImportRecord, bool, error) {
				r, _, err := b.Store.BeginImport(ctx, now, id, source, actor)
				return r, true, err
			}
		}},
		{"other imports are not stale", "imports removed", func(b *bent) {
			b.imports = func(records []outbound.ImportRecord) {
				for i := range records {
					records[i].Stale = false
				}
			}
		}},
		{"the limit is ignored", "imports removed", func(b *bent) {
			b.removeImport = func(ctx context.Context, id outbound.CampaignID, source string, _ int) (bool, error) {
				return b.Store.RemoveImport(ctx, id, source, 1<<30)
			}
		}},
		{"done is said too early", "imports removed", func(b *bent) {
			b.removeImport = func(ctx context.Context, id outbound.CampaignID, source string, limit int) (bool, error) {
				_, err := b.Store.RemoveImport(ctx, id, source, limit)
				return true, err
			}
		}},
		{"a removal is no change of the audience", "imports removed", func(b *bent) {
			b.removeImport = func(ctx context.Context, id outbound.CampaignID, source string, limit int) (bool, error) {
				before, _ := b.Store.ReadRun(ctx, id)
				done, err := b.Store.RemoveImport(ctx, id, source, limit)
				_, _ = b.Store.UpdateRun(ctx, id, func(r *outbound.Run) (outbound.Act, error) {
					r.Revision = before.Revision
					return outbound.Act{}, nil
				})
				return done, err
			}
		}},
	}
}
