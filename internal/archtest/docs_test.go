package archtest_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func onePackageComment(t *tree) (problems []string) {
	comments := map[string][]string{}
	for _, s := range t.sources {
		if s.test {
			continue
		}
		if _, ok := comments[s.dir]; !ok {
			comments[s.dir] = nil
		}
		text := s.file.Doc.Text()
		if text == "" {
			continue
		}
		comments[s.dir] = append(comments[s.dir], s.path)
		name := s.file.Name.Name
		if start := "Package " + name + " "; name != "main" && !strings.HasPrefix(text, start) {
			problems = append(problems, fmt.Sprintf("%s: the package comment begins otherwise than with %q", s.path, start))
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(comments)) {
		switch files := comments[dir]; len(files) {
		case 0:
			problems = append(problems, fmt.Sprintf("the package in %s has no doc comment: say above its package clause, in one file, what it is for", dir))
		case 1:
		default:
			problems = append(problems, fmt.Sprintf("the package in %s has %d doc comments (%s): keep one; a blank line before the package clause makes the others plain comments", dir, len(files), strings.Join(files, ", ")))
		}
	}
	return problems
}
