package outbound

import (
	"html"
	"net/url"
	"slices"
	"strings"
	"text/template/parse"
)

// text is a compiled text: fixed pieces and variables in turn. Only {{.name}} is understood: nothing that loops, calls or reads anything else can be
// written, so a text of a stranger is harmless, and which variables it needs is known before the start.
type text struct {
	pieces []piece
}

type piece struct {
	fixed    string
	variable string // empty = fixed
}

// compileText parses a text with variables.
func compileText(field, source string) (text, *Problem) {
	if !strings.Contains(source, "{{") {
		return text{pieces: []piece{{fixed: source}}}, nil
	}
	tree := parse.New("text")
	tree.Mode = parse.SkipFuncCheck
	if _, err := tree.Parse(source, "", "", map[string]*parse.Tree{}); err != nil {
		p := NewProblem(field, "template_malformed", "reason", parseReason(err))
		return text{}, &p
	}
	var t text
	for _, node := range tree.Root.Nodes {
		switch n := node.(type) {
		case *parse.TextNode:
			t.pieces = append(t.pieces, piece{fixed: string(n.Text)})
		case *parse.CommentNode:
		case *parse.ActionNode:
			name, ok := variableOf(n)
			if !ok {
				p := NewProblem(field, "template_unsupported", "part", cut(n.String(), 40))
				return text{}, &p
			}
			t.pieces = append(t.pieces, piece{variable: name})
		default:
			p := NewProblem(field, "template_unsupported", "part", cut(n.String(), 40))
			return text{}, &p
		}
	}
	return t, nil
}

// parseReason is the parser's message without its file name.
func parseReason(err error) string {
	s := err.Error()
	for _, prefix := range []string{"template: text:", "template: "} {
		if rest, ok := strings.CutPrefix(s, prefix); ok {
			return "line " + rest
		}
	}
	return s
}

func variableOf(n *parse.ActionNode) (string, bool) {
	if len(n.Pipe.Decl) > 0 || len(n.Pipe.Cmds) != 1 || len(n.Pipe.Cmds[0].Args) != 1 {
		return "", false
	}
	f, ok := n.Pipe.Cmds[0].Args[0].(*parse.FieldNode)
	if !ok || len(f.Ident) != 1 {
		return "", false
	}
	return f.Ident[0], true
}

// variables lists the variables that the text needs, each once, sorted.
func (t text) variables() []string {
	var names []string
	for _, p := range t.pieces {
		if p.variable != "" && !slices.Contains(names, p.variable) {
			names = append(names, p.variable)
		}
	}
	slices.Sort(names)
	return names
}

func (t text) static() bool { return len(t.variables()) == 0 }

// render puts the values in, escaped. ok is false if a value is missing; missing names it.
func (t text) render(values, defaults map[string]string, escape func(string) string) (s, missing string) {
	if len(t.pieces) == 1 && t.pieces[0].variable == "" {
		return t.pieces[0].fixed, ""
	}
	var b strings.Builder
	for _, p := range t.pieces {
		if p.variable == "" {
			b.WriteString(p.fixed)
			continue
		}
		v, ok := values[p.variable]
		if !ok || v == "" {
			if v, ok = defaults[p.variable]; !ok {
				return "", p.variable
			}
		}
		b.WriteString(escape(v))
	}
	return b.String(), ""
}

// leads says whether the text begins with a variable.
func (t text) leads() bool { return len(t.pieces) > 0 && t.pieces[0].variable != "" }

func escapeNothing(s string) string { return s }

// escapeURL makes a value safe in a path and in a query alike.
func escapeURL(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// markdownSpecial are the characters that Telegram's MarkdownV2 reserves; escaping more than a dialect reserves shows no harm in any that we carry.
var markdownSpecial = strings.NewReplacer(`\`, `\\`, `_`, `\_`, `*`, `\*`, `[`, `\[`, `]`, `\]`, `(`, `\(`, `)`, `\)`, `~`, `\~`, "`", "\\`",
	`>`, `\>`, `#`, `\#`, `+`, `\+`, `-`, `\-`, `=`, `\=`, `|`, `\|`, `{`, `\{`, `}`, `\}`, `.`, `\.`, `!`, `\!`)

// escaper is how values are escaped in a text of the format.
func escaper(f Format) func(string) string {
	switch f {
	case FormatHTML:
		return html.EscapeString
	case FormatMarkdown:
		return markdownSpecial.Replace
	default: // no markup, nothing to escape
	}
	return escapeNothing
}

// cut shortens s to at most n bytes at a rune's border.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n] + "…"
}
