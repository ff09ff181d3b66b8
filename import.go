package outbound

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// ImportReport says what became of a source. Accepted + Duplicate + Rejected = Pieces.
type ImportReport struct {
	Source    string `json:"source"`
	Finished  bool   `json:"finished"`
	Unchanged bool   `json:"unchanged,omitempty"` // it was imported before, and nothing changed
	Stale     bool   `json:"stale,omitempty"`     // it must be imported again: another source that shared people was removed
	Pieces    int64  `json:"pieces"`
	Accepted  int64  `json:"accepted"`
	Duplicate int64  `json:"duplicate"`
	Rejected  int64  `json:"rejected"`
	// Rejections are the first MaxRejections pieces that are no recipient.
	Rejections []Rejection `json:"rejections,omitempty"`
	// Variables counts the accepted recipients that have each variable.
	Variables map[string]int64 `json:"variables,omitempty"`
}

func reportOf(r *ImportRecord) ImportReport {
	return ImportReport{
		Source: r.Source, Finished: r.Finished, Stale: r.Stale, Pieces: r.Pieces, Accepted: r.Accepted, Duplicate: r.Duplicate,
		Rejected: r.Rejected, Rejections: slices.Clone(r.Rejections), Variables: maps.Clone(r.Variables),
	}
}

// Bounds of one recipient, in bytes.
const (
	maxAddress   = 256
	maxKey       = 256
	maxReference = 512
	maxVariables = 16 << 10
	chunkSize    = 4096 // recipients an AppendImport
	chunkBytes   = 4 << 20
)

// Imports returns what was imported into a campaign, in the order it began. While an import is under way it shows how far it is.
func (e *Engine) Imports(ctx context.Context, id CampaignID) ([]ImportReport, error) {
	records, err := e.store.Imports(ctx, id)
	if err != nil {
		return nil, errorf("imports", id, err)
	}
	reports := make([]ImportReport, len(records))
	for i := range records {
		reports[i] = reportOf(&records[i])
	}
	return reports, nil
}

// RemoveImport takes out of a draft whoever a source brought. Sources that listed some of the same people become Stale: import them again, or start is refused.
func (e *Engine) RemoveImport(ctx context.Context, id CampaignID, source string) error {
	return errorf("remove import", id, e.removeImport(ctx, id, source))
}

func (e *Engine) removeImport(ctx context.Context, id CampaignID, source string) error {
	for {
		done, err := e.store.RemoveImport(ctx, id, source, stepRows)
		if done || err != nil {
			return err
		}
	}
}

func (e *Engine) importAudience(ctx context.Context, id CampaignID, source string, audience Audience) (ImportReport, error) {
	if strings.TrimSpace(source) == "" || len(source) > 256 {
		return ImportReport{}, errorf("import", id, Problems{NewProblem("source", "required")})
	}
	run, err := e.store.ReadRun(ctx, id)
	if err != nil {
		return ImportReport{}, errorf("import", id, err)
	}
	if run.State != DraftState {
		return ImportReport{}, errorf("import", id, stateError(&run, "its audience is sealed; clone it to write to others"))
	}
	channel, err := e.config.Touchpoints.Open(ctx, run.Touchpoint)
	if err != nil {
		return ImportReport{}, errorf("import", id, fmt.Errorf("touchpoint %q: %w", run.Touchpoint, err))
	}
	addresses, _ := as[AddressChecker](channel)
	im := importer{e: e, id: id, source: source, audience: audience, addresses: addresses}
	report, err := im.run(ctx)
	e.touched()
	return report, errorf("import", id, err)
}

// importer brings one source into a campaign.
type importer struct {
	e         *Engine
	id        CampaignID
	source    string
	audience  Audience
	addresses AddressChecker

	record ImportRecord
	digest hash.Hash
	seen   int64
	chunk  ImportChunk
	bytes  int
	line   []byte
}

func (im *importer) run(ctx context.Context) (ImportReport, error) {
	if err := im.begin(ctx); err != nil {
		return ImportReport{}, err
	}
	if im.record.Stale || im.record.Removing {
		if err := im.restart(ctx); err != nil {
			return ImportReport{}, err
		}
	}
	known := im.record.Finished
	changed, err := im.pass(ctx)
	if err == nil && changed {
		if !im.audience.Replayable() {
			return reportOf(&im.record), fmt.Errorf("%q cannot be read a second time to replace it; remove the import and import again: %w", im.source, ErrSourceChanged)
		}
		known = false
		if err = im.restart(ctx); err == nil {
			_, err = im.pass(ctx)
		}
	}
	report := reportOf(&im.record)
	report.Unchanged = known && err == nil
	return report, err
}

func (im *importer) begin(ctx context.Context) error {
	now, err := im.e.clock.fresh(ctx)
	if err != nil {
		return err
	}
	im.record, _, err = im.e.store.BeginImport(ctx, now, im.id, im.source, ActorOf(ctx))
	return err
}

// restart empties the source and opens it anew.
func (im *importer) restart(ctx context.Context) error {
	if err := im.e.removeImport(ctx, im.id, im.source); err != nil {
		return err
	}
	return im.begin(ctx)
}

// pass streams the audience once: what the record already has is compared, the rest is appended. changed says that it differs from the record.
func (im *importer) pass(ctx context.Context) (changed bool, err error) {
	im.digest, im.seen = sha256.New(), 0
	im.reset()
	known := im.record.Pieces
	for r, err := range im.audience.Recipients(ctx) {
		if err != nil {
			return false, fmt.Errorf("reading %q after %d pieces: %w", im.source, im.seen, err)
		}
		im.hash(&r)
		im.seen++
		if im.seen > known {
			if im.record.Finished {
				return true, nil
			}
			im.add(&r)
			if len(im.chunk.Recipients) >= chunkSize || im.bytes >= chunkBytes || im.chunk.Rejected >= chunkSize {
				if err := im.flush(ctx); err != nil {
					return false, err
				}
			}
		} else if im.seen == known && !bytes.Equal(im.digest.Sum(nil), im.record.Digest) {
			return true, nil
		}
	}
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	if im.seen < known {
		return true, nil
	}
	if im.record.Finished {
		return false, nil
	}
	if err := im.flush(ctx); err != nil {
		return false, err
	}
	im.record, err = im.e.store.FinishImport(ctx, im.e.clock.now(), im.id, im.source, im.digest.Sum(nil))
	return false, err
}

// hash adds a piece to the digest: what it says, not where it stands.
func (im *importer) hash(r *Recipient) {
	b := im.line[:0]
	b = append(append(b, r.Address...), 0)
	b = append(append(b, r.Key...), 0)
	b = append(append(b, r.Reference...), 0)
	if r.Problem != nil {
		b = append(append(b, r.Problem.Code...), 0)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Variables)) {
		b = append(append(b, name...), 0)
		b = append(append(b, r.Variables[name]...), 0)
	}
	b = append(b, '\n')
	im.line = b
	im.digest.Write(b)
}

// add puts a piece into the chunk, as a recipient or as a rejection.
func (im *importer) add(r *Recipient) {
	im.chunk.Pieces++
	problem := r.Problem
	address := r.Address
	if problem == nil {
		address, problem = im.check(r)
	}
	if problem != nil {
		im.chunk.Rejected++
		if len(im.chunk.Rejections)+len(im.record.Rejections) < MaxRejections {
			im.chunk.Rejections = append(im.chunk.Rejections, Rejection{cut(r.Address, 64), r.Line, r.Column, *problem})
		}
		return
	}
	im.bytes += len(address) + len(r.Reference) + 64
	for k, v := range r.Variables {
		im.bytes += len(k) + len(v)
	}
	im.chunk.Recipients = append(im.chunk.Recipients, NewDelivery{address, r.Key, r.Reference, r.Variables, r.Line, r.Column})
}

// check returns a recipient's canonical address, or what is wrong.
func (im *importer) check(r *Recipient) (string, *Problem) {
	problem := func(code string, params ...string) (string, *Problem) {
		p := NewProblem("", code, params...)
		return "", &p
	}
	size := 0
	for k, v := range r.Variables {
		size += len(k) + len(v)
		if !utf8.ValidString(v) || !utf8.ValidString(k) {
			return problem("piece_not_utf8")
		}
	}
	switch {
	case r.Address == "":
		return problem("address_empty")
	case len(r.Address) > maxAddress:
		return problem("piece_too_long", "max", fmt.Sprint(maxAddress))
	case !identifier(r.Address) || !utf8.ValidString(r.Address):
		return problem("address_unprintable")
	case len(r.Key) > maxKey || len(r.Reference) > maxReference:
		return problem("reference_too_long", "max", fmt.Sprint(maxReference))
	case !utf8.ValidString(r.Key) || !utf8.ValidString(r.Reference):
		return problem("piece_not_utf8")
	case size > maxVariables:
		return problem("variables_too_long", "max", fmt.Sprint(maxVariables>>10))
	}
	if im.addresses == nil {
		return r.Address, nil
	}
	return im.addresses.CheckAddress(r.Address)
}

func (im *importer) flush(ctx context.Context) error {
	if im.chunk.Pieces == 0 {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	im.chunk.Campaign, im.chunk.Source, im.chunk.After = im.id, im.source, im.record.Pieces
	im.chunk.Digest = im.digest.Sum(nil)
	record, _, err := im.e.store.AppendImport(ctx, im.e.clock.now(), im.chunk)
	if err != nil {
		return err
	}
	im.record = record
	im.reset()
	im.e.touched()
	return nil
}

func (im *importer) reset() {
	im.chunk = ImportChunk{Recipients: im.chunk.Recipients[:0]}
	im.bytes = 0
}
