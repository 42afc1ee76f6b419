package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"bourse/app/catalog"
	"bourse/models"
	"bourse/views"
	"bourse/views/ui"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
)

const (
	// providerOffersPer is how many offers stand on a page of a provider.
	providerOffersPer = 100
	// logShown is how many changes of price a provider's page has.
	logShown = 15
)

// providerFigures is a provider with what its offers add up to.
type providerFigures struct {
	*catalog.ProviderEntry
	above     float64 // median percent above the lowest price of the same model
	hasAbove  bool
	cheapest  int // models of which it has the lowest price, alone or not
	contested int // models that others serve too
}

// figuresOf works out how a provider's prices stand to those of others, at the chat mix.
func figuresOf(s *catalog.Snapshot, p *catalog.ProviderEntry) providerFigures {
	f := providerFigures{ProviderEntry: p}
	best := map[string]models.Rate{}
	for _, o := range p.Offers {
		r, ok := o.Mix(catalog.MixChat)
		if !ok || r == 0 {
			continue
		}
		if have, known := best[o.Model]; !known || r < have {
			best[o.Model] = r
		}
	}
	var above []float64
	for id, r := range best {
		e := s.Model(id)
		if e == nil || e.Providers < 2 || e.Lowest == nil {
			continue
		}
		lowest, ok := e.Lowest.Mix(catalog.MixChat)
		if !ok || lowest <= 0 {
			continue
		}
		f.contested++
		if r <= lowest {
			f.cheapest++
		}
		above = append(above, 100*(float64(r)/float64(lowest)-1))
	}
	if len(above) > 0 {
		slices.Sort(above)
		f.above, f.hasAbove = (above[(len(above)-1)/2]+above[len(above)/2])/2, true
	}
	return f
}

// providerOrders are the ways of sorting providers; the first is what nobody asked for.
var providerOrders = []string{"models", "name", "price", "offers"}

// ProvidersIndex lists the providers.
func (s *Server) ProvidersIndex(c echo.Context) error {
	snapshot := s.Catalog.Current()
	order := c.QueryParam("order")
	if !slices.Contains(providerOrders, order) {
		order = providerOrders[0]
	}
	address := ordered(views.PathProviders, order, providerOrders[0])
	return s.cached(c, address, snapshot.Version, func() (templ.Component, error) {
		p := providersPage(snapshot, order)
		p.Shell = s.shell(c, "Providers")
		p.Updated = s.recorded(snapshot)
		p.Description = "Who serves AI models, at which prices, and what each says it does with prompts."
		p.Canonical = s.Config.BaseURL + views.PathProviders
		return views.Providers(p), nil
	})
}

func ordered(path, order, usual string) string {
	if order == usual {
		return path
	}
	return path + "?order=" + order
}

func providersPage(s *catalog.Snapshot, order string) views.ProvidersPage {
	var list []providerFigures
	for _, p := range s.Providers {
		if p.Models > 0 {
			list = append(list, figuresOf(s, p))
		}
	}
	slices.SortFunc(list, func(a, b providerFigures) int {
		byName := cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
		switch order {
		case "name":
			return byName
		case "price":
			if a.hasAbove != b.hasAbove {
				return cmp.Compare(truth(b.hasAbove), truth(a.hasAbove))
			}
			return cmp.Or(cmp.Compare(a.above, b.above), cmp.Compare(b.contested, a.contested), byName)
		case "offers":
			return cmp.Or(cmp.Compare(len(b.Offers), len(a.Offers)), byName)
		}
		return cmp.Or(cmp.Compare(b.Models, a.Models), byName)
	})
	p := views.ProvidersPage{}
	head := func(name, way string) views.SortLink {
		l := views.SortLink{Href: ordered(views.PathProviders, name, providerOrders[0])}
		if name == order {
			l.Sort = way
		}
		return l
	}
	p.ByName, p.ByModels, p.ByPrice, p.ByOffers = head("name", "ascending"), head("models", "descending"), head("price", "ascending"), head("offers", "descending")
	for _, f := range list {
		row := views.ProviderRow{
			Slug: f.Slug, Name: f.Name, Kind: kindWord(f.Kind), Models: int64(f.Models), Offers: int64(len(f.Offers)),
			Above: "—", Place: homeOf(f.Provider), Connected: f.Connected,
		}
		if f.hasAbove {
			row.Above = aboveText(f.above)
			row.AboveTitle = "cheapest, alone or not, for " + strconv.Itoa(f.cheapest) + " of " + views.Plural(int64(f.contested), "model", "models") + " that others serve too"
		}
		row.Retention, row.Training = retention(f.Policy), training(f.Policy)
		p.Rows = append(p.Rows, row)
		if f.Connected {
			p.Connected++
		}
	}
	return p
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// aboveText writes how far above the lowest price something is.
func aboveText(percent float64) string {
	switch {
	case percent < 0.5:
		return "lowest"
	case percent >= 1000:
		return "×" + strconv.FormatFloat(1+percent/100, 'f', 0, 64)
	}
	return "+" + strconv.FormatFloat(percent, 'f', 0, 64) + "%"
}

func kindWord(kind string) string {
	switch kind {
	case "first-party":
		return "maker of models"
	case "host":
		return "host"
	case "cloud":
		return "cloud"
	case kindDemo:
		return "demo"
	case kindLocal:
		return "on this machine"
	}
	return kind
}

// homeOf is where a provider is at home: its country as recorded, and the region of its offers.
func homeOf(p models.Provider) string {
	switch {
	case p.Headquarters != "" && p.Region != "":
		return p.Headquarters + ", serves from " + strings.ToUpper(p.Region)
	case p.Headquarters != "":
		return p.Headquarters
	case p.Region != "":
		return strings.ToUpper(p.Region)
	}
	return "—"
}

func retention(d *models.DataPolicy) string {
	switch {
	case d == nil:
		return "not recorded"
	case d.RetentionDays != nil && *d.RetentionDays > 0:
		return views.Plural(*d.RetentionDays, "day", "days")
	case d.LogsPrompts != nil && !*d.LogsPrompts:
		return "keeps nothing"
	case d.LogsPrompts != nil:
		return "keeps prompts"
	}
	return "not recorded"
}

func training(d *models.DataPolicy) string {
	switch {
	case d == nil || d.TrainsOnPrompts == nil:
		return "not recorded"
	case *d.TrainsOnPrompts:
		return "trains on prompts"
	}
	return "no"
}

// Provider is the page of one provider.
func (s *Server) Provider(c echo.Context) error {
	snapshot := s.Catalog.Current()
	slug := c.Param("slug")
	entry := snapshot.Provider(slug)
	if entry == nil {
		if lower := snapshot.Provider(strings.ToLower(slug)); lower != nil {
			return c.Redirect(http.StatusMovedPermanently, views.ProviderHref(lower.Slug))
		}
		return s.unknownProvider(c, snapshot, slug)
	}
	page, err := strconv.Atoi(c.QueryParam("page"))
	if err != nil || page < 1 {
		page = 1
	}
	page = min(page, max(1, (len(entry.Offers)+providerOffersPer-1)/providerOffersPer))
	address := views.ProviderHref(slug)
	if page > 1 {
		address += "?page=" + strconv.Itoa(page)
	}
	return s.cached(c, address, snapshot.Version, func() (templ.Component, error) {
		p := providerPage(snapshot, entry, page)
		p.Shell = s.shell(c, entry.Name)
		p.Updated = s.recorded(snapshot)
		p.Shell.Path = address
		p.Shell.Description = entry.Name + " serves " + views.Plural(int64(entry.Models), "model", "models") + ": prices, data policy, and every change of a price."
		p.Canonical = s.Config.BaseURL + views.ProviderHref(slug)
		p.Feed = views.PathPrices + ".rss?provider=" + slug
		return views.Provider(p), nil
	})
}

func (s *Server) unknownProvider(c echo.Context, snapshot *catalog.Snapshot, slug string) error {
	p := s.errorPage(c, models.Errorf(models.NotFound, "No provider is called “%s” here.", clip(slug, 100)))
	p.Heading, p.Shell.Title = "No such provider", "No such provider"
	p.Action = views.Link{Href: views.PathProviders, Text: "All providers"}
	word := strings.ToLower(slug)
	for _, near := range snapshot.Providers {
		name := strings.ToLower(near.Name)
		if len(p.Nearest) < nearestShown && len(word) > 2 && (strings.Contains(near.Slug, word) || strings.Contains(word, near.Slug) || strings.Contains(name, word)) {
			p.Nearest = append(p.Nearest, views.Link{Href: views.ProviderHref(near.Slug), Text: near.Name})
		}
	}
	return s.render(c, http.StatusNotFound, views.Error(p))
}

func providerPage(s *catalog.Snapshot, entry *catalog.ProviderEntry, page int) views.ProviderPage {
	f := figuresOf(s, entry)
	p := views.ProviderPage{Slug: entry.Slug, Name: entry.Name, Connected: entry.Connected, Kind: kindWord(entry.Kind)}
	p.ModelsHref = views.PathModels + catalog.Filter{Providers: []string{entry.Slug}, Types: []string{"all"}}.Link()
	p.LogHref = views.PathPrices + "?provider=" + entry.Slug
	add := func(label, value, title string) {
		if value != "" && value != "—" {
			p.Facts = append(p.Facts, views.Fact{Label: label, Value: value, Title: title})
		}
	}
	add("Models", views.Count(int64(entry.Models)), "")
	add("Offers", views.Count(int64(len(entry.Offers))), "")
	if f.hasAbove {
		add("Median price", aboveText(f.above), "against the lowest price of the same model, over "+views.Plural(int64(f.contested), "model", "models")+" that others serve too")
		add("Has the lowest price of", strconv.Itoa(f.cheapest)+" of "+strconv.Itoa(f.contested), "models that others serve too")
	}
	add("At home", homeOf(entry.Provider), "as recorded")
	add("Company", entry.LegalEntity, "")
	p.Policies = policyRows(entry.Provider)
	p.Links = providerLinks(entry.Provider)
	p.CallNote = providerCallNote(entry)
	from := (page - 1) * providerOffersPer
	for _, o := range entry.Offers[from:min(from+providerOffersPer, len(entry.Offers))] {
		p.Offers = append(p.Offers, providerOffer(s, o))
	}
	p.Pager = ui.Pager{Label: "Pages of offers"}
	if page > 1 {
		p.Pager.Prev = views.ProviderHref(entry.Slug) + "?page=" + strconv.Itoa(page-1)
	}
	if from+providerOffersPer < len(entry.Offers) {
		p.Pager.Next = views.ProviderHref(entry.Slug) + "?page=" + strconv.Itoa(page+1)
	}
	list := s.ChangesLike(catalog.ChangeFilter{Provider: entry.Slug})
	p.Changes = int64(len(list))
	p.Log = changeDays(list[:min(len(list), logShown)])
	return p
}

func providerOffer(s *catalog.Snapshot, o *catalog.Offer) views.ProviderOffer {
	e := s.Model(o.Model)
	row := views.ProviderOffer{
		ModelID: o.Model, Model: e.Name, Author: e.Author, Variant: o.Variant, Callable: o.Routable,
		Input: offerPrice(o, models.UnitInput), Output: offerPrice(o, models.UnitOutput),
		CacheRead: offerPrice(o, models.UnitCacheRead), Context: tokensFigure(o.Context(e.Model)),
		Age: views.Day(o.LastSeen), AgeTitle: priceTitle(o),
	}
	if _, ok := o.Input(); !ok {
		if u, r, ok := o.Headline(); ok {
			row.Input = views.Figure{Text: unitPrice(u, r), Unit: "/ " + unitWord(u)}
		}
	}
	if o.RetiresAt != "" {
		row.Note = "ends " + views.Day(o.RetiresAt)
	}
	mix, ok := o.Mix(catalog.MixChat)
	if e.Lowest == nil || !ok || mix == 0 {
		return row
	}
	if lowest, ok := e.Lowest.Mix(catalog.MixChat); ok && lowest > 0 {
		row.Versus = versus(mix, lowest)
		if mix > lowest {
			row.VersusTitle = "lowest: " + views.Price(int64(lowest)) + " at " + offerName(e.Lowest)
		} else if e.Providers > 1 {
			row.Versus, row.Lowest = "lowest", true
		}
	}
	return row
}
