package archtest_test

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// toolsModule pins the tools. It stands outside the workspace, so that their dependencies never mix with ours.
const toolsModule = "tools"

func workspaceIsComplete(t *tree) (problems []string) {
	if t.work == nil {
		return []string{"there is no go.work: make one with `go work init . ` and `go work use` of every folder that has a go.mod, but tools"}
	}
	for _, dir := range slices.Sorted(maps.Keys(t.manifest)) {
		listed := slices.Contains(t.work.use, dir)
		switch {
		case dir == toolsModule && listed:
			problems = append(problems, "go.work lists tools: take it out, or the tools' dependencies choose ours")
		case dir != toolsModule && !listed:
			problems = append(problems, fmt.Sprintf("go.work does not list %s: run `go work use ./%s`", dir, dir))
		}
	}
	for _, dir := range t.work.use {
		if _, ok := t.manifest[dir]; !ok {
			problems = append(problems, fmt.Sprintf("go.work lists %s, which has no go.mod", dir))
		}
	}
	return problems
}

func oneGoVersion(t *tree) (problems []string) {
	want := t.manifest["."].version
	check := func(m gomod) {
		if m.version != want {
			problems = append(problems, fmt.Sprintf("%s says go %s, the root's go.mod says go %s: write the same", m.path, m.version, want))
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(t.manifest)) {
		// The tools' dependencies dictate theirs.
		if dir != toolsModule {
			check(t.manifest[dir])
		}
	}
	if t.work != nil {
		check(*t.work)
	}
	return problems
}

func nestedModulesRequire(t *tree) (problems []string) {
	ours := map[string]string{} // module → folder
	for dir, m := range t.manifest {
		if dir != toolsModule {
			ours[m.module] = dir
		}
		if want := path.Join(t.module, dir); m.module != want {
			problems = append(problems, fmt.Sprintf("%s names the module %s; by its folder it is %s", m.path, m.module, want))
		}
	}
	version := regexp.MustCompile(`^v\d+\.\d+\.\d+$`)
	next, nextIn := "", ""
	for _, dir := range slices.Sorted(maps.Keys(t.manifest)) {
		m := t.manifest[dir]
		if dir == "." || dir == toolsModule {
			continue
		}
		if _, ok := m.require[t.module]; !ok {
			problems = append(problems, fmt.Sprintf("%s does not require %s: run `go mod edit -require` with the version to be released next", m.path, t.module))
		}
		for _, required := range slices.Sorted(maps.Keys(m.require)) {
			target, ok := ours[required]
			if !ok {
				continue
			}
			v := m.require[required]
			if !version.MatchString(v) {
				problems = append(problems, fmt.Sprintf("%s requires %s %s: require the version to be released next, v0.1.0 for one", m.path, required, v))
			}
			if next == "" {
				next, nextIn = v, m.path
			}
			if v != next {
				problems = append(problems, fmt.Sprintf("%s requires %s %s, but %s requires %s: all modules are released together, at one version", m.path, required, v, nextIn, next))
			}
			if got, want := m.replace[required], relative(dir, target); path.Clean(got) != path.Clean(want) {
				problems = append(problems, fmt.Sprintf("%s replaces %s by %q: for development it is `replace %s => %s`", m.path, required, got, required, want))
			}
		}
	}
	root := t.manifest["."]
	for _, replaced := range slices.Sorted(maps.Keys(root.replace)) {
		problems = append(problems, fmt.Sprintf("go.mod replaces %s: a replace of the root module does not reach those who import it", replaced))
	}
	for _, required := range slices.Sorted(maps.Keys(root.require)) {
		if _, ok := ours[required]; ok {
			problems = append(problems, fmt.Sprintf("go.mod requires %s: the root module requires none of its nested modules; what needs both goes into a module of its own", required))
		}
	}
	return problems
}

// relative is the path from a folder below the root to another folder of the repository.
func relative(from, to string) string {
	up := strings.Repeat("../", strings.Count(from, "/")+1)
	return strings.TrimSuffix(up+strings.TrimPrefix(to, "."), "/")
}
