package web

import (
	"strconv"

	"bourse/app/catalog"
	"bourse/models"
	"bourse/views"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
)

// shortRows is how many models a list of the landing page has.
const shortRows = 5

// Home is the landing page.
func (s *Server) Home(c echo.Context) error {
	snapshot := s.Catalog.Current()
	return s.cached(c, views.PathHome, snapshot.Version, func() (templ.Component, error) {
		p := homePage(snapshot)
		p.Shell = s.shell(c, "AI models: one price list, one endpoint")
		p.Updated = s.recorded(snapshot)
		p.Path = views.PathHome
		p.Shell.Description = "Compare the prices of AI models at every provider and call any of them with one key."
		p.Canonical = s.Config.BaseURL + views.PathHome
		p.Account = visitor(c) != nil
		p.Data = s.siteData()
		p.Curl = views.ChatCurl(s.Config.BaseURL+"/api/v1/chat/completions", "$BOURSE_API_KEY", ExampleModel(snapshot))
		return views.Home(p), nil
	})
}

// ExampleModel is a chat model that an example can call here: the demo where there is one, else the
// cheapest that is connected, else any.
func ExampleModel(s *catalog.Snapshot) string {
	best := ""
	for _, e := range s.Models {
		if !e.Callable || e.Type != catalog.TypeChat {
			continue
		}
		if isDemo(e) {
			return e.ID
		}
		if best == "" {
			best = e.ID
		}
	}
	if best == "" && len(s.Models) > 0 {
		return s.Models[0].ID
	}
	return best
}

func homePage(s *catalog.Snapshot) views.HomePage {
	p := views.HomePage{Models: int64(len(s.Models)), Callable: int64(s.Callable())}
	for _, provider := range s.Providers {
		p.Offers += int64(len(provider.Offers))
		if provider.Models > 0 {
			p.Providers++
		}
	}
	p.Lists = []views.ShortList{cheapestList(s), dropList(s), newestList(s), servedList(s)}
	return p
}

func cheapestList(s *catalog.Snapshot) views.ShortList {
	f := catalog.Filter{Supported: []string{"tools"}, Order: catalog.OrderCheapest}
	l := views.ShortList{Title: "Cheapest with tool calls", Column: "Mix 3:1", Unit: "$ / 1M", Href: views.PathModels + f.Link()}
	for _, r := range s.Find(f) {
		if !r.HasMix || r.Mix == 0 || isDemo(r.Entry) || len(l.Rows) == shortRows {
			continue
		}
		l.Rows = append(l.Rows, shortRow(r.Entry, views.Price(int64(r.Mix)), r.Shown.Provider.Name))
	}
	if len(l.Rows) > 0 {
		l.Rows[0].Best = true
	}
	return l
}

func newestList(s *catalog.Snapshot) views.ShortList {
	f := catalog.Filter{Order: catalog.OrderNewest}
	l := views.ShortList{Title: "Newest", Column: "Released", Href: views.PathModels + f.Link()}
	for _, r := range s.Find(f) {
		if isDemo(r.Entry) || r.Shown == nil || r.Shown.Provider.Kind == kindLocal || r.Created == "" || len(l.Rows) == shortRows {
			continue
		}
		l.Rows = append(l.Rows, shortRow(r.Entry, views.Day(r.Created), ""))
	}
	return l
}

func servedList(s *catalog.Snapshot) views.ShortList {
	f := catalog.Filter{Order: catalog.OrderProviders}
	l := views.ShortList{Title: "Served by most providers", Column: "Providers", Href: views.PathModels + f.Link()}
	for _, r := range s.Find(f) {
		if len(l.Rows) == shortRows {
			break
		}
		l.Rows = append(l.Rows, shortRow(r.Entry, strconv.Itoa(r.Entry.Providers), spread(r.Entry)))
	}
	return l
}

// spread says how far apart the prices of one model are: "$0.10 – 0.90".
func spread(e *catalog.Entry) string {
	var low, high models.Rate
	for _, o := range e.Endpoints {
		r, ok := o.Output()
		if !ok || r == 0 {
			continue
		}
		if low == 0 || r < low {
			low = r
		}
		high = max(high, r)
	}
	if low == 0 || low == high {
		return ""
	}
	return views.Price(int64(low)) + " to " + views.Price(int64(high)) + " out"
}

// dropList is the price cuts recorded last: for each model the newest fall of its output price.
func dropList(s *catalog.Snapshot) views.ShortList {
	type drop struct {
		change   catalog.Change
		from, to models.Rate
	}
	var drops []drop
	seen := map[string]bool{}
	for _, c := range s.Changes() {
		// Two sources may mean two things by one price: only a cut that one of them reported and
		// nobody doubted is worth telling.
		if c.Announced || c.Flapping || !c.Sure() || c.Entry.Type != "chat" || seen[c.Entry.ID] {
			continue
		}
		from, to := c.Before.Pricing.Rates[models.UnitOutput], c.After.Pricing.Rates[models.UnitOutput]
		if to > 0 && to < from {
			seen[c.Entry.ID] = true
			drops = append(drops, drop{c, from, to})
		}
	}
	l := views.ShortList{
		Title: "Latest price cuts", Column: "Output", Unit: "$ / 1M",
		Href: views.PathPrices + "?direction=down",
	}
	for _, d := range drops[:min(len(drops), shortRows)] {
		percent := strconv.FormatFloat(100*(1-float64(d.to)/float64(d.from)), 'f', 0, 64)
		row := shortRow(d.change.Entry, "▼ "+percent+"%", "to "+views.Price(int64(d.to))+", "+d.change.At().Format("2 Jan"))
		row.Down = true
		l.Rows = append(l.Rows, row)
	}
	return l
}

func shortRow(e *catalog.Entry, value, note string) views.ShortRow {
	return views.ShortRow{ID: e.ID, Author: e.Author, Name: e.Name, Value: value, Note: note}
}
