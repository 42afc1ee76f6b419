package harness

import (
	"context"
	"fmt"
	"sync"
	"time"

	"bourse/app/catalog"
	"bourse/billing"
	"bourse/models"
)

const (
	usedModels   = 30
	usedPeople   = 9
	usedTogether = 32 // calls that are booked at once
)

// Used is a marketplace that people have used for twelve weeks, several days in each: calls of many
// models went through the ledger, dated back, and what was used has been counted. The last model of
// the list has too few accounts to be shown, and the demo was called as well.
func (h *House) Used() {
	h.t.Helper()
	var people []Person
	for i := range usedPeople {
		people = append(people, h.Person(fmt.Sprintf("customer%d@example.com", i), 10_000*models.NanoPerUSD))
	}
	offers := h.offersToUse()
	now, places := time.Now().UTC(), make(chan struct{}, usedTogether)
	var calls sync.WaitGroup
	for i, o := range offers {
		for day := range 84 {
			if day%3 == 2 || day > 84-2*i && i%4 == 3 { // some models are young
				continue
			}
			at := now.AddDate(0, 0, -day).Add(-time.Duration(i) * time.Minute)
			for j := range usedPeople {
				if (i+day+j)%3 == 0 || i == len(offers)-1 && j > 2 || i > 3 && j > 7-i%3 {
					continue
				}
				tokens := int64(4_000_000/(i+1)) * int64(100-day/2+13*(day*(i+3)%7)) / 100 * int64(1+j%3)
				places <- struct{}{}
				calls.Go(func() {
					defer func() { <-places }()
					h.used(people[j], o, at.Add(-time.Duration(j)*time.Second), tokens)
				})
			}
		}
	}
	calls.Wait()
	if err := h.CountUse(context.Background()); err != nil {
		h.t.Fatal(err)
	}
}

// offersToUse are the cheapest offers of chat models, every seventh model, the demo's and a free one.
func (h *House) offersToUse() []*catalog.Offer {
	var offers []*catalog.Offer
	for i, e := range h.Catalog.Current().Models {
		switch {
		case e.Type != catalog.TypeChat || e.Lowest == nil || e.Lowest.PriceVersion == "":
		case e.Author == "bourse":
			offers = append(offers, e.Lowest)
		case i%7 == 0 && e.Free != nil && len(offers) < usedModels:
			offers = append(offers, e.Free)
		case i%7 == 0 && len(offers) < usedModels:
			offers = append(offers, e.Lowest)
		}
	}
	return offers
}

// used books one call of the past.
func (h *House) used(p Person, o *catalog.Offer, at time.Time, tokens int64) {
	real := h.Billing.NeedsRealCredit(o.Provider.Kind)
	g := &models.Generation{ID: fmt.Sprintf("gen-%d-%s", at.Unix(), models.AppendRandom(nil, 20)), AccountID: p.Account.ID, KeyID: "key-used", Model: o.Model, Provider: o.Endpoint.Provider, Tag: o.Tag,
		PriceVersion: o.PriceVersion, FeeBps: h.Billing.FeeBps(), APIType: "completions", RealCredit: real, Created: at}
	g.Usage = models.Usage{Input: tokens * 3 / 4, CacheRead: tokens / 4, Output: tokens / 4, Source: models.UsageUpstream, ProviderCost: -1}
	charge, err := billing.Price(o.Pricing, g.Usage, g.FeeBps, false)
	if err != nil {
		h.t.Error(err)
		return
	}
	ctx := context.Background()
	if err := h.Billing.Ledger.Hold(ctx, &billing.Hold{Generation: g, Amount: charge.Cost + charge.Fee, Least: charge.Cost + charge.Fee, KeyLimit: -1}); err != nil {
		h.t.Error(err)
		return
	}
	g.CostPico, g.Cost, g.Fee, g.Finished, g.Status, g.Finish = charge.CostPico, charge.Cost, charge.Fee, at.Add(time.Second), 200, "stop"
	if err := h.Billing.Ledger.Settle(ctx, g); err != nil {
		h.t.Error(err)
	}
}
