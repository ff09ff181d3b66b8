package archtest_test

import (
	"os"
	"testing"
)

// rule is one sentence about the repository and the check that finds what breaks it. A problem says where and what to do.
type rule struct {
	sentence string
	check    func(*tree) []string
}

func rules() []rule {
	return []rule{
		{"imports point one way", importsPointOneWay},
		{"tests import no sibling but suites, the simulator and the memory store", testsImportFewSiblings},
		{"the simulator imports the standard library alone", simulatorStandsAlone},
		{"public suites import the standard library and outbound alone", suitesStandAlone},
		{"shipped code does not import testing", shippedCodeDoesNotTest},
		{"samples use what a user can use", samplesUseThePublicAPI},
		{"every package has exactly one doc comment", onePackageComment},
		{"go.work lists every module but the tools", workspaceIsComplete},
		{"every module says the same Go version", oneGoVersion},
		{"nested modules require ours at the next version, with a replace", nestedModulesRequire},
		{"no file is over the length limit", filesAreShort},
		{"nothing is left unfinished", nothingUnfinished},
		{"no path of a machine and no registry is written down", nothingOfAMachine},
		{"there are no package variables that change and no init", noGlobals},
		{"no test is skipped", noSkips},
		{"nothing sleeps outside a bubble", noSleeps},
		{"the README's code is code that compiles", readmeCompiles},
		{"the README's commands exist", readmeCommandsExist},
	}
}

func TestArchitecture(t *testing.T) {
	t.Parallel()
	repository, err := load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if len(repository.sources) == 0 {
		t.Fatal("no Go file was found: the test looks at the wrong folder")
	}
	for _, r := range rules() {
		t.Run(r.sentence, func(t *testing.T) {
			t.Parallel()
			for _, problem := range r.check(repository) {
				t.Error(problem)
			}
		})
	}
}

// TestLongFiles only logs: a file over 400 lines wants to become two, and the reader of `go test -v` sees which.
func TestLongFiles(t *testing.T) {
	t.Parallel()
	repository, err := load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range repository.sources {
		if s.lines > wantLines {
			t.Logf("%s has %d lines: think of splitting it", s.path, s.lines)
		}
	}
}
