package catalog

import "slices"

// set holds options by their index.
type set uint64

func (b set) has(i int) bool      { return b&(1<<i) != 0 }
func (b set) contains(w set) bool { return b&w == w }
func bit(i int) set               { return 1 << i }

// features are the request parameters that offers may support, by OpenRouter's names, and after
// them one of ours: whether reading from the cache has a price of its own.
var features = []string{
	"tools", "structured_outputs", "reasoning", "prompt_caching", "logprobs", "web_search_options",
	"tool_choice", "response_format", "temperature", "top_p", "top_k", "min_p", "top_a",
	"frequency_penalty", "presence_penalty", "repetition_penalty", "max_tokens",
	"max_completion_tokens", "logit_bias", "top_logprobs", "prediction", "seed", "stop",
	"parallel_tool_calls", "include_reasoning", "reasoning_effort", "verbosity",
}

// The features that facets offer come first in the list.
const (
	featureTools = iota
	featureStructured
	featureReasoning
	featureCaching
	featureLogprobs
	featureSearch
	facetFeatures // how many there are
)

func featureIndex(name string) (int, bool) {
	if name == "structured_output" {
		name = "structured_outputs"
	}
	i := slices.Index(features, name)
	return i, i >= 0
}

// Modalities, by OpenRouter's names.
var (
	inputModalities  = []string{"image", "file", "audio", "video", "text"}
	outputModalities = []string{"text", "image", "audio", "video", "embeddings", "rerank", "speech", "transcription"}
)

func modalityIndex(list []string, name string) (int, bool) {
	switch name {
	case "embedding":
		name = "embeddings"
	case "score":
		name = "rerank"
	}
	i := slices.Index(list, name)
	return i, i >= 0
}

// Types are the kinds of model, as the catalogue records them.
var Types = []string{
	"chat", "embedding", "image", "speech", "transcription", "realtime", "video", "rerank",
	"moderation", "ocr",
}

// What a provider says it does with prompts.
const (
	policyZDR        = iota // keeps nothing
	policyNoTraining        // does not train on prompts
)

// regions that facets offer, by the name in URLs.
var regions = []string{"eu", "us", "cn", "jp", "apac", "au", "global"}

// Where a country counts to; the European Union's members and the EEA.
var regionOfCountry = map[string]string{
	"US": "us", "CN": "cn", "JP": "jp", "AU": "au",
	"AT": "eu", "BE": "eu", "BG": "eu", "CY": "eu", "CZ": "eu", "DE": "eu", "DK": "eu", "EE": "eu",
	"ES": "eu", "FI": "eu", "FR": "eu", "GR": "eu", "HR": "eu", "HU": "eu", "IE": "eu", "IS": "eu",
	"IT": "eu", "LI": "eu", "LT": "eu", "LU": "eu", "LV": "eu", "MT": "eu", "NL": "eu", "NO": "eu",
	"PL": "eu", "PT": "eu", "RO": "eu", "SE": "eu", "SI": "eu", "SK": "eu",
}
