package catalog_test

import (
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"bourse/app/catalog"
	"bourse/models"
)

func filter(t testing.TB, query string) catalog.Filter {
	t.Helper()
	q, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	f, ignored := catalog.ParseFilter(q)
	if len(ignored) > 0 {
		t.Errorf("%s: ignored %v", query, ignored)
	}
	return f
}

func TestFiltersFindWhatTheySay(t *testing.T) {
	s := snapshot(t)
	if n := s.Search(catalog.Filter{}).Total; n != 491 {
		t.Errorf("the default view shows %d, want the 491 chat models", n)
	}
	for query, holds := range map[string]func(catalog.Row) bool{
		"q=claude+sonnet": func(r catalog.Row) bool { return strings.Contains(r.ID, "claude") && strings.Contains(r.ID, "sonnet") },
		"input_modalities=image,audio": func(r catalog.Row) bool {
			return slices.Contains(r.InputModalities, "image") && slices.Contains(r.InputModalities, "audio")
		},
		"output_modalities=embeddings": func(r catalog.Row) bool { return r.Type == "embedding" },
		"context=1M":                   func(r catalog.Row) bool { return r.Shown.Context(r.Model) >= 1_000_000 },
		"providers=Groq,cerebras": func(r catalog.Row) bool {
			return r.Shown.Provider.Slug == "groq" || r.Shown.Provider.Slug == "cerebras"
		},
		"authors=qwen":       func(r catalog.Row) bool { return r.Author == "qwen" },
		"model_authors=qwen": func(r catalog.Row) bool { return r.Author == "qwen" },
		"supported_parameters=tools,reasoning": func(r catalog.Row) bool {
			return r.Shown.Supports("tools") && r.Shown.Supports("reasoning")
		},
		"zdr=true":      func(r catalog.Row) bool { return r.Shown.ZeroRetention() },
		"region=eu":     func(r catalog.Row) bool { return r.Shown.Region == "eu" },
		"open=1":        func(r catalog.Row) bool { return *r.OpenWeights },
		"callable=true": func(r catalog.Row) bool { return r.Shown.Routable && r.Callable },
		"arch=Claude":   func(r catalog.Row) bool { return r.Tokenizer == "Claude" },
		"price=0-0.5":   func(r catalog.Row) bool { return r.Mix > 0 && r.Mix < 500_000 },
		"price=free":    func(r catalog.Row) bool { return r.Shown.IsFree },
		"max_price=0":   func(r catalog.Row) bool { return r.Shown.IsFree },
		"min_price=2&max_price=5&mix=write": func(r catalog.Row) bool {
			return r.Mix >= 2_000_000 && r.Mix <= 5_000_000
		},
		"price_of=input&max_price=0.1": func(r catalog.Row) bool { in, ok := r.Shown.Input(); return ok && in <= 100_000 },
		"max_output_price=1":           func(r catalog.Row) bool { out, ok := r.Shown.Output(); return ok && out <= 1_000_000 },
		"type=image":                   func(r catalog.Row) bool { return r.Type == "image" },
		"max_age_days=3000":            func(r catalog.Row) bool { return r.Created != "" },
	} {
		f := filter(t, query)
		rows := s.Find(f)
		if len(rows) == 0 || len(rows) == len(s.Models) {
			t.Errorf("%s finds %d", query, len(rows))
		}
		for _, r := range rows {
			if !holds(r) {
				t.Errorf("%s finds %s at %s", query, r.ID, r.Shown.Tag)
			}
		}
		if n := s.Count(f); n != len(rows) || s.Search(f).Total != n {
			t.Errorf("%s: Find gives %d, Count %d, Search %d", query, len(rows), n, s.Search(f).Total)
		}
	}
}

// TestCountsAreWhatAChoiceGives compares each count with a search for exactly that choice.
func TestCountsAreWhatAChoiceGives(t *testing.T) {
	s := snapshot(t)
	anyOf := []string{"type", "price", "region", "authors", "providers", "context"}
	for _, query := range []string{
		"", "supported_parameters=tools&zdr=true", "providers=groq,deepinfra&price=free,0-0.5",
		"authors=openai&context=128000&input_modalities=image", "q=llama&region=us&open=1", "type=image,video", "callable=true&mix=agent",
	} {
		f := filter(t, query)
		for _, facet := range s.Search(f).Facets {
			for _, o := range facet.Options {
				alone := f
				if slices.Contains(anyOf, o.Param) {
					alone = filter(t, without(f, o.Param))
				}
				if !o.On || slices.Contains(anyOf, o.Param) {
					alone = alone.Toggle(o.Param, o.Value)
				}
				if o.Param == "output_modalities" && len(f.Outputs) == 0 {
					continue // choosing one also lifts the default type, and any of several will do
				}
				if n := s.Count(alone); n != o.Count {
					t.Errorf("%q: %s=%s counts %d, choosing it gives %d", query, o.Param, o.Value, o.Count, n)
				}
			}
		}
	}
}

func without(f catalog.Filter, param string) string {
	q := f.Values()
	q.Del(param)
	return q.Encode()
}

func TestShownPriceIsTheLowestThatFits(t *testing.T) {
	s := snapshot(t)
	for _, query := range []string{"", "zdr=true", "providers=groq,deepinfra,together", "mix=agent"} {
		f := filter(t, query)
		for _, r := range s.Find(f) {
			for _, o := range r.Endpoints {
				fits := (query != "zdr=true" || o.ZeroRetention()) &&
					(len(f.Providers) == 0 || slices.Contains(f.Providers, o.Provider.Slug))
				mix, ok := o.Mix(f.Mix)
				if fits && ok && !o.IsFree && !r.Shown.IsFree && mix < r.Mix {
					t.Errorf("%q: %s shows %s although %s is cheaper", query, r.ID, r.Shown.Tag, o.Tag)
				}
			}
		}
	}
}

func TestMissingValuesSortLastInBothDirections(t *testing.T) {
	s := snapshot(t)
	for _, info := range catalog.Orders() {
		rows := s.Find(filter(t, "type=all&order="+info.Name))
		if len(rows) != 684 {
			t.Errorf("%s lists %d", info.Name, len(rows))
		}
		switch info.Order {
		case catalog.OrderNewest, catalog.OrderOldest:
			if rows[0].Created == "" || rows[683].Created != "" {
				t.Errorf("%s begins with %q and ends with %q", info.Name, rows[0].Created, rows[683].Created)
			}
		case catalog.OrderCheapest, catalog.OrderDearest:
			if !rows[0].HasMix || rows[683].HasMix {
				t.Errorf("%s does not end with models without a price per token", info.Name)
			}
		}
		if info.Reverse.Info().Reverse != info.Order {
			t.Errorf("%s is not the reverse of its reverse", info.Name)
		}
	}
	cheap := s.Find(filter(t, "sort=pricing-high-to-low"))
	for i := 1; i < len(cheap) && cheap[i].HasMix; i++ {
		if cheap[i].Mix > cheap[i-1].Mix {
			t.Fatalf("%s comes after the cheaper %s", cheap[i].ID, cheap[i-1].ID)
		}
	}
}

func TestNonsenseIsIgnoredAndNamed(t *testing.T) {
	q, _ := url.ParseQuery("context=abc&min_price=cheap&order=best&mix=soup&zdr=perhaps&type=chat,poem&page=-1&supported_parameters=tools,flying&unrelated=1&region=mars")
	f, ignored := catalog.ParseFilter(q)
	slices.Sort(ignored)
	want := []string{"context=abc", "min_price=cheap", "mix=soup", "order=best", "page=-1", "region=mars", "supported_parameters=flying", "type=poem", "zdr=perhaps"}
	if !slices.Equal(ignored, want) {
		t.Errorf("ignored %v, want %v", ignored, want)
	}
	if got := f.Values().Encode(); got != "supported_parameters=tools&type=chat" {
		t.Errorf("what is left: %s", got)
	}
}

func TestAFilterSurvivesItsOwnAddress(t *testing.T) {
	f := filter(t, "q=x+y&type=all&input_modalities=image&context=32k&price=free,2-10&min_price=0.25&authors=a&providers=b,c&zdr=1&open=1&callable=1&mix=rag&order=name&page=3&per=50&fmt=cards&m=a/b,c/d&price_of=input&max_age_days=7")
	again := filter(t, f.Values().Encode())
	if !reflect.DeepEqual(f, again) {
		t.Errorf("%+v became %+v", f, again)
	}
	if link := (catalog.Filter{}).Link(); link != "" {
		t.Errorf("the default view has the query %q", link)
	}
	if on := f.Toggle("price", "0.5-2"); !slices.Contains(on.Prices, "0.5-2") || on.Page != 0 {
		t.Errorf("toggled on: %+v", on)
	}
	if off := f.Toggle("price", "free").Toggle("zdr", "true"); slices.Contains(off.Prices, "free") || off.ZDR {
		t.Errorf("toggled off: %+v", off)
	}
}

func TestPagesAndEmptyResults(t *testing.T) {
	s := snapshot(t)
	r := s.Search(filter(t, "page=9"))
	if r.Page != 5 || r.Pages != 5 || len(r.Rows) != 91 || r.All != 491 {
		t.Errorf("page %d of %d with %d rows of %d", r.Page, r.Pages, len(r.Rows), r.All)
	}
	r = s.Search(filter(t, "q=gpt&authors=anthropic"))
	if r.Total != 0 || len(r.Rows) != 0 || r.Pages != 1 || len(r.Without) != 2 {
		t.Fatalf("%+v", r)
	}
	for _, a := range r.Without {
		if a.Count == 0 || a.Label == "" {
			t.Errorf("without %s=%s: %d", a.Param, a.Value, a.Count)
		}
	}
}

func TestNearestFindsWhatWasMeant(t *testing.T) {
	s := snapshot(t)
	for asked, want := range map[string]string{
		"openai/gpt-41": "openai/gpt-4.1", "gpt-4o": "openai/gpt-4o", "claude-sonet-4.5": "anthropic/claude-sonnet-4.5",
		"anthropic/claude-sonnet-4-5": "anthropic/claude-sonnet-4.5", "llama 3.3 70b": "meta-llama/llama-3.3-70b-instruct",
		"opena/gpt-4.1:free": "openai/gpt-4.1",
	} {
		if got := s.Nearest(asked, 5); len(got) == 0 || got[0] != want {
			t.Errorf("nearest to %q: %v, want %s first", asked, got, want)
		}
	}
	for _, asked := range []string{"", "zzzzzz", "\xff\xfe", strings.Repeat("x", 100_000)} {
		if got := s.Nearest(asked, 5); len(got) != 0 {
			t.Errorf("nearest to %.20q: %v", asked, got)
		}
	}
}

func TestNamesAndVariantsResolve(t *testing.T) {
	s := snapshot(t)
	free := "meta-llama/llama-3.3-70b-instruct"
	for asked, want := range map[string]string{
		"openai/gpt-4.1": "openai/gpt-4.1", "OpenAI/GPT-4.1": "openai/gpt-4.1", "openai/gpt-4.1:floor": "openai/gpt-4.1",
		free + ":free": free + ":free", "openai/gpt-4.1:free": "", "openai/gpt-4.1:online": "openai/gpt-4.1", free + ":free:online": free + ":free", "gpt-4.1": "openai/gpt-4.1", "": "",
		"meta-llama/Llama-3.3-70B-Instruct": free,
	} {
		got := ""
		if e := s.Model(asked); e != nil {
			got = e.ID
		}
		if got != want {
			t.Errorf("%q gives %q, want %q", asked, got, want)
		}
	}
	if _, v := s.Resolve("openai/gpt-4.1:nitro"); v != catalog.VariantNitro {
		t.Errorf("variant %q", v)
	}
	for _, o := range s.Model(free + ":free").Endpoints {
		if !o.IsFree {
			t.Errorf("%s is not free", o.Tag)
		}
	}
	for _, e := range s.Models {
		if e.CanonicalSlug != "" && s.Model(e.CanonicalSlug) == nil {
			t.Errorf("%s is not found as %s", e.ID, e.CanonicalSlug)
		}
	}
}

func TestMixesWeighPrices(t *testing.T) {
	s := snapshot(t)
	for _, o := range s.Model("openai/gpt-4o").Endpoints {
		if o.Tag != "openai" {
			continue
		}
		in, _ := o.Input()
		out, _ := o.Output()
		cache, _ := o.Rate(models.UnitCacheRead)
		for mix, want := range map[catalog.Mix]models.Rate{
			catalog.MixChat: (3*in + out) / 4, catalog.MixWrite: (in + 3*out) / 4,
			catalog.MixAgent: (2*in + 8*cache + out + 5) / 11,
		} {
			if got, ok := o.Mix(mix); !ok || got < want-1 || got > want+1 {
				t.Errorf("mix %d: %d, want %d", mix, got, want)
			}
		}
	}
}

func TestOwnMixIsWeighedAndSortedBy(t *testing.T) {
	s := snapshot(t)
	f := filter(t, "mix=7:1:60&order=pricing-low-to-high")
	if got := f.Values().Get("mix"); got != "7:1:60" {
		t.Fatalf("the mix reads back as %q", got)
	}
	rows := s.Find(f)
	for i, r := range rows {
		if i > 0 && r.HasMix && rows[i-1].HasMix && r.Mix < rows[i-1].Mix {
			t.Fatalf("%s stands behind a dearer one", r.ID)
		}
	}
	for _, r := range rows {
		if r.ID != "openai/gpt-4o" {
			continue
		}
		in, _ := r.Shown.Input()
		out, _ := r.Shown.Output()
		cache, _ := r.Shown.Rate(models.UnitCacheRead)
		want := (7*(40*in+60*cache)/100 + out) / 8
		if r.Mix < want-1 || r.Mix > want+1 {
			t.Errorf("%d, want %d", r.Mix, want)
		}
	}
	same := s.Find(filter(t, "mix=custom&mix_read=3&mix_written=1"))
	for i, r := range s.Find(filter(t, "")) {
		if same[i].ID != r.ID || same[i].Mix != r.Mix {
			t.Errorf("%s: 3:1 of one's own is %d, the chat mix %d", r.ID, same[i].Mix, r.Mix)
		}
	}
}

func TestMixesThatMeanNothingAreIgnored(t *testing.T) {
	for _, text := range []string{"0:0", "1", "1:2:3:4", "-1:2", "2000:1", "1:1:101", "x:y", "custom&mix_read=a"} {
		q, err := url.ParseQuery("mix=" + text)
		if err != nil {
			t.Fatal(err)
		}
		if f, ignored := catalog.ParseFilter(q); f.Mix != catalog.MixChat || len(ignored) != 1 {
			t.Errorf("%s: mix %d, ignored %q", text, f.Mix, ignored)
		}
	}
}
