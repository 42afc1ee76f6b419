package web_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestSearchGathersFromTheWholeSite(t *testing.T) {
	s := newSite(t, nil)
	for query, want := range map[string]string{
		"gpt4o": "/models/openai/gpt-4o", "snonet+4.5": "/models/anthropic/claude-sonnet-4.5",
		"groq": "/providers/groq", "moonshot": "/models?authors=moonshotai&type=all",
	} {
		doc := s.page("/search?q=" + query)
		if doc.Find(`#found a[href="`+want+`"]`).Length() == 0 {
			t.Errorf("%s does not lead to %s: %s", query, want, doc.Find("#found").Text())
		}
	}
	t.Run("the first is the best", func(t *testing.T) {
		for query, want := range map[string]string{"gpt-4o": "openai/gpt-4o", "Groq": "Groq"} {
			first := s.page("/search?q=" + query).Find("#found a").First()
			if first.Text() != want && first.AttrOr("href", "") != "/models/"+want {
				t.Errorf("%s finds %s first", query, first.Text())
			}
		}
	})
	t.Run("more models than have room are a list with filters", func(t *testing.T) {
		doc := s.page("/search?q=claude")
		more := doc.Find(".found-more a").AttrOr("href", "")
		if got := s.get(more).StatusCode; got != http.StatusOK || !strings.HasPrefix(more, "/models?q=claude") {
			t.Errorf("%q: %d", more, got)
		}
	})
	t.Run("anything may be typed", func(t *testing.T) {
		for _, q := range []string{"", "%20", "%3Cscript%3Ealert(1)%3C/script%3E", "%ff%fe", strings.Repeat("a+", 5000), "'\"--", "%00"} {
			res := s.get("/search?q=" + q)
			body, _ := io.ReadAll(res.Body)
			if res.StatusCode != http.StatusOK || strings.Contains(string(body), "<script>alert") {
				t.Errorf("%.40q: status %d", q, res.StatusCode)
			}
		}
	})
	t.Run("the list under the field is short and no page", func(t *testing.T) {
		res := s.do("GET", "/search?q=claude", map[string]string{"X-Partial": "1"}, "")
		doc := parse(t, res)
		if n := doc.Find("#found a").Length(); n == 0 || n > 14 || doc.Find("header, h1").Length() > 0 {
			t.Errorf("%d links", n)
		}
	})
	t.Run("results are not for search engines", func(t *testing.T) {
		if robots := s.page("/search?q=x").Find(`meta[name=robots]`).AttrOr("content", ""); robots != "noindex" {
			t.Errorf("robots %q", robots)
		}
	})
}

func TestSitemapLeadsToPages(t *testing.T) {
	s := newSite(t, nil)
	var list struct {
		Addresses []struct {
			Address string `xml:"loc"`
		} `xml:"url"`
	}
	if err := xml.NewDecoder(s.get("/sitemap.xml").Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	if len(list.Addresses) < 700 {
		t.Errorf("only %d addresses", len(list.Addresses))
	}
	seen := map[string]bool{}
	for i, a := range list.Addresses {
		path, ours := strings.CutPrefix(a.Address, "http://bourse.test")
		if !ours || seen[path] {
			t.Errorf("%s is not ours, or there twice", a.Address)
		}
		seen[path] = true
		if i%25 != 0 && strings.HasPrefix(path, "/models/") {
			continue // a sample: each is a page of its own
		}
		res := s.get(path)
		if canonical := parse(t, res).Find(`link[rel=canonical]`).AttrOr("href", ""); res.StatusCode != http.StatusOK || canonical != a.Address {
			t.Errorf("%s: status %d, canonical %q", path, res.StatusCode, canonical)
		}
	}
	robots, _ := io.ReadAll(s.get("/robots.txt").Body)
	if !strings.Contains(string(robots), "Sitemap: http://bourse.test/sitemap.xml\n") {
		t.Errorf("robots.txt says %s", robots)
	}
}

func TestPreviewsOfLinks(t *testing.T) {
	s := newSite(t, nil)
	for _, path := range []string{"/", "/models", "/models/openai/gpt-4o", "/providers/groq", "/prices"} {
		doc := s.page(path)
		for _, property := range []string{"og:title", "og:description", "og:image", "og:url", "og:type"} {
			if doc.Find(`meta[property="`+property+`"]`).AttrOr("content", "") == "" {
				t.Errorf("%s has no %s", path, property)
			}
		}
		picture := doc.Find(`meta[property="og:image"]`).AttrOr("content", "")
		if !strings.HasPrefix(picture, "http://bourse.test/s/") || !strings.HasSuffix(picture, ".png") {
			t.Errorf("%s: picture %q", path, picture)
		}
	}
	if n := s.page("/").Find(`script[type="application/ld+json"]`).Length(); n != 1 {
		t.Errorf("the landing page has %d blocks of data", n)
	}
}
