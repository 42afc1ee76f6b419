package proxy

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"bourse/app/catalog"
	"bourse/app/provider"
	"bourse/app/routing"
	"bourse/app/wire"
	"bourse/models"
)

// candidate is an endpoint of the plan with where to find it.
type candidate struct {
	routing.Candidate
	target provider.Target
	own    bool // with a key of the customer's own
}

// nearestShown is how many ids a wrong one is answered with.
const nearestShown = 5

// route resolves the models of the request and plans their endpoints.
func (c *call) route() *wire.Error {
	snapshot := c.p.Catalog.Current()
	if e := c.bring(); e != nil {
		return e
	}
	c.asked, c.others = c.req.Model, c.req.Models
	names := c.names()
	var plans []routing.Plan
	var unknown string
	var first *catalog.Entry
	var excluded routing.Exclusion
	for _, name := range names {
		if name == "" {
			continue
		}
		found, e := c.choose(snapshot, name)
		if e == nil {
			if unknown == "" {
				unknown = name
			}
			continue
		}
		if first == nil {
			first, excluded = e, found[0].Excluded
		}
		for _, plan := range found {
			c.chosen.total += plan.Excluded.Endpoints
		}
		plans = append(append(plans, c.ownPlan(e)), found...)
	}
	if first == nil {
		if unknown == "" {
			return wire.Invalid("model", "The request names no model. Set model to an id such as bourse/demo; GET /api/v1/models lists them.")
		}
		if routing.IsAuto(unknown) {
			return wire.NoEndpoints(unknown, "no connected model can answer this request.", nil, string(routing.NotConnected))
		}
		return wire.ModelNotFound(unknown, snapshot.Nearest(unknown, nearestShown))
	}
	for _, candidate := range routing.Join(plans, &c.req.Provider) {
		if e := c.add(candidate); e != nil {
			return e
		}
	}
	if len(c.plan) == 0 {
		return noEndpoints(first, excluded)
	}
	return nil
}

// names are the models that the client would have, the first first.
func (c *call) names() []string {
	if c.asked == "" {
		return c.others
	}
	return append([]string{c.asked}, c.others...)
}

func (c *call) add(rc routing.Candidate) *wire.Error {
	var target provider.Target
	var ok bool
	at, own := c.own[rc.Offer]
	if own {
		target, ok = c.p.OwnTarget(rc.Offer, c.brought[at])
	} else {
		target, ok = c.p.Target(rc.Offer)
	}
	if !ok {
		// Connected a moment ago, not any more: the snapshot is about to follow.
		return nil
	}
	c.plan = append(c.plan, candidate{rc, target, own})
	return nil
}

// noEndpoints says why nobody serves the request and what would change that.
func noEndpoints(e *catalog.Entry, x routing.Exclusion) *wire.Error {
	switch x.Last {
	case routing.WrongDoor:
		path := "/api/v1/chat/completions"
		if e.Type == catalog.TypeEmbedding {
			path = "/api/v1/embeddings"
		}
		err := wire.Invalid("model", "%s is a model of type %s: send the request to %s.", e.ID, e.Type, path).With("code", string(x.Last))
		err.Availability = &wire.Availability{Code: wire.WrongEndpoint, Constraint: &wire.Constraint{Field: "model", Detail: "Send it to " + path + "."}}
		return err
	case routing.NoContext:
		err := wire.Invalid("messages", "The prompt is longer than the context of %s, %d tokens for it and the answer.", e.ID, x.MaxContext)
		err.Type = wire.TypeContextLength
		return err
	case routing.NoParameters:
		return wire.NoEndpoints(e.ID, fmt.Sprintf("no connected provider takes %s. Leave it out, or set provider.require_parameters to false to have it ignored.",
			strings.Join(x.Parameters, ", ")), nil, string(x.Last))
	case routing.NotServed:
		return wire.NoEndpoints(e.ID, "its provider speaks a dialect, or it is of a kind, that cannot be called here yet.", nil, string(x.Last))
	case routing.NotConnected, "":
		var names []string
		for _, p := range e.Connectable() {
			names = append(names, p.Name)
		}
		return wire.NoEndpoints(e.ID, "the operator of this site has not connected any provider that serves it.", names, string(routing.NotConnected))
	}
	return wire.NoEndpoints(e.ID, fmt.Sprintf("your provider preferences (%s) leave none of its %d connected endpoints.", x.Last, x.Connected), nil, string(x.Last))
}

// record starts the generation's record; its endpoint is the first choice until another answers.
func (c *call) record() *models.Generation {
	first := c.plan[0]
	g := &models.Generation{
		ID: models.NewID("gen"), AccountID: c.who.AccountID, KeyID: c.who.KeyID, APIType: c.req.APIType(),
		FeeBps: c.feeBps, Streamed: c.stream, RequestID: c.requestID, Replica: c.p.Replica, Created: time.Now(),
		Referer: header(c.r, "HTTP-Referer", "Referer"), Title: header(c.r, "X-OpenRouter-Title", "X-Title"),
		UserAgent: header(c.r, "User-Agent"),
		Usage:     models.Usage{ProviderCost: -1},
	}
	for _, candidate := range c.plan {
		g.RealCredit = g.RealCredit || !candidate.own && c.p.Billing.NeedsRealCredit(candidate.Offer.Provider.Kind)
	}
	serve(g, first)
	return g
}

// serve writes which endpoint a generation is of.
func serve(g *models.Generation, c candidate) {
	g.Model, g.Provider, g.Tag, g.PriceVersion = c.Entry.ID, c.Offer.Endpoint.Provider, c.Offer.Tag, c.Offer.PriceVersion
	g.OwnKey = c.own
}

const headerBytesMax = 256

func header(r *http.Request, names ...string) string {
	for _, n := range names {
		if v := r.Header.Get(n); v != "" {
			return strings.ToValidUTF8(v[:min(len(v), headerBytesMax)], "")
		}
	}
	return ""
}
