package storetest_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/outbound-go/outbound"
)

func aroundMutants() []mutant {
	return []mutant{
		{"AnyPurpose is a purpose of its own", "suppression", func(b *bent) {
			b.suppress = func(ctx context.Context, now time.Time, entries []outbound.Suppression, act outbound.Act) error {
				entries = slices.Clone(entries)
				for i := range entries {
					if entries[i].Purpose == outbound.AnyPurpose {
						entries[i].Purpose = outbound.Marketing
					}
				}
				return b.Store.Suppress(ctx, now, entries, act)
			}
		}},
		{"entries without touchpoint count nowhere", "suppression", func(b *bent) {
			b.suppress = func(ctx context.Context, now time.Time, entries []outbound.Suppression, act outbound.Act) error {
				return b.Store.Suppress(ctx, now, slices.DeleteFunc(slices.Clone(entries), func(e outbound.Suppression) bool { return e.Touchpoint == "" }), act)
			}
		}},
		{"groups share their entries", "suppression", func(b *bent) {
			b.suppress = func(ctx context.Context, now time.Time, entries []outbound.Suppression, act outbound.Act) error {
				entries = slices.Clone(entries)
				for i := range entries {
					entries[i].Group = ""
				}
				return b.Store.Suppress(ctx, now, entries, act)
			}
			b.suppressed = func(ctx context.Context, _, touchpoint string, purpose outbound.Purpose, addresses []string) ([]bool, int64, error) {
				return b.Store.Suppressed(ctx, "", touchpoint, purpose, addresses)
			}
		}},
		{"the epoch stays", "suppression", func(b *bent) {
			b.suppressed = func(ctx context.Context, group, touchpoint string, purpose outbound.Purpose, addresses []string) ([]bool, int64, error) {
				hits, _, err := b.Store.Suppressed(ctx, group, touchpoint, purpose, addresses)
				return hits, 0, err
			}
			b.commit = func(ctx context.Context, batch outbound.Batch) (outbound.BatchResult, error) {
				batch.Runs = slices.Clone(batch.Runs)
				for i := range batch.Runs {
					if r, err := b.Store.ReadRun(ctx, batch.Runs[i].Campaign); err == nil {
						_, batch.Runs[i].Epoch, _ = b.Store.Suppressed(ctx, r.Group, r.Touchpoint, r.Purpose, nil)
					}
				}
				return b.Store.Commit(ctx, batch)
			}
		}},
		{"an entry that is there raises no epoch", "suppression", func(b *bent) {
			b.suppress = func(ctx context.Context, now time.Time, entries []outbound.Suppression, act outbound.Act) error {
				entries = slices.DeleteFunc(slices.Clone(entries), func(e outbound.Suppression) bool {
					hits, _, _ := b.Store.Suppressed(ctx, e.Group, e.Touchpoint, e.Purpose, []string{e.Address})
					return len(hits) == 1 && hits[0]
				})
				return b.Store.Suppress(ctx, now, entries, act)
			}
		}},
		{"Unsuppress lifts all purposes", "suppression", func(b *bent) {
			b.unsuppress = func(ctx context.Context, now time.Time, entries []outbound.Suppression, act outbound.Act) error {
				var all []outbound.Suppression
				for _, e := range entries {
					for _, p := range []outbound.Purpose{outbound.Marketing, outbound.Service, outbound.AnyPurpose} {
						e.Purpose = p
						all = append(all, e)
					}
				}
				return b.Store.Unsuppress(ctx, now, all, act)
			}
		}},
		{"a stop that is there is kept", "stops", func(b *bent) {
			b.setStop = func(ctx context.Context, stop outbound.Stop, act outbound.Act) error {
				stops, err := b.Store.Stops(ctx)
				if slices.ContainsFunc(stops, func(s outbound.Stop) bool { return s.Scope == stop.Scope && s.Name == stop.Name }) {
					return err
				}
				return b.Store.SetStop(ctx, stop, act)
			}
		}},
		{"scopes are not told apart", "stops", func(b *bent) {
			b.clearStop = func(ctx context.Context, _ outbound.StopScope, name string, act outbound.Act) error {
				return errors.Join(b.Store.ClearStop(ctx, outbound.StopGroup, name, act), b.Store.ClearStop(ctx, outbound.StopTouchpoint, name, outbound.Act{}))
			}
		}},
		{"a change that failed leaves a record", "touchpoints", func(b *bent) {
			b.touchpoint = func(ctx context.Context, name string, change func(*outbound.TouchpointRecord) (outbound.Act, error)) (outbound.TouchpointRecord, error) {
				t, err := b.Store.UpdateTouchpoint(ctx, name, change)
				if err != nil {
					_, _ = b.Store.UpdateTouchpoint(ctx, name, func(*outbound.TouchpointRecord) (outbound.Act, error) { return outbound.Act{}, nil })
				}
				return t, err
			}
		}},
		{"the last name is first", "touchpoints", func(b *bent) { b.touchpoints = slices.Reverse[[]outbound.TouchpointRecord] }},
		{"the gate is forgotten", "touchpoints", func(b *bent) {
			b.touchpoint = func(ctx context.Context, name string, change func(*outbound.TouchpointRecord) (outbound.Act, error)) (outbound.TouchpointRecord, error) {
				return b.Store.UpdateTouchpoint(ctx, name, func(t *outbound.TouchpointRecord) (outbound.Act, error) {
					act, err := change(t)
					t.Gate.Probes = 0
					return act, err
				})
			}
		}},
		{"a suppression goes with its person", "erase", func(b *bent) {
			b.erase = func(ctx context.Context, now time.Time, group, touchpoint, address string, act outbound.Act) (int64, error) {
				var all []outbound.Suppression
				for _, t := range []string{"", touchpoint} {
					for _, p := range []outbound.Purpose{outbound.Marketing, outbound.Service, outbound.AnyPurpose} {
						all = append(all, outbound.Suppression{Group: group, Touchpoint: t, Address: address, Purpose: p})
					}
				}
				if err := b.Store.Unsuppress(ctx, now, all, outbound.Act{}); err != nil {
					return 0, err
				}
				return b.Store.Erase(ctx, now, group, touchpoint, address, act)
			}
		}},
		{"the group is not looked at", "erase", func(b *bent) {
			b.erase = func(ctx context.Context, now time.Time, group, touchpoint, address string, act outbound.Act) (int64, error) {
				if _, err := b.Store.Erase(ctx, now, "other", touchpoint, address, outbound.Act{}); err != nil {
					return 0, err
				}
				return b.Store.Erase(ctx, now, group, touchpoint, address, act)
			}
		}},
		{"message ids of earlier attempts stay", "erase", func(b *bent) {
			b.attempts = func(a []outbound.Attempt) []outbound.Attempt {
				for i := range a {
					a[i].Message = "message-one"
				}
				return a
			}
		}},
		{"the hash is not needed", "erase", func(b *bent) {
			b.deliveries = func(ctx context.Context, f outbound.DeliveryFilter) ([]outbound.Row, error) {
				rows, err := b.Store.Deliveries(ctx, f)
				for i := range rows {
					if rows[i].Reference == "" {
						rows[i].Address = ""
					}
				}
				return rows, err
			}
		}},
		{"the time is inclusive", "purge", func(b *bent) {
			b.purge = func(ctx context.Context, before time.Time, limit int) (int64, bool, error) {
				return b.Store.Purge(ctx, before.Add(time.Microsecond), limit)
			}
		}},
		{"the limit is ignored", "purge", func(b *bent) {
			b.purge = func(ctx context.Context, before time.Time, _ int) (int64, bool, error) {
				return b.Store.Purge(ctx, before, 1<<30)
			}
		}},
		{"counters go with the deliveries", "purge", func(b *bent) {
			b.read = func(r *outbound.Run) {
				if r.Purged {
					r.Counts = outbound.Counts{}
				}
			}
		}},
		{"done is said too early", "purge", func(b *bent) {
			b.purge = func(ctx context.Context, before time.Time, limit int) (int64, bool, error) {
				n, _, err := b.Store.Purge(ctx, before, limit)
				return n, true, err
			}
		}},
		{"the first document stays", "catalogue", func(b *bent) {
			b.saveDraft = func(ctx context.Context, id outbound.CampaignID, document []byte) error {
				if _, err := b.LoadDraft(ctx, id); err == nil {
					return nil
				}
				return b.Store.SaveDraft(ctx, id, document)
			}
		}},
		{"what does not exist is empty", "catalogue", func(b *bent) {
			b.loadFile = func(ctx context.Context, hash string) ([]byte, error) {
				content, err := b.Store.LoadFile(ctx, hash)
				if errors.Is(err, outbound.ErrNotFound) {
					err = nil
				}
				return content, err
			}
		}},
		{"removing nothing is an error", "catalogue", func(b *bent) {
			b.deleteFile = func(ctx context.Context, hash string) error {
				if _, err := b.Store.LoadFile(ctx, hash); err != nil {
					return err
				}
				return b.Store.DeleteFile(ctx, hash)
			}
		}},
		{"opt-outs are kept in the process", "durability", func(b *bent) {
			var mu sync.Mutex
			kept := map[string]bool{}
			b.suppress = func(ctx context.Context, now time.Time, entries []outbound.Suppression, act outbound.Act) error {
				mu.Lock()
				defer mu.Unlock()
				entries = slices.Clone(entries)
				for i := range entries {
					kept[entries[i].Address] = true
					entries[i].Address = "nobody" // raises the epoch
				}
				return b.Store.Suppress(ctx, now, entries, act)
			}
			b.suppressed = func(ctx context.Context, group, touchpoint string, purpose outbound.Purpose, addresses []string) ([]bool, int64, error) {
				mu.Lock()
				defer mu.Unlock()
				hits, epoch, err := b.Store.Suppressed(ctx, group, touchpoint, purpose, addresses)
				for i := range hits {
					hits[i] = kept[addresses[i]]
				}
				return hits, epoch, err
			}
		}},
		{"who was in flight is pending again", "durability", func(b *bent) {
			ctx := context.Background()
			runs, _ := b.Store.ListRuns(ctx, outbound.RunFilter{Limit: -1, Notices: true})
			for _, r := range runs {
				rows, _ := b.Store.Deliveries(ctx, outbound.DeliveryFilter{Campaign: r.ID, States: []outbound.State{outbound.Sending}, Limit: -1})
				for _, row := range rows {
					o := outbound.Outcome{Seq: row.Seq, Attempt: row.Attempt, State: outbound.Pending, Due: r.Created}
					_, _ = b.Store.Settle(ctx, r.Created, r.ID, []outbound.Outcome{o}, outbound.Act{})
				}
			}
		}},
		{"one outcome in twenty is lost", "random", func(b *bent) {
			var n atomic.Int64
			outcomesOf(func(_ context.Context, _ outbound.Store, _ outbound.CampaignID, outcomes []outbound.Outcome) []outbound.Outcome {
				return slices.DeleteFunc(outcomes, func(outbound.Outcome) bool { return n.Add(1)%20 == 0 })
			})(b)
		}},
		{"a lease is taken by whoever asks", "concurrency", func(b *bent) {
			b.touchpoint = func(ctx context.Context, name string, change func(*outbound.TouchpointRecord) (outbound.Act, error)) (outbound.TouchpointRecord, error) {
				t, err := b.Store.ReadTouchpoint(ctx, name)
				if err != nil {
					return t, err
				}
				act, err := change(&t)
				if err != nil {
					return t, err
				}
				for range 100 {
					runtime.Gosched()
				}
				return b.Store.UpdateTouchpoint(ctx, name, func(now *outbound.TouchpointRecord) (outbound.Act, error) {
					*now = t
					return act, nil
				})
			}
		}},
	}
}
