package archtest_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// tree is what the rules look at: the repository, read once.
type tree struct {
	module   string            // path of the root module
	texts    map[string]string // every text file that can be committed, by its slash-separated path
	sources  []*source         // every Go file, in order of their paths
	manifest map[string]gomod  // every go.mod, by its folder ("." for the root)
	work     *gomod            // go.work; nil = there is none
	fset     *token.FileSet
}

// source is a Go file.
type source struct {
	path    string // slash-separated, from the root of the repository
	dir     string // its folder, "." for the root
	test    bool   // a _test.go file
	file    *ast.File
	lines   int
	imports []string
}

// gomod is what the rules need of a go.mod or go.work file.
type gomod struct {
	path    string
	module  string
	version string            // of the go directive
	require map[string]string // module → version
	replace map[string]string // module → what stands right of the arrow
	use     []string          // folders, of a go.work
}

// maxText bounds the files that are read as text; bigger ones are data.
const maxText = 4 << 20

// load reads a repository. Folders whose names begin with a dot are not looked into, but for those that hold the
// project's own scripts, and neither is testdata as far as Go goes.
func load(root fs.FS) (*tree, error) {
	t := &tree{texts: map[string]string{}, manifest: map[string]gomod{}, fset: token.NewFileSet()}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil && errors.Is(err, fs.ErrNotExist) && name != ".":
			return nil // it went away while we walked: a temporary file of another test
		case err != nil:
			return err
		case entry.IsDir():
			if skipped(name) {
				return fs.SkipDir
			}
			return nil
		case !entry.Type().IsRegular():
			return nil
		}
		content, err := fs.ReadFile(root, name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if len(content) > maxText || !utf8.Valid(content) || slices.Contains(content, 0) {
			return nil
		}
		return t.add(name, string(content))
	})
	if err != nil {
		return nil, err
	}
	m, ok := t.manifest["."]
	if !ok {
		return nil, errors.New("there is no go.mod at the root")
	}
	t.module = m.module
	return t, nil
}

func skipped(dir string) bool {
	base := path.Base(dir)
	return dir != "." && strings.HasPrefix(base, ".") && base != ".ci" && base != ".github"
}

func (t *tree) add(name, content string) error {
	t.texts[name] = content
	switch {
	case path.Base(name) == "go.mod":
		t.manifest[path.Dir(name)] = parseManifest(name, content)
	case name == "go.work":
		m := parseManifest(name, content)
		t.work = &m
	case strings.HasSuffix(name, ".go") && !strings.Contains("/"+name, "/testdata/"):
		file, err := parser.ParseFile(t.fset, name, content, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		s := &source{
			path:  name,
			dir:   path.Dir(name),
			test:  strings.HasSuffix(name, "_test.go"),
			file:  file,
			lines: strings.Count(content, "\n"),
		}
		for _, spec := range file.Imports {
			if p, err := strconv.Unquote(spec.Path.Value); err == nil {
				s.imports = append(s.imports, p)
			}
		}
		t.sources = append(t.sources, s)
	}
	return nil
}

// parseManifest reads the directives of a go.mod or go.work that the rules ask for.
func parseManifest(name, content string) gomod {
	m := gomod{path: name, require: map[string]string{}, replace: map[string]string{}}
	block := ""
	for line := range strings.Lines(content) {
		line, _, _ = strings.Cut(line, "//")
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0:
			continue
		case block != "" && fields[0] == ")":
			block = ""
			continue
		case block == "" && len(fields) == 2 && fields[1] == "(":
			block = fields[0]
			continue
		case block != "":
			fields = append([]string{block}, fields...)
		}
		args := fields[1:]
		switch {
		case fields[0] == "module" && len(args) == 1:
			m.module = strings.Trim(args[0], `"`)
		case fields[0] == "go" && len(args) == 1:
			m.version = args[0]
		case fields[0] == "require" && len(args) == 2:
			m.require[args[0]] = args[1]
		case fields[0] == "use" && len(args) == 1:
			m.use = append(m.use, path.Clean(args[0]))
		case fields[0] == "replace":
			if i := slices.Index(args, "=>"); i > 0 && i+1 < len(args) {
				m.replace[args[0]] = args[i+1]
			}
		}
	}
	return m
}

// folder turns an import path into a folder of the repository. ok is false for other people's packages.
func (t *tree) folder(importPath string) (dir string, ok bool) {
	if importPath == t.module {
		return ".", true
	}
	return strings.CutPrefix(importPath, t.module+"/")
}

// standard says whether an import path is of the standard library: those have no dot in their first element.
func standard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

// at is the place of a node, for a problem's words.
func (t *tree) at(n ast.Node) string {
	p := t.fset.Position(n.Pos())
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}
