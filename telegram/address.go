package telegram

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/outbound-go/outbound"
)

// Ranges of chat ids (td:td/telegram/DialogId.cpp, ChannelId.h; core.telegram.org/api/bots/ids). What lies between and
// beyond are secret chats and direct messages of channels, to which a bot cannot send like this.
const (
	maxUser    = 1<<40 - 1
	minGroup   = -999_999_999_999
	maxChannel = -1_000_000_000_001
	minChannel = -1_997_852_516_352
)

// chatKind is what an address is.
type chatKind uint8

const (
	chatInvalid chatKind = iota
	chatUser
	chatGroup
	chatChannel // or a supergroup
	chatName
)

// kindOf reads a canonical address; any other is chatInvalid.
func kindOf(address string) chatKind {
	if address == "" || len(address) > 33 {
		return chatInvalid
	}
	if address[0] == '@' {
		if nameSyntax(address[1:]) {
			return chatName
		}
		return chatInvalid
	}
	digits := strings.TrimPrefix(address, "-")
	if digits == "" || digits[0] < '1' || digits[0] > '9' {
		return chatInvalid
	}
	id, err := strconv.ParseInt(address, 10, 64)
	switch {
	case err != nil:
	case id > 0 && id <= maxUser:
		return chatUser
	case id < 0 && id >= minGroup:
		return chatGroup
	case id <= maxChannel && id >= minChannel:
		return chatChannel
	}
	return chatInvalid
}

// nameSyntax is a letter and 3 to 31 more of [A-Za-z0-9_]. Five characters are the documented minimum; some of four
// were sold, and taking them costs nothing.
func nameSyntax(name string) bool {
	if len(name) < 4 || len(name) > 32 || !letter(name[0]) {
		return false
	}
	for i := range len(name) {
		if c := name[i]; !letter(c) && !decimal(c) && c != '_' {
			return false
		}
	}
	return true
}

func letter(c byte) bool  { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func decimal(c byte) bool { return '0' <= c && c <= '9' }

// allowed says whether the config takes this kind of chat.
func (c *Config) allowed(kind chatKind) bool {
	switch kind {
	case chatUser:
		return true
	case chatGroup:
		return c.AllowGroups
	case chatChannel, chatName:
		return c.AllowGroups || c.AllowChannels
	default:
		return false
	}
}

// CheckAddress takes the canonical decimal id of a person, and of a group or channel and its @name where Config allows
// them. The canonical form is the address itself, an @name in lower case. Nothing is trimmed. A phone number of eleven
// digits is the syntax of an id, too, and cannot be told from one.
func (c *Channel) CheckAddress(address string) (canonical string, problem *outbound.Problem) {
	kind := kindOf(address)
	if kind == chatUser {
		return address, nil
	}
	if c.bot.config.allowed(kind) {
		return strings.ToLower(address), nil
	}
	p := newProblem("address", explain(address, kind))
	return "", &p
}

// explain finds the code of why an address is refused.
func explain(address string, kind chatKind) string {
	switch {
	case kind == chatGroup, kind == chatChannel:
		return CodeAddressGroup
	case kind == chatName:
		return CodeAddressUsername
	case address == "":
		return CodeAddressEmpty
	case isPhone(address):
		return CodeAddressPhone
	case strings.ContainsFunc(address, invisible):
		return CodeAddressSpaces
	case isLink(address):
		return CodeAddressLink
	case isMail(address):
		return CodeAddressMail
	case address[0] == '@':
		return CodeAddressUsername
	case isOtherMinus(address):
		return CodeAddressMinus
	case isViber(address):
		return CodeAddressViber
	case isNumber(address):
		return explainNumber(address)
	case isUUID(address):
		return CodeAddressUUID
	case isSpreadsheet(address):
		return CodeAddressSpreadsheet
	case nameSyntax(address):
		return CodeAddressName
	}
	return CodeAddressSyntax
}

// explainNumber is for decimal digits with or without a minus.
func explainNumber(address string) string {
	digits := strings.TrimPrefix(address, "-")
	switch {
	case strings.Trim(digits, "0") == "":
		return CodeAddressZero
	case digits[0] == '0':
		return CodeAddressZeros
	default:
		return CodeAddressRange
	}
}

// invisible characters come with copied text: spaces of all kinds, byte order marks, zero-width joiners.
func invisible(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}
