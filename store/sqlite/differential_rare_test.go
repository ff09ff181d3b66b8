package sqlite_test

import (
	"fmt"
	"time"

	"github.com/outbound-go/outbound"
)

// erase compares all but the hashes themselves, whose salts differ.
func (w *twins) erase() {
	address := fmt.Sprint(w.r.IntN(220))
	w.both("erase", func(s outbound.Store) (any, error) {
		return s.Erase(w.Context(), w.now, "g", "bot", address, outbound.Act{Action: "erase", At: w.now})
	})
}

func (w *twins) suppress() {
	entry := outbound.Suppression{Group: "g", Address: fmt.Sprint(w.r.IntN(120)), Purpose: outbound.AnyPurpose, At: w.now}
	refuses := w.r.IntN(2) == 0
	w.both("suppress", func(s outbound.Store) (any, error) {
		if refuses {
			return nil, s.Suppress(w.Context(), w.now, []outbound.Suppression{entry}, outbound.Act{Action: "suppress", At: w.now})
		}
		return nil, nil
	})
}

func (w *twins) removeSomething() {
	id, limit := w.id(), w.r.IntN(60)
	if w.r.IntN(2) == 0 {
		w.both("purge", func(s outbound.Store) (any, error) {
			n, done, err := s.Purge(w.Context(), w.now.Add(-time.Second), limit)
			return []any{n, done}, err
		})
		return
	}
	if run := w.run(id); run.State == outbound.CanceledState || run.State == outbound.Completed {
		w.both("delete", func(s outbound.Store) (any, error) { return s.DeleteRun(w.Context(), id, limit) })
	}
}

func (w *twins) look() {
	id := w.id()
	after, limit := int64(w.r.IntN(60)), 1+w.r.IntN(30)
	states := []outbound.State{outbound.State(w.r.IntN(9)), outbound.State(w.r.IntN(9))}[:w.r.IntN(3)]
	reasons := []string{"blocked", "quiet", ""}[:w.r.IntN(4)]
	address := ""
	if w.r.IntN(2) == 0 {
		address = fmt.Sprint(w.r.IntN(220))
	}
	w.both("read run", func(s outbound.Store) (any, error) { return s.ReadRun(w.Context(), id) })
	w.both("read ahead", func(s outbound.Store) (any, error) {
		r, err := s.ReadAhead(w.Context(), id, after, limit)
		return plain(r), err
	})
	w.both("due", func(s outbound.Store) (any, error) {
		r, next, err := s.Due(w.Context(), id, w.now, limit)
		return []any{plain(r), next}, err
	})
	w.both("deliveries", func(s outbound.Store) (any, error) {
		r, err := s.Deliveries(w.Context(), outbound.DeliveryFilter{Campaign: id, States: states, Reasons: reasons, Address: address, After: after, Limit: limit})
		return plain(r), err
	})
	w.both("attempts", func(s outbound.Store) (any, error) { return s.Attempts(w.Context(), id, after) })
	w.both("count", func(s outbound.Store) (any, error) { return s.Count(w.Context(), id) })
	w.both("imports", func(s outbound.Store) (any, error) {
		r, err := s.Imports(w.Context(), id)
		return fmt.Sprintf("%+v", r), err
	})
	label := id2label(w.r.IntN(2))
	w.both("list", func(s outbound.Store) (any, error) {
		return s.ListRuns(w.Context(), outbound.RunFilter{Label: label, States: []outbound.CampaignState{outbound.Running, outbound.DraftState}})
	})
	w.both("acts", func(s outbound.Store) (any, error) { return s.Acts(w.Context(), id, after/4, limit) })
	w.both("suppressed", func(s outbound.Store) (any, error) {
		hits, epoch, err := s.Suppressed(w.Context(), "g", "bot", outbound.Service, []string{fmt.Sprint(after), fmt.Sprint(limit)})
		return []any{hits, epoch}, err
	})
}

// plain is rows for a comparison: hashes become one word, no rows become none.
func plain(rows []outbound.Row) []outbound.Row {
	out := make([]outbound.Row, len(rows))
	for i, r := range rows {
		if len(r.Address) > 40 {
			r.Address = "erased"
		}
		out[i] = r
	}
	return out
}
