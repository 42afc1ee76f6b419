package wire_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"bourse/app/wire"
	"bourse/models"
)

func genaiChat(t *testing.T, body string) (*wire.ChatRequest, string) {
	t.Helper()
	r, fault := wire.NewGenaiSkin("a/b:nitro", true).Parse([]byte(body))
	if fault != nil {
		t.Fatal(fault)
	}
	if r.Model != "a/b:nitro" || !r.Stream {
		t.Errorf("model %q, stream %v", r.Model, r.Stream)
	}
	return r, string(r.AppendUpstream(nil, wire.UpstreamOptions{Model: "up", Quirks: models.Quirks{TrustProviderCost: true}}))
}

func TestGenaiBecomesAChat(t *testing.T) {
	r, up := genaiChat(t, `{"systemInstruction":{"parts":[{"text":"Be brief."}]},"safetySettings":[],"tools":[{"googleSearch":{}},{"functionDeclarations":[
		{"name":"f","description":"d","parameters":{"type":"OBJECT","properties":{"type":{"type":"STRING","nullable":true},"n":{"type":"ARRAY","items":{"type":"INTEGER"},"maxItems":"3"}},"propertyOrdering":["n"]}},
		{"name":"g","parametersJsonSchema":{"type":"object"}}]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f"]}},
		"generationConfig":{"temperature":0.5,"topP":0.9,"topK":40.0,"maxOutputTokens":99,"stopSequences":["x"],"seed":1,"responseMimeType":"application/json","responseSchema":{"type":"OBJECT"},
			"thinkingConfig":{"thinkingBudget":1024,"includeThoughts":true}},
		"contents":[{"role":"user","parts":[{"text":"Look"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"fileData":{"mimeType":"application/pdf","fileUri":"https://x.example/a.pdf"}}]},
		{"role":"model","parts":[{"text":"Hm","thought":true},{"text":"Wait."},{"functionCall":{"name":"f","args":{"n":[1]}},"thoughtSignature":"S"},{"functionCall":{"name":"g","args":{}}}]},
		{"role":"user","parts":[{"functionResponse":{"name":"g","response":{"output":"two"}}},{"functionResponse":{"name":"f","response":{"output":"one"}}},{"text":"So?"}]}]}`)
	if want := []string{"safetySettings", "tools.googleSearch"}; !slices.Equal(r.Ignored, want) {
		t.Errorf("ignored %v, want %v", r.Ignored, want)
	}
	sameObject(t, "chat", object(t, up), `{"model":"up","stream":true,"stream_options":{"include_usage":true},"usage":{"include":true},"temperature":0.5,"top_p":0.9,"top_k":40,"max_tokens":99,"stop":["x"],"seed":1,
		"reasoning":{"max_tokens":1024},"response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object"}}},
		"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"type":{"type":["string","null"]},"n":{"type":"array","items":{"type":"integer"},"maxItems":3}}}}},
			{"type":"function","function":{"name":"g","parameters":{"type":"object"}}}],"tool_choice":{"type":"function","function":{"name":"f"}},
		"messages":[{"role":"system","content":"Be brief."},
		{"role":"user","content":[{"type":"text","text":"Look"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},{"type":"file","file":{"filename":"document","file_data":"https://x.example/a.pdf"}}]},
		{"role":"assistant","content":[{"type":"text","text":"Wait."}],"reasoning_details":[{"type":"reasoning.encrypted","format":"google-gemini-v1","data":"S","id":"call_1"}],
			"tool_calls":[{"type":"function","id":"call_1","function":{"name":"f","arguments":"{\"n\":[1]}"}},{"type":"function","id":"call_2","function":{"name":"g","arguments":"{}"}}]},
		{"role":"tool","content":"{\"output\":\"two\"}","tool_call_id":"call_2"},{"role":"tool","content":"{\"output\":\"one\"}","tool_call_id":"call_1"},
		{"role":"user","content":[{"type":"text","text":"So?"}]}]}`)
	// The names of the API's own documentation, which are in snake case.
	_, up = genaiChat(t, `{"system_instruction":{"parts":{"text":"Be brief."}},"generation_config":{"max_output_tokens":7},"contents":{"parts":{"text":"Hi"}},
		"tools":{"function_declarations":[{"name":"f"}]}}`)
	if gjson.Get(up, "max_tokens").Int() != 7 || gjson.Get(up, "messages.#").Int() != 2 || gjson.Get(up, "tools.0.function.name").String() != "f" {
		t.Errorf("snake case: %s", up)
	}
}

func TestGenaiRefused(t *testing.T) {
	for _, body := range []string{``, `[]`, `{}`, `{"contents":[]}`, `{"contents":"Hi"}`, `{"contents":[{"role":"boss","parts":[{"text":"a"}]}]}`, `{"contents":[{"parts":[{"dance":{}}]}]}`,
		`{"contents":[{"parts":[{"text":"a"}]}],"cachedContent":"cachedContents/1"}`, `{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"temperature":9}}`,
		`{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"candidateCount":2}}`, `{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"responseMimeType":"text/x.enum"}}`,
		`{"contents":[{"parts":[{"text":"a"}]}],"contents":[]}`, `{"contents":[{"parts":[{"text":"a"}]}],"tools":["f"]}`} {
		s := wire.NewGenaiSkin("a/b", true)
		r, fault := s.Parse([]byte(body))
		if fault == nil || fault.Status != 400 {
			t.Errorf("%s: %+v", body, r)
			continue
		}
		if e := gjson.ParseBytes(s.Error(nil, fault, "req")).Get("error"); e.Get("code").Int() != 400 || e.Get("status").String() != "INVALID_ARGUMENT" || e.Get("message").String() == "" {
			t.Errorf("%s: %s", body, e.Raw)
		}
	}
}

// TestGenaiStream is a stream with thoughts, words and calls whose arguments come in pieces.
func TestGenaiStream(t *testing.T) {
	s := wire.NewGenaiSkin("a/b", true)
	s.Begin(head(), 1)
	var out []byte
	for _, delta := range []string{`{"role":"assistant","content":""}`, `{"reasoning":"Hm","reasoning_details":[{"type":"reasoning.text","text":"Hm"}]}`, `{"content":"One "}`, `{"content":"two"}`,
		`{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":"}}]}`, `{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}],"reasoning_details":[{"type":"reasoning.encrypted","format":"google-gemini-v1","id":"c1","data":"S"}]}`,
		`{"tool_calls":[{"index":1,"id":"c2","type":"function","function":{"name":"g","arguments":""}}]}`} {
		out = s.Chunk(out, []byte(`{"choices":[{"index":0,"delta":`+delta+`}]}`))
	}
	out = s.End(out, wire.Ending{Finish: "tool_calls", Native: "tool_calls", Usage: wire.UsageBlock{Usage: models.Usage{Input: 10, Output: 7, Reasoning: 2, CacheRead: 4}, Cost: 1000}})
	var parts []string
	var last gjson.Result
	for event := range strings.SplitSeq(strings.TrimSpace(string(out)), "\n\n") {
		data, found := strings.CutPrefix(event, "data: ")
		if !found || !gjson.Valid(data) {
			t.Fatalf("no event: %q", event)
		}
		last = gjson.Parse(data)
		for _, part := range last.Get("candidates.0.content.parts").Array() {
			parts = append(parts, part.Raw)
		}
	}
	want := []string{`{"thought":true,"text":"Hm"}`, `{"text":"One "}`, `{"text":"two"}`, `{"functionCall":{"id":"c1","name":"f","args":{"a":1}},"thoughtSignature":"S"}`, `{"functionCall":{"id":"c2","name":"g","args":{}}}`}
	if !slices.Equal(parts, want) {
		t.Errorf("parts\n%s\nwant\n%s", strings.Join(parts, "\n"), strings.Join(want, "\n"))
	}
	sameJSON(t, last.Get("usageMetadata").Raw, `{"promptTokenCount":10,"candidatesTokenCount":5,"totalTokenCount":17,"thoughtsTokenCount":2,"cachedContentTokenCount":4,"cost":0.000001,"is_byok":false,
		"cost_details":{"upstream_inference_cost":0,"upstream_inference_prompt_cost":0,"upstream_inference_completions_cost":0,"platform_fee":0}}`)
	if last.Get("candidates.0.finishReason").String() != "STOP" {
		t.Errorf("it ends with %s", last.Raw)
	}
}

func TestGenaiResult(t *testing.T) {
	s := wire.NewGenaiSkin("a/b", false)
	s.Begin(head(), 1)
	out := s.Result(nil, []byte(`{"choices":[{"index":0,"finish_reason":"length","message":{"role":"assistant","content":"One","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}},
		{"index":1,"finish_reason":"content_filter","native_finish_reason":"RECITATION","message":{"role":"assistant","content":null}}]}`), wire.Ending{Usage: wire.UsageBlock{Usage: models.Usage{Input: 1, Output: 1}}})
	got := gjson.ParseBytes(out)
	sameJSON(t, got.Get("candidates").Raw, `[{"index":0,"content":{"role":"model","parts":[{"text":"One"},{"functionCall":{"id":"c","name":"f","args":{}}}]},"finishReason":"MAX_TOKENS"},
		{"index":1,"content":{"role":"model","parts":[]},"finishReason":"RECITATION"}]`)
}

// FuzzGenai: whatever is accepted becomes a chat request that is one.
func FuzzGenai(f *testing.F) {
	f.Add([]byte(`{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"generationConfig":{"topK":1,"responseSchema":{"type":"OBJECT","anyOf":[{"type":"STRING"}]},"responseMimeType":"application/json"}}`))
	f.Add([]byte(`{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":1}}}]},{"parts":[{"functionResponse":{"name":"f","response":{}}}]}],"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}}]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, fault := wire.NewGenaiSkin("a/b", false).Parse(body)
		if fault != nil {
			return
		}
		if up := r.AppendUpstream(nil, wire.UpstreamOptions{Model: "up"}); !gjson.ValidBytes(up) {
			t.Fatalf("not JSON: %s", up)
		}
	})
}
