package simulator

import (
	"bytes"
	"encoding/json"
	"net"
	"strconv"
	"strings"
)

// maxCallbackData is in bytes (bots/api, InlineKeyboardButton).
const maxCallbackData = 64

// parseMarkup reads a reply_markup argument and returns the buttons of an inline keyboard; other kinds of markup are
// taken as they are (telegram-bot-api:Client.cpp get_reply_markup).
func parseMarkup(markup string) ([][]Button, *failure) {
	if markup == "" {
		return nil, nil
	}
	object := bytes.TrimSpace([]byte(markup))
	if !json.Valid(object) {
		return nil, badRequest("can't parse reply keyboard markup JSON object")
	}
	if object[0] != '{' {
		return nil, badRequest("object expected as reply markup")
	}
	var rows [][]Button
	for name, value := range members(object) {
		if string(name) != `"inline_keyboard"` || value[0] == 'n' {
			continue
		}
		if value[0] != '[' {
			return nil, badRequest(`field "inline_keyboard" must be of type Array`)
		}
		for row := range elements(value) {
			if row[0] != '[' {
				return nil, badRequest(`field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays`)
			}
			var buttons []Button
			for fields := range elements(row) {
				button, problem := parseButton(fields)
				if problem == "BUTTON_TYPE_INVALID" {
					return nil, badRequest(problem)
				}
				if problem != "" {
					return nil, badRequest("can't parse inline keyboard button: " + problem)
				}
				buttons = append(buttons, button)
			}
			if len(buttons) > 0 {
				rows = append(rows, buttons)
			}
		}
	}
	return rows, nil
}

// parseButton reads one inline button. It has a text and exactly one action; the problem named for two is our choice
// among the provider's.
func parseButton(fields []byte) (b Button, problem string) {
	if fields[0] != '{' {
		return b, "InlineKeyboardButton must be an Object"
	}
	hasText := false
	for quoted, value := range members(fields) {
		name := unquote(quoted)
		switch name {
		case "text", "url", "callback_data":
			if value[0] == 'n' {
				continue
			}
			if value[0] != '"' {
				return b, `Field "` + name + `" must be of type String`
			}
			said := unquote(value)
			if name == "text" {
				b.Text, hasText = said, true
				continue
			}
			if said == "" {
				continue
			}
			if name == "url" {
				b.URL = said
			} else {
				b.CallbackData = said
			}
		case "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
			"switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay":
			if value[0] == 'n' {
				continue
			}
		default:
			continue
		}
		if b.Action != "" {
			return b, "BUTTON_TYPE_INVALID"
		}
		b.Action = name
	}
	switch {
	case !hasText:
		return b, `Can't find field "text"`
	case b.Action == "":
		return b, "Text buttons are unallowed in the inline keyboard"
	}
	return b, ""
}

// checkButtons checks what the parts of a button say (td:td/telegram/ReplyMarkup.cpp).
func checkButtons(rows [][]Button) *failure {
	for _, row := range rows {
		for _, b := range row {
			if b.Text == "" {
				return badRequest("inline keyboard button text must be non-empty")
			}
			if b.Action == "url" && mentionedUser(b.URL) == 0 {
				if problem := linkProblem(b.URL); problem != "" {
					return badRequest("inline keyboard button URL '" + b.URL + "' is invalid: " + problem)
				}
			}
			if len(b.CallbackData) > maxCallbackData {
				return badRequest("BUTTON_DATA_INVALID")
			}
		}
	}
	return nil
}

// linkProblem says what is wrong with a link, or nothing (td:td/telegram/LinkManager.cpp check_link, HttpUrl.cpp
// parse_url): http, https, tg and ton links; a link without a scheme counts as http.
func linkProblem(link string) string {
	scheme, rest, absolute := strings.Cut(link, "://")
	scheme = strings.ToLower(scheme)
	if own, opaque, ok := strings.Cut(link, ":"); ok {
		if own = strings.ToLower(own); own == "tg" || own == "ton" || own == "tonsite" {
			return hostProblem(strings.TrimPrefix(opaque, "//"), own)
		}
	}
	if !absolute || strings.ContainsAny(scheme, "/?#@[]:") {
		scheme, rest = "http", link
	}
	if scheme != "http" && scheme != "https" {
		return "Unsupported URL protocol"
	}
	return hostProblem(rest, "http")
}

func hostProblem(rest, scheme string) string {
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	host := rest[strings.LastIndexByte(rest, '@')+1:]
	if ip, ok := strings.CutPrefix(host, "["); ok && scheme == "http" {
		if address, _, ok := strings.Cut(ip, "]"); !ok || net.ParseIP(address) == nil {
			return "Wrong IPv6 address specified in the URL"
		}
		return ""
	}
	host, port, hasPort := strings.Cut(host, ":")
	if hasPort {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return "Wrong port number specified in the URL"
		}
	}
	switch {
	case host == "":
		return "URL host is empty"
	case scheme != "http" && (hasPort || strings.ContainsFunc(host, func(r rune) bool {
		return !isHostRune(r) && (r != '.' || scheme != "tonsite") || r >= 0x80
	})):
		return "Unallowed characters in URL host"
	case scheme == "http" && strings.ContainsFunc(host, func(r rune) bool {
		return !isHostRune(r) && !strings.ContainsRune(".!$,~*'();&+=%", r)
	}):
		return "Disallowed character in URL host"
	case scheme == "http" && (host == "." || !strings.Contains(host, ".")):
		return "Wrong HTTP URL"
	}
	return ""
}

func isHostRune(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '_' || r >= 0x80
}

// mentionedUser is the id in a "tg://user?id=..." link, or 0.
func mentionedUser(link string) int64 {
	id, ok := strings.CutPrefix(strings.ToLower(link), "tg://user?id=")
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n < 1 || n > maxUserID {
		return 0
	}
	return n
}
