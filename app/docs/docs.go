// Package docs is the documentation: Markdown files in the binary, rendered once at start, found by
// their headings, and given out as Markdown too, for programs that read.
//
// What differs from one installation to the next is put in at start: see Facts.
package docs

import (
	"embed"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strconv"
	"strings"

	"bourse/app/markdown"
	"bourse/app/search"
)

//go:embed pages/*.md
var files embed.FS

// Facts are what the pages say of the installation that they are part of.
type Facts struct {
	BaseURL string // without a slash at the end
	Fee     string // such as "5%"
	Model   string // a model that can be called here
	Sandbox bool   // payments are not real
	OpenAPI []byte // the description of the API; without it, there is no reference
}

// chapter is a group of pages under one heading.
type chapter struct {
	title string
	pages []string // names of files without their ending
}

var chapters = []chapter{
	{"Begin", []string{"quickstart", "playground"}},
	{"Tools", []string{"openai-sdk", "anthropic-sdk", "gemini-sdk", "claude-code", "codex", "cursor", "langchain"}},
	{"Calls", []string{"api", "routing", "keys", "own-keys", "errors", "limits"}},
	{"Money", []string{"money", "prices"}},
	{"Run it yourself", []string{"self-hosting", "providers", "catalogue", "commands"}},
}

// Page is one page, ready to be shown.
type Page struct {
	Name     string // the last part of its address
	Title    string
	Summary  string // its first paragraph
	Chapter  string
	Markdown string
	HTML     string // without the title
	Headings []markdown.Heading
	Previous *Page
	Next     *Page

	sections []section
}

// section is a part of a page under one heading, as the search looks at it.
type section struct {
	heading markdown.Heading
	excerpt string
	head    search.Text
	body    search.Text
}

// Site is all of the documentation.
type Site struct {
	Pages   []*Page // in the order in which they are read
	Version string  // changes with what the pages say

	byName map[string]*Page
}

// New renders the documentation of an installation.
func New(f Facts, code markdown.CodeBlock) (*Site, error) {
	s := &Site{byName: map[string]*Page{}}
	r, said := markdown.ForPages(code), fnv.New64a()
	for _, c := range chapters {
		for _, name := range c.pages {
			source, err := read(name, f)
			if err != nil {
				return nil, err
			}
			if source == "" {
				continue
			}
			p, err := newPage(r, name, c.title, source)
			if err != nil {
				return nil, err
			}
			if n := len(s.Pages); n > 0 {
				p.Previous, s.Pages[n-1].Next = s.Pages[n-1], p
			}
			s.Pages = append(s.Pages, p)
			s.byName[name] = p
			_, _ = io.WriteString(said, p.HTML+p.Markdown) // a hash takes everything
		}
	}
	s.Version = "docs-" + strconv.FormatUint(said.Sum64(), 36)
	return s, nil
}

// read is the Markdown of a page with the facts put in; "" when the page needs one that is not there.
func read(name string, f Facts) (string, error) {
	raw, err := files.ReadFile("pages/" + name + ".md")
	if err != nil {
		return "", fmt.Errorf("documentation: %w", err)
	}
	source := string(raw)
	if strings.Contains(source, "{{reference}}") {
		if f.OpenAPI == nil {
			return "", nil
		}
		reference, err := reference(f.OpenAPI)
		if err != nil {
			return "", err
		}
		source = strings.ReplaceAll(source, "{{reference}}", reference)
	}
	host := strings.TrimPrefix(strings.TrimPrefix(f.BaseURL, "https://"), "http://")
	return strings.NewReplacer("{{base}}", f.BaseURL, "{{host}}", host, "{{fee}}", f.Fee, "{{model}}", f.Model).Replace(source), nil
}

func newPage(r *markdown.Pages, name, chapter, source string) (*Page, error) {
	title, body, ok := strings.Cut(strings.TrimPrefix(source, "# "), "\n")
	if !ok || !strings.HasPrefix(source, "# ") {
		return nil, fmt.Errorf("documentation: %s.md does not begin with its title", name)
	}
	p := &Page{Name: name, Title: title, Chapter: chapter, Markdown: source}
	var err error
	if p.HTML, p.Headings, err = r.Render([]byte(body)); err != nil {
		return nil, fmt.Errorf("documentation: %s.md: %w", name, err)
	}
	p.Summary = flat(firstParagraph(body))
	p.split(body)
	return p, nil
}

func firstParagraph(body string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(body), "\n\n")
	return first
}

// split makes the sections that the search looks at.
func (p *Page) split(body string) {
	headings := slices.Clone(p.Headings)
	p.sections = nil
	current, text, fenced := markdown.Heading{Text: p.Title, Level: 1}, []string{}, false
	add := func() {
		whole := strings.Join(text, "\n")
		weight := weightHeading
		if current.Level == 1 {
			weight = weightTitle
		}
		p.sections = append(p.sections, section{
			heading: current, excerpt: excerpt(whole),
			head: search.NewText(search.Part{Text: current.Text, Weight: weight}),
			body: search.NewText(search.Part{Text: flat(whole), Weight: 1}, search.Part{Text: current.Text, Weight: weight}, search.Part{Text: p.Title, Weight: 1}),
		})
		text = text[:0]
	}
	for line := range strings.Lines(body) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if !fenced && strings.HasPrefix(line, "#") && len(headings) > 0 {
			add()
			current, headings = headings[0], headings[1:]
			continue
		}
		text = append(text, line)
	}
	add()
}

// Page finds a page by its name, nil when there is none.
func (s *Site) Page(name string) *Page { return s.byName[name] }

// Chapter is a group of pages for the list of contents.
type Chapter struct {
	Title string
	Pages []*Page
}

// Chapters are the pages in their groups.
func (s *Site) Chapters() []Chapter {
	var out []Chapter
	for _, p := range s.Pages {
		if n := len(out); n == 0 || out[n-1].Title != p.Chapter {
			out = append(out, Chapter{Title: p.Chapter})
		}
		last := &out[len(out)-1]
		last.Pages = append(last.Pages, p)
	}
	return out
}
