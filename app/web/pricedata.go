package web

import (
	"math"
	"strconv"
	"strings"
	"time"

	"bourse/app/catalog"
	"bourse/models"
	"bourse/views"
)

// changeRecord is a change of a price for programs. Prices are US dollars per million tokens, or
// per piece where the unit is one.
type changeRecord struct {
	ID        string            `json:"id"`
	Date      string            `json:"date"`
	Model     string            `json:"model"`
	Provider  string            `json:"provider"`
	Offer     string            `json:"offer"`
	Before    map[string]string `json:"before"`
	After     map[string]string `json:"after"`
	Percent   *float64          `json:"mix_percent"` // at three tokens read for one written
	Source    string            `json:"source"`
	Was       string            `json:"source_before"`
	Flag      string            `json:"flag,omitempty"`
	Flapping  bool              `json:"flapping,omitempty"`
	Announced bool              `json:"announced,omitempty"`
}

func changeRecords(list []catalog.Change) []changeRecord {
	out := make([]changeRecord, 0, len(list))
	for _, c := range list {
		r := changeRecord{
			ID: c.After.ID, Date: c.At().UTC().Format(time.DateOnly), Model: c.Entry.ID,
			Provider: c.Offer.Provider.Slug, Offer: c.Offer.Tag,
			Before: dollars(c.Before.Pricing), After: dollars(c.After.Pricing),
			Source: c.After.Source, Was: c.Before.Source, Flag: c.After.Flag, Flapping: c.Flapping, Announced: c.Announced,
		}
		if c.HasPercent {
			percent := math.Round(c.Percent*100) / 100
			r.Percent = &percent
		}
		out = append(out, r)
	}
	return out
}

// dollars are the rates of a price as decimals.
func dollars(p models.Pricing) map[string]string {
	out := make(map[string]string, len(p.Rates))
	for u, r := range p.Rates {
		out[string(u)] = dollar(u, r)
	}
	return out
}

func dollar(u models.Unit, r models.Rate) string {
	text := strings.TrimPrefix(views.ExactPico(int64(r)), "$")
	if u.PerToken() {
		text = r.PerMillionUSD()
	}
	return strings.ReplaceAll(text, ",", "")
}

// per is what a price is the price of.
func per(u models.Unit) string {
	switch {
	case u == models.UnitCharacters:
		return "1M characters"
	case u.PerToken():
		return "1M tokens"
	}
	return unitWord(u)
}

func changeTable(list []catalog.Change) [][]string {
	rows := [][]string{{"date", "model", "provider", "offer", "unit", "per", "before_usd", "after_usd", "mix_percent", "source", "flag", "flapping", "announced"}}
	for _, c := range list {
		percent := ""
		if c.HasPercent {
			percent = strconv.FormatFloat(c.Percent, 'f', 2, 64)
		}
		for _, u := range unitOrder {
			a, had := c.Before.Pricing.Rates[u]
			b, has := c.After.Pricing.Rates[u]
			if had == has && a == b {
				continue
			}
			before, after := "", ""
			if had {
				before = dollar(u, a)
			}
			if has {
				after = dollar(u, b)
			}
			rows = append(rows, []string{
				c.At().UTC().Format(time.DateOnly), c.Entry.ID, c.Offer.Provider.Slug, c.Offer.Tag, string(u), per(u),
				before, after, percent, c.After.Source, c.After.Flag, strconv.FormatBool(c.Flapping), strconv.FormatBool(c.Announced),
			})
		}
	}
	return rows
}

// priceTable is recorded prices, a row for each unit.
func priceTable(list []models.PriceVersion) [][]string {
	rows := [][]string{{"from", "offer", "unit", "per", "usd", "prompt_above", "source", "flag", "id"}}
	for _, v := range list {
		add := func(rates models.Rates, above string) {
			for _, u := range unitOrder {
				if r, ok := rates[u]; ok {
					rows = append(rows, []string{v.EffectiveFrom.UTC().Format(time.RFC3339), v.Tag, string(u), per(u), dollar(u, r), above, v.Source, v.Flag, v.ID})
				}
			}
		}
		add(v.Pricing.Rates, "")
		for _, t := range v.Pricing.Tiers {
			add(t.Rates, strconv.FormatInt(t.ContextGT, 10))
		}
	}
	return rows
}

// changeItems are changes as items of a feed.
func (s *Server) changeItems(list []catalog.Change) []feedItem {
	var out []feedItem
	for _, c := range list[:min(len(list), feedItemsMax)] {
		var parts []string
		for _, m := range moves(c) {
			parts = append(parts, m.unit+" "+m.before+" → "+m.after)
		}
		item := feedItem{
			title: c.Entry.Name + " at " + offerName(c.Offer) + ": " + strings.Join(parts, ", "),
			text:  changeNote(c), link: s.Config.BaseURL + views.ModelHref(c.Entry.ID) + "#history",
			id: c.After.ID, at: c.At(),
		}
		if c.Announced {
			item.at = time.Time{} // it was told before its day, nobody recorded when
			item.title = "Announced for " + views.Date(c.At()) + ": " + item.title
		}
		out = append(out, item)
	}
	return out
}

func tierText(p models.Pricing) string {
	var parts []string
	for _, t := range tiers(p) {
		parts = append(parts, t.Name+t.More+": "+t.Prices)
	}
	if len(parts) == 0 {
		return "as short ones"
	}
	return strings.Join(parts, "; ")
}
