package sqlite

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/outbound-go/outbound"
)

// openHere opens a store in a folder of the test's own.
func openHere(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "outbound.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestNoHotPathScansDeliveries(t *testing.T) {
	t.Parallel()
	s := openHere(t)
	run := &campaign{Run: outbound.Run{Number: 1}}
	all, _ := deliveriesQuery(run, &outbound.DeliveryFilter{States: []outbound.State{outbound.Failed}, Reasons: []string{"x"}}, 0, 10)
	doubts, _ := deliveriesQuery(run, &outbound.DeliveryFilter{States: []outbound.State{outbound.Uncertain}}, 0, 10)
	for name, text := range map[string]string{
		"ReadAhead":                      freshRows,
		"ReadAhead behind the cursor":    pendingRows,
		"Due":                            dueRows,
		"Due, the next":                  dueNext,
		"Recover of ranges":              recoverRange,
		"Recover of rows":                recoverRows,
		"Erase and addresses":            enteredIDs,
		"addresses of open imports":      missingIDs,
		"Deliveries":                     all,
		"Deliveries of doubts":           doubts,
		"one delivery":                   "SELECT " + deliveryColumns + ", " + outcomeColumns + bothTables + "WHERE d.id = ?",
		"suppression":                    "SELECT 1 FROM suppression WHERE grp = ? AND address IN (?, ?) AND touchpoint IN ('', ?) AND purpose IN ('any', ?) LIMIT 1",
		"runs that have to be recovered": "SELECT id FROM run WHERE touchpoint = ? AND sending > 0 ORDER BY number",
	} {
		t.Run(name, func(t *testing.T) {
			var plan []string
			err := s.look(t.Context(), func(c *conn) error {
				rows, err := c.queryOnce(t.Context(), "EXPLAIN QUERY PLAN "+text, make([]any, strings.Count(text, "?")+6)...)
				if err != nil {
					return err
				}
				for rows.next() {
					plan = append(plan, rows.text(3))
				}
				return rows.close()
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(plan) == 0 {
				t.Fatal("no plan")
			}
			for _, line := range plan {
				if strings.HasPrefix(line, "SCAN") && !strings.Contains(line, "SUBQUERY") {
					t.Errorf("%s\n%s", line, strings.Join(plan, "\n"))
				}
			}
			t.Log(strings.Join(plan, "; "))
		})
	}
}
