package catalog

import (
	"fmt"
	"maps"
	"slices"

	"bourse/models"
)

// suspiciousTimes: prices of models move, but hardly ever ten-fold at once; mistakes do.
const suspiciousTimes = 10

// How far a price may stand from the median of the same model elsewhere.
const (
	outlyingNew    = 10  // a new offer beyond it waits for a person
	outlyingChange = 30  // so does a change that leads beyond it
	outlyingUnit   = 300 // beyond it, a new offer is a mistake of units
)

// unitSlack: a price that is exactly a thousand times another is a mistake of units; vendors round
// a little when they convert.
const unitSlack = 0.05

// unitError reports a set of prices that is the old one in another unit.
func unitError(old, fresh models.Pricing) string {
	for _, u := range sortedUnits(fresh.Rates) {
		before, after := old.Rates[u], fresh.Rates[u]
		if before <= 0 || after <= 0 || !u.PerToken() {
			continue
		}
		for _, factor := range []float64{1_000, 1_000_000} {
			for _, ratio := range []float64{float64(after) / float64(before) / factor, float64(before) / float64(after) / factor} {
				if ratio > 1-unitSlack && ratio < 1+unitSlack {
					return fmt.Sprintf("the price of %s would go from $%s to $%s, %s: a mistake of units (per token, per thousand, per million)?",
						u, before.PerMillionUSD(), after.PerMillionUSD(), times(before, after))
				}
			}
		}
	}
	return ""
}

// oneSided refuses chat models that would take tokens for nothing on one side and not on the other:
// a price was forgotten.
func oneSided(kind string, p models.Pricing) string {
	in, hasIn := p.Rates[models.UnitInput]
	out, hasOut := p.Rates[models.UnitOutput]
	if kind != TypeChat || !hasIn || !hasOut || (in == 0) == (out == 0) {
		return ""
	}
	return fmt.Sprintf("input is $%s and output $%s: a chat model is free on both sides or on none", in.PerMillionUSD(), out.PerMillionUSD())
}

// suspicious says why a change of prices should not happen without a person.
func suspicious(old, fresh models.Pricing) string {
	for _, u := range sortedUnits(fresh.Rates) {
		before, known := old.Rates[u]
		after := fresh.Rates[u]
		switch {
		case !known:
		case before == 0 && after > 0:
			return fmt.Sprintf("%s was free", u)
		case before > 0 && after == 0:
			return fmt.Sprintf("%s would be free", u)
		case before > 0 && (after >= suspiciousTimes*before || before >= suspiciousTimes*after):
			return fmt.Sprintf("%s would cost %s", u, times(before, after))
		}
	}
	return ""
}

func sortedUnits(r models.Rates) []models.Unit { return slices.Sorted(maps.Keys(r)) }

// outlying says why a price stands out among those that others ask for the same model, when it is
// so many times the median or less than that part of it.
func (x *differ) outlying(e *Entry, p models.Pricing, tag string, limit models.Rate) string {
	price := mixes[MixChat].price(p)
	if price <= 0 {
		return ""
	}
	var others []models.Rate
	for _, o := range e.Endpoints {
		if r, ok := o.Mix(MixChat); ok && r > 0 && o.Tag != tag {
			others = append(others, r)
		}
	}
	if len(others) < 2 {
		return "" // one other price says little
	}
	slices.Sort(others)
	median := others[len(others)/2]
	if price < limit*median && median < limit*price {
		return ""
	}
	return fmt.Sprintf("it would cost %s what the %d others ask in the middle, $%s at three tokens read for one written", share(median, price), len(others), median.PerMillionUSD())
}

func share(median, price models.Rate) string {
	if price >= median {
		return fmt.Sprintf("%.4g times", float64(price)/float64(median))
	}
	return fmt.Sprintf("a %.4gth of", float64(median)/float64(price))
}
