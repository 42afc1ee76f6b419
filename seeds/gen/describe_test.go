package main

import (
	"regexp"
	"strings"
	"testing"

	"bourse/models"
	"bourse/seeds"
)

func chat(id string) described {
	return described{
		model:  seeds.ModelLine{ID: id, Name: "Some Model", Type: "chat", Input: []string{"text"}, Output: []string{"text"}},
		author: "Somebody", rank: -1, pick: pickOf(id),
	}
}

// every runs the test with each of the ways of saying it.
func every(d described, check func(described)) {
	for way := range uint32(16) {
		d.pick = way
		check(d)
	}
}

var ending = regexp.MustCompile(`[a-z0-9]\.$`)

func wellFormed(t *testing.T, text string) {
	t.Helper()
	for _, bad := range []string{"  ", " ,", ",,", "..", " .", "’s’", "%!", "of .", "by ,", "in ,", " 0 ", "no provider"} {
		if strings.Contains(text, bad) {
			t.Errorf("%q holds %q", text, bad)
		}
	}
	if !ending.MatchString(text) {
		t.Errorf("%q does not end as a sentence", text)
	}
	if n := strings.Count(text, ". ") + 1; n > 2 {
		t.Errorf("%q has %d sentences", text, n)
	}
}

func TestUnknownFactsAreNotSpokenOf(t *testing.T) {
	every(chat("a/b"), func(d described) {
		text := d.text()
		wellFormed(t, text)
		for _, word := range []string{"released", "Released", "since", "tokens", "open-weight", "reason", "price", "provider", "0"} {
			if strings.Contains(text, word) {
				t.Errorf("%q speaks of what is unknown: %s", text, word)
			}
		}
	})
	bare := chat("a/b")
	bare.author = ""
	every(bare, func(d described) { wellFormed(t, d.text()) })
}

func TestKnownFactsAreSaid(t *testing.T) {
	open := true
	d := chat("a/b")
	d.model.Created, d.model.ContextLength = "2026-08-16", 131072
	d.model.Input, d.model.OpenWeights = []string{"file", "image", "text"}, &open
	d.model.Reasoning, d.model.ReasoningConfig = true, &models.ReasoningConfig{Mandatory: true}
	d.providers, d.rank = 7, 0.05
	every(d, func(d described) {
		text := d.text()
		wellFormed(t, text)
		for _, want := range []string{"August 2026", "128K tokens", "text, images and files", "open-weight reasoning model", "lowest tenth", "Somebody"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q does not say %q", text, want)
			}
		}
		if !strings.Contains(strings.ToLower(text), "seven providers") {
			t.Errorf("%q does not say how many providers", text)
		}
	})
}

func TestOneProviderIsSingular(t *testing.T) {
	d := chat("a/b")
	d.providers, d.rank = 1, 0.6
	every(d, func(d described) {
		if text := d.text(); strings.Contains(text, "providers") || !strings.Contains(text, "upper half") {
			t.Errorf("%q", text)
		}
	})
	d.freeOnly = true
	every(d, func(d described) {
		if text := d.text(); !strings.Contains(text, "asks nothing") || strings.Contains(text, "price") {
			t.Errorf("%q", text)
		}
	})
}

func TestReasoningIsSaidAsRecorded(t *testing.T) {
	for want, c := range map[string]*models.ReasoningConfig{
		"chat model with reasoning": nil, "chat model with optional reasoning": {}, "reasoning model": {Mandatory: true},
	} {
		d := chat("a/b")
		d.model.Reasoning, d.model.ReasoningConfig = true, c
		if got := d.kind(); got != want {
			t.Errorf("kind = %q, want %q", got, want)
		}
	}
}

func TestEveryOtherTypeHasItsSentence(t *testing.T) {
	for _, kind := range []string{"embedding", "image", "video", "speech", "transcription", "realtime", "rerank", "moderation", "ocr", "novelty"} {
		d := chat("a/b")
		d.model.Type = kind
		for _, in := range [][]string{{"text"}, {"image", "text"}, nil} {
			d.model.Input = in
			every(d, func(d described) {
				text := d.text()
				wellFormed(t, text)
				if strings.Count(text, ". ") > 0 {
					t.Errorf("%q is more than one sentence", text)
				}
			})
		}
	}
}

func TestLengthsAreSaidAsPeopleSayThem(t *testing.T) {
	for n, want := range map[int64]string{
		0: "", 512: "512", 8192: "8K", 128000: "128K", 131072: "128K", 200000: "200K", 262144: "256K",
		1000000: "1M", 1048576: "1M", 1050000: "1.05M", 127072: "127,072", 10000000: "10M",
	} {
		if got := tokens(n); got != want {
			t.Errorf("tokens(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestStandingFollowsTheRank(t *testing.T) {
	for rank, want := range map[float64]string{
		0: "in the lowest tenth", 0.1: "in the lowest quarter", 0.25: "in the lower half",
		0.5: "in the upper half", 0.75: "in the highest quarter", 0.9: "in the highest tenth",
	} {
		if got := standing(rank); got != want {
			t.Errorf("standing(%v) = %q, want %q", rank, got, want)
		}
	}
}
