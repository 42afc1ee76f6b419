package billing_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"bourse/billing"
	"bourse/models"
	"bourse/models/modelstest"
)

// TestOwnKeyPaysTheFeeOnly prices what a customer's own key paid for: the fee is the same as
// otherwise, the cost is nothing, and the hold for it bears every usage within it.
func TestOwnKeyPaysTheFeeOnly(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		p := models.Pricing{Rates: models.Rates{models.UnitInput: models.Rate(rng.Int64N(1e7)), models.UnitOutput: models.Rate(rng.Int64N(1e8)), models.UnitCacheRead: models.Rate(rng.Int64N(100))},
			Tiers: []models.Tier{{ContextGT: 200_000, Rates: models.Rates{models.UnitInput: models.Rate(rng.Int64N(2e7))}}}}
		fee := rng.Int64N(billing.FeeBpsMax + 1)
		w := billing.Worst{Input: rng.Int64N(400_000), Output: rng.Int64N(64_000)}
		u := models.Usage{Input: rng.Int64N(w.Input + 1), Output: rng.Int64N(w.Output + 1), ProviderCost: 1}
		u.CacheRead = rng.Int64N(u.Input + 1)
		full, err := billing.Price(p, u, fee, false)
		if err != nil {
			t.Fatal(err)
		}
		own, err := billing.PriceOwn(p, u, fee)
		if err != nil || own.Cost != 0 || own.List != full.Cost || own.Fee != full.Fee || own.CostPico != full.CostPico || own.PromptCost()+own.CompletionCost != own.List {
			t.Fatalf("%+v, with the house's key %+v, %v", own, full, err)
		}
		hold, err := billing.HoldFor([]models.Pricing{billing.FeeOnly(p, fee)}, w, fee)
		if err != nil || own.Total() > hold {
			t.Fatalf("charge %s above hold %s, %v", own.Total().USD(), hold.USD(), err)
		}
	}
}

// TestOwnKeyRecovery takes back the hold of a process that died while a customer's own key was in
// use: what it noted is charged as the fee of it.
func TestOwnKeyRecovery(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		l := book(t, db)
		dead, err := billing.NewLedger(db)
		if err != nil {
			t.Fatal(err)
		}
		price := models.PriceVersion{ID: models.NewID("pv"), Model: "a/b", Tag: "p", EffectiveFrom: time.Unix(0, 0).UTC(),
			Pricing: models.Pricing{Rates: models.Rates{models.UnitInput: 1_000_000, models.UnitOutput: 2_000_000}}}
		if err := db.AddPriceVersions(t.Context(), []models.PriceVersion{price}); err != nil {
			t.Fatal(err)
		}
		id := account(t, db, l, usd)
		held, noted := generation(id), generation(id)
		for _, g := range []*models.Generation{held, noted} {
			g.PriceVersion, g.FeeBps, g.OwnKey = price.ID, 500, g == held
			if err := dead.Hold(t.Context(), fixed(g, usd/100)); err != nil {
				t.Fatal(err)
			}
			g.OwnKey = true // of the second it shows only when it answers
			dead.Progress(g, 100, 40)
		}
		dead.Close()
		if n, err := l.Expire(t.Context(), -time.Second); err != nil || n != 2 {
			t.Fatalf("%d recovered, %v", n, err)
		}
		for _, g := range []*models.Generation{held, noted} {
			got, err := db.GenerationByID(t.Context(), id, g.ID)
			if err != nil || !got.OwnKey || got.Cost != 0 || got.Fee != 9_000 {
				t.Errorf("%+v %v", got, err)
			}
		}
		if a := balance(t, db, id); a.Held != 0 || a.Posted != usd-18_000 {
			t.Errorf("held %s, posted %s", a.Held.USD(), a.Posted.USD())
		}
	})
}
