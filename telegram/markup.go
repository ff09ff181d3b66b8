package telegram

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/outbound-go/outbound"
)

// visible is what is left of a text when its markup is parsed.
type visible struct {
	length int  // code points
	blank  bool // nothing but white space
}

// fault is a place where the server would refuse the markup.
type fault struct {
	offset int    // in bytes
	near   string // what stands there, short
}

func (f *fault) problem(field string) outbound.Problem {
	return newProblem(field, CodeMarkup, "offset", strconv.Itoa(f.offset), "near", strconv.Quote(f.near))
}

// see counts what a person would see of a text. The rules are those of td (td:td/telegram/MessageEntity.cpp,
// parse_html and parse_markdown_v2); where versions of it differ, the milder one, so that nothing is refused here that
// the server would take.
func see(text string, format outbound.Format) (visible, *fault) {
	switch format {
	case outbound.FormatHTML:
		return seeHTML(text)
	case outbound.FormatMarkdown:
		return seeMarkdown(text)
	default:
		var v counter
		v.text(text)
		return v.visible(), nil
	}
}

// counter counts code points and notices whether any of them shows.
type counter struct {
	length int
	shows  bool
}

func (c *counter) text(s string) {
	for _, r := range s {
		c.rune(r)
	}
}

func (c *counter) rune(r rune) {
	c.length++
	c.shows = c.shows || !unicode.IsSpace(r)
}

func (c *counter) visible() visible { return visible{c.length, !c.shows} }

// near is a piece of text for a message.
func near(text string, offset int) string {
	const size = 16
	text = text[min(offset, len(text)):]
	end := 0
	for n := 0; end < len(text) && n < size; n++ {
		_, width := utf8.DecodeRuneInString(text[end:])
		end += width
	}
	return strings.ToValidUTF8(text[:end], "\uFFFD")
}

func faultAt(text string, offset int) *fault { return &fault{offset, near(text, offset)} }
