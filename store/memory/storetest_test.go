package memory_test

import (
	"bytes"
	"testing"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/store/memory"
	"github.com/outbound-go/outbound/storetest"
)

func TestTheStoreKeepsEveryRuleOfTheContract(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.Harness{
		Open:   func(testing.TB) outbound.Store { return memory.New() },
		Reopen: func(t testing.TB, s outbound.Store) outbound.Store { return reload(t, s.(*memory.Store)) },
		Second: func(_ testing.TB, s outbound.Store) outbound.Store { return s },
	})
}

// reload saves a store and loads it again.
func reload(t testing.TB, s *memory.Store) *memory.Store {
	t.Helper()
	var b bytes.Buffer
	if err := s.Save(&b); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	loaded, err := memory.Load(&b)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}
