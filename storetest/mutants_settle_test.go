package storetest_test

import (
	"context"
	"slices"
	"time"

	"github.com/outbound-go/outbound"
)

// outcomesOf makes a mutant of Commit and Settle out of what it does to outcomes beforehand.
func outcomesOf(change func(ctx context.Context, s outbound.Store, id outbound.CampaignID, outcomes []outbound.Outcome) []outbound.Outcome) func(*bent) {
	return func(b *bent) {
		batches(func(ctx context.Context, s outbound.Store, _ *outbound.Batch, r *outbound.RunBatch) {
			r.Outcomes = change(ctx, s, r.Campaign, slices.Clone(r.Outcomes))
		})(b)
		b.settle = func(ctx context.Context, now time.Time, id outbound.CampaignID, outcomes []outbound.Outcome, act outbound.Act) (int, error) {
			return b.Store.Settle(ctx, now, id, change(ctx, b.Store, id, slices.Clone(outcomes)), act)
		}
	}
}

func settleMutants() []mutant {
	return []mutant{
		{"outcomes of any attempt are taken", "outcomes", outcomesOf(func(ctx context.Context, s outbound.Store, id outbound.CampaignID, outcomes []outbound.Outcome) []outbound.Outcome {
			for i := range outcomes {
				rows, _ := s.Deliveries(ctx, outbound.DeliveryFilter{Campaign: id, After: outcomes[i].Seq - 1, Limit: 1})
				if len(rows) == 1 {
					outcomes[i].Attempt = rows[0].Attempt
				}
			}
			return outcomes
		})},
		{"message ids are forgotten", "outcomes", outcomesOf(func(_ context.Context, _ outbound.Store, _ outbound.CampaignID, outcomes []outbound.Outcome) []outbound.Outcome {
			for i := range outcomes {
				outcomes[i].Message = ""
			}
			return outcomes
		})},
		{"receipts are ignored", "outcomes", outcomesOf(func(_ context.Context, _ outbound.Store, _ outbound.CampaignID, outcomes []outbound.Outcome) []outbound.Outcome {
			return slices.DeleteFunc(outcomes, func(o outbound.Outcome) bool { return o.State == outbound.Read })
		})},
		{"new addresses are ignored", "outcomes", outcomesOf(func(_ context.Context, _ outbound.Store, _ outbound.CampaignID, outcomes []outbound.Outcome) []outbound.Outcome {
			for i := range outcomes {
				outcomes[i].Address = ""
			}
			return outcomes
		})},
		{"outcomes are applied from the last to the first", "outcomes", outcomesOf(func(_ context.Context, _ outbound.Store, _ outbound.CampaignID, outcomes []outbound.Outcome) []outbound.Outcome {
			slices.Reverse(outcomes)
			return outcomes
		})},
		{"late transient outcomes are dropped", "tail", outcomesOf(func(ctx context.Context, s outbound.Store, id outbound.CampaignID, outcomes []outbound.Outcome) []outbound.Outcome {
			if r, err := s.ReadRun(ctx, id); err == nil && r.Tail != outbound.Pending {
				outcomes = slices.DeleteFunc(outcomes, func(o outbound.Outcome) bool { return o.State == outbound.Pending })
			}
			return outcomes
		})},
		{"late outcomes of a canceled campaign are dropped", "tail", outcomesOf(func(ctx context.Context, s outbound.Store, id outbound.CampaignID, outcomes []outbound.Outcome) []outbound.Outcome {
			if r, err := s.ReadRun(ctx, id); err == nil && r.State == outbound.CanceledState {
				return nil
			}
			return outcomes
		})},
		{"who was given up is read ahead", "tail", func(b *bent) {
			b.ahead = func(ctx context.Context, id outbound.CampaignID, after int64, limit int) ([]outbound.Row, error) {
				return b.Store.Deliveries(ctx, outbound.DeliveryFilter{
					Campaign: id, After: after, Limit: limit, States: []outbound.State{outbound.Pending, outbound.Canceled, outbound.Skipped},
				})
			}
		}},
		{"a campaign never completes", "completion", afterwards(func(r *outbound.Run, _ *outbound.RunBatch) {
			if r.State == outbound.Completed {
				r.State, r.Ended = outbound.Running, time.Time{}
			}
		})},
		{"a campaign completes with doubts to resend", "completion", afterwards(func(r *outbound.Run, _ *outbound.RunBatch) {
			if r.Counts.Pending == 0 && r.Counts.Sending == 0 {
				r.State = outbound.Completed
			}
		})},
		{"a campaign completes when nobody is in flight", "completion", afterwards(func(r *outbound.Run, b *outbound.RunBatch) {
			if r.Counts.Sending == 0 && len(b.Outcomes) > 0 {
				r.State = outbound.Completed
			}
		})},
		{"what a campaign waited for stays when it ends", "completion", func(b *bent) {
			b.read = func(r *outbound.Run) {
				if r.State == outbound.Completed {
					r.Waiting = outbound.Waiting{Code: "rate"}
				}
			}
		}},
		{"the token is not looked at", "recover", func(b *bent) {
			b.recover = func(ctx context.Context, now time.Time, touchpoint string, _ int64, resend time.Time) (int64, error) {
				t, err := b.Store.ReadTouchpoint(ctx, touchpoint)
				if err != nil {
					return 0, err
				}
				return b.Store.Recover(ctx, now, touchpoint, t.Token, resend)
			}
		}},
		{"only running campaigns are recovered", "recover", func(b *bent) {
			b.recover = func(ctx context.Context, now time.Time, touchpoint string, token int64, resend time.Time) (int64, error) {
				runs, _ := b.Store.ListRuns(ctx, outbound.RunFilter{Touchpoint: touchpoint, Limit: -1})
				move := func(to string) {
					for _, r := range runs {
						if r.State != outbound.Running {
							_, _ = b.Store.UpdateRun(ctx, r.ID, func(r *outbound.Run) (outbound.Act, error) {
								r.Touchpoint = to
								return outbound.Act{}, nil
							})
						}
					}
				}
				move("hidden")
				defer move(touchpoint)
				return b.Store.Recover(ctx, now, touchpoint, token, resend)
			}
		}},
		{"the time to resend is ignored", "recover", func(b *bent) {
			b.recover = func(ctx context.Context, now time.Time, touchpoint string, token int64, _ time.Time) (int64, error) {
				return b.Store.Recover(ctx, now, touchpoint, token, now)
			}
		}},
		{"attempts of an own row are not recovered", "recover", func(b *bent) {
			b.recover = func(ctx context.Context, now time.Time, touchpoint string, token int64, resend time.Time) (int64, error) {
				n, err := b.Store.Recover(ctx, now, touchpoint, token, resend)
				return max(n-1, 0), err
			}
		}},
		{"deliveries that wait are recovered too", "recover", func(b *bent) {
			b.recover = func(ctx context.Context, now time.Time, touchpoint string, token int64, resend time.Time) (int64, error) {
				runs, _ := b.Store.ListRuns(ctx, outbound.RunFilter{Touchpoint: touchpoint, States: []outbound.CampaignState{outbound.Running}, Limit: -1})
				for _, r := range runs {
					rows, _, _ := b.Store.Due(ctx, r.ID, now, 1)
					for _, row := range rows {
						_, epoch, _ := b.Store.Suppressed(ctx, r.Group, touchpoint, r.Purpose, nil)
						_, _ = b.Store.Commit(ctx, outbound.Batch{Touchpoint: touchpoint, Token: token, Now: now, Runs: []outbound.RunBatch{
							{Campaign: r.ID, Epoch: epoch, Claims: []outbound.Claim{{Seq: row.Seq, Attempt: row.Attempt + 1}}},
						}})
					}
				}
				return b.Store.Recover(ctx, now, touchpoint, token, resend)
			}
		}},
		{"every outcome counts as applied", "settle", func(b *bent) {
			b.settle = func(ctx context.Context, now time.Time, id outbound.CampaignID, outcomes []outbound.Outcome, act outbound.Act) (int, error) {
				_, err := b.Store.Settle(ctx, now, id, outcomes, act)
				return len(outcomes), err
			}
		}},
		{"acts are recorded though nothing was applied", "settle", func(b *bent) {
			b.settle = func(ctx context.Context, now time.Time, id outbound.CampaignID, outcomes []outbound.Outcome, act outbound.Act) (int, error) {
				n, err := b.Store.Settle(ctx, now, id, outcomes, act)
				if n == 0 && err == nil {
					err = b.Store.ClearStop(ctx, outbound.StopGroup, "", act)
				}
				return n, err
			}
		}},
		{"what does not exist is settled", "settle", func(b *bent) {
			b.settle = func(ctx context.Context, now time.Time, id outbound.CampaignID, outcomes []outbound.Outcome, act outbound.Act) (int, error) {
				if _, err := b.Store.ReadRun(ctx, id); err != nil {
					return 0, nil //nolint:nilerr // the mutation
				}
				return b.Store.Settle(ctx, now, id, outcomes, act)
			}
		}},
		{"a settled campaign is cared for", "settle", func(b *bent) {
			b.settle = func(ctx context.Context, now time.Time, id outbound.CampaignID, outcomes []outbound.Outcome, act outbound.Act) (int, error) {
				n, err := b.Store.Settle(ctx, now, id, outcomes, act)
				_, _ = b.Store.UpdateRun(ctx, id, func(r *outbound.Run) (outbound.Act, error) {
					r.Heartbeat = now
					return outbound.Act{}, nil
				})
				return n, err
			}
		}},
		{"classes are ignored", "reopening", reopenings(func(r *outbound.Reopening) { r.Classes = nil })},
		{"Before is ignored", "reopening", reopenings(func(r *outbound.Reopening) { r.Before = time.Time{} })},
		{"the limit is ignored", "reopening", reopenings(func(r *outbound.Reopening) { r.Limit = 1 << 30 })},
		{"they are due at once", "reopening", reopenings(func(r *outbound.Reopening) { r.Due = r.Due.Add(-time.Hour) })},
		{"a completed campaign stays completed", "reopening", func(b *bent) {
			b.reopen = func(ctx context.Context, now time.Time, r outbound.Reopening, act outbound.Act) (int, int64, bool, error) {
				before, _ := b.Store.ReadRun(ctx, r.Campaign)
				moved, last, done, err := b.Store.Reopen(ctx, now, r, act)
				_, _ = b.Store.UpdateRun(ctx, r.Campaign, func(r *outbound.Run) (outbound.Act, error) {
					r.State, r.Ended = before.State, before.Ended
					return outbound.Act{}, nil
				})
				return moved, last, done, err
			}
		}},
		{"the second step is done", "reopening", func(b *bent) {
			b.reopen = func(ctx context.Context, now time.Time, r outbound.Reopening, act outbound.Act) (int, int64, bool, error) {
				moved, last, done, err := b.Store.Reopen(ctx, now, r, act)
				return moved, last, done || r.After > 0, err
			}
		}},
	}
}

func reopenings(change func(*outbound.Reopening)) func(*bent) {
	return func(b *bent) {
		b.reopen = func(ctx context.Context, now time.Time, r outbound.Reopening, act outbound.Act) (int, int64, bool, error) {
			change(&r)
			return b.Store.Reopen(ctx, now, r, act)
		}
	}
}
