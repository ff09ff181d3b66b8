package main

import (
	"fmt"
	"strings"

	"github.com/outbound-go/outbound"
)

// The people of the simulated Telegram.
const (
	firstGuest   = int64(700_100_000)
	guests       = 60
	firstPasted  = int64(812_000_500)
	pastedPeople = 90
)

// guestList is what a host has in its own tables: ids with names, and its own references.
func guestList() []outbound.Recipient {
	names := []string{"Anna", "Борис", "Chloé", "Dmitri & Olga", "Eve <3", "Фёдор", "Grace", "Хуан", "Ingrid", "José"}
	list := make([]outbound.Recipient, guests)
	for i := range list {
		list[i] = outbound.Recipient{
			Address:   fmt.Sprint(firstGuest + int64(i)),
			Reference: fmt.Sprintf("booking-%d", 5000+i),
			Variables: map[string]string{"name": names[i%len(names)]},
		}
	}
	list[17].Variables = nil // nobody wrote this one's name down
	return list
}

// pastedList is what people paste: ids with whatever stands between them, some twice, and pieces that are no ids at all.
func pastedList() string {
	separators := []string{"\n", ", ", ";", "\t", " ", ",\r\n", " ; "}
	odd := map[int]string{
		4:  "+79161234567",                 // a phone number
		11: "https://t.me/brunch_bot",      // a link
		19: "-1001584930211",               // the staff's own chat
		30: "J9kVY2tLx0aQ4b7mZr1c3w==",     // an id of Viber
		38: fmt.Sprint(firstPasted + 3),    // somebody twice
		39: fmt.Sprint(firstPasted + 9),    // and another
		52: "8.12E+08",                     // a number that a spreadsheet rounded
		60: "@olga",                        // a name: bots cannot write to names
		71: fmt.Sprint(firstGuest + 2),     // a guest of the other list
		77: fmt.Sprint(firstGuest + 3),     // and another
		85: fmt.Sprint(firstPasted + 1000), // somebody who never wrote to this bot
	}
	var b strings.Builder
	for i := range pastedPeople {
		if piece, ok := odd[i]; ok {
			b.WriteString(piece + separators[(i+3)%len(separators)])
		}
		b.WriteString(fmt.Sprint(firstPasted+int64(i)) + separators[i%len(separators)])
	}
	return b.String()
}
