package simulator

import (
	"fmt"
	"strings"
)

// parseMarkdown takes a text in the legacy Markdown style apart: *bold*, _italic_, `code`, ```pre``` and [text](link),
// never one inside another (bots/api, Markdown style; the words of its problem: td:td/telegram/MessageEntity.cpp
// parse_markdown). A backslash escapes the four marks.
func parseMarkdown(src string) (formatted, string) {
	var out output
	out.text = make([]byte, 0, len(src))
	at := 0
	for at < len(src) {
		next := strings.IndexAny(src[at:], "\\_*`[")
		if next < 0 {
			break
		}
		out.write(src[at : at+next])
		at += next
		if src[at] == '\\' {
			if at+1 < len(src) && strings.IndexByte("_*`[", src[at+1]) >= 0 {
				at++
			}
			out.write(src[at : at+1])
			at++
			continue
		}
		begin := at
		open := src[at : at+1]
		if strings.HasPrefix(src[at:], "```") {
			open = "```"
		}
		mark := open
		if open == "[" {
			mark = "]"
		}
		at += len(open)
		length := strings.Index(src[at:], mark)
		if length < 0 {
			return formatted{}, fmt.Sprintf("Can't find end of the entity starting at byte offset %d", begin)
		}
		e := Entity{Offset: out.units}
		inner := src[at : at+length]
		at += length + len(mark)
		switch open {
		case "*":
			e.Type = "bold"
		case "_":
			e.Type = "italic"
		case "`":
			e.Type = "code"
		case "```":
			e.Type = "pre"
			if language, rest, ok := strings.Cut(inner, "\n"); ok && !strings.ContainsAny(language, " \t") {
				e.Language, inner = language, rest
			}
		case "[":
			out.write(inner)
			if link, rest, ok := strings.Cut(src[at:], ")"); ok && strings.HasPrefix(link, "(") {
				at = len(src) - len(rest)
				if out.units > e.Offset {
					out.link(link[1:], e.Offset)
				}
			}
			continue
		}
		out.write(inner)
		out.entity(e)
	}
	out.write(src[min(at, len(src)):])
	return out.formatted(), ""
}
