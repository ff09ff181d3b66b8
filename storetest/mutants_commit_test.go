package storetest_test

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/outbound-go/outbound"
)

// batches makes a mutant of Commit out of what it does to each part of a batch beforehand.
func batches(change func(ctx context.Context, s outbound.Store, batch *outbound.Batch, b *outbound.RunBatch)) func(*bent) {
	return func(b *bent) {
		b.commit = func(ctx context.Context, batch outbound.Batch) (outbound.BatchResult, error) {
			batch.Runs = slices.Clone(batch.Runs)
			for i := range batch.Runs {
				change(ctx, b.Store, &batch, &batch.Runs[i])
			}
			return b.Store.Commit(ctx, batch)
		}
	}
}

// afterwards makes a mutant of Commit out of what it does to a run after it.
func afterwards(change func(*outbound.Run, *outbound.RunBatch)) func(*bent) {
	return func(b *bent) {
		b.commit = func(ctx context.Context, batch outbound.Batch) (outbound.BatchResult, error) {
			result, err := b.Store.Commit(ctx, batch)
			for i := range result.Runs {
				_, _ = b.Store.UpdateRun(ctx, batch.Runs[i].Campaign, func(r *outbound.Run) (outbound.Act, error) {
					change(r, &batch.Runs[i])
					return outbound.Act{}, nil
				})
			}
			return result, err
		}
	}
}

func commitMutants() []mutant {
	return []mutant{
		{"the token is not looked at", "commit", batches(func(ctx context.Context, s outbound.Store, batch *outbound.Batch, _ *outbound.RunBatch) {
			t, _ := s.ReadTouchpoint(ctx, batch.Touchpoint)
			batch.Token = t.Token
		})},
		{"the gate is written though the lease was lost", "commit", func(b *bent) {
			b.commit = func(ctx context.Context, batch outbound.Batch) (outbound.BatchResult, error) {
				result, err := b.Store.Commit(ctx, batch)
				if errors.Is(err, outbound.ErrLeaseLost) && batch.Gate != nil {
					_, _ = b.Store.UpdateTouchpoint(ctx, batch.Touchpoint, func(t *outbound.TouchpointRecord) (outbound.Act, error) {
						t.Gate = *batch.Gate
						return outbound.Act{}, nil
					})
				}
				return result, err
			}
		}},
		{"wants are granted before outcomes are applied", "commit", func(b *bent) {
			b.commit = func(ctx context.Context, batch outbound.Batch) (outbound.BatchResult, error) {
				outcomes := batch
				outcomes.Runs, batch.Runs = slices.Clone(batch.Runs), slices.Clone(batch.Runs)
				for i := range batch.Runs {
					batch.Runs[i].Outcomes = nil
					outcomes.Runs[i].Range, outcomes.Runs[i].Claims = nil, nil
				}
				result, err := b.Store.Commit(ctx, batch)
				if err == nil {
					_, err = b.Store.Commit(ctx, outcomes)
				}
				return result, err
			}
		}},
		{"Low falls", "commit", afterwards(func(r *outbound.Run, b *outbound.RunBatch) { r.Low = b.Low })},
		{"the heartbeat stays", "commit", afterwards(func(r *outbound.Run, _ *outbound.RunBatch) { r.Heartbeat = time.Time{} })},
		{"media replace those there are", "commit", afterwards(func(r *outbound.Run, b *outbound.RunBatch) {
			if b.Media != nil {
				r.Media = b.Media
			}
		})},
		{"the counters drift", "commit", afterwards(func(r *outbound.Run, b *outbound.RunBatch) {
			if len(b.Outcomes) > 0 {
				r.Counts.Move(outbound.Pending, outbound.Sending, 1)
			}
		})},
		{"an unknown campaign fails the batch", "commit", func(b *bent) {
			b.commit = func(ctx context.Context, batch outbound.Batch) (outbound.BatchResult, error) {
				for i := range batch.Runs {
					if _, err := b.Store.ReadRun(ctx, batch.Runs[i].Campaign); err != nil {
						return outbound.BatchResult{}, err
					}
				}
				return b.Store.Commit(ctx, batch)
			}
		}},
		{"results come in another order", "commit", func(b *bent) {
			b.commit = func(ctx context.Context, batch outbound.Batch) (outbound.BatchResult, error) {
				result, err := b.Store.Commit(ctx, batch)
				slices.Reverse(result.Runs)
				return result, err
			}
		}},
		{"who was decided counts as begun", "commit range", afterwards(func(r *outbound.Run, b *outbound.RunBatch) {
			if b.Range != nil {
				r.Begun += int64(len(b.Range.Decided))
			}
		})},
		{"a range from elsewhere is moved to the cursor", "commit range", batches(func(ctx context.Context, s outbound.Store, _ *outbound.Batch, b *outbound.RunBatch) {
			if r, err := s.ReadRun(ctx, b.Campaign); err == nil && b.Range != nil && b.Range.To > r.Cursor {
				moved := *b.Range
				moved.From, moved.Count = r.Cursor, int(moved.To-r.Cursor)-len(moved.Decided)
				b.Range = &moved
			}
		})},
		{"the decided are sent to", "commit range", batches(func(_ context.Context, _ outbound.Store, _ *outbound.Batch, b *outbound.RunBatch) {
			if b.Range != nil {
				b.Range = &outbound.Range{From: b.Range.From, To: b.Range.To, Count: b.Range.Count + len(b.Range.Decided)}
			}
		})},
		{"a claim is granted a second early", "commit claims", batches(func(_ context.Context, _ outbound.Store, batch *outbound.Batch, b *outbound.RunBatch) {
			if len(b.Claims) > 0 {
				batch.Now = batch.Now.Add(time.Second)
			}
		})},
		{"refused claims are not named", "commit claims", func(b *bent) {
			b.commit = func(ctx context.Context, batch outbound.Batch) (outbound.BatchResult, error) {
				result, err := b.Store.Commit(ctx, batch)
				for i := range result.Runs {
					result.Runs[i].Claims = nil
				}
				return result, err
			}
		}},
		{"a claim takes whatever attempt is next", "commit claims", batches(func(ctx context.Context, s outbound.Store, _ *outbound.Batch, b *outbound.RunBatch) {
			b.Claims = slices.Clone(b.Claims)
			for i := range b.Claims {
				rows, _ := s.Deliveries(ctx, outbound.DeliveryFilter{Campaign: b.Campaign, After: b.Claims[i].Seq - 1, Limit: 1})
				if len(rows) == 1 {
					b.Claims[i].Attempt = rows[0].Attempt + 1
				}
			}
		})},
		{"doubts are resent under DoubtsHold", "commit claims", func(b *bent) {
			b.commit = func(ctx context.Context, batch outbound.Batch) (outbound.BatchResult, error) {
				doubts := func(to func(*outbound.Run) outbound.Doubts) {
					for i := range batch.Runs {
						if len(batch.Runs[i].Claims) > 0 {
							_, _ = b.Store.UpdateRun(ctx, batch.Runs[i].Campaign, func(r *outbound.Run) (outbound.Act, error) {
								r.Doubts = to(r)
								return outbound.Act{}, nil
							})
						}
					}
				}
				doubts(func(*outbound.Run) outbound.Doubts { return outbound.DoubtsResend })
				return b.Store.Commit(ctx, batch)
			}
		}},
		{"NotAfter is inclusive", "refusals", batches(func(_ context.Context, _ outbound.Store, batch *outbound.Batch, _ *outbound.RunBatch) {
			batch.Now = batch.Now.Add(-time.Microsecond)
		})},
		{"the epoch is not looked at", "refusals", batches(func(ctx context.Context, s outbound.Store, _ *outbound.Batch, b *outbound.RunBatch) {
			if r, err := s.ReadRun(ctx, b.Campaign); err == nil {
				_, b.Epoch, _ = s.Suppressed(ctx, r.Group, r.Touchpoint, r.Purpose, nil)
			}
		})},
		{"a stop of a group stops nobody", "refusals", func(b *bent) {
			b.setStop = func(ctx context.Context, stop outbound.Stop, act outbound.Act) error {
				if stop.Scope == outbound.StopGroup {
					return nil
				}
				return b.Store.SetStop(ctx, stop, act)
			}
		}},
		{"a range is cut to what PauseAfter allows", "refusals", batches(func(ctx context.Context, s outbound.Store, _ *outbound.Batch, b *outbound.RunBatch) {
			r, err := s.ReadRun(ctx, b.Campaign)
			if err == nil && b.Range != nil && r.PauseAfter > 0 && len(b.Range.Decided) == 0 {
				n := min(int64(b.Range.Count), max(r.PauseAfter-r.Begun, 0))
				b.Range = &outbound.Range{From: b.Range.From, To: b.Range.From + n, Count: int(n)}
			}
		})},
		{"outcomes of a paused campaign are dropped", "refusals", batches(func(ctx context.Context, s outbound.Store, _ *outbound.Batch, b *outbound.RunBatch) {
			if r, err := s.ReadRun(ctx, b.Campaign); err == nil && r.State == outbound.Paused {
				b.Outcomes = nil
			}
		})},
		{"paused campaigns are granted", "refusals", batches(func(ctx context.Context, s outbound.Store, _ *outbound.Batch, b *outbound.RunBatch) {
			_, _ = s.UpdateRun(ctx, b.Campaign, func(r *outbound.Run) (outbound.Act, error) {
				if r.State == outbound.Paused {
					r.State = outbound.Running
				}
				return outbound.Act{}, nil
			})
		})},
	}
}
