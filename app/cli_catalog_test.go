package app_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bourse/app"
)

// run runs the program and returns what it said and its exit code.
func run(t *testing.T, args ...string) (out, errs string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	code = app.Main(args, &o, &e)
	return o.String(), e.String(), code
}

const tinyList = `{"format":"bourse-catalogue/1","source":"a test","offers":[
	{"model":"openai/gpt-4o","provider":"openai","prices":{"input":"3.00","output":"10.00","cache_read":"1.25"}}` // and more, or ]}

func TestCatalogImportCommand(t *testing.T) {
	t.Setenv("DATA_DIR", t.TempDir())
	t.Setenv("DATABASE_URL", "")
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("good.json", tinyList+"]}")
	half := write("half.json", tinyList+`,{"model":"openai/o3","provider":"openai","prices":{"input":"-2","output":"8"}}]}`)
	bad := write("bad.json", `{"format":"bourse-catalogue/1","offers":[{"model":"openai/o3","provider":"openai","prices":{"input":"-2","output":"8"}}]}`)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api.json" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(tinyList + "]}"))
	}))
	defer server.Close()

	for _, step := range []struct {
		args      string
		code      int
		out, errs string // a part of each
	}{
		{"catalog import", 0, "models, ", ""},
		{"catalog import " + good, 0, "input $2.50 → $3.00", ""},
		{"catalog import " + good, 0, "Nothing was changed", ""},
		{"catalog import " + server.URL + "/api.json", 0, "1 dearer", ""},
		{"catalog import " + half, 1, "1 dearer", "refused: offers[1] openai/o3 at openai: the price of input is negative"},
		{"catalog import " + bad + " --apply", 1, "", "nothing was changed"},
		{"catalog import " + good + " --apply", 0, "1 new prices", ""},
		{"catalog import " + good, 0, "1 the same", ""},
		{"catalog import " + good + " --apply --accept openai/gpt-4o@openai", 1, "", "is not held back"},
		{"catalog import " + good + " --accept gpt-4o", 2, "", "MODEL@TAG"},
		{"catalog import " + filepath.Join(folder, "none.json"), 1, "", "no such file"},
		{"catalog import " + server.URL + "/else", 1, "", "404"},
		{"catalog import " + good + " " + half, 2, "", "usage:"},
		{"catalog import --apply", 2, "", "say which price list"},
		{"catalog import --frob", 2, "", "usage:"},
		{"catalog export --model openai/gpt-4o --provider openai", 0, `"input": "3.00"`, ""},
		{"catalog export --model no/such", 1, "", "there is no model"},
		{"catalog export more", 2, "", "usage:"},
	} {
		out, errs, code := run(t, strings.Fields(step.args)...)
		if code != step.code || !strings.Contains(out, step.out) || !strings.Contains(errs, step.errs) {
			t.Errorf("bourse %s: exit %d, want %d\n%s%s", step.args, code, step.code, out, errs)
		}
	}
}
