package archtest_test

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

const (
	wantLines = 400 // where a file wants to become two; only logged
	maxLines  = 500
)

// longFiles are over the limit for a reason: path → reason.
func longFiles() map[string]string {
	return map[string]string{}
}

func filesAreShort(t *tree) (problems []string) {
	allowed := longFiles()
	for _, s := range t.sources {
		if _, ok := allowed[s.path]; !ok && s.lines > maxLines {
			problems = append(problems, fmt.Sprintf("%s has %d lines, the limit is %d: split it by concept, or say in longFiles why it must be one", s.path, s.lines, maxLines))
		}
	}
	return problems
}

// The words are put together here, so that this file does not contain what it looks for.
func nothingUnfinished(t *tree) []string {
	words := []string{"TO" + "DO", "FIX" + "ME", "XX" + "X"}
	return grep(t, regexp.MustCompile(`\b(`+strings.Join(words, "|")+`)\b`), "finish it, or write it down where decisions stand (docs/design.md)")
}

func nothingOfAMachine(t *tree) []string {
	folders := []string{"work/", "farm/", "root/", "home/[a-z]", "Users/[A-Za-z]"}
	machine := regexp.MustCompile(`(^|[^A-Za-z0-9_.~/*-])/(` + strings.Join(folders, "|") + `)`)
	hosts := []string{"proxy" + `\.golang\.org`, "sum" + `\.golang\.org`, "goproxy" + `\.(io|cn)`, "GOPROXY" + `["']?\s*[:=]+\s*["']?https?:`}
	registry := regexp.MustCompile(strings.Join(hosts, "|"))
	return append(
		grep(t, machine, "no path of a machine belongs here; use one below the repository, or t.TempDir()"),
		grep(t, registry, "which registry is used is the user's setting; read it with `go env`")...)
}

// grep finds lines of committed text that match, and says what to do.
func grep(t *tree, pattern *regexp.Regexp, advice string) (problems []string) {
	for _, name := range slices.Sorted(maps.Keys(t.texts)) {
		if base := path.Base(name); base == "go.sum" || base == "go.work.sum" {
			continue
		}
		number := 0
		for line := range strings.Lines(t.texts[name]) {
			number++
			if hit := pattern.FindString(line); hit != "" {
				problems = append(problems, fmt.Sprintf("%s:%d contains %q: %s", name, number, strings.TrimSpace(hit), advice))
			}
		}
	}
	return problems
}
