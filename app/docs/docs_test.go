package docs_test

import (
	"fmt"
	"html"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bourse/app/docs"
	"bourse/app/markdown"
	"bourse/app/search"
)

var facts = docs.Facts{BaseURL: "https://bourse.test", Fee: "5%", Model: "bourse/demo", OpenAPI: []byte(sample)}

func code(w io.Writer, _, text string) error {
	_, err := fmt.Fprintf(w, "<pre>%s</pre>", html.EscapeString(text))
	return err
}

func site(t testing.TB) *docs.Site {
	t.Helper()
	s, err := docs.New(facts, code)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sample is a small description of an API.
const sample = `{"openapi":"3.1.0","tags":[{"name":"Things","description":"All of them."}],
"paths":{"/things":{"post":{"operationId":"make","tags":["Things"],"summary":"Make a thing","security":[],
	"parameters":[{"$ref":"#/components/parameters/page"}],
	"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Thing"}}}},
	"responses":{"200":{"description":"Done.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Thing"}}}},"400":{"$ref":"#/components/responses/Error"}}}}},
"components":{"parameters":{"page":{"name":"page","in":"query","description":"Which | page.","schema":{"type":"integer"}}},
"schemas":{"Thing":{"type":"object","required":["name"],"properties":{"colour":{"enum":["red","blue"]},"name":{"type":"string","description":"What it is called."},
	"parts":{"type":"array","items":{"$ref":"#/components/schemas/Thing"}},"size":{"type":["number","null"]}}}}}}`

func TestPagesAreWhole(t *testing.T) {
	s := site(t)
	if len(s.Pages) < 15 {
		t.Errorf("only %d pages", len(s.Pages))
	}
	titles := map[string]string{}
	link := regexp.MustCompile(`\]\((/docs/[a-z-]+)(#[a-z0-9-]+)?\)`)
	for _, p := range s.Pages {
		if strings.Contains(p.Markdown, "{{") {
			t.Errorf("%s: a fact is missing: %s", p.Name, p.Markdown[strings.Index(p.Markdown, "{{"):][:30])
		}
		if other, twice := titles[p.Title]; twice && p.Name != "self-hosting" {
			t.Errorf("%s and %s have one title", p.Name, other)
		}
		titles[p.Title] = p.Name
		if n := len(p.Summary); n < 40 || n > 300 || strings.HasSuffix(p.Summary, ":") || strings.ContainsAny(p.Summary, "|*`") {
			t.Errorf("%s: its summary is %q", p.Name, p.Summary)
		}
		ids := map[string]bool{}
		for _, h := range p.Headings {
			if ids[h.ID] || h.ID == "" || h.Level == 1 {
				t.Errorf("%s: heading %+v", p.Name, h)
			}
			ids[h.ID] = true
		}
		for _, m := range link.FindAllStringSubmatch(p.Markdown, -1) {
			to := s.Page(strings.TrimPrefix(m[1], "/docs/"))
			if to == nil {
				t.Errorf("%s leads to %s, which is not there", p.Name, m[1])
			} else if m[2] != "" && !slices.ContainsFunc(to.Headings, func(h markdown.Heading) bool { return "#"+h.ID == m[2] }) {
				t.Errorf("%s leads to %s, which has no such part", p.Name, m[0])
			}
		}
	}
	if s.Page("nothing") != nil {
		t.Error("there is a page called nothing")
	}
}

func TestWithoutADescriptionThereIsNoReference(t *testing.T) {
	f := facts
	f.OpenAPI = nil
	s, err := docs.New(f, code)
	if err != nil || s.Page("api") != nil {
		t.Errorf("%v", err)
	}
	f.OpenAPI = []byte("{")
	if _, err := docs.New(f, code); err == nil {
		t.Error("a broken description is taken")
	}
}

func TestReference(t *testing.T) {
	page := site(t).Page("api")
	for _, want := range []string{"## Things", "### POST /api/v1/things", "Make a thing. Needs no key.", "| `name` | string | Required. What it is called. |", "| `colour` | `red`, `blue` |",
		"list of [Thing](#thing)", "number or null", "### Thing", `Which \| page. (integer)`, "Answers 200: Done. As `application/json` ([Thing](#thing)).", "Errors: 400"} {
		if !strings.Contains(page.Markdown, want) {
			t.Errorf("%q is missing in\n%s", want, page.Markdown)
		}
	}
}

func TestFind(t *testing.T) {
	s := site(t)
	for typed, want := range map[string]string{
		"limits": "limits", "claude code": "claude-code", "error codes": "errors", "hold": "money#the-hold", "backup": "self-hosting#backups", "holdd": "money#the-hold",
		"max_tokens": "money", "stripe": "self-hosting#in-earnest", "anthropic": "anthropic-sdk",
	} {
		hits := s.Find(search.Parse(typed), 5)
		var got []string
		for _, h := range hits {
			name := h.Page.Name
			if h.ID != "" {
				name += "#" + h.ID
			}
			got = append(got, name)
			if h.Excerpt == "" && h.ID == "" {
				t.Errorf("%s: %s has no excerpt", typed, name)
			}
		}
		if !slices.ContainsFunc(got, func(g string) bool { return strings.HasPrefix(g, want) }) {
			t.Errorf("%q finds %v, not %s", typed, got, want)
		}
	}
	if hits := s.Find(search.Parse("xyzzyplugh"), 5); len(hits) > 0 {
		t.Errorf("%+v", hits)
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		site(b)
	}
}
