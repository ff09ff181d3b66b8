package httpsend

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Mask stands for what was taken out of a text.
const Mask = "***"

// maxClean is how long a cleaned text may be, in bytes: providers' descriptions are a sentence.
const maxClean = 300

// minDigits is how many digits make a number that may be a person's: ids of users and phone numbers have more, byte
// offsets, ports and seconds fewer.
const minDigits = 6

// Clean takes out of a provider's or a transport's text what must not be seen: the secrets (tokens, addresses, texts;
// empty ones are ignored), everything in quotes (providers quote pieces of messages), numbers of six and more digits,
// with or without a plus and separators (ids, phone numbers), and control characters. It cuts to 300 bytes.
func Clean(text string, secrets ...string) string {
	for _, secret := range secrets {
		text = hide(text, secret)
	}
	text = oneLine(text)
	for _, secret := range secrets { // and those that stand there in one line
		text = hide(text, oneLine(secret))
	}
	text = hideNumbers(Unquote(text))
	if len(text) > maxClean {
		end := maxClean
		for end > 0 && !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end] + "…"
	}
	return text
}

// oneLine replaces control characters, and what is no UTF-8, by spaces.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, text)
}

// hide masks a secret. One of up to three bytes is masked only where it stands alone, or a short address would
// perforate every text.
func hide(text, secret string) string {
	if secret == "" {
		return text
	}
	if len(secret) > 3 {
		return strings.ReplaceAll(text, secret, Mask)
	}
	var b strings.Builder
	for {
		i := strings.Index(text, secret)
		if i < 0 {
			break
		}
		end := i + len(secret)
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[end:])
		b.WriteString(text[:i])
		if (i == 0 || !wordRune(before)) && (end == len(text) || !wordRune(after)) {
			b.WriteString(Mask)
		} else {
			b.WriteString(secret)
		}
		text = text[end:]
	}
	b.WriteString(text)
	return b.String()
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// Unquote replaces what stands in quotes by an ellipsis, from the first quote to the last of its kind, since what is
// quoted may hold quotes itself. A single character stays ("Character '!' is reserved"), and an apostrophe is no quote.
func Unquote(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		q := text[i]
		if (q != '"' && q != '\'' && q != '`') || (i > 0 && wordByte(text[i-1])) {
			b.WriteByte(q)
			i++
			continue
		}
		if _, size := utf8.DecodeRuneInString(text[i+1:]); size > 0 && i+1+size < len(text) && text[i+1+size] == q {
			b.WriteString(text[i : i+size+2])
			i += size + 2
			continue
		}
		b.WriteByte(q)
		b.WriteString("…")
		end := closing(text, i)
		if end < 0 {
			break // a quote that does not end quotes the rest
		}
		b.WriteByte(q)
		i = end + 1
	}
	return b.String()
}

// closing finds the last quote that may close the one at i: no letter follows it, or it would be an apostrophe.
func closing(text string, i int) int {
	for end := len(text) - 1; end > i; end-- {
		if text[end] == text[i] && (end+1 == len(text) || !wordByte(text[end+1])) {
			return end
		}
	}
	return -1
}

func wordByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf
}

// hideNumbers masks runs of digits, with separators between them.
func hideNumbers(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		if !digit(text[i]) {
			b.WriteByte(text[i])
			i++
			continue
		}
		end, digits := i, 0
		for j := i; j < len(text) && (digit(text[j]) || strings.IndexByte(" -()", text[j]) >= 0); j++ {
			if digit(text[j]) {
				end, digits = j+1, digits+1
			}
		}
		if digits >= minDigits {
			b.WriteString(Mask)
		} else {
			b.WriteString(text[i:end])
		}
		i = end
	}
	return b.String()
}

func digit(c byte) bool { return '0' <= c && c <= '9' }
