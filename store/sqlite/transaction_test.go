package sqlite

import (
	"context"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
)

func TestAContextThatEndsAtAnyInstantLeavesTheStoreUsable(t *testing.T) {
	t.Parallel()
	s := openHere(t)
	write := func(ctx context.Context) error {
		_, err := s.UpdateTouchpoint(ctx, "bot", func(r *outbound.TouchpointRecord) (outbound.Act, error) {
			r.Beat++
			return outbound.Act{}, nil
		})
		return err
	}
	ended := 0
	for i := range 2000 {
		ctx, cancel := context.WithCancel(t.Context())
		stop := time.AfterFunc(time.Duration(i%200)*time.Microsecond/2, cancel)
		if write(ctx) != nil {
			ended++
		}
		stop.Stop()
		cancel()
		if err := write(t.Context()); err != nil {
			t.Fatalf("after %d contexts that ended: %v", ended, err)
		}
	}
	t.Logf("%d of 2000 contexts ended in time", ended)
}
