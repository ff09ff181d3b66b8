package simulator

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// parseText takes the markup out of a text or caption. A parse_mode, in any case, wins over entities. The length of
// what comes out is for the caller to judge. Text is not trimmed.
func parseText(text, mode, entities string) (formatted, *failure) {
	if len(text) > maxRawBytes {
		return formatted{}, badRequest("text is too long")
	}
	if !utf8.ValidString(text) {
		return formatted{}, badRequest("strings must be encoded in UTF-8") // td:td/telegram/MessageEntity.cpp
	}
	var parsed formatted
	var problem string
	switch {
	case text == "" || mode == "" || strings.EqualFold(mode, "none"):
		return withEntities(text, entities)
	case strings.EqualFold(mode, "HTML"):
		parsed, problem = parseHTML(text)
	case strings.EqualFold(mode, "MarkdownV2"):
		parsed, problem = parseMarkdownV2(text)
	case strings.EqualFold(mode, "Markdown"):
		parsed, problem = parseMarkdown(text)
	default:
		return formatted{}, badRequest("unsupported parse_mode")
	}
	if problem != "" {
		return formatted{}, badRequest("can't parse entities: " + problem)
	}
	sortEntities(parsed.entities)
	return parsed, nil
}

// withEntities takes the entities a request names itself. Those outside the text are ENTITY_BOUNDS_INVALID.
func withEntities(text, encoded string) (formatted, *failure) {
	if encoded == "" {
		return formatted{text: text}, nil
	}
	var named []struct {
		Type          string `json:"type"`
		Offset        int    `json:"offset"`
		Length        int    `json:"length"`
		URL           string `json:"url"`
		Language      string `json:"language"`
		CustomEmojiID string `json:"custom_emoji_id"`
		User          struct {
			ID int64 `json:"id"`
		} `json:"user"`
	}
	if err := json.Unmarshal([]byte(encoded), &named); err != nil {
		return formatted{text: text}, nil // the provider takes what is no array of entities as none
	}
	units := utf16Length(text)
	entities := make([]Entity, 0, len(named))
	for _, e := range named {
		if e.Offset < 0 || e.Length < 0 || e.Offset > units || e.Length > units-e.Offset {
			return formatted{}, badRequest("ENTITY_BOUNDS_INVALID")
		}
		if e.Length > 0 {
			entities = append(entities, Entity{e.Type, e.Offset, e.Length, e.URL, e.Language, e.User.ID, e.CustomEmojiID})
		}
	}
	sortEntities(entities)
	return formatted{text, entities}, nil
}

// sortEntities puts outer entities before inner ones.
func sortEntities(entities []Entity) {
	slices.SortStableFunc(entities, func(a, b Entity) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(b.Length, a.Length))
	})
}

// utf16Length counts UTF-16 code units, the unit of entities.
func utf16Length(s string) int {
	n := 0
	for _, r := range s {
		if n++; r > 0xffff {
			n++
		}
	}
	return n
}

// empty reports whether a text has nothing to show.
func empty(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsSpace(r) && r != 0 })
}

// output collects a text without its markup and its length in UTF-16 code units.
type output struct {
	text     []byte
	units    int
	entities []Entity
}

func (o *output) write(s string) {
	o.text = append(o.text, s...)
	o.units += utf16Length(s)
}

// link ends a text that links: to a user, to a good link, or, silently, to nothing.
func (o *output) link(link string, offset int) {
	if user := mentionedUser(link); user != 0 {
		o.entity(Entity{Type: "text_mention", Offset: offset, UserID: user})
	} else if linkProblem(link) == "" {
		o.entity(Entity{Type: "text_link", Offset: offset, URL: link})
	}
}

// entity ends an entity here, unless there is nothing in it.
func (o *output) entity(e Entity) {
	if e.Length = o.units - e.Offset; e.Length > 0 {
		o.entities = append(o.entities, e)
	}
}

func (o *output) formatted() formatted {
	return formatted{text: string(o.text), entities: o.entities}
}
