package web_test

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestDocumentationIsMarkdownToo(t *testing.T) {
	s := newSite(t, nil)
	list, _ := io.ReadAll(s.get("/llms.txt").Body)
	links := regexp.MustCompile(`\(http://bourse\.test(/docs/[a-z-]+\.md)\): .{30,}`).FindAllStringSubmatch(string(list), -1)
	if len(links) < 14 || !strings.HasPrefix(string(list), "# Bourse\n\n> ") {
		t.Fatalf("%d links in\n%s", len(links), list)
	}
	whole, _ := io.ReadAll(s.get("/llms-full.txt").Body)
	for _, l := range links {
		res := s.get(l[1])
		body, _ := io.ReadAll(res.Body)
		if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/markdown") || !strings.HasPrefix(string(body), "# ") {
			t.Errorf("%s: %d %s", l[1], res.StatusCode, res.Header.Get("Content-Type"))
		}
		if !strings.Contains(string(whole), string(body)) {
			t.Errorf("%s is not in the whole file", l[1])
		}
	}
	if code := s.get("/docs/nothing.md").StatusCode; code != http.StatusNotFound {
		t.Errorf("a page that is not there: %d", code)
	}
}

// TestLinksOfTheDocumentationLeadSomewhere follows every link of every page that stays on the site.
func TestLinksOfTheDocumentationLeadSomewhere(t *testing.T) {
	s := newSite(t, nil)
	later := []string{"/chat", "/sign-up", "/credits", "/keys/new", "/activity", "/credits/statement", "/credits/auto", "/credits/payments", "/settings/providers", "/alerts", "/api/", "/llms.txt"} // served by other parts of the house
	whole, _ := io.ReadAll(s.get("/llms-full.txt").Body)
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(`\]\((/[^)#]*)`).FindAllStringSubmatch(string(whole), -1) {
		path := m[1]
		elsewhere := false
		for _, p := range later {
			elsewhere = elsewhere || path == p || strings.HasSuffix(p, "/") && strings.HasPrefix(path, p)
		}
		if seen[path] || elsewhere {
			continue
		}
		seen[path] = true
		if code := s.get(path).StatusCode; code != http.StatusOK {
			t.Errorf("%s: %d", path, code)
		}
	}
	if len(seen) < 5 {
		t.Errorf("only %d links", len(seen))
	}
}
