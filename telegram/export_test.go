package telegram

import "github.com/outbound-go/outbound"

// See gives tests the visible length of a text, and whether nothing shows and its markup is wrong.
func See(text string, format outbound.Format) (length int, blank, wrong bool) {
	v, bad := see(text, format)
	return v.length, v.blank, bad != nil
}
