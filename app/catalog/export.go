package catalog

import (
	"encoding/json"
	"slices"

	"bourse/app/pricefile"
	"bourse/models"
	"bourse/seeds"
)

// ExportFilter says which part of the catalogue to export; empty lists mean all of it.
type ExportFilter struct {
	Providers []string // slugs
	Models    []string // ids
}

// Export writes the catalogue, or a part of it, as a price list that can be read in again. A
// provider or model that is not there is an error.
func (s *Snapshot) Export(f ExportFilter) (pricefile.Document, error) {
	d := pricefile.Document{Format: pricefile.FormatOwn, Source: "operator", Offers: []pricefile.DocumentOffer{}}
	for _, slug := range f.Providers {
		if s.Provider(slug) == nil {
			return d, models.Errorf(models.NotFound, "there is no provider %q", slug)
		}
	}
	var ids []string
	for _, id := range f.Models {
		e := s.Model(id)
		if e == nil {
			return d, models.Errorf(models.NotFound, "there is no model %q", id)
		}
		ids = append(ids, e.ID)
	}
	authors, providers := map[string]bool{}, map[string]bool{}
	for _, e := range s.Models {
		if len(ids) > 0 && !slices.Contains(ids, e.ID) {
			continue
		}
		n := len(d.Offers)
		for _, o := range e.Endpoints {
			slug := o.Endpoint.Provider
			if len(f.Providers) == 0 || slices.Contains(f.Providers, slug) {
				d.Offers = append(d.Offers, exportOffer(o))
				providers[slug] = true
			}
		}
		if len(d.Offers) > n {
			d.Models = append(d.Models, exportModel(e.Model))
			authors[e.Author] = true
		}
	}
	for _, p := range s.Providers {
		if providers[p.Slug] {
			d.Providers = append(d.Providers, exportProvider(p.Provider))
		}
	}
	for _, a := range s.Authors {
		if authors[a.Slug] {
			d.Authors = append(d.Authors, seeds.AuthorLine(a))
		}
	}
	return d, nil
}

func exportOffer(o *Offer) pricefile.DocumentOffer {
	out := pricefile.DocumentOffer{
		Model: o.Model, Provider: o.Endpoint.Provider, Upstream: o.ProviderModelID, Prices: exportPrices(o.Pricing.Rates),
		ContextLength: o.ContextLength, MaxOutput: o.MaxOutput, Quantization: o.Quantization, Parameters: o.SupportedParameters,
		Reasoning: o.Reasoning, LastUpdated: o.LastUpdated, RetiresAt: o.RetiresAt,
	}
	if o.Tag != o.Endpoint.Provider {
		out.Tag = o.Tag
	}
	if o.Status != "active" {
		out.Status = o.Status
	}
	for _, t := range o.Pricing.Tiers {
		out.Tiers = append(out.Tiers, pricefile.DocumentTier{Above: t.ContextGT, Prices: exportPrices(t.Rates)})
	}
	return out
}

func exportPrices(r models.Rates) pricefile.Prices {
	out := pricefile.Prices{}
	for u, rate := range r {
		text := rate.PerMillionUSD()
		if !u.PerToken() {
			text = rate.PerUnitUSD()
		}
		out[u] = json.RawMessage(`"` + text + `"`)
	}
	return out
}

func exportModel(m models.Model) seeds.ModelLine {
	l := seeds.ModelLine{
		ID: m.ID, Name: m.Name, Author: m.Author, Family: m.Family, Type: m.Type, Description: m.Description, Created: m.Created,
		KnowledgeCutoff: m.KnowledgeCutoff, ContextLength: m.ContextLength, MaxOutput: m.MaxOutput, Input: m.InputModalities,
		Output: m.OutputModalities, Tools: m.Tools, StructuredOutput: m.StructuredOutput, Reasoning: m.Reasoning,
		PromptCaching: m.PromptCaching, OpenWeights: m.OpenWeights, Tokenizer: m.Tokenizer, HuggingFaceID: m.HuggingFaceID,
		Status: m.Status, FirstSeen: m.FirstSeen, Dimensions: m.Dimensions, ReasoningConfig: m.ReasoningConfig,
	}
	if m.CanonicalSlug != m.ID {
		l.CanonicalSlug = m.CanonicalSlug
	}
	return l
}

func exportProvider(p models.Provider) seeds.ProviderLine {
	return seeds.ProviderLine{
		Slug: p.Slug, Name: p.Name, Kind: p.Kind, Dialect: p.Dialect, BaseURL: p.BaseURL, APIKeyEnv: p.APIKeyEnv,
		Headquarters: p.Headquarters, Region: p.Region, LegalEntity: p.LegalEntity, Website: p.Website, DocURL: p.DocURL,
		StatusPageURL: p.StatusPageURL, TermsURL: p.TermsURL, PrivacyURL: p.PrivacyPolicyURL, Policy: p.Policy,
	}
}
