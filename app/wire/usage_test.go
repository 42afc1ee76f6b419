package wire_test

import (
	"testing"

	"bourse/app/wire"
	"bourse/models"
)

func TestUsage(t *testing.T) {
	outside := models.Quirks{ReasoningOutside: true}
	up := func(u models.Usage) models.Usage {
		u.Source = models.UsageUpstream
		if u.ProviderCost == 0 {
			u.ProviderCost = -1
		}
		return u
	}
	for _, c := range []struct {
		name, in string
		q        models.Quirks
		want     models.Usage
	}{
		{"openai", `{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"prompt_tokens_details":{"cached_tokens":40,"cache_write_tokens":10,"audio_tokens":5},"completion_tokens_details":{"reasoning_tokens":20,"audio_tokens":3,"accepted_prediction_tokens":0}}`,
			models.Quirks{}, models.Usage{Input: 100, CacheRead: 40, CacheWrite: 10, InputAudio: 5, Output: 50, Reasoning: 20, OutputAudio: 3}},
		{"nulls", `{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"prompt_tokens_details":null,"completion_tokens_details":{"reasoning_tokens":null}}`,
			models.Quirks{}, models.Usage{Input: 1, Output: 2}},
		{"xai: reasoning outside", `{"prompt_tokens":100,"completion_tokens":50,"total_tokens":170,"completion_tokens_details":{"reasoning_tokens":20},"cost_in_usd_ticks":123450}`,
			outside, models.Usage{Input: 100, Output: 70, Reasoning: 20, ProviderCost: 12345}},
		{"outside, seen by the total alone", `{"prompt_tokens":100,"completion_tokens":50,"total_tokens":170,"completion_tokens_details":{"reasoning_tokens":20}}`,
			models.Quirks{}, models.Usage{Input: 100, Output: 70, Reasoning: 20}},
		{"outside by quirk, no total", `{"prompt_tokens":100,"completion_tokens":50,"completion_tokens_details":{"reasoning_tokens":20}}`,
			outside, models.Usage{Input: 100, Output: 70, Reasoning: 20}},
		{"inside although the quirk says otherwise", `{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"completion_tokens_details":{"reasoning_tokens":20}}`,
			outside, models.Usage{Input: 100, Output: 50, Reasoning: 20}},
		{"gemini: only the total counts the thoughts", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":40}`,
			outside, models.Usage{Input: 10, Output: 30, Reasoning: 25}},
		{"a gateway with more reasoning than completion", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"completion_tokens_details":{"reasoning_tokens":9}}`,
			models.Quirks{}, models.Usage{Input: 10, Output: 5, Reasoning: 5, Anomaly: wire.AnomalyReasoning}},
		{"a total of its own", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":99}`,
			models.Quirks{}, models.Usage{Input: 10, Output: 5, Anomaly: wire.AnomalyTotal}},
		{"deepseek", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_cache_hit_tokens":4,"prompt_cache_miss_tokens":6}`,
			models.Quirks{}, models.Usage{Input: 10, CacheRead: 4, Output: 5}},
		{"mistral", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"num_cached_tokens":4}`,
			models.Quirks{}, models.Usage{Input: 10, CacheRead: 4, Output: 5}},
		{"moonshot", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"cached_tokens":4}`,
			models.Quirks{}, models.Usage{Input: 10, CacheRead: 4, Output: 5}},
		{"alibaba", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4,"cache_creation_input_tokens":3}}`,
			models.Quirks{}, models.Usage{Input: 10, CacheRead: 4, CacheWrite: 3, Output: 5}},
		{"two lengths of cache", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":3}}}`,
			models.Quirks{}, models.Usage{Input: 10, CacheWrite: 2, CacheWrite1h: 3, Output: 5}},
		{"minimax: reasoning at the top", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"reasoning_tokens":2}`,
			models.Quirks{}, models.Usage{Input: 10, Output: 5, Reasoning: 2}},
		{"perplexity", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"num_search_queries":2,"cost":{"total_cost":0.006}}`,
			models.Quirks{}, models.Usage{Input: 10, Output: 5, Searches: 2, ProviderCost: 6_000_000}},
		{"openrouter", `{"prompt_tokens":9,"completion_tokens":10,"total_tokens":19,"cost":7.35e-06,"is_byok":false,"server_tool_use_details":{"web_search_requests":1}}`,
			models.Quirks{}, models.Usage{Input: 9, Output: 10, Searches: 1, ProviderCost: 7350}},
		{"a prompt without its cached part", `{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8,"prompt_tokens_details":{"cached_tokens":100}}`,
			models.Quirks{}, models.Usage{Input: 103, CacheRead: 100, Output: 5}},
		{"more cache than prompt", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":8,"cache_write_tokens":8}}`,
			models.Quirks{}, models.Usage{Input: 10, Output: 5, Anomaly: wire.AnomalyCache}},
		{"more sound than prompt", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":8,"audio_tokens":8}}`,
			models.Quirks{}, models.Usage{Input: 10, CacheRead: 8, Output: 5, Anomaly: wire.AnomalyParts}},
		{"floats", `{"prompt_tokens":10.0,"completion_tokens":4.6,"total_tokens":15}`,
			models.Quirks{}, models.Usage{Input: 10, Output: 5}},
		{"a negative part", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":-4}}`,
			models.Quirks{}, models.Usage{Input: 10, Output: 5, Anomaly: wire.AnomalyCount}},
		{"a negative cost", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"cost":-4}`,
			models.Quirks{}, models.Usage{Input: 10, Output: 5, Anomaly: wire.AnomalyCost}},
		{"the names of the other API", `{"input_tokens":10,"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2}}`,
			models.Quirks{}, models.Usage{Input: 10, Output: 5, Reasoning: 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := wire.ParseUsage([]byte(c.in), c.q)
			if !ok || got != up(c.want) {
				t.Errorf("%v\ngot  %+v\nwant %+v", ok, got, up(c.want))
			}
		})
	}
}

func TestUsageRefused(t *testing.T) {
	for _, in := range []string{``, `{}`, `null`, `[]`, `{"total_tokens":5}`, `{"prompt_tokens":-1,"completion_tokens":-1}`,
		`{"prompt_tokens":5,"completion_tokens":1e30}`, `{"prompt_tokens":5,"completion_tokens":-3}`, `{"prompt_tokens":99999999999,"completion_tokens":3}`,
		`{"prompt_tokens":"5","completion_tokens":3}`, `{"prompt_tokens":5,"completion_tokens":`} {
		if u, ok := wire.ParseUsage([]byte(in), models.Quirks{}); ok {
			t.Errorf("%s gave %+v", in, u)
		}
	}
}

func TestAppendAmount(t *testing.T) {
	for _, a := range []models.Amount{0, 1, -1, 10, 999_999_999, 1_000_000_000, 1_234_500_000, -7350, 1<<63 - 1, -1 << 63} {
		if got := string(wire.AppendAmount(nil, a)); got != a.Number() {
			t.Errorf("%d: %s, want %s", int64(a), got, a.Number())
		}
	}
}
