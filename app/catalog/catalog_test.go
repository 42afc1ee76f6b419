package catalog_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bourse/app/catalog"
	"bourse/models"
	"bourse/models/modelstest"
)

func onlyOpenAI(p models.Provider) bool { return p.Slug == "openai" }

func imported(t testing.TB, connected func(models.Provider) bool) (*catalog.Catalog, *models.DB) {
	t.Helper()
	db, err := models.Open(context.Background(), models.Options{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	c := catalog.New(db, connected)
	if err := c.Import(context.Background()); err != nil {
		t.Fatal(err)
	}
	return c, db
}

var (
	wholeOnce sync.Once
	whole     *catalog.Snapshot
)

// snapshot is the whole embedded catalogue with OpenAI connected, built once: it never changes, so
// every test that only reads may share it.
func snapshot(t testing.TB) *catalog.Snapshot {
	t.Helper()
	wholeOnce.Do(func() {
		c, _ := imported(t, onlyOpenAI)
		whole = c.Current()
	})
	if whole == nil {
		t.Fatal("the embedded catalogue could not be imported")
	}
	return whole
}

func TestImportBringsEverythingAndTwiceIsOnce(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		c := catalog.New(db, onlyOpenAI)
		if n := len(c.Current().Models); n != 0 {
			t.Errorf("%d models before the import", n)
		}
		if err := c.Import(t.Context()); err != nil {
			t.Fatal(err)
		}
		first := c.Current()
		before, err := db.PriceVersions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		// A second import of the very same facts, as if the first had not been recorded.
		if err := db.SetSeedVersion(t.Context(), "other"); err != nil {
			t.Fatal(err)
		}
		if err := c.Import(t.Context()); err != nil {
			t.Fatal(err)
		}
		after, err := db.PriceVersions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		offers := 0
		for _, e := range first.Models {
			offers += len(e.Endpoints)
			for _, o := range e.Endpoints {
				if o.PriceVersion == "" {
					t.Errorf("%s at %s has no price version", e.ID, o.Tag)
				}
			}
		}
		if len(first.Models) != 684 || offers != 1828 {
			t.Errorf("%d models, %d offers; want 684 and 1828", len(first.Models), offers)
		}
		if len(after) != len(before) || c.Current().Version != first.Version {
			t.Errorf("%d prices became %d, version %s became %s", len(before), len(after), first.Version, c.Current().Version)
		}
	})
}

func TestPricesAreOnlyEverAdded(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		v := models.PriceVersion{
			ID: "pv-1", Model: "a/b", Tag: "p", EffectiveFrom: time.Unix(1_700_000_000, 0), Source: "test", Flag: "odd",
			Pricing: models.Pricing{Rates: models.Rates{models.UnitInput: 3}, Tiers: []models.Tier{{ContextGT: 9, Rates: models.Rates{models.UnitInput: 6}}}},
		}
		if err := db.AddPriceVersions(t.Context(), []models.PriceVersion{v}); err != nil {
			t.Fatal(err)
		}
		changed := v
		changed.Pricing = models.Pricing{Rates: models.Rates{models.UnitInput: 4}}
		if err := db.AddPriceVersions(t.Context(), []models.PriceVersion{changed}); err != nil {
			t.Fatal(err)
		}
		got, err := db.PriceVersion(t.Context(), "pv-1")
		if err != nil || got.Pricing.Rates[models.UnitInput] != 3 || got.Pricing.Tiers[0].Rates[models.UnitInput] != 6 ||
			!got.EffectiveFrom.Equal(v.EffectiveFrom) || got.Flag != "odd" {
			t.Errorf("%+v (%v)", got, err)
		}
		if _, err := db.PriceVersion(t.Context(), "pv-2"); models.CodeOf(err) != models.NotFound {
			t.Errorf("an unknown price: %v", err)
		}
	})
}

// local is a model found at start, at one price.
func local(price models.Rate) ([]models.Model, []models.Endpoint, []models.Provider) {
	return []models.Model{{ID: "local/Llama3.2:1b", Name: "llama", Author: "local", Type: "chat", Status: "active",
			InputModalities: []string{"text"}, OutputModalities: []string{"text"}}},
		[]models.Endpoint{{Model: "local/Llama3.2:1b", Provider: "local", Tag: "local", ProviderModelID: "llama3.2:1b", Status: "active",
			Pricing: models.Pricing{Rates: models.Rates{models.UnitInput: price, models.UnitOutput: price}}}},
		[]models.Provider{{Slug: "local", Name: "Local", Kind: "local", Dialect: "openai"}}
}

func TestFoundModelsAreCallableAndTheirPriceIsRecordedOnce(t *testing.T) {
	c, db := imported(t, func(p models.Provider) bool { return p.Slug == "local" })
	count := func() int {
		list, err := db.PriceVersions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	before := count()
	set := func(price models.Rate) *catalog.Offer {
		t.Helper()
		m, e, p := local(price)
		if err := c.SetExtra(t.Context(), m, e, p); err != nil {
			t.Fatal(err)
		}
		found := c.Current().Model("local/Llama3.2:1b")
		if found == nil || !found.Callable {
			t.Fatalf("the found model is not callable: %+v", found)
		}
		return found.Endpoints[0]
	}
	first, again := set(5), set(5)
	if first.PriceVersion == "" || again.PriceVersion != first.PriceVersion || count() != before+1 {
		t.Errorf("the same price twice: %s then %s, %d prices more", first.PriceVersion, again.PriceVersion, count()-before)
	}
	dearer := set(6)
	if rate, _ := dearer.Input(); rate != 6 || dearer.PriceVersion == first.PriceVersion {
		t.Errorf("a changed price: %d in %s", rate, dearer.PriceVersion)
	}
	if err := c.SetExtra(t.Context(), nil, nil, nil); err != nil || c.Current().Model("local/Llama3.2:1b") != nil {
		t.Errorf("it stays after it is gone (%v)", err)
	}
}

func TestRoutableMeansConnectedPricedAndInADialectWeSpeak(t *testing.T) {
	c, _ := imported(t, func(p models.Provider) bool {
		return p.Slug == "openai" || p.Slug == "anthropic" || p.Slug == "google-ai-studio" || p.Slug == "google-vertex" || p.Slug == "elevenlabs"
	})
	s := c.Current()
	for _, e := range s.Models {
		callable := false
		for _, o := range e.Endpoints {
			want := e.Type == "chat"
			switch o.Provider.Slug {
			case "openai":
				want = (want || e.Type == "embedding") && !strings.Contains(o.ProviderModelID, "deep-research") && !strings.Contains(o.ProviderModelID, "-search-")
			case "google-ai-studio":
				want = (want || e.Type == "embedding") && !strings.HasPrefix(o.ProviderModelID, "claude-")
			case "google-vertex":
				want = e.Type == "embedding" && !strings.HasPrefix(o.ProviderModelID, "multimodal") || want && (strings.HasPrefix(o.ProviderModelID, "gemini-") || strings.HasPrefix(o.ProviderModelID, "claude-") || strings.Contains(o.ProviderModelID, "/"))
			case "anthropic":
			default:
				want = false
			}
			if o.Routable != want {
				t.Errorf("%s at %s: routable %v", e.ID, o.Tag, o.Routable)
			}
			callable = callable || o.Routable
		}
		if e.Callable != callable {
			t.Errorf("%s: callable %v", e.ID, e.Callable)
		}
	}
	if s.Callable() == 0 || !s.Provider("openai").Connected || s.Provider("groq").Connected || s.Provider("nobody") != nil {
		t.Errorf("%d callable", s.Callable())
	}
}

func TestAnnouncedPricesTakeEffectOnTheirDay(t *testing.T) {
	s := snapshot(t)
	e := s.Model("anthropic/claude-sonnet-5")
	if e == nil {
		t.Fatal("no such model")
	}
	for _, o := range e.Endpoints {
		if o.Tag != "anthropic" {
			continue
		}
		want := models.Rate(2_000_000)
		if !s.At.Before(time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)) {
			want = 3_000_000
		}
		if got, _ := o.Input(); got != want {
			t.Errorf("input costs %d on %s, want %d", got, s.At, want)
		}
	}
	history := s.History(e.ID)
	if !slices.ContainsFunc(history, func(v models.PriceVersion) bool { return v.Flag == "scheduled" }) {
		t.Error("the announced price is not in the history")
	}
	if len(s.History(e.CanonicalSlug)) != len(history) || s.History("no/model") != nil {
		t.Error("the history under another name differs")
	}
}

func TestEndpointsAreCheapestFirst(t *testing.T) {
	s := snapshot(t)
	for _, e := range s.Models {
		last := models.Rate(-1)
		for _, o := range e.Endpoints {
			if mix, ok := o.Mix(catalog.MixChat); ok {
				if mix < last {
					t.Errorf("%s: %s comes after a dearer one", e.ID, o.Tag)
				}
				last = mix
			}
		}
		if e.Lowest == nil || (e.Lowest.IsFree && slices.ContainsFunc(e.Endpoints, func(o *catalog.Offer) bool { return !o.IsFree })) {
			t.Errorf("%s: the lowest is free although others cost something", e.ID)
		}
	}
}

func TestModelsAreFoundByTheNamesTheirMakersUse(t *testing.T) {
	c, _ := imported(t, nil)
	for name, want := range map[string]string{
		"gpt-4o": "openai/gpt-4o", "claude-sonnet-4-5": "anthropic/claude-sonnet-4.5", "claude-sonnet-4-5-20250929": "anthropic/claude-sonnet-4.5",
		"claude-sonnet-4.5": "anthropic/claude-sonnet-4.5", "Claude-Opus-5": "anthropic/claude-opus-5", "gpt-4o-2024-08-06": "openai/gpt-4o-2024-08-06",
		"claude-sonnet-9-20300101": "", "-20300101": "", "nobody/claude-sonnet-4-5-20250929": "",
	} {
		got := ""
		if e := c.Current().Model(name); e != nil {
			got = e.ID
		}
		if got != want {
			t.Errorf("%s is %q, not %q", name, got, want)
		}
	}
}
