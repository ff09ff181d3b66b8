package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
)

func TestAReadOnlyStoreReadsAndDoesNotWrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbound.db")
	writer, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = writer.Close() }()
	if _, _, err := writer.CreateRun(t.Context(), outbound.Run{ID: "c", Name: "n"}, outbound.Act{}); err != nil {
		t.Fatal(err)
	}
	reader, err := OpenConfig(t.Context(), Config{Path: path, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	if run, err := reader.ReadRun(t.Context(), "c"); err != nil || run.Name != "n" {
		t.Fatal(run, err)
	}
	if err := reader.SaveDraft(t.Context(), "c", nil); !errors.Is(err, outbound.ErrReadOnly) {
		t.Fatal(err)
	}
	if _, err := reader.Commit(t.Context(), outbound.Batch{}); !errors.Is(err, outbound.ErrReadOnly) {
		t.Fatal(err)
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	if err := reader.SaveDraft(t.Context(), "c", nil); !errors.Is(err, outbound.ErrClosed) {
		t.Fatal(err)
	}
}

func TestAWriteThatTheFileRefusesIsReadOnly(t *testing.T) {
	t.Parallel()
	s := openHere(t)
	pragma(t, s, "PRAGMA query_only = on")
	if err := s.SaveDraft(t.Context(), "c", []byte("d")); !errors.Is(err, outbound.ErrReadOnly) {
		t.Fatal(err)
	}
	pragma(t, s, "PRAGMA query_only = off")
	if err := s.SaveDraft(t.Context(), "c", []byte("d")); err != nil {
		t.Fatal(err)
	}
}

// pragma sets something on the connection that writes.
func pragma(t *testing.T, s *Store, text string) {
	t.Helper()
	c, err := s.writer.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.writer.give(c)
	if _, err := c.one(text, func(*rows) {}); err != nil {
		t.Fatal(err)
	}
}

func TestAFullDiskLosesNothing(t *testing.T) {
	t.Parallel()
	s := openHere(t)
	ctx := t.Context()
	if _, _, err := s.CreateRun(ctx, outbound.Run{ID: "c", State: outbound.DraftState}, outbound.Act{}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.BeginImport(ctx, time.Unix(1, 0), "c", "list", ""); err != nil {
		t.Fatal(err)
	}
	pragma(t, s, "PRAGMA max_page_count = 60")
	var err error
	done := int64(0)
	chunk := func() outbound.ImportChunk {
		c := outbound.ImportChunk{Campaign: "c", Source: "list", After: done, Pieces: 500}
		for i := range 500 {
			c.Recipients = append(c.Recipients, outbound.NewDelivery{Address: fmt.Sprint(done + int64(i))})
		}
		return c
	}
	for err == nil {
		if _, _, err = s.AppendImport(ctx, time.Unix(1, 0), chunk()); err == nil {
			done += 500
		}
	}
	if !errors.Is(err, outbound.ErrStoreFull) {
		t.Fatal(err)
	}
	run, err := s.ReadRun(ctx, "c")
	if err != nil || run.Last != done || run.Counts.Pending != done {
		t.Fatal(run.Last, done, err)
	}
	pragma(t, s, "PRAGMA max_page_count = 100000")
	record, duplicates, err := s.AppendImport(ctx, time.Unix(1, 0), chunk())
	if err != nil || len(duplicates) != 0 || record.Accepted != done+500 {
		t.Fatal(record.Accepted, len(duplicates), err)
	}
}

func TestAnotherWriterIsWaitedForAndThenNamed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbound.db")
	other, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	s, err := OpenConfig(t.Context(), Config{Path: path, BusyTimeout: 30 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	_ = other.transact(t.Context(), func(*conn) error {
		err := s.SaveDraft(t.Context(), "c", nil)
		if err == nil || !strings.Contains(err.Error(), "another process is writing") || !strings.Contains(err.Error(), "save draft: outbound.db") {
			t.Error(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errors.New("enough"))
		if err := s.SaveDraft(ctx, "c", nil); err == nil || !strings.Contains(err.Error(), "enough") {
			t.Error(err)
		}
		if _, err := s.ListTouchpoints(t.Context()); err != nil {
			t.Error("reading waits for a writer:", err)
		}
		return nil
	})
	if err := s.SaveDraft(t.Context(), "c", nil); err != nil {
		t.Fatal(err)
	}
}

func TestAPanicInAChangeWritesNothingAndKeepsTheStoreUsable(t *testing.T) {
	t.Parallel()
	s := openHere(t)
	if _, _, err := s.CreateRun(t.Context(), outbound.Run{ID: "c", Name: "before"}, outbound.Act{}); err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_, _ = s.UpdateRun(t.Context(), "c", func(r *outbound.Run) (outbound.Act, error) {
			r.Name = "after"
			panic("host")
		})
	}()
	if run, err := s.ReadRun(t.Context(), "c"); err != nil || run.Name != "before" {
		t.Fatal(run.Name, err)
	}
	if _, err := s.UpdateRun(t.Context(), "c", func(*outbound.Run) (outbound.Act, error) { return outbound.Act{}, nil }); err != nil {
		t.Fatal(err)
	}
}

func TestCloseWaitsForWorkAndEndsLongOnes(t *testing.T) {
	t.Parallel()
	s := openHere(t)
	ctx := t.Context()
	if _, _, err := s.CreateRun(ctx, outbound.Run{ID: "c", State: outbound.DraftState}, outbound.Act{}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	inside := make(chan struct{}, 16)
	for range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				_, err := s.UpdateRun(ctx, "c", func(r *outbound.Run) (outbound.Act, error) {
					select {
					case inside <- struct{}{}:
					default:
					}
					r.Revision++
					return outbound.Act{}, nil
				})
				if err == nil {
					_, err = s.ReadRun(ctx, "c")
				}
				if errors.Is(err, outbound.ErrClosed) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 16 {
		<-inside
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.Now(ctx); !errors.Is(err, outbound.ErrClosed) {
		t.Error(err)
	}
}

func TestNowNeverGoesBack(t *testing.T) {
	t.Parallel()
	s := openHere(t)
	wall := time.Now()
	ahead := wall.Add(time.Hour).Round(0).UTC()
	s.clock.set(ahead) // as after opening a file that has recorded this
	s.clock.at = wall
	for i, test := range []struct {
		wall time.Time
		want time.Time
	}{
		{wall, ahead},
		{wall.Add(time.Second), ahead.Add(time.Second)},
		{wall, ahead.Add(time.Second)},
		{wall.Add(3 * time.Second), ahead.Add(3 * time.Second)},
	} {
		if got := s.clock.now(test.wall); !got.Equal(test.want) {
			t.Errorf("%d: %v, want %v", i, got, test.want)
		}
	}
	s.clock.set(wall.Add(-time.Hour))
	s.clock.at = wall
	if got := s.clock.now(wall); !got.Equal(wall) {
		t.Errorf("%v, though the wall clock is ahead", got)
	}
}

func TestNowStartsNoEarlierThanWhatTheFileRecorded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbound.db")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(24 * time.Hour)
	if _, _, err := s.CreateRun(t.Context(), outbound.Run{ID: "c", Heartbeat: later}, outbound.Act{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if now, err := s.Now(t.Context()); err != nil || now.Before(later) {
		t.Fatal(now, err)
	}
}
