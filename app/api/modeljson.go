package api

import (
	"cmp"
	"slices"
	"strings"

	"bourse/app/catalog"
	"bourse/models"
)

// modelJSON is a model as clients of OpenRouter read it. Members that they require are always
// there; what is not known is null or left out as they expect.
type modelJSON struct {
	ID                  string         `json:"id"`
	CanonicalSlug       string         `json:"canonical_slug"`
	Name                string         `json:"name"`
	Created             int64          `json:"created"`
	Description         string         `json:"description"`
	ContextLength       *int64         `json:"context_length"`
	Architecture        architecture   `json:"architecture"`
	Pricing             pricing        `json:"pricing"`
	TopProvider         topProvider    `json:"top_provider"`
	PerRequestLimits    *struct{}      `json:"per_request_limits"`
	SupportedParameters []string       `json:"supported_parameters"`
	DefaultParameters   *struct{}      `json:"default_parameters"`
	SupportedVoices     *struct{}      `json:"supported_voices"`
	Links               modelLinks     `json:"links"`
	Reasoning           *reasoningJSON `json:"reasoning,omitempty"`
	HuggingFaceID       *string        `json:"hugging_face_id"`
	KnowledgeCutoff     *string        `json:"knowledge_cutoff"`
	ExpirationDate      *string        `json:"expiration_date"`
	Bourse              modelExtra     `json:"bourse"`
}

type architecture struct {
	Modality         string   `json:"modality"`
	InputModalities  []string `json:"input_modalities"`
	OutputModalities []string `json:"output_modalities"`
	Tokenizer        string   `json:"tokenizer"`
	InstructType     *string  `json:"instruct_type"`
}

type topProvider struct {
	IsModerated         bool   `json:"is_moderated"`
	ContextLength       *int64 `json:"context_length"`
	MaxCompletionTokens *int64 `json:"max_completion_tokens"`
}

type modelLinks struct {
	Details string `json:"details"`
}

type reasoningJSON struct {
	Mandatory        bool     `json:"mandatory"`
	DefaultEnabled   *bool    `json:"default_enabled,omitempty"`
	DefaultEffort    *string  `json:"default_effort,omitempty"`
	SupportedEfforts []string `json:"supported_efforts,omitempty"`
}

// modelExtra is what only Bourse says; other clients drop it.
type modelExtra struct {
	Type        string      `json:"type"`
	Callable    bool        `json:"callable"`  // some provider can be called here and now
	Connected   bool        `json:"connected"` // the operator has the key of some provider
	FeeBPS      int64       `json:"fee_bps"`   // platform fee on top of the price, 1/100 of a percent
	Providers   int         `json:"providers"`
	OpenWeights *bool       `json:"open_weights"`
	UnitPrices  []unitPrice `json:"unit_prices,omitempty"`
}

func (s *Server) modelJSON(e *catalog.Entry) modelJSON {
	m := modelJSON{
		ID: e.ID, CanonicalSlug: e.CanonicalSlug, Name: e.Name, Created: created(e),
		Description: e.Description, ContextLength: orNull(e.ContextLength),
		Architecture: architectureOf(e.Model), Pricing: pricingOf(e.Lowest),
		SupportedParameters: parametersOf(e), Links: modelLinks{detailsPath(e.ID)},
		HuggingFaceID: textOrNull(e.HuggingFaceID), KnowledgeCutoff: textOrNull(wholeDate(e.KnowledgeCutoff)),
		ExpirationDate: textOrNull(expiration(e)),
		Bourse: modelExtra{
			Type: e.Type, Callable: e.Callable, FeeBPS: s.FeeBPS, Providers: e.Providers,
			OpenWeights: e.OpenWeights, UnitPrices: unitPrices(e.Lowest),
		},
	}
	for _, o := range e.Endpoints {
		m.Bourse.Connected = m.Bourse.Connected || o.Connected
	}
	if o := e.Lowest; o != nil {
		m.TopProvider.ContextLength = orNull(o.Context(e.Model))
		m.TopProvider.MaxCompletionTokens = orNull(maxOutput(o, e.Model))
	}
	if e.Reasoning {
		m.Reasoning = reasoningOf(e.ReasoningConfig)
	}
	return m
}

func reasoningOf(c *models.ReasoningConfig) *reasoningJSON {
	if c == nil {
		return &reasoningJSON{}
	}
	return &reasoningJSON{c.Mandatory, c.DefaultEnabled, textOrNull(c.DefaultEffort), c.SupportedEfforts}
}

// created is the day of release in seconds since 1970, 0 where it is unknown.
func created(e *catalog.Entry) int64 {
	t, ok := e.CreatedAt()
	if !ok {
		return 0
	}
	return t.Unix()
}

// unknownTokenizer is what clients, who demand a text, are told where nothing is known.
const unknownTokenizer = "Other"

// architectureOf renames the modalities that OpenRouter calls otherwise.
func architectureOf(m models.Model) architecture {
	a := architecture{
		InputModalities: append([]string{}, m.InputModalities...), OutputModalities: []string{},
		Tokenizer: cmp.Or(m.Tokenizer, unknownTokenizer),
	}
	for _, name := range m.OutputModalities {
		switch {
		case name == "embedding":
			name = "embeddings"
		case name == "score":
			name = "rerank"
		case m.Type == "speech" && name == "audio":
			name = "speech"
		case m.Type == "transcription" && name == "text":
			name = "transcription"
		}
		a.OutputModalities = append(a.OutputModalities, name)
	}
	a.Modality = strings.Join(a.InputModalities, "+") + "->" + strings.Join(a.OutputModalities, "+")
	return a
}

// parametersOf is every parameter that some offer takes.
func parametersOf(e *catalog.Entry) []string {
	out := []string{}
	for _, o := range e.Endpoints {
		for _, p := range o.SupportedParameters {
			if !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	slices.Sort(out)
	return out
}

// expiration is the day after which nobody serves the model, "" unless every offer has an
// announced end.
func expiration(e *catalog.Entry) string {
	last := ""
	for _, o := range e.Endpoints {
		if o.RetiresAt == "" {
			return ""
		}
		last = max(last, o.RetiresAt)
	}
	return last
}

// maxOutput is how much an offer writes at most: its own limit, else the model's, else 0.
func maxOutput(o *catalog.Offer, m models.Model) int64 {
	if o.MaxOutput > 0 {
		return o.MaxOutput
	}
	return m.MaxOutput
}

// wholeDate completes a month to its first day; clients read a date.
func wholeDate(s string) string {
	if len(s) == len("2026-08") {
		return s + "-01"
	}
	return s
}

func detailsPath(id string) string { return "/api/v1/models/" + id + "/endpoints" }

func orNull(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
