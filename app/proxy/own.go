package proxy

import (
	"cmp"
	"encoding/json"
	"slices"

	"bourse/app/auth"
	"bourse/app/catalog"
	"bourse/app/routing"
	"bourse/app/wire"
)

const (
	ownHeader        = "X-Provider-API-Keys"
	ownHeaderMax     = 16 << 10
	ownHeaderKeysMax = 32
)

// bring gathers the customer's own keys: those of the request's header, then those kept here.
func (c *call) bring() *wire.Error {
	if text := c.r.Header.Get(ownHeader); text != "" {
		brought := map[string]string{}
		if len(text) > ownHeaderMax || json.Unmarshal([]byte(text), &brought) != nil || len(brought) > ownHeaderKeysMax {
			return wire.Invalid("", `The header %s must be a JSON object of providers and keys, such as {"openai":"sk-…"}.`, ownHeader)
		}
		for provider, key := range brought {
			if key != "" {
				c.brought = append(c.brought, auth.OwnKey{Provider: provider, Key: key})
			}
		}
		slices.SortFunc(c.brought, func(a, b auth.OwnKey) int { return cmp.Compare(a.Provider, b.Provider) })
	}
	if c.p.Own == nil {
		return nil
	}
	kept, err := c.p.Own.Of(c.r.Context(), c.who.AccountID)
	if err != nil {
		return wire.FromModels(err)
	}
	c.brought = append(c.brought, kept...)
	return nil
}

// ownPlan plans a model's endpoints at the providers for which the customer has keys of their own,
// connected by the operator or not. They are tried first, in the order of the keys.
func (c *call) ownPlan(e *catalog.Entry) routing.Plan {
	if len(c.brought) == 0 {
		return routing.Plan{}
	}
	own := *e
	own.Endpoints = nil
	for _, o := range e.Endpoints {
		for i, k := range c.brought {
			if k.Provider != o.Endpoint.Provider || !o.Priced() || o.PriceVersion == "" || o.ProviderModelID == "" || !o.Spoken(e.Type) {
				continue
			}
			with := *o
			with.Connected, with.Routable = true, true
			own.Endpoints = append(own.Endpoints, &with)
			if c.own == nil {
				c.own = map[*catalog.Offer]int{}
			}
			c.own[&with] = i
		}
	}
	if len(own.Endpoints) == 0 {
		return routing.Plan{}
	}
	plan := c.chooser().Plan(&own, c.req)
	if len(c.req.Provider.Order) == 0 && c.req.Provider.Sort == "" {
		slices.SortStableFunc(plan.Candidates, func(a, b routing.Candidate) int { return cmp.Compare(c.own[a.Offer], c.own[b.Offer]) })
	}
	return plan
}

// keepOwn leaves only the customer's own keys in the plan, for an account that could not pay for
// anything else; false when nothing changes by it.
func (c *call) keepOwn() bool {
	all := len(c.plan)
	kept := slices.DeleteFunc(slices.Clone(c.plan), func(cand candidate) bool { return !cand.own })
	if len(kept) == 0 || len(kept) == all {
		return false
	}
	c.plan = kept
	return true
}
