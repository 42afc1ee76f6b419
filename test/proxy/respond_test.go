package proxy

import (
	"net/http"
	"strings"
	"testing"

	"bourse/models"
	"bourse/test/fake"
	"bourse/test/harness"
)

// respondModel is one that its maker serves in the Responses dialect alone.
const respondModel = "openai/gpt-5.2-codex"

var respondOnly = map[string]any{"only": []string{"openai"}}

// TestResponsesUpstream asks a model of the Responses dialect through all three doors: each client
// reads its own shape, and pays the list's price of what was cached, written and thought.
func TestResponsesUpstream(t *testing.T) {
	up := fake.New(t)
	h := harness.Start(t, map[string]string{"OPENAI_API_KEY": up.Key, "OPENAI_BASE_URL": up.URL})
	customer := h.Person("customer@example.com", enoughCredit)
	up.Always(fake.Respond("", fake.RespondUsage{Input: 11_000, Cached: 10_000, Output: 300, Reasoning: 100},
		fake.ThoughtItem("rs_1", "Let me see.", "ENC"), fake.MessageItem("One two three."), fake.CallItem("c1", "f", `{"a":1}`)))
	// 1,000 × 1.75 + 10,000 × 0.175 + 300 × 14, all $/M.
	const cost = models.Amount(1_750_000 + 1_750_000 + 4_200_000)
	tool := map[string]any{"type": "object"}
	doors := []struct {
		path string
		body map[string]any
		want []string
	}{
		{"/chat/completions", map[string]any{"messages": []any{map[string]any{"role": "user", "content": "Hi"}}, "tools": []any{map[string]any{"type": "function", "function": map[string]any{"name": "f", "parameters": tool}}}},
			[]string{`"data":"ENC"`, `"id":"rs_1"`, `"reasoning_tokens":100`, `"cached_tokens":10000`, `"tool_calls"`}},
		{"/messages", map[string]any{"messages": []any{map[string]any{"role": "user", "content": "Hi"}}, "tools": []any{map[string]any{"name": "f", "input_schema": tool}}},
			[]string{`"redacted_thinking"`, `"tool_use"`, `"cache_read_input_tokens":10000`}},
		{"/responses", map[string]any{"input": "Hi", "tools": []any{map[string]any{"type": "function", "name": "f", "parameters": tool}}},
			[]string{`"id":"rs_1"`, `"summary_text"`, `"function_call"`, `"reasoning_tokens":100`, `"cached_tokens":10000`}},
	}
	for _, d := range doors {
		for _, stream := range []bool{false, true} {
			body := map[string]any{"model": respondModel, "max_tokens": 5000, "max_output_tokens": 5000, "stream": stream, "provider": respondOnly}
			for name, value := range d.body {
				body[name] = value
			}
			before := h.Available(customer)
			a := h.Do("POST", "/api/v1"+d.path, customer.Key, body)
			text := string(a.Body)
			if spent := before - h.Available(customer); a.Status != http.StatusOK || spent != cost+cost*5/100 {
				t.Errorf("%s stream %v: debited %s, want %s and the fee: %d %s", d.path, stream, spent.USD(), cost.USD(), a.Status, text)
			}
			for _, part := range append(d.want, "three.", "see.") {
				if !strings.Contains(text, part) {
					t.Errorf("%s stream %v: no %s in %s", d.path, stream, part, text)
				}
			}
			q := up.Seen()[len(up.Seen())-1]
			if q.Path != "/v1/responses" || !strings.Contains(string(q.Body), `"max_output_tokens":5000`) || !strings.Contains(string(q.Body), `"store":false`) {
				t.Errorf("%s asked %s %s", d.path, q.Path, q.Body)
			}
		}
	}
	// Another model of the house is asked there only for tools and thinking at once.
	for want, more := range map[string]map[string]any{
		"/v1/chat/completions": {"reasoning": map[string]any{"effort": "low"}},
		"/v1/responses":        {"reasoning": map[string]any{"effort": "low"}, "tools": []any{map[string]any{"type": "function", "function": map[string]any{"name": "f"}}}},
	} {
		if want == "/v1/chat/completions" {
			up.Then(fake.Answer("Fine.", fake.Usage{Prompt: 10, Completion: 4}))
		}
		more["provider"], more["max_tokens"] = respondOnly, 500
		a := h.Chat(customer.Key, harness.Ask("openai/gpt-5.4", more))
		if q := up.Seen()[len(up.Seen())-1]; a.Status != http.StatusOK || q.Path != want {
			t.Errorf("asked %s: %d %s", q.Path, a.Status, a.Body)
		}
	}
}

func TestResponsesUpstreamFails(t *testing.T) {
	up := fake.New(t)
	h := harness.Start(t, map[string]string{"OPENAI_API_KEY": up.Key, "OPENAI_BASE_URL": up.URL})
	customer := h.Person("customer@example.com", enoughCredit)
	ask := func(stream bool) harness.Answer {
		return h.Chat(customer.Key, harness.Ask(respondModel, map[string]any{"max_tokens": 50, "stream": stream, "provider": respondOnly}))
	}
	for _, c := range []struct {
		name   string
		does   fake.Behaviour
		status int
	}{
		{"failed before a word", fake.BrokenResponse("", "server_error", "Sorry"), 502},
		{"a limit in the stream", fake.BrokenResponse("", "rate_limit_exceeded", "Slow down"), 429},
		{"a refused prompt", fake.BrokenResponse("", "invalid_prompt", "Flagged"), 400},
		{"a bad key", fake.Raw(401, "application/json", `{"error":{"message":"Incorrect API key","code":"invalid_api_key"}}`), 502},
		{"garbage", fake.Garbage(), 502},
	} {
		before := h.Available(customer)
		up.Then(c.does)
		if a := ask(true); a.Status != c.status || h.Available(customer) != before {
			t.Errorf("%s: %d %s", c.name, a.Status, a.Body)
		}
	}
	// Some accounts are given no summaries, which were our wish: the same provider is asked again without.
	up.Then(fake.Raw(400, "application/json", `{"error":{"message":"Your organization must be verified to generate reasoning summaries.","param":"reasoning.summary","code":"unsupported_value"}}`),
		fake.Respond("", fake.RespondUsage{Input: 10, Output: 5}, fake.MessageItem("Hi")))
	s := look(t, h.Chat(customer.Key, harness.Ask(respondModel, map[string]any{"max_tokens": 50, "reasoning": map[string]any{"effort": "low"}, "provider": respondOnly})), false)
	if last := string(up.Seen()[len(up.Seen())-1].Body); s.text != "Hi" || strings.Contains(last, "summary") || !strings.Contains(last, `"effort":"low"`) {
		t.Errorf("%+v %s", s, last)
	}
	before := h.Available(customer)
	up.Then(fake.BrokenResponse("Half an", "server_error", "Sorry"))
	if s := look(t, ask(true), true); s.failure == nil || s.text != "Half an" || h.Available(customer) != before {
		t.Errorf("%+v", s)
	}
	up.Then(fake.Respond("max_output_tokens", fake.RespondUsage{Input: 10, Output: 50}, fake.MessageItem("Half")))
	if s := look(t, ask(false), false); s.finish != "length" || s.text != "Half" || h.Available(customer) == before {
		t.Errorf("%+v", s)
	}
}

// TestResponsesAtAzure: the older addresses have one for all deployments, and the operator's own
// name of a model does not hide what it is.
func TestResponsesAtAzure(t *testing.T) {
	up := fake.New(t)
	h := harness.Start(t, map[string]string{"AZURE_API_KEY": up.Key, "AZURE_BASE_URL": up.URL + "/v1", "AZURE_API_VERSION": "2025-04-01-preview", "AZURE_DEPLOYMENTS": "gpt-5.2-codex=mine"})
	customer := h.Person("customer@example.com", enoughCredit)
	up.Always(fake.Respond("", fake.RespondUsage{Input: 10, Output: 3}, fake.ThoughtItem("rs_1", "Hm", "ENC"), fake.MessageItem("Hi")))
	a := h.Chat(customer.Key, harness.Ask(respondModel, map[string]any{"max_tokens": 50, "provider": map[string]any{"only": []string{"azure"}}}))
	if q := up.Seen()[0]; a.Status != http.StatusOK || q.Path != "/v1/responses" || q.Model != "mine" || !strings.Contains(string(a.Body), "azure-openai-responses-v1") {
		t.Errorf("asked %s %s: %d %s", q.Path, q.Body, a.Status, a.Body)
	}
}

// TestUnservedModels: a model that demands tools of its provider's own is shown and not called.
func TestUnservedModels(t *testing.T) {
	up := fake.New(t)
	h := harness.Start(t, map[string]string{"OPENAI_API_KEY": up.Key, "OPENAI_BASE_URL": up.URL})
	for _, o := range h.App.Catalog.Current().Model("openai/o3-deep-research").Endpoints {
		if o.Routable {
			t.Errorf("%s can be called", o.Name())
		}
	}
}
