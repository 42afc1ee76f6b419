package billing

import "bourse/models"

// Worst is the largest a request may become at one endpoint.
type Worst struct {
	Input  int64 // prompt tokens, estimated upwards
	Output int64 // completion tokens, over all choices
}

// HoldFor is what must be reserved so that a generation within the worst case is paid for at any
// of the given prices: each input token at the dearest way of reading it, each output token at the
// dearest way of writing it, plus the fee. It uses the formula of the charge itself, which never
// falls as tokens rise.
func HoldFor(prices []models.Pricing, w Worst, feeBps int64) (models.Amount, error) {
	var hold models.Amount
	for _, p := range prices {
		worst := models.Pricing{Rates: models.Rates{
			models.UnitInput: dearest(p, w.Input, models.UnitInput, models.UnitCacheRead, models.UnitCacheWrite, models.UnitCacheWrite1h,
				models.UnitInputAudio, models.UnitInputImage),
			models.UnitOutput: dearest(p, w.Input, models.UnitOutput, models.UnitReasoning, models.UnitOutputAudio,
				models.UnitOutputImage),
		}}
		if rate, ok := p.For(models.UnitRequest, w.Input); ok {
			worst.Rates[models.UnitRequest] = rate
		}
		c, err := Price(worst, models.Usage{Input: w.Input, Output: w.Output, ProviderCost: -1}, feeBps, false)
		if err != nil {
			return 0, err
		}
		hold = max(hold, c.Total())
	}
	return hold, nil
}

// OutputWithin is how many output tokens a hold can bear at any of the prices, once the input and
// the fee are taken off; 0 when it cannot even bear the input, and most when output is free.
func OutputWithin(prices []models.Pricing, hold models.Amount, w Worst, feeBps int64) int64 {
	lo, hi := int64(0), w.Output
	for lo < hi {
		mid := lo + (hi-lo+1)/2
		need, err := HoldFor(prices, Worst{w.Input, mid}, feeBps)
		if err == nil && need <= hold {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return lo
}

// dearest is the highest of the rates that there are, over every tier that the prompt may turn out
// to be in: it may be shorter than estimated, and up to twice as long.
func dearest(p models.Pricing, prompt int64, units ...models.Unit) models.Rate {
	var top models.Rate
	for _, u := range units {
		top = max(top, p.Rates[u])
		for _, t := range p.Tiers {
			if prompt*2 > t.ContextGT {
				top = max(top, t.Rates[u])
			}
		}
	}
	return top
}
