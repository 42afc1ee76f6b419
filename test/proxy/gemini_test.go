package proxy

import (
	"strings"
	"testing"

	"bourse/models"
	"bourse/test/fake"
	"bourse/test/harness"
)

const geminiModel = "google/gemini-2.5-flash"

// TestGeminiUpstream asks Google's own dialect: the client notices nothing, what was thought is
// billed although it stands beside the answer, and what was cached has its price.
func TestGeminiUpstream(t *testing.T) {
	up := fake.New(t)
	h := harness.Start(t, map[string]string{"GOOGLE_API_KEY": up.Key, "GOOGLE_BASE_URL": up.URL})
	customer := h.Person("customer@example.com", enoughCredit)
	up.Always(fake.Generate("STOP", fake.GenerateUsage{Input: 11_000, CacheRead: 10_000, Output: 200, Thoughts: 100},
		fake.Part{"text": "Let me see.", "thought": true}, fake.Part{"text": "One two three."},
		fake.Part{"functionCall": map[string]any{"name": "f", "args": map[string]any{"a": 1}}, "thoughtSignature": "SIG"}))
	// 1,000 × 0.3 + 10,000 × 0.03 + 300 × 2.5, all $/M.
	const cost = models.Amount(300_000 + 300_000 + 750_000)
	for _, stream := range []bool{false, true} {
		before := h.Available(customer)
		a := h.Chat(customer.Key, harness.Ask(geminiModel, map[string]any{"max_tokens": 5000, "stream": stream, "reasoning": map[string]any{"effort": "low"},
			"tools": []any{map[string]any{"type": "function", "function": map[string]any{"name": "f"}}}}))
		s := look(t, a, stream)
		if spent := before - h.Available(customer); spent != cost+cost*5/100 || s.cost != spent {
			t.Errorf("stream %v: debited %s, want %s and the fee: %s", stream, spent.USD(), cost.USD(), a.Body)
		}
		if s.text != "One two three." || s.finish != "tool_calls" || s.provider != "Google AI Studio" {
			t.Errorf("stream %v: %+v", stream, s)
		}
		for _, part := range []string{`"reasoning":"Let me see."`, `"data":"SIG"`, `"arguments":"{\"a\":1}"`, `"reasoning_tokens":100`, `"cached_tokens":10000`} {
			if !strings.Contains(string(a.Body), part) {
				t.Errorf("no %s in %s", part, a.Body)
			}
		}
	}
	q := up.Seen()[1]
	if q.Path != "/v1/models/gemini-2.5-flash:streamGenerateContent" || q.Header.Get("Authorization") != "" || !strings.Contains(string(q.Body), `"thinkingBudget":1024`) {
		t.Errorf("asked %s %v %s", q.Path, q.Header, q.Body)
	}
}

func TestGeminiUpstreamFails(t *testing.T) {
	up := fake.New(t)
	h := harness.Start(t, map[string]string{"GEMINI_API_KEY": up.Key, "GEMINI_BASE_URL": up.URL})
	customer := h.Person("customer@example.com", enoughCredit)
	for _, c := range []struct {
		name   string
		does   fake.Behaviour
		status int
		secret string
	}{
		{"a bad key", fake.Raw(400, "application/json", `{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}`), 502, "API key"},
		{"a quota", fake.Raw(429, "application/json", `[{"error":{"code":429,"message":"Quota","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"38s"}]}}]`), 429, ""},
		{"an error in the stream", fake.Raw(200, "text/event-stream", "data: {\"error\":{\"code\":503,\"message\":\"The model is overloaded.\",\"status\":\"UNAVAILABLE\"}}\n\n"), 503, ""},
		{"garbage", fake.Garbage(), 502, ""},
	} {
		before := h.Available(customer)
		up.Then(c.does)
		a := h.Chat(customer.Key, harness.Ask(geminiModel, map[string]any{"max_tokens": 50, "stream": true}))
		if a.Status != c.status || c.secret != "" && strings.Contains(string(a.Body), c.secret) || h.Available(customer) != before {
			t.Errorf("%s: %d %s", c.name, a.Status, a.Body)
		}
	}
	// Refused content is answered, not failed: nothing was written, and only the prompt is read.
	up.Then(fake.Raw(200, "text/event-stream", "data: {\"promptFeedback\":{\"blockReason\":\"PROHIBITED_CONTENT\"},\"usageMetadata\":{\"promptTokenCount\":10,\"totalTokenCount\":10}}\n\n"))
	if s := look(t, h.Chat(customer.Key, harness.Ask(geminiModel, map[string]any{"max_tokens": 50, "stream": true})), true); s.finish != "content_filter" || !s.done {
		t.Errorf("%+v", s)
	}
}
