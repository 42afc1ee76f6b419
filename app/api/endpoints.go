package api

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"bourse/app/catalog"
	"bourse/app/market"
	"bourse/models"
)

// endpointJSON is one offer as clients of OpenRouter read it. Measurements are null until there
// are enough of them.
type endpointJSON struct {
	Name                    string        `json:"name"`
	ModelID                 string        `json:"model_id"`
	ModelName               string        `json:"model_name"`
	ProviderName            string        `json:"provider_name"`
	Tag                     string        `json:"tag"`
	ContextLength           int64         `json:"context_length"`
	MaxCompletionTokens     *int64        `json:"max_completion_tokens"`
	MaxPromptTokens         *int64        `json:"max_prompt_tokens"`
	Quantization            *string       `json:"quantization"`
	Pricing                 pricing       `json:"pricing"`
	SupportedParameters     []string      `json:"supported_parameters"`
	SupportsImplicitCaching bool          `json:"supports_implicit_caching"`
	SupportsToolChoice      toolChoice    `json:"supports_tool_choice"`
	Uptime5m                *float64      `json:"uptime_last_5m"`
	Uptime30m               *float64      `json:"uptime_last_30m"`
	Uptime1d                *float64      `json:"uptime_last_1d"`
	Latency30m              *percentiles  `json:"latency_last_30m"`    // milliseconds to the first token
	Throughput30m           *percentiles  `json:"throughput_last_30m"` // tokens a second
	Status                  int           `json:"status"`
	Bourse                  endpointExtra `json:"bourse"`
}

type percentiles struct {
	P50 float64 `json:"p50"`
	P75 float64 `json:"p75"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
}

// percentilesOf are what was measured, null while there is too little.
func percentilesOf(f market.Figures) (latency, throughput *percentiles) {
	if f.Samples == 0 {
		return nil, nil
	}
	l, t := percentiles(f.Latency), percentiles(f.Throughput)
	return &l, &t
}

func percentOrNull(p float64) *float64 {
	if p < 0 {
		return nil
	}
	return &p
}

type toolChoice struct {
	Auto     bool `json:"auto"`
	Function bool `json:"function"`
	None     bool `json:"none"`
	Required bool `json:"required"`
}

// endpointExtra is what only Bourse says.
type endpointExtra struct {
	Callable     bool                `json:"callable"`
	Connected    bool                `json:"connected"`
	FeeBPS       int64               `json:"fee_bps"`
	Provider     string              `json:"provider"` // its slug
	Region       *string             `json:"region"`
	PriceVersion string              `json:"price_version"`
	Confidence   string              `json:"confidence"`    // how many sources agree on the price
	PriceSeen    *string             `json:"price_seen"`    // the day a source last agreed
	PriceChanged *string             `json:"price_changed"` // the day it last changed
	RetiresAt    *string             `json:"retires_at"`
	DataPolicy   *models.DataPolicy  `json:"data_policy"`
	UnitPrices   []unitPrice         `json:"unit_prices,omitempty"`
	ServiceTiers map[string]override `json:"service_tiers,omitempty"` // what service_tier costs
}

func (s *Server) endpointJSON(e *catalog.Entry, o *catalog.Offer) endpointJSON {
	tools := o.Supports("tool_choice")
	_, reads := o.Rate(models.UnitCacheRead)
	_, writes := o.Rate(models.UnitCacheWrite)
	seen := s.Health.Figures(o.Name())
	latency, throughput := percentilesOf(seen)
	return endpointJSON{
		Name: o.Provider.Name + " | " + e.ID, ModelID: e.ID, ModelName: e.Name,
		ProviderName: o.Provider.Name, Tag: o.Tag, ContextLength: o.Context(e.Model),
		MaxCompletionTokens: orNull(maxOutput(o, e.Model)), Quantization: textOrNull(o.Quantization),
		Pricing: pricingOf(o), SupportedParameters: append([]string{}, o.SupportedParameters...),
		// Where writing to the cache costs nothing extra, the provider caches by itself.
		SupportsImplicitCaching: reads && !writes,
		SupportsToolChoice:      toolChoice{tools, tools, tools, tools},
		Uptime5m:                percentOrNull(seen.Uptime5m), Uptime30m: percentOrNull(seen.Uptime30m), Uptime1d: percentOrNull(seen.Uptime1d),
		Latency30m: latency, Throughput30m: throughput,
		Bourse: endpointExtra{
			Callable: o.Routable, Connected: o.Connected, FeeBPS: s.FeeBPS,
			Provider: o.Provider.Slug, Region: textOrNull(o.Region), PriceVersion: o.PriceVersion,
			Confidence: o.Confidence, PriceSeen: textOrNull(o.LastSeen),
			PriceChanged: textOrNull(o.LastUpdated), RetiresAt: textOrNull(o.RetiresAt),
			DataPolicy: o.Provider.Policy, UnitPrices: unitPrices(o), ServiceTiers: tierPrices(o),
		},
	}
}

// modelEndpoints is a model with all its offers.
type modelEndpoints struct {
	ID           string         `json:"id"`
	Name         string         `json:"name"`
	Created      int64          `json:"created"`
	Description  string         `json:"description"`
	Architecture architecture   `json:"architecture"`
	Endpoints    []endpointJSON `json:"endpoints"`
}

// ModelEndpoints is GET /models/{author}/{slug}/endpoints, cheapest first.
func (s *Server) ModelEndpoints(c echo.Context) error {
	e, err := s.asked(c)
	if e == nil {
		return err
	}
	out := modelEndpoints{
		ID: e.ID, Name: e.Name, Created: created(e), Description: e.Description,
		Architecture: architectureOf(e.Model), Endpoints: make([]endpointJSON, 0, len(e.Endpoints)),
	}
	for _, o := range e.Endpoints {
		out.Endpoints = append(out.Endpoints, s.endpointJSON(e, o))
	}
	return answer(c, map[string]any{"data": out})
}

// ZeroRetentionEndpoints is GET /endpoints/zdr: the offers of providers that are recorded as
// keeping nothing of a prompt.
func (s *Server) ZeroRetentionEndpoints(c echo.Context) error {
	snapshot := s.Catalog.Current()
	r, err := s.current()
	if err != nil {
		return err
	}
	if fresh(c, strings.TrimSuffix(r.etag, `"`)+"-"+s.Health.Minute()+`"`) { // what is measured moves
		return c.NoContent(http.StatusNotModified)
	}
	out := data{Data: []json.RawMessage{}}
	for _, e := range snapshot.Models {
		for _, o := range e.Endpoints {
			if !o.ZeroRetention() {
				continue
			}
			object, err := json.Marshal(s.endpointJSON(e, o))
			if err != nil {
				return err
			}
			out.Data = append(out.Data, object)
		}
	}
	return answer(c, out)
}
