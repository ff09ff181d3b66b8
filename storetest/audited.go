package storetest

import (
	"context"
	"slices"
	"time"

	"github.com/outbound-go/outbound"
)

// audited is a store whose campaigns are checked after every call that may change them: the first promise of the
// library is that the sums add up at every instant.
type audited struct {
	outbound.Store
	c   *check
	ids []outbound.CampaignID
}

func (a *audited) audit(ctx context.Context) {
	a.c.Helper()
	for _, id := range a.ids {
		a.auditRun(ctx, id)
	}
}

func (a *audited) auditRun(ctx context.Context, id outbound.CampaignID) {
	a.c.Helper()
	run, err := a.ReadRun(ctx, id)
	if err != nil || run.Purged {
		return
	}
	a.auditCounts(ctx, &run)
	imports, err := a.Imports(ctx, id)
	a.c.must(err)
	open, removing := 0, false
	var sums outbound.ImportTotals
	for _, r := range imports {
		if r.Pieces != r.Accepted+r.Duplicate+r.Rejected {
			a.c.Fatalf("in an import accepted + duplicate + rejected = the pieces seen: %+v", r)
		}
		if !r.Finished {
			open++
		}
		removing = removing || r.Removing
		sums.Pieces += r.Pieces
		sums.Accepted += r.Accepted
		sums.Duplicate += r.Duplicate
		sums.Rejected += r.Rejected
	}
	if run.OpenImports != open {
		a.c.Fatalf("Run.OpenImports is the number of imports that are not finished: it is %d of %d", run.OpenImports, open)
	}
	if removing {
		return
	}
	if run.Imported != sums {
		a.c.Fatalf("Run.Imported sums the imports: it is %+v of %+v", run.Imported, sums)
	}
	if total := run.Counts.Total(); total != sums.Accepted {
		a.c.Fatalf("the sum of all states is the audience: it is %d of %d accepted", total, sums.Accepted)
	}
}

func (a *audited) auditCounts(ctx context.Context, run *outbound.Run) {
	a.c.Helper()
	if run.Purged {
		return
	}
	counts, err := a.Count(ctx, run.ID)
	a.c.must(err)
	if run.Counts != counts {
		a.c.Fatalf("after every step Run.Counts equals a count of the deliveries by effective state: counters %+v, counted %+v", run.Counts, counts)
	}
}

func (a *audited) CreateRun(ctx context.Context, run outbound.Run, act outbound.Act) (outbound.Run, bool, error) {
	a.c.Helper()
	r, created, err := a.Store.CreateRun(ctx, run, act)
	if !slices.Contains(a.ids, run.ID) {
		a.ids = append(a.ids, run.ID)
	}
	a.audit(ctx)
	return r, created, err
}

func (a *audited) UpdateRun(ctx context.Context, id outbound.CampaignID, change func(*outbound.Run) (outbound.Act, error)) (outbound.Run, error) {
	a.c.Helper()
	r, err := a.Store.UpdateRun(ctx, id, change)
	a.audit(ctx)
	return r, err
}

func (a *audited) BeginImport(ctx context.Context, now time.Time, id outbound.CampaignID, source, actor string) (outbound.ImportRecord, bool, error) {
	a.c.Helper()
	r, created, err := a.Store.BeginImport(ctx, now, id, source, actor)
	a.audit(ctx)
	return r, created, err
}

func (a *audited) AppendImport(ctx context.Context, now time.Time, chunk outbound.ImportChunk) (outbound.ImportRecord, []outbound.Duplicate, error) {
	a.c.Helper()
	r, d, err := a.Store.AppendImport(ctx, now, chunk)
	a.audit(ctx)
	return r, d, err
}

func (a *audited) FinishImport(ctx context.Context, now time.Time, id outbound.CampaignID, source string, digest []byte) (outbound.ImportRecord, error) {
	a.c.Helper()
	r, err := a.Store.FinishImport(ctx, now, id, source, digest)
	a.audit(ctx)
	return r, err
}

func (a *audited) RemoveImport(ctx context.Context, id outbound.CampaignID, source string, limit int) (bool, error) {
	a.c.Helper()
	done, err := a.Store.RemoveImport(ctx, id, source, limit)
	a.audit(ctx)
	return done, err
}

func (a *audited) Commit(ctx context.Context, batch outbound.Batch) (outbound.BatchResult, error) {
	a.c.Helper()
	r, err := a.Store.Commit(ctx, batch)
	a.audit(ctx)
	return r, err
}

func (a *audited) Recover(ctx context.Context, now time.Time, touchpoint string, token int64, resend time.Time) (int64, error) {
	a.c.Helper()
	n, err := a.Store.Recover(ctx, now, touchpoint, token, resend)
	a.audit(ctx)
	return n, err
}

func (a *audited) Settle(ctx context.Context, now time.Time, id outbound.CampaignID, outcomes []outbound.Outcome, act outbound.Act) (int, error) {
	a.c.Helper()
	n, err := a.Store.Settle(ctx, now, id, outcomes, act)
	a.audit(ctx)
	return n, err
}

func (a *audited) Reopen(ctx context.Context, now time.Time, r outbound.Reopening, act outbound.Act) (int, int64, bool, error) {
	a.c.Helper()
	moved, last, done, err := a.Store.Reopen(ctx, now, r, act)
	a.audit(ctx)
	return moved, last, done, err
}

func (a *audited) Erase(ctx context.Context, now time.Time, group, touchpoint, address string, act outbound.Act) (int64, error) {
	a.c.Helper()
	n, err := a.Store.Erase(ctx, now, group, touchpoint, address, act)
	a.audit(ctx)
	return n, err
}

func (a *audited) DeleteRun(ctx context.Context, id outbound.CampaignID, limit int) (bool, error) {
	a.c.Helper()
	done, err := a.Store.DeleteRun(ctx, id, limit)
	if run, missing := a.ReadRun(ctx, id); missing == nil {
		a.auditCounts(ctx, &run)
	}
	return done, err
}

func (a *audited) Purge(ctx context.Context, before time.Time, limit int) (int64, bool, error) {
	a.c.Helper()
	n, done, err := a.Store.Purge(ctx, before, limit)
	a.audit(ctx)
	return n, done, err
}
