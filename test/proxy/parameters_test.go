package proxy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"bourse/test/harness"
)

// TestEveryParameterArrives sends each parameter of a chat and looks at what the provider reads.
func TestEveryParameterArrives(t *testing.T) {
	m := open(t, nil)
	for _, c := range []struct{ sent, arrives string }{ // arrives "" is: the provider does not hear of it
		{`"temperature":0.5`, `"temperature":0.5`}, {`"top_p":0.9`, `"top_p":0.9`}, {`"top_k":40`, `"top_k":40`}, {`"min_p":0.1`, `"min_p":0.1`},
		{`"frequency_penalty":-1`, `"frequency_penalty":-1`}, {`"presence_penalty":1.5`, `"presence_penalty":1.5`}, {`"repetition_penalty":1.1`, `"repetition_penalty":1.1`},
		{`"seed":7`, `"seed":7`}, {`"stop":["a","b"]`, `"stop":["a","b"]`}, {`"logit_bias":{"50256":-100}`, `"logit_bias":{"50256":-100}`}, {`"logprobs":true`, `"logprobs":true`},
		{`"top_logprobs":5`, `"top_logprobs":5`}, {`"n":2`, `"n":2`}, {`"response_format":{"type":"json_object"}`, `"response_format":{"type":"json_object"}`},
		{`"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object"}}}`, `"json_schema":{"name":"x","schema":{"type":"object"}}`},
		{`"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"required","parallel_tool_calls":false`, `"tool_choice":"required","parallel_tool_calls":false`},
		{`"max_completion_tokens":77`, `"max_tokens":77`}, {`"prompt":"Legacy."`, ``}, {`"safe_prompt":true`, `"safe_prompt":true`},
		{`"user":"somebody@example.com"`, `"user":"`}, {`"metadata":{"a":"b"}`, ``}, {`"session_id":"s"`, ``}, {`"prompt_cache_key":"k"`, ``}, {`"store":true`, ``}, {`"trace":{"trace_id":"x"}`, ``},
		{`"usage":{"include":true}`, ``}, {`"transforms":[]`, ``}, {`"route":"fallback"`, ``}, {`"service_tier":"auto"`, ``}, {`"temperature":null`, ``}, {`"stream_options":{"include_usage":true}`, ``},
	} {
		a := m.Chat(m.customer.Key, `{"model":"`+model+`","messages":[{"role":"user","content":"Hi"}],"provider":{"only":["`+cheapSlug+`"]},`+c.sent+`}`)
		seen := m.cheap.Seen()
		last := string(seen[len(seen)-1].Body)
		name, _, _ := strings.Cut(strings.TrimPrefix(c.sent, `"`), `"`)
		switch {
		case a.Status != http.StatusOK:
			t.Errorf("%s: %d %s", c.sent, a.Status, a.Body)
		case c.arrives == "" && strings.Contains(last, `"`+name+`"`), !strings.Contains(last, c.arrives), strings.Contains(last, "somebody@"):
			t.Errorf("%s: the provider reads %s", c.sent, last)
		}
		if ignored := a.Header.Get("X-Bourse-Ignored"); ignored != "" {
			t.Errorf("%s: ignored %s", c.sent, ignored)
		}
	}
	for sent, field := range map[string]string{
		`"temperature":2.1`: "temperature", `"top_p":"x"`: "top_p", `"top_k":-1`: "top_k", `"n":0`: "n", `"stop":["1","2","3","4","5"]`: "stop", `"logit_bias":{"1":101}`: "logit_bias",
		`"top_logprobs":21`: "top_logprobs", `"max_tokens":0`: "max_tokens", `"tools":[{"type":"web_search"}]`: "tools[0].type", `"tool_choice":"sometimes"`: "tool_choice",
		`"response_format":"json"`: "response_format", `"reasoning":{"effort":"huge"}`: "reasoning.effort", `"reasoning_effort":"low","reasoning":{"effort":"high"}`: "reasoning.effort",
		`"metadata":{"a":1}`: "metadata", `"metadata":{"` + strings.Repeat("a", 65) + `":"b"}`: "metadata", `"modalities":["smell"]`: "modalities", `"prompt":7`: "prompt",
		`"provider":{"sort":"best"}`: "provider.sort", `"provider":{"sort":{"by":"price","partition":"some"}}`: "provider.sort.partition", `"provider":{"max_price":{"prompt":"much"}}`: "provider.max_price.prompt",
		`"provider":{"data_collection":"some"}`: "provider.data_collection", `"provider":{"order":"novita"}`: "provider.order", `"session_id":7`: "session_id", `"debug":true`: "debug",
		`"models":[""]`: "models", `"stream":"yes"`: "stream", `"plugins":{}`: "plugins", `"logprobs":"all"`: "logprobs",
	} {
		a := m.Chat(m.customer.Key, `{"model":"`+model+`","messages":[{"role":"user","content":"Hi"}],`+sent+`}`)
		if f := a.Failure(t); a.Status != http.StatusBadRequest || f.Metadata["field"] != field {
			t.Errorf("%s: %d %s", sent, a.Status, a.Body)
		}
	}
}

func TestAPromptIsAConversation(t *testing.T) {
	m := open(t, nil)
	a := m.Chat(m.customer.Key, `{"model":"`+model+`","prompt":"Say \"hi\".","max_tokens":50,"provider":{"only":["`+cheapSlug+`"]}}`)
	if last := m.cheap.Seen()[0].Body; a.Status != http.StatusOK || !bytes.Contains(last, []byte(`"messages":[{"role":"user","content":"Say \"hi\"."}]`)) {
		t.Errorf("%d %s: %s", a.Status, a.Body, last)
	}
}

func TestWhatIsNotDoneIsSaid(t *testing.T) {
	m := open(t, nil)
	for sent, want := range map[string]string{
		`"plugins":[{"id":"web"}]`: "plugins", `"plugins":[]`: "", `"service_tier":"priority"`: "service_tier", `"service_tier":"default"`: "", `"search_parameters":{}`: "search_parameters",
		`"web_search_options":{}`: "web_search_options", `"service_tier":"flex"`: "service_tier", `"service_tier":"scale"`: "service_tier",
	} {
		a := m.Chat(m.customer.Key, `{"model":"`+model+`","messages":[{"role":"user","content":"Hi"}],"max_tokens":50,`+sent+`}`)
		if got := a.Header.Get("X-Bourse-Ignored"); a.Status != http.StatusOK || got != want {
			t.Errorf("%s: %d, ignored %q", sent, a.Status, got)
		}
	}
	if a := m.Chat(m.customer.Key, harness.Ask(model+":online", map[string]any{"max_tokens": 50})); a.Status != http.StatusOK || a.Header.Get("X-Bourse-Ignored") != ":online" {
		t.Errorf("%d %v", a.Status, a.Header)
	}
}

func TestTheProvidersRequestCanBeSeen(t *testing.T) {
	m := open(t, nil)
	a := m.Chat(m.customer.Key, only(map[string]any{"stream": true, "temperature": 0.25, "debug": map[string]any{"echo_upstream_body": true}}))
	var first struct {
		Choices []any
		Debug   struct {
			Body struct {
				Model       string
				Temperature float64
			} `json:"echo_upstream_body"`
		}
	}
	if err := json.Unmarshal([]byte(a.Events(t)[0]), &first); err != nil || first.Choices == nil || len(first.Choices) != 0 || first.Debug.Body.Temperature != 0.25 || first.Debug.Body.Model == "" {
		t.Errorf("%v %+v: %s", err, first, a.Events(t)[0])
	}
	if s := look(t, a, true); s.text != "A short answer." || s.cost <= 0 {
		t.Errorf("%+v", s)
	}
	long := fmt.Sprintf(`{"model":%q,"stream":true,"max_tokens":50,"debug":{"echo_upstream_body":true},"provider":{"only":[%q]},"messages":[{"role":"user","content":%q}]}`, model, cheapSlug, strings.Repeat("a", 300_000))
	if a := m.Chat(m.customer.Key, long); a.Status != http.StatusOK || !strings.Contains(a.Events(t)[0], "too long to be shown") {
		t.Errorf("%d %s", a.Status, a.Body[:min(len(a.Body), 500)])
	}
	if a := m.Chat(m.customer.Key, only(map[string]any{"stream": true})); strings.Contains(string(a.Body), "echo_upstream_body") {
		t.Error("it is shown to those who did not ask")
	}
}
