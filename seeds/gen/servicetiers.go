package main

import "bourse/models"

// serviceTiers are the service tiers that a request can ask for, each with the bounds of what it
// may cost of the usual price, in per cent. A batch is no request, and what lies outside is the
// price of something else.
var serviceTiers = map[string][2]models.Rate{"flex": {40, 90}, "priority": {110, 300}}

// services are the prices of an offer's service tiers. A dearer tier counts only where it names a
// price for all that the offer has one for: what would be billed else would be a guess. In a cheaper
// one the usual price holds for the rest.
func services(o sourceOffer, usual models.Rates) (map[string]models.Rates, error) {
	var out map[string]models.Rates
	for name, bounds := range serviceTiers {
		if len(o.Services[name]) == 0 {
			continue
		}
		rates, err := parseRates(o.Services[name])
		if err != nil {
			return nil, err
		}
		if !plausible(rates, usual, bounds, name == "priority") {
			continue
		}
		if out == nil {
			out = map[string]models.Rates{}
		}
		out[name] = rates
	}
	return out, nil
}

func plausible(rates, usual models.Rates, bounds [2]models.Rate, whole bool) bool {
	for unit, base := range usual {
		rate, priced := rates[unit]
		needed := unit == models.UnitInput || unit == models.UnitOutput
		if !priced && (whole || needed) {
			return false
		}
		if priced && needed && (100*rate < bounds[0]*base || 100*rate > bounds[1]*base) {
			return false
		}
	}
	return true
}
