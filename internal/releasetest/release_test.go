//go:build release

package releasetest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestEveryModuleCanBeGotFromOutside publishes the tree at the next version into a proxy of its own and uses it as a stranger would.
func TestEveryModuleCanBeGotFromOutside(t *testing.T) {
	repository, err := filepath.Abs("../..")
	ok(t, err)
	modules, version := published(t, repository)
	proxy := t.TempDir()
	for _, m := range modules {
		publish(t, proxy, repository, m, version)
	}
	env := outside(t, proxy, modules[0].path)

	for _, m := range modules {
		t.Run(m.path+" alone", func(t *testing.T) {
			dir := fresh(t, repository, modules, env)
			get(t, dir, env, version, m)
			importsEverything(t, dir, env, m)
		})
	}
	t.Run("all modules together", func(t *testing.T) {
		dir := fresh(t, repository, modules, env)
		get(t, dir, env, version, modules...)
		importsEverything(t, dir, env, modules...)
	})
	t.Run("the quickstart, copied", func(t *testing.T) {
		dir := fresh(t, repository, modules, env)
		get(t, dir, env, version, modules[0])
		ok(t, os.CopyFS(dir, os.DirFS(filepath.Join(repository, "examples", "quickstart"))))
		run(t, dir, env, "go", "run", ".")
	})
}

// outside is the environment of somebody who has never seen this repository: an empty module cache, our modules from
// the proxy made of the tree, other people's from what this machine has downloaded already or else from where it is set
// up to download from.
func outside(t *testing.T, proxy, ours string) []string {
	t.Helper()
	setting := func(name string) string { return strings.TrimSpace(run(t, proxy, nil, "go", "env", name)) }
	downloaded := filepath.Join(setting("GOMODCACHE"), "cache", "download")
	sources := []string{fileURL(proxy), fileURL(downloaded)}
	if configured := setting("GOPROXY"); configured != "" {
		sources = append(sources, configured)
	}
	unlisted := []string{ours} // no checksum database knows a version that was never released
	if configured := setting("GONOSUMDB"); configured != "" {
		unlisted = append(unlisted, configured)
	}
	return []string{
		"GOPROXY=" + strings.Join(sources, ","),
		"GONOSUMDB=" + strings.Join(unlisted, ","),
		// Nothing goes past the proxy, whatever this machine calls private. Only unset does that: any value of GONOPROXY makes
		// the go command look at modules it has downloaded before it asks a proxy for a longer path, and so miss nested ones.
		"GOENV=off", "GOPRIVATE=", "GONOPROXY=",
		"GOSUMDB=" + setting("GOSUMDB"),
		"GOTOOLCHAIN=" + setting("GOTOOLCHAIN"),
		"GOCACHE=" + setting("GOCACHE"),
		"GOMODCACHE=" + t.TempDir(),
		// The module cache is removed with its folder, so it must be writable; without paths of that folder in them,
		// compiled packages are found again in the build cache by the next run.
		"GOFLAGS=-mod=mod -modcacherw -trimpath",
	}
}

func fileURL(dir string) string {
	dir = filepath.ToSlash(dir)
	if !strings.HasPrefix(dir, "/") {
		dir = "/" + dir
	}
	return "file://" + dir
}

// fresh makes a module outside the repository. It knows the checksums that this repository knows, so that the checksum
// database need not be asked for them again.
func fresh(t *testing.T, repository string, modules []module, env []string) string {
	t.Helper()
	dir := t.TempDir()
	run(t, dir, env, "go", "mod", "init", "example.com/outside")
	var sums []string
	for _, m := range modules {
		content, err := os.ReadFile(filepath.Join(repository, m.dir, "go.sum"))
		ok(t, err)
		sums = slices.AppendSeq(sums, strings.Lines(string(content)))
	}
	slices.Sort(sums)
	sums = slices.Compact(sums)
	ok(t, os.WriteFile(filepath.Join(dir, "go.sum"), []byte(strings.Join(sums, "")), 0o644))
	return dir
}

func get(t *testing.T, dir string, env []string, version string, modules ...module) {
	t.Helper()
	args := []string{"get"}
	for _, m := range modules {
		args = append(args, m.path+"@"+version)
	}
	run(t, dir, env, "go", args...)
	for _, m := range modules {
		got := strings.TrimSpace(run(t, dir, env, "go", "list", "-m", m.path))
		if want := m.path + " " + version; got != want {
			t.Fatalf("the build has %q instead of %q: the module must come from the proxy, at the version asked for, replaced by nothing", got, want)
		}
	}
}

// importsEverything builds and runs a program that imports every public package of the modules.
func importsEverything(t *testing.T, dir string, env []string, modules ...module) {
	t.Helper()
	args := []string{"list", "-f", "{{.Name}} {{.ImportPath}}"}
	for _, m := range modules {
		args = append(args, m.path+"/...")
	}
	var imports []string
	for line := range strings.Lines(run(t, dir, env, "go", args...)) {
		name, path, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name != "main" && !slices.Contains(strings.Split(path, "/"), "internal") {
			imports = append(imports, path)
		}
	}
	if len(imports) == 0 {
		t.Fatal("the modules have no public package")
	}
	var program strings.Builder
	program.WriteString("package main\n\nimport (\n\t\"fmt\"\n\n")
	for _, path := range imports {
		fmt.Fprintf(&program, "\t_ %q\n", path)
	}
	program.WriteString(")\n\nfunc main() { fmt.Println(\"started\") }\n")
	ok(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(program.String()), 0o644))
	if out := run(t, dir, env, "go", "run", "."); out != "started\n" {
		t.Fatalf("the program wrote %q", out)
	}
	t.Logf("imported %d packages: %s", len(imports), strings.Join(imports, " "))
}
