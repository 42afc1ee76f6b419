package models

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// writeCalls is how many times this process has called the system to write.
func writeCalls(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var n int
		if _, err := fmt.Sscanf(line, "syscw: %d", &n); err == nil {
			return n
		}
	}
	t.Fatal("the system does not count writes")
	return 0
}

// TestACommitIsAFewWrites and not two for each page that it changed.
func TestACommitIsAFewWrites(t *testing.T) {
	db := migrated(t)
	before := writeCalls(t)
	for i := range 50 {
		if err := db.writer.Exec("INSERT INTO setting (name, value) VALUES (?, hex(zeroblob(15000)))", fmt.Sprint("many-", i)).Error; err != nil {
			t.Fatal(err)
		}
	}
	// Each of them changes nine pages, which are eighteen writes one by one.
	if n := writeCalls(t) - before; n > 50*6 {
		t.Errorf("%d writes for 50 commits", n)
	}
}

// TestWhatWaitsIsNeverMissed makes commits of every size, some of them undone, some larger than what
// waits and than the memory for pages, and reads each with another connection, also where SQLite
// does not sync at the end of it.
func TestWhatWaitsIsNeverMissed(t *testing.T) {
	db := migrated(t)
	for _, level := range []string{"FULL", "NORMAL", "OFF"} {
		if err := db.writer.Exec("PRAGMA synchronous = " + level).Error; err != nil {
			t.Fatal(err)
		}
		for i, size := range []int{1, 3000, 4000, 9000, 130_000, 300_000, 20_000_000} {
			name := fmt.Sprint(level, i)
			undone := db.writer.Begin()
			if err := undone.Exec("INSERT INTO setting (name, value) VALUES (?, ?)", "undone"+name, strings.Repeat("u", size)).Error; err != nil {
				t.Fatal(err)
			}
			if err := undone.Rollback().Error; err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{strings.Repeat("a", size), strings.Repeat("b", size+5000)} {
				if err := db.writer.Exec("INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, text).Error; err != nil {
					t.Fatal(err)
				}
				var read string
				if err := db.reader.Raw("SELECT value FROM setting WHERE name = ?", name).Scan(&read).Error; err != nil || read != text {
					t.Fatalf("%s, %d bytes: read %d bytes, %v", level, size, len(read), err)
				}
			}
		}
	}
	var undone int64
	if err := db.reader.Raw("SELECT count(*) FROM setting WHERE name LIKE 'undone%'").Scan(&undone).Error; err != nil || undone != 0 {
		t.Errorf("%d of what was undone is there, %v", undone, err)
	}
	var found string
	if err := db.reader.Raw("PRAGMA integrity_check").Scan(&found).Error; err != nil || found != "ok" {
		t.Errorf("%s, %v", found, err)
	}
}

func migrated(t *testing.T) *DB {
	t.Helper()
	db, err := Open(t.Context(), Options{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}
