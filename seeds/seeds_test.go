package seeds_test

import (
	"strings"
	"testing"
	"time"

	"bourse/models"
	"bourse/seeds"
)

func load(t *testing.T) *seeds.Catalogue {
	t.Helper()
	c, err := seeds.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEverythingThatCanBeBoughtIsShipped(t *testing.T) {
	c := load(t)
	chat := 0
	for _, m := range c.Models {
		if m.Type == "chat" {
			chat++
		}
	}
	if len(c.Models) != 684 || len(c.Endpoints) != 1828 || chat != 491 || len(c.Providers) != 78 {
		t.Errorf("%d models, %d offers, %d chat models, %d providers; want 684, 1828, 491, 78",
			len(c.Models), len(c.Endpoints), chat, len(c.Providers))
	}
}

func TestEveryModelIsWhole(t *testing.T) {
	authors := map[string]bool{}
	c := load(t)
	for _, a := range c.Authors {
		authors[a.Slug] = a.Name != ""
	}
	seen := map[string]bool{}
	for _, m := range c.Models {
		if seen[m.ID] {
			t.Errorf("%s is there twice", m.ID)
		}
		seen[m.ID] = true
		if !strings.HasPrefix(m.ID, m.Author+"/") || !authors[m.Author] {
			t.Errorf("%s has the author %q", m.ID, m.Author)
		}
		if m.Name == "" || m.Name != strings.TrimSpace(m.Name) || m.CanonicalSlug == "" || m.Type == "" {
			t.Errorf("%s lacks a name, slug or type: %+v", m.ID, m)
		}
		if len(m.InputModalities) == 0 || len(m.OutputModalities) == 0 {
			t.Errorf("%s takes or returns nothing", m.ID)
		}
		if len(m.Description) < 40 || len(m.Description) > 320 || !strings.HasSuffix(m.Description, ".") {
			t.Errorf("%s: description %q", m.ID, m.Description)
		}
	}
}

func TestEveryOfferHasModelProviderAndPrice(t *testing.T) {
	c := load(t)
	known, providers := map[string]bool{}, map[string]bool{}
	for _, m := range c.Models {
		known[m.ID] = true
	}
	for _, p := range c.Providers {
		providers[p.Slug] = true
	}
	sold := map[string]bool{}
	tags := map[[2]string]bool{}
	for _, e := range c.Endpoints {
		key := [2]string{e.Model, e.Tag}
		if tags[key] {
			t.Errorf("%v is offered twice", key)
		}
		tags[key], sold[e.Model] = true, true
		if !known[e.Model] || !providers[e.Provider] || e.ProviderModelID == "" || len(e.Pricing.Rates) == 0 {
			t.Errorf("%v: no model, provider, upstream id or price: %+v", key, e)
		}
		if e.Tag != e.Provider && !strings.HasPrefix(e.Tag, e.Provider+"/") {
			t.Errorf("%v: the tag does not begin with the provider %s", key, e.Provider)
		}
		if e.Status != "active" && e.Status != "beta" {
			t.Errorf("%v: status %s", key, e.Status)
		}
		for unit, rate := range e.Pricing.Rates {
			if rate < 0 {
				t.Errorf("%v: %s costs %d", key, unit, rate)
			}
		}
		for i, tier := range e.Pricing.Tiers {
			if i > 0 && tier.ContextGT <= e.Pricing.Tiers[i-1].ContextGT {
				t.Errorf("%v: tiers do not ascend", key)
			}
		}
	}
	for id := range known {
		if !sold[id] {
			t.Errorf("nobody offers %s", id)
		}
	}
}

func TestEveryOfferHasItsPriceAmongTheVersions(t *testing.T) {
	c := load(t)
	now := map[[2]string]models.PriceVersion{}
	ids := map[string]bool{}
	for _, v := range c.Prices {
		if ids[v.ID] {
			t.Errorf("the id %s stands for two prices", v.ID)
		}
		ids[v.ID] = true
		key := [2]string{v.Model, v.Tag}
		if before, ok := now[key]; ok && !v.EffectiveFrom.After(before.EffectiveFrom) {
			t.Errorf("%v: the price of %s follows that of %s", key, v.EffectiveFrom, before.EffectiveFrom)
		}
		if v.Flag != "scheduled" {
			now[key] = v
		}
	}
	for _, e := range c.Endpoints {
		v, ok := now[[2]string{e.Model, e.Tag}]
		if !ok || len(v.Pricing.Rates) != len(e.Pricing.Rates) || v.EffectiveFrom.After(time.Date(2026, 8, 31, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s at %s: the last version is not the price of the offer: %+v", e.Model, e.Tag, v)
			continue
		}
		for unit, rate := range e.Pricing.Rates {
			if v.Pricing.Rates[unit] != rate {
				t.Errorf("%s at %s: %s costs %d in the last version, %d in the offer", e.Model, e.Tag, unit, v.Pricing.Rates[unit], rate)
			}
		}
	}
}

func TestKeysOfDifferentProvidersHaveDifferentNames(t *testing.T) {
	owner := map[string]string{}
	for _, p := range load(t).Providers {
		if p.APIKeyEnv == "" {
			t.Errorf("%s: no name for its key", p.Slug)
		}
		if other, taken := owner[p.APIKeyEnv]; taken {
			t.Errorf("%s is the key of both %s and %s", p.APIKeyEnv, other, p.Slug)
		}
		owner[p.APIKeyEnv] = p.Slug
	}
}

func TestQuirksBelongToProviders(t *testing.T) {
	c := load(t)
	quirks := map[string]models.Quirks{}
	for _, p := range c.Providers {
		quirks[p.Slug] = p.Quirks
	}
	if !quirks["mistral"].NoStreamOptions || quirks["azure"].AuthHeader != "api-key" ||
		quirks["openai"].MaxTokensField != "max_completion_tokens" || !quirks["xai"].ReasoningOutside ||
		!quirks["minimax"].ErrorIn200 || !quirks["groq"].KeepsBilling || quirks["deepseek"].KeepsBilling {
		t.Errorf("quirks = %+v", quirks)
	}
}

func TestMilestonesAndScoresDecode(t *testing.T) {
	milestones, err := seeds.Milestones()
	if err != nil || len(milestones) != 80 {
		t.Errorf("%d milestones (%v), want 80", len(milestones), err)
	}
	scores, err := seeds.Scores()
	if err != nil || len(scores) < 200 {
		t.Errorf("%d scores (%v)", len(scores), err)
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := seeds.Load(); err != nil {
			b.Fatal(err)
		}
	}
}

// TestServiceTiersHavePlausiblePrices: a cheaper tier is cheaper and a dearer one dearer, and who takes
// one in a request has a price for it somewhere.
func TestServiceTiersHavePlausiblePrices(t *testing.T) {
	c := load(t)
	offered := map[string]map[string]int{}
	for _, v := range c.Prices {
		for tier, rates := range v.Pricing.Services {
			in, out := rates[models.UnitInput], rates[models.UnitOutput]
			usualIn, usualOut := v.Pricing.Rates[models.UnitInput], v.Pricing.Rates[models.UnitOutput]
			if cheaper := tier == "flex"; in <= 0 || out <= 0 || (in < usualIn) != cheaper || (out < usualOut) != cheaper {
				t.Errorf("%s at %s: %s costs %v", v.Model, v.Tag, tier, rates)
			}
			provider, _, _ := strings.Cut(v.Tag, "/")
			if offered[provider] == nil {
				offered[provider] = map[string]int{}
			}
			offered[provider][tier]++
		}
	}
	for _, p := range c.Providers {
		for _, tier := range p.Quirks.ServiceTiers {
			if offered[p.Slug][tier] == 0 {
				t.Errorf("%s takes %s, for which no offer has a price", p.Slug, tier)
			}
		}
	}
}
