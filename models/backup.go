package models

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// checkedBytesMax is up to which size a SQLite file is read through at every start: a second or
// two. Larger ones show their damage when it is met.
const checkedBytesMax = 1 << 30

// checkDamage refuses a SQLite file that is not whole.
func (db *DB) checkDamage(ctx context.Context) error {
	if db.dialect != SQLite {
		return nil
	}
	size := int64(0)
	if info, err := os.Stat(db.path); err == nil {
		size = info.Size()
	}
	if size > checkedBytesMax {
		return nil
	}
	var found []string
	err := db.writer.WithContext(ctx).Raw("PRAGMA quick_check(1)").Scan(&found).Error
	if err == nil && len(found) == 1 && found[0] == "ok" {
		return nil
	}
	if err != nil && !isDamaged(err) {
		return fmt.Errorf("check %s: %w", db.path, err)
	}
	return &Error{Code: Invalid, Message: fmt.Sprintf("%s is damaged or not a database of ours: restore a backup (bourse restore FILE)", db.path), Err: err}
}

// Writable stores a few bytes, to see whether the database still can.
func (db *DB) Writable(ctx context.Context) error {
	if db.Full() {
		return Errorf(Unavailable, "the disk is nearly full")
	}
	value := time.Now().UTC().Format(time.RFC3339Nano) + strings.Repeat(" ", heartbeatBytes)
	err := db.w(ctx).Exec("INSERT INTO setting (name, value) VALUES ('heartbeat', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", value).Error
	if err != nil {
		return fmt.Errorf("write a heartbeat: %w", err)
	}
	return nil
}

// heartbeatBytes makes the write as large as a page, so that it cannot hide in a page's free space.
const heartbeatBytes = 4096

// Backup writes a consistent copy of the SQLite database to file, which must not exist, while
// writers go on. PostgreSQL has pg_dump for that.
func (db *DB) Backup(ctx context.Context, file string) error {
	if db.dialect != SQLite {
		return Errorf(Invalid, "backup writes a copy of the SQLite file; use pg_dump for PostgreSQL")
	}
	// An empty file of ours, which SQLite then fills: it is nobody else's from its first byte on.
	made, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return Errorf(Conflict, "%s exists already; name a new file", file)
	}
	if err == nil {
		err = made.Close()
	}
	if err != nil {
		return fmt.Errorf("backup to %s: %w", file, err)
	}
	// A reader can do it: VACUUM INTO writes another file and takes one snapshot of this one.
	if err := db.writer.WithContext(ctx).Exec("VACUUM INTO ?", file).Error; err != nil {
		os.Remove(file) // half a copy is worse than none
		return fmt.Errorf("backup to %s: %w", file, err)
	}
	return nil
}

// Restore puts a copy that Backup made into an empty data folder. The copy is checked first; a
// folder that holds a database already is a Conflict, and is left as it is.
func Restore(ctx context.Context, file, dataDir string) error {
	target := filepath.Join(dataDir, sqliteFile)
	if _, err := os.Stat(target); err == nil {
		return Errorf(Conflict, "%s exists: move it away first, so that nothing is lost by a slip", target)
	}
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	trial, err := os.MkdirTemp(dataDir, "restore-")
	if err != nil {
		return fmt.Errorf("make room for the copy: %w", err)
	}
	defer os.RemoveAll(trial)
	if err := copyFile(file, filepath.Join(trial, sqliteFile)); err != nil {
		return err
	}
	db, err := Open(ctx, Options{DataDir: trial})
	if err != nil {
		return err
	}
	version, err := db.SchemaVersion(ctx)
	if closed := db.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return &Error{Code: Invalid, Message: file + " is a SQLite database, but not one of ours", Err: err}
	}
	files, err := migrations(SQLite)
	if err != nil {
		return err
	}
	if newest := files[len(files)-1].version; version > newest {
		return Errorf(Invalid, "%s has schema %d, this program knows up to %d: restore it with a newer program", file, version, newest)
	}
	return os.Rename(filepath.Join(trial, sqliteFile), target)
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return Errorf(Invalid, "%s cannot be read: %s", from, err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write the copy: %w", err)
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	return out.Sync()
}
