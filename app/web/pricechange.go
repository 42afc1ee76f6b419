package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"bourse/app/catalog"
	"bourse/models"
	"bourse/views"
)

// changesShown bounds the table of price changes.
const changesShown = 60

// stats are the figures beside the chart, over all offers that cost something.
func (h modelHistory) stats(all []recordedPrice, changes int) []views.Stat {
	paid := slices.DeleteFunc(slices.Clone(all), func(r recordedPrice) bool { return r.rate == 0 })
	var out []views.Stat
	var now *catalog.Offer
	for _, o := range h.entry.Endpoints {
		r, ok := o.Rate(h.unit)
		if !ok || r == 0 {
			continue
		}
		if now == nil {
			now = o
		} else if least, _ := now.Rate(h.unit); r < least {
			now = o
		}
	}
	if now != nil {
		r, _ := now.Rate(h.unit)
		out = append(out, views.Stat{Label: "Now, lowest", Value: views.Price(int64(r)), Note: now.Provider.Name, Best: true})
	}
	if len(paid) > 0 {
		byRate := func(a, b recordedPrice) int { return cmp.Or(cmp.Compare(a.rate, b.rate), b.at.Compare(a.at)) }
		low, high := slices.MinFunc(paid, byRate), slices.MaxFunc(paid, byRate)
		out = append(out,
			views.Stat{Label: "Lowest in this span", Value: views.Price(int64(low.rate)), Note: low.offer.Provider.Name + ", " + views.Date(low.at)},
			views.Stat{Label: "Highest in this span", Value: views.Price(int64(high.rate)), Note: high.offer.Provider.Name + ", " + views.Date(high.at)})
	}
	return append(out, views.Stat{Label: "Price changes", Value: strconv.Itoa(changes)})
}

// changes lists what was recorded, newest first, mistakes of the sources included and named.
func (h modelHistory) changes() []views.PriceChange {
	names := map[string]string{}
	for _, o := range h.entry.Endpoints {
		names[o.Tag] = o.Provider.Name
		if o.Variant != "" {
			names[o.Tag] += " " + o.Variant
		}
	}
	var out []views.PriceChange
	for _, v := range h.snapshot.Newest(h.entry, changesShown) {
		name := names[v.Tag]
		out = append(out, views.PriceChange{
			Day: views.Date(v.EffectiveFrom), ISO: v.EffectiveFrom.UTC().Format(time.DateOnly), Provider: name,
			Input: ratePrice(v.Pricing, models.UnitInput), Output: ratePrice(v.Pricing, models.UnitOutput),
			Note: flagNote(v.Flag),
		})
	}
	return out
}

func ratePrice(p models.Pricing, u models.Unit) string {
	if r, ok := p.Rates[u]; ok {
		return views.Price(int64(r))
	}
	return "—"
}

// observedFlag begins the flag of a price that a source other than the usual one reported.
const observedFlag = "observed:"

func flagNote(flag string) string {
	if source, ok := strings.CutPrefix(flag, observedFlag); ok {
		return "seen by another source, " + source
	}
	return flagWords[flag]
}

// flagWords say what is odd about a recorded price.
var flagWords = map[string]string{
	"initial-correction":  "corrected within days of being listed",
	"zero-placeholder":    "a placeholder of the source",
	"unit-error":          "the source used the wrong unit",
	"swapped":             "the source swapped input and output",
	"reverted-within-14d": "taken back within two weeks",
	"cache-fields-only":   "only cache prices changed",
	"corrected":           "a correction",
}
