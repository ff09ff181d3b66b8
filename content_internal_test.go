package outbound

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever text a stranger writes: it is refused, or renders the same every time, fast, out of its variables alone.
func FuzzTextOfAStranger(f *testing.F) {
	for _, seed := range []string{"Hello {{.name}}", "{{printf \"%999999d\" 1}}", "{{range .x}}{{end}}", "{{.a.b}}", "{{/* c */}}", "{{- .x -}} y", "{{", "}}{{.имя}}", "{{with $x := .y}}{{end}}", "{{template \"t\"}}"} {
		f.Add(seed, "value")
	}
	f.Fuzz(func(t *testing.T, source, value string) {
		compiled, problem := compileText("text", source)
		if problem != nil {
			require.NotEmpty(t, problem.Message)
			require.NotEmpty(t, problem.Translated)
			return
		}
		values := map[string]string{}
		for _, name := range compiled.variables() {
			values[name] = "x" + value
		}
		first, missing := compiled.render(values, nil, escapeNothing)
		require.Empty(t, missing)
		second, _ := compiled.render(values, nil, escapeNothing)
		require.Equal(t, first, second)
		require.LessOrEqual(t, len(first), len(source)+strings.Count(source, "{{")*(len(value)+1))
		if !compiled.static() {
			_, missing = compiled.render(nil, nil, escapeNothing)
			require.NotEmpty(t, missing)
			_, missing = compiled.render(nil, values, escapeNothing)
			require.Empty(t, missing)
		}
	})
}
