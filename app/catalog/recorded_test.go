package catalog_test

import (
	"testing"
	"time"

	"bourse/app/catalog"
	"bourse/models"
)

func TestDaysAreCountedBackFromTheLastRecord(t *testing.T) {
	s := snapshot(t)
	newest, dropped := "", 0
	for _, e := range s.Models {
		for _, o := range e.Endpoints {
			newest = max(newest, o.LastSeen)
		}
		if e.Dropped() {
			dropped++
		}
	}
	if got := s.Recorded.Format(time.DateOnly); got < newest || s.Recorded.After(s.At) {
		t.Errorf("the last record is of %s, a price was seen on %s", got, newest)
	}
	if dropped == 0 {
		t.Error("no price dropped in the thirty days before the last record")
	}
}

func TestOnlyTheMarketMovesTheLastRecord(t *testing.T) {
	for kind, moves := range map[string]bool{catalog.KindDemo: false, catalog.KindLocal: false, "host": true} {
		c, _ := imported(t, nil)
		before := c.Current().Recorded
		offer := models.Endpoint{Model: "test/new", Provider: "p0", Tag: "p0", ProviderModelID: "x", Status: "active", PriceSource: "test",
			Pricing: models.Pricing{Rates: models.Rates{models.UnitInput: 2, models.UnitOutput: 3}}}
		m := models.Model{ID: "test/new", Name: "New", Author: "test", Type: "chat", Status: "active", InputModalities: []string{"text"}, OutputModalities: []string{"text"}}
		if err := c.SetExtra(t.Context(), []models.Model{m}, []models.Endpoint{offer}, []models.Provider{{Slug: "p0", Name: "P0", Kind: kind, Dialect: "openai"}}); err != nil {
			t.Fatal(err)
		}
		if after := c.Current().Recorded; after.After(before) != moves {
			t.Errorf("%s: the last record was of %s and is of %s", kind, before, after)
		}
	}
}

func TestAbilitiesHaveAPrice(t *testing.T) {
	s := snapshot(t)
	for _, a := range s.Abilities() {
		if a.Models < 5 || a.Cheapest.Mix <= 0 || a.Median < a.Cheapest.Mix || a.Cheapest.Shown == nil {
			t.Errorf("%s: %d models, from %d, median %d", a.Label, a.Models, a.Cheapest.Mix, a.Median)
		}
		if n := s.Count(a.Filter); n < a.Models {
			t.Errorf("%s: its list has %d models, fewer than %d", a.Label, n, a.Models)
		}
	}
}

func TestPriceOfAnAbilityOnlyFalls(t *testing.T) {
	levels := snapshot(t).AbilityPrices()
	if len(levels) == 0 || levels[0].Points[0].Mix != 37_500_000 {
		t.Fatalf("%d levels; GPT-4 is to begin at $37.50", len(levels))
	}
	for _, l := range levels {
		for i := 1; i < len(l.Points); i++ {
			if a, b := l.Points[i-1], l.Points[i]; b.Mix >= a.Mix || !b.At.After(a.At) {
				t.Errorf("%s: %v follows %v", l.Name, b, a)
			}
		}
		if l.Now == nil || l.Now.Mix < l.Points[len(l.Points)-1].Mix {
			t.Errorf("%s: today's price %v is below every price ever recorded", l.Name, l.Now)
		}
	}
}
