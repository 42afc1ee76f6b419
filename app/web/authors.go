package web

import (
	"cmp"
	"slices"
	"strings"

	"bourse/app/catalog"
	"bourse/views"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
)

// authorOrders are the ways of sorting authors; the first is what nobody asked for.
var authorOrders = []string{"models", "name", "newest"}

// AuthorsIndex lists who makes the models.
func (s *Server) AuthorsIndex(c echo.Context) error {
	snapshot := s.Catalog.Current()
	order := c.QueryParam("order")
	if !slices.Contains(authorOrders, order) {
		order = authorOrders[0]
	}
	address := ordered(views.PathAuthors, order, authorOrders[0])
	return s.cached(c, address, snapshot.Version, func() (templ.Component, error) {
		p := authorsPage(snapshot, order)
		p.Shell = s.shell(c, "Authors")
		p.Updated = s.recorded(snapshot)
		p.Description = "Who makes AI models: how many, the newest, and from which price on."
		p.Canonical = s.Config.BaseURL + views.PathAuthors
		return views.Authors(p), nil
	})
}

// authorFigures is an author with what its models add up to.
type authorFigures struct {
	slug, name         string
	models, chat, open int
	newest             *catalog.Entry
	low                *catalog.Entry // the cheapest of its chat models
}

func authorsPage(s *catalog.Snapshot, order string) views.AuthorsPage {
	bySlug := map[string]*authorFigures{}
	var list []*authorFigures
	for _, e := range s.Models {
		a := bySlug[e.Author]
		if a == nil {
			a = &authorFigures{slug: e.Author, name: e.AuthorName}
			bySlug[e.Author] = a
			list = append(list, a)
		}
		a.models++
		if e.OpenWeights != nil && *e.OpenWeights {
			a.open++
		}
		if a.newest == nil || e.Created > a.newest.Created {
			a.newest = e
		}
		if e.Type != "chat" {
			continue
		}
		a.chat++
		if mix, ok := paidMix(e); ok {
			if least, known := paidMix(a.low); !known || mix < least {
				a.low = e
			}
		}
	}
	slices.SortFunc(list, func(a, b *authorFigures) int {
		byName := cmp.Compare(strings.ToLower(a.name), strings.ToLower(b.name))
		switch order {
		case "name":
			return byName
		case "newest":
			return cmp.Or(cmp.Compare(b.newest.Created, a.newest.Created), byName)
		}
		return cmp.Or(cmp.Compare(b.models, a.models), byName)
	})
	head := func(name, way string) views.SortLink {
		l := views.SortLink{Href: ordered(views.PathAuthors, name, authorOrders[0])}
		if name == order {
			l.Sort = way
		}
		return l
	}
	p := views.AuthorsPage{ByName: head("name", "ascending"), ByModels: head("models", "descending"), ByNewest: head("newest", "descending")}
	for _, a := range list {
		row := views.AuthorRow{
			Slug: a.slug, Name: a.name, Models: int64(a.models), Chat: int64(a.chat), Open: int64(a.open), From: "—",
			Href:   views.PathModels + catalog.Filter{Authors: []string{a.slug}, Types: []string{"all"}}.Link(),
			Newest: a.newest.Name, NewestHref: views.ModelHref(a.newest.ID), NewestDay: views.Day(a.newest.Created),
		}
		if mix, ok := paidMix(a.low); ok {
			row.From, row.FromName = views.Price(mix), a.low.Name
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

// paidMix is the lowest price of a model at the chat mix that is not zero.
func paidMix(e *catalog.Entry) (int64, bool) {
	if e == nil || e.Lowest == nil {
		return 0, false
	}
	r, ok := e.Lowest.Mix(catalog.MixChat)
	return int64(r), ok && r > 0
}
