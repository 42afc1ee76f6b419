package seeds

import (
	"fmt"

	"bourse/models"
)

// AuthorLine is one line of authors.json.
type AuthorLine struct {
	Slug string `json:"slug"`
	Name string `json:"name"`
}

// ProviderLine is one line of providers.json.
type ProviderLine struct {
	Slug          string             `json:"slug"`
	Name          string             `json:"name"`
	Kind          string             `json:"kind"`
	Dialect       string             `json:"dialect"`
	BaseURL       string             `json:"base_url,omitempty"`
	APIKeyEnv     string             `json:"api_key_env,omitempty"`
	Headquarters  string             `json:"headquarters,omitempty"`
	Region        string             `json:"region,omitempty"`
	LegalEntity   string             `json:"legal_entity,omitempty"`
	Website       string             `json:"website,omitempty"`
	DocURL        string             `json:"doc_url,omitempty"`
	StatusPageURL string             `json:"status_page_url,omitempty"`
	TermsURL      string             `json:"terms_url,omitempty"`
	PrivacyURL    string             `json:"privacy_policy_url,omitempty"`
	Policy        *models.DataPolicy `json:"data_policy,omitempty"`
}

// Record is the provider that the line describes.
func (l ProviderLine) Record() models.Provider {
	return models.Provider{
		Slug: l.Slug, Name: l.Name, Kind: l.Kind, Dialect: l.Dialect, BaseURL: l.BaseURL,
		APIKeyEnv: l.APIKeyEnv, Headquarters: l.Headquarters, Region: l.Region,
		LegalEntity: l.LegalEntity, Website: l.Website, DocURL: l.DocURL,
		StatusPageURL: l.StatusPageURL, TermsURL: l.TermsURL, PrivacyPolicyURL: l.PrivacyURL,
		Policy: l.Policy,
	}
}

// ModelLine is one line of models.json.
type ModelLine struct {
	ID               string                  `json:"id"`
	CanonicalSlug    string                  `json:"canonical_slug,omitempty"` // "" = the id
	Name             string                  `json:"name"`
	Author           string                  `json:"author"`
	Family           string                  `json:"family,omitempty"`
	Type             string                  `json:"type"`
	Description      string                  `json:"description,omitempty"`
	Created          string                  `json:"created,omitempty"`
	KnowledgeCutoff  string                  `json:"knowledge_cutoff,omitempty"`
	ContextLength    int64                   `json:"context_length,omitempty"`
	MaxOutput        int64                   `json:"max_output,omitempty"`
	Input            []string                `json:"input"`
	Output           []string                `json:"output"`
	Tools            bool                    `json:"tools,omitempty"`
	StructuredOutput bool                    `json:"structured_output,omitempty"`
	Reasoning        bool                    `json:"reasoning,omitempty"`
	PromptCaching    bool                    `json:"prompt_caching,omitempty"`
	OpenWeights      *bool                   `json:"open_weights,omitempty"`
	Tokenizer        string                  `json:"tokenizer,omitempty"`
	HuggingFaceID    string                  `json:"hugging_face_id,omitempty"`
	Status           string                  `json:"status"`
	FirstSeen        string                  `json:"first_seen,omitempty"`
	Dimensions       int64                   `json:"dimensions,omitempty"`
	ReasoningConfig  *models.ReasoningConfig `json:"reasoning_config,omitempty"`
}

// Record is the model that the line describes.
func (l ModelLine) Record() models.Model {
	canonical := l.CanonicalSlug
	if canonical == "" {
		canonical = l.ID
	}
	return models.Model{
		ID: l.ID, CanonicalSlug: canonical, Name: l.Name, Author: l.Author, Family: l.Family,
		Type: l.Type, Description: l.Description, Created: l.Created,
		KnowledgeCutoff: l.KnowledgeCutoff, ContextLength: l.ContextLength, MaxOutput: l.MaxOutput,
		InputModalities: l.Input, OutputModalities: l.Output, Tools: l.Tools,
		StructuredOutput: l.StructuredOutput, Reasoning: l.Reasoning,
		PromptCaching: l.PromptCaching, OpenWeights: l.OpenWeights, Tokenizer: l.Tokenizer,
		HuggingFaceID: l.HuggingFaceID, Status: l.Status, FirstSeen: l.FirstSeen,
		Dimensions: l.Dimensions, ReasoningConfig: l.ReasoningConfig,
	}
}

// OfferFile is offers.json: most offers share one of a few sets of parameters, so the sets stand
// once at its head.
type OfferFile struct {
	ParameterSets [][]string  `json:"parameter_sets"`
	Offers        []OfferLine `json:"offers"`
}

// OfferLine is one offer of offers.json.
type OfferLine struct {
	Model           string                  `json:"model"`
	Tag             string                  `json:"tag"`
	Provider        string                  `json:"provider,omitempty"` // "" = the tag
	ProviderModelID string                  `json:"upstream"`
	Rates           models.Rates            `json:"rates"` // pico-USD per unit
	Tiers           []models.Tier           `json:"tiers,omitempty"`
	Services        map[string]models.Rates `json:"services,omitempty"` // of service tiers
	ContextLength   int64                   `json:"context_length,omitempty"`
	MaxOutput       int64                   `json:"max_output,omitempty"`
	Quantization    string                  `json:"quantization,omitempty"`
	Status          string                  `json:"status,omitempty"` // "" = active
	ParameterSet    int                     `json:"params"`
	Reasoning       bool                    `json:"reasoning,omitempty"`
	Confidence      string                  `json:"confidence"`
	PriceSource     string                  `json:"price_source"`
	LastUpdated     string                  `json:"last_updated,omitempty"`
	LastSeen        string                  `json:"last_seen,omitempty"`
	RetiresAt       string                  `json:"retires_at,omitempty"`
}

func (f OfferFile) records() ([]models.Endpoint, error) {
	out := make([]models.Endpoint, 0, len(f.Offers))
	for _, l := range f.Offers {
		if l.ParameterSet < 0 || l.ParameterSet >= len(f.ParameterSets) {
			return nil, fmt.Errorf("offers.json: %s at %s names parameter set %d of %d",
				l.Model, l.Tag, l.ParameterSet, len(f.ParameterSets))
		}
		e := models.Endpoint{
			Model: l.Model, Provider: l.Provider, Tag: l.Tag, ProviderModelID: l.ProviderModelID,
			Pricing: l.pricing(), ContextLength: l.ContextLength, MaxOutput: l.MaxOutput,
			Quantization: l.Quantization, Status: l.Status,
			SupportedParameters: f.ParameterSets[l.ParameterSet], Reasoning: l.Reasoning,
			Confidence: l.Confidence, PriceSource: l.PriceSource, LastUpdated: l.LastUpdated,
			LastSeen: l.LastSeen, RetiresAt: l.RetiresAt,
		}
		if e.Provider == "" {
			e.Provider = l.Tag
		}
		if e.Status == "" {
			e.Status = "active"
		}
		out = append(out, e)
	}
	return out, nil
}

func (l OfferLine) pricing() models.Pricing {
	return models.Pricing{Rates: l.Rates, Tiers: l.Tiers, Services: l.Services}
}

// HistoryLine is one line of history.json: what is known of an offer's prices beside the one of
// offers.json. An offer without a line has had that one price since OfferLine.Since.
type HistoryLine struct {
	Model  string         `json:"model"`
	Tag    string         `json:"tag"`
	Points []HistoryPoint `json:"points"` // oldest first, announced changes last
}

// HistoryPoint is a price from one day on. The point without rates is the price of offers.json.
type HistoryPoint struct {
	Date   string       `json:"date"`
	Rates  models.Rates `json:"rates,omitempty"`
	Source string       `json:"source"`
	Flag   string       `json:"flag,omitempty"`
}
