package simulator

import (
	"fmt"
	"strconv"
	"strings"
)

// htmlType is the entity of a tag (bots/api, HTML style), "" when it takes more than the name to tell.
func htmlType(tag string) (entity string, known bool) {
	switch tag {
	case "b", "strong":
		return "bold", true
	case "i", "em":
		return "italic", true
	case "u", "ins":
		return "underline", true
	case "s", "strike", "del":
		return "strikethrough", true
	case "tg-spoiler", "span":
		return "spoiler", true
	case "a", "code", "pre", "blockquote", "tg-emoji", "tg-time":
		return "", true
	}
	return "", false
}

// htmlTag is a start tag that waits for its end.
type htmlTag struct {
	name     string
	argument string // of the attribute that matters: href, language, emoji-id, expandable
	offset   int    // UTF-16, in the output
	begin    int    // bytes, in the output
}

// htmlParser takes a text in the HTML style apart. The rules and the words of its problems are the provider's
// (td:td/telegram/MessageEntity.cpp parse_html); byte offsets are those of the text as sent. A tg-time is checked for
// its place only and leaves no entity.
type htmlParser struct {
	src  string
	at   int
	out  output
	open []htmlTag
	half bool // a reference named half of a surrogate pair
}

// parseHTML returns the text without its tags, or what is wrong with it.
func parseHTML(src string) (formatted, string) {
	p := htmlParser{src: src}
	p.out.text = make([]byte, 0, len(src))
	for p.at < len(src) {
		switch src[p.at] {
		case '<':
			var problem string
			if begin := p.at; strings.HasPrefix(src[begin:], "</") {
				problem = p.endTag(begin)
			} else {
				problem = p.startTag(begin)
			}
			if problem != "" {
				return formatted{}, problem
			}
		case '&':
			p.out.write(p.reference())
		default:
			end := strings.IndexAny(src[p.at:], "<&")
			if end < 0 {
				end = len(src) - p.at
			}
			p.out.write(src[p.at : p.at+end])
			p.at += end
		}
	}
	if n := len(p.open); n > 0 {
		return formatted{}, fmt.Sprintf(`Can't find end tag corresponding to start tag "%s"`, p.open[n-1].name)
	}
	if p.half {
		return formatted{}, "Text contains invalid Unicode characters after decoding HTML entities, " +
			"check for unmatched surrogate code units"
	}
	for i := range p.out.entities {
		if e := &p.out.entities[i]; e.Type == "code" {
			e.Language = "" // a code has a language directly inside a pre only
		}
	}
	return p.out.formatted(), ""
}

// reference reads a character reference: &lt; &gt; &amp; &quot; and numeric ones, the semicolon optional. What is none
// stands for itself.
func (p *htmlParser) reference() string {
	rest := p.src[p.at+1:]
	end := 0
	var decoded rune
	if digits, ok := strings.CutPrefix(rest, "#"); ok {
		base, skip, isDigit := 10, 1, isDecimal
		if strings.HasPrefix(digits, "x") {
			base, skip, isDigit, digits = 16, 2, isHex, digits[1:]
		}
		n := 0
		for n < len(digits) && isDigit(digits[n]) {
			n++
		}
		end = skip + n
		if code, err := strconv.ParseInt(digits[:n], base, 32); err == nil && code < 0x10ffff && end < 9 {
			decoded = rune(code)
		}
	} else {
		for end < len(rest) && (rest[end]|0x20) >= 'a' && (rest[end]|0x20) <= 'z' {
			end++
		}
		switch rest[:end] {
		case "lt":
			decoded = '<'
		case "gt":
			decoded = '>'
		case "amp":
			decoded = '&'
		case "quot":
			decoded = '"'
		}
	}
	if decoded == 0 {
		p.at++
		return "&"
	}
	if decoded >= 0xd800 && decoded <= 0xdfff {
		p.half = true
	}
	if end < len(rest) && rest[end] == ';' {
		end++
	}
	p.at += 1 + end
	return string(decoded)
}

// startTag reads "<name attribute=value ...>".
func (p *htmlParser) startTag(begin int) string {
	p.at++
	for p.at < len(p.src) && !isSpace(p.src[p.at]) && p.src[p.at] != '>' {
		p.at++
	}
	if p.at == len(p.src) {
		return fmt.Sprintf("Unclosed start tag at byte offset %d", begin)
	}
	tag := htmlTag{name: strings.ToLower(p.src[begin+1 : p.at]), offset: p.out.units, begin: len(p.out.text)}
	if _, known := htmlType(tag.name); !known {
		return fmt.Sprintf(`Unsupported start tag "%s" at byte offset %d`, tag.name, begin)
	}
	for {
		p.spaces()
		if p.at == len(p.src) {
			return fmt.Sprintf("Unclosed start tag at byte offset %d", begin)
		}
		if p.src[p.at] == '>' {
			p.at++
			break
		}
		if problem := p.attribute(&tag, begin); problem != "" {
			return problem
		}
	}
	if tag.name == "span" && tag.argument != "tg-spoiler" {
		return fmt.Sprintf(`Tag "span" must have class "tg-spoiler" at byte offset %d`, begin)
	}
	p.open = append(p.open, tag)
	return ""
}

// attribute reads one attribute of a start tag and keeps it if it matters.
func (p *htmlParser) attribute(tag *htmlTag, begin int) string {
	from := p.at
	for p.at < len(p.src) && !isSpace(p.src[p.at]) && !strings.ContainsRune(`=>/"'`, rune(p.src[p.at])) {
		p.at++
	}
	name := p.src[from:p.at]
	if name == "" {
		return fmt.Sprintf(`Empty attribute name in the tag "%s" at byte offset %d`, tag.name, begin)
	}
	p.spaces()
	if p.at == len(p.src) {
		return fmt.Sprintf(`Unclosed start tag "%s" at byte offset %d`, tag.name, begin)
	}
	if p.src[p.at] != '=' {
		if tag.name == "blockquote" && name == "expandable" {
			tag.argument = name
		}
		return ""
	}
	p.at++
	p.spaces()
	if p.at == len(p.src) {
		return fmt.Sprintf(`Unclosed start tag "%s" at byte offset %d`, tag.name, begin)
	}
	var value string
	if quote := p.src[p.at]; quote == '"' || quote == '\'' {
		p.at++
		var b strings.Builder
		for p.at < len(p.src) && p.src[p.at] != quote {
			if p.src[p.at] == '&' {
				b.WriteString(p.reference())
				continue
			}
			b.WriteByte(p.src[p.at])
			p.at++
		}
		p.at = min(p.at+1, len(p.src))
		value = b.String()
	} else {
		from := p.at
		for p.at < len(p.src) && isToken(p.src[p.at]) {
			p.at++
		}
		value = strings.ToLower(p.src[from:p.at])
		if p.at < len(p.src) && !isSpace(p.src[p.at]) && p.src[p.at] != '>' {
			return fmt.Sprintf("Unexpected end of name token at byte offset %d", from)
		}
	}
	if p.at == len(p.src) {
		return fmt.Sprintf("Unclosed start tag at byte offset %d", begin)
	}
	switch tag.name + " " + name {
	case "a href", "tg-emoji emoji-id", "span class":
		tag.argument = value
	case "blockquote expandable":
		tag.argument = name
	case "code class":
		if language, ok := strings.CutPrefix(value, "language-"); ok {
			tag.argument = language
		}
	}
	return ""
}

// endTag reads "</name>"; the name may be left out.
func (p *htmlParser) endTag(begin int) string {
	if len(p.open) == 0 {
		return fmt.Sprintf("Unexpected end tag at byte offset %d", begin)
	}
	p.at += 2
	from := p.at
	for p.at < len(p.src) && !isSpace(p.src[p.at]) && p.src[p.at] != '>' {
		p.at++
	}
	name := strings.ToLower(p.src[from:p.at])
	p.spaces()
	if p.at == len(p.src) || p.src[p.at] != '>' {
		return fmt.Sprintf("Unclosed end tag at byte offset %d", begin)
	}
	p.at++
	tag := p.open[len(p.open)-1]
	if name != "" && name != tag.name {
		return fmt.Sprintf(`Unmatched end tag at byte offset %d, expected "</%s>", found "</%s>"`, begin, tag.name, name)
	}
	p.open = p.open[:len(p.open)-1]
	return p.end(tag)
}

// end makes the entity of a tag that ended.
func (p *htmlParser) end(tag htmlTag) string {
	e := Entity{Offset: tag.offset}
	switch tag.name {
	case "a":
		link := tag.argument
		if link == "" {
			link = string(p.out.text[tag.begin:])
		}
		p.out.link(link, tag.offset)
		return ""
	case "tg-time":
		return ""
	case "tg-emoji":
		if p.out.units == tag.offset {
			return ""
		}
		if id, err := strconv.ParseInt(tag.argument, 10, 64); err != nil || id == 0 {
			return "Invalid custom emoji identifier specified"
		}
		e.Type, e.CustomEmojiID = "custom_emoji", tag.argument
	case "code":
		e.Type, e.Language = "code", tag.argument
	case "pre":
		// <pre><code class="language-x">: the code inside becomes the pre.
		if last := len(p.out.entities) - 1; last >= 0 {
			inner := &p.out.entities[last]
			if inner.Type == "code" && inner.Language != "" && inner.Offset == tag.offset && inner.Length == p.out.units-tag.offset {
				inner.Type = "pre"
				return ""
			}
		}
		e.Type = "pre"
	case "blockquote":
		if e.Type = "blockquote"; tag.argument != "" {
			e.Type = "expandable_blockquote"
		}
	default:
		e.Type, _ = htmlType(tag.name)
	}
	p.out.entity(e)
	return ""
}

func (p *htmlParser) spaces() {
	for p.at < len(p.src) && isSpace(p.src[p.at]) {
		p.at++
	}
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == 0
}

func isDecimal(c byte) bool { return c >= '0' && c <= '9' }

func isHex(c byte) bool { return isDecimal(c) || (c|0x20) >= 'a' && (c|0x20) <= 'f' }

func isToken(c byte) bool {
	return isDecimal(c) || (c|0x20) >= 'a' && (c|0x20) <= 'z' || c == '.' || c == '-'
}
