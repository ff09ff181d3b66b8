package archtest_test

import (
	"maps"
	"strings"
	"testing"
	"testing/fstest"
)

// sound is a small repository that keeps every rule.
func sound() map[string]string {
	return map[string]string{
		"go.mod":                      "module example.org/o\n\ngo 1.26.0\n",
		"go.work":                     "go 1.26.0\n\nuse (\n\t.\n\t./store/sqlite\n)\n",
		"tools/go.mod":                "module example.org/o/tools\n\ngo 1.27.0\n",
		"store/sqlite/go.mod":         "module example.org/o/store/sqlite\n\ngo 1.26.0\n\nrequire example.org/o v0.1.0\n\nreplace example.org/o => ../..\n",
		"Makefile":                    "test:\n\techo\n",
		"README.md":                   "# O\n\n```sh\ngo run ./examples/quickstart\nmake test\n```\n\n```go\nimport \"fmt\"\n\no.Send()\nfmt.Println(1)\n```\n",
		"outbound.go":                 "// Package o sends.\npackage o\n\nimport _ \"example.org/o/internal/mechanics\"\n",
		"example_test.go":             "package o_test\n\nimport \"fmt\"\n\nfunc Example() {\n\to.Send()\n\n\tfmt.Println(1)\n\t// Output: 1\n}\n",
		"tables.go":                   "package o\n\nimport \"errors\"\n\nvar ErrLate = errors.New(\"late\")\n\nvar codes = map[int]string{1: \"one\"}\n\nvar _ error = ErrLate\n",
		"internal/mechanics/m.go":     "// Package mechanics turns.\npackage mechanics\n",
		"internal/e2e/e.go":           "// Package e2e stands on top.\npackage e2e\n\nimport _ \"example.org/o/telegram\"\n",
		"telegram/t.go":               "// Package telegram is an adapter.\npackage telegram\n\nimport _ \"example.org/o\"\n",
		"telegram/t_test.go":          "package telegram_test\n\nimport (\n\t_ \"example.org/o/simulator\"\n\t_ \"example.org/o/channeltest\"\n\t\"testing/synctest\"\n)\n\nfunc f() { synctest.Wait(); time.Sl" + "eep(1) }\n",
		"vk/v.go":                     "// Package vk is an adapter.\npackage vk\n",
		"store/sqlite/s.go":           "// Package sqlite is a store.\npackage sqlite\n\nimport _ \"example.org/o\"\n",
		"channeltest/c.go":            "// Package channeltest is a suite.\npackage channeltest\n\nimport _ \"testing\"\n",
		"simulator/s.go":              "// Package simulator imitates.\npackage simulator\n\nimport _ \"net/http\"\n",
		"examples/quickstart/main.go": "// Quickstart sends.\npackage main\n\nimport _ \"example.org/o/telegram\"\n",
	}
}

func findings(t *testing.T, files map[string]string) map[string][]string {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, content := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	repository, err := load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for _, r := range rules() {
		if problems := r.check(repository); len(problems) > 0 {
			found[r.sentence] = problems
		}
	}
	return found
}

func TestRulesPassASoundRepository(t *testing.T) {
	t.Parallel()
	for sentence, problems := range findings(t, sound()) {
		t.Errorf("%s: %s", sentence, strings.Join(problems, "; "))
	}
}

// TestRulesFindWhatBreaksThem writes one file into a sound repository and expects the rule it breaks to say so.
func TestRulesFindWhatBreaksThem(t *testing.T) {
	t.Parallel()
	imports := func(name, path string) string {
		return "package " + name + "\n\nimport _ \"" + path + "\"\n"
	}
	for _, c := range []struct {
		name, file, content string
		sentence, says      string
	}{
		{"outbound imports an adapter", "bad.go", imports("o", "example.org/o/telegram"), "imports point one way", "outbound imports no adapter"},
		{"outbound imports a bench", "bad.go", imports("o", "example.org/o/internal/e2e"), "imports point one way", "itself uses outbound"},
		{"a mechanic that an adapter uses imports outbound", "telegram/bad.go", imports("telegram", "example.org/o/internal/e2e"), "imports point one way", "itself uses outbound"},
		{"an adapter imports another", "vk/bad.go", imports("vk", "example.org/o/telegram"), "imports point one way", "siblings never import each other"},
		{"a store imports another", "store/sqlite/bad.go", imports("sqlite", "example.org/o/store/memory"), "imports point one way", "siblings never import each other"},
		{"something imports a sample", "vk/bad.go", imports("vk", "example.org/o/examples/quickstart"), "imports point one way", "nothing imports a sample"},
		{"an adapter's test imports another adapter", "vk/v_test.go", imports("vk_test", "example.org/o/telegram"), "tests import no sibling but suites, the simulator and the memory store", "telegram"},
		{"the simulator imports outbound", "simulator/bad.go", imports("simulator", "example.org/o"), "the simulator imports the standard library alone", "shares nothing"},
		{"the simulator's test imports an adapter", "simulator/s_test.go", imports("simulator_test", "example.org/o/telegram"), "the simulator imports the standard library alone", "shares nothing"},
		{"the simulator imports a library", "simulator/bad.go", imports("simulator", "example.com/fast"), "the simulator imports the standard library alone", "standard library alone"},
		{"a suite imports a library", "channeltest/bad.go", imports("channeltest", "example.com/assert"), "public suites import the standard library and outbound alone", "standard library only"},
		{"a suite imports the simulator", "channeltest/bad.go", imports("channeltest", "example.org/o/simulator"), "public suites import the standard library and outbound alone", "handed"},
		{"shipped code imports testing", "vk/bad.go", imports("vk", "testing"), "shipped code does not import testing", "_test.go"},
		{"shipped code imports a suite", "vk/bad.go", imports("vk", "example.org/o/channeltest"), "shipped code does not import testing", "for tests"},
		{"a sample imports an internal package", "examples/quickstart/bad.go", imports("main", "example.org/o/internal/mechanics"), "samples use what a user can use", "cannot"},
		{"a package has no comment", "viber/v.go", "package viber\n", "every package has exactly one doc comment", "no doc comment"},
		{"a package has two comments", "vk/bad.go", "// Package vk again.\npackage vk\n", "every package has exactly one doc comment", "2 doc comments"},
		{"a package comment does not name it", "viber/v.go", "// This sends.\npackage viber\n", "every package has exactly one doc comment", "begins otherwise"},
		{"a module is not in the workspace", "river/go.mod", "module example.org/o/river\n\ngo 1.26.0\n\nrequire example.org/o v0.1.0\n\nreplace example.org/o => ..\n", "go.work lists every module but the tools", "does not list river"},
		{"the workspace lists the tools", "go.work", "go 1.26.0\n\nuse .\nuse ./store/sqlite\nuse ./tools\n", "go.work lists every module but the tools", "lists tools"},
		{"the workspace lists what is not there", "go.work", "go 1.26.0\n\nuse .\nuse ./store/sqlite\nuse ./gone\n", "go.work lists every module but the tools", "no go.mod"},
		{"a module says another Go version", "store/sqlite/go.mod", "module example.org/o/store/sqlite\n\ngo 1.26\n\nrequire example.org/o v0.1.0\n\nreplace example.org/o => ../..\n", "every module says the same Go version", "go 1.26,"},
		{"a nested module does not replace", "store/sqlite/go.mod", "module example.org/o/store/sqlite\n\ngo 1.26.0\n\nrequire example.org/o v0.1.0\n", "nested modules require ours at the next version, with a replace", "for development"},
		{"a nested module does not require", "store/sqlite/go.mod", "module example.org/o/store/sqlite\n\ngo 1.26.0\n", "nested modules require ours at the next version, with a replace", "does not require"},
		{"a nested module requires no release", "store/sqlite/go.mod", "module example.org/o/store/sqlite\n\ngo 1.26.0\n\nrequire example.org/o v0.0.0-00010101000000-000000000000\n\nreplace example.org/o => ../..\n", "nested modules require ours at the next version, with a replace", "released next"},
		{"a module is named otherwise than its folder", "store/sqlite/go.mod", "module example.org/o/sqlite\n\ngo 1.26.0\n\nrequire example.org/o v0.1.0\n\nreplace example.org/o => ../..\n", "nested modules require ours at the next version, with a replace", "by its folder"},
		{"a file is too long", "bad.go", "package o\n" + strings.Repeat("\n", maxLines), "no file is over the length limit", "split it"},
		{"something is unfinished", "bad.go", "package o\n\n// TO" + "DO: think\n", "nothing is left unfinished", "bad.go:3"},
		{"a path of a machine", "docs/a.md", "see /ho" + "me/jane/x\n", "no path of a machine and no registry is written down", "docs/a.md:1"},
		{"a registry", "Makefile", "test:\n\tGO" + "PROXY=https://x go test\n", "no path of a machine and no registry is written down", "Makefile:2"},
		{"an init function", "bad.go", "package o\n\nfunc init() {}\n", "there are no package variables that change and no init", "func init"},
		{"a variable without a value", "bad.go", "package o\n\nimport \"sync\"\n\nvar mu sync.Mutex\n", "there are no package variables that change and no init", "no value"},
		{"a variable made by a call", "bad.go", "package o\n\nvar registry = makeRegistry()\n", "there are no package variables that change and no init", "made by a call"},
		{"a plain variable", "bad.go", "package o\n\nvar limit = 5\n", "there are no package variables that change and no init", "could be assigned"},
		{"a table that is written to", "bad.go", "package o\n\nfunc Register(n int) { codes[n] = \"\" }\n", "there are no package variables that change and no init", "written to at bad.go:3"},
		{"a table that is deleted from", "bad.go", "package o\n\nfunc Drop(n int) { delete(codes, n) }\n", "there are no package variables that change and no init", "written to at bad.go:3"},
		{"a skipped test", "bad_test.go", "package o\n\nfunc f(t T) { t.Sk" + "ip() }\n", "no test is skipped", "bad_test.go:3"},
		{"a test that sleeps for real", "bad_test.go", "package o\n\nfunc f() { time.Sl" + "eep(1) }\n", "nothing sleeps outside a bubble", "bubble"},
		{"shipped code that sleeps", "bad.go", "package o\n\nfunc f() { time.Sl" + "eep(1) }\n", "nothing sleeps outside a bubble", "timer"},
		{"README code that nobody compiles", "README.md", "```go\no.Sent()\n```\n", "the README's code is code that compiles", "README.md:1"},
		{"README code with a gap", "README.md", "```go\nfunc Example() {\nfmt.Println(1)\n```\n", "the README's code is code that compiles", "README.md:1"},
		{"a README command that is none", "README.md", "```sh\nmake tests\n```\n", "the README's commands exist", "no target tests"},
		{"a README sample that is gone", "README.md", "```sh\ngo run ./examples/gone\n```\n", "the README's commands exist", "examples/gone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files := maps.Clone(sound())
			files[c.file] = c.content
			found := findings(t, files)
			if all := strings.Join(found[c.sentence], "\n"); !strings.Contains(all, c.says) {
				t.Errorf("the rule %q should say %q; it says %q; all findings: %v", c.sentence, c.says, all, found)
			}
		})
	}
}
