package web_test

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

func TestPrices(t *testing.T) {
	s := newSite(t, nil)
	t.Run("the list and its three forms for programs hold the same changes", func(t *testing.T) {
		const query = "?direction=down&least=25&days=3650"
		n := count(t, s.page("/prices"+query))
		var list struct {
			Data []struct{ Model, Provider, ID string }
		}
		if err := json.NewDecoder(s.get("/prices.json" + query).Body).Decode(&list); err != nil || len(list.Data) != n {
			t.Errorf("%d on the page, %d as JSON (%v)", n, len(list.Data), err)
		}
		rows, err := csv.NewReader(s.get("/prices.csv" + query).Body).ReadAll()
		if err != nil || len(rows) <= n {
			t.Errorf("%d on the page, %d rows of CSV (%v)", n, len(rows), err)
		}
		var rss struct {
			Items []struct {
				GUID string `xml:"guid"`
			} `xml:"channel>item"`
		}
		if err := xml.NewDecoder(s.get("/prices.rss" + query).Body).Decode(&rss); err != nil || len(rss.Items) != min(n, 100) || rss.Items[0].GUID != list.Data[0].ID {
			t.Errorf("%d items in the feed (%v)", len(rss.Items), err)
		}
	})
	t.Run("pages go on where the last ended", func(t *testing.T) {
		first, second := s.page("/prices"), s.page("/prices?page=2")
		rows := func(d *goquery.Document) int { return d.Find("[data-testid=change]").Length() }
		if rows(first) != 100 || rows(second) == 0 || first.Find("[data-testid=change]").Last().Text() == second.Find("[data-testid=change]").First().Text() {
			t.Errorf("%d and %d rows", rows(first), rows(second))
		}
	})
	t.Run("nothing found leads back", func(t *testing.T) {
		if href, _ := s.page("/prices?q=zzzz").Find("[data-testid=empty] a").Attr("href"); href != "/prices" {
			t.Errorf("leads to %q", href)
		}
	})
	t.Run("what means nothing is dropped from the address", func(t *testing.T) {
		res := s.get("/prices?provider=nobody&direction=sideways&least=-3&days=x&page=0&flapping=maybe&q=" + strings.Repeat("a", 5000))
		if got := res.Header.Get("Content-Location"); res.StatusCode != 200 || len(got) > 130 || strings.Contains(got, "nobody") {
			t.Errorf("%d %s", res.StatusCode, got)
		}
	})
}

func TestModelPrices(t *testing.T) {
	s := newSite(t, nil)
	rows, err := csv.NewReader(s.get("/models/openai/gpt-4o/prices.csv").Body).ReadAll()
	if err != nil || len(rows) < 4 || rows[0][0] != "from" {
		t.Errorf("%d rows (%v)", len(rows), err)
	}
	for _, path := range []string{"/models/no/such/prices.csv", "/models/no/such/prices.rss"} {
		if res := s.get(path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	t.Run("data that is known already is not sent again", func(t *testing.T) {
		tag := s.get("/prices.csv").Header.Get("ETag")
		if res := s.do("GET", "/prices.csv", map[string]string{"If-None-Match": tag}, ""); res.StatusCode != http.StatusNotModified {
			t.Errorf("status %d", res.StatusCode)
		}
	})
}

func TestProviders(t *testing.T) {
	s := newSite(t, nil)
	doc := s.page("/providers?order=price")
	if n := doc.Find("[data-testid=providers] tbody tr").Length(); n < 60 {
		t.Errorf("%d providers", n)
	}
	if th := doc.Find("th[aria-sort]"); !strings.Contains(th.Text(), "Median price") {
		t.Errorf("sorted by %q", th.Text())
	}
	page := s.page("/providers/deepinfra")
	if page.Find("[data-testid=offers] tbody tr").Length() < 50 || page.Find("[data-testid=change]").Length() == 0 {
		t.Error("no offers, or no log of prices")
	}
	if policy := page.Find("[data-testid=policy]").Text(); !strings.Contains(policy, "Trains on prompts") || !strings.Contains(policy, "Privacy policy") {
		t.Errorf("policy %q", policy)
	}
	if next, _ := s.page("/providers/azure").Find("a[rel=next]").Attr("href"); next != "/providers/azure?page=2" {
		t.Errorf("next %q", next)
	}
	if res := s.get("/providers/DeepInfra"); res.Header.Get("Location") != "/providers/deepinfra" {
		t.Errorf("another way of writing it: %d", res.StatusCode)
	}
	unknown := s.get("/providers/deep")
	if doc := parse(t, unknown); unknown.StatusCode != 404 || doc.Find("main a[href='/providers/deepinfra']").Length() != 1 {
		t.Errorf("unknown: %d, %s", unknown.StatusCode, doc.Find("main").Text())
	}
}

func TestAuthors(t *testing.T) {
	s := newSite(t, nil)
	row := s.page("/authors").Find("[data-testid=authors] tbody tr").First()
	href, _ := row.Find("th a").Attr("href")
	if got, want := count(t, s.page(href)), strings.TrimSpace(row.Find("td").First().Text()); want == "" || row.Find("td").First().Text() != want || got < 10 {
		t.Errorf("%s says %s, %s finds %d", row.Find("th").Text(), want, href, got)
	}
}
