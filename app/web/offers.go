package web

import (
	"math"
	"strconv"
	"strings"

	"bourse/app/catalog"
	"bourse/models"
	"bourse/views"
)

// offerRows are the offers of a model, cheapest first, with the best of each column marked.
func offerRows(e *catalog.Entry) []views.OfferRow {
	var lowest models.Rate = math.MaxInt64
	for _, o := range e.Endpoints {
		if r, ok := o.Mix(catalog.MixChat); ok && r > 0 {
			lowest = min(lowest, r)
		}
	}
	rows := make([]views.OfferRow, 0, len(e.Endpoints))
	for _, o := range e.Endpoints {
		rows = append(rows, offerRow(e, o, lowest))
	}
	markBest(e, rows)
	return rows
}

func offerRow(e *catalog.Entry, o *catalog.Offer, lowest models.Rate) views.OfferRow {
	row := views.OfferRow{
		Provider: o.Provider.Name, Variant: o.Variant, Precision: o.Quantization,
		Region: strings.ToUpper(o.Region), Callable: o.Routable,
		Input: offerPrice(o, models.UnitInput), Output: offerPrice(o, models.UnitOutput),
		CacheRead: offerPrice(o, models.UnitCacheRead), CacheWrite: offerPrice(o, models.UnitCacheWrite),
		Context:   tokensFigure(o.Context(e.Model)),
		MaxOutput: tokensFigure(o.MaxOutput),
		Age:       views.Day(o.LastSeen), AgeISO: o.LastSeen, AgeTitle: priceTitle(o),
		Tiers: append(tiers(o.Pricing), services(o)...),
	}
	if o.Status != "active" {
		row.Status = o.Status
	}
	if o.Provider.Kind == kindDemo {
		row.Status = "demo, not a real provider"
	}
	row.Mix = views.Figure{Text: "—"}
	if r, ok := o.Mix(catalog.MixChat); ok {
		row.Versus = versus(r, lowest)
		row.Mix = views.Figure{Text: views.Price(int64(r))}
	}
	for _, u := range unitOrder {
		if r, ok := o.Rate(u); ok {
			row.Prices = append(row.Prices, views.Fact{Label: unitLabel(u), Value: unitPrice(u, r)})
		}
	}
	row.Policy, row.PolicyHref = policy(o.Provider)
	row.Why = whyNot(e, o)
	return row
}

func offerPrice(o *catalog.Offer, u models.Unit) views.Figure {
	r, ok := o.Rate(u)
	if !ok {
		return views.Figure{Text: "—"}
	}
	return views.Figure{Text: views.Price(int64(r))}
}

func tokensFigure(n int64) views.Figure {
	if n <= 0 {
		return views.Figure{Text: "—"}
	}
	return views.Figure{Text: views.Context(n), Title: views.Count(n) + " tokens"}
}

// versus writes how far a price is above the lowest that costs anything: "=" on a tie.
func versus(r, lowest models.Rate) string {
	switch {
	case r == 0 || lowest == math.MaxInt64:
		return ""
	case r == lowest:
		return "="
	}
	more := 100 * (float64(r) - float64(lowest)) / float64(lowest)
	switch {
	case more >= 1000:
		return "×" + strconv.FormatFloat(float64(r)/float64(lowest), 'f', 0, 64)
	case more < 1:
		return "+<1%"
	}
	return "+" + strconv.FormatFloat(more, 'f', 0, 64) + "%"
}

func tiers(p models.Pricing) []views.Tier {
	var out []views.Tier
	for _, t := range p.Tiers {
		var parts []string
		for _, u := range unitOrder {
			if r, ok := t.Rates[u]; ok {
				parts = append(parts, unitWord(u)+" "+unitPrice(u, r))
			}
		}
		out = append(out, views.Tier{Name: "above " + views.Context(t.ContextGT), More: " tokens of prompt", Prices: strings.Join(parts, ", ")})
	}
	return out
}

// services are the prices of the service tiers that the provider takes in a request.
func services(o *catalog.Offer) []views.Tier {
	var out []views.Tier
	for _, tier := range o.Provider.Quirks.ServiceTiers {
		var parts []string
		for _, u := range unitOrder {
			if r, ok := o.Pricing.Services[tier][u]; ok {
				parts = append(parts, unitWord(u)+" "+unitPrice(u, r))
			}
		}
		if len(parts) > 0 {
			out = append(out, views.Tier{Name: tier, More: " service tier", Prices: strings.Join(parts, ", ")})
		}
	}
	return out
}

func priceTitle(o *catalog.Offer) string {
	parts := []string{}
	if o.LastUpdated != "" {
		parts = append(parts, "last changed "+views.Day(o.LastUpdated))
	}
	if o.PriceSource != "" {
		parts = append(parts, "source: "+o.PriceSource)
	}
	if o.Confidence != "" {
		parts = append(parts, "confidence: "+o.Confidence)
	}
	return strings.Join(parts, "; ")
}

// policy says in a few words what is recorded of a provider, and where the provider says it.
func policy(p *models.Provider) (text, href string) {
	href = p.PrivacyPolicyURL
	d := p.Policy
	if d == nil {
		return "not recorded", href
	}
	var parts []string
	switch {
	case d.RetentionDays != nil && *d.RetentionDays > 0:
		parts = append(parts, "keeps "+views.Plural(*d.RetentionDays, "day", "days"))
	case d.LogsPrompts != nil && !*d.LogsPrompts:
		parts = append(parts, "keeps nothing")
	case d.LogsPrompts != nil:
		parts = append(parts, "keeps prompts")
	}
	if d.TrainsOnPrompts != nil {
		if *d.TrainsOnPrompts {
			parts = append(parts, "trains on them")
		} else {
			parts = append(parts, "no training")
		}
	}
	if len(parts) == 0 {
		return "not recorded", href
	}
	return strings.Join(parts, ", "), href
}

// whyNot is why an offer cannot be called, in a few words.
func whyNot(e *catalog.Entry, o *catalog.Offer) string {
	switch {
	case o.Routable:
		return ""
	case !catalog.Served(e.Type):
		return "type not served yet"
	case !o.Priced():
		return "no price known"
	case o.ProviderModelID == "":
		return "upstream id unknown"
	case o.DemandsTools():
		return "needs unpriced tools"
	case !o.Spoken(e.Type):
		return "no dialect yet"
	case !o.Connected:
		return "not connected"
	}
	return "not available"
}

// sameSize percent apart, two lengths are the same: 128,000 and 131,072 are both called 128K.
const sameSize = 3

// markBest puts the highlighter on the best of each numeric column, ties included, where the
// offers differ: the lowest price that costs anything, the longest context.
func markBest(e *catalog.Entry, rows []views.OfferRow) {
	rate := func(u models.Unit) func(*catalog.Offer) int64 {
		return func(o *catalog.Offer) int64 {
			r, _ := o.Rate(u)
			return int64(r)
		}
	}
	columns := []struct {
		value  func(*catalog.Offer) int64
		figure func(*views.OfferRow) *views.Figure
		least  bool
	}{
		{rate(models.UnitInput), func(r *views.OfferRow) *views.Figure { return &r.Input }, true},
		{rate(models.UnitOutput), func(r *views.OfferRow) *views.Figure { return &r.Output }, true},
		{func(o *catalog.Offer) int64 { r, _ := o.Mix(catalog.MixChat); return int64(r) }, func(r *views.OfferRow) *views.Figure { return &r.Mix }, true},
		{rate(models.UnitCacheRead), func(r *views.OfferRow) *views.Figure { return &r.CacheRead }, true},
		{rate(models.UnitCacheWrite), func(r *views.OfferRow) *views.Figure { return &r.CacheWrite }, true},
		{func(o *catalog.Offer) int64 { return o.Context(e.Model) }, func(r *views.OfferRow) *views.Figure { return &r.Context }, false},
		{func(o *catalog.Offer) int64 { return o.MaxOutput }, func(r *views.OfferRow) *views.Figure { return &r.MaxOutput }, false},
	}
	for _, c := range columns {
		best, known := int64(0), 0
		for _, o := range e.Endpoints {
			v := c.value(o)
			if v <= 0 {
				continue
			}
			known++
			if best == 0 || c.least == (v < best) {
				best = v
			}
		}
		var winners []int
		for i, o := range e.Endpoints {
			if v := c.value(o); v == best || (!c.least && v*100 >= best*(100-sameSize)) {
				winners = append(winners, i)
			}
		}
		// What most offers share tells nobody where to go.
		if best == 0 || len(winners) == known || 2*len(winners) > max(known, 3) {
			continue
		}
		for _, i := range winners {
			c.figure(&rows[i]).Best = true
		}
	}
}
