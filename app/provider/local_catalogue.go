package provider

import (
	"strings"

	"bourse/models"
)

// LocalCatalogue is what a discovery adds to the catalogue: one provider, its models as
// local/<model>, and an endpoint at each server that has one. Everything is free until the
// operator sets a price. It connects each endpoint's tag as well.
func LocalCatalogue(found []LocalModel, c *Connections) (models.Provider, []models.Model, []models.Endpoint) {
	provider := models.Provider{Slug: LocalSlug, Name: "Local", Kind: "local", Dialect: "openai"}
	var list []models.Model
	var endpoints []models.Endpoint
	seen := make(map[string]bool)
	for _, m := range found {
		slug := slugOf(strings.TrimSuffix(m.ID, ":latest"))
		if slug == "" {
			continue
		}
		id, tag := LocalSlug+"/"+slug, LocalSlug+"/"+m.Server.Name
		if seen[id+" "+tag] { // two names of the server become one of ours: the first stays
			continue
		}
		if !seen[id] {
			list = append(list, models.Model{ID: id, CanonicalSlug: id, Name: m.ID + " (local)", Author: LocalSlug,
				Type: "chat", Description: "Served by a machine of the operator of this site.",
				ContextLength: m.ContextLength, InputModalities: []string{"text"},
				OutputModalities: []string{"text"}, Tools: true, Status: "active"})
		}
		seen[id], seen[id+" "+tag] = true, true
		c.Add(tag, Connection{BaseURL: m.Server.BaseURL})
		endpoints = append(endpoints, models.Endpoint{Model: id, Provider: LocalSlug, Tag: tag,
			ProviderModelID: m.ID, ContextLength: m.ContextLength, Status: "active", Confidence: "high",
			PriceSource:         "operator",
			SupportedParameters: localParameters(),
			Pricing:             models.Pricing{Rates: models.Rates{models.UnitInput: 0, models.UnitOutput: 0}}})
	}
	return provider, list, endpoints
}

// localParameters are what the usual local servers take, or ignore without harm.
func localParameters() []string {
	return []string{"frequency_penalty", "include_reasoning", "logit_bias", "logprobs", "max_tokens", "min_p",
		"presence_penalty", "reasoning", "repetition_penalty", "response_format", "seed", "stop",
		"structured_outputs", "temperature", "tool_choice", "tools", "top_k", "top_logprobs", "top_p"}
}

// slugOf turns a server's name for a model, such as org/Name:8b-q4, into one part of our ids.
func slugOf(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '_':
			b.WriteRune(r)
		default:
			if b.Len() > 0 && !strings.HasSuffix(b.String(), "-") {
				b.WriteByte('-')
			}
		}
	}
	return strings.Trim(b.String(), "-.")
}
