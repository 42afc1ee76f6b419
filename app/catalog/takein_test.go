package catalog_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"bourse/app/catalog"
	"bourse/app/pricefile"
	"bourse/models"
	"bourse/models/modelstest"
)

// devList is a list of models.dev with the offers of some providers, as the catalogue has them.
type devList map[string]map[string]map[string]any

func listOf(s *catalog.Snapshot, providers map[string]string) devList {
	list := devList{}
	for ours, theirs := range providers {
		list[theirs] = map[string]map[string]any{"models": {}}
		for _, o := range s.Provider(ours).Offers {
			cost := map[string]any{}
			for _, u := range []models.Unit{models.UnitInput, models.UnitOutput, models.UnitCacheRead} {
				if r, ok := o.Pricing.Rates[u]; ok {
					cost[string(u)] = json.Number(r.PerMillionUSD())
				}
			}
			list[theirs]["models"][o.ProviderModelID] = map[string]any{"name": o.Model, "cost": cost,
				"modalities": map[string]any{"input": []string{"text"}, "output": []string{"text"}}}
		}
	}
	return list
}

func (l devList) cost(provider, model string) map[string]any {
	return l[provider]["models"][model].(map[string]any)["cost"].(map[string]any)
}

func (l devList) read(t testing.TB) *pricefile.File {
	t.Helper()
	data, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	f, err := pricefile.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func names(list []catalog.Move) string {
	var out []string
	for _, m := range list {
		out = append(out, m.Name())
	}
	return strings.Join(out, " ")
}

// edited is the list with one change of each kind.
func edited(s *catalog.Snapshot) devList {
	list := listOf(s, map[string]string{"openai": "openai", "google-ai-studio": "google"})
	list.cost("openai", "gpt-4o")["input"] = 3.0
	list.cost("openai", "gpt-4o-mini")["output"] = 0.5
	list.cost("openai", "gpt-5")["output"] = 100.0
	list.cost("openai", "o3")["input"] = 0.002
	list.cost("openai", "o3")["output"] = 0.008
	delete(list.cost("openai", "o3"), "cache_read")
	list.cost("openai", "o1")["output"] = -60
	list.cost("openai", "gpt-4.1-nano")["output"] = 0
	delete(list["openai"]["models"], "gpt-4-turbo")
	list["openai"]["models"]["gpt-9"] = map[string]any{"name": "GPT-9", "tool_call": true, "cost": map[string]any{"input": 4, "output": 16}}
	list["openai"]["models"]["gpt-4o-mirror"] = map[string]any{"cost": map[string]any{"input": 4, "output": 16}} // has no name: nobody's
	list["reseller"] = map[string]map[string]any{"models": {"x": list["openai"]["models"]["gpt-4o"]}}
	return list
}

func TestADiffSaysWhatAListWouldChange(t *testing.T) {
	s := snapshot(t)
	d := s.Compare(edited(s).read(t))
	for what, got := range map[string][2]string{
		"new":     {names(d.New), "openai/gpt-9@openai"},
		"dearer":  {names(d.Up), "openai/gpt-4o@openai"},
		"cheaper": {names(d.Down), "openai/gpt-4o-mini@openai"},
		"held":    {names(d.Held), "openai/gpt-5@openai"},
		"foreign": {strings.Join(d.Foreign, " "), "reseller"},
		"unknown": {strings.Join(d.Unknown, " "), "openai/gpt-4o-mirror"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %q, want %q", what, got[0], got[1])
		}
	}
	if len(d.Gone) != 1 || d.Gone[0].Model != "openai/gpt-4-turbo" {
		t.Errorf("gone: %+v", d.Gone)
	}
	refused := fmt.Sprint(d.Refused)
	for _, why := range []string{"openai/o3 a mistake", "openai/o1 the price of output is negative", "openai/gpt-4.1-nano input is"} {
		where, what, _ := strings.Cut(why, " ")
		if !slices.ContainsFunc(d.Refused, func(r pricefile.Refusal) bool {
			return r.Where == where && (strings.Contains(r.Why, what) || strings.Contains(r.Why, "units") || strings.Contains(r.Why, "per thousand"))
		}) {
			t.Errorf("%s is not refused: %s", where, refused)
		}
	}
	if d.Hopeless() {
		t.Error("a good list with a few bad lines counts as hopeless")
	}
}

func TestAThousandfoldListIsHopeless(t *testing.T) {
	s := snapshot(t)
	for _, factor := range []float64{1000, 0.001} {
		list := listOf(s, map[string]string{"openai": "openai", "anthropic": "anthropic"})
		for p := range list {
			for m := range list[p]["models"] {
				cost := list.cost(p, m)
				for u, v := range cost {
					n, _ := v.(json.Number).Float64()
					cost[u] = n * factor
				}
			}
		}
		d := s.Compare(list.read(t))
		if moved := len(d.New) + len(d.Up) + len(d.Down) + len(d.Sideways); !d.Hopeless() || moved > 0 {
			t.Errorf("times %g: %d would move, %d refused, %d held", factor, moved, len(d.Refused), len(d.Held))
		}
	}
}

func TestWhatIsTakenInBecomesHistory(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		ctx := t.Context()
		c := catalog.New(db, nil)
		if err := c.Import(ctx); err != nil {
			t.Fatal(err)
		}
		before := c.Current()
		list := edited(before)
		versions := len(before.History("openai/gpt-4o"))
		done, err := c.TakeIn(ctx, before.Compare(list.read(t)), catalog.Choice{})
		if err != nil {
			t.Fatal(err)
		}
		if done != (catalog.Taken{New: 1, Changed: 2, Models: 1}) {
			t.Errorf("%+v", done)
		}
		after := c.Current()
		history := after.History("openai/gpt-4o")
		last := history[len(history)-1]
		if len(history) != versions+1 {
			t.Fatalf("%d prices of gpt-4o are known, before it were %d", len(history), versions)
		}
		for _, v := range history {
			if v.Tag == "openai" && v.EffectiveFrom.After(last.EffectiveFrom) || last.Tag != "openai" {
				last = v
			}
		}
		if last.Pricing.Rates[models.UnitInput] != 3_000_000 || last.Source != "models.dev" || last.Pricing.Rates[models.UnitCacheRead] == 0 {
			t.Errorf("the newest price is %+v", last)
		}
		if e := after.Model("openai/gpt-9"); e == nil || !e.Tools || e.Lowest == nil || e.Lowest.PriceVersion == "" {
			t.Errorf("the new model is %+v", e)
		}
		if e := after.Model("openai/gpt-5"); e.Lowest.Pricing.Rates[models.UnitOutput] == 100_000_000 {
			t.Error("a held price was taken")
		}

		t.Run("a second time nothing is left", func(t *testing.T) {
			d := after.Compare(list.read(t))
			if n := len(d.New) + len(d.Up) + len(d.Down) + len(d.Sideways); n > 0 {
				t.Errorf("%d would change again", n)
			}
		})
		t.Run("a person accepts and retires", func(t *testing.T) {
			d := after.Compare(list.read(t))
			if _, err := c.TakeIn(ctx, d, catalog.Choice{Accepted: []string{"openai/gpt-4o@openai"}}); models.CodeOf(err) != models.Invalid {
				t.Errorf("accepting what is not held: %v", err)
			}
			done, err := c.TakeIn(ctx, d, catalog.Choice{Accepted: []string{"openai/gpt-5@openai"}, Retire: true})
			if err != nil || done != (catalog.Taken{Changed: 1, Retired: 1}) {
				t.Fatalf("%+v, %v", done, err)
			}
			if priceAt(c.Current(), "openai/gpt-5", "openai")[models.UnitOutput] != 100_000_000 || priceAt(c.Current(), "openai/gpt-4-turbo", "openai") != nil {
				t.Error("it did not happen")
			}
		})
		t.Run("a newer embedded catalogue leaves it alone", func(t *testing.T) {
			if err := db.SetSeedVersion(ctx, "an older one"); err != nil {
				t.Fatal(err)
			}
			if err := c.Import(ctx); err != nil {
				t.Fatal(err)
			}
			s := c.Current()
			if s.Model("openai/gpt-9") == nil || priceAt(s, "openai/gpt-9", "openai") == nil || priceAt(s, "openai/gpt-4o", "openai")[models.UnitInput] != 3_000_000 ||
				priceAt(s, "openai/gpt-4-turbo", "openai") != nil {
				t.Error("the operator's list was undone")
			}
		})
	})
}

func priceAt(s *catalog.Snapshot, model, tag string) models.Rates {
	if e := s.Model(model); e != nil {
		for _, o := range e.Endpoints {
			if o.Tag == tag {
				return o.Pricing.Rates
			}
		}
	}
	return nil
}

func TestOwnListAddsAProvider(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		c := catalog.New(db, nil)
		if err := c.Import(t.Context()); err != nil {
			t.Fatal(err)
		}
		f, err := pricefile.Read([]byte(`{"format":"bourse-catalogue/1","source":"Example's list","complete":["example"],
			"providers":[{"slug":"example","name":"Example","kind":"host","dialect":"openai","base_url":"https://api.example.com/v1","api_key_env":"EXAMPLE_API_KEY"}],
			"models":[{"id":"example/tiny","name":"Tiny","context_length":32000,"input":["text"],"output":["text"],"tools":true}],
			"offers":[{"model":"example/tiny","provider":"example","upstream":"tiny","prices":{"input":"0.10","output":"0.40"}},
				{"model":"openai/gpt-oss-120b","provider":"example","upstream":"oss","prices":{"input":"0.10","output":"0.40"}},
				{"model":"openai/gpt-oss-20b","provider":"example","upstream":"oss20","prices":{"input":"200","output":"400"}},
				{"model":"no/such","provider":"example","prices":{"input":"0.10","output":"0.40"}},
				{"model":"example/tiny","provider":"nobody","prices":{"input":"0.10","output":"0.40"}}]}`))
		if err != nil {
			t.Fatal(err)
		}
		d := c.Current().Compare(f)
		if names(d.New) != "example/tiny@example openai/gpt-oss-120b@example" || len(d.Refused) != 3 {
			t.Fatalf("new %s, held %s, refused %v", names(d.New), names(d.Held), d.Refused)
		}
		if _, err := c.TakeIn(t.Context(), d, catalog.Choice{}); err != nil {
			t.Fatal(err)
		}
		s := c.Current()
		if p := s.Provider("example"); p == nil || p.Models != 2 || p.APIKeyEnv != "EXAMPLE_API_KEY" {
			t.Errorf("%+v", p)
		}
		out, err := s.Export(catalog.ExportFilter{Providers: []string{"example"}})
		if err != nil || len(out.Offers) != 2 || len(out.Models) != 2 {
			t.Errorf("exported %d offers of %d models: %v", len(out.Offers), len(out.Models), err)
		}
	})
}

func TestWhatIsExportedIsReadIn(t *testing.T) {
	s := snapshot(t)
	document, err := s.Export(catalog.ExportFilter{})
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	f, err := pricefile.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	d := s.Compare(f)
	if n := len(d.New) + len(d.Up) + len(d.Down) + len(d.Sideways) + len(d.Held); n > 0 || d.Same < 1800 {
		t.Errorf("%d differ, %d are the same", n, d.Same)
	}
	for _, r := range d.Refused { // three offers whose price of input no source has
		if !strings.Contains(r.Where, "twelvelabs/") {
			t.Errorf("refused: %s: %s", r.Where, r.Why)
		}
	}
}
