package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"bourse/models"
)

const (
	// ResellerSlug is the provider that serves what other providers serve, at its own list prices.
	ResellerSlug = "openrouter"

	listTimeout       = 20 * time.Second
	listBytesMax      = 32 << 20
	resoldModelsMax   = 10_000
	resellerKeyEnv    = "OPENROUTER_API_KEY"
	resellerBaseURL   = "https://openrouter.ai/api/v1"
	resellerMinPrices = 2 // prompt and completion
)

// Reseller is the provider record of OpenRouter. Its own usage.cost is what it charges us.
func Reseller() models.Provider {
	return models.Provider{Slug: ResellerSlug, Name: "OpenRouter", Kind: "host", Dialect: "openai",
		BaseURL: resellerBaseURL, APIKeyEnv: resellerKeyEnv, Website: "https://openrouter.ai",
		Quirks: models.Quirks{TrustProviderCost: true}}
}

// resoldModel is a row of the reseller's list; prices are decimal strings in USD per unit.
type resoldModel struct {
	ID            string            `json:"id"`
	Name          string            `json:"name"`
	Created       int64             `json:"created"`
	ContextLength int64             `json:"context_length"`
	Pricing       map[string]string `json:"pricing"`
	Architecture  struct {
		Input     []string `json:"input_modalities"`
		Output    []string `json:"output_modalities"`
		Tokenizer string   `json:"tokenizer"`
	} `json:"architecture"`
	TopProvider struct {
		ContextLength int64 `json:"context_length"`
		MaxOutput     int64 `json:"max_completion_tokens"`
	} `json:"top_provider"`
	Parameters []string `json:"supported_parameters"`
}

// DiscoverResold asks the reseller for its list: a model and an endpoint for each row that has a
// price. Which of the models the catalogue knows already is for the caller to see.
func DiscoverResold(ctx context.Context, conn Connection) ([]models.Model, []models.Endpoint, error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, conn.BaseURL+"/models", nil)
	if err != nil {
		return nil, nil, fmt.Errorf("list of resold models: %w", err)
	}
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set(defaultAuthHeader, "Bearer "+conn.APIKey)
	client := &http.Client{Transport: newPool(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		return nil, nil, fmt.Errorf("list of resold models: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("list of resold models: it answers %d", resp.StatusCode)
	}
	var body struct {
		Data []json.RawMessage `json:"data"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, listBytesMax)).Decode(&body); err != nil {
		return nil, nil, fmt.Errorf("list of resold models: %w", err)
	}
	var list []models.Model
	var endpoints []models.Endpoint
	for _, raw := range body.Data[:min(len(body.Data), resoldModelsMax)] {
		var row resoldModel
		if json.Unmarshal(raw, &row) != nil {
			continue // one odd row does not cost the others
		}
		if pricing, ok := row.pricing(); ok && row.callable() {
			list = append(list, row.model())
			endpoints = append(endpoints, row.endpoint(pricing))
		}
	}
	return list, endpoints, nil
}

// callable leaves out routers and variants, which are the reseller's own inventions, and what is
// no chat.
func (m *resoldModel) callable() bool {
	author, name, found := strings.Cut(m.ID, "/")
	return found && author != "" && author != ResellerSlug && name != "" &&
		!strings.ContainsAny(m.ID, "~:@ ") && slices.Contains(m.Architecture.Output, "text")
}

// resoldUnits are the names of the reseller's prices.
var resoldUnits = map[string]models.Unit{
	"prompt": models.UnitInput, "completion": models.UnitOutput, "request": models.UnitRequest,
	"input_cache_read": models.UnitCacheRead, "input_cache_write": models.UnitCacheWrite,
	"internal_reasoning": models.UnitReasoning, "audio": models.UnitInputAudio,
}

func (m *resoldModel) pricing() (models.Pricing, bool) {
	rates := models.Rates{}
	needed := 0
	for name, price := range m.Pricing {
		unit, known := resoldUnits[name]
		if !known {
			continue
		}
		rate, err := models.ParseRatePerUnit(price)
		if err != nil {
			return models.Pricing{}, false // negative for "depends": not a price
		}
		if unit == models.UnitInput || unit == models.UnitOutput {
			needed++
		} else if rate == 0 {
			continue // "has none of its own", not "free"
		}
		rates[unit] = rate
	}
	return models.Pricing{Rates: rates}, needed == resellerMinPrices
}

func (m *resoldModel) model() models.Model {
	author, _, _ := strings.Cut(m.ID, "/")
	created := ""
	if m.Created > 0 {
		created = time.Unix(m.Created, 0).UTC().Format(time.DateOnly)
	}
	return models.Model{ID: m.ID, CanonicalSlug: m.ID, Name: m.Name, Author: author, Type: "chat",
		Created: created, ContextLength: m.ContextLength, MaxOutput: m.TopProvider.MaxOutput,
		InputModalities: m.Architecture.Input, OutputModalities: m.Architecture.Output,
		Tools:            slices.Contains(m.Parameters, "tools"),
		StructuredOutput: slices.Contains(m.Parameters, "structured_outputs"),
		Reasoning:        slices.Contains(m.Parameters, "reasoning"),
		Tokenizer:        m.Architecture.Tokenizer, Status: "active"}
}

func (m *resoldModel) endpoint(pricing models.Pricing) models.Endpoint {
	length := m.TopProvider.ContextLength
	if length <= 0 {
		length = m.ContextLength
	}
	return models.Endpoint{Model: m.ID, Provider: ResellerSlug, Tag: ResellerSlug, ProviderModelID: m.ID,
		Pricing: pricing, ContextLength: length, MaxOutput: m.TopProvider.MaxOutput, Status: "active",
		SupportedParameters: m.Parameters, Reasoning: slices.Contains(m.Parameters, "reasoning"),
		Confidence: "high", PriceSource: ResellerSlug, LastSeen: time.Now().UTC().Format(time.DateOnly)}
}
