package storetest_test

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/outbound-go/outbound"
)

func filters(change func(*outbound.DeliveryFilter)) func(*bent) {
	return func(b *bent) {
		b.deliveries = func(ctx context.Context, f outbound.DeliveryFilter) ([]outbound.Row, error) {
			change(&f)
			return b.Store.Deliveries(ctx, f)
		}
	}
}

func readMutants() []mutant {
	return []mutant{
		{"the newest attempt is first", "attempts", func(b *bent) {
			b.attempts = func(a []outbound.Attempt) []outbound.Attempt {
				slices.Reverse(a)
				return a
			}
		}},
		{"only the last attempt is kept", "attempts", func(b *bent) {
			b.attempts = func(a []outbound.Attempt) []outbound.Attempt { return a[max(len(a)-1, 0):] }
		}},
		{"a delivery is due after its Due", "due", func(b *bent) {
			b.due = func(ctx context.Context, id outbound.CampaignID, now time.Time, limit int) ([]outbound.Row, time.Time, error) {
				return b.Store.Due(ctx, id, now.Add(-time.Microsecond), limit)
			}
		}},
		{"who is due comes by number", "due", func(b *bent) {
			b.due = func(ctx context.Context, id outbound.CampaignID, now time.Time, limit int) ([]outbound.Row, time.Time, error) {
				rows, next, err := b.Store.Due(ctx, id, now, limit)
				slices.SortFunc(rows, func(a, b outbound.Row) int { return cmp.Compare(a.Seq, b.Seq) })
				return rows, next, err
			}
		}},
		{"next is that of who is due already", "due", func(b *bent) {
			b.due = func(ctx context.Context, id outbound.CampaignID, now time.Time, limit int) ([]outbound.Row, time.Time, error) {
				rows, next, err := b.Store.Due(ctx, id, now, limit)
				if len(rows) > 0 {
					next = rows[0].Due
				}
				return rows, next, err
			}
		}},
		{"doubts are never due", "due", func(b *bent) {
			b.due = func(ctx context.Context, id outbound.CampaignID, now time.Time, limit int) ([]outbound.Row, time.Time, error) {
				rows, next, err := b.Store.Due(ctx, id, now, limit)
				return slices.DeleteFunc(rows, func(r outbound.Row) bool { return r.State == outbound.Uncertain }), next, err
			}
		}},
		{"who is in flight is read ahead", "due", func(b *bent) {
			b.ahead = func(ctx context.Context, id outbound.CampaignID, after int64, limit int) ([]outbound.Row, error) {
				return b.Store.Deliveries(ctx, outbound.DeliveryFilter{Campaign: id, After: after, Limit: limit})
			}
		}},
		{"states are not looked at", "deliveries", filters(func(f *outbound.DeliveryFilter) { f.States = nil })},
		{"reasons are not looked at", "deliveries", filters(func(f *outbound.DeliveryFilter) { f.Reasons = nil })},
		{"After is inclusive", "deliveries", filters(func(f *outbound.DeliveryFilter) { f.After = max(f.After-1, 0) })},
		{"the limit of zero is none", "deliveries", filters(func(f *outbound.DeliveryFilter) { f.Limit = cmp.Or(f.Limit, -1) })},
		{"an address finds the first delivery only", "deliveries", filters(func(f *outbound.DeliveryFilter) {
			if f.Address != "" {
				f.Limit = 1
			}
		})},
		{"the number given is returned again", "acts", func(b *bent) {
			b.acts = func(ctx context.Context, id outbound.CampaignID, after int64, limit int) ([]outbound.Act, error) {
				return b.Store.Acts(ctx, id, max(after-1, 0), limit)
			}
		}},
		{"a campaign's acts are everybody's", "acts", func(b *bent) {
			b.acts = func(ctx context.Context, _ outbound.CampaignID, after int64, limit int) ([]outbound.Act, error) {
				return b.Store.Acts(ctx, "", after, limit)
			}
		}},
		{"a detail is cut", "acts", func(b *bent) {
			b.create = func(ctx context.Context, run outbound.Run, act outbound.Act) (outbound.Run, bool, error) {
				act.Detail = act.Detail[:min(len(act.Detail), 5)]
				return b.Store.CreateRun(ctx, run, act)
			}
		}},
		{"now goes back", "clock", func(b *bent) {
			b.now = func(now time.Time) time.Time { return now.Add(-time.Duration(now.UnixNano()%1000) * time.Hour) }
		}},
		{"the store records its own time", "clock", batches(func(_ context.Context, _ outbound.Store, batch *outbound.Batch, _ *outbound.RunBatch) {
			batch.Now = time.Now()
		})},
	}
}
