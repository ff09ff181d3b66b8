package storetest_test

import (
	"context"
	"time"

	"github.com/outbound-go/outbound"
)

// bent is a store some of whose methods are replaced: a mutant. A nil field leaves the method as it is.
type bent struct {
	outbound.Store
	now          func(time.Time) time.Time
	create       func(context.Context, outbound.Run, outbound.Act) (outbound.Run, bool, error)
	read         func(*outbound.Run)
	list         func(context.Context, outbound.RunFilter) ([]outbound.Run, error)
	update       func(context.Context, outbound.CampaignID, func(*outbound.Run) (outbound.Act, error)) (outbound.Run, error)
	remove       func(context.Context, outbound.CampaignID, int) (bool, error)
	begin        func(context.Context, time.Time, outbound.CampaignID, string, string) (outbound.ImportRecord, bool, error)
	add          func(context.Context, time.Time, outbound.ImportChunk) (outbound.ImportRecord, []outbound.Duplicate, error)
	finish       func(context.Context, time.Time, outbound.CampaignID, string, []byte) (outbound.ImportRecord, error)
	removeImport func(context.Context, outbound.CampaignID, string, int) (bool, error)
	imports      func([]outbound.ImportRecord)
	ahead        func(context.Context, outbound.CampaignID, int64, int) ([]outbound.Row, error)
	due          func(context.Context, outbound.CampaignID, time.Time, int) ([]outbound.Row, time.Time, error)
	commit       func(context.Context, outbound.Batch) (outbound.BatchResult, error)
	recover      func(context.Context, time.Time, string, int64, time.Time) (int64, error)
	settle       func(context.Context, time.Time, outbound.CampaignID, []outbound.Outcome, outbound.Act) (int, error)
	reopen       func(context.Context, time.Time, outbound.Reopening, outbound.Act) (int, int64, bool, error)
	deliveries   func(context.Context, outbound.DeliveryFilter) ([]outbound.Row, error)
	attempts     func([]outbound.Attempt) []outbound.Attempt
	touchpoint   func(context.Context, string, func(*outbound.TouchpointRecord) (outbound.Act, error)) (outbound.TouchpointRecord, error)
	touchpoints  func([]outbound.TouchpointRecord)
	suppress     func(context.Context, time.Time, []outbound.Suppression, outbound.Act) error
	unsuppress   func(context.Context, time.Time, []outbound.Suppression, outbound.Act) error
	suppressed   func(ctx context.Context, group, touchpoint string, purpose outbound.Purpose, addresses []string) ([]bool, int64, error)
	setStop      func(context.Context, outbound.Stop, outbound.Act) error
	clearStop    func(context.Context, outbound.StopScope, string, outbound.Act) error
	acts         func(context.Context, outbound.CampaignID, int64, int) ([]outbound.Act, error)
	erase        func(ctx context.Context, now time.Time, group, touchpoint, address string, act outbound.Act) (int64, error)
	purge        func(context.Context, time.Time, int) (int64, bool, error)
	saveDraft    func(context.Context, outbound.CampaignID, []byte) error
	loadFile     func(context.Context, string) ([]byte, error)
	deleteFile   func(context.Context, string) error
}

func (b *bent) Now(ctx context.Context) (time.Time, error) {
	now, err := b.Store.Now(ctx)
	if b.now != nil {
		now = b.now(now)
	}
	return now, err
}

func (b *bent) CreateRun(ctx context.Context, run outbound.Run, act outbound.Act) (outbound.Run, bool, error) {
	if b.create != nil {
		return b.create(ctx, run, act)
	}
	return b.Store.CreateRun(ctx, run, act)
}

func (b *bent) ReadRun(ctx context.Context, id outbound.CampaignID) (outbound.Run, error) {
	r, err := b.Store.ReadRun(ctx, id)
	if b.read != nil {
		b.read(&r)
	}
	return r, err
}

func (b *bent) ListRuns(ctx context.Context, f outbound.RunFilter) ([]outbound.Run, error) {
	if b.list != nil {
		return b.list(ctx, f)
	}
	return b.Store.ListRuns(ctx, f)
}

func (b *bent) UpdateRun(ctx context.Context, id outbound.CampaignID, change func(*outbound.Run) (outbound.Act, error)) (outbound.Run, error) {
	if b.update != nil {
		return b.update(ctx, id, change)
	}
	return b.Store.UpdateRun(ctx, id, change)
}

func (b *bent) DeleteRun(ctx context.Context, id outbound.CampaignID, limit int) (bool, error) {
	if b.remove != nil {
		return b.remove(ctx, id, limit)
	}
	return b.Store.DeleteRun(ctx, id, limit)
}

func (b *bent) BeginImport(ctx context.Context, now time.Time, id outbound.CampaignID, source, actor string) (outbound.ImportRecord, bool, error) {
	if b.begin != nil {
		return b.begin(ctx, now, id, source, actor)
	}
	return b.Store.BeginImport(ctx, now, id, source, actor)
}

func (b *bent) AppendImport(ctx context.Context, now time.Time, chunk outbound.ImportChunk) (outbound.ImportRecord, []outbound.Duplicate, error) {
	if b.add != nil {
		return b.add(ctx, now, chunk)
	}
	return b.Store.AppendImport(ctx, now, chunk)
}

func (b *bent) FinishImport(ctx context.Context, now time.Time, id outbound.CampaignID, source string, digest []byte) (outbound.ImportRecord, error) {
	if b.finish != nil {
		return b.finish(ctx, now, id, source, digest)
	}
	return b.Store.FinishImport(ctx, now, id, source, digest)
}

func (b *bent) RemoveImport(ctx context.Context, id outbound.CampaignID, source string, limit int) (bool, error) {
	if b.removeImport != nil {
		return b.removeImport(ctx, id, source, limit)
	}
	return b.Store.RemoveImport(ctx, id, source, limit)
}

func (b *bent) Imports(ctx context.Context, id outbound.CampaignID) ([]outbound.ImportRecord, error) {
	r, err := b.Store.Imports(ctx, id)
	if b.imports != nil {
		b.imports(r)
	}
	return r, err
}

func (b *bent) ReadAhead(ctx context.Context, id outbound.CampaignID, after int64, limit int) ([]outbound.Row, error) {
	if b.ahead != nil {
		return b.ahead(ctx, id, after, limit)
	}
	return b.Store.ReadAhead(ctx, id, after, limit)
}

func (b *bent) Due(ctx context.Context, id outbound.CampaignID, now time.Time, limit int) ([]outbound.Row, time.Time, error) {
	if b.due != nil {
		return b.due(ctx, id, now, limit)
	}
	return b.Store.Due(ctx, id, now, limit)
}

func (b *bent) Commit(ctx context.Context, batch outbound.Batch) (outbound.BatchResult, error) {
	if b.commit != nil {
		return b.commit(ctx, batch)
	}
	return b.Store.Commit(ctx, batch)
}

func (b *bent) Recover(ctx context.Context, now time.Time, touchpoint string, token int64, resend time.Time) (int64, error) {
	if b.recover != nil {
		return b.recover(ctx, now, touchpoint, token, resend)
	}
	return b.Store.Recover(ctx, now, touchpoint, token, resend)
}

func (b *bent) Settle(ctx context.Context, now time.Time, id outbound.CampaignID, outcomes []outbound.Outcome, act outbound.Act) (int, error) {
	if b.settle != nil {
		return b.settle(ctx, now, id, outcomes, act)
	}
	return b.Store.Settle(ctx, now, id, outcomes, act)
}

func (b *bent) Reopen(ctx context.Context, now time.Time, r outbound.Reopening, act outbound.Act) (int, int64, bool, error) {
	if b.reopen != nil {
		return b.reopen(ctx, now, r, act)
	}
	return b.Store.Reopen(ctx, now, r, act)
}

func (b *bent) Deliveries(ctx context.Context, f outbound.DeliveryFilter) ([]outbound.Row, error) {
	if b.deliveries != nil {
		return b.deliveries(ctx, f)
	}
	return b.Store.Deliveries(ctx, f)
}

func (b *bent) Attempts(ctx context.Context, id outbound.CampaignID, seq int64) ([]outbound.Attempt, error) {
	a, err := b.Store.Attempts(ctx, id, seq)
	if b.attempts != nil {
		a = b.attempts(a)
	}
	return a, err
}

func (b *bent) UpdateTouchpoint(ctx context.Context, name string, change func(*outbound.TouchpointRecord) (outbound.Act, error)) (outbound.TouchpointRecord, error) {
	if b.touchpoint != nil {
		return b.touchpoint(ctx, name, change)
	}
	return b.Store.UpdateTouchpoint(ctx, name, change)
}

func (b *bent) ListTouchpoints(ctx context.Context) ([]outbound.TouchpointRecord, error) {
	all, err := b.Store.ListTouchpoints(ctx)
	if b.touchpoints != nil {
		b.touchpoints(all)
	}
	return all, err
}

func (b *bent) Suppress(ctx context.Context, now time.Time, entries []outbound.Suppression, act outbound.Act) error {
	if b.suppress != nil {
		return b.suppress(ctx, now, entries, act)
	}
	return b.Store.Suppress(ctx, now, entries, act)
}

func (b *bent) Unsuppress(ctx context.Context, now time.Time, entries []outbound.Suppression, act outbound.Act) error {
	if b.unsuppress != nil {
		return b.unsuppress(ctx, now, entries, act)
	}
	return b.Store.Unsuppress(ctx, now, entries, act)
}

func (b *bent) Suppressed(ctx context.Context, group, touchpoint string, purpose outbound.Purpose, addresses []string) ([]bool, int64, error) {
	if b.suppressed != nil {
		return b.suppressed(ctx, group, touchpoint, purpose, addresses)
	}
	return b.Store.Suppressed(ctx, group, touchpoint, purpose, addresses)
}

func (b *bent) SetStop(ctx context.Context, stop outbound.Stop, act outbound.Act) error {
	if b.setStop != nil {
		return b.setStop(ctx, stop, act)
	}
	return b.Store.SetStop(ctx, stop, act)
}

func (b *bent) ClearStop(ctx context.Context, scope outbound.StopScope, name string, act outbound.Act) error {
	if b.clearStop != nil {
		return b.clearStop(ctx, scope, name, act)
	}
	return b.Store.ClearStop(ctx, scope, name, act)
}

func (b *bent) Acts(ctx context.Context, id outbound.CampaignID, after int64, limit int) ([]outbound.Act, error) {
	if b.acts != nil {
		return b.acts(ctx, id, after, limit)
	}
	return b.Store.Acts(ctx, id, after, limit)
}

func (b *bent) Erase(ctx context.Context, now time.Time, group, touchpoint, address string, act outbound.Act) (int64, error) {
	if b.erase != nil {
		return b.erase(ctx, now, group, touchpoint, address, act)
	}
	return b.Store.Erase(ctx, now, group, touchpoint, address, act)
}

func (b *bent) Purge(ctx context.Context, before time.Time, limit int) (int64, bool, error) {
	if b.purge != nil {
		return b.purge(ctx, before, limit)
	}
	return b.Store.Purge(ctx, before, limit)
}

func (b *bent) SaveDraft(ctx context.Context, id outbound.CampaignID, document []byte) error {
	if b.saveDraft != nil {
		return b.saveDraft(ctx, id, document)
	}
	return b.Store.SaveDraft(ctx, id, document)
}

func (b *bent) LoadFile(ctx context.Context, hash string) ([]byte, error) {
	if b.loadFile != nil {
		return b.loadFile(ctx, hash)
	}
	return b.Store.LoadFile(ctx, hash)
}

func (b *bent) DeleteFile(ctx context.Context, hash string) error {
	if b.deleteFile != nil {
		return b.deleteFile(ctx, hash)
	}
	return b.Store.DeleteFile(ctx, hash)
}
