package archtest_test

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

const readme = "README.md"

// block is a fenced block of a Markdown file.
type block struct {
	language string
	line     int // of the opening fence
	lines    []string
}

// blocks returns the fenced blocks of a Markdown text.
func blocks(text string) (found []block) {
	open := false
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\r\n")
		trimmed := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(trimmed, "```") && !open:
			language, _, _ := strings.Cut(strings.TrimLeft(trimmed, "`"), " ")
			found = append(found, block{language: language, line: number})
			open = true
		case strings.HasPrefix(trimmed, "```"):
			open = false
		case open:
			last := &found[len(found)-1]
			last.lines = append(last.lines, line)
		}
	}
	return found
}

// essence is code without what a fragment need not say: indentation, empty lines, the package clause, imports and the
// comment with the expected output.
func essence(lines []string) (code []string) {
	inImports, inOutput := false, false
	for _, line := range lines {
		line = strings.TrimSpace(line)
		switch {
		case inImports:
			inImports = line != ")"
			continue
		case line == "import (":
			inImports = true
			continue
		case line == "// Output:" || line == "// Unordered output:":
			inOutput = true
			continue
		case inOutput && strings.HasPrefix(line, "//"):
			continue
		case line == "", strings.HasPrefix(line, "package "), strings.HasPrefix(line, `import "`):
			continue
		}
		inOutput = false
		code = append(code, line)
	}
	return code
}

// compiled returns the essence of every file that README code may be taken from: Examples and samples.
func compiled(t *tree) (files [][]string) {
	for _, s := range t.sources {
		base := path.Base(s.path)
		if s.test && strings.HasPrefix(base, "example") || isExample(s.dir) && base == "main.go" {
			files = append(files, essence(strings.Split(t.texts[s.path], "\n")))
		}
	}
	return files
}

// within says whether part is a run of consecutive lines of whole.
func within(whole, part []string) bool {
	for i := range len(whole) - len(part) + 1 {
		if slices.Equal(whole[i:i+len(part)], part) {
			return true
		}
	}
	return false
}

func readmeCompiles(t *tree) (problems []string) {
	text, ok := t.texts[readme]
	if !ok {
		return []string{"there is no README.md: write one"}
	}
	files := compiled(t)
	for _, b := range blocks(text) {
		if b.language != "go" && b.language != "golang" {
			continue
		}
		code := essence(b.lines)
		if !slices.ContainsFunc(files, func(file []string) bool { return within(file, code) }) {
			problems = append(problems, fmt.Sprintf("%s:%d: this Go code stands in no example*_test.go and no examples/*/main.go; take it line by line, without gaps, from one that compiles and runs", readme, b.line))
		}
	}
	return problems
}

func readmeCommandsExist(t *tree) (problems []string) {
	target := regexp.MustCompile(`^make ([a-z][a-z-]*)`)
	program := regexp.MustCompile(`^go (?:run|test|build) (?:-\S+ )*\./([A-Za-z0-9_/-]+)`)
	for _, b := range blocks(t.texts[readme]) {
		if !slices.Contains([]string{"sh", "shell", "bash", "console", ""}, b.language) {
			continue
		}
		for i, line := range b.lines {
			line = strings.TrimPrefix(strings.TrimSpace(line), "$ ")
			at := b.line + 1 + i
			if m := target.FindStringSubmatch(line); m != nil && !strings.Contains("\n"+t.texts["Makefile"], "\n"+m[1]+":") {
				problems = append(problems, fmt.Sprintf("%s:%d: the Makefile has no target %s", readme, at, m[1]))
			}
			if m := program.FindStringSubmatch(line); m != nil && !hasFolder(t, strings.TrimSuffix(m[1], "/")) {
				problems = append(problems, fmt.Sprintf("%s:%d: there is no Go code in %s", readme, at, m[1]))
			}
		}
	}
	return problems
}

func hasFolder(t *tree, dir string) bool {
	dir = strings.TrimSuffix(dir, "/...")
	return slices.ContainsFunc(t.sources, func(s *source) bool { return s.dir == dir || strings.HasPrefix(s.dir, dir+"/") })
}
