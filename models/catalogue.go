package models

import (
	"encoding/json"
	"time"
)

// Author is the organisation that made a model; its slug is the first half of the model's id.
type Author struct {
	Slug string
	Name string
}

// Model is an AI model with the facts that are the same wherever it is served.
type Model struct {
	ID               string // author/slug
	CanonicalSlug    string // dated and permanent where known, else the id
	Name             string
	Author           string
	Family           string
	Type             string // chat, embedding, image, speech, transcription, video, rerank, …
	Description      string // our own sentence, made from facts
	Created          string // YYYY-MM-DD, "" where unknown
	KnowledgeCutoff  string // as recorded, "" where unknown
	ContextLength    int64  // tokens, 0 where unknown
	MaxOutput        int64  // tokens, 0 where unknown
	InputModalities  []string
	OutputModalities []string
	Tools            bool
	StructuredOutput bool
	Reasoning        bool
	PromptCaching    bool
	OpenWeights      *bool // nil where unknown
	Tokenizer        string
	HuggingFaceID    string
	Status           string // active, beta, deprecated
	FirstSeen        string // YYYY-MM-DD: first day in any price source
	Dimensions       int64  // of an embedding, 0 where unknown
	ReasoningConfig  *ReasoningConfig
}

// ReasoningConfig is how a model's reasoning can be steered, nil where no source had it.
type ReasoningConfig struct {
	Mandatory        bool     `json:"mandatory"`
	DefaultEnabled   *bool    `json:"default_enabled,omitempty"`
	DefaultEffort    string   `json:"default_effort,omitempty"`
	SupportedEfforts []string `json:"supported_efforts,omitempty"`
}

// DataPolicy is what a provider says it does with prompts, as recorded; nil where no source had it.
type DataPolicy struct {
	TrainsOnPrompts *bool  `json:"trains_on_prompts"`
	LogsPrompts     *bool  `json:"logs_prompts"`
	RetentionDays   *int64 `json:"retention_days"`
	SOC2Type        *int64 `json:"soc2_type"`
	ISO27001        *bool  `json:"iso27001"`
	GDPR            *bool  `json:"gdpr"`
}

// Quirks are the ways in which a provider's OpenAI dialect differs from the plain one. They are
// data: a new provider is a row, not code.
type Quirks struct {
	MaxTokensField    string   `json:"max_tokens_field,omitempty"`    // max_tokens (default) or max_completion_tokens
	NoStreamOptions   bool     `json:"no_stream_options,omitempty"`   // refuses stream_options, reports usage anyway
	ReasoningOutside  bool     `json:"reasoning_outside,omitempty"`   // completion_tokens excludes reasoning
	ReasoningField    string   `json:"reasoning_field,omitempty"`     // reasoning_content, reasoning; "" = either
	AuthHeader        string   `json:"auth_header,omitempty"`         // header of the key when not Authorization: Bearer
	DropParams        []string `json:"drop_params,omitempty"`         // members it refuses
	ErrorIn200        bool     `json:"error_in_200,omitempty"`        // base_resp.status_code in a 200 body
	TrustProviderCost bool     `json:"trust_provider_cost,omitempty"` // a reseller: usage.cost is our cost
	KeepsBilling      bool     `json:"keeps_billing,omitempty"`       // closing the connection does not stop the bill
	ThinkTags         bool     `json:"think_tags,omitempty"`          // thinking stands in the text, between <think> tags
	OnlyKnown         bool     `json:"only_known,omitempty"`          // refuses members that nobody has heard of
	// Thinking is how a wish to think is put: "" is reasoning_effort; thinking is an object of that
	// name with a type; enable_thinking a switch, with thinking_budget; on_off an effort of high or none.
	Thinking string `json:"thinking,omitempty"`
	// Responses are the provider's ids of models that it serves in its Responses dialect alone,
	// ResponsesTools of those that it serves there when tools meet a wish to think. A * stands for
	// any letters.
	Responses      []string `json:"responses,omitempty"`
	ResponsesTools []string `json:"responses_tools,omitempty"`
	// ResponsesFormat names whose encrypted thinking comes from there, "" is openai-responses-v1.
	ResponsesFormat string `json:"responses_format,omitempty"`
	// ServiceTiers are the service tiers that it takes in a request, where a price is known for them.
	ServiceTiers []string `json:"service_tiers,omitempty"`
	// Unserved are ids of models that demand tools that run, and cost, at the provider.
	Unserved []string `json:"unserved,omitempty"`
	// Send are members to add to every request, SendThinking to those that want to see thinking.
	Send         map[string]json.RawMessage `json:"send,omitempty"`
	SendThinking map[string]json.RawMessage `json:"send_thinking,omitempty"`
}

// Provider is a company that serves models.
type Provider struct {
	Slug             string
	Name             string
	Kind             string // first-party, host, cloud, demo, local
	Dialect          string // openai, anthropic, gemini, vertex, bedrock, cohere; others cannot be called
	BaseURL          string // "" where unknown
	APIKeyEnv        string // the environment variable that customarily holds its key
	Headquarters     string // ISO 3166 alpha-2, "" where unknown
	Region           string
	LegalEntity      string
	Website          string
	DocURL           string
	StatusPageURL    string
	TermsURL         string
	PrivacyPolicyURL string
	Policy           *DataPolicy
	Quirks           Quirks
}

// Endpoint is one model served by one provider: what it costs there and what it can do there.
type Endpoint struct {
	Model               string // Model.ID
	Provider            string // Provider.Slug
	Tag                 string // provider, or provider/variant; unique together with Model
	ProviderModelID     string // the id to send upstream; "" = known to exist but not callable
	Pricing             Pricing
	PriceVersion        string // PriceVersion.ID now in force
	ContextLength       int64
	MaxOutput           int64
	Quantization        string
	Status              string // active, beta, deprecated
	SupportedParameters []string
	Reasoning           bool
	Confidence          string // high, medium, low: how many sources agree on the price
	PriceSource         string
	LastUpdated         string // YYYY-MM-DD the price last changed, "" where unknown
	LastSeen            string // YYYY-MM-DD a source last agreed
	RetiresAt           string // YYYY-MM-DD the provider announced, "" where none is known
}

// PriceVersion is one price of one endpoint from one moment on. Versions are only ever added.
type PriceVersion struct {
	ID            string
	Model         string
	Tag           string
	Pricing       Pricing
	EffectiveFrom time.Time // UTC
	Source        string
	Flag          string // what is known to be odd about this point, "" when nothing is
}
