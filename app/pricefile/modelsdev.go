package pricefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"bourse/models"
)

// modelsDevProviders are the providers that models.dev knows by another name than ours.
var modelsDevProviders = map[string]string{
	"google": "google-ai-studio", "google-vertex-anthropic": "google-vertex", "togetherai": "together",
	"fireworks-ai": "fireworks", "novita-ai": "novita", "zai": "z-ai", "cloudflare-workers-ai": "cloudflare",
	"inference": "inference-net", "moonshot": "moonshotai", "friendliai": "friendli",
}

// modelsDevModel is the part of a model of models.dev that we use.
type modelsDevModel struct {
	Name             string          `json:"name"`
	Family           string          `json:"family"`
	Reasoning        bool            `json:"reasoning"`
	Temperature      bool            `json:"temperature"`
	ToolCall         json.RawMessage `json:"tool_call"` // true, or an object of details
	StructuredOutput bool            `json:"structured_output"`
	Knowledge        string          `json:"knowledge"`
	ReleaseDate      string          `json:"release_date"`
	LastUpdated      string          `json:"last_updated"`
	OpenWeights      *bool           `json:"open_weights"`
	Status           string          `json:"status"`
	Modalities       struct {
		Input  []string `json:"input"`
		Output []string `json:"output"`
	} `json:"modalities"`
	Limit struct {
		Context json.Number `json:"context"`
		Output  json.Number `json:"output"`
	} `json:"limit"`
	Cost members `json:"cost"`
}

var modelsDevUnits = []models.Unit{
	models.UnitInput, models.UnitOutput, models.UnitCacheRead, models.UnitCacheWrite, models.UnitReasoning,
	models.UnitInputAudio, models.UnitOutputAudio,
}

// longContext is the member with the prices of prompts above that many tokens.
var longContext = regexp.MustCompile(`^context_over_(\d{1,4})k$`)

func readModelsDev(top members) (*File, error) {
	f := &File{Format: FormatModelsDev, Source: FormatModelsDev, Partial: true}
	found := false
	for _, p := range top {
		var provider struct {
			Models json.RawMessage `json:"models"`
		}
		var list members
		if json.Unmarshal(p.value, &provider) != nil || provider.Models == nil || json.Unmarshal(provider.Models, &list) != nil || !slug.MatchString(strings.ToLower(p.name)) {
			f.refuse(p.name, "it is no provider with models")
			continue
		}
		found = true
		name := strings.ToLower(p.name)
		if ours, ok := modelsDevProviders[name]; ok {
			name = ours
		}
		if !slices.Contains(f.Complete, name) {
			f.Complete = append(f.Complete, name)
		}
		for _, m := range list {
			f.addModelsDev(name, p.name+"/"+m.name, m)
		}
	}
	if !found {
		return nil, errors.New("it is neither a list of our own format nor the api.json of models.dev")
	}
	return f, nil
}

func (f *File) addModelsDev(provider, where string, m member) {
	if len(m.name) > nameMax || strings.TrimSpace(m.name) == "" {
		f.refuse(where, "its id is empty or too long")
		return
	}
	var x modelsDevModel
	if err := json.Unmarshal(m.value, &x); err != nil {
		f.refuse(where, "it cannot be read: %s", clip(err.Error()))
		return
	}
	kind := modelsDevKind(x)
	if kind != "chat" && len(x.Cost) == 0 {
		f.Unpriced++ // pictures and speech are sold by units that models.dev does not write down
		return
	}
	pricing, err := x.pricing()
	if err == nil {
		err = sound(pricing, kind)
	}
	if err != nil {
		f.refuse(where, "%s", err)
		return
	}
	tools := len(x.ToolCall) > 0 && string(x.ToolCall) != "false" && string(x.ToolCall) != "null"
	f.Offers = append(f.Offers, Offer{
		Where: clip(where),
		Endpoint: models.Endpoint{
			Provider: provider, Tag: provider, ProviderModelID: m.name, Pricing: pricing,
			ContextLength: whole(x.Limit.Context), MaxOutput: whole(x.Limit.Output), Status: statusWord(x.Status),
			SupportedParameters: x.parameters(tools), Reasoning: x.Reasoning, Confidence: "medium",
			PriceSource: f.Source, LastUpdated: day(x.LastUpdated),
		},
		Facts: models.Model{
			Name: clip(x.Name), Family: clip(x.Family), Type: kind, Created: day(x.ReleaseDate), KnowledgeCutoff: day(x.Knowledge),
			ContextLength: whole(x.Limit.Context), MaxOutput: whole(x.Limit.Output),
			InputModalities: modalities(x.Modalities.Input), OutputModalities: modalities(x.Modalities.Output),
			Tools: tools, StructuredOutput: x.StructuredOutput, Reasoning: x.Reasoning, OpenWeights: x.OpenWeights, Status: statusWord(x.Status),
		},
	})
}

// modelsDevKind tells chat from the rest: a list of models.dev does not say it outright.
func modelsDevKind(x modelsDevModel) string {
	switch {
	case slices.Contains(x.Modalities.Output, "image"):
		return "image"
	case slices.Contains(x.Modalities.Output, "video"):
		return "video"
	case slices.Contains(x.Modalities.Output, "audio") && !slices.Contains(x.Modalities.Output, "text"):
		return "speech"
	case strings.Contains(strings.ToLower(x.Name+" "+x.Family), "embed"):
		return "embedding"
	}
	return "chat"
}

func (x modelsDevModel) pricing() (models.Pricing, error) {
	if len(x.Cost) == 0 {
		return models.Pricing{}, errors.New("it has no price")
	}
	p := models.Pricing{}
	var err error
	if p.Rates, err = unitRates(x.Cost); err != nil {
		return p, err
	}
	for _, m := range x.Cost {
		match := longContext.FindStringSubmatch(m.name)
		if match == nil || string(m.value) == "null" {
			continue
		}
		var tier members
		if err := json.Unmarshal(m.value, &tier); err != nil {
			return p, fmt.Errorf("%s is no set of prices", m.name)
		}
		rates, err := unitRates(tier)
		if err != nil {
			return p, fmt.Errorf("%s: %w", m.name, err)
		}
		p.Tiers = append(p.Tiers, models.Tier{ContextGT: 1000 * whole(json.Number(match[1])), Rates: rates})
	}
	slices.SortFunc(p.Tiers, func(a, b models.Tier) int { return int(a.ContextGT - b.ContextGT) })
	return p, nil
}

func unitRates(cost members) (models.Rates, error) {
	rates := models.Rates{}
	for _, m := range cost {
		u := models.Unit(m.name)
		if !slices.Contains(modelsDevUnits, u) {
			continue
		}
		r, err := parsePrice(u, m.value)
		if errors.Is(err, errMissing) && u != models.UnitInput && u != models.UnitOutput {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("the price of %s %w", u, err)
		}
		if _, twice := rates[u]; twice {
			return nil, fmt.Errorf("the price of %s stands there twice", u)
		}
		rates[u] = r
	}
	return rates, nil
}

func (x modelsDevModel) parameters(tools bool) []string {
	list := []string{"max_tokens"}
	if x.Temperature {
		list = append(list, "temperature", "top_p")
	}
	if tools {
		list = append(list, "tools", "tool_choice")
	}
	if x.StructuredOutput {
		list = append(list, "structured_outputs", "response_format")
	}
	if x.Reasoning {
		list = append(list, "reasoning", "include_reasoning")
	}
	slices.Sort(list)
	return list
}

func modalities(list []string) []string {
	var out []string
	for _, m := range list {
		if m == "pdf" {
			m = "file"
		}
		if slices.Contains([]string{"text", "image", "file", "audio", "video"}, m) && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}
