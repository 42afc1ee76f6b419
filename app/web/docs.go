package web

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"

	"bourse/app/docs"
	"bourse/app/markdown"
	"bourse/app/search"
	"bourse/models"
	"bourse/views"
	"bourse/views/ui"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
)

// CodeBlock draws a block of code in Markdown as all pages do: to be read by keyboard, to copy, and
// with its words told apart.
func CodeBlock(w io.Writer, language, code string) error {
	label := language + " example"
	if language == "" {
		label = "Example"
	}
	return ui.CodeIn(label, code, markdown.Highlight(language, code)).Render(context.Background(), w)
}

// DocsIndex is the front page of the documentation.
func (s *Server) DocsIndex(c echo.Context) error {
	return s.cached(c, views.PathDocs, s.Docs.Version, func() (templ.Component, error) {
		p := views.DocsIndexPage{Chapters: s.docsChapters(""), BaseURL: s.Config.BaseURL}
		p.Shell = s.shell(c, "Documentation")
		p.Description = "How to call AI models here, what a call costs, and how to run the marketplace yourself."
		p.Canonical = s.Config.BaseURL + views.PathDocs
		return views.DocsIndex(p), nil
	})
}

// DocsPage is one page of the documentation, or its Markdown when the address ends so.
func (s *Server) DocsPage(c echo.Context) error {
	name, raw := strings.CutSuffix(c.Param("name"), ".md")
	page := s.Docs.Page(name)
	if page == nil {
		return models.Errorf(models.NotFound, "There is no such page in the documentation.")
	}
	if raw {
		return s.sendData(c, markdownType, s.Docs.Version, func(b *bytes.Buffer) error {
			b.WriteString(page.Markdown)
			return nil
		})
	}
	return s.cached(c, docHref(page), s.Docs.Version, func() (templ.Component, error) {
		p := views.DocsPage{Name: page.Name, Title: page.Title, HTML: page.HTML, Chapters: s.docsChapters(name)}
		p.Shell = s.shell(c, page.Title)
		p.Shell.Description = page.Summary
		p.Canonical = s.Config.BaseURL + docHref(page)
		p.Data = s.docData(page)
		for _, h := range page.Headings {
			if h.Level == 2 {
				p.Headings = append(p.Headings, views.DocsHeading{ID: h.ID, Text: h.Text})
			}
		}
		if page.Previous != nil {
			p.Previous = views.Link{Href: docHref(page.Previous), Text: page.Previous.Title}
		}
		if page.Next != nil {
			p.Next = views.Link{Href: docHref(page.Next), Text: page.Next.Title}
		}
		if v := visitor(c); v != nil && strings.Contains(page.Markdown, "$BOURSE_API_KEY") {
			keys, err := s.Keys.List(c.Request().Context(), v.UserID)
			if err != nil {
				return nil, err
			}
			for _, k := range keys {
				if k.RevokedUs == 0 {
					p.KeyHint, p.KeyName = beginning(k.Hint), k.Name
					break
				}
			}
		}
		return views.Docs(p), nil
	})
}

// beginning is the first part of a key's hint, before the letters that are left out.
func beginning(hint string) string {
	first, _, _ := strings.Cut(hint, "…")
	return first + "…"
}

func docHref(p *docs.Page) string { return views.PathDocs + "/" + p.Name }

func (s *Server) docsChapters(current string) []views.DocsChapter {
	var out []views.DocsChapter
	for _, ch := range s.Docs.Chapters() {
		v := views.DocsChapter{Title: ch.Title}
		for _, p := range ch.Pages {
			v.Pages = append(v.Pages, views.DocsLink{Href: docHref(p), Title: p.Title, Summary: p.Summary, Current: p.Name == current})
		}
		out = append(out, v)
	}
	return out
}

// docData tells search engines what the page is and where it stands.
func (s *Server) docData(p *docs.Page) string {
	data, err := json.Marshal(map[string]any{
		"@context": "https://schema.org", "@type": "TechArticle", "headline": p.Title, "description": p.Summary,
		"url": s.Config.BaseURL + docHref(p), "isPartOf": s.Config.BaseURL + views.PathDocs,
	})
	if err != nil {
		return "" // strings always marshal
	}
	return string(data)
}

// LLMs is the list of pages for models that read the site.
func (s *Server) LLMs(c echo.Context) error {
	return s.sendData(c, plainType, s.Docs.Version, func(b *bytes.Buffer) error {
		b.WriteString("# Bourse\n\n> A marketplace for AI models: one price list of every provider, one prepaid account, and one address that speaks the dialects of OpenAI, OpenRouter and Anthropic (" +
			s.Config.BaseURL + "/api/v1).\n")
		for _, ch := range s.Docs.Chapters() {
			b.WriteString("\n## " + ch.Title + "\n\n")
			for _, p := range ch.Pages {
				b.WriteString("- [" + p.Title + "](" + s.Config.BaseURL + docHref(p) + ".md): " + p.Summary + "\n")
			}
		}
		b.WriteString("\n## Data\n\n- [Models with prices](" + s.Config.BaseURL + "/api/v1/models): JSON, no key needed\n- [Changes of prices](" + s.Config.BaseURL + views.PathPrices +
			".json): JSON; also .csv and .rss\n- [Everything above in one file](" + s.Config.BaseURL + "/llms-full.txt)\n")
		return nil
	})
}

// LLMsFull is the whole documentation as one Markdown file.
func (s *Server) LLMsFull(c echo.Context) error {
	return s.sendData(c, plainType, s.Docs.Version, func(b *bytes.Buffer) error {
		for _, p := range s.Docs.Pages {
			b.WriteString(p.Markdown + "\n\n")
		}
		return nil
	})
}

// foundDocs are the parts of the documentation that a search finds.
func (s *Server) foundDocs(q *search.Query) (list []views.FoundText, slip bool) {
	if s.Docs == nil {
		return nil, false
	}
	for _, h := range s.Docs.Find(q, foundDocsMax) {
		f := views.FoundText{Href: docHref(h.Page), Title: h.Page.Title, Page: h.Page.Title, Excerpt: h.Excerpt}
		if h.Heading != "" {
			f.Title, f.Href = h.Heading, f.Href+"#"+h.ID
		}
		list, slip = append(list, f), h.Slip
	}
	return list, slip
}
