package models

import (
	"database/sql"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// sqliteDialect tells gorm how SQLite writes statements: as little as we use of it. The ready-made
// dialects bring drivers that compile a statement each time it runs; this driver keeps prepared
// statements compiled, which is most of the time of a small transaction.
type sqliteDialect struct{ dsn string }

// Name is gorm's name of the dialect.
func (sqliteDialect) Name() string { return SQLite }

// Initialize opens the pool.
func (d sqliteDialect) Initialize(db *gorm.DB) error {
	pool, err := sql.Open("sqlite", d.dsn)
	if err != nil {
		return err
	}
	db.ConnPool = pool
	callbacks.RegisterDefaultCallbacks(db, &callbacks.Config{})
	return nil
}

// Migrator is none: the schema is numbered files of SQL.
func (sqliteDialect) Migrator(*gorm.DB) gorm.Migrator { return nil }

// DataTypeOf is never asked, because gorm makes no tables here.
func (sqliteDialect) DataTypeOf(*schema.Field) string { return "" }

// DefaultValueOf lets the table decide.
func (sqliteDialect) DefaultValueOf(*schema.Field) clause.Expression {
	return clause.Expr{SQL: "NULL"}
}

// BindVarTo writes a placeholder.
func (sqliteDialect) BindVarTo(w clause.Writer, _ *gorm.Statement, _ any) { w.WriteByte('?') }

// QuoteTo writes a name, each of its parts between dots in quotes.
func (sqliteDialect) QuoteTo(w clause.Writer, name string) {
	for i, part := range strings.Split(name, ".") {
		if i > 0 {
			w.WriteByte('.')
		}
		w.WriteString(`"` + strings.ReplaceAll(strings.Trim(part, "\"`"), `"`, `""`) + `"`)
	}
}

// Explain writes a statement with its values, for a log.
func (sqliteDialect) Explain(query string, vars ...any) string {
	return logger.ExplainSQL(query, nil, `'`, vars...)
}
