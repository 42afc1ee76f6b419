package web

import (
	"cmp"
	"math"
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

const (
	// A price is a good one when it is so close to the lowest ever, in percent, and the model has been
	// watched for so many days: before that every price is the lowest.
	goodWithin  = 5
	watchedDays = 35
	// averageMost is of how many steps an average is worked out while somebody waits.
	averageMost = 4000
)

// verdict says whether the lowest price of today is a good one, "" when it is not or when too little
// is known.
func (h modelHistory) verdict(now models.Rate) string {
	lowest, first := now, h.end()
	for _, o := range h.entry.Endpoints {
		for _, s := range h.snapshot.OfferSteps(h.entry.ID, o.Tag, h.unit, time.Time{}) {
			if s.Rate > 0 {
				lowest = min(lowest, s.Rate)
			}
			if s.At.Before(first) {
				first = s.At
			}
		}
	}
	switch {
	case h.end().Sub(first) < watchedDays*24*time.Hour:
		return ""
	case now <= lowest:
		return "lowest ever"
	case now*100 <= lowest*(100+goodWithin):
		return "near the lowest ever"
	}
	return ""
}

// average is the mean over time of the lowest price, false where there are too many steps.
func (h modelHistory) average(from time.Time, changes int) (models.Rate, bool) {
	if changes > averageMost {
		return 0, false
	}
	steps := h.snapshot.LowestHistory(h.entry, h.unit, from)
	if len(steps) == 0 {
		return 0, false
	}
	sum, whole := 0.0, h.end().Sub(steps[0].At).Hours()
	if whole <= 0 {
		return 0, false
	}
	for i, s := range steps {
		until := h.end()
		if i+1 < len(steps) {
			until = steps[i+1].At
		}
		sum += float64(s.Rate) * until.Sub(s.At).Hours()
	}
	mean := sum / whole
	scale := math.Pow(10, max(0, math.Floor(math.Log10(max(mean, 1)))-3)) // four digits
	return models.Rate(math.Round(mean/scale) * scale), true
}

// stats are the figures beside the chart, over all offers that cost something.
func (h modelHistory) stats(from time.Time, all []recordedPrice, changes int) []views.Stat {
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
		out = append(out, views.Stat{Label: "Now, lowest", Value: views.Price(int64(r)), Note: now.Provider.Name, Best: true, Badge: h.verdict(r)})
	}
	if len(paid) > 0 {
		byRate := func(a, b recordedPrice) int { return cmp.Or(cmp.Compare(a.rate, b.rate), b.at.Compare(a.at)) }
		low, high := slices.MinFunc(paid, byRate), slices.MaxFunc(paid, byRate)
		out = append(out,
			views.Stat{Label: "Lowest in this span", Value: views.Price(int64(low.rate)), Note: low.offer.Provider.Name + ", " + views.Date(low.at)},
			views.Stat{Label: "Highest in this span", Value: views.Price(int64(high.rate)), Note: high.offer.Provider.Name + ", " + views.Date(high.at)})
	}
	if mean, ok := h.average(from, changes); ok {
		out = append(out, views.Stat{Label: "Average of the lowest", Value: "≈ " + views.Price(int64(mean)), Note: "over time"})
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
