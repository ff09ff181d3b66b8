package outbound

import (
	"encoding/json"
	"fmt"
	"slices"
)

// content is what a sealed campaign sends: the message compiled, ready to be rendered for anybody.
type content struct {
	draft   Draft
	text    text
	buttons [][]compiledButton
	params  map[string]map[string]text
	file    []byte // the media's content, if it is a stored file
}

type compiledButton struct{ text, url text }

// compile parses every text of a draft and reports all problems.
func compile(d Draft) (*content, Problems) {
	c := &content{draft: d}
	var problems Problems
	parse := func(field, source string) text {
		t, p := compileText(field, source)
		if p != nil {
			problems = append(problems, *p)
		}
		return t
	}
	c.text = parse("message.text", d.Message.Text)
	for i, row := range d.Message.Buttons {
		var compiled []compiledButton
		for j, b := range row {
			field := fmt.Sprintf("message.buttons[%d][%d]", i, j)
			compiled = append(compiled, compiledButton{parse(field+".text", b.Text), parse(field+".url", b.URL)})
		}
		c.buttons = append(c.buttons, compiled)
	}
	if t := d.Message.Template; t != nil {
		c.params = map[string]map[string]text{}
		for component, values := range t.Parameters {
			c.params[component] = map[string]text{}
			for name, value := range values {
				c.params[component][name] = parse("message.template.parameters."+component+"."+name, value)
			}
		}
	}
	return c, problems
}

// variables lists the variables that the whole message needs.
func (c *content) variables() []string {
	names := c.text.variables()
	for _, row := range c.buttons {
		for _, b := range row {
			names = append(append(names, b.text.variables()...), b.url.variables()...)
		}
	}
	for _, values := range c.params {
		for _, t := range values {
			names = append(names, t.variables()...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// static says that everybody gets the same.
func (c *content) static() bool { return len(c.variables()) == 0 }

// render makes the message for one person. missing names a variable that has no value.
func (c *content) render(out *Outgoing, values map[string]string) (missing string) {
	d := &c.draft
	out.Message, out.Variables = &d.Message, values
	if out.Text, missing = c.text.render(values, d.Defaults, escaper(d.Message.Format)); missing != "" {
		return missing
	}
	if len(c.buttons) > 0 {
		out.Buttons = make([][]Button, len(c.buttons))
	}
	for i, row := range c.buttons {
		out.Buttons[i] = make([]Button, len(row))
		for j, b := range row {
			if out.Buttons[i][j].Text, missing = b.text.render(values, d.Defaults, escapeNothing); missing != "" {
				return missing
			}
			escape := escapeURL
			if b.url.leads() {
				escape = escapeNothing // the value is the URL
			}
			if out.Buttons[i][j].URL, missing = b.url.render(values, d.Defaults, escape); missing != "" {
				return missing
			}
		}
	}
	if c.params != nil {
		template := *d.Message.Template
		template.Parameters = make(map[string]map[string]string, len(c.params))
		for component, texts := range c.params {
			rendered := make(map[string]string, len(texts))
			for name, t := range texts {
				if rendered[name], missing = t.render(values, d.Defaults, escapeNothing); missing != "" {
					return missing
				}
			}
			template.Parameters[component] = rendered
		}
		message := d.Message
		message.Template = &template
		out.Message = &message
	}
	return ""
}

// sealedVersion is raised when a sealed document would be rendered differently by newer code.
const sealedVersion = 1

// sealed is the document that a started campaign sends, word for word.
type sealed struct {
	Version  int   `json:"version"`
	Revision int64 `json:"revision"`
	Draft    Draft `json:"draft"`
}

// seal makes the document of a draft.
func seal(d Draft, revision int64) ([]byte, error) {
	return json.Marshal(sealed{sealedVersion, revision, d})
}

// unseal reads it back and compiles it.
func unseal(document []byte) (*content, error) {
	var s sealed
	if err := json.Unmarshal(document, &s); err != nil {
		return nil, fmt.Errorf("reading the sealed campaign: %w", err)
	}
	if s.Version > sealedVersion {
		return nil, fmt.Errorf("the campaign was sealed by a newer version (%d): %w", s.Version, ErrTooNew)
	}
	c, problems := compile(s.Draft)
	return c, problems.AsError()
}
