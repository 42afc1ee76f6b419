package web

import (
	"net/http"
	"strings"

	"bourse/app/catalog"
	"bourse/app/search"
	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

// How many of each kind a search shows.
const (
	foundModelsMax  = 12
	foundNamesMax   = 6
	foundDocsMax    = 6
	searchRunesMax  = 200
	foundBriefMax   = 5 // of each kind, in the list under the field of the header
	foundBriefTexts = 3
)

// Search looks through models, providers, authors and documentation at once. Our script asks for
// the beginning of the results alone, to show it under the field.
func (s *Server) Search(c echo.Context) error {
	typed := strings.TrimSpace(clip(strings.ToValidUTF8(c.QueryParam("q"), ""), searchRunesMax))
	p := s.searchPage(typed)
	p.Shell = s.shell(c, "Search")
	if typed != "" {
		p.Shell.Title = typed + " · Search"
	}
	p.NoIndex = true
	if partial(c) {
		p.brief()
		return s.render(c, http.StatusOK, views.SearchResults(p.SearchPage))
	}
	return s.render(c, http.StatusOK, views.Search(p.SearchPage))
}

// searchPage is a views.SearchPage on its way.
type searchPage struct{ views.SearchPage }

func (s *Server) searchPage(typed string) searchPage {
	p := searchPage{views.SearchPage{Query: typed}}
	q := search.Parse(typed)
	if q.Empty() {
		return p
	}
	found := s.Catalog.Current().Lookup(q)
	texts, textSlip := s.foundDocs(q)
	switch {
	case len(texts) > 0 && !textSlip && found.Slip: // the documentation has it as it was typed
		found = catalog.Found{}
	case textSlip && !found.Slip && len(found.Models)+len(found.Providers)+len(found.Authors) > 0:
		texts = nil
	}
	p.Docs = texts
	for _, e := range found.Models[:min(len(found.Models), foundModelsMax)] {
		p.Models = append(p.Models, foundModel(e))
	}
	if n := len(found.Models); n > foundModelsMax {
		all := catalog.Filter{Query: typed, Types: []string{"all"}}
		if total := s.Catalog.Current().Count(all); total > 0 {
			p.MoreHref, p.More = views.PathModels+all.Link(), int64(total)
		}
	}
	for _, x := range found.Providers[:min(len(found.Providers), foundNamesMax)] {
		if x.Models > 0 {
			p.Providers = append(p.Providers, views.FoundName{Href: views.ProviderHref(x.Slug), Name: x.Name, Note: views.Plural(int64(x.Models), "model", "models")})
		}
	}
	for _, a := range found.Authors[:min(len(found.Authors), foundNamesMax)] {
		mine := catalog.Filter{Authors: []string{a.Slug}, Types: []string{"all"}}
		p.Authors = append(p.Authors, views.FoundName{Href: views.PathModels + mine.Link(), Name: a.Name, Note: views.Plural(int64(a.Models), "model", "models")})
	}
	p.NamesFirst = found.Named
	p.Slip = found.Slip || textSlip && len(found.Models)+len(found.Providers)+len(found.Authors) == 0
	return p
}

func foundModel(e *catalog.Entry) views.FoundModel {
	m := views.FoundModel{ID: e.ID, Name: e.Name, Author: e.Author, Callable: e.Callable}
	in, hasIn := models.Rate(0), false
	if e.Lowest != nil {
		in, hasIn = e.Lowest.Input()
	}
	if !hasIn {
		m.Note = e.Type
		return m
	}
	m.Input, m.Output = views.Price(int64(in)), "—"
	if out, ok := e.Lowest.Output(); ok {
		m.Output = views.Price(int64(out))
	} else if e.Type != catalog.TypeChat {
		m.Note = m.Input + " / 1M in"
	}
	return m
}

// brief keeps what has room under a field.
func (p *searchPage) brief() {
	p.Models = p.Models[:min(len(p.Models), foundBriefMax)]
	p.Providers = p.Providers[:min(len(p.Providers), foundBriefTexts)]
	p.Authors = p.Authors[:min(len(p.Authors), foundBriefTexts)]
	p.Docs = p.Docs[:min(len(p.Docs), foundBriefTexts)]
	p.MoreHref = ""
}
