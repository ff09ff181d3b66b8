package simulator

import (
	"fmt"
	"strconv"
	"strings"
)

// markdownReserved must be escaped with a backslash outside of an entity's own marks (bots/api, MarkdownV2 style).
const markdownReserved = "_*[]()~`>#+-=|{}.!"

// Names of entities as the provider's parser writes them in its problems.
const (
	markBold          = "Bold"
	markItalic        = "Italic"
	markUnderline     = "Underline"
	markStrikethrough = "Strikethrough"
	markSpoiler       = "Spoiler"
	markCode          = "Code"
	markPre           = "Pre"
	markPreCode       = "PreCode"
	markLink          = "TextUrl"
	markEmoji         = "CustomEmoji"
	markQuote         = "BlockQuote"
)

// mark is an entity that waits for its end.
type mark struct {
	name     string
	language string // of a PreCode
	at       int    // bytes, in the text as sent
	offset   int    // UTF-16, in the output
	begin    int    // bytes, in the output
}

// markdownParser takes a text in the MarkdownV2 style apart. The rules and the words of its problems are the provider's
// (td:td/telegram/MessageEntity.cpp parse_markdown_v2); byte offsets are those of the text as sent.
type markdownParser struct {
	src       string
	at        int
	out       output
	open      []mark
	quoting   bool // inside a block quotation
	lineStart bool // a ">" here begins one
}

// parseMarkdownV2 returns the text without its marks, or what is wrong with it.
func parseMarkdownV2(src string) (formatted, string) {
	p := markdownParser{src: src, lineStart: true}
	p.out.text = make([]byte, 0, len(src))
	for p.at < len(src) {
		if problem := p.step(); problem != "" {
			return formatted{}, problem
		}
	}
	if p.quoting {
		p.endQuote()
	}
	if len(p.open) > 0 {
		return formatted{}, p.unended()
	}
	return p.out.formatted(), ""
}

// step reads one character, mark or run of plain text.
func (p *markdownParser) step() string {
	c := p.src[p.at]
	switch {
	case c == '\\' && p.escaped(p.at+1):
		p.out.write(p.src[p.at+1 : p.at+2])
		p.lineStart = p.src[p.at+1] == '\n'
		p.at += 2
	case p.inCode() && c != '`':
		p.plain("`\\")
	case !p.inCode() && c == '\n':
		return p.newline()
	case strings.IndexByte(markdownReserved, c) < 0:
		p.lineStart = false
		p.plain(markdownReserved + "\n\\")
	case p.ends(c):
		return p.end()
	default:
		return p.begin(c)
	}
	return ""
}

// plain copies at least one byte, up to the next of these.
func (p *markdownParser) plain(stop string) {
	end := strings.IndexAny(p.src[p.at+1:], stop)
	if end < 0 {
		end = len(p.src) - p.at - 1
	}
	p.out.write(p.src[p.at : p.at+1+end])
	p.at += 1 + end
}

// escaped reports whether a backslash before this byte takes its meaning away: any ASCII character can be escaped.
func (p *markdownParser) escaped(at int) bool {
	return at < len(p.src) && p.src[at] > 0 && p.src[at] <= 126
}

func (p *markdownParser) top() *mark {
	if len(p.open) == 0 {
		return &mark{}
	}
	return &p.open[len(p.open)-1]
}

func (p *markdownParser) inCode() bool {
	switch p.top().name {
	case markCode, markPre, markPreCode:
		return true
	}
	return false
}

func (p *markdownParser) follows(s string) bool { return strings.HasPrefix(p.src[p.at:], s) }

// newline ends a line, and a quotation whose next line does not begin with ">".
func (p *markdownParser) newline() string {
	if p.quoting && (p.at+1 == len(p.src) || p.src[p.at+1] != '>') {
		p.out.write("\n")
		if !p.endQuote() {
			return p.unended()
		}
	} else {
		p.out.write("\n")
	}
	p.at++
	p.lineStart = true
	return ""
}

// endQuote ends the open quotation; "||" as its very last mark makes it expandable. It reports whether nothing else
// was open inside.
func (p *markdownParser) endQuote() bool {
	kind := "blockquote"
	if top := p.top(); top.name == markSpoiler && top.at == p.at-2 {
		p.open = p.open[:len(p.open)-1]
		kind = "expandable_blockquote"
	}
	top := p.top()
	if top.name != markQuote {
		return false
	}
	p.out.entity(Entity{Type: kind, Offset: top.offset})
	p.open = p.open[:len(p.open)-1]
	p.quoting = false
	return true
}

// ends reports whether the mark at this place ends the innermost entity.
func (p *markdownParser) ends(c byte) bool {
	switch p.top().name {
	case markBold:
		return c == '*'
	case markItalic:
		return c == '_' && !p.follows("__")
	case markUnderline:
		return p.follows("__")
	case markStrikethrough:
		return c == '~'
	case markSpoiler:
		return p.follows("||")
	case markCode:
		return c == '`'
	case markPre, markPreCode:
		return p.follows("```")
	case markLink, markEmoji:
		return c == ']'
	}
	return false
}

// begin reads the mark that begins an entity.
func (p *markdownParser) begin(c byte) string {
	m := mark{at: p.at, offset: p.out.units, begin: len(p.out.text)}
	length := 1
	switch {
	case p.follows("__"):
		m.name, length = markUnderline, 2
	case c == '_':
		m.name = markItalic
	case c == '*':
		m.name = markBold
	case c == '~':
		m.name = markStrikethrough
	case p.follows("||"):
		m.name, length = markSpoiler, 2
	case c == '[':
		m.name = markLink
	case p.follows("!["):
		m.name, length = markEmoji, 2
	case p.follows("```"):
		m.name = markPre
		m.language, length = p.fence()
		if m.language != "" {
			m.name = markPreCode
		}
	case c == '`':
		m.name = markCode
	case c == '>' && p.lineStart && p.quoting:
		p.at++
		return ""
	case c == '>' && p.lineStart:
		m.name = markQuote
		p.quoting = true
	default:
		return fmt.Sprintf(`Character '%c' is reserved and must be escaped with the preceding '\'`, c)
	}
	p.at += length
	p.open = append(p.open, m)
	return ""
}

// fence reads what follows the three backquotes of a pre: its language, when white space ends it, and one line break.
// Length counts all of it.
func (p *markdownParser) fence() (language string, length int) {
	length = 3
	rest := p.src[p.at+length:]
	end := strings.IndexFunc(rest, func(r rune) bool { return r == '`' || r < 0x80 && isSpace(byte(r)) })
	if end > 0 && rest[end] != '`' {
		language = rest[:end]
		length += end
		rest = rest[end:]
	}
	switch {
	case strings.HasPrefix(rest, "\r\n"), strings.HasPrefix(rest, "\n\r"):
		length += 2
	case strings.HasPrefix(rest, "\n"), strings.HasPrefix(rest, "\r"):
		length++
	}
	return language, length
}

// end reads the mark that ends the innermost entity, and the link behind a "]".
func (p *markdownParser) end() string {
	m := *p.top()
	p.open = p.open[:len(p.open)-1]
	e := Entity{Offset: m.offset}
	length := 1
	switch m.name {
	case markBold:
		e.Type = "bold"
	case markItalic:
		e.Type = "italic"
	case markUnderline:
		e.Type, length = "underline", 2
	case markStrikethrough:
		e.Type = "strikethrough"
	case markSpoiler:
		e.Type, length = "spoiler", 2
	case markCode:
		e.Type = "code"
	case markPre, markPreCode:
		e.Type, e.Language, length = "pre", m.language, 3
	case markLink:
		p.at++
		link := string(p.out.text[m.begin:])
		if p.at < len(p.src) && p.src[p.at] == '(' {
			var problem string
			if link, problem = p.target(); problem != "" {
				return problem
			}
		}
		if p.out.units > m.offset {
			p.out.link(link, m.offset)
		}
		return ""
	case markEmoji:
		p.at++
		if p.at == len(p.src) || p.src[p.at] != '(' {
			return "The entity must contain a tg://emoji or tg://time URL"
		}
		link, problem := p.target()
		if problem != "" {
			return problem
		}
		if strings.HasPrefix(link, "tg://time?") {
			return "" // taken, and no entity made of it, as in HTML
		}
		id, ok := strings.CutPrefix(link, "tg://emoji?id=")
		if n, err := strconv.ParseInt(id, 10, 64); !ok || err != nil || n == 0 {
			return "Invalid tg://emoji or tg://time URL specified"
		}
		e.Type, e.CustomEmojiID, length = "custom_emoji", id, 0
	}
	p.at += length
	p.out.entity(e)
	return ""
}

// target reads "(link)".
func (p *markdownParser) target() (link, problem string) {
	p.at++
	begin := p.at
	var b strings.Builder
	for p.at < len(p.src) && p.src[p.at] != ')' {
		if p.src[p.at] == '\\' && p.escaped(p.at+1) {
			p.at++
		}
		b.WriteByte(p.src[p.at])
		p.at++
	}
	if p.at == len(p.src) {
		return "", fmt.Sprintf("Can't find end of a URL at byte offset %d", begin)
	}
	p.at++
	return b.String(), ""
}

func (p *markdownParser) unended() string {
	top := p.top()
	return fmt.Sprintf("Can't find end of %s entity at byte offset %d", top.name, top.at)
}
