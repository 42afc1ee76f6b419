package models

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
	"modernc.org/sqlite"
)

// SQLite's result codes that we act on.
const (
	sqliteBusy       = 5
	sqliteLocked     = 6
	sqliteReadOnly   = 8
	sqliteIOError    = 10
	sqliteCorrupt    = 11
	sqliteFull       = 13
	sqliteCantOpen   = 14
	sqliteNotADB     = 26
	sqliteConstraint = 19
	sqliteUnique     = 2067
	sqlitePrimaryKey = 1555
)

// isMissing reports whether err means that no row was found.
func isMissing(err error) bool {
	return errors.Is(err, gorm.ErrRecordNotFound) || errors.Is(err, sql.ErrNoRows)
}

// isDuplicate reports whether err means that a unique key exists already. This file is the only
// place that knows the engines' codes.
func isDuplicate(err error) bool {
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return true
	}
	var s *sqlite.Error
	if errors.As(err, &s) {
		return s.Code() == sqliteUnique || s.Code() == sqlitePrimaryKey
	}
	var p *pgconn.PgError
	return errors.As(err, &p) && p.Code == "23505"
}

// Duplicate reports whether a row was there already.
func Duplicate(err error) bool { return isDuplicate(err) }

// Retryable reports whether the same transaction may succeed when it is simply run again: the
// database was busy, two transactions got in each other's way, or the connection was lost, in
// which case the commit may or may not have happened.
func Retryable(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
		return true
	}
	var s *sqlite.Error
	if errors.As(err, &s) {
		base := s.Code() & 0xff
		return base == sqliteBusy || base == sqliteLocked
	}
	var p *pgconn.PgError
	if errors.As(err, &p) {
		class := p.Code[:min(2, len(p.Code))]
		return p.Code == "40001" || p.Code == "40P01" || class == "08" || class == "57" || (class == "53" && p.Code != "53100")
	}
	var own *Error
	return !errors.As(err, &own) && !isConstraint(err) && !isMissing(err)
}

// isConstraint reports whether the rows themselves were refused, so that running the same
// transaction again can never succeed.
func isConstraint(err error) bool {
	var s *sqlite.Error
	if errors.As(err, &s) {
		return s.Code()&0xff == sqliteConstraint
	}
	var p *pgconn.PgError
	return errors.As(err, &p) && len(p.Code) == 5 && p.Code[:2] == "23"
}

// Unwritable reports whether the database answered that it cannot store anything now: its disk is
// full, broken or read-only. That may pass, but not within a request.
func Unwritable(err error) bool {
	var s *sqlite.Error
	if errors.As(err, &s) {
		switch s.Code() & 0xff {
		case sqliteFull, sqliteIOError, sqliteReadOnly, sqliteCantOpen:
			return true
		}
		return false
	}
	var p *pgconn.PgError
	return errors.As(err, &p) && (p.Code == "53100" || p.Code == "25006")
}

// isDamaged reports whether a file is no SQLite database, or not a whole one.
func isDamaged(err error) bool {
	var s *sqlite.Error
	return errors.As(err, &s) && (s.Code()&0xff == sqliteCorrupt || s.Code()&0xff == sqliteNotADB)
}
