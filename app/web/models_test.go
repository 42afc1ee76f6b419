package web_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"bourse/models"

	"github.com/PuerkitoBio/goquery"
)

// count reads "59 of 491 models".
func count(t *testing.T, doc *goquery.Document) int {
	t.Helper()
	n, err := strconv.Atoi(strings.ReplaceAll(doc.Find("[data-testid=count] b").Text(), ",", ""))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestModelsPage(t *testing.T) {
	s := newSite(t, nil)
	t.Run("the default view lists a hundred", func(t *testing.T) {
		doc := s.page("/models")
		if n := doc.Find("[data-testid=model]").Length(); n != 100 {
			t.Errorf("%d rows", n)
		}
		if n := count(t, doc); n < 400 {
			t.Errorf("%d models", n)
		}
		if doc.Find("mark").Length() == 0 {
			t.Error("no lowest price is marked")
		}
	})
	t.Run("the count of an option is what choosing it gives", func(t *testing.T) {
		doc := s.page("/models")
		doc.Find("#facets input[type=checkbox]:not([checked]):not([disabled])").Each(func(i int, in *goquery.Selection) {
			if i%7 != 0 {
				return // a sample of them
			}
			name, _ := in.Attr("name")
			value, _ := in.Attr("value")
			if name == "type" {
				return // types add to the one that is chosen
			}
			want := strings.ReplaceAll(in.Parent().Find(".option-count").Text(), ",", "")
			if got := strconv.Itoa(count(t, s.page("/models?type=chat&"+name+"="+value))); got != want {
				t.Errorf("%s=%s promises %s, gives %s", name, value, want, got)
			}
		})
	})
	t.Run("each filter in force is a chip that takes it away", func(t *testing.T) {
		doc := s.page("/models?supported_parameters=tools&context=128000")
		chips := doc.Find("ul[aria-label='Filters in force'] .chip")
		if chips.Length() != 2 {
			t.Fatalf("%d chips", chips.Length())
		}
		href, _ := chips.First().Attr("href")
		if more := count(t, s.page(href)); more <= count(t, doc) {
			t.Errorf("%s finds %d", href, more)
		}
	})
}

func TestModelsPageAnswers(t *testing.T) {
	s := newSite(t, nil)
	t.Run("nothing found names the filters and what each loss would give", func(t *testing.T) {
		doc := s.page("/models?q=zzzz&supported_parameters=tools")
		drop := doc.Find("[data-testid=empty] .chip").First()
		href, _ := drop.Attr("href")
		promised := strings.TrimSpace(drop.Text()[strings.Index(drop.Text(), "→")+len("→"):])
		if got := strconv.Itoa(count(t, s.page(href))); got != promised {
			t.Errorf("%q gives %s", drop.Text(), got)
		}
	})
	t.Run("what means nothing is named and ignored", func(t *testing.T) {
		doc := s.page("/models?context=abc")
		if text := doc.Find(".note").Text(); !strings.Contains(text, "context=abc") {
			t.Errorf("note %q", text)
		}
	})
	t.Run("our script gets the form alone", func(t *testing.T) {
		res := s.do("GET", "/models?type=chat&order=newest&mix=chat&q=qwen", map[string]string{"X-Partial": "1"}, "")
		if got := res.Header.Get("Content-Location"); got != "/models?q=qwen" {
			t.Errorf("Content-Location %q", got)
		}
		doc := parse(t, res)
		if doc.Find("header").Length() != 0 || doc.Find("form[data-live] #results").Length() != 1 {
			t.Error("not the form, or more than it")
		}
	})
	t.Run("headers sort and say how", func(t *testing.T) {
		doc := s.page("/models?order=input-low-to-high&price=0-0.5")
		th := doc.Find("th[aria-sort]")
		if way, _ := th.Attr("aria-sort"); th.Length() != 1 || way != "ascending" || !strings.Contains(th.Text(), "Input") {
			t.Errorf("sorted by %q", th.Text())
		}
	})
	t.Run("script in a query stays text", func(t *testing.T) {
		doc := s.page("/models?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
		if n := doc.Find("script:not([src])").Length(); n != 0 {
			t.Errorf("%d scripts", n)
		}
	})
}

func TestModelsConnected(t *testing.T) {
	s := newSite(t, func(p models.Provider) bool { return p.Slug == "deepinfra" })
	doc := s.page("/models")
	if doc.Find("[data-testid=model] .dot").Length() != doc.Find("[data-testid=model]").Length() {
		t.Error("with a real provider connected, the bare list shows what can be called")
	}
	href, _ := doc.Find("ul[aria-label='Filters in force'] .chip").First().Attr("href")
	if all := count(t, s.page(href)); all <= count(t, doc) {
		t.Errorf("taking the filter away at %s shows %d", href, all)
	}
}

func TestDemoIsLabelled(t *testing.T) {
	s := newSite(t, func(p models.Provider) bool { return p.Slug == "demo" })
	err := s.c.SetExtra(t.Context(),
		[]models.Model{{ID: "bourse/demo", Name: "Demo", Author: "bourse", Type: "chat", Status: "active", InputModalities: []string{"text"}, OutputModalities: []string{"text"}}},
		[]models.Endpoint{{
			Model: "bourse/demo", Provider: "demo", Tag: "demo", ProviderModelID: "demo", Status: "active", PriceSource: "bourse",
			Pricing: models.Pricing{Rates: models.Rates{models.UnitInput: 100_000, models.UnitOutput: 400_000}},
		}},
		[]models.Provider{{Slug: "demo", Name: "Demo", Kind: "demo", Dialect: "openai"}})
	if err != nil {
		t.Fatal(err)
	}
	row := s.page("/models?q=bourse/demo").Find("[data-testid=model]")
	if row.Length() != 1 || !strings.Contains(row.Find(".badge").Text(), "demo") || row.Find(".dot").Length() != 1 {
		t.Errorf("row %q", row.Text())
	}
	page := s.page("/models/bourse/demo")
	if !strings.Contains(page.Find(".badges").Text(), "Demo") || !strings.Contains(page.Find("[data-testid=offer]").Text(), "can be called") {
		t.Errorf("page %q", page.Find("main").Text())
	}
	if curl := s.page("/").Find("pre").Text(); !strings.Contains(curl, "bourse/demo") {
		t.Errorf("the example calls something else: %s", curl)
	}
	if n := count(t, s.page("/models")); n < 400 {
		t.Errorf("the demo alone narrows the default list to %d", n)
	}
}

func TestModelPage(t *testing.T) {
	s := newSite(t, nil)
	doc := s.page("/models/deepseek/deepseek-v3.2")
	if doc.Find("[data-testid=model-id]").Text() != "deepseek/deepseek-v3.2" {
		t.Error("no id")
	}
	offers := doc.Find("[data-testid=offer]")
	if offers.Length() < 5 {
		t.Errorf("%d offers", offers.Length())
	}
	if n := doc.Find("svg.steps-chart title").Length(); n != 2 {
		t.Errorf("%d charts with a title", n)
	}
	t.Run("a wrong id names the nearest", func(t *testing.T) {
		res := s.get("/models/openai/gpt-4oo")
		doc := parse(t, res)
		if res.StatusCode != http.StatusNotFound || doc.Find("a[href='/models/openai/gpt-4o']").Length() == 0 {
			t.Errorf("%d: %s", res.StatusCode, doc.Find("main").Text())
		}
	})
	t.Run("its address elsewhere leads here", func(t *testing.T) {
		res := s.get("/openai/gpt-4o")
		if got := res.Header.Get("Location"); res.StatusCode != http.StatusMovedPermanently || got != "/models/openai/gpt-4o" {
			t.Errorf("%d to %s", res.StatusCode, got)
		}
	})
	t.Run("every model has a page", func(t *testing.T) {
		for _, e := range s.c.Current().Models {
			if res := s.get("/models/" + e.ID); res.StatusCode != http.StatusOK {
				t.Errorf("%s: %d", e.ID, res.StatusCode)
			}
		}
	})
	t.Run("the views of the history work", func(t *testing.T) {
		for _, q := range []string{"?days=30", "?days=all&unit=input", "?unit=cache_read", "?days=x&unit=y"} {
			if res := s.get("/models/openai/gpt-4o" + q); res.StatusCode != http.StatusOK {
				t.Errorf("%s: %d", q, res.StatusCode)
			}
		}
	})
}

func TestBytesAndCaching(t *testing.T) {
	s := newSite(t, nil)
	for _, b := range []struct {
		path    string
		partial bool
		most    int
	}{
		{"/models", false, 16 << 10},
		{"/models?per=1000", false, 48 << 10},
		{"/models?supported_parameters=tools", true, 14 << 10},
		{"/models/openai/gpt-4o", false, 10 << 10},
		{"/models/openai/gpt-oss-120b", false, 10 << 10},
		{"/", false, 10 << 10},
	} {
		for _, encoding := range []string{"zstd", "gzip"} {
			h := map[string]string{"Accept-Encoding": encoding}
			if b.partial {
				h["X-Partial"] = "1"
			}
			res := s.do("GET", b.path, h, "")
			n := length(t, res)
			t.Logf("%s %s: %d bytes", b.path, encoding, n)
			if res.Header.Get("Content-Encoding") != encoding || n > b.most {
				t.Errorf("%s by %s: %d bytes, budget %d", b.path, res.Header.Get("Content-Encoding"), n, b.most)
			}
		}
	}
	t.Run("what has not changed is not sent again", func(t *testing.T) {
		etag := s.get("/models").Header.Get("ETag")
		res := s.do("GET", "/models", map[string]string{"If-None-Match": etag}, "")
		if res.StatusCode != http.StatusNotModified || length(t, res) != 0 {
			t.Errorf("status %d", res.StatusCode)
		}
		if other := s.do("GET", "/models", map[string]string{"X-Partial": "1"}, "").Header.Get("ETag"); other == etag {
			t.Error("page and fragment share an ETag")
		}
	})
}
