package outboundtest

import "github.com/outbound-go/outbound"

// Campaign is to be embedded in a host's fake of outbound.Campaign, which then implements just the methods that its test needs and survives new ones. A method that the fake
// does not implement panics.
type Campaign struct{ outbound.Campaign }
