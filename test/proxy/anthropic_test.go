package proxy

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"bourse/models"
	"bourse/test/fake"
	"bourse/test/harness"
)

// claudeHouse has one provider, and that speaks Anthropic's dialect.
func claudeHouse(t *testing.T) (*harness.House, *fake.Upstream, harness.Person) {
	t.Helper()
	up := fake.New(t)
	h := harness.Start(t, map[string]string{"ANTHROPIC_API_KEY": up.Key, "ANTHROPIC_BASE_URL": up.URL})
	return h, up, h.Person("customer@example.com", enoughCredit)
}

const claudeModel = "anthropic/claude-sonnet-4.5"

// TestAnthropicUpstream asks a provider of another dialect: the client notices nothing, and each
// kind of token has its price.
func TestAnthropicUpstream(t *testing.T) {
	h, up, customer := claudeHouse(t)
	up.Always(fake.Message("end_turn", fake.MessageUsage{Input: 1000, CacheRead: 10_000, Write5m: 100, Write1h: 200, Output: 300, Thinking: 50},
		fake.ThinkingBlock("Let me see.", "SIG"), fake.TextBlock("One two three.")))
	for _, stream := range []bool{false, true} {
		before := h.Available(customer)
		a := h.Chat(customer.Key, harness.Ask(claudeModel, map[string]any{"max_tokens": 5000, "stream": stream, "reasoning": map[string]any{"effort": "low"}}))
		s := look(t, a, stream)
		// 1,000 × 3 + 10,000 × 0.3 + 100 × 3.75 + 200 × 6 + 300 × 15, all $/M, and 5 % of it.
		const cost = models.Amount(3_000_000 + 3_000_000 + 375_000 + 1_200_000 + 4_500_000)
		const want = cost + cost*5/100
		if s.cost != want || before-h.Available(customer) != want || s.text != "One two three." || s.finish != "stop" || s.provider != "Anthropic" {
			t.Errorf("stream %v: %+v, debited %s: %s", stream, s, (before - h.Available(customer)).USD(), a.Body)
		}
		if !strings.Contains(string(a.Body), `"signature":"SIG"`) || !strings.Contains(string(a.Body), `"reasoning":"Let me see."`) {
			t.Errorf("the thinking is lost: %s", a.Body)
		}
	}
	q := up.Seen()[1]
	var sent struct {
		Thinking struct {
			Budget int `json:"budget_tokens"`
		}
		MaxTokens int `json:"max_tokens"`
	}
	if err := json.Unmarshal(q.Body, &sent); err != nil || sent.Thinking.Budget != 1024 || sent.MaxTokens != 5000 {
		t.Errorf("sent %s", q.Body)
	}
	if q.Path != "/v1/messages" || q.Header.Get("Anthropic-Version") == "" || q.Header.Get("Authorization") != "" {
		t.Errorf("asked %s %v", q.Path, q.Header)
	}
}

func TestAnthropicUpstreamFails(t *testing.T) {
	h, up, customer := claudeHouse(t)
	anError := func(status int, kind, message string) fake.Behaviour {
		return fake.Raw(status, "application/json", `{"type":"error","error":{"type":"`+kind+`","message":"`+message+`"},"request_id":"r"}`)
	}
	for _, c := range []struct {
		name   string
		does   fake.Behaviour
		status int
		secret string
	}{
		{"overloaded", anError(529, "overloaded_error", "Overloaded"), 503, ""},
		{"too long", anError(400, "invalid_request_error", "prompt is too long: 250000 tokens > 200000 maximum"), 400, ""},
		{"no money", anError(400, "invalid_request_error", "Your credit balance is too low to access the API."), 502, "credit balance"},
		{"a bad key", anError(401, "authentication_error", "invalid x-api-key"), 502, "x-api-key"},
		{"garbage", fake.Garbage(), 502, ""},
	} {
		for _, stream := range []bool{false, true} {
			before := h.Available(customer)
			up.Then(c.does)
			a := h.Chat(customer.Key, harness.Ask(claudeModel, map[string]any{"max_tokens": 50, "stream": stream}))
			if f := a.Failure(t); a.Status != c.status || f.Code != c.status || c.secret != "" && strings.Contains(string(a.Body), c.secret) {
				t.Errorf("%s: %d %s", c.name, a.Status, a.Body)
			}
			if h.Available(customer) != before {
				t.Errorf("%s costs money", c.name)
			}
		}
	}
	before := h.Available(customer)
	up.Then(fake.BrokenMessage("Half of", "overloaded_error", "Overloaded"))
	s := look(t, h.Chat(customer.Key, harness.Ask(claudeModel, map[string]any{"max_tokens": 50, "stream": true})), true)
	if s.failure == nil || s.failure.Code != http.StatusServiceUnavailable || !s.done || h.Available(customer) != before {
		t.Errorf("%+v", s)
	}
}

// TestMessagesDoor asks in Anthropic's dialect at both ends: what the client signed and marked
// arrives, and the money is the same.
func TestMessagesDoor(t *testing.T) {
	h, up, customer := claudeHouse(t)
	up.Always(fake.Message("tool_use", fake.MessageUsage{Input: 1000, CacheRead: 500, Write1h: 200, Output: 300}, fake.ThinkingBlock("Let me see.", "SIG"),
		fake.TextBlock("One two."), fake.ToolBlock("toolu_1", "f", map[string]any{"a": 1})))
	const request = `{"model":"claude-sonnet-4-5-20250929","max_tokens":5000,%s"system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral","ttl":"1h"}}],
		"thinking":{"type":"enabled","budget_tokens":2000},"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],
		"messages":[{"role":"user","content":"Go"},{"role":"assistant","content":[{"type":"thinking","thinking":"Hm","signature":"OLD"},{"type":"tool_use","id":"toolu_0","name":"f","input":{}}]},
		{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_0","content":"done"}]}]}`
	// 1,000 × 3 + 500 × 0.3 + 200 × 6 + 300 × 15, all $/M, and 5 % of it.
	const cost = models.Amount(3_000_000 + 150_000 + 1_200_000 + 4_500_000)
	for _, stream := range []string{"", `"stream":true,`} {
		before := h.Available(customer)
		a := h.Do(http.MethodPost, "/api/v1/messages?beta=true", customer.Key, strings.Replace(request, "%s", stream, 1))
		if spent := before - h.Available(customer); a.Status != http.StatusOK || spent != cost+cost*5/100 {
			t.Errorf("debited %s: %d %s", spent.USD(), a.Status, a.Body)
		}
		for _, part := range []string{`"SIG"`, `"toolu_1"`, `"stop_reason":"tool_use"`, `"cache_read_input_tokens":500`, `"ephemeral_1h_input_tokens":200`, `"cost":0.0092925`} {
			if !strings.Contains(string(a.Body), part) {
				t.Errorf("no %s in %s", part, a.Body)
			}
		}
	}
	for _, part := range []string{`"signature":"OLD"`, `"ttl":"1h"`, `"tool_use_id":"toolu_0"`, `"budget_tokens":2000`} {
		if sent := up.Seen()[0].Body; !strings.Contains(string(sent), part) {
			t.Errorf("no %s in %s", part, sent)
		}
	}
	before := h.Available(customer)
	up.Then(fake.BrokenMessage("Half of", "overloaded_error", "Overloaded"))
	a := h.Do(http.MethodPost, "/api/v1/messages", customer.Key, strings.Replace(request, "%s", `"stream":true,`, 1))
	if !strings.Contains(string(a.Body), "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"") || h.Available(customer) != before {
		t.Errorf("a broken stream: %s", a.Body)
	}
	if a := h.Do(http.MethodPost, "/api/v1/messages", "", request); a.Status != 401 || !strings.Contains(string(a.Body), `"authentication_error"`) {
		t.Errorf("without a key: %d %s", a.Status, a.Body)
	}
}
