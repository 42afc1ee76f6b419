package main

import (
	"cmp"
	"slices"
	"strings"

	"bourse/models"
	"bourse/seeds"
)

// keyEnvOverride parts providers whose collected name of the key is the same although their keys
// are not: a key of one must not connect the other.
func keyEnvOverride(provider, env string) string {
	switch provider {
	case "z-ai":
		return "ZAI_API_KEY"
	case "alibaba-cn":
		return "DASHSCOPE_CN_API_KEY"
	}
	return env
}

// dialect is what the base URL we use speaks. Azure differs by a header, which is a quirk.
func dialect(p sourceProvider) string {
	switch p.APIStyle {
	case "google":
		return "gemini"
	case "azure":
		return "openai"
	}
	return p.APIStyle
}

// baseURL is the collected one, but for the provider whose other door was collected.
func baseURL(p sourceProvider) string {
	switch p.APIStyle {
	case "google":
		return strings.TrimSuffix(p.BaseURL, "/openai")
	case "cohere":
		return "https://api.cohere.com/v2"
	}
	return p.BaseURL
}

func shippedProviders(src *source) []seeds.ProviderLine {
	var out []seeds.ProviderLine
	for _, p := range src.Providers {
		out = append(out, seeds.ProviderLine{
			Slug: p.Slug, Name: p.Name, Kind: p.Kind, Dialect: dialect(p), BaseURL: baseURL(p),
			APIKeyEnv: keyEnvOverride(p.Slug, p.APIKeyEnv), Headquarters: p.Headquarters,
			Region: p.Region, LegalEntity: p.LegalEntity, Website: p.Website, DocURL: p.DocURL,
			StatusPageURL: p.StatusURL, TermsURL: p.TermsURL, PrivacyURL: p.PrivacyURL,
			Policy: p.DataPolicy,
		})
	}
	slices.SortFunc(out, func(a, b seeds.ProviderLine) int { return cmp.Compare(a.Slug, b.Slug) })
	return out
}

func shippedModels(src *source, offers seeds.OfferFile) []seeds.ModelLine {
	sold := map[string]bool{}
	for _, o := range offers.Offers {
		sold[o.Model] = true
	}
	var out []seeds.ModelLine
	for _, m := range src.Models {
		if !sold[m.ID] {
			continue
		}
		out = append(out, seeds.ModelLine{
			ID: m.ID, CanonicalSlug: m.CanonicalSlug, Name: strings.TrimSpace(m.Name), Author: m.Author,
			Family: m.Family, Type: m.Type, Created: m.Created, KnowledgeCutoff: m.KnowledgeCutoff,
			ContextLength: m.ContextLength, MaxOutput: m.MaxOutput,
			Input: m.Input, Output: m.Output, Tools: m.Capabilities.Tools,
			StructuredOutput: m.Capabilities.StructuredOutputs, Reasoning: m.Capabilities.Reasoning,
			PromptCaching: m.Capabilities.PromptCaching, OpenWeights: m.OpenWeights,
			Tokenizer: m.Tokenizer, HuggingFaceID: m.HuggingFaceID, Status: m.Status,
			FirstSeen: m.FirstSeen, Dimensions: m.Dimensions, ReasoningConfig: m.ReasoningConfig,
		})
	}
	slices.SortFunc(out, func(a, b seeds.ModelLine) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

func authorNames(src *source) map[string]string {
	names := map[string]string{}
	for _, a := range src.Authors {
		names[a.Slug] = a.Name
	}
	return names
}

func shippedAuthors(src *source, lines []seeds.ModelLine) []seeds.AuthorLine {
	names := authorNames(src)
	seen := map[string]bool{}
	var out []seeds.AuthorLine
	for _, l := range lines {
		if !seen[l.Author] {
			seen[l.Author] = true
			out = append(out, seeds.AuthorLine{Slug: l.Author, Name: cmp.Or(names[l.Author], l.Author)})
		}
	}
	slices.SortFunc(out, func(a, b seeds.AuthorLine) int { return cmp.Compare(a.Slug, b.Slug) })
	return out
}

func shippedMilestones(src *source) ([]seeds.Milestone, error) {
	var out []seeds.Milestone
	for _, m := range src.Milestones {
		line := seeds.Milestone{
			Label: m.Label, Model: m.Model, Provider: m.Provider, Date: m.Date, Kind: m.Kind,
			URL: m.Source.URL,
		}
		for _, p := range []struct {
			text string
			into *models.Rate
		}{{m.Input, &line.Input}, {m.Output, &line.Output}, {m.CacheRead, &line.CacheRead}} {
			if p.text == "" {
				continue
			}
			r, err := models.ParseRatePerMillion(p.text)
			if err != nil {
				return nil, err
			}
			*p.into = r
		}
		out = append(out, line)
	}
	slices.SortStableFunc(out, func(a, b seeds.Milestone) int { return cmp.Compare(a.Date, b.Date) })
	return out, nil
}

func shippedScores(src *source, lines []seeds.ModelLine) []seeds.Score {
	known := map[string]bool{}
	for _, l := range lines {
		known[l.ID] = true
	}
	var out []seeds.Score
	for _, s := range src.Scores {
		if known[s.Model] {
			out = append(out, seeds.Score(s))
		}
	}
	return out
}
