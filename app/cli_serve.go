package app

import (
	"context"
	"flag"
	"fmt"
	"runtime/debug"
	"time"

	"bourse/models"
)

func (t *tool) serve(ctx context.Context, args []string) error {
	if err := none(args); err != nil {
		return err
	}
	began := time.Now()
	moreRoom(t.config)
	t.log.Info("in force", t.config.InForce()...)
	a, err := New(ctx, t.config, t.log)
	if err != nil {
		return err
	}
	s := a.Catalog.Current()
	callable := 0
	for _, e := range s.Models {
		if e.Callable {
			callable++
		}
	}
	t.log.Info("open", "address", t.config.BaseURL, "models", len(s.Models), "callable_here", callable, "after", time.Since(began).Round(time.Millisecond))
	go debug.FreeOSMemory() // what only the start needed
	return a.Run(ctx)
}

// database opens and migrates the database that the server uses, beside it if it runs.
func (t *tool) database(ctx context.Context) (*models.DB, error) {
	db, err := models.Open(ctx, models.Options{URL: t.config.DatabaseURL, DataDir: t.config.DataDir})
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

func (t *tool) migrate(ctx context.Context, args []string) error {
	if err := none(args); err != nil {
		return err
	}
	db, err := t.database(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	v, err := db.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "schema %d\n", v)
	return nil
}

func (t *tool) backup(ctx context.Context, args []string) error {
	names, err := arguments(flag.NewFlagSet("", flag.ContinueOnError), args, "FILE")
	if err != nil {
		return err
	}
	db, err := models.Open(ctx, models.Options{URL: t.config.DatabaseURL, DataDir: t.config.DataDir})
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Backup(ctx, names[0]); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s\n", names[0])
	return nil
}

func (t *tool) restore(ctx context.Context, args []string) error {
	names, err := arguments(flag.NewFlagSet("", flag.ContinueOnError), args, "FILE")
	if err != nil {
		return err
	}
	if t.config.DatabaseURL != "" {
		return models.Errorf(models.Invalid, "restore is for SQLite; use pg_restore for PostgreSQL")
	}
	if err := models.Restore(ctx, names[0], t.config.DataDir); err != nil {
		return err
	}
	return t.ledgerCheck(ctx, nil)
}

func (t *tool) version(_ context.Context, args []string) error {
	if err := none(args); err != nil {
		return err
	}
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				version = s.Value
			}
		}
	}
	fmt.Fprintf(t.out, "bourse %s\n", version)
	return nil
}
