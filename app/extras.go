package app

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"bourse/app/catalog"
	"bourse/app/demo"
	"bourse/app/provider"
	"bourse/models"
)

// extras are the models found at start rather than imported.
type extras struct {
	models    []models.Model
	endpoints []models.Endpoint
	providers []models.Provider
}

// known are all providers that may have a key: the catalogue's and those found.
func (x *extras) known(c *catalog.Catalog) []models.Provider {
	list := append([]models.Provider(nil), x.providers...)
	for _, p := range c.Current().Providers {
		list = append(list, p.Provider)
	}
	return list
}

const demoSlug = "demo"

// addDemo puts the demo's models on the market.
func (x *extras) addDemo(d *demo.Server, c *provider.Connections) error {
	c.Add(demoSlug, provider.Connection{BaseURL: d.URL, APIKey: d.Key})
	never, none := false, int64(0)
	x.providers = append(x.providers, models.Provider{Slug: demoSlug, Name: demo.ProviderName, Kind: "demo", Dialect: "openai",
		Policy: &models.DataPolicy{TrainsOnPrompts: &never, LogsPrompts: &never, RetentionDays: &none},
		Quirks: models.Quirks{ReasoningField: "reasoning_content"}})
	for _, m := range append(demo.Models(), demo.Embedding()) {
		rates := models.Rates{}
		for unit, price := range map[models.Unit]string{models.UnitInput: m.InputPrice, models.UnitOutput: m.OutputPrice, models.UnitCacheRead: m.CachePrice} {
			if price == "" {
				continue
			}
			rate, err := models.ParseRatePerMillion(price)
			if err != nil {
				return fmt.Errorf("price of %s: %w", m.ID, err)
			}
			rates[unit] = rate
		}
		kind, output := catalog.TypeChat, "text"
		if m.Dimensions > 0 {
			kind, output = catalog.TypeEmbedding, "embeddings"
		}
		writes := m.Dimensions == 0
		x.models = append(x.models, models.Model{ID: m.ID, CanonicalSlug: m.ID, Name: m.Name, Author: "bourse", Type: kind,
			Description: m.Description, ContextLength: int64(m.ContextTokens), MaxOutput: int64(m.OutputTokens),
			InputModalities: []string{"text"}, OutputModalities: []string{output}, Tools: writes, Reasoning: m.Reasoning,
			PromptCaching: writes, Dimensions: int64(m.Dimensions), Status: "active"})
		x.endpoints = append(x.endpoints, models.Endpoint{Model: m.ID, Provider: demoSlug, Tag: demoSlug, ProviderModelID: m.ID,
			ContextLength: int64(m.ContextTokens), MaxOutput: int64(m.OutputTokens), Status: "active", Reasoning: m.Reasoning,
			SupportedParameters: m.Parameters, Confidence: "high", PriceSource: "operator", Pricing: models.Pricing{Rates: rates}})
	}
	return nil
}

// findLocal asks the operator's own servers for their models.
func (a *App) findLocal(ctx context.Context, x *extras) error {
	_, port, _ := net.SplitHostPort(a.listener.Addr().String())
	own, _ := strconv.Atoi(port)
	servers, err := provider.LocalServers(a.Config.CompatibleURLs, own)
	if err != nil {
		return err
	}
	if !a.Config.FindLocal {
		named := servers[:0]
		for _, s := range servers {
			if !s.Usual {
				named = append(named, s)
			}
		}
		servers = named
	}
	ctx, cancel := context.WithTimeout(ctx, localFindTime)
	defer cancel()
	found, problems := provider.DiscoverLocal(ctx, servers)
	for _, p := range problems {
		a.Log.Warn(p)
	}
	if len(found) == 0 {
		return nil
	}
	p, list, endpoints := provider.LocalCatalogue(found, a.connections)
	x.providers, x.models, x.endpoints = append(x.providers, p), append(x.models, list...), append(x.endpoints, endpoints...)
	return nil
}

func importSeeds(ctx context.Context, c *catalog.Catalog) error { return c.Import(ctx) }
