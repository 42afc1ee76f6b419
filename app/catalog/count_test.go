package catalog_test

import (
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"bourse/app/catalog"
)

// conditions are what random filters are put together from.
var conditions = []string{
	"q=a", "q=pro+3", "type=all", "type=embedding,image", "price=free", "price=0-0.5,2-10", "min_price=0.3", "max_price=4", "max_output_price=9",
	"context=128000", "context=777", "input_modalities=image", "input_modalities=image,file", "output_modalities=text", "supported_parameters=tools",
	"supported_parameters=tools,reasoning", "zdr=true", "no_training=true", "region=eu", "region=us,cn", "open=true", "drop=true", "callable=true",
	"authors=openai", "authors=qwen,deepseek", "providers=deepinfra", "providers=groq,azure", "mix=agent", "mix=7:1:60", "price_of=input",
}

func randomFilter(t *testing.T, r *rand.Rand) catalog.Filter {
	parts := make([]string, 0, 4)
	for range 1 + r.IntN(3) {
		parts = append(parts, conditions[r.IntN(len(conditions))])
	}
	orders := catalog.Orders()
	return filter(t, strings.Join(append(parts, "order="+orders[r.IntN(len(orders))].Name), "&"))
}

// anyOf are the facets within which any option will do: their counts leave the facet out.
var anyOf = map[string]string{"price": "price", "context": "context", "type": "type", "author": "authors", "provider": "providers"}

func TestEveryCountIsWhatItsOptionGives(t *testing.T) {
	s := snapshot(t)
	r := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		f := randomFilter(t, r)
		found := s.Search(f)
		if n := s.Count(f); n != found.Total || len(s.Find(f)) != n {
			t.Fatalf("%s: %d found, %d counted, %d listed", f.Link(), found.Total, n, len(s.Find(f)))
		}
		for _, facet := range found.Facets {
			for _, o := range facet.Options {
				q := f.Values()
				if len(f.Types) == 0 && len(f.Outputs) == 0 {
					q.Set("type", "chat") // as the form of the page says it
				}
				param, single := anyOf[facet.Name]
				switch {
				case o.Param == "region":
					q.Set("region", o.Value)
				case single:
					q.Set(param, o.Value)
				case !o.On:
					add(q, o.Param, o.Value)
				}
				with, ignored := catalog.ParseFilter(q)
				if len(ignored) > 0 {
					t.Fatalf("%s: %q", q.Encode(), ignored)
				}
				if facet.Name == "returns" && !o.On && len(f.Outputs) > 0 {
					continue // any of them will do, and yet it narrows
				}
				if n := s.Count(with); n != o.Count {
					t.Errorf("%s: %s=%s promises %d, gives %d", f.Link(), o.Param, o.Value, o.Count, n)
				}
			}
		}
	}
}

func add(q url.Values, name, value string) {
	if have := q.Get(name); have != "" {
		value = have + "," + value
	}
	q.Set(name, value)
}

func TestPagesAreParts(t *testing.T) {
	s := snapshot(t)
	r := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		f := randomFilter(t, r)
		all := s.Find(f)
		for _, page := range []int{1, 2, 5} {
			f.Page, f.Per = page, 20
			got := s.Search(f)
			if len(all) == 0 {
				continue
			}
			from := (got.Page - 1) * 20
			for i, row := range got.Rows {
				if want := all[from+i]; row.ID != want.ID || row.Shown != want.Shown || row.Mix != want.Mix {
					t.Fatalf("%s, page %d, row %d: %s, want %s", f.Link(), page, i, row.ID, want.ID)
				}
			}
		}
	}
}
