package catalog

import (
	"context"
	"maps"
	"slices"
	"time"

	"bourse/models"
)

// facts is everything a snapshot is built from.
type facts struct {
	at        time.Time
	authors   []models.Author
	providers []models.Provider
	models    []models.Model
	endpoints []models.Endpoint
	prices    []models.PriceVersion // oldest first within an offer
	published published
	uses      map[string]Use // by model
}

type offerKey struct{ model, tag string }

func readFacts(ctx context.Context, db *models.DB) (facts, error) {
	var f facts
	var err error
	if f.authors, err = db.Authors(ctx); err != nil {
		return f, err
	}
	if f.providers, err = db.Providers(ctx); err != nil {
		return f, err
	}
	if f.models, err = db.Models(ctx); err != nil {
		return f, err
	}
	if f.endpoints, err = db.Endpoints(ctx); err != nil {
		return f, err
	}
	if f.prices, err = db.PriceVersions(ctx); err != nil {
		return f, err
	}
	f.published, err = readPublished()
	return f, err
}

// add puts what was found beside what was imported; on a clash the imported facts of a model or
// provider stand.
func (f *facts) add(x extra) {
	knownModels := map[string]bool{}
	for _, m := range f.models {
		knownModels[m.ID] = true
	}
	for _, m := range x.models {
		if !knownModels[m.ID] {
			knownModels[m.ID] = true
			f.models = append(f.models, m)
		}
	}
	knownProviders := map[string]bool{}
	for _, p := range f.providers {
		knownProviders[p.Slug] = true
	}
	for _, p := range x.providers {
		if !knownProviders[p.Slug] {
			knownProviders[p.Slug] = true
			f.providers = append(f.providers, p)
		}
	}
	knownOffers := map[offerKey]bool{}
	for _, e := range f.endpoints {
		knownOffers[offerKey{e.Model, e.Tag}] = true
	}
	for _, e := range x.endpoints {
		if key := (offerKey{e.Model, e.Tag}); !knownOffers[key] {
			knownOffers[key] = true
			f.endpoints = append(f.endpoints, e)
		}
	}
}

// pricesInForce picks for each offer the newest price that has begun. Flags tell what a source got
// wrong in the past; what is in force was checked when it was collected.
func pricesInForce(list []models.PriceVersion, at time.Time) map[offerKey]models.PriceVersion {
	out := make(map[offerKey]models.PriceVersion, len(list))
	for _, v := range list {
		if !v.EffectiveFrom.After(at) {
			out[offerKey{v.Model, v.Tag}] = v
		}
	}
	return out
}

func samePricing(a, b models.Pricing) bool {
	return maps.Equal(a.Rates, b.Rates) && slices.EqualFunc(a.Tiers, b.Tiers, func(x, y models.Tier) bool {
		return x.ContextGT == y.ContextGT && maps.Equal(x.Rates, y.Rates)
	})
}
