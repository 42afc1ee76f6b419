package billing

import (
	"math/bits"

	"bourse/models"
)

// UnitReported is the unit of a line whose cost a reseller reported, instead of tokens × price.
const UnitReported models.Unit = "reported"

// Line is one line of a receipt: quantity × rate = pico, exactly.
type Line struct {
	Unit     models.Unit
	Quantity int64
	Rate     models.Rate
	Pico     int64 // pico-USD
}

// Charge is the price of one generation: what the provider's price list says and the platform's fee.
type Charge struct {
	Lines          []Line
	CostPico       int64 // exact sum of the lines
	Cost           models.Amount
	Fee            models.Amount
	List           models.Amount // what the price list comes to where the customer's own key paid, else 0
	CompletionCost models.Amount // the part of Cost for what was written; the rest is for what was read
}

// PriceOwn computes the charge for a usage that the customer's own key paid for: the fee of what the
// price list comes to, and nothing for the provider. CostPico still says what the list comes to.
func PriceOwn(p models.Pricing, u models.Usage, feeBps int64) (Charge, error) {
	c, err := Price(p, u, feeBps, false)
	c.List, c.Cost = c.Cost, 0
	return c, err
}

// FeeOnly is a price list for what is held when the customer's own key pays: each rate is the fee of
// it, rounded up. HoldFor puts the fee of that on top, which leaves a hair more than is owed.
func FeeOnly(p models.Pricing, feeBps int64) models.Pricing {
	share := func(rates models.Rates) models.Rates {
		out := make(models.Rates, len(rates))
		for unit, rate := range rates {
			hi, lo := bits.Mul64(uint64(max(rate, 0)), uint64(feeBps))
			if hi >= FeeBpsMax {
				out[unit] = rate
				continue
			}
			fee, rest := bits.Div64(hi, lo, FeeBpsMax)
			if rest > 0 {
				fee++
			}
			out[unit] = models.Rate(fee)
		}
		return out
	}
	out := models.Pricing{Rates: share(p.Rates)}
	for _, t := range p.Tiers {
		out.Tiers = append(out.Tiers, models.Tier{ContextGT: t.ContextGT, Rates: share(t.Rates)})
	}
	return out
}

// Total is what the account pays.
func (c Charge) Total() models.Amount { return c.Cost + c.Fee }

// PromptCost is the part of Cost, or of List, for what was read, so that both parts add up to it.
func (c Charge) PromptCost() models.Amount { return c.Cost + c.List - c.CompletionCost }

// picoPerNano and the divisor of the fee: basis points of pico-USD to nano-USD.
const (
	picoPerNano    = 1_000
	feeDivisor     = 10_000 * picoPerNano
	FeeBpsMax      = 10_000 // a fee of 100 %
	FeeBpsDefault  = 500
	reportedToPico = picoPerNano
)

// Price computes the charge for a usage. Each line is exact; the cost is rounded to a nano-USD
// once, half up, and the fee once, from the exact cost. A product beyond 63 bits is refused with
// Internal: no real generation comes near it.
func Price(p models.Pricing, u models.Usage, feeBps int64, trustReported bool) (Charge, error) {
	var c Charge
	p, _ = p.Service(u.Tier) // the usual prices where the tier has none
	if trustReported && u.ProviderCost >= 0 {
		pico, ok := models.MulCheck(int64(u.ProviderCost), reportedToPico)
		if !ok {
			return c, errTooLarge
		}
		c.Lines = []Line{{Unit: UnitReported, Quantity: 1, Rate: models.Rate(pico), Pico: pico}}
		return c.total(feeBps, 0)
	}
	var completionPico int64
	for _, part := range split(p, u) {
		pico, ok := models.MulCheck(part.quantity, int64(part.rate))
		if !ok {
			return c, errTooLarge
		}
		c.Lines = append(c.Lines, Line{part.unit, part.quantity, part.rate, pico})
		if part.completion {
			if completionPico += pico; completionPico < 0 {
				return c, errTooLarge
			}
		}
	}
	return c.total(feeBps, completionPico)
}

var errTooLarge = models.Errorf(models.Internal, "the cost of this generation does not fit in 63 bits")

func (c Charge) total(feeBps, completionPico int64) (Charge, error) {
	for _, l := range c.Lines {
		if c.CostPico += l.Pico; c.CostPico < 0 {
			return c, errTooLarge
		}
	}
	if c.CostPico > 1<<63-1-picoPerNano {
		return c, errTooLarge
	}
	c.Cost = models.Amount((c.CostPico + picoPerNano/2) / picoPerNano)
	c.CompletionCost = min(models.Amount((completionPico+picoPerNano/2)/picoPerNano), c.Cost)
	hi, lo := bits.Mul64(uint64(c.CostPico), uint64(feeBps))
	lo, carry := bits.Add64(lo, feeDivisor/2, 0)
	hi += carry
	if hi >= feeDivisor {
		return c, errTooLarge
	}
	fee, _ := bits.Div64(hi, lo, feeDivisor)
	c.Fee = models.Amount(fee)
	return c, nil
}

type part struct {
	unit       models.Unit
	quantity   int64
	rate       models.Rate
	completion bool
}

// split divides the tokens into classes that do not overlap. A class without a price of its own
// is billed as the class that it is a part of.
func split(p models.Pricing, u models.Usage) []part {
	parts := make([]part, 0, 6)
	take := func(rest *int64, n int64, completion bool, units ...models.Unit) {
		n = min(max(n, 0), *rest)
		if n == 0 {
			return
		}
		for _, unit := range units {
			if rate, ok := p.For(unit, u.Input); ok {
				parts = append(parts, part{unit, n, rate, completion})
				*rest -= n
				return
			}
		}
	}
	in := max(u.Input, 0)
	plain, _ := p.For(models.UnitInput, u.Input)
	at := len(parts)
	take(&in, u.CacheRead, false, models.UnitCacheRead)
	take(&in, u.CacheWrite, false, models.UnitCacheWrite)
	take(&in, u.CacheWrite1h, false, models.UnitCacheWrite1h, models.UnitCacheWrite)
	take(&in, u.InputAudio, false, models.UnitInputAudio)
	take(&in, u.InputImage, false, models.UnitInputImage)
	if in > 0 {
		parts = append(parts, part{})
		copy(parts[at+1:], parts[at:])
		parts[at] = part{models.UnitInput, in, plain, false}
	}
	out := max(u.Output, 0)
	at = len(parts)
	take(&out, u.Reasoning, true, models.UnitReasoning)
	take(&out, u.OutputAudio, true, models.UnitOutputAudio)
	take(&out, u.OutputImage, true, models.UnitOutputImage)
	if out > 0 {
		rate, _ := p.For(models.UnitOutput, u.Input)
		parts = append(parts, part{})
		copy(parts[at+1:], parts[at:])
		parts[at] = part{models.UnitOutput, out, rate, true}
	}
	if rate, ok := p.For(models.UnitRequest, u.Input); ok && rate > 0 {
		parts = append(parts, part{models.UnitRequest, 1, rate, false})
	}
	return parts
}
