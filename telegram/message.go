package telegram

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/outbound-go/outbound"
)

// CheckMessage finds what the server would refuse in a message as it is written: templates, other media than photos
// and documents, wrong URLs, rows of too many buttons; and without variables also texts that are empty or too long, and
// wrong markup. Where a text has variables, markup is checked if they are plain ones ({{.name}}): their values are
// escaped and cannot change it. What depends on values CheckRendered finds.
func (c *Channel) CheckMessage(m *outbound.Message) outbound.Problems {
	var problems outbound.Problems
	if m.Template != nil {
		problems = append(problems, newProblem("message.template", CodeTemplate))
	}
	problems = append(problems, checkText(m)...)
	if m.Media != nil {
		problems = append(problems, checkMedia(m.Media)...)
	}
	for i, row := range m.Buttons {
		if len(row) > maxRowLength {
			problems = append(problems, newProblem(fmt.Sprintf("message.buttons[%d]", i), CodeButtonRow,
				"max", strconv.Itoa(maxRowLength)))
		}
		for j, button := range row {
			field := fmt.Sprintf("message.buttons[%d][%d]", i, j)
			if strings.TrimSpace(button.Text) == "" {
				problems = append(problems, newProblem(field+".text", CodeButtonText))
			}
			if !buttonURL(written(button.URL)) {
				problems = append(problems, newProblem(field+".url", CodeButtonURL))
			}
		}
	}
	return problems
}

func checkText(m *outbound.Message) outbound.Problems {
	const field = "message.text"
	if !strings.Contains(m.Text, "{{") {
		if p := checkLength(field, m.Text, m.Format, m.Media != nil); p != nil {
			return outbound.Problems{*p}
		}
		return nil
	}
	text, ok := withPlaceholders(m.Text)
	if !ok {
		return nil
	}
	if _, bad := see(text, m.Format); bad != nil {
		return outbound.Problems{newProblem(field, CodeMarkup, "offset", strconv.Itoa(bad.offset), "near", strconv.Quote(bad.near))}
	}
	return nil
}

// checkLength checks a text without variables.
func checkLength(field, text string, format outbound.Format, caption bool) *outbound.Problem {
	if len(text) > maxTextBytes {
		p := newProblem(field, CodeTextBytes, "max", strconv.Itoa(maxTextBytes), "length", strconv.Itoa(len(text)))
		return &p
	}
	v, bad := see(text, format)
	limit := maxText
	if caption {
		limit = maxCaption
	}
	var p outbound.Problem
	switch {
	case bad != nil:
		p = bad.problem(field)
	case v.length > limit:
		p = newProblem(field, CodeTextTooLong, "max", strconv.Itoa(limit), "length", strconv.Itoa(v.length))
	case v.blank && !caption:
		p = newProblem(field, CodeTextEmpty)
	default:
		return nil
	}
	return &p
}

func checkMedia(m *outbound.Media) outbound.Problems {
	const field = "message.media"
	limit := uploadLimit(m.Kind)
	switch {
	case limit == 0:
		return outbound.Problems{newProblem(field+".kind", CodeMediaKind)}
	case m.URL != "":
		if !mediaURL(written(m.URL)) {
			return outbound.Problems{newProblem(field+".url", CodeMediaURL)}
		}
	case m.Content != nil && len(m.Content) == 0:
		return outbound.Problems{newProblem(field+".content", CodeMediaEmpty)}
	case len(m.Content) > limit:
		return outbound.Problems{newProblem(field+".content", CodeMediaSize, "max", strconv.Itoa(limit), "length", strconv.Itoa(len(m.Content)))}
	}
	return nil
}

// CheckRendered finds what the server would refuse in a message as one person would get it. Lengths are exact: code
// points of the text without its markup, as the server counts them.
func (c *Channel) CheckRendered(m *outbound.Outgoing) *outbound.Problem {
	var format outbound.Format
	if m.Message != nil {
		format = m.Message.Format
	}
	if p := checkLength("message.text", m.Text, format, m.Media != nil); p != nil {
		return p
	}
	for i, row := range m.Buttons {
		for j, button := range row {
			if strings.TrimSpace(button.Text) == "" {
				p := newProblem(fmt.Sprintf("message.buttons[%d][%d].text", i, j), CodeButtonText)
				return &p
			}
			if !buttonURL(button.URL) {
				p := newProblem(fmt.Sprintf("message.buttons[%d][%d].url", i, j), CodeButtonURL)
				return &p
			}
		}
	}
	if m.Media != nil && m.Media.Ref == "" {
		return checkOutgoingMedia(m.Media)
	}
	return nil
}

func checkOutgoingMedia(m *outbound.OutgoingMedia) *outbound.Problem {
	const field = "message.media"
	limit := uploadLimit(m.Kind)
	var p outbound.Problem
	switch {
	case limit == 0:
		p = newProblem(field+".kind", CodeMediaKind)
	case m.URL != "" && !mediaURL(m.URL):
		p = newProblem(field+".url", CodeMediaURL)
	case m.URL == "" && len(m.Content) == 0:
		p = newProblem(field+".content", CodeMediaEmpty)
	case m.URL == "" && len(m.Content) > limit:
		p = newProblem(field+".content", CodeMediaSize, "max", strconv.Itoa(limit), "length", strconv.Itoa(len(m.Content)))
	default:
		return nil
	}
	return &p
}

// withPlaceholders puts a letter for each action of a template. It is no use where actions decide which markup there
// is: then ok is false.
func withPlaceholders(text string) (result string, ok bool) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{{")
		b.WriteString(before)
		if !found {
			return b.String(), true
		}
		action, after, closed := strings.Cut(rest, "}}")
		if !closed || !plainAction(action) || strings.HasPrefix(action, "- ") || strings.HasSuffix(action, " -") {
			return "", false
		}
		b.WriteByte('x')
		text = after
	}
}

// plainAction says whether an action prints one value: no keyword, no comment, no braces in a string of it.
func plainAction(action string) bool {
	action = strings.TrimSpace(action)
	return strings.HasPrefix(action, ".") || strings.HasPrefix(action, "$")
}

// written is a URL as it is written, with its variables made harmless; empty, which no check refuses, where it begins
// with one: then anything may come.
func written(s string) string {
	if strings.HasPrefix(strings.TrimSpace(s), "{{") {
		return anyURL
	}
	if !strings.Contains(s, "{{") {
		return s
	}
	text, ok := withPlaceholders(s)
	if !ok {
		return anyURL
	}
	return text
}

const anyURL = "https://example.com"

// buttonURL: http(s) and tg links (bots/api, InlineKeyboardButton). The server completes a bare "example.com" to
// "http://example.com"; here it is refused, since it is more often a slip.
func buttonURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil {
		return false
	}
	switch u.Scheme {
	case "http", "https":
		return u.Hostname() != ""
	case "tg":
		return u.Host != "" || u.Opaque != "" || u.Path != ""
	}
	return false
}

// mediaURL: files are fetched over HTTP (bots/api, "Sending files").
func mediaURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}
