package catalog_test

import (
	"testing"

	"bourse/app/search"
)

func TestLookupFindsByName(t *testing.T) {
	s := snapshot(t)
	for typed, want := range map[string]struct {
		model, provider, author string
		slip                    bool
	}{
		"openai/gpt-4o":     {model: "openai/gpt-4o"},
		"gpt4o":             {model: "openai/gpt-4o"},
		"claude sonnet 4.5": {model: "anthropic/claude-sonnet-4.5"},
		"snonet 4.5":        {model: "anthropic/claude-sonnet-4.5", slip: true},
		"groq":              {provider: "groq"},
		"gorq":              {provider: "groq", slip: true},
		"openia":            {provider: "openai", author: "openai", slip: true},
	} {
		f := s.Lookup(search.Parse(typed))
		if f.Slip != want.slip {
			t.Errorf("%q: slip %v", typed, f.Slip)
		}
		if want.model != "" && (len(f.Models) == 0 || f.Models[0].ID != want.model) {
			t.Errorf("%q: the first of %d models is not %s", typed, len(f.Models), want.model)
		}
		if want.provider != "" && (len(f.Providers) == 0 || f.Providers[0].Slug != want.provider) {
			t.Errorf("%q: the first of %d providers is not %s", typed, len(f.Providers), want.provider)
		}
		if want.author != "" && (len(f.Authors) == 0 || f.Authors[0].Slug != want.author || f.Authors[0].Models == 0) {
			t.Errorf("%q: the first of %d authors is not %s", typed, len(f.Authors), want.author)
		}
	}
	if f := s.Lookup(search.Parse("xyzzyplugh")); len(f.Models)+len(f.Providers)+len(f.Authors) > 0 || f.Slip {
		t.Errorf("something is called xyzzyplugh: %+v", f)
	}
	if f := s.Lookup(search.Parse("openai")); !f.Named {
		t.Error("nobody knows that OpenAI is a provider")
	}
}

func BenchmarkLookup(b *testing.B) {
	s := snapshot(b)
	for _, typed := range []string{"claude", "cluade sonet"} {
		b.Run(typed, func(b *testing.B) {
			for b.Loop() {
				s.Lookup(search.Parse(typed))
			}
		})
	}
}
