package telegram

import (
	"strings"
	"unicode/utf8"
)

// What people take for a chat id. Each function is asked of what is none.

// isPhone is a plus, and digits with the usual separators.
func isPhone(s string) bool {
	rest, ok := strings.CutPrefix(s, "+")
	digits := 0
	for i := range len(rest) {
		switch c := rest[i]; {
		case decimal(c):
			digits++
		case strings.IndexByte(" -().", c) < 0:
			return false
		}
	}
	return ok && digits >= minPhone
}

// minPhone is fewer digits than any phone number has with its country code.
const minPhone = 6

// isLink is a URL, or an address of a person's page without its scheme.
func isLink(s string) bool {
	s = strings.ToLower(s)
	if strings.Contains(s, "://") {
		return true
	}
	host, _, ok := strings.Cut(strings.TrimPrefix(s, "www."), "/")
	switch host {
	case "t.me", "telegram.me", "telegram.dog", "vk.com", "m.vk.com", "vk.ru":
		return ok
	}
	return strings.HasPrefix(s, "tg:")
}

// isMail is an e-mail address.
func isMail(s string) bool {
	name, host, ok := strings.Cut(s, "@")
	return ok && name != "" && strings.Contains(strings.Trim(host, "."), ".")
}

// isViber is an id of Viber: 16 bytes in base64.
func isViber(s string) bool {
	body, ok := strings.CutSuffix(s, "==")
	if !ok || len(body) != 22 {
		return false
	}
	for i := range len(body) {
		if c := body[i]; !letter(c) && !decimal(c) && c != '+' && c != '/' {
			return false
		}
	}
	return true
}

// isUUID is 32 hexadecimal digits, with the usual dashes or without.
func isUUID(s string) bool {
	if len(s) == 36 && (s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-') {
		return false
	}
	digits := 0
	for i := range len(s) {
		switch c := s[i]; {
		case decimal(c), 'a' <= c|0x20 && c|0x20 <= 'f':
			digits++
		case c != '-' || len(s) != 36:
			return false
		}
	}
	return digits == 32
}

// isNumber is decimal digits after an optional minus.
func isNumber(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	return digits != "" && allDecimal(digits)
}

func allDecimal(s string) bool {
	for i := range len(s) {
		if !decimal(s[i]) {
			return false
		}
	}
	return true
}

// isSpreadsheet is a number that a spreadsheet rounded: 1.23E+09, 123456789.0, 1,23E+9.
func isSpreadsheet(s string) bool {
	whole, rest, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(s), ",", "."), ".")
	if i := strings.IndexByte(whole, 'e'); i > 0 && rest == "" {
		whole, rest = whole[:i], whole[i:]
	}
	fraction, exponent, ok := strings.Cut(rest, "e")
	return isNumber(whole) && allDecimal(fraction) && (!ok || isNumber(strings.TrimPrefix(exponent, "+")))
}

// isOtherMinus is a negative number with a dash or minus sign of typography.
func isOtherMinus(s string) bool {
	r, size := utf8.DecodeRuneInString(s)
	switch r {
	case '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2015', '\u2212', '\uFE63', '\uFF0D':
		return len(s) > size && allDecimal(s[size:])
	}
	return false
}
