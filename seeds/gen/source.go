package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"bourse/models"
)

// source is the folder of collected facts, with the names and units of its own files: prices are
// decimal strings in USD, per million units or per unit.
type source struct {
	Authors    []sourceAuthor
	Providers  []sourceProvider
	Models     []sourceModel
	Offers     []sourceOffer
	History    []sourceHistory
	Early      []sourceHistory
	Milestones []sourceMilestone
	Scores     []sourceScore
}

type sourceAuthor struct {
	Slug string `json:"slug"`
	Name string `json:"name"`
}

type sourceProvider struct {
	Slug         string             `json:"slug"`
	Name         string             `json:"name"`
	Kind         string             `json:"kind"`
	Headquarters string             `json:"headquarters"`
	LegalEntity  string             `json:"legal_entity"`
	Region       string             `json:"region"`
	APIStyle     string             `json:"api_style"`
	BaseURL      string             `json:"base_url"`
	APIKeyEnv    string             `json:"api_key_env"`
	Website      string             `json:"website"`
	DocURL       string             `json:"doc_url"`
	StatusURL    string             `json:"status_page_url"`
	TermsURL     string             `json:"terms_url"`
	PrivacyURL   string             `json:"privacy_policy_url"`
	DataPolicy   *models.DataPolicy `json:"data_policy"`
}

type sourceModel struct {
	ID              string   `json:"id"`
	Name            string   `json:"name"`
	Author          string   `json:"author"`
	Family          string   `json:"family"`
	Type            string   `json:"type"`
	Created         string   `json:"created"`
	KnowledgeCutoff string   `json:"knowledge_cutoff"`
	ContextLength   int64    `json:"context_length"`
	MaxOutput       int64    `json:"max_output_tokens"`
	Input           []string `json:"input_modalities"`
	Output          []string `json:"output_modalities"`
	Capabilities    struct {
		Tools             bool `json:"tools"`
		StructuredOutputs bool `json:"structured_outputs"`
		Reasoning         bool `json:"reasoning"`
		PromptCaching     bool `json:"prompt_caching"`
	} `json:"capabilities"`
	OpenWeights     *bool                   `json:"open_weights"`
	Tokenizer       string                  `json:"tokenizer"`
	Status          string                  `json:"status"`
	FirstSeen       string                  `json:"first_seen"`
	CanonicalSlug   string                  `json:"canonical_slug"`
	HuggingFaceID   string                  `json:"hugging_face_id"`
	Dimensions      int64                   `json:"dimensions"`
	ReasoningConfig *models.ReasoningConfig `json:"reasoning_config"`
}

type sourceOffer struct {
	Model               string                       `json:"model"`
	Provider            string                       `json:"provider"`
	Tag                 string                       `json:"tag"`
	ProviderModelID     string                       `json:"provider_model_id"`
	Prices              map[string]string            `json:"prices"`
	Tiers               []map[string]any             `json:"tiers"`
	Services            map[string]map[string]string `json:"service_tiers"`
	ContextLength       int64                        `json:"context_length"`
	MaxOutput           int64                        `json:"max_output_tokens"`
	Quantization        string                       `json:"quantization"`
	Status              string                       `json:"status"`
	LastUpdated         string                       `json:"last_updated"`
	LastSeen            string                       `json:"last_seen"`
	DeprecationDate     string                       `json:"deprecation_date"`
	SupportedParameters []string                     `json:"supported_parameters"`
	Reasoning           bool                         `json:"reasoning"`
	Confidence          string                       `json:"confidence"`
	PriceSource         string                       `json:"price_source"`
	// ScheduledChanges are announced prices: a date beside the prices.
	ScheduledChanges []map[string]string `json:"scheduled_changes"`
}

// sourceHistory holds points of [date, input, output, cache_read, cache_write, flag]; the early
// file has no cache_write.
type sourceHistory struct {
	Model  string      `json:"model"`
	Tag    string      `json:"tag"`
	Points [][]*string `json:"points"`
}

type sourceMilestone struct {
	Label     string `json:"label"`
	Model     string `json:"model"`
	Provider  string `json:"provider"`
	Date      string `json:"date"`
	Input     string `json:"input"`
	Output    string `json:"output"`
	CacheRead string `json:"cache_read"`
	Kind      string `json:"kind"`
	Source    struct {
		URL string `json:"url"`
	} `json:"source"`
}

type sourceScore struct {
	Model     string  `json:"model"`
	Benchmark string  `json:"benchmark"`
	Variant   string  `json:"variant"`
	Score     float64 `json:"score"`
	Metric    string  `json:"metric"`
	Date      string  `json:"date"`
	URL       string  `json:"url"`
}

func readSource(dir string) (*source, error) {
	s := &source{}
	for _, f := range []struct {
		name string
		into any
	}{
		{"authors.json", &s.Authors}, {"providers.json", &s.Providers}, {"models.json", &s.Models},
		{"endpoints.json", &s.Offers}, {"price_history.json", &s.History},
		{"price_history_early.json", &s.Early}, {"milestones.json", &s.Milestones},
		{"scores.json", &s.Scores},
	} {
		b, err := os.ReadFile(filepath.Join(dir, f.name))
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(b, f.into); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return s, nil
}
