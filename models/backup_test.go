package models_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"bourse/models"
)

func openAt(t *testing.T, dir string) *models.DB {
	t.Helper()
	db, err := models.Open(t.Context(), models.Options{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestRestore(t *testing.T) {
	dir := t.TempDir()
	db := openAt(t, dir)
	id, err := db.CreateAccount(t.Context(), "usr-1")
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := db.Backup(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	if err := db.Backup(t.Context(), copied); models.CodeOf(err) != models.Conflict {
		t.Errorf("a backup over a file that exists: %v", err)
	}
	whole, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, body []byte) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, body, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for name, file := range map[string]string{
		"truncated":   write("truncated.db", whole[:len(whole)/2]),
		"no database": write("letter.txt", []byte("Dear reader, this is a letter and no database at all.")),
		"overwritten": write("holes.db", append(append([]byte{}, whole[:4096]...), make([]byte, len(whole)-4096)...)),
		"missing":     filepath.Join(t.TempDir(), "nothing"),
	} {
		fresh := t.TempDir()
		if err := models.Restore(t.Context(), file, fresh); err == nil {
			t.Errorf("%s: it was restored", name)
		}
		left, err := os.ReadDir(fresh)
		if err != nil || len(left) != 0 {
			t.Errorf("%s: it left %v, %v", name, left, err)
		}
	}
	fresh := t.TempDir()
	if err := models.Restore(t.Context(), copied, fresh); err != nil {
		t.Fatal(err)
	}
	if _, err := openAt(t, fresh).AccountByID(t.Context(), id); err != nil {
		t.Errorf("the account is not in the copy: %v", err)
	}
	if err := models.Restore(t.Context(), copied, dir); models.CodeOf(err) != models.Conflict {
		t.Errorf("a restore over a database: %v", err)
	}
}

func TestDamagedDatabase(t *testing.T) {
	dir := t.TempDir()
	db := openAt(t, dir)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "bourse.db")
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 8192; i < 12288; i++ {
		body[i] = 0xA5
	}
	if err := os.WriteFile(file, body, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := models.Open(context.Background(), models.Options{DataDir: dir}); models.CodeOf(err) != models.Invalid {
		t.Errorf("a damaged database was opened: %v", err)
	}
}
