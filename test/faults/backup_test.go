package faults

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestBackup copies the database under load, puts the copy into an empty folder and opens the
// house on it: every answer given before the copy began is in it, and its books are right.
func TestBackup(t *testing.T) {
	h := newHouse(t, quick(t), nil)
	account, key := h.customer("100")
	h.start()
	l := begin(key, callers, h.url)
	l.until(t, 200)
	before := l.snapshot()
	copied := filepath.Join(t.TempDir(), "copy.db")
	h.must("backup", copied)
	l.until(t, 100)
	l.end()
	h.settle("a backup is made", account, l)
	h.kill()

	h.env["DATA_DIR"] = filepath.Join(t.TempDir(), "restored")
	if out := h.must("restore", copied); !strings.Contains(out, "every invariant holds") {
		t.Error(out)
	}
	h.start()
	h.settle("the backup is restored", account, before)
}
