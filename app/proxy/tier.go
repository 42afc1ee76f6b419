package proxy

import (
	"slices"

	"bourse/app/wire"
	"bourse/models"
)

// tier is the service tier that the request gets at the endpoint, "" for the usual one: what was
// asked for, where the provider takes it and a price is shown for it.
func (c *call) tier(cand candidate) string {
	if c.wanted == "" || !slices.Contains(cand.Offer.Provider.Quirks.ServiceTiers, c.wanted) || !cand.target.TakesTiers() {
		return ""
	}
	p, priced := cand.Offer.Pricing.Service(c.wanted)
	if !priced || above(p.Rates[models.UnitInput], c.most.Prompt) || above(p.Rates[models.UnitOutput], c.most.Completion) {
		return ""
	}
	return c.wanted
}

// above reports whether a rate is more than the client's limit, which is none when it is negative.
func above(rate, limit models.Rate) bool { return limit >= 0 && rate > limit }

// preferTier puts the endpoints that give the tier first. Where a cheaper one was asked for, no
// other is tried: it would cost more than what was asked for.
func (c *call) preferTier() {
	if c.wanted, c.most = c.req.ServiceTier, c.req.Provider.MaxPrice; c.wanted == "" {
		return
	}
	var with, without []candidate
	for _, cand := range c.plan {
		if c.tier(cand) != "" {
			with = append(with, cand)
		} else {
			without = append(without, cand)
		}
	}
	switch {
	case len(with) == 0:
	case c.wanted == "flex":
		c.plan = with
	default:
		c.plan = append(with, without...)
	}
}

// pricings are the prices that may come to hold at an endpoint: a provider may give the usual tier
// instead of the one that was asked for.
func (c *call) pricings(cand candidate) []models.Pricing {
	usual := cand.Offer.Pricing
	if other, priced := usual.Service(c.tier(cand)); priced {
		return []models.Pricing{usual, other}
	}
	return []models.Pricing{usual}
}

// given is the tier whose prices hold: the one asked for, unless the provider says that it gave
// another.
func (c *call) given(cand candidate, rw *wire.Rewriter) string {
	asked := c.tier(cand)
	if said := rw.ServiceTier(); said != "" && said != asked {
		return ""
	}
	return asked
}
