// Package modelstest runs a test on both engines.
package modelstest

import (
	"context"
	"testing"

	"bourse/models"
	"bourse/test/pgtest"
)

// Each runs the test on an empty, migrated database of each engine.
func Each(t *testing.T, fn func(t *testing.T, db *models.DB)) {
	t.Helper()
	t.Run(models.SQLite, func(t *testing.T) {
		fn(t, Open(t, models.Options{DataDir: t.TempDir()}))
	})
	t.Run(models.PostgreSQL, func(t *testing.T) {
		fn(t, Open(t, models.Options{URL: pgtest.URL(t)}))
	})
}

// Open opens and migrates a database that is closed when the test ends.
func Open(t testing.TB, o models.Options) *models.DB {
	t.Helper()
	// Not the test's context: what the test registers for its end still needs the database.
	ctx := context.Background()
	db, err := models.Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close database: %v", err)
		}
	})
	if err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	return db
}
