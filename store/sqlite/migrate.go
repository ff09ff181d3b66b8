package sqlite

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// applicationID is kept in the file's header, so that other programs' databases are told apart.
const applicationID = 0x4f757462 // "Outb"

// migration is one step of the schema. Steps are only ever added, and each works with the programs from oldest on.
type migration struct {
	text   string
	oldest int // the oldest program schema that may still use a file with this step
}

// migrations reads the embedded steps in order. The first line of each says "-- oldest: n".
func migrations() ([]migration, error) {
	entries, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		return nil, err
	}
	steps := make([]migration, 0, len(entries))
	for i, entry := range entries {
		text, err := migrationFiles.ReadFile("migrations/" + entry.Name())
		if err != nil {
			return nil, err
		}
		first, _, _ := strings.Cut(string(text), "\n")
		number, ok := strings.CutPrefix(first, "-- oldest: ")
		oldest, err := strconv.Atoi(strings.TrimSpace(number))
		if !ok || err != nil || !strings.HasPrefix(entry.Name(), fmt.Sprintf("%04d_", i+1)) {
			return nil, fmt.Errorf("sqlite: migration %s is not in order", entry.Name())
		}
		steps = append(steps, migration{string(text), oldest})
	}
	return steps, nil
}

// prepareFile makes sure that the file is ours and has a schema that this program can use.
func prepareFile(ctx context.Context, c *conn, schema []migration, readOnly bool) error {
	version, oldest, err := schemaOf(c)
	if err != nil {
		return err
	}
	switch {
	case oldest > len(schema):
		return tooNew(int64(oldest), len(schema))
	case version >= len(schema):
		return nil
	case readOnly:
		return fmt.Errorf("the file has schema %d, this program needs %d; open it once for writing", version, len(schema))
	}
	// WAL is a property of the file. It cannot be set inside of a transaction.
	if err := setWAL(c); err != nil {
		return err
	}
	for {
		done, err := migrateOnce(ctx, c, schema)
		if done || err != nil {
			return err
		}
	}
}

func setWAL(c *conn) error {
	mode := ""
	if _, err := c.one("PRAGMA journal_mode = wal", func(r *rows) { mode = r.text(0) }); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("the file stays in journal mode %q; its file system must support shared memory", mode)
	}
	return nil
}

// schemaOf returns the version of a file's schema, 0 for an empty one, and the oldest program that may use it.
func schemaOf(c *conn) (version, oldest int, err error) {
	id, err := c.number("PRAGMA application_id")
	if err != nil {
		return 0, 0, err
	}
	tables, err := c.number("SELECT count(*) FROM sqlite_master")
	if err != nil {
		return 0, 0, err
	}
	switch {
	case id == 0 && tables == 0:
		return 0, 0, nil
	case id != applicationID:
		return 0, 0, errors.New("the file is a database of another program")
	}
	_, err = c.one("SELECT version, oldest FROM schema", func(r *rows) { version, oldest = int(r.int(0)), int(r.int(1)) })
	return version, oldest, err
}

// migrateOnce applies the next step in a transaction of its own. Of two processes that open a file at once one waits and finds the work done.
func migrateOnce(ctx context.Context, c *conn, schema []migration) (done bool, err error) {
	if _, err := c.execContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return false, err
	}
	defer func() {
		if err != nil {
			_, _ = c.exec("ROLLBACK")
		}
	}()
	version, oldest, err := schemaOf(c)
	if err != nil {
		return false, err
	}
	if oldest > len(schema) {
		return false, tooNew(int64(oldest), len(schema))
	}
	if version >= len(schema) {
		return true, c.run("COMMIT")
	}
	if version == 0 {
		if err := c.script(ctx, fmt.Sprintf("PRAGMA application_id = %d; CREATE TABLE schema (version INTEGER NOT NULL, oldest INTEGER NOT NULL); INSERT INTO schema VALUES (0, 0);", applicationID)); err != nil {
			return false, err
		}
	}
	step := schema[version]
	if err := c.script(ctx, step.text); err != nil {
		return false, err
	}
	if version == 0 {
		salt := make([]byte, 32)
		_, _ = rand.Read(salt) // it never returns an error
		if err := c.run("INSERT INTO meta (name, value) VALUES ('salt', ?)", salt); err != nil {
			return false, err
		}
	}
	if err := c.run("UPDATE schema SET version = ?, oldest = max(oldest, ?)", version+1, step.oldest); err != nil {
		return false, err
	}
	return false, c.run("COMMIT")
}
