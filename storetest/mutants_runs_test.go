package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/outbound-go/outbound"
)

func runMutants() []mutant {
	return []mutant{
		{"a second CreateRun overwrites", "runs", func(b *bent) {
			b.create = func(ctx context.Context, run outbound.Run, act outbound.Act) (outbound.Run, bool, error) {
				r, created, err := b.Store.CreateRun(ctx, run, act)
				if !created && err == nil {
					r, err = b.Store.UpdateRun(ctx, run.ID, func(r *outbound.Run) (outbound.Act, error) {
						*r = run
						return outbound.Act{}, nil
					})
				}
				return r, created, err
			}
		}},
		{"a second CreateRun records its act", "runs", func(b *bent) {
			b.create = func(ctx context.Context, run outbound.Run, act outbound.Act) (outbound.Run, bool, error) {
				r, created, err := b.Store.CreateRun(ctx, run, act)
				if !created && err == nil {
					err = b.Store.ClearStop(ctx, outbound.StopGroup, "", act)
				}
				return r, created, err
			}
		}},
		{"UpdateRun writes though change failed", "runs", func(b *bent) {
			b.update = func(ctx context.Context, id outbound.CampaignID, change func(*outbound.Run) (outbound.Act, error)) (outbound.Run, error) {
				var failed error
				r, err := b.Store.UpdateRun(ctx, id, func(r *outbound.Run) (act outbound.Act, err error) {
					act, failed = change(r)
					return act, nil
				})
				return r, errors.Join(err, failed)
			}
		}},
		{"UpdateRun wraps the error of change", "runs", func(b *bent) {
			b.update = func(ctx context.Context, id outbound.CampaignID, change func(*outbound.Run) (outbound.Act, error)) (outbound.Run, error) {
				r, err := b.Store.UpdateRun(ctx, id, change)
				if err != nil {
					err = fmt.Errorf("update: %w", err)
				}
				return r, err
			}
		}},
		{"UpdateRun records acts without an action", "runs", func(b *bent) {
			b.update = func(ctx context.Context, id outbound.CampaignID, change func(*outbound.Run) (outbound.Act, error)) (outbound.Run, error) {
				return b.Store.UpdateRun(ctx, id, func(r *outbound.Run) (outbound.Act, error) {
					act, err := change(r)
					if act.Action == "" {
						act.Action = "update"
					}
					return act, err
				})
			}
		}},
		{"the version stays", "runs", func(b *bent) { b.read = func(r *outbound.Run) { r.Version = 0 } }},
		{"a field is forgotten", "runs", func(b *bent) { b.read = func(r *outbound.Run) { r.Missed = "" } }},
		{"the zero time is another", "runs", func(b *bent) {
			b.read = func(r *outbound.Run) {
				if r.Ended.IsZero() {
					r.Ended = time.Unix(0, 0)
				}
			}
		}},
		{"milliseconds are the finest", "runs", func(b *bent) {
			b.read = func(r *outbound.Run) { r.StartAt = r.StartAt.Truncate(time.Millisecond) }
		}},
		{"the oldest is first", "runs listed", func(b *bent) {
			b.list = func(ctx context.Context, f outbound.RunFilter) ([]outbound.Run, error) {
				runs, err := b.Store.ListRuns(ctx, f)
				slices.Reverse(runs)
				return runs, err
			}
		}},
		{"the end of a time is inclusive", "runs listed", func(b *bent) {
			b.list = func(ctx context.Context, f outbound.RunFilter) ([]outbound.Run, error) {
				if !f.CreatedBefore.IsZero() {
					f.CreatedBefore = f.CreatedBefore.Add(time.Microsecond)
				}
				return b.Store.ListRuns(ctx, f)
			}
		}},
		{"notices are not left out", "runs listed", func(b *bent) {
			b.list = func(ctx context.Context, f outbound.RunFilter) ([]outbound.Run, error) {
				f.Notices = true
				return b.Store.ListRuns(ctx, f)
			}
		}},
		{"the empty group is all groups", "runs listed", func(b *bent) {
			b.list = func(ctx context.Context, f outbound.RunFilter) ([]outbound.Run, error) {
				if f.Group != nil && *f.Group == "" {
					f.Group = nil
				}
				return b.Store.ListRuns(ctx, f)
			}
		}},
		{"the limit is ignored", "runs deleted", func(b *bent) {
			b.remove = func(ctx context.Context, id outbound.CampaignID, _ int) (bool, error) {
				return b.Store.DeleteRun(ctx, id, 1<<30)
			}
		}},
		{"only the first step is done", "runs deleted", func(b *bent) {
			b.remove = func(ctx context.Context, id outbound.CampaignID, limit int) (bool, error) {
				_, err := b.Store.DeleteRun(ctx, id, limit)
				return true, err
			}
		}},
		{"what does not exist is an error", "runs deleted", func(b *bent) {
			b.remove = func(ctx context.Context, id outbound.CampaignID, limit int) (bool, error) {
				if _, err := b.Store.ReadRun(ctx, id); err != nil {
					return false, err
				}
				return b.Store.DeleteRun(ctx, id, limit)
			}
		}},
		{"a change is read, made and written in three steps", "concurrency", func(b *bent) {
			b.update = func(ctx context.Context, id outbound.CampaignID, change func(*outbound.Run) (outbound.Act, error)) (outbound.Run, error) {
				run, err := b.Store.ReadRun(ctx, id)
				if err != nil {
					return run, err
				}
				act, err := change(&run)
				if err != nil {
					return run, err
				}
				for range 100 {
					runtime.Gosched()
				}
				return b.Store.UpdateRun(ctx, id, func(r *outbound.Run) (outbound.Act, error) {
					*r = run
					return act, nil
				})
			}
		}},
	}
}
