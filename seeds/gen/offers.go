package main

import (
	"fmt"
	"slices"
	"strings"

	"bourse/models"
	"bourse/seeds"
)

// shipped reports whether an offer can be bought: somebody sells it, we know what to ask for and
// what it costs.
func (o sourceOffer) shipped() bool {
	return (o.Status == "active" || o.Status == "beta") && o.ProviderModelID != "" && len(o.Prices) > 0
}

// shippedOffers picks the offers and turns their prices into integers.
func shippedOffers(src *source) (seeds.OfferFile, error) {
	var f seeds.OfferFile
	sets := map[string]int{}
	for _, o := range src.Offers {
		if !o.shipped() {
			continue
		}
		line, err := offerLine(o)
		if err != nil {
			return f, fmt.Errorf("%s at %s: %w", o.Model, o.Tag, err)
		}
		params := slices.Clone(o.SupportedParameters)
		slices.Sort(params)
		key := strings.Join(params, " ")
		set, known := sets[key]
		if !known {
			set = len(f.ParameterSets)
			sets[key] = set
			f.ParameterSets = append(f.ParameterSets, append([]string{}, params...))
		}
		line.ParameterSet = set
		f.Offers = append(f.Offers, line)
	}
	slices.SortFunc(f.Offers, func(a, b seeds.OfferLine) int {
		if c := strings.Compare(a.Model, b.Model); c != 0 {
			return c
		}
		return strings.Compare(a.Tag, b.Tag)
	})
	return f, nil
}

func offerLine(o sourceOffer) (seeds.OfferLine, error) {
	line := seeds.OfferLine{
		Model: o.Model, Tag: o.Tag, ProviderModelID: o.ProviderModelID,
		ContextLength: o.ContextLength, MaxOutput: o.MaxOutput, Quantization: o.Quantization,
		Reasoning: o.Reasoning, Confidence: o.Confidence, PriceSource: o.PriceSource,
		LastUpdated: o.LastUpdated, LastSeen: o.LastSeen, RetiresAt: o.DeprecationDate,
	}
	if o.Provider != o.Tag {
		line.Provider = o.Provider
	}
	if o.Status != "active" {
		line.Status = o.Status
	}
	var err error
	if line.Rates, err = parseRates(o.Prices); err != nil {
		return line, err
	}
	for _, t := range o.Tiers {
		limit, ok := t["context_gt"].(float64)
		if !ok {
			return line, fmt.Errorf("a tier without context_gt")
		}
		prices := map[string]string{}
		for k, v := range t {
			if s, ok := v.(string); ok {
				prices[k] = s
			}
		}
		rates, err := parseRates(prices)
		if err != nil {
			return line, err
		}
		line.Tiers = append(line.Tiers, models.Tier{ContextGT: int64(limit), Rates: rates})
	}
	slices.SortFunc(line.Tiers, func(a, b models.Tier) int { return int(a.ContextGT - b.ContextGT) })
	line.Services, err = services(o, line.Rates)
	return line, err
}

// parseRates reads decimal strings into integers; a price that does not parse stops the generator.
func parseRates(prices map[string]string) (models.Rates, error) {
	rates := models.Rates{}
	for name, text := range prices {
		unit := models.Unit(name)
		parse := models.ParseRatePerUnit
		if unit.PerToken() {
			parse = models.ParseRatePerMillion
		}
		r, err := parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		rates[unit] = r
	}
	return rates, nil
}
