package httpsend

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RetryAfter reads the header of that name: seconds, or a date (RFC 9110, 10.2.3). Zero = it does not say. Numbers that
// no duration can hold are the longest one.
func RetryAfter(header http.Header) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		return Seconds(seconds)
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}

// Seconds is a number of seconds that a provider named, rounded up to the millisecond: zero for what is none, the
// longest duration for what is more.
func Seconds(seconds float64) time.Duration {
	const longest = time.Duration(1<<63 - 1)
	switch {
	case !(seconds > 0): // not a number, too
		return 0
	case seconds >= longest.Seconds():
		return longest
	}
	d := time.Duration(seconds * float64(time.Second))
	if rest := d % time.Millisecond; rest > 0 && d < longest-time.Millisecond {
		d += time.Millisecond - rest
	}
	return d
}
