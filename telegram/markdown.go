package telegram

import (
	"strings"
	"unicode/utf8"
)

// markdownKind is an entity that is open.
type markdownKind string

const (
	markBold      markdownKind = "*"
	markItalic    markdownKind = "_"
	markUnderline markdownKind = "__"
	markStrike    markdownKind = "~"
	markSpoiler   markdownKind = "||"
	markLink      markdownKind = "["
	markEmoji     markdownKind = "!["
	markCode      markdownKind = "`"
	markPre       markdownKind = "```"
)

// markdown parses a text as parse_mode MarkdownV2 does (bots/api, "MarkdownV2 style").
type markdown struct {
	text  string
	at    int
	count counter
	open  []markdownOpen
	line  bool // nothing visible stands on the line yet
	quote bool // the line belongs to a block quotation

	outside int // how many entities were open when the quotation began
}

type markdownOpen struct {
	kind   markdownKind
	offset int
}

func seeMarkdown(text string) (visible, *fault) {
	m := markdown{text: text, line: true}
	for m.at < len(text) {
		if bad := m.step(); bad >= 0 {
			return m.count.visible(), faultAt(text, bad)
		}
	}
	if n := len(m.open); n > 0 {
		return m.count.visible(), faultAt(text, m.open[n-1].offset)
	}
	return m.count.visible(), nil
}

// step takes one character or mark. It returns the offset of a fault, or -1.
func (m *markdown) step() int {
	c := m.text[m.at]
	if c == '\\' && m.at+1 < len(m.text) && m.text[m.at+1] > 0 && m.text[m.at+1] <= 126 {
		m.see(rune(m.text[m.at+1]), 2)
		return -1
	}
	inner := m.inner()
	if inner == markCode || inner == markPre {
		if c != '`' {
			m.char()
			return -1
		}
		return m.mark(inner, inner)
	}
	if strings.IndexByte("_*[]()~`>#+-=|{}.!\n", c) < 0 {
		m.char()
		return -1
	}
	switch c {
	case '\n':
		if m.quote && !m.follows("\n>") && len(m.open) > m.outside { // a quotation ends, and with it must what it holds
			return m.open[len(m.open)-1].offset
		}
		m.quote = m.quote && m.follows("\n>")
		m.see('\n', 1)
		m.line = true
		return -1
	case '>':
		if !m.line {
			return m.at
		}
		if !m.quote {
			m.quote, m.outside = true, len(m.open)
		}
		m.at++
		return -1
	case ']':
		if inner == markLink || inner == markEmoji {
			return m.endLink(inner)
		}
	case '*':
		return m.mark(markBold, inner)
	case '_':
		if m.follows("__") { // "always greedily treated … as beginning or end of an underline entity"
			return m.mark(markUnderline, inner)
		}
		return m.mark(markItalic, inner)
	case '~':
		return m.mark(markStrike, inner)
	case '|':
		if m.follows("||") {
			if m.quote && inner != markSpoiler && m.endsLine(2) { // an expandable quotation
				m.at += 2
				return -1
			}
			return m.mark(markSpoiler, inner)
		}
	case '[':
		return m.mark(markLink, inner)
	case '!':
		if m.follows("![") {
			return m.mark(markEmoji, inner)
		}
	case '`':
		if m.follows("```") {
			return m.beginPre()
		}
		return m.mark(markCode, inner)
	}
	return m.at
}

// mark opens an entity, or closes it if it is the inner one.
func (m *markdown) mark(kind, inner markdownKind) int {
	if kind == inner && kind != markLink && kind != markEmoji {
		if !m.follows(string(kind)) { // a back quote within a block of code
			m.char()
			return -1
		}
		m.open = m.open[:len(m.open)-1]
	} else {
		m.open = append(m.open, markdownOpen{kind, m.at})
	}
	m.at += len(kind)
	return -1
}

// beginPre opens a block of code: its language and one line break are not shown.
func (m *markdown) beginPre() int {
	m.open = append(m.open, markdownOpen{markPre, m.at})
	m.at += len(markPre)
	end := m.at
	for end < len(m.text) && !blank(m.text[end]) && m.text[end] != '`' {
		end++
	}
	if end < len(m.text) && m.text[end] != '`' {
		m.at = end
	}
	switch {
	case m.follows("\r\n"), m.follows("\n\r"):
		m.at += 2
	case m.follows("\n"), m.follows("\r"):
		m.at++
	}
	return -1
}

// endLink closes the text of a link and steps behind its URL, which is not shown. A custom emoji must have one.
func (m *markdown) endLink(kind markdownKind) int {
	m.open = m.open[:len(m.open)-1]
	m.at++
	if !m.follows("(") {
		if kind == markEmoji {
			return m.at - 1
		}
		return -1
	}
	start := m.at
	for m.at++; m.at < len(m.text) && m.text[m.at] != ')'; m.at++ {
		if m.text[m.at] == '\\' && m.at+1 < len(m.text) && m.text[m.at+1] > 0 && m.text[m.at+1] <= 126 {
			m.at++
		}
	}
	if m.at >= len(m.text) {
		return start
	}
	m.at++
	return -1
}

func (m *markdown) follows(s string) bool { return strings.HasPrefix(m.text[m.at:], s) }

// endsLine says whether the line ends size bytes on.
func (m *markdown) endsLine(size int) bool {
	return m.at+size == len(m.text) || m.text[m.at+size] == '\n'
}

func (m *markdown) inner() markdownKind {
	if len(m.open) == 0 {
		return ""
	}
	return m.open[len(m.open)-1].kind
}

// char takes the character at the present place as it is.
func (m *markdown) char() {
	r, size := utf8.DecodeRuneInString(m.text[m.at:])
	m.see(r, size)
}

func (m *markdown) see(r rune, size int) {
	m.count.rune(r)
	m.at += size
	m.line = false
}
