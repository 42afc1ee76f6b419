package search_test

import (
	"strings"
	"testing"

	"bourse/app/search"
)

func text(id, name, maker string) search.Text {
	return search.NewText(search.Part{Text: name, Weight: 3}, search.Part{Text: id, Weight: 3}, search.Part{Text: maker, Weight: 1})
}

func TestWhatWasMeantIsFound(t *testing.T) {
	all := map[string]search.Text{
		"gpt-4o":      text("gpt-4o", "GPT-4o", "OpenAI"),
		"gpt-4o-mini": text("gpt-4o-mini", "GPT-4o mini", "OpenAI"),
		"sonnet":      text("claude-sonnet-4.5", "Claude Sonnet 4.5", "Anthropic"),
		"llama":       text("llama-3.1-405b-instruct", "Llama 3.1 405B Instruct", "Meta"),
		"bge":         text("bge-m3", "BGE M3", "BAAI"),
	}
	for typed, want := range map[string]string{
		"gpt-4o": "gpt-4o", "gpt4o": "gpt-4o", "GPT 4o": "gpt-4o", "gpt 4o mini": "gpt-4o-mini", "4o-mini": "gpt-4o-mini",
		"claude": "sonnet", "cluade": "sonnet", "claud": "sonnet", "sonet": "sonnet", "claude sonett": "sonnet", "anthropc": "sonnet", "antrhopic claude": "sonnet",
		"llama3": "llama", "lama 405b": "llama", "llama3.1 405b": "llama", "llamma": "llama", "meta": "llama",
		"bge": "bge", "bgem3": "bge",
	} {
		q, best, score := search.Parse(typed), "", 0
		for name, candidate := range all {
			if f := q.Fit(candidate); f.Score > score {
				best, score = name, f.Score
			}
		}
		if best != want {
			t.Errorf("%q finds %q, not %q", typed, best, want)
		}
	}
}

func TestWhatWasNotMeantIsNotFound(t *testing.T) {
	sonnet := text("claude-sonnet-4.5", "Claude Sonnet 4.5", "Anthropic")
	for _, typed := range []string{"", "   ", "-/.", "gpt", "claude gpt", "cat", "sun", "clyde sonnet", "claude sonnet 9", "\xff\xfe", "zzzzzzzzzzzz"} {
		if f := search.Parse(typed).Fit(sonnet); f.Score != 0 {
			t.Errorf("%q finds Claude Sonnet with %d", typed, f.Score)
		}
	}
}

func TestASlipSaysSo(t *testing.T) {
	sonnet := text("claude-sonnet-4.5", "Claude Sonnet 4.5", "Anthropic")
	if f := search.Parse("sonnet").Fit(sonnet); f.Slip || f.Score == 0 {
		t.Errorf("typed right: %+v", f)
	}
	if f := search.Parse("snonet").Fit(sonnet); !f.Slip || f.Score == 0 {
		t.Errorf("typed wrong: %+v", f)
	}
}

func TestAnyLengthIsBounded(t *testing.T) {
	q := search.Parse(strings.Repeat("wörter ", 5000))
	if n := len(q.Words()); n > 8 {
		t.Errorf("%d words are looked for", n)
	}
	q.Fit(search.NewText(search.Part{Text: strings.Repeat("ü", 5000), Weight: 1}))
}

func FuzzFit(f *testing.F) {
	f.Add("claude", "Claude Sonnet 4.5")
	f.Add("\xff", "ﬀ İ")
	f.Fuzz(func(t *testing.T, typed, name string) {
		if fit := search.Parse(typed).Fit(search.NewText(search.Part{Text: name, Weight: 1})); fit.Score < 0 || fit.Score == 0 && fit.Slip {
			t.Errorf("%q on %q: %+v", typed, name, fit)
		}
	})
}
