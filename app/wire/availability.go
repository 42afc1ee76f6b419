package wire

import "strings"

// Availability says why nobody serves a model, and whether the same request may succeed later.
type Availability struct {
	Code       string      `json:"code"`
	Retryable  bool        `json:"retryable"`
	Requested  []string    `json:"requested_models"`
	DocsURL    string      `json:"docs_url"`
	RetryAfter int64       `json:"retry_after,omitempty"` // seconds
	Providers  []string    `json:"affected_providers,omitempty"`
	ExcludedBy string      `json:"excluded_by,omitempty"` // the filter that took the last endpoint
	Fallback   []string    `json:"fallback_models,omitempty"`
	Constraint *Constraint `json:"constraint,omitempty"`
}

// Constraint is the wish of the client that leaves nobody.
type Constraint struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// The codes of availability.
const (
	ModelUnknown      = "model_not_found"
	WrongEndpoint     = "wrong_endpoint"
	EndpointsNone     = "no_endpoints"
	ConstraintFilters = "constraint_filtered"
	PrivacyRestricts  = "privacy_restricted"
	CapacityExhausted = "capacity_exhausted"
	UnavailableNow    = "temporarily_unavailable"
)

// constraints are the filters that follow from what a client wishes, with the member that says so.
var constraints = map[string]string{
	"max_price": "provider.max_price", "context_length": "messages", "max_tokens": "max_tokens", "require_parameters": "provider.require_parameters",
	"quantization": "provider.quantizations", "allowed_providers": "provider.only", "data_policy:zdr": "provider.zdr",
	"data_policy:training": "provider.data_collection",
}

// excluded is the availability of a model whose last endpoint a filter took.
func excluded(id, by, detail string) *Availability {
	a := &Availability{Code: EndpointsNone, Requested: []string{id}}
	field, wish := constraints[by]
	if !wish {
		return a
	}
	a.Code, a.ExcludedBy, a.Constraint = ConstraintFilters, by, &Constraint{field, detail}
	if strings.HasPrefix(by, "data_policy:") {
		a.Code = PrivacyRestricts
	}
	return a
}
