package test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "bourse"

// floors says which packages of ours each package may import. A package that is not here may not
// exist: a new room is a change of the plan.
var floors = map[string][]string{
	".":   {"app"},
	"app": {"app/alert", "app/api", "app/auth", "app/catalog", "app/cluster", "app/demo", "app/docs", "app/mail", "app/market", "app/pricefile", "app/provider", "app/proxy", "app/routing", "app/web", "app/wire", "billing", "billing/stripefake", "models", "seeds", "static", "views"},

	"app/web":   {"app/alert", "app/auth", "app/catalog", "app/docs", "app/markdown", "app/market", "app/search", "app/wire", "app/mail", "billing", "models", "static", "views", "views/ui"},
	"app/api":   {"app/auth", "app/catalog", "app/market", "app/wire", "billing", "models"},
	"app/proxy": {"app/auth", "app/catalog", "app/cluster", "app/market", "app/provider", "app/routing", "app/wire", "billing", "models"},

	"app/alert":          {"app/catalog", "models"},
	"app/auth":           {"app/cluster", "app/mail", "models"},
	"app/catalog":        {"app/pricefile", "app/search", "models", "seeds"},
	"app/market":         {"models"},
	"app/pricefile":      {"models", "seeds"},
	"app/provider":       {"app/wire", "models"},
	"app/routing":        {"app/catalog", "app/market", "app/wire", "models"},
	"billing":            {"billing/stripefake", "models"},
	"billing/stripefake": {"models"},

	"app/cluster":       {},
	"app/demo":          {},
	"app/docs":          {"app/markdown", "app/search"},
	"app/mail":          {},
	"app/markdown":      {},
	"app/search":        {},
	"app/wire":          {"models"},
	"models":            {},
	"models/modelstest": {"models", "test/pgtest"},
	"seeds":             {"models"},
	"seeds/gen":         {"models", "seeds"},
	"static":            {},
	"views":             {"static", "views/ui"},
	"views/ui":          {"static"},
}

// owners says which packages may import each library. A library that is not here has no owner and
// may not be imported.
var owners = map[string][]string{
	"github.com/a-h/templ":               {"app/web", "views", "views/ui"},
	"github.com/andybalholm/brotli":      {"app/web", "static"},
	"github.com/go-json-experiment/json": {"app/provider", "app/wire"},
	"github.com/gorilla/sessions":        {"app/web"},
	"github.com/gorilla/securecookie":    {"app/web"},
	"github.com/jackc/pgx/v5":            {"models", "test/pgtest"},
	"github.com/klauspost/compress":      {"app/web", "static"},
	"github.com/labstack/echo/v4":        {"app", "app/api", "app/web"},
	"github.com/stripe/stripe-go/v76":    {"billing"},
	"github.com/yuin/goldmark":           {"app/markdown"},
	"github.com/tidwall/gjson":           {"app/provider", "app/wire"},
	"golang.org/x/crypto/argon2":         {"app/auth"},
	"golang.org/x/sync":                  {"app", "app/auth", "app/catalog", "billing"},
	"gorm.io/driver/postgres":            {"models"},
	"gorm.io/gorm":                       {"models"},
	"modernc.org/sqlite":                 {"models"},
	"modernc.org/libc":                   {"models"}, // what SQLite's C code is translated onto
	"github.com/aws/aws-sdk-go-v2":       {"app/provider"},
	"golang.org/x/oauth2":                {"app/provider"},
	"github.com/chromedp/chromedp":       {"test/e2e"},
	"github.com/chromedp/cdproto":        {"test/e2e"},
	"github.com/PuerkitoBio/goquery":     {"test/e2e", "test/harness"},
}

const (
	fileLinesMax     = 400
	functionLinesMax = 70
)

// source is one hand-written Go file that is not a test.
type source struct {
	name   string // from the top of the project
	folder string
	set    *token.FileSet
	file   *ast.File
	lines  int
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir("..", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (skipped(entry.Name()) || entry.Name() == "testdata") {
			return filepath.SkipDir
		}
		name := filepath.ToSlash(strings.TrimPrefix(file, ".."+string(filepath.Separator)))
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go") {
			return nil
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		all = append(all, source{name: name, folder: path.Dir(name), set: set, file: parsed, lines: set.File(parsed.FileStart).LineCount()})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("only %d files found", len(all))
	}
	return all
}

func skipped(folder string) bool {
	return folder != ".." && folder != ".ci" && strings.HasPrefix(folder, ".") || folder == "node_modules" || folder == "data"
}

func imports(s source) []string {
	var all []string
	for _, spec := range s.file.Imports {
		all = append(all, strings.Trim(spec.Path.Value, `"`))
	}
	return all
}

func TestFloors(t *testing.T) {
	for _, s := range sources(t) {
		may, known := floors[s.folder]
		testing := strings.HasPrefix(s.folder, "test")
		if !known && !testing {
			t.Errorf("%s: there is no room %q in the plan of the house", s.name, s.folder)
			continue
		}
		for _, name := range imports(s) {
			ours, inside := strings.CutPrefix(name, module+"/")
			if inside && !testing && !slices.Contains(may, ours) {
				t.Errorf("%s: %s may not import %s", s.name, s.folder, ours)
			}
		}
	}
}

func TestOwners(t *testing.T) {
	for _, s := range sources(t) {
		for _, name := range imports(s) {
			first, _, _ := strings.Cut(name, "/")
			if !strings.Contains(first, ".") {
				continue // ours or the standard library's
			}
			library := owned(name)
			if library == "" {
				t.Errorf("%s: %s has no owner", s.name, name)
			} else if !slices.Contains(owners[library], s.folder) {
				t.Errorf("%s: %s belongs to %s, not to %s", s.name, library, strings.Join(owners[library], ", "), s.folder)
			}
		}
	}
}

// owned is the longest entry of owners that the import belongs to.
func owned(name string) string {
	best := ""
	for library := range owners {
		if (name == library || strings.HasPrefix(name, library+"/")) && len(library) > len(best) {
			best = library
		}
	}
	return best
}

func TestSizes(t *testing.T) {
	for _, s := range sources(t) {
		if s.lines > fileLinesMax {
			t.Errorf("%s has %d lines, more than %d", s.name, s.lines, fileLinesMax)
		}
		for _, declared := range s.file.Decls {
			f, ok := declared.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := s.set.Position(f.End()).Line - s.set.Position(f.Pos()).Line + 1; n > functionLinesMax {
				t.Errorf("%s: %s has %d lines, more than %d", s.name, f.Name.Name, n, functionLinesMax)
			}
		}
	}
}

var vague = regexp.MustCompile(`^(utils?|commons?|helpers?|misc|managers?|services?)$`)

func TestNames(t *testing.T) {
	for _, s := range sources(t) {
		base := strings.TrimSuffix(path.Base(s.name), ".go")
		for _, name := range []string{s.file.Name.Name, path.Base(s.folder), base} {
			if vague.MatchString(name) {
				t.Errorf("%s: %q names nothing", s.name, name)
			}
		}
		for _, declared := range s.file.Decls {
			if f, ok := declared.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: nothing may happen by itself: no init()", s.name)
			}
		}
	}
}

func TestComments(t *testing.T) {
	told := make(map[string]bool)
	for _, s := range sources(t) {
		told[s.folder] = told[s.folder] || s.file.Doc != nil
		if s.folder == "." {
			continue
		}
		for _, missing := range undocumented(s.file) {
			t.Errorf("%s: %s has no comment", s.name, missing)
		}
	}
	for folder, ok := range told {
		if !ok {
			t.Errorf("package %s does not say what lives there", folder)
		}
	}
}

func undocumented(file *ast.File) []string {
	var all []string
	for _, declared := range file.Decls {
		switch d := declared.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && d.Doc == nil && (d.Recv == nil || ast.IsExported(receiver(d))) {
				all = append(all, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					if spec.Name.IsExported() && d.Doc == nil && spec.Doc == nil {
						all = append(all, spec.Name.Name)
					}
				case *ast.ValueSpec:
					if spec.Names[0].IsExported() && d.Doc == nil && spec.Doc == nil && spec.Comment == nil {
						all = append(all, spec.Names[0].Name)
					}
				}
			}
		}
	}
	return all
}

func receiver(f *ast.FuncDecl) string {
	kind := f.Recv.List[0].Type
	for {
		switch k := kind.(type) {
		case *ast.StarExpr:
			kind = k.X
		case *ast.IndexExpr:
			kind = k.X
		case *ast.IndexListExpr:
			kind = k.X
		case *ast.Ident:
			return k.Name
		default:
			return ""
		}
	}
}

// constant are the calls that make a package variable which nobody changes afterwards.
var constant = []string{"errors.New", "regexp.MustCompile", "strings.NewReplacer", "models.Errorf", "big.NewInt", "reflect.TypeFor", "time.Date", "netip.MustParsePrefix"}

// computed are package variables made from embedded files and never changed, or once for a process
// because what they stand for is the process's.
var computed = []string{"static/static.go loaded", "models/sqlitesync_linux.go syncLayer"}

func TestState(t *testing.T) {
	for _, s := range sources(t) {
		if strings.HasPrefix(s.folder, "test") {
			continue // one cluster and one browser for each test process
		}
		for _, declared := range s.file.Decls {
			d, ok := declared.(*ast.GenDecl)
			if !ok || d.Tok != token.VAR {
				continue
			}
			for _, spec := range d.Specs {
				name := spec.(*ast.ValueSpec).Names[0].Name
				if why := state(spec.(*ast.ValueSpec), d.Doc); why != "" && !slices.Contains(computed, s.name+" "+name) {
					t.Errorf("%s: package variable %s %s", s.name, name, why)
				}
			}
		}
	}
}

func state(v *ast.ValueSpec, doc *ast.CommentGroup) string {
	if len(v.Values) == 0 {
		for _, comments := range []*ast.CommentGroup{doc, v.Doc} {
			if comments != nil && slices.ContainsFunc(comments.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") }) {
				return ""
			}
		}
		return "is state: give it to who needs it"
	}
	for _, value := range v.Values {
		call, ok := value.(*ast.CallExpr)
		if !ok {
			continue
		}
		name := ""
		if selected, ok := call.Fun.(*ast.SelectorExpr); ok {
			name = fmt.Sprintf("%v.%s", selected.X, selected.Sel.Name)
		}
		_, conversion := call.Fun.(*ast.ArrayType)
		if !conversion && !slices.Contains(constant, name) {
			return "is made by a call: only sentinels, patterns and tables may be"
		}
	}
	return ""
}
