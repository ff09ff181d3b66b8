//go:build release

package releasetest_test

import (
	"archive/zip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// publish lays a module out in a proxy folder as https://go.dev/ref/mod#goproxy-protocol describes: list, .info, .mod and .zip.
func publish(t *testing.T, proxy string, repository string, m module, version string) {
	t.Helper()
	dir := filepath.Join(proxy, filepath.FromSlash(escape(m.path)), "@v")
	ok(t, os.MkdirAll(dir, 0o755))
	write := func(name, content string) {
		ok(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644))
	}
	write("list", version+"\n")
	write(version+".info", fmt.Sprintf(`{"Version":%q,"Time":%q}`, version, time.Now().UTC().Format(time.RFC3339)))
	manifest, err := os.ReadFile(filepath.Join(repository, m.dir, "go.mod"))
	ok(t, err)
	write(version+".mod", string(manifest))

	file, err := os.Create(filepath.Join(dir, version+".zip"))
	ok(t, err)
	defer file.Close()
	archive := zip.NewWriter(file)
	pack(t, archive, repository, m, m.path+"@"+version)
	ok(t, archive.Close())
	ok(t, file.Close())
}

// pack writes a module's files as https://go.dev/ref/mod#zip-files says: below module@version/, regular files only, no
// nested module, no vendor folder. Folders whose names begin with a dot hold nothing that is built and are left out. As
// the go command does, it gives a nested module without a licence that of the repository.
func pack(t *testing.T, archive *zip.Writer, repository string, m module, prefix string) {
	t.Helper()
	top := filepath.Join(repository, m.dir)
	licensed := false
	err := filepath.WalkDir(top, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name == top {
				return nil
			}
			_, nested := os.Stat(filepath.Join(name, "go.mod"))
			if nested == nil || strings.HasPrefix(entry.Name(), ".") || entry.Name() == "vendor" {
				return filepath.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		inside, err := filepath.Rel(top, name)
		if err != nil {
			return err
		}
		licensed = licensed || inside == "LICENSE"
		return add(archive, path.Join(prefix, filepath.ToSlash(inside)), name)
	})
	ok(t, err)
	if !licensed {
		ok(t, add(archive, path.Join(prefix, "LICENSE"), filepath.Join(repository, "LICENSE")))
	}
}

func add(archive *zip.Writer, as, name string) error {
	from, err := os.Open(name)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := archive.Create(as)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return err
}

// escape writes capitals as an exclamation mark and the small letter, for file systems that do not tell them apart.
func escape(modulePath string) string {
	var b strings.Builder
	for _, r := range modulePath {
		if 'A' <= r && r <= 'Z' {
			b.WriteByte('!')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
