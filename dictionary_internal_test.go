package outbound

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

func TestEverythingThatAManagerReadsHasWordsInBothLanguages(t *testing.T) {
	t.Parallel()
	for code, w := range dictionaryTable {
		require.NotEmpty(t, w.en, code)
		require.NotEmpty(t, w.ru, code)
		require.False(t, strings.ContainsFunc(w.en, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }), code)
		holders := regexp.MustCompile(`\{\w+\}`)
		require.ElementsMatch(t, holders.FindAllString(w.en, -1), holders.FindAllString(w.ru, -1), code)
	}
	for _, s := range States() {
		require.NotEqual(t, "state."+s.String(), Words("state."+s.String(), Russian, nil))
	}
}

// Every code that the sources use as a problem, wait, cause or reason has its words.
func TestEveryCodeInTheSourcesHasWords(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	found := 0
	for _, pattern := range []struct{ prefix, re string }{
		{"problem.", `NewProblem\((?:\w+|"[^"]*"|[^\n,]*\+"[^"]*"|fmt\.Sprintf\([^)]*\)), "([a-z0-9_]+)"`},
		{"problem.", `\badd\("[^"]*", "([a-z0-9_]+)"`},
		{"problem.", `\bproblem\("([a-z0-9_]+)"`},
		{"wait.", `Waiting\{Code: "([a-z_]+)"`},
		{"cause.", `Cause\{Code: "([a-z_]+)"`},
		{"reason.", `Reason\w+ += "([a-z_]+)"`},
	} {
		re := regexp.MustCompile(pattern.re)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, m := range re.FindAllStringSubmatch(string(source), -1) {
				found++
				require.NotEmpty(t, dictionary(pattern.prefix+m[1], English), "%s: %s%s", file, pattern.prefix, m[1])
			}
		}
	}
	require.Greater(t, found, 60)
}
