package web_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"bourse/app/alert"
	"bourse/app/catalog"
	"bourse/app/docs"
	"bourse/app/web"
	"bourse/models"

	"github.com/PuerkitoBio/goquery"
	"github.com/labstack/echo/v4"
)

// site is the public part of the site over the embedded catalogue.
type site struct {
	t      testing.TB
	e      *echo.Echo
	c      *catalog.Catalog
	db     *models.DB
	server *web.Server
}

// databaseFile is what models.Open calls the file in its folder.
const databaseFile = "bourse.db"

// withCatalogue is a database into which the embedded catalogue was imported, as bytes: importing
// takes longer than most tests.
var withCatalogue = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "bourse-web-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	db, err := models.Open(context.Background(), models.Options{DataDir: dir})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := db.Migrate(context.Background()); err != nil {
		return nil, err
	}
	if err := catalog.New(db, nil).Import(context.Background()); err != nil {
		return nil, err
	}
	copied := filepath.Join(dir, "copy")
	if err := db.Backup(context.Background(), copied); err != nil {
		return nil, err
	}
	return os.ReadFile(copied)
})

func newSite(t testing.TB, connected func(models.Provider) bool) *site {
	t.Helper()
	whole, err := withCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, databaseFile), whole, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := models.Open(t.Context(), models.Options{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	c := catalog.New(db, connected)
	if err := c.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	pages, err := docs.New(docs.Facts{BaseURL: "http://bourse.test", Fee: "5%", Model: "bourse/demo"}, web.CodeBlock)
	if err != nil {
		t.Fatal(err)
	}
	s := &web.Server{
		Docs:    pages,
		Config:  web.Config{BaseURL: "http://bourse.test", Development: true, Sandbox: true, FeeBPS: 500},
		DB:      db,
		Catalog: c,
		Alerts:  &alert.Alerts{DB: db, Catalog: c},
		Log:     slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	e := echo.New()
	e.HTTPErrorHandler = s.HandleError
	e.Use(s.Headers, s.SameOrigin, s.LimitForm)
	e.GET("/", s.Home)
	e.GET("/models", s.ModelsIndex)
	e.GET("/models/:author/:slug", s.Model)
	e.GET("/models.csv", s.ModelsCSV)
	e.GET("/models.rss", s.ModelsRSS)
	e.GET("/search", s.Search)
	e.GET("/docs", s.DocsIndex)
	e.GET("/docs/:name", s.DocsPage)
	e.GET("/llms.txt", s.LLMs)
	e.GET("/llms-full.txt", s.LLMsFull)
	e.GET("/sitemap.xml", s.Sitemap)
	e.GET("/robots.txt", s.Robots)
	e.GET("/compare", s.Compare)
	e.GET("/compare/*", s.Compare)
	e.GET("/providers", s.ProvidersIndex)
	e.GET("/providers/:slug", s.Provider)
	e.GET("/authors", s.AuthorsIndex)
	e.GET("/prices", s.Prices)
	e.GET("/prices.json", s.PricesJSON)
	e.GET("/prices.csv", s.PricesCSV)
	e.GET("/prices.rss", s.PricesRSS)
	e.GET("/models/:author/:slug/prices.csv", s.ModelPricesCSV)
	e.GET("/models/:author/:slug/prices.rss", s.ModelPricesRSS)
	e.GET("/market", s.Market)
	e.GET("/market.json", s.MarketJSON)
	e.GET("/market/:file", s.MarketCSV)
	e.GET("/rankings", s.Rankings)
	e.GET("/rankings.csv", s.RankingsCSV)
	e.GET("/rankings.json", s.RankingsJSON)
	e.GET("/_gallery/:name", s.Gallery)
	e.POST("/theme", s.SetTheme)
	e.POST("/settings/keyboard", s.SetKeyboard)
	e.POST("/settings/density", s.SetDensity)
	return &site{t, e, c, db, s}
}

func (s *site) do(method, path string, header map[string]string, body string) *http.Response {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for k, v := range header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	s.e.ServeHTTP(w, r)
	return w.Result()
}

func (s *site) get(path string) *http.Response { return s.do("GET", path, nil, "") }

func (s *site) page(path string) *goquery.Document {
	s.t.Helper()
	return parse(s.t, s.get(path))
}

func parse(t testing.TB, res *http.Response) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func length(t *testing.T, res *http.Response) int {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return len(body)
}

func TestHeaders(t *testing.T) {
	s := newSite(t, nil)
	for _, path := range []string{"/", "/models", "/models/openai/gpt-4o", "/nowhere"} {
		h := s.get(path).Header
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Request-Id") == "" || !strings.Contains(h.Get("Vary"), "X-Partial") {
			t.Errorf("%s: headers %v", path, h)
		}
		if got := h.Get("Cache-Control"); got != "private, no-cache" {
			t.Errorf("%s: Cache-Control %q", path, got)
		}
	}
	t.Run("a request id from outside is kept only when it is plain", func(t *testing.T) {
		for id, kept := range map[string]bool{"abc-123": true, "<script>": false, strings.Repeat("a", 65): false} {
			got := s.do("GET", "/models", map[string]string{"X-Request-Id": id}, "").Header.Get("X-Request-Id")
			if (got == id) != kept {
				t.Errorf("%q became %q", id, got)
			}
		}
	})
	t.Run("a form of another site is refused", func(t *testing.T) {
		res := s.do("POST", "/theme", map[string]string{"Sec-Fetch-Site": "cross-site", "Content-Type": "application/x-www-form-urlencoded"}, "theme=dark")
		if res.StatusCode != http.StatusForbidden {
			t.Errorf("status %d", res.StatusCode)
		}
	})
}

// TestPagesKeepThePolicy looks for what the content policy would block in every page there is.
func TestPagesKeepThePolicy(t *testing.T) {
	s := newSite(t, nil)
	paths := []string{"/", "/models", "/models?per=20&type=all", "/models/openai/gpt-4o", "/models/no/such",
		"/providers", "/providers/deepinfra", "/providers/nobody", "/authors", "/docs", "/docs/quickstart", "/docs/money", "/docs/nothing", "/search?q=limits", "/search", "/search?q=claude", "/search?q=zzzz", "/prices", "/prices?q=zzz",
		"/compare", "/compare?m=openai/gpt-4o&m=anthropic/claude-sonnet-4.5"}
	paths = append(paths, "/_gallery/parts", "/market", "/models?fmt=cards&per=20", "/models?mix=7:1:60")
	for _, name := range web.GalleryNames() {
		paths = append(paths, "/_gallery/"+name)
	}
	for _, path := range paths {
		res := s.get(path)
		if res.StatusCode >= 500 {
			t.Errorf("%s: status %d", path, res.StatusCode)
		}
		doc := parse(t, res)
		if n := doc.Find("[style], style").Length(); n > 0 {
			t.Errorf("%s: %d inline styles", path, n)
		}
		if n := doc.Find("script:not([src]):not([type='application/ld+json'])").Length(); n > 0 {
			t.Errorf("%s: %d inline scripts", path, n)
		}
		doc.Find("*").Each(func(_ int, e *goquery.Selection) {
			for _, a := range e.Nodes[0].Attr {
				if strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: attribute %s", path, a.Key)
				}
			}
		})
		if n := doc.Find("h1").Length(); n != 1 {
			t.Errorf("%s: %d h1", path, n)
		}
		if title := doc.Find("head > title").Text(); !strings.HasSuffix(title, " · Bourse") {
			t.Errorf("%s: title %q", path, title)
		}
		ids := map[string]bool{}
		doc.Find("[id]").Each(func(_ int, e *goquery.Selection) {
			id, _ := e.Attr("id")
			if ids[id] {
				t.Errorf("%s: two elements have the id %s", path, id)
			}
			ids[id] = true
		})
	}
}

func TestTheme(t *testing.T) {
	s := newSite(t, nil)
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	res := s.do("POST", "/theme", form, "theme=dark&next=/models?q=x")
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/models?q=x" {
		t.Errorf("%d to %s", res.StatusCode, res.Header.Get("Location"))
	}
	doc := parse(t, s.do("GET", "/models?per=1", map[string]string{"Cookie": "theme=dark"}, ""))
	if theme, _ := doc.Find("html").Attr("data-theme"); theme != "dark" {
		t.Errorf("theme %q", theme)
	}
	t.Run("nobody is led away", func(t *testing.T) {
		for _, next := range []string{"//evil.test", "https://evil.test", `/\evil.test`, "javascript:alert(1)", "/a%0d%0ab: c"} {
			res := s.do("POST", "/theme", form, "theme=dark&next="+next)
			if got := res.Header.Get("Location"); got != "/" {
				t.Errorf("%s leads to %s", next, got)
			}
		}
	})
}

func TestDensity(t *testing.T) {
	s := newSite(t, nil)
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	if res := s.do("POST", "/settings/density", form, "density=compact&next=/models?q=x"); res.Header.Get("Location") != "/models?q=x" || !strings.HasPrefix(res.Header.Get("Set-Cookie"), "density=compact;") {
		t.Errorf("to %s with %q", res.Header.Get("Location"), res.Header.Get("Set-Cookie"))
	}
	for _, value := range []string{"comfortable", "", "<b>"} {
		if res := s.do("POST", "/settings/density", form, "density="+value); !strings.HasPrefix(res.Header.Get("Set-Cookie"), "density=;") {
			t.Errorf("%q: %q", value, res.Header.Get("Set-Cookie"))
		}
	}
	// One address, drawn for both in turn.
	for range 2 {
		for cookie, want := range map[string]string{"density=compact": "compact", "density=loose": "", "theme=dark": ""} {
			doc := parse(t, s.do("GET", "/models?per=1", map[string]string{"Cookie": cookie}, ""))
			if got := doc.Find("html").AttrOr("data-density", ""); got != want {
				t.Errorf("%s: density %q", cookie, got)
			}
			if got := doc.Find("button[name=density]").AttrOr("value", ""); (got == "comfortable") != (want == "compact") {
				t.Errorf("%s: the button asks for %q", cookie, got)
			}
		}
	}
}
