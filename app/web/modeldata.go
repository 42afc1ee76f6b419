package web

import (
	"strconv"
	"strings"
	"time"

	"bourse/app/catalog"
	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

// dataFilter is the filter of a list that is taken away as a file: all of it, whatever the page.
func dataFilter(c echo.Context) catalog.Filter {
	f, _ := catalog.ParseFilter(c.QueryParams()) // what means nothing is ignored here as on the page
	f.Picks, f.Format, f.Page, f.Per = nil, "", 0, 0
	return f
}

// ModelsCSV is the list of models as a table, with the price of the cheapest offer that fits.
func (s *Server) ModelsCSV(c echo.Context) error {
	snapshot := s.Catalog.Current()
	f := dataFilter(c)
	rows := [][]string{{"id", "name", "author", "type", "released", "context", "input_usd", "output_usd", "mix", "mix_usd", "provider", "providers", "change_30d_percent", "callable"}}
	for _, r := range snapshot.Find(f) {
		change, mix, provider := "", "", ""
		if r.HasChange {
			change = strconv.FormatFloat(r.Change30, 'f', 2, 64)
		}
		if r.HasMix {
			mix = r.Mix.PerMillionUSD()
		}
		if r.Shown != nil {
			provider = r.Shown.Tag
		}
		rows = append(rows, []string{
			r.ID, r.Name, r.Author, r.Type, r.Created, strconv.FormatInt(r.ContextLength, 10), shownRate(r, models.UnitInput), shownRate(r, models.UnitOutput),
			f.MixInfo().Name, mix, provider, strconv.Itoa(r.Entry.Providers), change, strconv.FormatBool(r.Callable),
		})
	}
	return s.sendCSV(c, snapshot.Version, "models.csv", rows)
}

func shownRate(r catalog.Row, u models.Unit) string {
	if r.Shown == nil {
		return ""
	}
	rate, ok := r.Shown.Rate(u)
	if !ok {
		return ""
	}
	return rate.PerMillionUSD()
}

// ModelsRSS is the list of models as a feed: whoever follows it hears of each new model that fits.
func (s *Server) ModelsRSS(c echo.Context) error {
	snapshot := s.Catalog.Current()
	f := dataFilter(c)
	page := f
	f.Order = catalog.OrderNewest
	out := feed{title: "Models · Bourse", about: "AI models that fit the filter, the newest first, with their lowest prices.", page: s.Config.BaseURL + views.PathModels + page.Link()}
	var labels []string
	for _, a := range f.Applied() {
		labels = append(labels, a.Label)
	}
	if len(labels) > 0 {
		out.title = "Models: " + strings.Join(labels, ", ") + " · Bourse"
	}
	for _, r := range snapshot.Find(f) {
		if len(out.items) == feedItemsMax {
			break
		}
		item := feedItem{title: r.Name + " by " + r.AuthorName, text: rowWords(r), link: s.Config.BaseURL + views.ModelHref(r.ID), id: r.ID}
		if at, ok := r.CreatedAt(); ok && at.Before(time.Now()) {
			item.at = at
		}
		out.items = append(out.items, item)
	}
	return s.sendFeed(c, snapshot.Version, out)
}

// rowWords says what a row of the list shows.
func rowWords(r catalog.Row) string {
	var parts []string
	in, out, _ := rowPrices(r)
	if in.Unit == "" && in.Text != "—" {
		parts = append(parts, "input "+in.Text+", output "+out.Text+" per million tokens "+in.Title)
	} else if in.Text != "—" {
		parts = append(parts, in.Text+" "+in.Unit+" "+in.Title)
	}
	if r.ContextLength > 0 {
		parts = append(parts, views.Context(r.ContextLength)+" context")
	}
	parts = append(parts, views.Plural(int64(r.Entry.Providers), "provider", "providers"))
	return r.Description + " " + strings.Join(parts, "; ") + "."
}
