package web_test

import (
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"bourse/models"
)

// withHourlyPrices gives the site a model whose price changed every hour for ten years.
func withHourlyPrices(t testing.TB, s *site) {
	t.Helper()
	const hours = 10 * 365 * 24
	start := time.Now().UTC().Truncate(time.Hour).Add(-hours * time.Hour)
	var list []models.PriceVersion
	for i := range hours {
		rate := models.Rate(1_000_000 + (i*7919)%400_000 - i*8)
		list = append(list, models.PriceVersion{
			ID: fmt.Sprintf("pv-hourly-%d", i), Model: "test/hourly", Tag: "p0", Source: "test", EffectiveFrom: start.Add(time.Duration(i) * time.Hour),
			Pricing: models.Pricing{Rates: models.Rates{models.UnitInput: rate, models.UnitOutput: 4 * rate}},
		})
	}
	for len(list) > 0 {
		n := min(len(list), 5000)
		if err := s.db.AddPriceVersions(t.Context(), list[:n]); err != nil {
			t.Fatal(err)
		}
		list = list[n:]
	}
	endpoint := models.Endpoint{Model: "test/hourly", Provider: "p0", Tag: "p0", ProviderModelID: "x", Status: "active", PriceSource: "test",
		Pricing: models.Pricing{Rates: models.Rates{models.UnitInput: 2, models.UnitOutput: 3}}}
	err := s.c.SetExtra(t.Context(), []models.Model{invented("test/hourly")}, []models.Endpoint{endpoint},
		[]models.Provider{{Slug: "p0", Name: "P0", Kind: "host", Dialect: "openai"}})
	if err != nil {
		t.Fatal(err)
	}
}

func invented(id string) models.Model {
	return models.Model{ID: id, Name: "Invented " + id, Author: "test", Type: "chat", Status: "active", Created: "2026-01-02", ContextLength: 128_000,
		InputModalities: []string{"text"}, OutputModalities: []string{"text"}, Tools: true}
}

// withManyModels adds to the site as many models as make five thousand, at one to five providers each.
func withManyModels(t testing.TB, s *site) {
	t.Helper()
	var list []models.Model
	var offers []models.Endpoint
	var providers []models.Provider
	for i := range 40 {
		providers = append(providers, models.Provider{Slug: fmt.Sprintf("p%d", i), Name: fmt.Sprintf("Provider %d", i), Kind: "host", Dialect: "openai"})
	}
	for i := len(s.c.Current().Models); i < 5000; i++ {
		m := invented(fmt.Sprintf("author-%d/model-%d", i%90, i))
		m.Author = fmt.Sprintf("author-%d", i%90)
		list = append(list, m)
		for j := range 1 + i%5 {
			rate := models.Rate(50_000 + (i*j*7919)%9_000_000)
			p := fmt.Sprintf("p%d", (i+j*7)%40)
			offers = append(offers, models.Endpoint{Model: m.ID, Provider: p, Tag: p, ProviderModelID: "x", Status: "active", PriceSource: "test",
				SupportedParameters: []string{"tools", "temperature"},
				Pricing:             models.Pricing{Rates: models.Rates{models.UnitInput: rate, models.UnitOutput: 3 * rate}}})
		}
	}
	if err := s.c.SetExtra(t.Context(), list, offers, providers); err != nil {
		t.Fatal(err)
	}
}

// draw measures a page that nobody asked for before: what is kept of drawn pages is thrown away.
func draw(b *testing.B, s *site, paths ...string) {
	for _, path := range paths {
		b.Run(path, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.server.Forget()
				w := httptest.NewRecorder()
				s.e.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
				if w.Code != 200 {
					b.Fatalf("status %d", w.Code)
				}
			}
		})
	}
}

func BenchmarkPages(b *testing.B) {
	draw(b, newSite(b, nil), "/", "/models", "/models?per=1000", "/models?fmt=cards", "/models/anthropic/claude-sonnet-4.5",
		"/compare?m=openai/gpt-4o&m=anthropic/claude-sonnet-4.5&m=deepseek/deepseek-v3.2", "/providers", "/providers/deepinfra", "/prices")
}

func BenchmarkFiveThousandModels(b *testing.B) {
	s := newSite(b, nil)
	withManyModels(b, s)
	draw(b, s, "/models", "/models?supported_parameters=tools&price=0-0.5&order=pricing-low-to-high", "/providers")
}

func BenchmarkTenYearsOfHourlyPrices(b *testing.B) {
	s := newSite(b, nil)
	withHourlyPrices(b, s)
	draw(b, s, "/models/test/hourly?days=all", "/models/test/hourly")
}

func BenchmarkUsedPages(b *testing.B) {
	s := newSite(b, nil)
	withUse(b, s, 8)
	draw(b, s, "/models", "/models?order=top-weekly", "/models/anthropic/claude-sonnet-4.5", "/rankings")
}
