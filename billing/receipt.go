package billing

import (
	"context"

	"bourse/models"
)

// Receipt is a generation's charge with every line of its formula, computed again from the price
// that was in force and the counts on record.
type Receipt struct {
	Charge
	Pricing models.Pricing
	// Waived says that the lines were not charged: nothing was answered, or it ended in an error.
	Waived bool
}

// chargeOf prices a generation by who pays its provider.
func chargeOf(p models.Pricing, g *models.Generation, reported bool) (Charge, error) {
	if g.OwnKey {
		return PriceOwn(p, g.Usage, g.FeeBps)
	}
	return Price(p, g.Usage, g.FeeBps, reported)
}

// Receipt computes a generation's lines. Its total is the charge on record to the nano-dollar, or
// the error is Internal: a receipt that does not add up is never shown.
func (b *Billing) Receipt(ctx context.Context, g *models.Generation) (Receipt, error) {
	v, err := b.db.PriceVersion(ctx, g.PriceVersion)
	if err != nil {
		return Receipt{}, err
	}
	r := Receipt{Pricing: v.Pricing}
	// A reseller's own figure was the cost where its quirk said so at the time; which of the two
	// it was can be told from the charge.
	for _, reported := range []bool{false, true} {
		r.Charge, err = chargeOf(v.Pricing, g, reported)
		if err != nil {
			return r, err
		}
		if r.Cost == g.Cost && r.CostPico == g.CostPico {
			break
		}
	}
	switch {
	case g.Charge() == 0 && g.CostPico == 0 && r.Total() > 0:
		r.Waived = true
		r.CostPico, r.Cost, r.List, r.Fee, r.CompletionCost = 0, 0, 0, 0, 0
	case r.Cost != g.Cost || r.Fee != g.Fee || r.CostPico != g.CostPico:
		return r, models.Errorf(models.Internal, "the receipt of %s comes to %s, its charge is %s", g.ID, r.Total().USD(), g.Charge().USD())
	}
	return r, nil
}
