package catalog_test

import "testing"

func BenchmarkSearch(b *testing.B) {
	c, _ := imported(b, onlyOpenAI)
	s := c.Current()
	for name, query := range map[string]string{
		"default": "", "facets": "supported_parameters=tools&zdr=1&price=0-0.5,free&order=pricing-low-to-high", "all": "type=all", "text": "type=all&q=gpt",
	} {
		f := filter(b, query)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Search(f)
			}
		})
	}
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

func BenchmarkImport(b *testing.B) {
	for b.Loop() {
		imported(b, nil)
	}
}
