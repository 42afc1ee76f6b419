package proxy

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"bourse/app/provider"
	"bourse/app/wire"
	"bourse/billing"
	"bourse/models"
)

// reply answers a plain request: the whole answer is read, charged, and only then sent.
func (c *call) reply(cand candidate, answer *provider.Answer) *provider.Failure {
	raw, failure := answer.ReadAll(nil)
	if failure != nil {
		return failure
	}
	rw := c.rewriter(cand)
	out, info, err := rw.Result(make([]byte, 0, len(raw)+1024), raw)
	if info.Error != nil {
		return provider.FromBody(cand.Offer.Provider, info.Error)
	}
	if err != nil {
		return provider.Malformed(cand.Offer.Provider, err)
	}
	c.gen.FirstToken = time.Now()
	c.gen.NativeFinish = string(info.NativeFinish)
	block, err := c.settle(cand, rw, "", http.StatusOK)
	if err != nil {
		c.unsettled(err)
		return nil
	}
	out = rw.CloseResult(out, block)
	if c.skin != nil {
		out = c.skin.Result(nil, out, rw.Ending(block))
	}
	c.send(out)
	return nil
}

// send writes a whole answer, which has been charged: the generation can be read by its id, and a
// client that left meanwhile paid for what it asked for.
func (c *call) send(out []byte) {
	out = append(out, '\n')
	h := c.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Generation-Id", c.gen.ID)
	h.Set("Content-Length", strconv.Itoa(len(out)))
	c.headSent = true
	_ = c.out.SetWriteDeadline(time.Now().Add(writeTime))
	_, _ = c.w.Write(out)
}

// unsettled answers a request whose charge could not be made durable: the answer is withheld,
// because nothing that was not charged may be delivered.
func (c *call) unsettled(err error) {
	e := wire.FromModels(err)
	if refusal := (*billing.Refusal)(nil); errors.As(err, &refusal) {
		e = c.unheld(err)
	} else {
		c.p.Log.Error("charge not durable", "generation", c.gen.ID, "err", err)
		c.gen.State = models.GenerationSettled // undecided: the hold expires by itself
	}
	if !c.headSent {
		wire.WriteErrorAs(c.w, c.skin, e, c.requestID)
		c.headSent = true
	}
}

func (c *call) rewriter(cand candidate) *wire.Rewriter {
	head := wire.Head{ID: c.gen.ID, Model: cand.Entry.ID, Provider: cand.Offer.Provider.Name, Created: c.gen.Created.Unix()}
	if c.skin != nil {
		c.skin.Begin(head, c.promptN)
	}
	return wire.NewRewriter(wire.RewriterOptions{
		Head:   head,
		Quirks: cand.Offer.Provider.Quirks, ExcludeReasoning: c.excludeReasoning(),
	})
}

func (c *call) excludeReasoning() bool { return c.req != nil && c.req.ReasoningExclude }

// settle charges the generation by the provider's count, or by ours when none came, and returns
// what the client is told about it. It returns when the charge is durable. status is of our
// answer; why overrides the provider's finish reason when we ended the answer ourselves.
func (c *call) settle(cand candidate, rw *wire.Rewriter, why string, status int) (wire.UsageBlock, error) {
	usage, counted := c.usage(rw)
	usage.Tier, c.counts = c.given(cand, rw), rw.RawUsage()
	finish := rw.Finish()
	if why != "" {
		finish = why
	}
	return c.charge(cand, usage, counted, finish, status)
}

// charge settles a usage. It returns when the charge is durable.
func (c *call) charge(cand candidate, usage models.Usage, counted bool, finish string, status int) (wire.UsageBlock, error) {
	g := c.gen
	charge, err := c.price(cand, usage)
	if err != nil {
		return wire.UsageBlock{}, err
	}
	c.compare(cand, &usage, charge)
	if kept := c.within(usage); kept.Output < usage.Output {
		full := charge.Cost
		kept.ProviderCost = -1 // is of all of it
		if charge, err = c.price(cand, kept); err != nil {
			return wire.UsageBlock{}, err
		}
		c.p.Log.Warn("answer longer than asked for", "generation", g.ID, "endpoint", cand.Name(), "tokens", usage.Output, "limit", c.limit)
		usage, g.Absorbed = kept, max(full-charge.Cost, 0)
	}
	// Nothing written, or an error at the end: nothing is owed, whatever the provider bills us.
	if status == http.StatusOK && (finish == "error" || usage.Output == 0 && finish == "") {
		g.Absorbed, charge = g.Absorbed+charge.Cost, billing.Charge{}
	}
	g.Usage, g.Estimated, g.Finish, g.Finished = usage, !counted, finish, time.Now()
	g.CostPico, g.Cost, g.Fee = charge.CostPico, charge.Cost, charge.Fee
	g.Status, g.Cancelled = status, status == statusClientGone
	if charge.Total() > g.Hold {
		c.p.Log.Warn("charge above its hold", "generation", g.ID, "hold", g.Hold.USD(), "charge", charge.Total().USD())
	}
	c.note(cand, nil)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), settleTime)
	defer cancel()
	if err := c.p.Billing.Ledger.Settle(ctx, g); err != nil {
		if c.held.Refused() {
			err = c.held.Wait() // which says why there is nothing to settle
		}
		return wire.UsageBlock{}, err
	}
	return wire.UsageBlock{Usage: usage, Cost: charge.Total(), ProviderCost: charge.Cost + charge.List, OwnKey: cand.own, PromptCost: charge.PromptCost(),
		CompletionCost: charge.CompletionCost, Fee: charge.Fee, Router: c.metadata(true)}, nil
}

// costSlack is how far, in percent, what a provider says it charges may be from its price list
// before somebody has to look at the list.
const costSlack = 2

// rawMost bounds what is kept of counts that do not add up.
const rawMost = 2 << 10

// compare notes counts that do not add up, and a provider whose own figure is not what its price
// list comes to: on the record, with what it said, for the receipt and the operator.
func (c *call) compare(cand candidate, usage *models.Usage, charge billing.Charge) {
	ours := charge.Cost + charge.List
	if usage.ProviderCost > 0 && !cand.Offer.Provider.Quirks.TrustProviderCost {
		off := usage.ProviderCost - ours
		if usage.Anomaly == "" && max(off, -off)*100 > ours*costSlack {
			usage.Anomaly = wire.AnomalyReported
		}
	}
	if usage.Anomaly == "" {
		return
	}
	if len(c.counts) <= rawMost {
		usage.Raw = string(c.counts)
	}
	reported := ""
	if usage.ProviderCost >= 0 {
		reported = usage.ProviderCost.USD()
	}
	c.p.Log.Warn("usage does not add up", "generation", c.gen.ID, "endpoint", cand.Name(), "anomaly", usage.Anomaly, "reported", reported, "by_list", ours.USD())
}

// price is what the endpoint charges for the usage, and the fee; of what a customer's own key has
// paid for, the fee alone.
func (c *call) price(cand candidate, usage models.Usage) (billing.Charge, error) {
	if cand.own {
		return billing.PriceOwn(cand.Offer.Pricing, usage, c.gen.FeeBps)
	}
	return billing.Price(cand.Offer.Pricing, usage, c.gen.FeeBps, cand.Offer.Provider.Quirks.TrustProviderCost)
}

// usage is the provider's count, or an estimate when none came.
func (c *call) usage(rw *wire.Rewriter) (u models.Usage, counted bool) {
	if u, counted = rw.Usage(); counted && (u.Input+u.Output > 0 || rw.Produced() == 0) {
		return u, true // nothing was read and nothing written is no count of an answer that is there
	}
	return models.Usage{Input: c.promptN, Output: rw.Produced(), Source: models.UsageEstimate, ProviderCost: -1}, false
}

// absorb notes what a provider will bill for an answer that broke after it had begun: the account
// pays nothing, the house does.
func (c *call) absorb(cand candidate, rw *wire.Rewriter) {
	usage, _ := c.usage(rw)
	usage.Tier = c.given(cand, rw)
	charge, err := c.price(cand, usage)
	if err == nil {
		c.gen.Absorbed = charge.Cost
	}
}
