//go:build release

package releasetest_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// module is a module of this repository.
type module struct {
	path string
	dir  string // from the root of the repository
}

// published returns the modules that are released, the root first, and the version that they name as the next one.
// Modules below internal/ and examples/ serve this repository alone.
func published(t *testing.T, repository string) (modules []module, next string) {
	t.Helper()
	var work struct {
		Use []struct{ DiskPath string }
	}
	decode(t, run(t, repository, nil, "go", "work", "edit", "-json", "go.work"), &work)
	next = "v0.1.0" // when there is no nested module to say otherwise
	for _, use := range work.Use {
		dir := filepath.ToSlash(filepath.Clean(use.DiskPath))
		if first, _, _ := strings.Cut(dir, "/"); first == "internal" || first == "examples" {
			continue
		}
		var manifest struct {
			Module  struct{ Path string }
			Require []struct{ Path, Version string }
		}
		decode(t, run(t, filepath.Join(repository, dir), nil, "go", "mod", "edit", "-json"), &manifest)
		modules = append(modules, module{path: manifest.Module.Path, dir: dir})
		for _, required := range manifest.Require {
			if required.Path == modules[0].path {
				next = required.Version
			}
		}
	}
	if len(modules) == 0 || modules[0].dir != "." {
		t.Fatal("go.work must list the root module first")
	}
	return modules, next
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	ok(t, json.Unmarshal([]byte(text), into))
}

// run runs a command and returns what it wrote to its standard output. env is added to the environment, over what is there.
func run(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	command.Dir = dir
	command.Env = append(slices.Concat(os.Environ(), []string{"GOWORK=off", "PWD=" + dir}), env...)
	var out, complaints bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaints
	err := command.Run()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out.String(), complaints.String())
	}
	return out.String()
}

// ok ends the test at an error.
func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
