package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

const (
	sqliteFile      = "bourse.db"
	sqliteReaders   = 8  // readers never wait for the writer in WAL mode
	postgresConns   = 24 // well below a server's usual limit of 100, so that several replicas fit
	busyTimeoutMs   = 10_000
	openTimeout     = 2 * time.Minute // a large file is looked through for damage
	connIdleMinutes = 5
)

// The two engines.
const (
	SQLite     = "sqlite"
	PostgreSQL = "postgres"
)

// Options say which database to open.
type Options struct {
	URL     string // postgres://… or "" for SQLite
	DataDir string // where the SQLite file lives; made when missing
}

// DB is an open database, or the same database bound to a transaction. Reads go to a pool of
// readers; writes go to one connection on SQLite, because it has one writer whatever we do and
// waiting in Go is fairer than waiting in its busy handler.
type DB struct {
	dialect string
	path    string // of the SQLite file
	writer  *gorm.DB
	reader  *gorm.DB
	tx      *gorm.DB // set when bound to a transaction
}

// Open connects to the database and refuses one whose durability is weaker than the ledger needs.
// It does not migrate.
func Open(ctx context.Context, o Options) (*DB, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	var db *DB
	var err error
	switch {
	case o.URL == "":
		db, err = openSQLite(o.DataDir)
	case strings.HasPrefix(o.URL, "postgres://"), strings.HasPrefix(o.URL, "postgresql://"):
		db, err = openPostgres(o.URL)
	default:
		return nil, Errorf(Invalid, "DATABASE_URL must begin with postgres://, or be empty for SQLite")
	}
	if err != nil {
		return nil, err
	}
	for _, check := range []func(context.Context) error{db.checkDamage, db.checkDurability} {
		if err := check(ctx); err != nil {
			db.Close()
			return nil, err
		}
	}
	return db, nil
}

func openSQLite(dir string) (*DB, error) {
	if dir == "" {
		return nil, Errorf(Invalid, "DATA_DIR is empty: name a folder for the database")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	layer, err := syncLayer()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, sqliteFile)
	writer, err := openPool(sqliteDialect{sqliteDSN(path, layer, false)}, 1, 0) // it is kept: it has the ledger's statements
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	reader, err := openPool(sqliteDialect{sqliteDSN(path, layer, true)}, sqliteReaders, connIdleMinutes*time.Minute)
	if err != nil {
		return nil, fmt.Errorf("open %s for reading: %w", path, err)
	}
	return &DB{dialect: SQLite, path: path, writer: writer, reader: reader}, nil
}

// sqliteDSN orders the pragmas: the busy timeout first, since switching to WAL may itself have to
// wait; FULL because WAL with NORMAL loses acknowledged commits when the power goes.
func sqliteDSN(path, layer string, readOnly bool) string {
	q := url.Values{"_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyTimeoutMs),
		"journal_mode(WAL)",
		"synchronous(FULL)",
		"foreign_keys(1)",
		"temp_store(MEMORY)",
		"cache_size(-8192)",
		// Carrying the log over into the file costs two syncs, and pages that change all the time are
		// carried over each time: so not every thousand pages.
		"wal_autocheckpoint(4000)",
	}}
	q.Set("_time_format", "sqlite")
	if layer != "" {
		q.Set("vfs", layer)
	}
	if readOnly {
		q.Add("_pragma", "query_only(1)")
	} else {
		q.Set("_txlock", "immediate")
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

func openPostgres(dsn string) (*DB, error) {
	pool, err := openPool(postgres.New(postgres.Config{DSN: dsn}), postgresConns, connIdleMinutes*time.Minute)
	if err != nil {
		return nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	return &DB{dialect: PostgreSQL, writer: pool, reader: pool}, nil
}

func openPool(d gorm.Dialector, conns int, idle time.Duration) (*gorm.DB, error) {
	g, err := gorm.Open(d, &gorm.Config{
		Logger:                 logger.Discard, // errors rise to the door, which logs them once
		SkipDefaultTransaction: true,
		// Not PrepareStmt: it waits for a connection under a lock that whoever has the connection may
		// want. pgx keeps its own statements, the ledger its own on SQLite.
		PrepareStmt:          false,
		NowFunc:              func() time.Time { return time.Now().UTC() },
		DisableAutomaticPing: true,
	})
	if err != nil {
		return nil, err
	}
	pool, err := g.DB()
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	pool.SetConnMaxIdleTime(idle)
	return g, nil
}

// checkDurability reads the settings that decide whether an acknowledged commit survives a power cut.
func (db *DB) checkDurability(ctx context.Context) error {
	if db.dialect == SQLite {
		var level int
		var mode string
		if err := db.writer.WithContext(ctx).Raw("PRAGMA synchronous").Scan(&level).Error; err != nil {
			return fmt.Errorf("read PRAGMA synchronous: %w", err)
		}
		if err := db.writer.WithContext(ctx).Raw("PRAGMA journal_mode").Scan(&mode).Error; err != nil {
			return fmt.Errorf("read PRAGMA journal_mode: %w", err)
		}
		if level < 2 || !strings.EqualFold(mode, "wal") {
			return Errorf(Internal, "SQLite runs with journal_mode=%s synchronous=%d; the ledger needs WAL and FULL", mode, level)
		}
		return nil
	}
	var commit string
	if err := db.writer.WithContext(ctx).Raw("SHOW synchronous_commit").Scan(&commit).Error; err != nil {
		return fmt.Errorf("read synchronous_commit: %w", err)
	}
	if commit == "off" {
		return Errorf(Internal, "PostgreSQL runs with synchronous_commit=off; the ledger needs it on")
	}
	return nil
}

// Close closes the pools; transactions still open are rolled back.
func (db *DB) Close() error {
	var errs []error
	for _, g := range []*gorm.DB{db.reader, db.writer} {
		if g == nil || (g == db.reader && db.reader == db.writer) {
			continue
		}
		if pool, err := g.DB(); err == nil {
			errs = append(errs, pool.Close())
		}
	}
	return errors.Join(errs...)
}

// Dialect is the name of the engine: SQLite or PostgreSQL.
func (db *DB) Dialect() string { return db.dialect }

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	pool, err := db.writer.DB()
	if err != nil {
		return err
	}
	return pool.PingContext(ctx)
}

// Tx runs fn in one transaction and hands it the same type bound to it. A Tx inside a Tx joins
// the outer one. An error from fn rolls back and is returned as it is.
func (db *DB) Tx(ctx context.Context, fn func(tx *DB) error) error {
	if db.tx != nil {
		return fn(db)
	}
	return db.writer.WithContext(ctx).Transaction(func(g *gorm.DB) error {
		bound := *db
		bound.tx = g
		return fn(&bound)
	})
}

// r is the handle for reads: the transaction when bound to one, else the readers.
func (db *DB) r(ctx context.Context) *gorm.DB {
	if db.tx != nil {
		return db.tx.WithContext(ctx)
	}
	return db.reader.WithContext(ctx)
}

// w is the handle for writes.
func (db *DB) w(ctx context.Context) *gorm.DB {
	if db.tx != nil {
		return db.tx.WithContext(ctx)
	}
	return db.writer.WithContext(ctx)
}

// writerPool is the raw pool under the writer, for the batches of the ledger.
func (db *DB) writerPool() (*sql.DB, error) { return db.writer.DB() }
