package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/simulator"
	"github.com/outbound-go/outbound/store/sqlite"
	"github.com/stretchr/testify/require"
)

// pieces of a list: one of 10 is somebody who was listed before, one of 100 is no address.
const pieces = 100_000

func list() []outbound.Recipient {
	all := make([]outbound.Recipient, pieces)
	for i := range all {
		id := i
		if i%10 == 9 {
			id = (i * 7) % (i + 1) / 10 * 10 // no such number is a duplicate or a rejection itself
		}
		all[i] = outbound.Recipient{Address: fmt.Sprint(firstID + id), Line: i + 1}
		if i%100 == 55 {
			all[i].Address = "nobody"
		}
	}
	return all
}

// childImports imports the list into a campaign that exists.
func childImports(ctx context.Context, o *order) (err error) {
	store, err := sqlite.Open(ctx, o.Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	e, err := outbound.New(o.config(store))
	if err != nil {
		return err
	}
	audience := outbound.FromSlice(list())
	tell("begun")
	_, err = e.Campaign("list").Import(ctx, "list", audience)
	return err
}

// TestPromise01CrashAnImportIsFinishedByRunningItAgain kills the process that imports at random instants; run again it finishes, and nobody is listed twice.
func TestPromise01CrashAnImportIsFinishedByRunningItAgain(t *testing.T) {
	r := seeded(t)
	o := defaults(t, newProvider(t, simulator.TelegramConfig{}))
	o.Role = "import"
	h := openHost(t, o, sqlite.Config{}, nil)
	c := h.campaign(t, outbound.Draft{ID: "list"}, nil)
	begun, kills, inTheMiddle := time.Now(), 0, 0
	for range 12 {
		p := launch(t, o)
		await(t, patience, "it begins", func() bool { return len(p.lines()) > 0 || p.gone() })
		before := imported(t, h)
		if r.IntN(3) > 0 { // else in the middle of finding out what is there already
			await(t, patience, "it goes on", func() bool { return imported(t, h) > before || p.gone() })
		}
		if idle(upTo(r, 60*time.Millisecond), p.ended) {
			break
		}
		p.kill()
		kills++
		if n := imported(t, h); n > 0 && n < pieces {
			inTheMiddle++
			require.ErrorIs(t, c.Start(t.Context()), outbound.ErrUnfinishedImport)
		}
	}
	launch(t, o).finish(t)
	reports, err := h.Imports(t.Context(), "list")
	require.NoError(t, err)
	got := reports[len(reports)-1]
	t.Logf("%d kills, %d in mid-import: %d pieces = %d accepted + %d duplicate + %d rejected; %s",
		kills, inTheMiddle, got.Pieces, got.Accepted, got.Duplicate, got.Rejected, time.Since(begun).Round(time.Second))
	require.True(t, got.Finished)
	require.EqualValues(t, pieces, got.Pieces)
	require.Equal(t, got.Pieces, got.Accepted+got.Duplicate+got.Rejected)
	require.EqualValues(t, pieces/10, got.Duplicate)
	require.EqualValues(t, pieces/100, got.Rejected)
	require.Positive(t, inTheMiddle)
	sums(t, h.store, "list", int(got.Accepted))
	seen := make(map[string]bool, got.Accepted)
	for row := range rows(t, h.store, "list") {
		require.False(t, seen[row.Address], "number %d is there twice", row.Seq)
		seen[row.Address] = true
	}
	require.Len(t, seen, int(got.Accepted))
}

// imported is how many pieces of the list are in the file.
func imported(t *testing.T, h *host) int64 {
	reports, err := h.Imports(t.Context(), "list")
	require.NoError(t, err)
	if len(reports) == 0 {
		return 0
	}
	return reports[0].Pieces
}
