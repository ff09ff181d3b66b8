package archtest_test

import (
	"fmt"
	"slices"
	"strings"
)

// The layers, from below: the standard library ← internal ← outbound ← siblings (adapters, stores, suites, the
// simulator, integrations) ← examples. A bench is a folder under internal/ that itself uses outbound or siblings
// (end-to-end tests, benchmarks): it stands on top, beside the examples, and only benches may import it.
const (
	layerInternal = iota
	layerRoot
	layerSibling
	layerTop
)

// aidWithStore is the one exception among siblings: outboundtest hands a host's tests a whole engine, and that needs the memory store.
func aidWithStore(from, to string) bool { return from == "outboundtest" && to == "store/memory" }

func isInternal(dir string) bool { return dir == "internal" || strings.HasPrefix(dir, "internal/") }
func isExample(dir string) bool  { return dir == "examples" || strings.HasPrefix(dir, "examples/") }

// sibling names the unit that a folder belongs to: its first element, or the first two below store/.
func sibling(dir string) string {
	parts := strings.Split(dir, "/")
	if parts[0] == "store" && len(parts) > 1 {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}

// isSuite says whether a folder is a package for tests: its name ends in test, as net/http/httptest's does.
func isSuite(dir string) bool { return strings.HasSuffix(dir, "test") }

// benches returns the folders under internal/ whose shipped code uses outbound or anything above it, directly or through another.
func benches(t *tree) map[string]bool {
	found := map[string]bool{}
	for grew := true; grew; {
		grew = false
		for _, s := range t.sources {
			if s.test || !isInternal(s.dir) || found[s.dir] {
				continue
			}
			for _, imported := range s.imports {
				if dir, ok := t.folder(imported); ok && (!isInternal(dir) || found[dir]) {
					found[s.dir], grew = true, true
				}
			}
		}
	}
	return found
}

func layer(dir string, bench map[string]bool) int {
	switch {
	case isExample(dir), bench[dir]:
		return layerTop
	case isInternal(dir):
		return layerInternal
	case dir == ".":
		return layerRoot
	default:
		return layerSibling
	}
}

func importsPointOneWay(t *tree) (problems []string) {
	bench := benches(t)
	for _, s := range t.sources {
		if s.test {
			continue
		}
		from := layer(s.dir, bench)
		for _, imported := range s.imports {
			dir, ours := t.folder(imported)
			if !ours || dir == s.dir {
				continue
			}
			to := layer(dir, bench)
			switch {
			case bench[dir] && from != layerTop:
				problems = append(problems, fmt.Sprintf("%s imports %s, which itself uses outbound: internal mechanics stand below outbound; hand it what it needs as plain values, or as an interface of its own", s.path, dir))
			case isExample(dir) && sibling(s.dir) != sibling(dir):
				problems = append(problems, fmt.Sprintf("%s imports the sample %s: nothing imports a sample; move what is shared to where both can import it", s.path, dir))
			case from == layerRoot && to == layerSibling:
				problems = append(problems, fmt.Sprintf("%s imports %s: outbound imports no adapter, store, suite or simulator; declare an interface in outbound and let %s implement it", s.path, dir, dir))
			case aidWithStore(s.dir, dir):
			case from == layerSibling && to == layerSibling && sibling(s.dir) != sibling(dir):
				problems = append(problems, fmt.Sprintf("%s imports its sibling %s: siblings never import each other; what both need moves to internal/", s.path, dir))
			case from < to && to == layerTop:
				problems = append(problems, fmt.Sprintf("%s imports %s, which stands above it", s.path, dir))
			}
		}
	}
	return problems
}

func testsImportFewSiblings(t *tree) (problems []string) {
	bench := benches(t)
	for _, s := range t.sources {
		if !s.test || layer(s.dir, bench) != layerSibling || isSuite(sibling(s.dir)) {
			continue
		}
		for _, imported := range s.imports {
			dir, ours := t.folder(imported)
			if !ours || layer(dir, bench) != layerSibling || sibling(dir) == sibling(s.dir) || isSuite(sibling(dir)) {
				continue
			}
			if sibling(dir) == "simulator" || sibling(dir) == "store/memory" {
				continue
			}
			problems = append(problems, fmt.Sprintf("%s imports %s: the tests of a sibling may use suites, the simulator and store/memory only; a test of several siblings together belongs to internal/", s.path, dir))
		}
	}
	return problems
}

func simulatorStandsAlone(t *tree) (problems []string) {
	for _, s := range t.sources {
		if sibling(s.dir) != "simulator" {
			continue
		}
		for _, imported := range s.imports {
			dir, ours := t.folder(imported)
			switch {
			case ours && sibling(dir) == "simulator":
			case ours:
				problems = append(problems, fmt.Sprintf("%s imports %s: the simulator shares nothing with the adapters, else both agree on the same mistake; write it anew from the provider's documentation", s.path, dir))
			case !standard(imported) && !s.test:
				problems = append(problems, fmt.Sprintf("%s imports %s: the simulator imports the standard library alone", s.path, imported))
			}
		}
	}
	return problems
}

func suitesStandAlone(t *tree) (problems []string) {
	for _, s := range t.sources {
		if s.test || isInternal(s.dir) || !isSuite(sibling(s.dir)) {
			continue
		}
		for _, imported := range s.imports {
			dir, ours := t.folder(imported)
			switch {
			case !ours && !standard(imported):
				problems = append(problems, fmt.Sprintf("%s imports %s: public suites use the standard library only, or they push their dependencies on every adapter", s.path, imported))
			case ours && dir != "." && !isInternal(dir) && sibling(dir) != sibling(s.dir) && !aidWithStore(s.dir, dir):
				problems = append(problems, fmt.Sprintf("%s imports %s: a suite is handed adapters, stores and servers by its harness", s.path, dir))
			}
		}
	}
	return problems
}

func shippedCodeDoesNotTest(t *tree) (problems []string) {
	for _, s := range t.sources {
		if s.test || isSuite(s.dir) {
			continue
		}
		for _, imported := range s.imports {
			if imported == "testing" || strings.HasPrefix(imported, "testing/") {
				problems = append(problems, fmt.Sprintf("%s imports %s: only packages whose names end in test may; move it to a _test.go file", s.path, imported))
			}
			if dir, ours := t.folder(imported); ours && dir != s.dir && isSuite(dir) {
				problems = append(problems, fmt.Sprintf("%s imports %s: shipped code imports no package for tests", s.path, dir))
			}
		}
	}
	return problems
}

func samplesUseThePublicAPI(t *tree) (problems []string) {
	for _, s := range t.sources {
		if !isExample(s.dir) {
			continue
		}
		for _, imported := range s.imports {
			if dir, ours := t.folder(imported); ours && slices.Contains(strings.Split(dir, "/"), "internal") {
				problems = append(problems, fmt.Sprintf("%s imports %s: a reader who copies the sample cannot", s.path, dir))
			}
		}
	}
	return problems
}
