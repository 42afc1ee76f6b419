package proxy

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"bourse/models"
	"bourse/test/fake"
	"bourse/test/harness"
)

// TestCohereUpstream asks Cohere's own dialect: what is billed is what is invoiced, and not what
// the model has read; the plan of a call and the thinking come back with the next request.
func TestCohereUpstream(t *testing.T) {
	up := fake.New(t)
	h := harness.Start(t, map[string]string{"COHERE_API_KEY": up.Key, "COHERE_BASE_URL": up.URL})
	customer := h.Person("customer@example.com", enoughCredit)
	model := ""
	for _, o := range h.App.Catalog.Current().Provider("cohere").Offers {
		if o.ProviderModelID == "command-a-plus-05-2026" && o.Routable {
			model = o.Model
		}
	}
	up.Always(fake.CohereAnswer{Thinking: "Let me see.", Plan: "I will look.", Text: "One two three.", Call: [2]string{"f", `{"a":1}`}, Finish: "TOOL_CALL",
		Usage: fake.CohereUsage{Billed: 1000, Written: 100, Read: 1500}}.Serve)
	const cost = models.Amount(1_000*2_500 + 100*10_000)
	more := map[string]any{"max_tokens": 5000, "reasoning": map[string]any{"effort": "low"}, "tool_choice": "required",
		"tools": []any{map[string]any{"type": "function", "function": map[string]any{"name": "f"}}}}
	for _, stream := range []bool{false, true} {
		more["stream"] = stream
		before := h.Available(customer)
		a := h.Chat(customer.Key, harness.Ask(model, more))
		s := look(t, a, stream)
		if spent := before - h.Available(customer); spent != cost+cost*5/100 || s.cost != spent {
			t.Errorf("stream %v: debited %s, want %s and the fee: %s", stream, spent.USD(), cost.USD(), a.Body)
		}
		if s.text != "One two three." || s.finish != "tool_calls" || s.provider != "Cohere" {
			t.Errorf("stream %v: %+v %s", stream, s, a.Body)
		}
		for _, part := range []string{`"summary":"I will look."`, `"format":"cohere-chat-v2"`, `"prompt_tokens":1000`, `"native_finish_reason":"TOOL_CALL"`} {
			if !strings.Contains(string(a.Body), part) {
				t.Errorf("no %s in %s", part, a.Body)
			}
		}
	}
	q := up.Seen()[0]
	if body := string(q.Body); q.Path != "/v1/chat" || !strings.Contains(body, `"thinking":{"type":"enabled","token_budget":1000}`) || !strings.Contains(body, `"tool_choice":"REQUIRED"`) {
		t.Errorf("asked %s %s", q.Path, body)
	}
}

func TestCohereUpstreamFails(t *testing.T) {
	up := fake.New(t)
	h := harness.Start(t, map[string]string{"COHERE_API_KEY": up.Key, "COHERE_BASE_URL": up.URL})
	customer := h.Person("customer@example.com", enoughCredit)
	const model = "cohere/command-r-08-2024"
	for _, c := range []struct {
		name   string
		does   fake.Behaviour
		status int
	}{
		{"a bad key", fake.Raw(401, "application/json", `{"message":"invalid api token"}`), 502},
		{"a limit", fake.Raw(429, "application/json", `{"message":"You are past the per minute request limit"}`), 429},
		{"a wrong parameter", fake.Raw(400, "application/json", `{"message":"invalid request: p must be below 1"}`), 400},
		{"an error at the end", fake.Raw(200, "text/event-stream", "data: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"ERROR\",\"error\":\"out of memory\"}}\n\n"), 502},
		{"cut", fake.Raw(200, "text/event-stream", "data: {\"type\":\"message-start\"}\n\n"), 502},
		{"garbage", fake.Garbage(), 502},
	} {
		before := h.Available(customer)
		up.Then(c.does)
		a := h.Chat(customer.Key, harness.Ask(model, map[string]any{"max_tokens": 50, "stream": true}))
		if a.Status != c.status || h.Available(customer) != before {
			t.Errorf("%s: %d %s", c.name, a.Status, a.Body)
		}
	}
}

// embedTexts answers with a vector for each of the texts that arrive, named by their length.
func embedTexts(w http.ResponseWriter, _ *http.Request, q fake.Request) {
	var asked struct {
		Texts []string
		Text  string `json:"inputText"`
	}
	if err := json.Unmarshal(q.Body, &asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if asked.Text != "" {
		fmt.Fprintf(w, `{"embedding":[%d,1],"inputTextTokenCount":3}`, len(asked.Text))
		return
	}
	var list []string
	for _, text := range asked.Texts {
		list = append(list, fmt.Sprintf("[%d,1]", len(text)))
	}
	if strings.HasPrefix(q.Path, "/v1/model/") {
		w.Header().Set("X-Amzn-Bedrock-Input-Token-Count", fmt.Sprint(3*len(list)))
		fmt.Fprintf(w, `{"response_type":"embeddings_by_type","embeddings":{"float":[%s]}}`, strings.Join(list, ","))
		return
	}
	fmt.Fprintf(w, `{"embeddings":{"float":[%s]},"meta":{"billed_units":{"input_tokens":%d}}}`, strings.Join(list, ","), 3*len(list))
}

// TestVectorsInBatches: few providers take as many inputs at once as clients send; what comes back
// is in the order of the inputs, and counted together.
func TestVectorsInBatches(t *testing.T) {
	up := fake.New(t)
	h := harness.Start(t, map[string]string{"COHERE_API_KEY": up.Key, "COHERE_BASE_URL": up.URL, "AWS_BEARER_TOKEN_BEDROCK": up.Key, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": up.URL})
	customer := h.Person("customer@example.com", enoughCredit)
	up.Always(embedTexts)
	var inputs []string
	for i := range 200 {
		inputs = append(inputs, strings.Repeat("a", i+1))
	}
	for _, c := range []struct {
		provider, upstream string
		requests           int
	}{{"cohere", "embed-v4.0", 3}, {"amazon-bedrock", "cohere.embed-v4:0", 3}, {"amazon-bedrock", "amazon.titan-embed-text-v2:0", 200}} {
		model, rate := "", models.Rate(0)
		for _, o := range h.App.Catalog.Current().Provider(c.provider).Offers {
			if o.ProviderModelID == c.upstream && o.Routable {
				model = o.Model
				rate, _ = o.Input()
			}
		}
		before, seen := h.Available(customer), len(up.Seen())
		a := h.Do(http.MethodPost, "/api/v1/embeddings", customer.Key, map[string]any{"model": model, "input": inputs, "provider": map[string]any{"only": []string{c.provider}}})
		var got struct {
			Data  []struct{ Embedding []int }
			Usage struct {
				Prompt int `json:"prompt_tokens"`
			}
		}
		if a.Status != http.StatusOK {
			t.Fatalf("%s: %d %s", c.upstream, a.Status, a.Body)
		}
		a.JSON(t, &got)
		for i, d := range got.Data {
			if d.Embedding[0] != i+1 {
				t.Fatalf("%s: vector %d is of input %d", c.upstream, i, d.Embedding[0]-1)
			}
		}
		pico := int64(600 * rate)
		spent := before - h.Available(customer)
		if n := len(up.Seen()) - seen; len(got.Data) != 200 || got.Usage.Prompt != 600 || n != c.requests || int64(spent) < pico/1000 || int64(spent) > pico*106/100/1000+2 {
			t.Errorf("%s: %d vectors, %d tokens, %d requests, %s", c.upstream, len(got.Data), got.Usage.Prompt, n, spent.USD())
		}
	}
	// One that fails costs nothing, and tokens of another maker are refused.
	before := h.Available(customer)
	up.Then(fake.Raw(500, "application/json", `{"message":"internal"}`))
	ask := map[string]any{"model": "cohere/embed-v4.0", "input": inputs, "provider": map[string]any{"only": []string{"cohere"}}}
	for _, o := range h.App.Catalog.Current().Provider("cohere").Offers {
		if o.ProviderModelID == "embed-v4.0" {
			ask["model"] = o.Model
		}
	}
	if a := h.Do(http.MethodPost, "/api/v1/embeddings", customer.Key, ask); a.Status != http.StatusBadGateway || h.Available(customer) != before {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	ask["input"] = []int{1, 2, 3}
	if a := h.Do(http.MethodPost, "/api/v1/embeddings", customer.Key, ask); a.Status != http.StatusBadRequest || h.Available(customer) != before {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}
