package proxy

import (
	"context"
	"errors"
	"net/http"

	"bourse/app/wire"
	"bourse/billing"
	"bourse/models"
)

// hold reserves what the request may cost at the dearest endpoint of its plan before any upstream
// hears of it: durably, or, where the money is there many times over, on the way to it.
//
// When the money bears the longest answer that was asked for or that the endpoints can write, that
// is held. When it does not, the hold is what it does bear, down to a useful length, and then
// either the hold grows with the stream, or the limit that it bears is sent upstream: what is
// reserved is always what can be owed.
func (c *call) hold() *wire.Error {
	e := c.reserve()
	if e != nil && e.Status == http.StatusPaymentRequired && c.keepOwn() {
		return c.reserve()
	}
	return e
}

func (c *call) reserve() *wire.Error {
	c.feeBps = c.p.Billing.FeeBps()
	q := c.quote()
	amount, err := billing.HoldFor(q.prices, q.worst, c.feeBps)
	if err != nil {
		return wire.Invalid("max_tokens", "The request is too large to be priced. Set a lower max_tokens.")
	}
	h := &billing.Hold{Generation: c.record(), Amount: amount, KeyLimit: c.who.LimitNano, KeyReset: c.who.LimitReset}
	usual, least := int64(outputUsual), int64(outputLeast)
	if q.fixed {
		usual, least = q.worst.Output, outputUsual
	}
	if h.Usual, err = billing.HoldFor(q.prices, q.upTo(usual), c.feeBps); err == nil {
		h.Least, err = billing.HoldFor(q.prices, q.upTo(least), c.feeBps)
	}
	if err != nil {
		return wire.Internal()
	}
	if c.held, err = c.p.Billing.Ledger.Reserve(c.r.Context(), h, c.startReserved()); err != nil {
		var refusal *billing.Refusal
		if errors.As(err, &refusal) {
			return c.shortfall(refusal, q)
		}
		return wire.FromModels(err)
	}
	c.gen, c.quoted = h.Generation, q
	switch {
	case c.gen.Hold < amount:
		c.clamp(h, q)
	case q.unlimited:
		c.maxToken = outputUnknownMax
	}
	if !c.req.Embeds() {
		c.limit = c.maxToken * q.choices
		if c.maxToken == 0 && q.fixed {
			c.limit = q.worst.Output
		}
	}
	return nil
}

// startReserved prepares for a reservation that is refused when an upstream has been asked already:
// that request is ended at once.
func (c *call) startReserved() (refused func()) {
	base, stop := context.WithCancelCause(context.WithoutCancel(c.r.Context()))
	c.base = base
	return func() { stop(errUnheld) }
}

// durable waits until what is reserved is durable: nothing may be sent before. A refusal, which is
// as good as impossible by then, ends the request.
func (c *call) durable() bool {
	err := c.held.Wait()
	if err != nil && c.refused == nil {
		c.refused = c.unheld(err)
	}
	return err == nil
}

// unheld is what the client is told when the reservation was refused after all: there is nothing
// to settle or to free.
func (c *call) unheld(err error) *wire.Error {
	c.gen.State = models.GenerationVoided
	var refusal *billing.Refusal
	if errors.As(err, &refusal) {
		return c.shortfall(refusal, c.quoted)
	}
	return wire.FromModels(err)
}

// quote is what a request may come to at the endpoints of its plan.
type quote struct {
	prices    []models.Pricing
	worst     billing.Worst
	choices   int64
	fixed     bool // the client set max_tokens
	unlimited bool // no max_tokens, and some endpoint does not say how much it writes
	bills     bool // some provider goes on billing when we hang up
}

// upTo is the worst case of an answer of so many tokens for each choice.
func (q *quote) upTo(tokens int64) billing.Worst {
	return billing.Worst{Input: q.worst.Input, Output: min(q.worst.Output, tokens*q.choices)}
}

func (c *call) quote() *quote {
	q := &quote{choices: max(c.req.N, 1), fixed: c.req.MaxTokens > 0 || c.req.Embeds(), prices: make([]models.Pricing, 0, len(c.plan))}
	most := int64(0)
	for _, candidate := range c.plan {
		for _, pricing := range c.pricings(candidate) {
			if candidate.own {
				pricing = billing.FeeOnly(pricing, c.feeBps)
			}
			q.prices = append(q.prices, pricing)
		}
		q.bills = q.bills || candidate.Offer.Provider.Quirks.KeepsBilling
		out := candidate.Offer.MaxOutput
		if out == 0 {
			out, q.unlimited = outputUnknownMax, !q.fixed
		}
		if q.fixed { // 0 where vectors are wanted: nothing is written
			out = candidate.Limit
		}
		most = max(most, out)
	}
	q.worst = billing.Worst{Input: c.req.HoldTokens(), Output: most * q.choices}
	return q
}

// clamp deals with a hold that does not bear the longest answer. A stream goes on and the hold
// grows with it; where that cannot be (a plain answer shows nothing until it is over, and some
// providers bill to the end), the length that the hold bears is the limit sent upstream.
func (c *call) clamp(h *billing.Hold, q *quote) {
	if c.stream && !q.bills && !q.unlimited {
		c.grow = &growth{hold: h, quote: q, bears: billing.OutputWithin(q.prices, c.gen.Hold, q.worst, c.feeBps)}
		return
	}
	c.maxToken, c.clamped = max(billing.OutputWithin(q.prices, c.gen.Hold, q.worst, c.feeBps)/q.choices, 1), true
}

// growth is a hold that is enlarged while its stream runs.
type growth struct {
	hold  *billing.Hold
	quote *quote
	bears int64 // output tokens that the hold is good for
	dry   bool  // refused once: the next try is when all that is held has been used
}

// growAt is the share of a hold, in percent, whose use makes it grow.
const growAt = 70

// afford enlarges the hold when the stream has used most of it. It returns a *billing.Refusal
// when the money does not bear another token's worth.
func (c *call) afford(produced int64) error {
	g := c.grow
	if g == nil || g.bears >= g.quote.worst.Output || produced*100 < g.bears*growAt || g.dry && produced < g.bears {
		return nil
	}
	var refused error
	// Twice as much; else, at the end of the money, a last small step.
	for _, tokens := range []int64{2 * max(g.bears, outputLeast), g.bears + outputLeast} {
		worst := billing.Worst{Input: g.quote.worst.Input, Output: min(tokens, g.quote.worst.Output)}
		amount, err := billing.HoldFor(g.quote.prices, worst, c.feeBps)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), settleTime)
		h := *g.hold
		h.Amount = amount
		err = c.p.Billing.Ledger.Extend(ctx, &h)
		cancel()
		if err == nil {
			g.bears, g.dry = worst.Output, false
			return nil
		}
		refused = err
	}
	if g.dry = true; produced < g.bears {
		return nil // what is held is not used up yet
	}
	return refused
}

// shortfall explains a refused hold: how much was needed, how much there was, where to go.
func (c *call) shortfall(r *billing.Refusal, q *quote) *wire.Error {
	if r.Source == billing.SourceFrozen {
		return wire.Forbidden("This account is frozen. Write to the operator of this site.")
	}
	s := wire.Shortfall{Needed: r.Needed, Available: r.Available, Source: wire.LimitCredits, Link: c.p.BaseURL + "/credits"}
	if r.Source == billing.SourceKey {
		s.Source, s.Link = wire.LimitKey, c.p.BaseURL+"/keys"
	}
	if q.fixed {
		s.MaxTokens = q.worst.Output / q.choices
		s.Affordable = billing.OutputWithin(q.prices, r.Available, q.worst, c.feeBps) / q.choices
	}
	e := wire.PaymentRequired(s)
	if r.Source == billing.SourceSandbox {
		e.Message += " Sandbox credit pays for the demo provider and local models only; the operator can grant real credit."
		e.With("sandbox_credit_only", true)
	}
	return e
}
