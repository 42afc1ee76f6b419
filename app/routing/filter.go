package routing

import (
	"slices"
	"strings"

	"bourse/app/catalog"
	"bourse/app/wire"
	"bourse/models"
)

// filter keeps the offers that can serve the request and remembers which filter took the last one.
func filter(e *catalog.Entry, r *wire.ChatRequest) Plan {
	p := Plan{Excluded: Exclusion{Endpoints: len(e.Endpoints)}}
	left := make([]*catalog.Offer, 0, len(e.Endpoints))
	for _, o := range e.Endpoints {
		if o.Connected {
			p.Excluded.Connected++
			p.Excluded.MaxContext = max(p.Excluded.MaxContext, o.Context(e.Model))
			left = append(left, o)
		}
	}
	if len(left) == 0 {
		p.Excluded.Last = NotConnected
		return p
	}
	for _, f := range filters {
		kept := left[:0:len(left)]
		var missing []string
		for _, o := range left {
			if f.keep(e, o, r) {
				kept = append(kept, o)
			} else if f.reason == NoParameters {
				missing = unsupported(o, r)
			}
		}
		if len(kept) == 0 {
			p.Excluded.Last, p.Excluded.Parameters = f.reason, missing
			return p
		}
		left = kept
	}
	for _, o := range left {
		p.Candidates = append(p.Candidates, Candidate{Entry: e, Offer: o})
	}
	p.Candidates = roomiest(p.Candidates, r)
	return p
}

// filters in the order in which they are tried: what cannot be changed first, wishes last, so
// that the reason given is the one that the client can do something about.
var filters = []struct {
	reason Reason
	keep   func(e *catalog.Entry, o *catalog.Offer, r *wire.ChatRequest) bool
}{
	{NotServed, func(_ *catalog.Entry, o *catalog.Offer, _ *wire.ChatRequest) bool { return o.Routable }},
	{WrongDoor, func(e *catalog.Entry, _ *catalog.Offer, r *wire.ChatRequest) bool { return e.Type == r.Type }},
	{NoContext, func(e *catalog.Entry, o *catalog.Offer, r *wire.ChatRequest) bool {
		context := o.Context(e.Model)
		return context == 0 || r.TokensEstimate <= context && (r.MaxTokens == 0 || room(e, o, r) > 0)
	}},
	{NoParameters, func(_ *catalog.Entry, o *catalog.Offer, r *wire.ChatRequest) bool {
		return !r.Provider.RequireParameters || len(unsupported(o, r)) == 0
	}},
	{NotAllowed, func(_ *catalog.Entry, o *catalog.Offer, r *wire.ChatRequest) bool {
		if len(r.Provider.Only) > 0 && !slices.ContainsFunc(r.Provider.Only, func(n string) bool { return matches(o, n) }) {
			return false
		}
		return !slices.ContainsFunc(r.Provider.Ignore, func(n string) bool { return matches(o, n) })
	}},
	{Quantized, func(_ *catalog.Entry, o *catalog.Offer, r *wire.ChatRequest) bool {
		if len(r.Provider.Quantizations) == 0 {
			return true
		}
		q := o.Quantization
		if q == "" {
			q = "unknown"
		}
		return slices.Contains(r.Provider.Quantizations, q)
	}},
	{PolicyTrain, func(_ *catalog.Entry, o *catalog.Offer, r *wire.ChatRequest) bool {
		return r.Provider.DataCollection != "deny" || says(o.Provider.Policy, func(p *models.DataPolicy) *bool { return p.TrainsOnPrompts }, false)
	}},
	{PolicyZDR, func(_ *catalog.Entry, o *catalog.Offer, r *wire.ChatRequest) bool {
		return !r.Provider.ZDR || zeroRetention(o)
	}},
	{TooDear, func(_ *catalog.Entry, o *catalog.Offer, r *wire.ChatRequest) bool {
		m := r.Provider.MaxPrice
		return within(o, models.UnitInput, m.Prompt) && within(o, models.UnitOutput, m.Completion) &&
			within(o, models.UnitRequest, m.Request) && within(o, models.UnitInputAudio, m.Audio)
	}},
}

// unsupported lists the parameters of the request that the offer does not take. An offer whose
// list is unknown is taken at its word that it speaks the dialect.
func unsupported(o *catalog.Offer, r *wire.ChatRequest) []string {
	if len(o.SupportedParameters) == 0 {
		return nil
	}
	var out []string
	for _, p := range r.Params {
		if !slices.Contains(o.SupportedParameters, p) && !sameParameter(o.SupportedParameters, p) {
			out = append(out, p)
		}
	}
	return out
}

// synonyms are parameters that every endpoint takes when it takes the other name, because the
// dialect renames them.
var synonyms = map[string][]string{
	"max_completion_tokens": {"max_tokens"},
	"max_tokens":            {"max_completion_tokens"},
	"tool_choice":           {"tools"},
	"parallel_tool_calls":   {"tools"},
	"reasoning_effort":      {"reasoning"},
	"include_reasoning":     {"reasoning"},
	"structured_outputs":    {"response_format"},
	"response_format":       {"structured_outputs"},
}

func sameParameter(supported []string, p string) bool {
	for _, s := range synonyms[p] {
		if slices.Contains(supported, s) {
			return true
		}
	}
	return false
}

// matches reports whether a client's name for a provider means this offer: its slug means all its
// endpoints, a full tag one of them, and the display name is understood too.
func matches(o *catalog.Offer, name string) bool {
	return strings.EqualFold(name, o.Endpoint.Provider) || strings.EqualFold(name, o.Tag) || strings.EqualFold(name, o.Provider.Name)
}

// says reports whether the policy is known to say the wanted word; not known is no.
func says(p *models.DataPolicy, field func(*models.DataPolicy) *bool, want bool) bool {
	if p == nil {
		return false
	}
	v := field(p)
	return v != nil && *v == want
}

func zeroRetention(o *catalog.Offer) bool {
	p := o.Provider.Policy
	return p != nil && p.RetentionDays != nil && *p.RetentionDays == 0 && says(p, func(p *models.DataPolicy) *bool { return p.LogsPrompts }, false)
}

func within(o *catalog.Offer, u models.Unit, limit models.Rate) bool {
	if limit < 0 {
		return true
	}
	r, ok := o.Pricing.For(u, 0)
	return !ok || r <= limit
}
