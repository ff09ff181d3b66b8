package telegram

import (
	"strconv"
	"strings"
)

// seeHTML parses a text as parse_mode HTML does (bots/api, "HTML style").
func seeHTML(text string) (visible, *fault) {
	var v counter
	type opened struct {
		name   string
		offset int
	}
	var open []opened
	for i := 0; i < len(text); {
		next := strings.IndexAny(text[i:], "<&")
		if next < 0 {
			v.text(text[i:])
			break
		}
		v.text(text[i : i+next])
		i += next
		if text[i] == '&' {
			r, size := entity(text[i:])
			v.rune(r)
			i += size
			continue
		}
		start := i
		end, name, closing := tag(text, i)
		if end < 0 {
			return v.visible(), faultAt(text, start)
		}
		switch {
		case !closing && !supported(name):
			return v.visible(), faultAt(text, start)
		case !closing:
			open = append(open, opened{name, start})
		case len(open) == 0, name != "" && open[len(open)-1].name != name:
			return v.visible(), faultAt(text, start)
		default:
			open = open[:len(open)-1]
		}
		i = end
	}
	if len(open) > 0 {
		return v.visible(), faultAt(text, open[len(open)-1].offset)
	}
	return v.visible(), nil
}

// supported are the tags of bots/api, "HTML style". That a span is a spoiler is not looked at.
func supported(name string) bool {
	switch name {
	case "b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "span", "tg-spoiler", "a", "tg-emoji", "tg-time",
		"code", "pre", "blockquote":
		return true
	}
	return false
}

// tag reads the tag that begins at start: where it ends, -1 if it does not, and its name in lower case.
func tag(text string, start int) (end int, name string, closing bool) {
	i := start + 1
	if i < len(text) && text[i] == '/' {
		closing = true
		i++
	}
	from := i
	for i < len(text) && text[i] != '>' && !blank(text[i]) {
		i++
	}
	name = strings.ToLower(text[from:i])
	for {
		i = skipBlank(text, i)
		switch {
		case i >= len(text):
			return -1, name, closing
		case text[i] == '>':
			return i + 1, name, closing
		case closing:
			return -1, name, closing
		}
		if i = attribute(text, i); i < 0 {
			return -1, name, closing
		}
	}
}

// attribute steps behind the attribute at i: a name, and a value in quotes or a token. A name alone is one, too
// ("expandable").
func attribute(text string, i int) int {
	from := i
	for i < len(text) && text[i] != '=' && text[i] != '>' && !blank(text[i]) {
		i++
	}
	if i == from {
		return -1
	}
	value := skipBlank(text, i)
	if value >= len(text) || text[value] != '=' {
		return i
	}
	i = skipBlank(text, value+1)
	if i >= len(text) {
		return -1
	}
	if q := text[i]; q == '"' || q == '\'' {
		end := strings.IndexByte(text[i+1:], q)
		if end < 0 {
			return -1
		}
		return i + 1 + end + 1
	}
	for i < len(text) && (letter(text[i]) || decimal(text[i]) || text[i] == '.' || text[i] == '-') {
		i++
	}
	if i < len(text) && text[i] != '>' && !blank(text[i]) {
		return -1
	}
	return i
}

func blank(c byte) bool {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0 || c == '\v'
}

func skipBlank(text string, i int) int {
	for i < len(text) && blank(text[i]) {
		i++
	}
	return i
}

// entity reads what begins with an ampersand: a numeric reference or one of the four names, with or without the
// semicolon. Any other ampersand stands for itself.
func entity(s string) (rune, int) {
	end := 1
	var r rune
	if strings.HasPrefix(s, "&#") {
		base, from := 10, 2
		if len(s) > 2 && s[2] == 'x' {
			base, from = 16, 3
		}
		end = from
		for end < len(s) && end < from+8 && (decimal(s[end]) || base == 16 && 'a' <= s[end]|0x20 && s[end]|0x20 <= 'f') {
			end++
		}
		n, err := strconv.ParseInt(s[from:end], base, 32)
		if err != nil || n <= 0 || n >= 0x10ffff {
			return '&', 1
		}
		r = rune(n)
	} else {
		for end < len(s) && letter(s[end]) {
			end++
		}
		switch s[1:end] {
		case "lt":
			r = '<'
		case "gt":
			r = '>'
		case "amp":
			r = '&'
		case "quot":
			r = '"'
		default:
			return '&', 1
		}
	}
	if end < len(s) && s[end] == ';' {
		end++
	}
	return r, end
}
