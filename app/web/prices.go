package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"bourse/app/catalog"
	"bourse/views"
	"bourse/views/ui"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
)

const (
	changesPer     = 100
	changesPageMax = 1000
)

// priceSpans are the days that the list of changes reaches back; 0 is all.
var priceSpans = []struct {
	days int
	text string
}{{0, "All"}, {30, "30 days"}, {90, "90 days"}, {365, "A year"}}

var priceLeasts = []int{0, 5, 10, 25, 50}

// changeQuery is a filter of price changes as an address has it.
type changeQuery struct {
	catalog.ChangeFilter
	days int
	page int
}

func changeQueryOf(q url.Values, s *catalog.Snapshot) changeQuery {
	x := changeQuery{page: 1}
	x.Query = strings.TrimSpace(clip(strings.ToValidUTF8(q.Get("q"), ""), pickRunesMax))
	if p := s.Provider(q.Get("provider")); p != nil {
		x.Provider = p.Slug
	}
	switch d := catalog.Direction(q.Get("direction")); d {
	case catalog.Up, catalog.Down:
		x.Direction = d
	}
	if n, err := strconv.Atoi(q.Get("least")); err == nil && n > 0 && n <= 1000 {
		x.Least = float64(n)
	}
	x.Flapping = q.Get("flapping") == "true" || q.Get("flapping") == "on"
	if n, err := strconv.Atoi(q.Get("days")); err == nil && n > 0 && n <= 36500 {
		x.days = n
		x.Since = s.At.AddDate(0, 0, -n)
	}
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 1 && n <= changesPageMax {
		x.page = n
	}
	return x
}

// query writes the filter so that it reads back; "" for the plain list.
func (x changeQuery) query() string {
	q := url.Values{}
	set := func(name, value string, on bool) {
		if on {
			q.Set(name, value)
		}
	}
	set("q", x.Query, x.Query != "")
	set("provider", x.Provider, x.Provider != "")
	set("direction", string(x.Direction), x.Direction != "")
	set("least", strconv.Itoa(int(x.Least)), x.Least > 0)
	set("days", strconv.Itoa(x.days), x.days > 0)
	set("flapping", "true", x.Flapping)
	set("page", strconv.Itoa(x.page), x.page > 1)
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// Prices lists every recorded change of a price, by day.
func (s *Server) Prices(c echo.Context) error {
	snapshot := s.Catalog.Current()
	x := changeQueryOf(c.QueryParams(), snapshot)
	address := views.PathPrices + x.query()
	c.Response().Header().Set("Content-Location", address)
	return s.cached(c, address, snapshot.Version, func() (templ.Component, error) {
		p := pricesPage(snapshot, x)
		p.Shell = s.shell(c, "Price changes")
		p.Updated = s.recorded(snapshot)
		p.Shell.Path = address
		p.Description = "Every recorded change of a price of an AI model at any provider, by day, to filter and to follow."
		p.Canonical = s.Config.BaseURL + views.PathPrices
		p.Feed = p.RSS
		if partial(c) {
			return views.PricesForm(p), nil
		}
		return views.Prices(p), nil
	})
}

func pricesPage(s *catalog.Snapshot, x changeQuery) views.PricesPage {
	list := s.ChangesLike(x.ChangeFilter)
	pages := max(1, (len(list)+changesPer-1)/changesPer)
	x.page = min(x.page, pages)
	p := views.PricesPage{Query: x.Query, Flapping: x.Flapping, Matching: int64(len(list))}
	bare := x
	bare.page = 1
	p.JSON, p.CSV, p.RSS = views.PathPrices+".json"+bare.query(), views.PathPrices+".csv"+bare.query(), views.PathPrices+".rss"+bare.query()
	for _, d := range priceSpans {
		p.Spans = append(p.Spans, ui.Option{Value: optionNumber(d.days), Text: d.text, On: d.days == x.days})
	}
	for _, n := range priceLeasts {
		text := "Any size"
		if n > 0 {
			text = strconv.Itoa(n) + "% and more"
		}
		p.Leasts = append(p.Leasts, ui.Option{Value: optionNumber(n), Text: text, On: float64(n) == x.Least})
	}
	for value, text := range map[catalog.Direction]string{catalog.AnyDirection: "Up and down", catalog.Down: "Down", catalog.Up: "Up"} {
		p.Directions = append(p.Directions, ui.Option{Value: string(value), Text: text, On: value == x.Direction})
	}
	slices.SortFunc(p.Directions, func(a, b ui.Option) int { return strings.Compare(a.Value, b.Value) })
	p.Providers = append(p.Providers, ui.Option{Text: "All providers", On: x.Provider == ""})
	for _, o := range s.Providers {
		if o.Models > 0 {
			p.Providers = append(p.Providers, ui.Option{Value: o.Slug, Text: o.Name, On: o.Slug == x.Provider})
		}
	}
	from := (x.page - 1) * changesPer
	p.Days = changeDays(list[from:min(from+changesPer, len(list))])
	p.Pager = changePager(x, pages)
	return p
}

// optionNumber is the value of an option; zero is the default and says nothing.
func optionNumber(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func changePager(x changeQuery, pages int) ui.Pager {
	p := ui.Pager{Label: "Pages of the changes"}
	at := func(n int) string { y := x; y.page = n; return views.PathPrices + y.query() }
	if x.page > 1 {
		p.Prev = at(x.page - 1)
	}
	if x.page < pages {
		p.Next = at(x.page + 1)
	}
	if pages > 1 {
		p.Note = "Page " + strconv.Itoa(x.page) + " of " + strconv.Itoa(pages)
	}
	return p
}

// changeDays puts changes, newest first, under their days.
func changeDays(list []catalog.Change) []views.ChangeDay {
	var out []views.ChangeDay
	for _, change := range list {
		iso := change.At().UTC().Format(time.DateOnly)
		if n := len(out); n == 0 || out[n-1].ISO != iso {
			out = append(out, views.ChangeDay{ISO: iso, Day: views.Date(change.At()), Announced: change.Announced})
		}
		day := &out[len(out)-1]
		day.Rows = append(day.Rows, changeRow(change))
	}
	return out
}

func changeRow(c catalog.Change) views.ChangeRow {
	row := views.ChangeRow{
		Model: c.Entry.Name, ModelID: c.Entry.ID, Author: c.Entry.Author,
		Provider: offerName(c.Offer), ProviderHref: views.ProviderHref(c.Offer.Provider.Slug),
		Note: changeNote(c),
	}
	for _, m := range moves(c) {
		row.Moves = append(row.Moves, views.PriceMove{Unit: m.unit, Before: m.before, After: m.after, Down: m.down})
	}
	if c.HasPercent {
		row.Percent, row.Up = percentText(c.Percent), c.Percent > 0
	}
	return row
}

// percentText is a move without its sign, "" where it is too small to say.
func percentText(percent float64) string {
	size := max(percent, -percent)
	if size < changeLeast {
		return ""
	}
	return strconv.FormatFloat(size, 'f', 1, 64) + "%"
}

func changeNote(c catalog.Change) string {
	var notes []string
	if note := flagNote(c.After.Flag); note != "" {
		notes = append(notes, note)
	}
	if c.Before.Source != c.After.Source {
		notes = append(notes, "two sources: "+c.Before.Source+", then "+c.After.Source)
	}
	if c.Flapping {
		notes = append(notes, "undone within two weeks")
	}
	return strings.Join(notes, "; ")
}

// move is one unit's price before and after.
type move struct {
	unit, before, after string
	down                bool
}

// moves lists the units of a change whose price differs.
func moves(c catalog.Change) []move {
	var out []move
	for _, u := range unitOrder {
		a, had := c.Before.Pricing.Rates[u]
		b, has := c.After.Pricing.Rates[u]
		if had == has && a == b {
			continue
		}
		m := move{unit: unitWord(u), before: "—", after: "—", down: has && (!had || b < a)}
		if had {
			m.before = unitPrice(u, a)
		}
		if has {
			m.after = unitPrice(u, b)
		}
		out = append(out, m)
	}
	if len(out) == 0 {
		out = append(out, move{unit: "long prompts", before: tierText(c.Before.Pricing), after: tierText(c.After.Pricing)})
	}
	return out
}

// PricesJSON, PricesCSV and PricesRSS are the same list for programs.
func (s *Server) PricesJSON(c echo.Context) error {
	snapshot := s.Catalog.Current()
	list := snapshot.ChangesLike(changeQueryOf(c.QueryParams(), snapshot).ChangeFilter)
	return s.sendJSON(c, snapshot.Version, map[string]any{"data": changeRecords(list)})
}

// PricesCSV is the list of changes as a table: a row for each unit whose price moved.
func (s *Server) PricesCSV(c echo.Context) error {
	snapshot := s.Catalog.Current()
	list := snapshot.ChangesLike(changeQueryOf(c.QueryParams(), snapshot).ChangeFilter)
	return s.sendCSV(c, snapshot.Version, "price-changes.csv", changeTable(list))
}

// PricesRSS is the list of changes to follow.
func (s *Server) PricesRSS(c echo.Context) error {
	snapshot := s.Catalog.Current()
	x := changeQueryOf(c.QueryParams(), snapshot)
	return s.sendFeed(c, snapshot.Version, feed{
		title: "Price changes · Bourse",
		about: "Changes of list prices of AI models, as recorded.",
		page:  s.Config.BaseURL + views.PathPrices + x.query(),
		items: s.changeItems(snapshot.ChangesLike(x.ChangeFilter)),
	})
}

// ModelPricesCSV is every recorded price of one model, mistakes of the sources included and named.
func (s *Server) ModelPricesCSV(c echo.Context) error {
	snapshot := s.Catalog.Current()
	id := c.Param("author") + "/" + c.Param("slug")
	e := snapshot.Model(id)
	if e == nil {
		e = snapshot.Retired(id)
	}
	if e == nil {
		return echo.NewHTTPError(http.StatusNotFound)
	}
	return s.sendCSV(c, snapshot.Version, e.Slug()+"-prices.csv", priceTable(snapshot.Prices(e)))
}

// ModelPricesRSS is the changes of one model's prices to follow.
func (s *Server) ModelPricesRSS(c echo.Context) error {
	snapshot := s.Catalog.Current()
	e := snapshot.Model(c.Param("author") + "/" + c.Param("slug"))
	if e == nil {
		return echo.NewHTTPError(http.StatusNotFound)
	}
	return s.sendFeed(c, snapshot.Version, feed{
		title: "Prices of " + e.Name + " · Bourse",
		about: "Changes of the list prices of " + e.Name + " at every provider, as recorded.",
		page:  s.Config.BaseURL + views.ModelHref(e.ID),
		items: s.changeItems(snapshot.ChangesOf(e)),
	})
}
