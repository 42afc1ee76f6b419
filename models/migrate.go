package models

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"sort"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrationLock is the key of PostgreSQL's advisory lock, so that replicas that start together
// migrate one after the other.
const migrationLock = 7230415

type migration struct {
	version int
	name    string
	sql     string
}

// Migrate brings the schema up to this program's version, each numbered file once, all in one
// transaction. A schema newer than the program is refused.
func (db *DB) Migrate(ctx context.Context) error {
	files, err := migrations(db.dialect)
	if err != nil {
		return err
	}
	if err := db.backupFirst(ctx, files[len(files)-1].version); err != nil {
		return err
	}
	return db.Tx(ctx, func(tx *DB) error {
		g := tx.w(ctx)
		if db.dialect == PostgreSQL {
			if err := g.Exec("SELECT pg_advisory_xact_lock(?)", migrationLock).Error; err != nil {
				return fmt.Errorf("lock migrations: %w", err)
			}
		}
		err := g.Exec("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY, applied_at TIMESTAMP NOT NULL)").Error
		if err != nil {
			return fmt.Errorf("make schema_version: %w", err)
		}
		var done int
		if err := g.Raw("SELECT COALESCE(MAX(version), 0) FROM schema_version").Scan(&done).Error; err != nil {
			return fmt.Errorf("read schema_version: %w", err)
		}
		if newest := files[len(files)-1].version; done > newest {
			return Errorf(Invalid, "the database has schema %d, this program knows up to %d: start a newer program", done, newest)
		}
		for _, m := range files {
			if m.version > done {
				if err := m.apply(g); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// backupFirst copies a SQLite database that is about to be changed beside itself.
func (db *DB) backupFirst(ctx context.Context, newest int) error {
	if db.dialect != SQLite || db.tx != nil {
		return nil
	}
	var made int
	if err := db.writer.WithContext(ctx).Raw("SELECT COUNT(*) FROM sqlite_master WHERE name = 'schema_version'").Scan(&made).Error; err != nil {
		return fmt.Errorf("look for schema_version: %w", err)
	}
	if made == 0 {
		return nil
	}
	done, err := db.SchemaVersion(ctx)
	if err != nil || done == 0 || done >= newest {
		return err
	}
	file := fmt.Sprintf("%s.schema-%d.%s", db.path, done, time.Now().UTC().Format("20060102T150405"))
	if err := db.Backup(ctx, file); err != nil {
		return fmt.Errorf("backup before migrating: %w", err)
	}
	return nil
}

// SchemaVersion is the number of the newest migration applied, 0 for an empty database.
func (db *DB) SchemaVersion(ctx context.Context) (int, error) {
	var v int
	err := db.r(ctx).Raw("SELECT COALESCE(MAX(version), 0) FROM schema_version").Scan(&v).Error
	if err != nil {
		return 0, fmt.Errorf("read schema_version: %w", err)
	}
	return v, nil
}

func (m migration) apply(g *gorm.DB) error {
	for _, stmt := range strings.Split(m.sql, ";\n") {
		if stmt = stripComments(stmt); stmt == "" {
			continue
		}
		if err := g.Exec(stmt).Error; err != nil {
			return fmt.Errorf("migration %s: %w", m.name, err)
		}
	}
	err := g.Exec("INSERT INTO schema_version (version, applied_at) SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM schema_version WHERE version = ?)",
		m.version, time.Now().UTC(), m.version).Error
	if err != nil {
		return fmt.Errorf("record migration %s: %w", m.name, err)
	}
	return nil
}

// migrations lists the files for one engine in order: NNNN_name.sql runs on both, and
// NNNN_name.<dialect>.sql after it on that engine only.
func migrations(dialect string) ([]migration, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	var out []migration
	for _, name := range names {
		base := strings.TrimSuffix(strings.TrimPrefix(name, "migrations/"), ".sql")
		if _, only, found := strings.Cut(base, "."); found && only != dialect {
			continue
		}
		version, err := strconv.Atoi(base[:4])
		if err != nil {
			return nil, fmt.Errorf("migration %s: its name must begin with four digits", name)
		}
		body, err := migrationFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		out = append(out, migration{version, base, keyed(string(body)+"\n", dialect)})
	}
	// The file of both engines comes before the one of a single engine.
	sort.SliceStable(out, func(i, j int) bool {
		if out[i].version != out[j].version {
			return out[i].version < out[j].version
		}
		return len(out[i].name) < len(out[j].name)
	})
	return out, nil
}

// keyed has SQLite store the marked tables in the order of their primary key: half the writes of a
// row, and most of the time of the ledger is writing rows.
func keyed(body, dialect string) string {
	if dialect == SQLite {
		return strings.ReplaceAll(body, "/* keyed */", "WITHOUT ROWID")
	}
	return body
}

func stripComments(stmt string) string {
	var keep []string
	for _, line := range strings.Split(stmt, "\n") {
		if !strings.HasPrefix(strings.TrimSpace(line), "--") {
			keep = append(keep, line)
		}
	}
	return strings.TrimSuffix(strings.TrimSpace(strings.Join(keep, "\n")), ";")
}
