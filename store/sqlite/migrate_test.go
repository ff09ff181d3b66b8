package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/outbound-go/outbound"
)

// schemaPlus is this program's schema and a step of a later one.
func schemaPlus(t *testing.T, text string, oldest int) []migration {
	t.Helper()
	steps, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	return append(steps, migration{text, oldest})
}

func TestANewerFileIsUsedWhereItDoesNoHarm(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbound.db")
	steps := schemaPlus(t, "ALTER TABLE run ADD COLUMN colour TEXT; CREATE TABLE later (id INTEGER PRIMARY KEY);", 1)
	newer, err := openWith(t.Context(), Config{Path: path}, steps)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = newer.Close() }()
	older, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = older.Close() }()
	if _, _, err := older.CreateRun(t.Context(), outbound.Run{ID: "c", State: outbound.DraftState}, outbound.Act{}); err != nil {
		t.Fatal(err)
	}
	if _, err := newer.ReadRun(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
}

func TestANewerFileThatNeedsANewerProgramIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbound.db")
	older, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = older.Close() }()
	steps := schemaPlus(t, "ALTER TABLE run ADD COLUMN colour TEXT;", 2)
	newer, err := openWith(t.Context(), Config{Path: path}, steps)
	if err != nil {
		t.Fatal(err)
	}
	if err := newer.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := older.CreateRun(t.Context(), outbound.Run{ID: "c"}, outbound.Act{}); !errors.Is(err, outbound.ErrTooNew) {
		t.Errorf("a program that was there before: %v", err)
	}
	for _, readOnly := range []bool{false, true} {
		_, err = OpenConfig(t.Context(), Config{Path: path, ReadOnly: readOnly})
		if !errors.Is(err, outbound.ErrTooNew) || !strings.Contains(err.Error(), "outbound.db") {
			t.Errorf("read-only %v: %v", readOnly, err)
		}
	}
}

func TestAStepThatFailsLeavesTheFileAsItWas(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbound.db")
	steps := schemaPlus(t, "CREATE TABLE later (id INTEGER PRIMARY KEY); CREATE TABLE run (id INTEGER);", 2)
	if _, err := openWith(t.Context(), Config{Path: path}, steps); err == nil {
		t.Fatal("a broken step was applied")
	}
	store, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	n := int64(-1)
	if err := store.look(t.Context(), func(c *conn) (err error) {
		n, err = c.number("SELECT count(*) FROM sqlite_master WHERE name = 'later'")
		return err
	}); err != nil || n != 0 {
		t.Fatal(n, err)
	}
}

func TestManyProcessesOpenANewFileAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbound.db")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			store, err := Open(t.Context(), path)
			if err != nil {
				t.Error(err)
				return
			}
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestOpenSaysWhatIsWrongWithAPath(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	foreign := filepath.Join(folder, "foreign.db")
	c, err := connect(t.Context(), dsn(&Config{Path: foreign}, "rwc"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.run("CREATE TABLE theirs (id INTEGER)"), c.close()); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		config Config
		want   string
	}{
		"no path":                             {Config{}, "a path"},
		"memory":                              {Config{Path: ":memory:"}, "store/memory"},
		"a folder that is not there":          {Config{Path: filepath.Join(folder, "nowhere", "x.db")}, `folder "nowhere" is not there`},
		"a folder instead of a file":          {Config{Path: folder}, "this is a folder"},
		"a text file":                         {Config{Path: write("letter.txt", strings.Repeat("dear reader ", 200))}, "not an SQLite database"},
		"another program's database":          {Config{Path: foreign}, "another program"},
		"a read-only file that is not there":  {Config{Path: filepath.Join(folder, "new.db"), ReadOnly: true}, "not there"},
		"a read-only file that has no schema": {Config{Path: write("empty.db", ""), ReadOnly: true}, "open it once for writing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := OpenConfig(t.Context(), test.config)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("%v, want %q", err, test.want)
			}
		})
	}
}

func TestAPathMayHoldAnyCharacters(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a b?mode=memory#&%41 ж.db")
	store, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
}
