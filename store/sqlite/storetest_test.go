package sqlite_test

import (
	"path/filepath"
	"sync"
	"testing"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/store/sqlite"
	"github.com/outbound-go/outbound/storetest"
)

// TestTheStoreKeepsItsContracts runs the conformance suite. To reopen is to open the file again without closing it first, as after the process was killed.
func TestTheStoreKeepsItsContracts(t *testing.T) {
	t.Parallel()
	var paths sync.Map // by store
	open := func(t testing.TB, path string) outbound.Store {
		store, err := sqlite.Open(t.Context(), path)
		check(t, err)
		paths.Store(outbound.Store(store), path)
		t.Cleanup(func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		})
		return store
	}
	again := func(t testing.TB, s outbound.Store) outbound.Store {
		path, _ := paths.Load(s)
		return open(t, path.(string))
	}
	storetest.Run(t, storetest.Harness{
		Open:   func(t testing.TB) outbound.Store { return open(t, filepath.Join(t.TempDir(), "outbound.db")) },
		Reopen: again,
		Second: again,
	})
}
