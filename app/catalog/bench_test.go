package catalog_test

import (
	"fmt"
	"testing"

	"bourse/app/catalog"
	"bourse/models"
)

// benchFilters are the lists that are timed; all of them count every facet.
var benchFilters = []struct{ name, query string }{
	{"default", ""}, {"all", "type=all"}, {"text", "type=all&q=gpt"},
	{"facets", "supported_parameters=tools&zdr=1&price=0-0.5,free&order=pricing-low-to-high"},
	{"one offer group", "context=128000&order=context-high-to-low"},
	{"own mix", "mix=7:1:60&order=pricing-low-to-high"},
	{"name", "order=name"},
}

func benchSearch(b *testing.B, s *catalog.Snapshot) {
	for _, x := range benchFilters {
		f := filter(b, x.query)
		b.Run(x.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Search(f)
			}
		})
	}
}

func BenchmarkSearch(b *testing.B) {
	c, _ := imported(b, onlyOpenAI)
	s := c.Current()
	benchSearch(b, s)
	b.Run("nearest", func(b *testing.B) {
		for b.Loop() {
			s.Nearest("anthropic/claude-sonet-4.5-20250929", 5)
		}
	})
	b.Run("reload", func(b *testing.B) {
		for b.Loop() {
			if err := c.Reload(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkSearchFiveThousandModels(b *testing.B) {
	c, _ := imported(b, onlyOpenAI)
	grow(b, c, 5000)
	benchSearch(b, c.Current())
}

// grow adds invented models at one to five providers each until there are so many.
func grow(t testing.TB, c *catalog.Catalog, least int) {
	t.Helper()
	var list []models.Model
	var offers []models.Endpoint
	var providers []models.Provider
	for i := range 40 {
		providers = append(providers, models.Provider{Slug: fmt.Sprintf("p%d", i), Name: fmt.Sprintf("Provider %d", i), Kind: "host", Dialect: "openai"})
	}
	for i := len(c.Current().Models); i < least; i++ {
		author := fmt.Sprintf("author-%d", i%90)
		m := models.Model{ID: fmt.Sprintf("%s/model-%d", author, i), Name: fmt.Sprintf("Model %d", i), Author: author, Type: "chat", Status: "active",
			Created: fmt.Sprintf("2025-%02d-%02d", 1+i%12, 1+i%28), ContextLength: int64(8000 * (1 + i%200)), Tools: i%3 > 0,
			InputModalities: []string{"text", "image"}[:1+i%2], OutputModalities: []string{"text"}}
		list = append(list, m)
		for j := range 1 + i%5 {
			rate := models.Rate(50_000 + (i*(j+1)*7919)%9_000_000)
			p := fmt.Sprintf("p%d", (i+j*7)%40)
			offers = append(offers, models.Endpoint{Model: m.ID, Provider: p, Tag: p, ProviderModelID: "x", Status: "active", PriceSource: "test",
				SupportedParameters: []string{"tools", "temperature", "reasoning"}[:1+(i+j)%3],
				Pricing:             models.Pricing{Rates: models.Rates{models.UnitInput: rate, models.UnitOutput: 3 * rate}}})
		}
	}
	if err := c.SetExtra(t.Context(), list, offers, providers); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkImport(b *testing.B) {
	for b.Loop() {
		imported(b, nil)
	}
}
