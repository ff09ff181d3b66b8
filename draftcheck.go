package outbound

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// checkDraft finds everything wrong with a draft: by its tags, in its texts, and by what its channel can carry.
func (e *Engine) checkDraft(ctx context.Context, d Draft) (*content, Problems) {
	problems := e.checker.check("", d)
	compiled, found := compile(d)
	problems = append(problems, found...)
	if d.Touchpoint == "" {
		return compiled, problems
	}
	channel, err := e.config.Touchpoints.Open(ctx, d.Touchpoint)
	if err != nil {
		return compiled, append(problems, NewProblem("touchpoint", "unknown_touchpoint", "touchpoint", d.Touchpoint))
	}
	problems = append(problems, selfcheck("touchpoint", channel)...)
	problems = append(problems, checkMessage(&d.Message, channel.Capabilities(), compiled)...)
	if len(problems) == 0 {
		if c, ok := as[MessageChecker](channel); ok {
			problems = append(problems, c.CheckMessage(&d.Message)...)
		}
	}
	return compiled, problems
}

// checkMessage compares a message with what a channel can carry.
func checkMessage(m *Message, caps Capabilities, compiled *content) Problems {
	var problems Problems
	add := func(field, code string, params ...string) {
		problems = append(problems, NewProblem(field, code, append(params, "channel", caps.Channel)...))
	}
	switch {
	case m.Text == "" && m.Media == nil && m.Template == nil:
		add("message", "message_empty")
	case m.Template != nil && !caps.Templates:
		add("message.template", "part_unsupported", "part", "template")
	case m.Template == nil && !caps.Freeform:
		add("message.text", "template_required")
	case m.Template != nil && (m.Text != "" || m.Media != nil && m.Media.Hash == "" && m.Media.URL == ""):
		add("message.text", "text_beside_template")
	}
	if m.Template != nil && (m.Template.Name == "" || m.Template.Language == "") {
		add("message.template", "template_incomplete")
	}
	if m.Format != FormatPlain && !slices.Contains(caps.Formats, m.Format) {
		add("message.format", "part_unsupported", "part", string(m.Format))
	}
	for i, o := range m.Options {
		if !slices.Contains(caps.Options, o) {
			add(fmt.Sprintf("message.options[%d]", i), "part_unsupported", "part", string(o))
		}
	}
	problems = append(problems, checkMedia(m.Media, caps)...)
	problems = append(problems, checkButtons(m.Buttons, caps, compiled)...)
	limit := caps.MaxText
	if m.Media != nil {
		limit = caps.MaxCaption
	}
	if length := textLength(m.Text, caps.TextUnit); m.Format == FormatPlain && compiled.text.static() && limit > 0 && length > limit {
		add("message.text", "text_too_long", "length", strconv.Itoa(length), "max", strconv.Itoa(limit))
	}
	return problems
}

func checkMedia(m *Media, caps Capabilities) Problems {
	if m == nil {
		return nil
	}
	file := m.File != "" || m.Hash != "" || m.Content != nil
	var problems Problems
	switch {
	case m.Kind == "":
		problems = append(problems, NewProblem("message.media.kind", "required"))
	case (m.URL == "") == !file:
		problems = append(problems, NewProblem("message.media", "media_one_source"))
	case m.URL != "" && !webURL(m.URL):
		problems = append(problems, NewProblem("message.media.url", "url_invalid"))
	case m.URL != "" && !slices.Contains(caps.MediaURL, m.Kind), file && !slices.Contains(caps.MediaFile, m.Kind):
		problems = append(problems, NewProblem("message.media", "part_unsupported", "part", string(m.Kind), "channel", caps.Channel))
	}
	return problems
}

func checkButtons(rows [][]Button, caps Capabilities, compiled *content) Problems {
	var problems Problems
	count := 0
	for i, row := range rows {
		for j, b := range row {
			count++
			field := fmt.Sprintf("message.buttons[%d][%d]", i, j)
			if b.Text == "" {
				problems = append(problems, NewProblem(field+".text", "required"))
			}
			if u := compiled.buttons[i][j].url; u.static() && !webURL(b.URL) {
				problems = append(problems, NewProblem(field+".url", "url_invalid"))
			}
		}
	}
	switch {
	case count > 0 && caps.MaxButtons == 0:
		problems = append(problems, NewProblem("message.buttons", "part_unsupported", "part", "buttons", "channel", caps.Channel))
	case count > caps.MaxButtons || caps.MaxButtonRows > 0 && len(rows) > caps.MaxButtonRows:
		problems = append(problems, NewProblem("message.buttons", "too_many_buttons", "max", strconv.Itoa(caps.MaxButtons)))
	}
	return problems
}

func webURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// textLength counts a text in a channel's unit.
func textLength(s string, unit TextUnit) int {
	switch unit {
	case UnitBytes:
		return len(s)
	case UnitUTF16:
		n := 0
		for _, r := range s {
			n += max(utf16.RuneLen(r), 1)
		}
		return n
	default: // code points
	}
	return utf8.RuneCountInString(s)
}
