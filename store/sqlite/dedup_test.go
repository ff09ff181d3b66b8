package sqlite

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/outbound-go/outbound"
)

func TestFingerprintsFindWhatWasEntered(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 2))
	var set fingerprints
	hashes := make([]uint64, 200_000)
	for i := range hashes {
		hashes[i] = r.Uint64()
		if i%10 == 0 {
			hashes[i] &^= 0x3ff << 54 // one table that is ten times as full
		}
		set.add(hashes[i], uint32(i+1))
	}
	for i, hash := range hashes {
		if !slices.Contains(slices.Collect(set.candidates(hash)), uint32(i+1)) {
			t.Fatalf("%d is lost", i)
		}
	}
	wrong, bytes := 0, 0
	for range hashes {
		for range set.candidates(r.Uint64()) {
			wrong++
		}
	}
	for i := range set.tables {
		bytes += 8 * len(set.tables[i].slots)
	}
	if wrong > 20 || bytes > 16*len(hashes) {
		t.Fatalf("%d wrong candidates, %d bytes", wrong, bytes)
	}
}

func TestAFilterForgetsNobodyAndIsSeldomWrong(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 5))
	const n = 100_000
	filter := newBloom(n)
	hashes := make([]uint64, n)
	for i := range hashes {
		hashes[i] = reduced(r.Uint64())
		filter.add(hashes[i])
	}
	for i, hash := range hashes {
		if !filter.has(hash) {
			t.Fatalf("%d is lost", i)
		}
	}
	wrong := 0
	for range n {
		if filter.has(reduced(r.Uint64())) {
			wrong++
		}
	}
	if wrong > n/300 {
		t.Fatalf("wrong %d times in %d", wrong, n)
	}
}

func TestPeopleWhoAreOnlyInTheTableAreKnown(t *testing.T) {
	t.Parallel()
	s := draftWith(t, 300)
	known := s.dedup.known["c"]
	known.age()
	if err := s.fillAddresses(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	if known.recent.used != 0 || known.filtered != 300 {
		t.Fatal(known.recent.used, known.filtered)
	}
	if n := add(t, s, 200, 200); n != 100 {
		t.Fatalf("%d duplicates, want 100", n)
	}
	s.dedup.clear() // as after a restart
	if n := add(t, s, 0, 400); n != 400 {
		t.Fatalf("%d duplicates, want 400", n)
	}
	if known = s.dedup.known["c"]; known.filtered != 300 || known.recent.used != 100 {
		t.Fatal(known.recent.used, known.filtered)
	}
}

// draftWith opens a store with a draft and an open import of n people.
func draftWith(t *testing.T, n int) *Store {
	t.Helper()
	s := openHere(t)
	if _, _, err := s.CreateRun(t.Context(), outbound.Run{ID: "c", State: outbound.DraftState, Group: "g", Touchpoint: "bot"}, outbound.Act{}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.BeginImport(t.Context(), time.Unix(1, 0), "c", "list", ""); err != nil {
		t.Fatal(err)
	}
	add(t, s, 0, n)
	return s
}

// add appends people numbered from on and returns how many of them were there already.
func add(t *testing.T, s *Store, from, n int) int {
	t.Helper()
	records, err := s.Imports(t.Context(), "c")
	if err != nil {
		t.Fatal(err)
	}
	chunk := outbound.ImportChunk{Campaign: "c", Source: "list", After: records[0].Pieces, Pieces: int64(n)}
	for i := range n {
		chunk.Recipients = append(chunk.Recipients, outbound.NewDelivery{Address: fmt.Sprint("a", from+i)})
	}
	_, duplicates, err := s.AppendImport(t.Context(), time.Unix(1, 0), chunk)
	if err != nil {
		t.Fatal(err)
	}
	return len(duplicates)
}

func TestTwoPeopleWithOneFingerprintStayTwo(t *testing.T) {
	t.Parallel()
	s := draftWith(t, 10)
	known := s.dedup.known["c"]
	for i := range 10 { // everybody to come looks like somebody who is there
		known.recent.add(known.hashOf(fmt.Sprint("a", 10+i), ""), uint32(i+1))
		known.recent.add(known.hashOf(fmt.Sprint("a", 10+i), ""), 4000) // and like somebody who is gone
	}
	if n := add(t, s, 10, 10); n != 0 {
		t.Fatalf("%d people were lost", n)
	}
	if n := add(t, s, 0, 20); n != 20 {
		t.Fatalf("%d of 20 were found", n)
	}
}

func TestAnImportKnowsWhatOtherProcessesAdded(t *testing.T) {
	t.Parallel()
	s := draftWith(t, 100)
	second, err := Open(t.Context(), s.config.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = second.Close() }()
	for i, test := range []struct {
		store      *Store
		from, want int
	}{{second, 50, 50}, {s, 100, 50}, {second, 150, 50}, {s, 0, 100}} {
		if n := add(t, test.store, test.from, 100); n != test.want {
			t.Fatalf("call %d: %d duplicates, want %d", i, n, test.want)
		}
	}
	if _, err := second.RemoveImport(t.Context(), "c", "list", 1000); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.BeginImport(t.Context(), time.Unix(1, 0), "c", "list", ""); err != nil {
		t.Fatal(err)
	}
	if n := add(t, s, 0, 200); n != 0 {
		t.Fatalf("%d people are still known after their import was removed", n)
	}
}

func TestAnErasedPersonIsStillKnownAndFoundByNobody(t *testing.T) {
	t.Parallel()
	for _, finished := range []bool{false, true} {
		t.Run(fmt.Sprint("finished ", finished), func(t *testing.T) {
			t.Parallel()
			s := draftWith(t, 100)
			if finished {
				if _, err := s.FinishImport(t.Context(), time.Unix(1, 0), "c", "list", nil); err != nil {
					t.Fatal(err)
				}
			}
			n, err := s.Erase(t.Context(), time.Unix(2, 0), "g", "bot", "a7", outbound.Act{})
			if err != nil || n != 1 {
				t.Fatal(n, err)
			}
			for address, want := range map[string]int{"a7": 0, s.erasedName("a7"): 1, "a8": 1} {
				rows, err := s.Deliveries(t.Context(), outbound.DeliveryFilter{Campaign: "c", Address: address})
				if err != nil || len(rows) != want {
					t.Error(address, len(rows), err)
				}
			}
			if finished {
				if _, _, err := s.BeginImport(t.Context(), time.Unix(1, 0), "c", "second", ""); err != nil {
					t.Fatal(err)
				}
			}
			source := map[bool]string{false: "list", true: "second"}[finished]
			after := map[bool]int64{false: 100, true: 0}[finished]
			_, duplicates, err := s.AppendImport(t.Context(), time.Unix(1, 0), outbound.ImportChunk{Campaign: "c", Source: source, After: after, Pieces: 1, Recipients: []outbound.NewDelivery{{Address: "a7"}}})
			if err != nil || len(duplicates) != 1 {
				t.Error(duplicates, err)
			}
		})
	}
}

func TestAFillThatWasCutOffGoesOn(t *testing.T) {
	t.Parallel()
	s := draftWith(t, fillRows+500)
	at := &campaign{}
	if err := s.look(t.Context(), func(c *conn) (err error) {
		at, err = s.loadHot(c, "c")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	// A part of the table is written, then the process dies; afterwards somebody is erased.
	part := []entry{{addressHash("a1"), at.base() | 2}, {addressHash("a2"), at.base() | 3}}
	if err := s.transact(t.Context(), func(c *conn) error { return s.fill(c, at, part, at.Last, false) }); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Erase(t.Context(), time.Unix(2, 0), "g", "bot", "a2", outbound.Act{}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if err := s.transact(t.Context(), func(c *conn) error { return s.fill(c, at, part, at.Last, true) }); err == nil {
		t.Fatal("hashes of before an erasure were written after it")
	}
	if _, err := s.FinishImport(t.Context(), time.Unix(1, 0), "c", "list", nil); err != nil {
		t.Fatal(err)
	}
	var entries, old int64
	if err := s.look(t.Context(), func(c *conn) (err error) {
		if entries, err = c.number("SELECT count(*) FROM address"); err == nil {
			old, err = c.number("SELECT count(*) FROM address WHERE hash = ?", addressHash("a2"))
		}
		return err
	}); err != nil || entries != fillRows+500 || old != 0 {
		t.Fatal(entries, old, err)
	}
}

func TestDistantTimesAreKept(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{{}, time.Unix(0, 1).UTC(), time.Date(2026, 1, 2, 3, 4, 5, 999999999, time.UTC), time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if got := fromNanos(nanos(at)); !got.Equal(at) {
			t.Errorf("%v, want %v", got, at)
		}
	}
	if far := fromNanos(nanos(time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC))); far.Year() != 2262 || nanos(far) > latestTime {
		t.Error(far)
	}
}

func TestVariablesComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	for _, v := range []map[string]string{nil, {"a": ""}, {"": "x", "имя": "Анна", "long": string(make([]byte, 20_000))}} {
		b, _ := packVariables(v).([]byte)
		got, err := unpackVariables(b)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(v) {
			t.Error(got, err)
		}
		for i := range b {
			_, _ = unpackVariables(b[:i]) // damaged bytes are an error, never a panic
		}
	}
	if _, err := unpackVariables([]byte{9}); err == nil {
		t.Error("an unknown form was read")
	}
}
