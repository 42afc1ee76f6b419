package harness

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"bourse/app/catalog"
	"bourse/models"
)

// first is what stands in the data folder of a new house once it has taken its schema and its
// catalogue in, which is most of what a start takes: made once in a process.
var first = sync.OnceValues(func() (files map[string][]byte, err error) {
	dir, err := os.MkdirTemp("", "bourse-first-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	db, err := models.Open(ctx, models.Options{DataDir: dir})
	if err != nil {
		return nil, err
	}
	if err = db.Migrate(ctx); err == nil {
		err = catalog.New(db, func(models.Provider) bool { return false }).Import(ctx)
	}
	if closed := db.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, err
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	files = map[string][]byte{}
	for _, f := range list {
		if files[f.Name()], err = os.ReadFile(filepath.Join(dir, f.Name())); err != nil {
			return nil, err
		}
	}
	return files, nil
})

// prepared is a data folder with a new house in it.
func prepared(t testing.TB) string {
	t.Helper()
	files, err := first()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
