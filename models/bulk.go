package models

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// bulk is many rows on their way into a statement. PostgreSQL takes them all at once as arrays
// through unnest: a batch costs one round trip. SQLite, which has no round trips, takes them one by
// one through a statement that stays compiled, or, where the answer must be one list, all at once
// as JSON through json_each. The text of the statement does not depend on the number of rows.
type bulk struct {
	columns []bulkColumn
	rows    int
}

type bulkColumn struct {
	name  string
	kind  byte // t text, i bigint, b boolean
	texts []string
	ints  []int64
	bools []bool
}

// newBulk describes the columns as "name:kind" words, kinds t, i and b.
func newBulk(spec string) *bulk {
	b := &bulk{}
	for _, word := range strings.Fields(spec) {
		name, kind, _ := strings.Cut(word, ":")
		b.columns = append(b.columns, bulkColumn{name: name, kind: kind[0]})
	}
	return b
}

// add appends one row; the values must match the columns in number and kind.
func (b *bulk) add(values ...any) {
	for i, v := range values {
		c := &b.columns[i]
		switch v := v.(type) {
		case string:
			c.texts = append(c.texts, storable(v))
		case int64:
			c.ints = append(c.ints, v)
		case bool:
			c.bools = append(c.bools, v)
		default:
			panic(fmt.Sprintf("bulk column %s: %T is none of string, int64, bool", c.name, v))
		}
	}
	b.rows++
}

// storable is a text as both engines keep it: bytes that are not UTF-8 become the replacement
// character, and NUL is dropped. PostgreSQL refuses either, and what a provider put into a finish
// reason must not keep a charge from being booked.
func storable(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	return s
}

// names lists the columns for an INSERT.
func (b *bulk) names() string {
	var s []string
	for _, c := range b.columns {
		s = append(s, c.name)
	}
	return strings.Join(s, ", ")
}

// rowsOnce begins a statement on SQLite: each row is parsed once, into SQLite's own form, instead
// of once for each of its columns, which is most of the time otherwise.
const rowsOnce = "WITH bulk_rows AS MATERIALIZED (SELECT jsonb(value) AS r FROM json_each(?)) "

// source is the FROM item that yields the rows as v(column, …).
func (b *bulk) source(dialect string) string {
	var s strings.Builder
	if dialect == PostgreSQL {
		s.WriteString("unnest(")
		for i, c := range b.columns {
			if i > 0 {
				s.WriteString(", ")
			}
			fmt.Fprintf(&s, "$%d::%s[]", i+1, map[byte]string{'t': "text", 'i': "bigint", 'b': "boolean"}[c.kind])
		}
		return s.String() + ") AS v(" + b.names() + ")"
	}
	s.WriteString("(SELECT ")
	for i, c := range b.columns {
		if i > 0 {
			s.WriteString(", ")
		}
		fmt.Fprintf(&s, "json_extract(r, '$[%d]') AS %s", i, c.name)
	}
	return s.String() + " FROM bulk_rows) AS v"
}

// args are the parameters that go with source.
func (b *bulk) args(dialect string) []any {
	if dialect != PostgreSQL {
		return []any{b.json()}
	}
	out := make([]any, len(b.columns))
	for i, c := range b.columns {
		switch c.kind {
		case 't':
			out[i] = c.texts
		case 'i':
			out[i] = c.ints
		case 'b':
			out[i] = c.bools
		}
	}
	return out
}

func (b *bulk) json() string {
	out := make([]byte, 0, 64*b.rows*len(b.columns)/4+2)
	out = append(out, '[')
	for r := range b.rows {
		if r > 0 {
			out = append(out, ',')
		}
		out = append(out, '[')
		for i := range b.columns {
			if i > 0 {
				out = append(out, ',')
			}
			c := &b.columns[i]
			switch c.kind {
			case 't':
				out = appendJSONText(out, c.texts[r])
			case 'i':
				out = strconv.AppendInt(out, c.ints[r], 10)
			case 'b':
				out = strconv.AppendBool(out, c.bools[r])
			}
		}
		out = append(out, ']')
	}
	return string(append(out, ']'))
}

// appendJSONText quotes s, which is storable.
func appendJSONText(out []byte, s string) []byte {
	out = append(out, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c < 0x20:
			out = append(out, '\\', 'u', '0', '0', "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		case c < utf8.RuneSelf:
			out = append(out, c)
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			out = utf8.AppendRune(out, r)
			i += n
			continue
		}
		i++
	}
	return append(out, '"')
}

// exec runs a statement that changes rows. The text "{v}" in it stands for the rows.
func (b *bulk) exec(ctx context.Context, m *MoneyTx, query string) error {
	if b.rows == 0 {
		return nil
	}
	if m.dialect == PostgreSQL {
		_, err := m.tx.ExecContext(ctx, b.fill(query, m.dialect), b.args(m.dialect)...)
		return err
	}
	run := m.run(ctx, b.fillOne(query))
	args := make([]any, len(b.columns))
	for r := range b.rows {
		b.row(r, args)
		if _, err := run(args...); err != nil {
			return err
		}
	}
	return nil
}

// query runs a statement that reads rows, over all rows at once.
func (b *bulk) query(ctx context.Context, m *MoneyTx, query string) (*sql.Rows, error) {
	query = b.fill(query, m.dialect)
	if stmt := m.stmt(ctx, query); stmt != nil {
		return stmt.QueryContext(ctx, b.args(m.dialect)...)
	}
	return m.tx.QueryContext(ctx, query, b.args(m.dialect)...)
}

// returning runs a statement that changes rows and returns some of what it changed; each row that
// comes back is given to scan.
func (b *bulk) returning(ctx context.Context, m *MoneyTx, query string, scan func(rows *sql.Rows) error) error {
	if m.dialect == PostgreSQL {
		rows, err := m.tx.QueryContext(ctx, b.fill(query, m.dialect), b.args(m.dialect)...)
		if err != nil {
			return err
		}
		return each(rows, scan)
	}
	query = b.fillOne(query)
	stmt := m.stmt(ctx, query)
	args := make([]any, len(b.columns))
	for r := range b.rows {
		b.row(r, args)
		var rows *sql.Rows
		var err error
		if stmt != nil {
			rows, err = stmt.QueryContext(ctx, args...)
		} else {
			rows, err = m.tx.QueryContext(ctx, query, args...)
		}
		if err != nil {
			return err
		}
		if err := each(rows, scan); err != nil {
			return err
		}
	}
	return nil
}

func each(rows *sql.Rows, scan func(rows *sql.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// row puts one row's values into args.
func (b *bulk) row(r int, args []any) {
	for i := range b.columns {
		c := &b.columns[i]
		switch c.kind {
		case 't':
			args[i] = c.texts[r]
		case 'i':
			args[i] = c.ints[r]
		case 'b':
			args[i] = c.bools[r]
		}
	}
}

func (b *bulk) fill(query, dialect string) string {
	if dialect != PostgreSQL {
		query = rowsOnce + query
	}
	return strings.Replace(query, "{v}", b.source(dialect), 1)
}

// fillOne is the statement for one row on SQLite.
func (b *bulk) fillOne(query string) string {
	var s strings.Builder
	s.WriteString("(SELECT ")
	for i, c := range b.columns {
		if i > 0 {
			s.WriteString(", ")
		}
		s.WriteString("? AS " + c.name)
	}
	s.WriteString(") AS v")
	return strings.Replace(query, "{v}", s.String(), 1)
}
