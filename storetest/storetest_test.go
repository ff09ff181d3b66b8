package storetest_test

import (
	"testing"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/store/memory"
	"github.com/outbound-go/outbound/storetest"
)

func TestTheMemoryStoreKeepsEveryRule(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.Harness{
		Open:   func(testing.TB) outbound.Store { return memory.New() },
		Second: func(_ testing.TB, s outbound.Store) outbound.Store { return s },
	})
}
