package models

import (
	"testing"
	"time"
)

// TestNewerSchema opens a database that a newer program has changed: it is refused and stays as
// it is.
func TestNewerSchema(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		for range 2 { // a second time changes nothing
			if err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.w(t.Context()).Exec("INSERT INTO schema_version (version, applied_at) VALUES (9999, ?)", time.Now()).Error; err != nil {
			t.Fatal(err)
		}
		if err := db.Migrate(t.Context()); CodeOf(err) != Invalid {
			t.Errorf("a newer schema was taken: %v", err)
		}
	})
}
