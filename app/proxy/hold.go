package proxy

import (
	"errors"
	"strconv"

	"bourse/app/wire"
	"bourse/billing"
	"bourse/models"
)

// hold reserves what the request may cost at the dearest endpoint of its plan, durably, before
// any upstream hears of it.
//
// A request that sets max_tokens is held for exactly that many. One that does not is held for
// what its endpoint can write, or for less when the balance is small, and then the limit that the
// hold can bear is sent upstream: what is reserved is always what can be owed.
func (c *call) hold() *wire.Error {
	c.feeBps = c.p.Billing.FeeBps()
	prices := make([]models.Pricing, 0, len(c.plan))
	most, unknown := int64(0), false
	for _, candidate := range c.plan {
		prices = append(prices, candidate.Offer.Pricing)
		out := candidate.Offer.MaxOutput
		if out == 0 {
			out, unknown = outputUnknownMax, true
		}
		most = max(most, out)
	}
	choices := max(c.req.N, 1)
	worst := billing.Worst{Input: c.req.HoldTokens(), Output: most * choices}
	fixed := c.req.MaxTokens > 0 || c.req.Embeds()
	if fixed { // nothing is written where vectors are wanted
		worst.Output = c.req.MaxTokens * choices
	}
	amount, err := billing.HoldFor(prices, worst, c.feeBps)
	if err != nil {
		return wire.Invalid("max_tokens", "The request is too large to be priced. Set a lower max_tokens.")
	}
	h := &billing.Hold{Generation: c.record(), Amount: amount, Usual: amount, Least: amount, KeyLimit: c.who.LimitNano, KeyReset: c.who.LimitReset}
	if !fixed {
		if h.Usual, h.Least, err = flexible(prices, worst, choices, c.feeBps); err != nil {
			return wire.Internal()
		}
	}
	if err := c.p.Billing.Ledger.Hold(c.r.Context(), h); err != nil {
		var refusal *billing.Refusal
		if errors.As(err, &refusal) {
			return c.shortfall(refusal, prices, worst)
		}
		return wire.FromModels(err)
	}
	c.gen = h.Generation
	if !fixed && unknown {
		c.maxToken = most
	}
	if !fixed && c.gen.Hold < amount {
		c.maxToken = billing.OutputWithin(prices, c.gen.Hold, worst, c.feeBps) / choices
		c.w.Header().Set("X-Bourse-Max-Tokens", strconv.FormatInt(c.maxToken, 10))
	}
	return nil
}

// flexible is what a request without a limit is held for at least, and usually.
func flexible(prices []models.Pricing, w billing.Worst, choices, feeBps int64) (usual, least models.Amount, err error) {
	usual, err = billing.HoldFor(prices, billing.Worst{Input: w.Input, Output: min(w.Output, outputUsual*choices)}, feeBps)
	if err != nil {
		return 0, 0, err
	}
	least, err = billing.HoldFor(prices, billing.Worst{Input: w.Input, Output: min(w.Output, outputLeast*choices)}, feeBps)
	return usual, least, err
}

// shortfall explains a refused hold: how much was needed, how much there was, where to go.
func (c *call) shortfall(r *billing.Refusal, prices []models.Pricing, w billing.Worst) *wire.Error {
	if r.Source == billing.SourceFrozen {
		return wire.Forbidden("This account is frozen. Write to the operator of this site.")
	}
	s := wire.Shortfall{Needed: r.Needed, Available: r.Available, Source: wire.LimitCredits, Link: c.p.BaseURL + "/credits"}
	if r.Source == billing.SourceKey {
		s.Source, s.Link = wire.LimitKey, c.p.BaseURL+"/keys"
	}
	if n := max(c.req.N, 1); c.req.MaxTokens > 0 {
		s.MaxTokens, s.Affordable = c.req.MaxTokens, billing.OutputWithin(prices, r.Available, w, c.feeBps)/n
	}
	e := wire.PaymentRequired(s)
	if r.Source == billing.SourceSandbox {
		e.Message += " Sandbox credit pays for the demo provider and local models only; the operator can grant real credit."
		e.With("sandbox_credit_only", true)
	}
	return e
}
