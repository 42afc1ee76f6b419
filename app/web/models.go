package web

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"bourse/app/catalog"
	"bourse/views"
	"bourse/views/ui"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
)

const (
	// optionsShown of a long group stand before its fold.
	optionsShown = 8
	// typesShown: most people look for chat, and the other types are many.
	typesShown = 3
	// allPer is the "everything on one page" view.
	allPer = 1000
)

// ModelsIndex is the list of models with its filters.
func (s *Server) ModelsIndex(c echo.Context) error {
	snapshot := s.Catalog.Current()
	query := c.QueryParams()
	filter, ignored := catalog.ParseFilter(query)
	if len(filter.Outputs) == 0 && slices.Equal(filter.Types, []string{"chat"}) {
		filter.Types = nil // what the form says when nobody chose
	}
	list := modelsList{snapshot: snapshot, connected: realProvider(snapshot), rows: &s.rows}
	filter.Picks, list.refused = keepPicks(snapshot, filter.Picks, query)
	list.filter = filter
	// With a real provider connected, those who ask for nothing see what they can call.
	if list.connected && len(query) == 0 {
		list.filter.Callable = true
	}
	key := list.link(list.filter)
	if key != c.Request().RequestURI {
		c.Response().Header().Set("Content-Location", key)
	}
	if len(ignored)+len(list.refused) > 0 {
		key += "#" + strings.Join(ignored, "&") + "#" + strings.Join(list.refused, "&")
	}
	return s.cached(c, key, snapshot.Version, func() (templ.Component, error) {
		p := list.page()
		p.Ignored = ignored
		p.Shell = s.shell(c, "Models")
		p.Updated = s.recorded(snapshot)
		p.Path = list.link(list.filter)
		p.Description = "Prices of AI models at every provider, to compare, filter and sort."
		p.Canonical = s.Config.BaseURL + views.PathModels
		p.Feed = p.RSS
		if partial(c) {
			return views.ModelsForm(p), nil
		}
		return views.Models(p), nil
	})
}

// realProvider reports whether the operator has connected a provider that is neither the built-in
// demo nor a server on this machine.
func realProvider(s *catalog.Snapshot) bool {
	for _, p := range s.Providers {
		if p.Connected && p.Kind != kindDemo && p.Kind != kindLocal {
			return true
		}
	}
	return false
}

// modelsList turns what a filter finds into the page of it.
type modelsList struct {
	snapshot  *catalog.Snapshot
	filter    catalog.Filter
	connected bool
	refused   []string // picks beyond the fourth
	rows      *rowCache
}

// link is the address of another view of the list. Where the bare address means "callable here",
// the view without any filter has to say so.
func (l modelsList) link(f catalog.Filter) string {
	q := f.Link()
	if q == "" && l.connected {
		q = "?callable=false"
	}
	return views.PathModels + q
}

func (l modelsList) page() views.ModelsPage {
	f := l.filter
	found := l.snapshot.Search(f)
	p := views.ModelsPage{
		Matching: int64(found.Total),
		All:      int64(found.All),
		Callable: int64(l.snapshot.Callable()),
		Query:    f.Query,
		Orders:   l.orders(),
		ClearAll: l.link(l.bare()),
		Columns:  l.columns(),
		Keep:     l.keep(),
		Pager:    l.pager(found),
	}
	l.fillMix(&p)
	l.fillViews(&p)
	for _, facet := range found.Facets {
		p.Groups = append(p.Groups, l.facetGroup(facet))
	}
	if hidden := p.All - p.Matching; hidden > 0 && p.Matching > 0 {
		all := l.bare()
		all.Types, all.Outputs = f.Types, f.Outputs
		p.Hidden = views.Chip{Text: "show " + views.Count(hidden) + " hidden", Href: l.link(all)}
	}
	p.Promoted = l.promoted()
	for _, a := range f.Applied() {
		p.Chips = append(p.Chips, views.Chip{Text: a.Label, Href: l.link(f.Toggle(a.Param, a.Value)), On: true})
	}
	// The condition whose loss would give most comes first; one that gives nothing is no help.
	slices.SortStableFunc(found.Without, func(a, b catalog.Applied) int { return b.Count - a.Count })
	for _, a := range found.Without {
		if a.Count == 0 && len(p.Drops) > 0 {
			break
		}
		p.Drops = append(p.Drops, views.Chip{
			Text: a.Label, Href: l.link(f.Toggle(a.Param, a.Value)), Count: views.Count(int64(a.Count)),
		})
	}
	best := lowestOf(found.Rows)
	for _, r := range found.Rows {
		p.Rows = append(p.Rows, l.row(r, best))
	}
	p.Tray = l.tray(found.Rows)
	return p
}

// row takes a row that was drawn before, or draws it and keeps it. One with a marked price depends
// on its neighbours and is made anew.
func (l modelsList) row(r catalog.Row, best lowest) views.ModelRow {
	picked := slices.Contains(l.filter.Picks, r.ID)
	if picked || best.any(r) {
		row := l.modelRow(r)
		row.Picked = picked
		best.mark(&row, r)
		return row
	}
	key := rowKey{r.Entry, r.Shown, l.filter.Mix, l.filter.Blend, l.filter.Format == catalog.FormatCards, l.sparks()}
	if drawn := l.rows.get(l.snapshot, key); drawn != "" {
		return views.ModelRow{Drawn: drawn}
	}
	row := l.modelRow(r)
	if drawn, err := l.draw(row); err == nil {
		l.rows.put(l.snapshot, key, drawn)
	}
	return row
}

func (l modelsList) draw(row views.ModelRow) (string, error) {
	if l.filter.Format == catalog.FormatCards {
		return views.DrawCard(context.Background(), row, mixName(l.filter))
	}
	return views.DrawRow(context.Background(), row)
}

func (l modelsList) orders() []ui.Option {
	var out []ui.Option
	for _, o := range catalog.Orders() {
		out = append(out, ui.Option{Value: o.Name, Text: o.Label, On: o.Order == l.filter.Order})
	}
	return out
}

// promoted are the filters that people use most, as links, unless they are in force.
func (l modelsList) promoted() []views.Chip {
	list := []struct{ text, param, value string }{
		{"Free", "price", "free"},
		{"Tool calls", "supported_parameters", "tools"},
		{"Vision", "input_modalities", "image"},
		{"≥ 128K", "context", "128000"},
		{"No retention", "zdr", "true"},
		{"EU", "region", "eu"},
		{"Price dropped", "drop", "true"},
		{"Callable here", "callable", "true"},
	}
	on := map[string]bool{}
	for _, a := range l.filter.Applied() {
		on[a.Param+"="+a.Value] = true
	}
	out := make([]views.Chip, 0, len(list))
	for _, p := range list {
		if !on[p.param+"="+p.value] { // what is in force has a chip of its own below
			out = append(out, views.Chip{Text: p.text, Href: l.link(l.filter.Toggle(p.param, p.value))})
		}
	}
	return out
}

// keep are the conditions in force that the page has no control for, so that the form sends them on.
func (l modelsList) keep() []views.Pair {
	controls := map[string]bool{
		"q": true, "type": true, "price": true, "context": true, "input_modalities": true,
		"output_modalities": true, "supported_parameters": true, "zdr": true, "no_training": true,
		"min_price": true, "max_price": true, "open": true, "drop": true, "new": true, "retiring": true, "callable": true,
		"authors": true, "providers": true,
	}
	var out []views.Pair
	for _, a := range l.filter.Applied() {
		shown := controls[a.Param] || (a.Param == "region" && (a.Value == "eu" || a.Value == "us"))
		if !shown {
			out = append(out, views.Pair{Name: a.Param, Value: a.Value})
		}
	}
	if l.filter.PromptPrice {
		out = append(out, views.Pair{Name: "price_of", Value: "input"})
	}
	if l.filter.Per > 0 {
		out = append(out, views.Pair{Name: "per", Value: strconv.Itoa(l.filter.Per)})
	}
	return out
}

// columns are the headers: a first click sorts the way most people want, a second one turns it.
func (l modelsList) columns() views.ModelColumns {
	column := func(first catalog.Order, ascending bool) views.SortLink {
		up, down := "ascending", "descending"
		if !ascending {
			up, down = down, up
		}
		link, reverse := views.SortLink{}, first.Info().Reverse
		next := first
		switch l.filter.Order {
		case first:
			link.Sort, next = up, reverse
		case reverse:
			link.Sort = down
		}
		link.Href = l.link(l.filter.With("order", next.String()))
		return link
	}
	return views.ModelColumns{
		Name:      column(catalog.OrderName, true),
		Context:   column(catalog.OrderLongest, false),
		Input:     column(catalog.OrderInput, true),
		Output:    column(catalog.OrderOutput, true),
		Mix:       column(catalog.OrderCheapest, true),
		Change:    column(catalog.OrderDrop, true),
		Providers: column(catalog.OrderProviders, false),
		Use:       l.useColumn(column),
		Released:  column(catalog.OrderNewest, false),
	}
}

// useColumn is there once something may be told of what was used.
func (l modelsList) useColumn(column func(first catalog.Order, ascending bool) views.SortLink) views.SortLink {
	if !l.snapshot.Used {
		return views.SortLink{}
	}
	return column(catalog.OrderWeekly, false)
}

func (l modelsList) pager(found catalog.Result) ui.Pager {
	p := ui.Pager{Label: "Pages of the list"}
	if found.Pages < 2 {
		return p
	}
	at := func(n int) string { return l.link(l.filter.With("page", strconv.Itoa(n))) }
	if found.Page > 1 {
		p.Prev = at(found.Page - 1)
	}
	if found.Page < found.Pages {
		p.Next = at(found.Page + 1)
	}
	for n := 1; n <= found.Pages; n++ {
		near := n == 1 || n == found.Pages || (n >= found.Page-2 && n <= found.Page+2)
		switch {
		case near:
			p.Pages = append(p.Pages, ui.PageLink{Text: strconv.Itoa(n), Href: at(n), Current: n == found.Page})
		case len(p.Pages) > 0 && p.Pages[len(p.Pages)-1].Text != "…":
			p.Pages = append(p.Pages, ui.PageLink{Text: "…"})
		}
	}
	if found.Total <= allPer {
		p.Pages = append(p.Pages, ui.PageLink{
			Text: "All " + views.Count(int64(found.Total)) + " on one page",
			Href: l.link(l.filter.With("per", strconv.Itoa(allPer))),
		})
	}
	return p
}
