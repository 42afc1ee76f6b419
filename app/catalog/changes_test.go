package catalog_test

import (
	"context"
	"testing"
	"time"

	"bourse/app/catalog"
	"bourse/models"
)

// priced is a catalogue of one model at one provider whose output price went through a history.
func priced(t *testing.T, history ...models.PriceVersion) *catalog.Snapshot {
	t.Helper()
	db, err := models.Open(context.Background(), models.Options{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	var inForce models.Pricing
	for i := range history {
		if history[i].EffectiveFrom.Before(time.Now()) {
			inForce = history[i].Pricing
		}
		history[i].ID, history[i].Model, history[i].Tag = models.NewID("pv"), "a/m", "p"
	}
	if err := db.AddPriceVersions(t.Context(), history); err != nil {
		t.Fatal(err)
	}
	c := catalog.New(db, nil)
	err = c.SetExtra(t.Context(),
		[]models.Model{{ID: "a/m", Name: "M", Author: "a", Type: "chat", Status: "active", InputModalities: []string{"text"}, OutputModalities: []string{"text"}}},
		[]models.Endpoint{{Model: "a/m", Provider: "p", Tag: "p", ProviderModelID: "m", Status: "active", PriceSource: "test", Pricing: inForce}},
		[]models.Provider{{Slug: "p", Name: "P", Kind: "host", Dialect: "openai"}})
	if err != nil {
		t.Fatal(err)
	}
	return c.Current()
}

// at is a price of a token on a day of the past.
func at(daysAgo int, rate models.Rate, flag string) models.PriceVersion {
	return models.PriceVersion{
		Pricing:       models.Pricing{Rates: models.Rates{models.UnitInput: rate, models.UnitOutput: rate}},
		EffectiveFrom: time.Now().UTC().AddDate(0, 0, -daysAgo), Source: "test", Flag: flag,
	}
}

func TestChanges(t *testing.T) {
	t.Run("each change of a price is one, newest first", func(t *testing.T) {
		list := priced(t, at(90, 100, ""), at(60, 80, ""), at(30, 120, "")).Changes()
		if len(list) != 2 || list[0].Percent != 50 || list[1].Percent != -20 {
			t.Fatalf("%+v", list)
		}
	})
	t.Run("a price that comes back within days is flapping, both ways", func(t *testing.T) {
		s := priced(t, at(90, 100, ""), at(40, 80, ""), at(30, 100, ""), at(10, 90, ""))
		if n := len(s.Changes()); n != 3 {
			t.Fatalf("%d changes", n)
		}
		list := s.ChangesLike(catalog.ChangeFilter{})
		if len(list) != 1 || list[0].Percent != -10 {
			t.Errorf("damped: %+v", list)
		}
		if n := len(s.ChangesLike(catalog.ChangeFilter{Flapping: true})); n != 3 {
			t.Errorf("%d with the flapping", n)
		}
	})
	t.Run("one that comes back after months is two changes", func(t *testing.T) {
		if n := len(priced(t, at(90, 100, ""), at(60, 80, ""), at(10, 100, "")).ChangesLike(catalog.ChangeFilter{})); n != 2 {
			t.Errorf("%d", n)
		}
	})
	t.Run("mistakes of a source are no change", func(t *testing.T) {
		if n := len(priced(t, at(90, 100, ""), at(60, 100_000, "unit-error"), at(50, 100, "")).Changes()); n != 0 {
			t.Errorf("%d", n)
		}
	})
	t.Run("what is announced is told apart", func(t *testing.T) {
		list := priced(t, at(90, 100, ""), at(-30, 200, "scheduled")).Changes()
		if len(list) != 1 || !list[0].Announced || !list[0].Sure() {
			t.Errorf("%+v", list)
		}
	})
}

func TestChangesLike(t *testing.T) {
	s := snapshot(t)
	all := s.ChangesLike(catalog.ChangeFilter{Flapping: true})
	if len(all) < 300 {
		t.Fatalf("%d changes", len(all))
	}
	for i, c := range all {
		if i > 0 && c.At().After(all[i-1].At()) {
			t.Fatalf("%s comes after an older one", c.Entry.ID)
		}
	}
	down, up := s.ChangesLike(catalog.ChangeFilter{Direction: catalog.Down}), s.ChangesLike(catalog.ChangeFilter{Direction: catalog.Up})
	if len(down) == 0 || len(up) == 0 || len(down)+len(up) > len(all) {
		t.Errorf("%d down, %d up of %d", len(down), len(up), len(all))
	}
	for _, c := range s.ChangesLike(catalog.ChangeFilter{Provider: "deepinfra", Least: 25}) {
		if c.Offer.Provider.Slug != "deepinfra" || (c.Percent < 25 && c.Percent > -25) {
			t.Errorf("%s %s %.1f", c.Entry.ID, c.Offer.Tag, c.Percent)
		}
	}
}

func TestCheaperThanIsCheaperAndCanDoAsMuch(t *testing.T) {
	s := snapshot(t)
	e := s.Model("openai/gpt-4o")
	list := s.CheaperThan(e, 5)
	if len(list) == 0 {
		t.Fatal("nothing is cheaper than GPT-4o")
	}
	price, _ := e.Lowest.Mix(catalog.MixChat)
	for _, x := range list {
		if x.Mix >= price || x.Percent >= 0 || !x.Tools || 2*x.ContextLength < e.ContextLength {
			t.Errorf("%s at %d", x.ID, x.Mix)
		}
	}
}

func TestAModelNobodySellsAnyMoreIsRetired(t *testing.T) {
	_, db := imported(t, nil)
	if err := db.RetireSeedRows(t.Context(), "none"); err != nil {
		t.Fatal(err)
	}
	c := catalog.New(db, nil)
	if err := c.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := c.Current()
	if s.Model("openai/gpt-4o") != nil || len(s.Models) != 0 {
		t.Errorf("%d models are still sold", len(s.Models))
	}
	e := s.Retired("openai/gpt-4o")
	if e == nil {
		t.Fatal("it is forgotten")
	}
	if price, ok := s.LastPrice(e); !ok || price != 4_375_000 {
		t.Errorf("its last price is %d", price)
	}
}
