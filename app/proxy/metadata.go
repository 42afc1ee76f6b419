package proxy

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"bourse/app/catalog"
	"bourse/app/routing"
	"bourse/app/wire"
)

// chosen is how the models of a request were found, for those who ask how it was routed.
type chosen struct {
	strategy string // direct, alias, free, auto; fallback is seen at the end
	summary  string
	total    int // endpoints that the models have, connected or not
}

// choose resolves one name of a model into plans; none when there is no such model.
func (c *call) choose(s *catalog.Snapshot, name string) (plans []routing.Plan, first *catalog.Entry) {
	if routing.IsAuto(name) {
		plans, able := c.chooser().Auto(s, c.req)
		c.chosen.strategy = "auto"
		c.chosen.summary = fmt.Sprintf("the cheapest of %d models that can answer this", able)
		c.w.Header().Set("X-Bourse-Auto", c.chosen.summary)
		if len(plans) > 0 {
			first = plans[0].Candidates[0].Entry
		}
		return plans, first
	}
	e, variant := s.Resolve(name)
	if e == nil {
		return nil, nil
	}
	switch {
	case c.chosen.strategy != "":
	case variant == catalog.VariantFree:
		c.chosen.strategy = "free"
	case e.ID != strings.TrimSuffix(name, ":"+string(variant)):
		c.chosen.strategy = "alias"
	default:
		c.chosen.strategy = "direct"
	}
	wished := c.req.Provider.Sort
	switch variant {
	case catalog.VariantNitro:
		c.req.Provider.Sort = routing.SortThroughput
	case catalog.VariantFloor:
		c.req.Provider.Sort = routing.SortPrice
	}
	plan := c.chooser().Plan(e, c.req)
	c.req.Provider.Sort = wished
	return []routing.Plan{plan}, e
}

func (c *call) chooser() *routing.Chooser {
	return &routing.Chooser{Health: c.p.Health, Sticky: c.p.Sticky, Rand: c.p.rng(), Account: c.who.AccountID}
}

// wantsMetadata reports whether the client wants to read how its request was routed.
func wantsMetadata(r *http.Request) bool {
	for _, name := range [...]string{"X-OpenRouter-Metadata", "X-OpenRouter-Experimental-Metadata"} {
		if strings.EqualFold(r.Header.Get(name), "enabled") {
			return true
		}
	}
	return false
}

type routed struct {
	Requested string          `json:"requested"`
	Strategy  string          `json:"strategy"`
	Region    *string         `json:"region"`
	Summary   string          `json:"summary"`
	Attempt   int             `json:"attempt"`
	BYOK      bool            `json:"is_byok"`
	Endpoints routedEndpoints `json:"endpoints"`
	Attempts  []routedAttempt `json:"attempts,omitempty"`
}

type routedEndpoints struct {
	Total     int              `json:"total"`
	Available []routedEndpoint `json:"available"`
}

type routedEndpoint struct {
	Provider string `json:"provider"`
	Model    string `json:"model"`
	Selected bool   `json:"selected"`
}

type routedAttempt struct {
	Provider string `json:"provider"`
	Model    string `json:"model"`
	Status   int    `json:"status"`
}

// metadata tells how the request was routed; nil when nobody asked.
func (c *call) metadata(answered bool) []byte {
	if !wantsMetadata(c.r) || c.gen == nil {
		return nil
	}
	m := routed{Requested: c.asked, BYOK: c.gen.OwnKey, Strategy: c.chosen.strategy, Summary: c.chosen.summary, Attempt: len(c.gen.Attempts),
		Endpoints: routedEndpoints{Total: c.chosen.total, Available: []routedEndpoint{}}}
	byTag := map[string]candidate{}
	for _, cand := range c.plan {
		byTag[cand.Offer.Tag] = cand
		m.Endpoints.Available = append(m.Endpoints.Available, routedEndpoint{cand.Offer.Provider.Name, cand.Entry.ID,
			answered && cand.Offer.Tag == c.gen.Tag && cand.Entry.ID == c.gen.Model})
	}
	for _, a := range c.gen.Attempts {
		cand := byTag[a.Tag]
		if cand.Offer != nil {
			m.Attempts = append(m.Attempts, routedAttempt{cand.Offer.Provider.Name, cand.Entry.ID, a.Status})
		}
	}
	if answered && c.plan[0].Entry.ID != c.gen.Model {
		m.Strategy = "fallback"
	}
	if m.Summary == "" {
		m.Summary = fmt.Sprintf("%d of %d endpoints could answer", len(c.plan), c.chosen.total)
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return nil // texts and numbers: it cannot fail
	}
	return raw
}

// previous is an attempt that failed before the one an error is about.
type previous struct {
	Provider string `json:"provider"`
	Code     string `json:"code"`
	Status   int    `json:"status"`
}

// explain adds to the error of the last attempt what was tried before it, whether waiting helps,
// and, when the client asked, how it was routed.
func (c *call) explain(e *wire.Error) *wire.Error {
	e.Router = c.metadata(false)
	var before []previous
	var names []string
	for i, a := range c.gen.Attempts {
		name := c.nameOf(a.Provider)
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		if i < len(c.gen.Attempts)-1 {
			before = append(before, previous{name, a.Error, a.Status})
		}
	}
	if len(before) > 0 {
		e.With("previous_errors", before)
	}
	code := ""
	switch e.Status {
	case http.StatusTooManyRequests:
		code = wire.CapacityExhausted
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		code = wire.UnavailableNow
	default:
		return e
	}
	e.Availability = &wire.Availability{Code: code, Retryable: true, Providers: names, RetryAfter: int64((e.RetryAfter + time.Second - 1) / time.Second)}
	return e
}

// nameOf is a provider's name as people know it.
func (c *call) nameOf(slug string) string {
	for _, cand := range c.plan {
		if cand.Offer.Endpoint.Provider == slug {
			return cand.Offer.Provider.Name
		}
	}
	return slug
}
