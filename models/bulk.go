package models

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// bulk is many rows on their way into a statement. PostgreSQL takes them all at once as arrays
// through unnest: a batch costs one round trip. SQLite, which has no round trips, takes them one by
// one through a statement that stays compiled; only a whole catalogue goes in at once, as JSON
// through json_each. The text of the statement does not depend on the number of rows.
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

// exec runs a statement that changes rows. The text " FROM {v}" in it stands for the rows, v.name
// for their columns.
func (b *bulk) exec(ctx context.Context, m *MoneyTx, query string) error {
	if b.rows == 0 {
		return nil
	}
	if m.pg != nil {
		m.pg.later(b.fill(query, m.dialect), b.args(m.dialect)...)
		return nil
	}
	return b.changing(m, query, func(int, bool) {})
}

// changing runs a statement on SQLite row by row, and tells of each whether it changed anything.
func (b *bulk) changing(m *MoneyTx, query string, tell func(row int, changed bool)) error {
	one := m.store.oneRow(query, b)
	for r := range b.rows {
		m.lite.clear()
		for _, c := range one.order {
			m.lite.bind(b.columns[c].value(r))
		}
		n, err := m.lite.exec(one.text)
		if err != nil {
			return err
		}
		tell(r, n > 0)
	}
	return nil
}

// insertAtOnce is how many rows go into one INSERT on SQLite, as long as there are so many.
const insertAtOnce = 8

// insert appends the rows to a table; the columns' names are the table's. What tail says, ON
// CONFLICT for instance, comes last.
func (b *bulk) insert(ctx context.Context, m *MoneyTx, table, tail string) error {
	if b.rows == 0 {
		return nil
	}
	head := table + " (" + b.names() + ") "
	if m.pg != nil {
		m.pg.later(b.fill("INSERT INTO "+head+"SELECT "+b.names()+" FROM {v} WHERE TRUE "+tail, m.dialect), b.args(m.dialect)...)
		return nil
	}
	one := "(" + strings.Repeat("?, ", len(b.columns)-1) + "?)"
	for r := 0; r < b.rows; {
		n := 1
		if b.rows-r >= insertAtOnce {
			n = insertAtOnce
		}
		m.lite.clear()
		for range n {
			for i := range b.columns {
				m.lite.bind(b.columns[i].value(r))
			}
			r++
		}
		rows := strings.Repeat(one+", ", n-1) + one
		// A failure ends the transaction anyway: FAIL spares SQLite a journal for the statement alone.
		if _, err := m.lite.exec("INSERT OR FAIL INTO " + head + "VALUES " + rows + " " + tail); err != nil {
			return err
		}
	}
	return nil
}

// row is one row of an answer, of SQLite's driver or of pgx.
type row interface{ Scan(dest ...any) error }

// question is a statement that answers with rows, whether it changes anything or not; each that
// comes back is given to scan.
type question struct {
	of    *bulk
	query string
	scan  func(row) error
}

// read asks one question.
func (b *bulk) read(ctx context.Context, m *MoneyTx, query string, scan func(row) error) error {
	return m.read(ctx, question{b, query, scan})
}

// read asks questions one after the other, on PostgreSQL in one go.
func (m *MoneyTx) read(ctx context.Context, questions ...question) error {
	if m.pg != nil {
		for _, q := range questions {
			m.pg.ask(q.scan, q.of.fill(q.query, m.dialect), q.of.args(m.dialect)...)
		}
		return m.pg.send(ctx)
	}
	for _, q := range questions {
		if err := q.of.rowByRow(m, q.query, q.scan); err != nil {
			return err
		}
	}
	return nil
}

func (b *bulk) rowByRow(m *MoneyTx, query string, scan func(row) error) error {
	one := m.store.oneRow(query, b)
	for r := range b.rows {
		m.lite.clear()
		for _, c := range one.order {
			m.lite.bind(b.columns[c].value(r))
		}
		if err := m.lite.ask(one.text, scan); err != nil {
			return err
		}
	}
	return nil
}

// value is the column's value in one row.
func (c *bulkColumn) value(r int) any {
	switch c.kind {
	case 't':
		return c.texts[r]
	case 'i':
		return c.ints[r]
	}
	return c.bools[r]
}

func (b *bulk) fill(query, dialect string) string {
	if dialect != PostgreSQL {
		query = rowsOnce + query
	}
	return strings.Replace(query, "{v}", b.source(dialect), 1)
}

// oneRow is a statement for one row on SQLite: instead of the columns of the rows it has
// parameters. An UPDATE that joined even a single row would collect it in a table of its own first.
type oneRow struct {
	text  string
	order []int // columns in the order of the parameters
}

var (
	rowsSource = regexp.MustCompile(`(\s+FROM|,) \{v\}`)
	rowColumn  = regexp.MustCompile(`\bv\.(\w+)`)
)

func (b *bulk) oneRow(query string) oneRow {
	var one oneRow
	query = rowsSource.ReplaceAllString(query, "")
	one.text = rowColumn.ReplaceAllStringFunc(query, func(ref string) string {
		one.order = append(one.order, slices.IndexFunc(b.columns, func(c bulkColumn) bool { return c.name == ref[len("v."):] }))
		return "?"
	})
	return one
}
