package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// cells are the texts of a row of the comparison, without its head.
func cells(doc *goquery.Document, label string) []string {
	var out []string
	doc.Find("[data-testid=compare] tbody tr").Each(func(_ int, tr *goquery.Selection) {
		if strings.HasPrefix(strings.TrimSpace(tr.Find("th").Text()), label) {
			tr.Find("td").Each(func(_ int, td *goquery.Selection) {
				out = append(out, strings.Join(strings.Fields(td.Text()), " "))
			})
		}
	})
	return out
}

func TestCompare(t *testing.T) {
	s := newSite(t, nil)
	t.Run("the best of a row is marked, where the models differ", func(t *testing.T) {
		doc := s.page("/compare?m=openai/gpt-4o&m=openai/gpt-4o-mini")
		if got := cells(doc, "Input"); len(got) != 2 || got[0] != "$2.50" || got[1] != "$0.15" {
			t.Fatalf("input %q", got)
		}
		if marks := doc.Find("[data-testid=compare] tr:contains('Input') mark"); marks.Length() != 1 || marks.Text() != "$0.15" {
			t.Errorf("marked %q", marks.Text())
		}
		if doc.Find("tr.same mark").Length() != 0 {
			t.Error("a row without a difference has a best value")
		}
	})
	t.Run("a volume is priced to the last digit and kept in the address", func(t *testing.T) {
		doc := s.page("/compare?m=openai/gpt-4o&in=1.5&out=0.25&cached=50")
		// 0.75 M at $2.50, 0.75 M from the cache at $1.25, 0.25 M at $10
		if got := cells(doc, "At your volume"); len(got) != 1 || !strings.HasPrefix(got[0], "$5.3125") {
			t.Errorf("costs %q", got)
		}
		if href, _ := doc.Find("[data-testid=permalink]").Attr("href"); href != "/compare?m=openai/gpt-4o&in=1.5&out=0.25&cached=50" {
			t.Errorf("link %q", href)
		}
	})
	t.Run("none offers comparisons that work", func(t *testing.T) {
		links := s.page("/compare").Find("[data-testid=empty] .list a")
		if links.Length() != 3 {
			t.Fatalf("%d ready comparisons", links.Length())
		}
		links.Each(func(_ int, a *goquery.Selection) {
			href, _ := a.Attr("href")
			if n := s.page(href).Find("[data-testid=compare] thead th a[href^='/models/']").Length(); n < 2 {
				t.Errorf("%s shows %d models", href, n)
			}
		})
	})
	t.Run("the fifth is refused in words", func(t *testing.T) {
		doc := s.page("/compare?m=openai/gpt-4o&m=openai/gpt-4&m=openai/gpt-4o-mini&m=openai/gpt-4.1&m=openai/gpt-4.1-mini")
		if n := doc.Find("[data-testid=compare] thead th").Length(); n != 4 {
			t.Errorf("%d columns", n)
		}
		if text := doc.Find("[data-testid=refused]").Text(); !strings.Contains(text, "openai/gpt-4.1-mini") {
			t.Errorf("refused %q", text)
		}
		if doc.Find("#add").Length() != 0 {
			t.Error("a full comparison offers room")
		}
	})
	t.Run("an unknown model is a column that says so", func(t *testing.T) {
		doc := s.page("/compare?m=openai/gpt-4oo&m=openai/gpt-4.1")
		if head := doc.Find("thead th").First(); !strings.Contains(head.Text(), "No such model") || head.Find(".compare-near").Length() == 0 {
			t.Errorf("head %q", head.Text())
		}
		if got := cells(doc, "Input"); len(got) != 2 || got[0] != "—" || got[1] != "$2.00" {
			t.Errorf("input %q", got)
		}
	})
}

func TestCompareAddresses(t *testing.T) {
	s := newSite(t, nil)
	for asked, want := range map[string]string{
		"/compare?m=openai/gpt-4o,openai/gpt-4o-mini":                      "/compare?m=openai/gpt-4o&m=openai/gpt-4o-mini",
		"/compare?m=openai%2Fgpt-4o&q=x&order=newest&in=10&out=3&cached=0": "/compare?m=openai/gpt-4o",
		"/compare/openai/gpt-4o/openai/gpt-4o-mini":                        "/compare?m=openai/gpt-4o&m=openai/gpt-4o-mini",
		"/compare?m=openai/gpt-4o&m=openai/gpt-4o":                         "/compare?m=openai/gpt-4o",
		"/compare?m=GPT-4o": "/compare?m=openai/gpt-4o",
		"/compare?m=openai/gpt-4o&in=-1&out=NaN&cached=1000":                "/compare?m=openai/gpt-4o",
		"/compare?m=openai/gpt-4o&m=":                                       "/compare?m=openai/gpt-4o",
		"/compare?m=" + strings.Repeat("a,", 5000):                          "/compare?m=a",
		"/compare?m=%22%3E%3Cscript%3E&m=openai/gpt-4o&m=" + "%ff/x":        "/compare?m=%22%3E%3Cscript%3E&m=openai/gpt-4o&m=/x",
		"/compare?in=99999999999999&m=openai/gpt-4o&out=1e400&cached=hello": "/compare?m=openai/gpt-4o",
	} {
		res := s.get(asked)
		if got := res.Header.Get("Location"); res.StatusCode != http.StatusFound || got != want {
			t.Errorf("%.80s leads to %q (%d)", asked, got, res.StatusCode)
		}
		if res := s.get(want); res.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", want, res.StatusCode)
		}
	}
}

func TestTray(t *testing.T) {
	s := newSite(t, nil)
	tray := func(path string) *goquery.Selection { return s.page(path).Find("[data-testid=tray]") }
	t.Run("it is built from the address, also for rows that are filtered out", func(t *testing.T) {
		doc := s.page("/models?q=qwen&m=openai/gpt-4o,qwen/qwen3-32b")
		if got := doc.Find("[data-testid=tray] li").Length(); got != 2 {
			t.Fatalf("%d picks", got)
		}
		if doc.Find("[data-testid=tray] input[name=m][value='openai/gpt-4o']").Length() != 1 {
			t.Error("a pick out of view would be lost with the next filter")
		}
		if doc.Find("tbody input[name=m][value='qwen/qwen3-32b'][checked]").Length() != 1 {
			t.Error("a pick in view is not ticked")
		}
		if href, _ := doc.Find("a[data-compare]").Attr("href"); href != "/compare?m=openai/gpt-4o&m=qwen/qwen3-32b" {
			t.Errorf("compare leads to %s", href)
		}
		if href, _ := doc.Find(".chip-on [data-live-link]").First().Attr("href"); strings.Contains(href, "gpt-4o") || !strings.Contains(href, "qwen3-32b") {
			t.Errorf("taking one away leads to %s", href)
		}
	})
	t.Run("the fifth is refused in words, not the first", func(t *testing.T) {
		had := "openai/gpt-4o,openai/gpt-4,openai/gpt-4.1,openai/gpt-4o-mini"
		box := tray("/models?had=" + had + "&m=anthropic/claude-sonnet-4.5&m=" + strings.ReplaceAll(had, ",", "&m="))
		if n := box.Find("li").Length(); n != 4 || strings.Contains(box.Find("ul").Text(), "Claude") {
			t.Errorf("%d picks: %s", n, box.Find("ul").Text())
		}
		if !strings.Contains(box.Find("[role=alert]").Text(), "Claude Sonnet 4.5 was not added") {
			t.Errorf("says %q", box.Find("[role=alert]").Text())
		}
	})
	t.Run("what is no model is not picked", func(t *testing.T) {
		if n := tray("/models?m=no/such").Find("li").Length(); n != 0 {
			t.Errorf("%d picks", n)
		}
	})
}
