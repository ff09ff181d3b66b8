package memory

import (
	"iter"
	"slices"

	"github.com/outbound-go/outbound"
)

// pageSize is how many deliveries lie together. Pages keep an import from copying a million rows when a slice grows.
const pageSize = 1024

// rows are the deliveries of a campaign by number. A number that was never given, or whose row was removed, has a row with Seq zero or none.
type rows struct {
	pages [][]outbound.Row
	n     int64 // rows present
}

// clone copies the rows shallowly.
func (r *rows) clone() rows {
	c := rows{pages: make([][]outbound.Row, len(r.pages)), n: r.n}
	for i := range r.pages {
		c.pages[i] = slices.Clone(r.pages[i])
	}
	return c
}

// last is the highest number that was put while there are rows; 0 = there are none.
func (r *rows) last() int64 {
	if r.n == 0 {
		return 0
	}
	return int64(len(r.pages)-1)*pageSize + int64(len(r.pages[len(r.pages)-1]))
}

// at returns the row of a number, to read or to change; nil if there is none. It is good until the next put.
func (r *rows) at(seq int64) *outbound.Row {
	if seq < 1 {
		return nil
	}
	page := (seq - 1) / pageSize
	if page >= int64(len(r.pages)) {
		return nil
	}
	i := (seq - 1) % pageSize
	if i >= int64(len(r.pages[page])) || r.pages[page][i].Seq == 0 {
		return nil
	}
	return &r.pages[page][i]
}

// put adds a row under its number, which must be above all others.
func (r *rows) put(row outbound.Row) {
	page := int((row.Seq - 1) / pageSize)
	if page >= len(r.pages) {
		r.pages = append(r.pages, make([][]outbound.Row, page+1-len(r.pages))...)
	}
	for int64(len(r.pages[page])) < (row.Seq-1)%pageSize {
		r.pages[page] = append(r.pages[page], outbound.Row{})
	}
	r.pages[page] = append(r.pages[page], row)
	r.n++
}

// drop removes a row that is there.
func (r *rows) drop(seq int64) {
	*r.at(seq) = outbound.Row{}
	r.n--
	if r.n == 0 {
		r.pages = nil
	}
}

// above yields the rows numbered above after, in order. Rows may be changed and dropped meanwhile, not added.
func (r *rows) above(after int64) iter.Seq[*outbound.Row] {
	return func(yield func(*outbound.Row) bool) {
		start := max(after, 0)
		for page := start / pageSize; page < int64(len(r.pages)); page++ {
			for i := start % pageSize; i < int64(len(r.pages[page])); i++ {
				row := &r.pages[page][i]
				if row.Seq != 0 && !yield(row) {
					return
				}
				if page >= int64(len(r.pages)) {
					return
				}
			}
			start = 0
		}
	}
}
