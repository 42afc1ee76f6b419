package models

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// sqliteConn is what the driver's connection can do that we need of it.
type sqliteConn interface {
	driver.ExecerContext
	driver.ConnPrepareContext
}

// sqliteStatement is a compiled statement of the driver.
type sqliteStatement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// sqliteStatements are the statements by their text, compiled once on the one connection that writes.
// There are as many as this package writes.
type sqliteStatements struct {
	conn   sqliteConn
	byText map[string]sqliteStatement
}

// sqliteTx is a transaction of the ledger on SQLite. It speaks to the driver itself: database/sql
// starts a goroutine for each transaction, and for each answer in one, to watch over contexts that
// can end, and here none can.
type sqliteTx struct {
	*sqliteStatements
	ctx  context.Context
	args []driver.NamedValue // of the next statement
}

func (s *MoneyStore) runSQLite(ctx context.Context, fn func(ctx context.Context, m *MoneyTx) error) error {
	conn, err := s.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() // gives it back to the pool
	ctx = context.WithoutCancel(ctx)
	return conn.Raw(func(raw any) error {
		if s.lite.conn != raw { // those of another connection went with it
			s.lite = sqliteStatements{conn: raw.(sqliteConn), byText: map[string]sqliteStatement{}}
		}
		t := &sqliteTx{sqliteStatements: &s.lite, ctx: ctx}
		if _, err := t.exec("BEGIN IMMEDIATE"); err != nil {
			return err
		}
		err := fn(ctx, &MoneyTx{store: s, lite: t, dialect: SQLite})
		if err == nil {
			t.clear()
			_, err = t.exec("COMMIT")
		}
		if err != nil {
			t.clear()
			_, _ = t.exec("ROLLBACK") // it fails where SQLite has done so by itself
		}
		return err
	})
}

// Close releases the statements. The database must still be open.
func (s *MoneyStore) Close() {
	conn, err := s.pool.Conn(context.Background())
	if err != nil {
		return // the connection is gone, and its statements with it
	}
	defer conn.Close()
	_ = conn.Raw(func(raw any) error {
		if s.lite.conn == raw {
			for _, stmt := range s.lite.byText {
				stmt.Close()
			}
		}
		s.lite = sqliteStatements{}
		return nil
	})
}

// clear forgets the parameters of the statement before.
func (t *sqliteTx) clear() { t.args = t.args[:0] }

// bind adds a parameter: a string, an int64 or a bool.
func (t *sqliteTx) bind(v any) {
	t.args = append(t.args, driver.NamedValue{Ordinal: len(t.args) + 1, Value: v})
}

func (t *sqliteTx) statement(text string) (sqliteStatement, error) {
	if stmt := t.byText[text]; stmt != nil {
		return stmt, nil
	}
	made, err := t.conn.PrepareContext(t.ctx, text)
	if err != nil {
		return nil, err
	}
	stmt := made.(sqliteStatement)
	t.byText[text] = stmt
	return stmt, nil
}

// exec runs a statement with the parameters bound, and returns how many rows it changed.
func (t *sqliteTx) exec(text string) (int64, error) {
	stmt, err := t.statement(text)
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(t.ctx, t.args)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// ask runs a statement with the parameters bound, and gives each row of its answer to scan.
func (t *sqliteTx) ask(text string, scan func(row) error) error {
	stmt, err := t.statement(text)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(t.ctx, t.args)
	if err != nil {
		return err
	}
	values := make(sqliteRow, len(rows.Columns()))
	for {
		err := rows.Next(values)
		if errors.Is(err, io.EOF) {
			return rows.Close()
		}
		if err == nil {
			err = scan(values)
		}
		if err != nil {
			rows.Close() // the first error is the one worth telling
			return err
		}
	}
}

// sqliteRow is one row as the driver gives it.
type sqliteRow []driver.Value

// Scan puts the values where they belong. It knows the types that the ledger's rows have.
func (r sqliteRow) Scan(into ...any) error {
	if len(into) != len(r) {
		return fmt.Errorf("a row of %d values for %d places", len(r), len(into))
	}
	for i, value := range r {
		ok := false
		switch place := into[i].(type) {
		case *string:
			*place, ok = value.(string)
		case *int64:
			*place, ok = value.(int64)
		case *Amount:
			var n int64
			n, ok = value.(int64)
			*place = Amount(n)
		case *GenerationState:
			var n int64
			n, ok = value.(int64)
			*place = GenerationState(n)
		case *bool:
			switch v := value.(type) {
			case bool:
				*place, ok = v, true
			case int64:
				*place, ok = v != 0, true
			}
		}
		if !ok {
			return fmt.Errorf("value %d of a row is a %T, and goes into a %T", i, value, into[i])
		}
	}
	return nil
}
