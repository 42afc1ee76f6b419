package web

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bourse/app/catalog"
	"bourse/models"
	"bourse/views"
	"bourse/views/ui"
)

// The small chart of a row is so large, and tells of so many days.
const (
	sparkWidth, sparkHeight = 64, 18
	sparkDays               = 365
	// sparkPoints is how many steps the eye can tell apart there.
	sparkPoints = 32
	// sparkYoung is the share of the year that may be missing.
	sparkYoung = 0.9
)

// bare is the view without any condition: how it is sorted, weighed and laid out stays.
func (l modelsList) bare() catalog.Filter {
	f := l.filter
	return catalog.Filter{Mix: f.Mix, Blend: f.Blend, Order: f.Order, Picks: f.Picks, Format: f.Format}
}

// fillMix lays out the choice of a mix; the reader's own has fields for its parts.
func (l modelsList) fillMix(p *views.ModelsPage) {
	f := l.filter
	for _, m := range catalog.Mixes() {
		p.Mixes = append(p.Mixes, ui.Option{Value: m.Name, Text: m.Label, On: m.Mix == f.Mix})
	}
	own := f.Mix == catalog.MixCustom
	p.Mixes = append(p.Mixes, ui.Option{Value: "custom", Text: "Custom", On: own})
	p.MixText, p.Columns.MixName, p.Columns.Spark = f.MixInfo().Explanation, mixName(f), l.sparks() == priceSpark
	p.Columns.Weeks = l.sparks() == weeksSpark
	if own {
		p.Own = views.OwnMix{On: true, Read: strconv.Itoa(f.Blend.Read), Written: strconv.Itoa(f.Blend.Written), Cached: strconv.Itoa(f.Blend.Cached)}
	}
}

// mixName is a mix in figures: "3:1".
func mixName(f catalog.Filter) string {
	label := f.MixInfo().Label
	return label[strings.LastIndexByte(label, ' ')+1:]
}

// typed is the end of a price range as the reader would type it.
func typed(r *models.Rate) string {
	if r == nil {
		return ""
	}
	return strings.TrimSuffix(strings.TrimRight(r.PerMillionUSD(), "0"), ".")
}

// fillViews adds the ways to look at the same list: as cards, and as data.
func (l modelsList) fillViews(p *views.ModelsPage) {
	cards := l.filter.Format == catalog.FormatCards
	p.Cards = cards
	p.Formats = []views.Chip{
		{Text: "Table", Href: l.link(l.filter.With("fmt", catalog.FormatTable)), On: !cards},
		{Text: "Cards", Href: l.link(l.filter.With("fmt", catalog.FormatCards)), On: cards},
	}
	data := l.filter
	data.Picks, data.Format, data.Page, data.Per = nil, "", 0, 0
	p.RSS, p.CSV = views.PathModels+".rss"+data.Link(), views.PathModels+".csv"+data.Link()
	p.JSON = apiLink(data)
}

// apiLink is where programs find the same list: there all types are shown and prices are of the
// prompt unless the address says otherwise.
func apiLink(f catalog.Filter) string {
	if len(f.Types) == 0 && len(f.Outputs) == 0 {
		f.Types = []string{"chat"}
	}
	link := "/api/v1/models" + f.Link()
	if !f.PromptPrice && (f.MinPrice != nil || f.MaxPrice != nil) {
		link += "&" + url.Values{"price_of": {"mix"}}.Encode()
	}
	return link
}

// median is the price in the middle of a model's offers that cost something, at the filter's mix.
func (l modelsList) median(e *catalog.Entry) string {
	rates := make([]models.Rate, 0, len(e.Endpoints))
	for _, o := range e.Endpoints {
		if r, ok := l.filter.MixOf(o); ok && r > 0 {
			rates = append(rates, r)
		}
	}
	if len(rates) < 2 {
		return ""
	}
	slices.Sort(rates)
	return views.Price(int64((rates[(len(rates)-1)/2] + rates[len(rates)/2]) / 2))
}

// What the small chart of a row is of.
type sparkKind int

const (
	noSpark sparkKind = iota
	priceSpark
	weeksSpark
)

// sparks says what small chart the rows have: the use of twelve weeks in lists of what is used, else
// the price of a year. Among the newest it would tell nothing, and the days of release take the room.
func (l modelsList) sparks() sparkKind {
	switch l.filter.Order {
	case catalog.OrderPopular, catalog.OrderWeekly, catalog.OrderWeeklyBack, catalog.OrderName, catalog.OrderNameBack, catalog.OrderProviders, catalog.OrderProvidersBack:
		if l.snapshot.Used && l.filter.Format != catalog.FormatCards {
			return weeksSpark
		}
	case catalog.OrderNewest, catalog.OrderOldest:
		if l.filter.Format != catalog.FormatCards {
			return noSpark
		}
	}
	return priceSpark
}

// spark is the path of a small chart: the lowest price of the model at the chat mix in the year
// before the last record, from nothing at the bottom to its highest at the top. "" where there is
// none, or no more than a dot.
func (l modelsList) spark(e *catalog.Entry) string {
	from := l.snapshot.Recorded.AddDate(0, 0, -sparkDays)
	steps := l.snapshot.LowestMix(e, from)
	if len(steps) == 0 {
		return ""
	}
	if len(steps) > sparkPoints {
		steps = thinLowest(steps)
	}
	most := models.Rate(1)
	for _, s := range steps {
		most = max(most, s.Rate)
	}
	whole := l.snapshot.Recorded.Sub(from).Hours()
	if steps[0].At.Sub(from).Hours() > sparkYoung*whole {
		return "" // so young that there would be nothing to see
	}
	var b []byte
	for i, s := range steps {
		x := int64(math.Round(s.At.Sub(from).Hours() / whole * sparkWidth))
		y := int64(math.Round((1 - float64(s.Rate)/float64(most)) * (sparkHeight - 4)))
		x, y = min(max(x, 0), sparkWidth-1), min(y, sparkHeight-4)+2
		if i == 0 {
			b = strconv.AppendInt(append(b, 'M'), x, 10)
			b = strconv.AppendInt(append(b, ' '), y, 10)
			continue
		}
		b = strconv.AppendInt(append(b, 'H'), x, 10)
		b = strconv.AppendInt(append(b, 'V'), y, 10)
	}
	b = strconv.AppendInt(append(b, 'H'), sparkWidth, 10)
	return string(b)
}

// thinLowest keeps so many steps as can be told apart: the lowest of each part.
func thinLowest(steps []catalog.LowestStep) []catalog.LowestStep {
	out := make([]catalog.LowestStep, 0, sparkPoints+1)
	for part := range slices.Chunk(steps, len(steps)/sparkPoints+1) {
		low := part[0]
		for _, s := range part {
			if s.Rate < low.Rate {
				low = s
			}
		}
		low.At = part[0].At
		out = append(out, low)
	}
	return out
}

// facetGroup lays out one group: the first options, those chosen, and a fold with the rest.
func (l modelsList) facetGroup(f catalog.Facet) views.FacetGroup {
	g := views.FacetGroup{Title: f.Label, Name: f.Name, Single: f.Name == "context"}
	long, shown := f.Name == "author" || f.Name == "provider", optionsShown
	if f.Name == "type" {
		shown = typesShown
	}
	g.Folded = long || f.Name == "returns"
	if f.Name == "price" {
		g.Range = &views.PriceRange{Least: typed(l.filter.MinPrice), Most: typed(l.filter.MaxPrice)}
	}
	if g.Single {
		g.Options = append(g.Options, views.FacetOption{Name: "context", Value: "", Text: "Any", Count: -1, On: true})
	}
	for _, o := range f.Options {
		option := views.FacetOption{Name: o.Param, Value: o.Value, Text: o.Label, Count: int64(o.Count), On: o.On}
		if o.On {
			g.Folded = false
			if f.Name != "type" { // some type is always chosen
				g.On++
			}
			if g.Single {
				g.Options[0].On = false
			}
		}
		switch {
		case o.On || len(g.Options) < shown:
			g.Options = append(g.Options, option)
		case o.Count > 0 || !long: // a fold of eighty names is no place for those that give nothing
			g.More = append(g.More, option)
		}
	}
	return g
}
