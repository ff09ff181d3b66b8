package memory_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/outbound-go/outbound"
	"github.com/outbound-go/outbound/store/memory"
)

// sending is a store with a campaign of n people, half of whom were granted, and with something of everything else.
func sending(t testing.TB, n int) *memory.Store {
	t.Helper()
	s := memory.New()
	ctx := t.Context()
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	_, _, err := s.CreateRun(ctx, outbound.Run{ID: "c", Touchpoint: "bot", State: outbound.DraftState, Created: now}, outbound.Act{Action: "create", At: now})
	require.NoError(t, err)
	_, _, err = s.BeginImport(ctx, now, "c", "list", "")
	require.NoError(t, err)
	chunk := outbound.ImportChunk{Campaign: "c", Source: "list", Pieces: int64(n)}
	for i := range n {
		chunk.Recipients = append(chunk.Recipients, outbound.NewDelivery{Address: fmt.Sprint(1000 + i), Variables: map[string]string{"name": "Anna"}})
	}
	_, _, err = s.AppendImport(ctx, now, chunk)
	require.NoError(t, err)
	_, err = s.FinishImport(ctx, now, "c", "list", nil)
	require.NoError(t, err)
	_, err = s.UpdateRun(ctx, "c", func(r *outbound.Run) (outbound.Act, error) {
		r.State = outbound.Running
		return outbound.Act{}, nil
	})
	require.NoError(t, err)
	half := int64(n / 2)
	_, err = s.Commit(ctx, outbound.Batch{Touchpoint: "bot", Now: now, Runs: []outbound.RunBatch{{Campaign: "c", Range: &outbound.Range{To: half, Count: int(half)}}}})
	require.NoError(t, err)
	require.NoError(t, s.Suppress(ctx, now, []outbound.Suppression{{Address: "1001", Purpose: outbound.AnyPurpose}}, outbound.Act{}))
	require.NoError(t, s.SaveFile(ctx, "hash", []byte("content")))
	return s
}

func saved(t testing.TB, s *memory.Store) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, s.Save(&b))
	return b.Bytes()
}

func TestASnapshotHoldsEverything(t *testing.T) {
	t.Parallel()
	s := sending(t, 3000)
	ctx := t.Context()
	loaded, err := memory.Load(bytes.NewReader(saved(t, s)))
	require.NoError(t, err)
	want, err := s.ReadRun(ctx, "c")
	require.NoError(t, err)
	got, err := loaded.ReadRun(ctx, "c")
	require.NoError(t, err)
	require.Equal(t, want, got)
	count, err := loaded.Count(ctx, "c")
	require.NoError(t, err)
	require.Equal(t, outbound.Counts{Pending: 1500, Sending: 1500}, count)
	filter := outbound.DeliveryFilter{Campaign: "c", Limit: -1}
	rows, err := s.Deliveries(ctx, filter)
	require.NoError(t, err)
	restored, err := loaded.Deliveries(ctx, filter)
	require.NoError(t, err)
	require.Equal(t, rows, restored)
}

func TestASnapshotIsOfOneMoment(t *testing.T) {
	t.Parallel()
	s := sending(t, 2000)
	before := saved(t, s)
	pipe, w := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- s.Save(w) }()
	first := make([]byte, 1)
	_, err := io.ReadFull(pipe, first) // Save has its picture, and waits for its reader
	require.NoError(t, err)
	_, err = s.Settle(t.Context(), time.Now(), "c", []outbound.Outcome{{Seq: 1, Attempt: 1, State: outbound.Accepted}}, outbound.Act{})
	require.NoError(t, err)
	rest := make(chan []byte, 1)
	go func() {
		b, _ := io.ReadAll(pipe)
		rest <- b
	}()
	require.NoError(t, <-done)
	require.NoError(t, w.Close())
	loaded, err := memory.Load(bytes.NewReader(slices.Concat(first, <-rest)))
	require.NoError(t, err)
	old, err := memory.Load(bytes.NewReader(before))
	require.NoError(t, err)
	want, err := old.ReadRun(t.Context(), "c")
	require.NoError(t, err)
	got, err := loaded.ReadRun(t.Context(), "c")
	require.NoError(t, err)
	require.Equal(t, want, got)
	count, err := loaded.Count(t.Context(), "c")
	require.NoError(t, err)
	require.Equal(t, got.Counts, count)
}

func TestLoadSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	whole := saved(t, sending(t, 100))
	head, body, _ := bytes.Cut(whole, []byte("\n"))
	with := func(line string) []byte { return append([]byte(line+"\n"), body...) }
	damaged := bytes.Clone(whole)
	damaged[len(damaged)/2] ^= 0x20
	var zipped bytes.Buffer
	zipped.WriteString(string(head) + "\n")
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte("no values at all"))
	require.NoError(t, z.Close())
	for name, test := range map[string]struct {
		data []byte
		says string
	}{
		"nothing is no snapshot":                      {nil, "no snapshot"},
		"another file is no snapshot":                 {[]byte("SQLite format 3\x00 and so on, on and on"), "no snapshot"},
		"a snapshot without a version is none":        {with("outbound memory snapshot"), "no snapshot"},
		"version zero is none":                        {with("outbound memory snapshot 0"), "no snapshot"},
		"a version in words is none":                  {with("outbound memory snapshot one"), "no snapshot"},
		"a newer version is too new":                  {with("outbound memory snapshot 2"), "newer version"},
		"a first line alone ends too early":           {append(bytes.Clone(head), '\n'), "ends too early"},
		"half a snapshot ends too early":              {whole[:len(whole)/2], "damaged"},
		"a snapshot that lacks its last byte":         {whole[:len(whole)-1], "ends too early"},
		"one flipped bit is found":                    {damaged, "damaged"},
		"what is zipped but no snapshot is damaged":   {zipped.Bytes(), "damaged"},
		"a snapshot that goes on after its end":       {append(bytes.Clone(whole), "more"...), "damaged"},
		"a snapshot twice over is damaged":            {append(bytes.Clone(whole), body...), "damaged"},
		"a first line that never ends is no snapshot": {[]byte(strings.Repeat("x", 1<<20)), "no snapshot"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := memory.Load(bytes.NewReader(test.data))
			require.ErrorContains(t, err, test.says)
			if strings.Contains(name, "newer") {
				require.ErrorIs(t, err, outbound.ErrTooNew)
			}
		})
	}
}

// brokenWriter fails after some bytes.
type brokenWriter struct{ left int }

var errDisk = errors.New("the disk is full")

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errDisk
	}
	return len(p), nil
}

func TestSaveReportsWhatItsWriterSays(t *testing.T) {
	t.Parallel()
	s := sending(t, 5000)
	size := len(saved(t, s))
	for _, left := range []int{0, 10, size / 2, size - 1} {
		require.ErrorIs(t, s.Save(&brokenWriter{left}), errDisk)
	}
	require.NoError(t, s.Save(&brokenWriter{size}))
}

func TestAClosedStoreSaysSo(t *testing.T) {
	t.Parallel()
	s := sending(t, 2)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Save(io.Discard), outbound.ErrClosed)
	_, err := s.ReadRun(t.Context(), "c")
	require.ErrorIs(t, err, outbound.ErrClosed)
	_, err = s.Now(t.Context())
	require.ErrorIs(t, err, outbound.ErrClosed)
}

func FuzzLoad(f *testing.F) {
	whole := saved(f, sending(f, 5))
	f.Add(whole)
	f.Add([]byte("outbound memory snapshot 1\n"))
	f.Add([]byte("outbound memory snapshot 99\n"))
	f.Fuzz(func(t *testing.T, data []byte) { load(t, data) })
}

// FuzzLoadValues packs the data as Save does, so that the fuzzer comes behind the checksum.
func FuzzLoadValues(f *testing.F) {
	_, body, _ := bytes.Cut(saved(f, sending(f, 5)), []byte("\n"))
	z, err := gzip.NewReader(bytes.NewReader(body))
	require.NoError(f, err)
	values, err := io.ReadAll(z)
	require.NoError(f, err)
	f.Add(values)
	f.Add(values[:len(values)/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		var b bytes.Buffer
		b.WriteString("outbound memory snapshot 1\n")
		z := gzip.NewWriter(&b)
		_, _ = z.Write(data)
		_ = z.Close()
		load(t, b.Bytes())
	})
}

// load wants data to be refused, or to give a store that saves and loads as itself.
func load(t *testing.T, data []byte) {
	s, err := memory.Load(bytes.NewReader(data))
	if err != nil {
		require.Nil(t, s)
		return
	}
	again, err := memory.Load(bytes.NewReader(saved(t, s)))
	require.NoError(t, err)
	want, err := s.ListRuns(t.Context(), outbound.RunFilter{Limit: -1, Notices: true})
	require.NoError(t, err)
	got, err := again.ListRuns(t.Context(), outbound.RunFilter{Limit: -1, Notices: true})
	require.NoError(t, err)
	require.Len(t, got, len(want))
	for i := range want {
		a, err := s.Count(t.Context(), want[i].ID)
		require.NoError(t, err)
		b, err := again.Count(t.Context(), want[i].ID)
		require.NoError(t, err)
		require.Equal(t, a, b)
	}
}
