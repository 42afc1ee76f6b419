package models

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// decodeBulk reads the JSON of rows of (text, integer, truth) as the standard library does.
func decodeBulk(t *testing.T, text string) [][3]any {
	t.Helper()
	if !json.Valid([]byte(text)) {
		t.Fatalf("not JSON: %q", text)
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var rows [][3]any
	if err := d.Decode(&rows); err != nil {
		t.Fatalf("%v: %q", err, text)
	}
	return rows
}

// kept is what the databases keep of a text.
func kept(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

func checkRow(t *testing.T, row [3]any, s string, n int64, b bool) {
	t.Helper()
	if row[0] != kept(s) {
		t.Fatalf("%q came back as %q", s, row[0])
	}
	if i, err := row[1].(json.Number).Int64(); err != nil || i != n {
		t.Fatalf("%d came back as %v", n, row[1])
	}
	if row[2] != b {
		t.Fatalf("%t came back as %v", b, row[2])
	}
}

func FuzzBulkJSON(f *testing.F) {
	f.Add("plain", int64(0), true)
	f.Add("quote \" and \\ and \n\t\x01\x7f", int64(math.MaxInt64), false)
	f.Add("zero\x00in it", int64(math.MinInt64), true)
	f.Add("\xff\xfe half \xe2\x82", int64(-1), false)
	f.Add("€ 漢字 🧮 \u2028</script>", int64(42), true)
	f.Fuzz(func(t *testing.T, s string, n int64, truth bool) {
		b := newBulk("a:t b:i c:b")
		b.add(s, n, truth)
		b.add("", n, !truth)
		b.add(s+s, int64(0), truth)
		rows := decodeBulk(t, b.json())
		if len(rows) != 3 {
			t.Fatalf("%d rows", len(rows))
		}
		checkRow(t, rows[0], s, n, truth)
		checkRow(t, rows[1], "", n, !truth)
		checkRow(t, rows[2], s+s, 0, truth)
	})
}

func TestBulkWithoutRows(t *testing.T) {
	if got := newBulk("a:t").json(); got != "[]" {
		t.Errorf("no rows are %q", got)
	}
}
