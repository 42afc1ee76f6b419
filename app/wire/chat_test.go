package wire_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"bourse/app/wire"
	"bourse/models"
)

const hello = `"messages":[{"role":"user","content":"Hello there"}]`

func parse(t *testing.T, body string) *wire.ChatRequest {
	t.Helper()
	r, fault := wire.ParseChat([]byte(body))
	if fault != nil {
		t.Fatalf("refused %s: %s", body, fault.Message)
	}
	return r
}

// TestOneMeaning holds the bodies that two parsers read differently: what is billed would not be
// what is served.
func TestOneMeaning(t *testing.T) {
	for name, body := range map[string]string{
		"a name twice":                 `{"model":"cheap","model":"dear",` + hello + `}`,
		"a name twice, once escaped":   `{"model":"cheap","mod\u0065l":"dear",` + hello + `}`,
		"a name in another case":       `{"model":"cheap","Model":"dear",` + hello + `}`,
		"a name that folds to another": `{"model":"cheap","ſtream":true,` + hello + `}`,
		"a second object":              `{"model":"cheap",` + hello + `}{"model":"dear"}`,
		"invalid UTF-8":                "{\"model\":\"cheap\xff\"," + hello + "}",
		"a name twice, deep down":      `{"model":"cheap","messages":[{"role":"user","role":"system","content":"x"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, fault := wire.ParseChat([]byte(body))
			if fault == nil {
				t.Fatal("accepted")
			}
			if fault.Status != 400 || fault.Type != wire.TypeInvalidRequest {
				t.Errorf("got %d %s", fault.Status, fault.Type)
			}
			t.Log(fault.Message)
		})
	}
}

func TestRefusals(t *testing.T) {
	with := func(member string) string { return `{"model":"a/b",` + hello + `,` + member + `}` }
	for _, c := range []struct{ body, field, says string }{
		{``, "", "empty"},
		{`  `, "", "ends too early"},
		{`[]`, "", "not an array"},
		{`"x"`, "", "not a string"},
		{`{"model":"a/b"`, "", "ends too early"},
		{`{"model":"a/b",}`, "", "not valid JSON"},
		{`{` + hello + `}`, "model", "author/slug"},
		{`{"model":5,` + hello + `}`, "model", "a string"},
		{`{"model":"a/b"}`, "messages", "missing"},
		{`{"model":"a/b","messages":[]}`, "messages", "at least one"},
		{`{"model":"a/b","messages":null}`, "messages", "array"},
		{`{"model":"a/b","messages":"hi"}`, "messages", "array"},
		{`{"model":"a/b","messages":["hi"]}`, "messages[0]", "an object"},
		{`{"model":"a/b","messages":[{"content":"x"}]}`, "messages[0].role", "missing"},
		{`{"model":"a/b","messages":[{"role":"robot","content":"x"}]}`, "messages[0].role", "assistant"},
		{`{"model":"a/b","messages":[{"role":"user","content":5}]}`, "messages[0].content", "parts"},
		{`{"model":"a/b","messages":[{"role":"user","content":[{"text":"x"}]}]}`, "messages[0].content[0].type", "missing"},
		{with(`"max_tokens":0`), "max_tokens", "from 1"},
		{with(`"max_tokens":-5`), "max_tokens", "from 1"},
		{with(`"max_tokens":1.5`), "max_tokens", "whole number"},
		{with(`"max_tokens":1e30`), "max_tokens", "whole number"},
		{with(`"max_completion_tokens":99999999999999999999`), "max_completion_tokens", "from 1"},
		{with(`"n":0`), "n", "from 1"},
		{with(`"n":1000`), "n", "128"},
		{with(`"temperature":3`), "temperature", "from 0 to 2"},
		{with(`"temperature":"hot"`), "temperature", "number"},
		{with(`"top_p":1.1`), "top_p", "from 0 to 1"},
		{with(`"stream":"yes"`), "stream", "true or false"},
		{with(`"stream_options":{"include_usage":1}`), "stream_options.include_usage", "true or false"},
		{with(`"stop":["a","b","c","d","e"]`), "stop", "more than 4"},
		{with(`"seed":1.5`), "seed", "whole number"},
		{with(`"tools":{}`), "tools", "array"},
		{with(`"tools":[{"type":"openrouter:web_search"}]`), "tools[0].type", "not offered"},
		{with(`"tool_choice":"maybe"`), "tool_choice", "auto"},
		{with(`"response_format":"json"`), "response_format", "object"},
		{with(`"provider":[]`), "provider", "object"},
		{with(`"provider":{"order":"openai"}`), "provider.order", "array of strings"},
		{with(`"provider":{"sort":"best"}`), "provider.sort", "throughput"},
		{with(`"provider":{"max_price":{"prompt":-1}}`), "provider.max_price.prompt", "price"},
		{with(`"models":["a/b",5]`), "models[1]", "a string"},
		{with(`"reasoning_effort":"huge"`), "reasoning_effort", "xhigh"},
		{with(`"reasoning":{"effort":"low"},"reasoning_effort":"high"`), "reasoning_effort", "different"},
		{with(`"session_id":"` + strings.Repeat("x", 300) + `"`), "session_id", "256"},
		{with(`"Temperature":1`), "Temperature", `"temperature"`},
	} {
		_, fault := wire.ParseChat([]byte(c.body))
		if fault == nil {
			t.Errorf("accepted %s", c.body)
			continue
		}
		if fault.Status != 400 || !strings.Contains(fault.Message, c.says) {
			t.Errorf("%s: %d %q lacks %q", c.body, fault.Status, fault.Message, c.says)
		}
		if got, _ := fault.Metadata["field"].(string); got != c.field {
			t.Errorf("%s: field %q, want %q", c.body, got, c.field)
		}
	}
}

func TestParsedFields(t *testing.T) {
	r := parse(t, `{"model":" openai/gpt-4o ","models":["a/b","c/d"],"stream":true,"stream_options":{"include_usage":true},
		"max_tokens":50,"n":2,"temperature":0.5,"top_k":null,"seed":7,"user":"me@example.org","session_id":"s1",
		"provider":{"order":["x"],"only":["y"],"ignore":["z"],"allow_fallbacks":false,"require_parameters":false,
			"data_collection":"deny","zdr":true,"quantizations":["fp8"],"sort":{"by":"price"},"unknown":1,
			"max_price":{"prompt":"1.5","completion":2,"request":0.01}},
		"tools":[{"type":"function","function":{"name":"f","parameters":{}}}],"tool_choice":"auto",
		"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{}}},
		"reasoning":{"effort":"high","exclude":true},
		"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":[
			{"type":"text","text":"What is this?"},
			{"type":"image_url","image_url":{"url":"data:image/png;base64,`+strings.Repeat("iVBOR", 100_000)+`"}},
			{"type":"input_audio","input_audio":{"data":"UklGR","format":"wav"}},
			{"type":"file","file":{"file_data":"data:application/pdf;base64,JVBER"}}]}]}`)
	if r.Model != "openai/gpt-4o" || !reflect.DeepEqual(r.Models, []string{"a/b", "c/d"}) {
		t.Errorf("models: %q %q", r.Model, r.Models)
	}
	if !r.Stream || !r.IncludeUsage || r.MaxTokens != 50 || r.N != 2 || r.User != "me@example.org" || r.SessionID != "s1" {
		t.Errorf("fields: %+v", r)
	}
	if !r.HasTools || !r.HasImages || !r.HasAudio || !r.HasFiles || r.HasVideo || r.Messages != 2 {
		t.Errorf("kinds: %+v", r)
	}
	if !r.ReasoningRequested || !r.ReasoningExclude || r.ReasoningEffort != "high" {
		t.Errorf("reasoning: %+v", r)
	}
	want := []string{"temperature", "seed", "tools", "structured_outputs", "reasoning"}
	if !reflect.DeepEqual(r.Params, want) {
		t.Errorf("params %q, want %q", r.Params, want)
	}
	p := r.Provider
	if p.AllowFallbacks || p.RequireParameters || !p.ZDR || p.DataCollection != "deny" || p.Sort != "price" {
		t.Errorf("provider: %+v", p)
	}
	if p.MaxPrice.Prompt != 1_500_000 || p.MaxPrice.Completion != 2_000_000 || p.MaxPrice.Request != 10_000_000_000 || p.MaxPrice.Image != -1 {
		t.Errorf("max price: %+v", p.MaxPrice)
	}
	if r.TokensEstimate > 40_000 {
		t.Errorf("the estimate of %d counts a picture as text", r.TokensEstimate)
	}
	if r.HoldTokens() < r.TokensEstimate {
		t.Errorf("holds %d for an estimate of %d", r.HoldTokens(), r.TokensEstimate)
	}
}

func TestDefaults(t *testing.T) {
	r := parse(t, `{"models":["a/b","c/d"],"max_tokens":null,"stream":null,"provider":null,`+hello+`}`)
	if r.Model != "a/b" || len(r.Models) != 1 || r.N != 1 || r.Stream || r.MaxTokens != 0 {
		t.Errorf("%+v", r)
	}
	if !r.Provider.RequireParameters || !r.Provider.AllowFallbacks || r.Provider.MaxPrice.Prompt != -1 {
		t.Errorf("%+v", r.Provider)
	}
	if len(r.Params) != 0 || r.HasTools || r.ReasoningRequested {
		t.Errorf("%+v", r)
	}
}

// TestUpstream compares what goes up as values, member by member.
func TestUpstream(t *testing.T) {
	const plain = `"model":"up","messages":[{"role":"user","content":"Hello there"}]`
	for _, c := range []struct {
		name, members, want string
		o                   wire.UpstreamOptions
	}{
		{"nothing but what was kept", ``, ``, wire.UpstreamOptions{}},
		{"router-only members stay", `"provider":{},"models":["x/y"],"route":"fallback","transforms":[],"plugins":[],"usage":{"include":true},
			"preset":"p","session_id":"s","trace":{},"metadata":{},"user":"raw","service_tier":"priority","store":true,"debug":{}`, ``, wire.UpstreamOptions{}},
		{"unknown members pass", `"safe_prompt":true,"odd\"name":[1, 2]`, `"safe_prompt":true,"odd\"name":[1,2]`, wire.UpstreamOptions{}},
		{"nulls are not sent", `"temperature":null,"tools":null,"whatever":null`, ``, wire.UpstreamOptions{}},
		{"streams ask for usage", `"stream":true`, `"stream":true,"stream_options":{"include_usage":true}`, wire.UpstreamOptions{}},
		{"unless refused", `"stream":true,"stream_options":{"include_usage":false}`, `"stream":true`,
			wire.UpstreamOptions{Quirks: models.Quirks{NoStreamOptions: true}}},
		{"the limit has one name", `"max_completion_tokens":9`, `"max_tokens":9`, wire.UpstreamOptions{}},
		{"and another by quirk", `"max_tokens":9`, `"max_completion_tokens":9`,
			wire.UpstreamOptions{Quirks: models.Quirks{MaxTokensField: "max_completion_tokens"}}},
		{"the newer name wins", `"max_completion_tokens":7,"max_tokens":9`, `"max_tokens":7`, wire.UpstreamOptions{}},
		{"the limit is overridden", `"max_tokens":9`, `"max_tokens":5`, wire.UpstreamOptions{MaxTokens: 5}},
		{"or set", ``, `"max_tokens":5`, wire.UpstreamOptions{MaxTokens: 5}},
		{"refused members go", `"temperature":1,"seed":3`, `"seed":3`,
			wire.UpstreamOptions{Quirks: models.Quirks{DropParams: []string{"temperature"}}}},
		{"unsupported members go", `"temperature":1,"seed":3,"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"auto"`, `"seed":3`,
			wire.UpstreamOptions{Supported: []string{"seed"}}},
		{"the user is a name of ours", `"user":"me@example.org"`, `"user":"u-1"`, wire.UpstreamOptions{User: "u-1"}},
		{"reasoning has the common name", `"reasoning":{"effort":"max"}`, `"reasoning_effort":"xhigh"`, wire.UpstreamOptions{}},
		{"a budget becomes an effort", `"reasoning":{"max_tokens":2000}`, `"reasoning_effort":"low"`, wire.UpstreamOptions{}},
		{"a router gets all of it", `"reasoning":{"effort":"max"}`, `"reasoning":{"effort":"max"},"usage":{"include":true}`,
			wire.UpstreamOptions{Quirks: models.Quirks{TrustProviderCost: true}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := `{"model":"a/b",` + hello
			if c.members != "" {
				body += "," + c.members
			}
			want := `{` + plain
			if c.want != "" {
				want += "," + c.want
			}
			c.o.Model = "up"
			got := parse(t, body+"}").AppendUpstream(nil, c.o)
			sameJSON(t, string(got), want+"}")
		})
	}
}

func TestUpstreamMessages(t *testing.T) {
	r := parse(t, `{"model":"a/b","messages":[
		{"role":"user","content":[{"type":"text","text":"hi","cache_control":{"type":"ephemeral"}}]},
		{"role":"assistant","content":null,"reasoning":"hm","reasoning_details":[{}],"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},
		{"role":"tool","tool_call_id":"1","content":"ok"}]}`)
	sameJSON(t, string(r.AppendUpstream(nil, wire.UpstreamOptions{Model: "m"})), `{"model":"m","messages":[
		{"role":"user","content":[{"type":"text","text":"hi"}]},
		{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},
		{"role":"tool","tool_call_id":"1","content":"ok"}]}`)
	got := string(r.AppendUpstream(nil, wire.UpstreamOptions{Model: "m", Quirks: models.Quirks{ReasoningField: "reasoning_content"}}))
	if !strings.Contains(got, `"reasoning_content":"hm"`) {
		t.Errorf("reasoning was not sent back: %s", got)
	}
}

func sameJSON(t *testing.T, got, want string) {
	t.Helper()
	var a, b any
	if err := json.Unmarshal([]byte(got), &a); err != nil {
		t.Fatalf("not JSON: %s: %s", err, got)
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatalf("the expectation is not JSON: %s: %s", err, want)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// FuzzParseChat: whatever is accepted means the same to another parser, and so does what goes up.
func FuzzParseChat(f *testing.F) {
	f.Add([]byte(`{"model":"a/b",` + hello + `}`))
	f.Add([]byte(`{"model":"a/b",` + hello + `,"max_tokens":5,"stream":true,"provider":{"sort":"price"},"x":[1,{"y":null}]}`))
	f.Add([]byte(`{"mod\u0065l":"a/b","messages":[{"role":"assistant","reasoning":"r","content":[{"type":"text","text":"x"}]}]}`))
	f.Add([]byte(`{"model":"a/b","messages":[{"role":"user","content":"\ud83d\ude00 \u00e9 \ud83d"}],"tools":[{"type":"function","function":{"name":"f","name":"g"}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, fault := wire.ParseChat(body)
		sameReadTwice(t, body, r, fault)
		if fault != nil {
			if fault.Status != 400 || fault.Message == "" {
				t.Fatalf("fault %+v", fault)
			}
			return
		}
		var seen struct {
			Model  *string  `json:"model"`
			Models []string `json:"models"`
			Stream bool     `json:"stream"`
		}
		if err := json.Unmarshal(body, &seen); err != nil {
			t.Fatalf("accepted what encoding/json refuses: %s", err)
		}
		if seen.Model != nil && strings.TrimSpace(*seen.Model) != "" && strings.TrimSpace(*seen.Model) != r.Model {
			t.Fatalf("read model %q, encoding/json reads %q", r.Model, *seen.Model)
		}
		if seen.Stream != r.Stream {
			t.Fatalf("stream %v", r.Stream)
		}
		up := r.AppendUpstream(nil, wire.UpstreamOptions{Model: "up/stream"})
		var sent map[string]any
		if err := json.Unmarshal(up, &sent); err != nil {
			t.Fatalf("what goes up is not JSON: %s: %s", err, up)
		}
		if sent["model"] != "up/stream" || strings.Count(string(up), `"model":"up/stream"`) == 0 || sent["provider"] != nil {
			t.Fatalf("went up: %s", up)
		}
		if again, fault := wire.ParseChat(up); fault != nil {
			t.Fatalf("what goes up is refused: %s: %s", fault.Message, up)
		} else if again.Messages != r.Messages || again.Model != "up/stream" {
			t.Fatalf("went up: %s", up)
		}
	})
}
