package wire_test

import (
	"encoding/json"
	"strings"
	"testing"

	"bourse/app/wire"
	"bourse/models"
)

func TestChatBecomesCohere(t *testing.T) {
	r, fault := wire.ParseChat([]byte(`{"model":"m","max_tokens":100,"temperature":0.5,"top_p":0.9,"top_k":5,"seed":1,"stop":"x","stream":true,"reasoning":{"effort":"medium"},"user":"u",
		"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","properties":{"a":{"type":"string"}}}}},"tool_choice":{"type":"function","function":{"name":"f"}},
		"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}},{"type":"function","function":{"name":"g"}}],
		"messages":[{"role":"developer","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"Look"},{"type":"image_url","image_url":{"url":"https://x.example/a.png","detail":"low"}}]},
		{"role":"assistant","content":null,"reasoning":"Hm","reasoning_details":[{"type":"reasoning.summary","summary":"I will ","format":"cohere-chat-v2"},{"type":"reasoning.summary","summary":"look.","format":"cohere-chat-v2"},
			{"type":"reasoning.text","text":"Hm","format":"cohere-chat-v2"},{"type":"reasoning.text","text":"No","format":"anthropic-claude-v1"}],
			"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
		{"role":"tool","tool_call_id":"c1","content":[{"type":"text","text":"one"}]},{"role":"assistant","content":"Fine."},{"role":"user","content":"And?"}]}`))
	if fault != nil {
		t.Fatal(fault)
	}
	out, fault := r.AppendCohere(nil, wire.UpstreamOptions{Model: "up"})
	if fault != nil {
		t.Fatal(fault)
	}
	sameObject(t, "cohere", object(t, string(out)), `{"model":"up","max_tokens":100,"temperature":0.5,"p":0.9,"k":5,"seed":1,"stop_sequences":["x"],"stream":true,
		"thinking":{"type":"enabled","token_budget":50},"response_format":{"type":"json_object","json_schema":{"type":"object","properties":{"a":{"type":"string"}}}},
		"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}],"tool_choice":"REQUIRED",
		"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"Look"},{"type":"image_url","image_url":{"url":"https://x.example/a.png","detail":"low"}}]},
		{"role":"assistant","content":[{"type":"thinking","thinking":"Hm"}],"tool_plan":"I will look.","tool_calls":[{"type":"function","id":"c1","function":{"name":"f","arguments":"{\"a\":1}"}}]},
		{"role":"tool","tool_call_id":"c1","content":"one"},{"role":"assistant","content":[{"type":"text","text":"Fine."}]},{"role":"user","content":"And?"}]}`)
	for _, body := range []string{`{"model":"m","n":2,"messages":[{"role":"user","content":"Hi"}]}`,
		`{"model":"m","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}]}]}`} {
		r, fault := wire.ParseChat([]byte(body))
		if fault != nil {
			t.Fatal(fault)
		}
		if out, fault := r.AppendCohere(nil, wire.UpstreamOptions{}); fault == nil {
			t.Errorf("%s became %s", body, out)
		}
	}
}

func TestCohereAnswer(t *testing.T) {
	body, err := wire.AppendCohereAnswer(nil, []byte(`{"id":"x","finish_reason":"MAX_TOKENS","message":{"role":"assistant","tool_plan":"I will look.","content":[{"type":"thinking","thinking":"Hm"},{"type":"text","text":"Hello"}],
		"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}],"citations":[]},"usage":{"billed_units":{"input_tokens":5,"output_tokens":7},"tokens":{"input_tokens":71,"output_tokens":9}}}`))
	if err != nil {
		t.Fatal(err)
	}
	rw := rewriter(models.Quirks{})
	out, _, err := rw.Result(nil, body)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Choices []struct{ Message responded }
	}
	if err := json.Unmarshal(rw.CloseResult(out, wire.UsageBlock{}), &got); err != nil {
		t.Fatal(err)
	}
	m := got.Choices[0].Message
	if u, counted := rw.Usage(); !counted || u.Input != 5 || u.Output != 7 || u.Anomaly != "" {
		t.Errorf("%+v", u)
	}
	if m.Content != "Hello" || m.Reasoning != "I will look.Hm" || len(m.Details) != 2 || m.Calls[0].Function.Arguments != `{"a":1}` || rw.Finish() != "length" {
		t.Errorf("%+v %s", m, rw.Finish())
	}
	if body, err := wire.AppendCohereAnswer(nil, []byte(`{"message":"invalid"}`)); err != nil || !strings.HasPrefix(string(body), `{"error":`) {
		t.Errorf("%s %v", body, err)
	}
	if _, err := wire.AppendCohereAnswer(nil, []byte(`{"id":"x"}`)); err == nil {
		t.Error("an answer without a message")
	}
}

func TestCohereStream(t *testing.T) {
	events := []string{
		`{"type":"message-start","id":"x","delta":{"message":{"role":"assistant"}}}`,
		`{"type":"tool-plan-delta","delta":{"message":{"tool_plan":"I will look."}}}`,
		`{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"thinking","thinking":""}}}}`,
		`{"type":"content-delta","index":0,"delta":{"message":{"content":{"thinking":"Hm"}}}}`,
		`{"type":"content-end","index":0}`,
		`{"type":"content-start","index":1,"delta":{"message":{"content":{"type":"text","text":""}}}}`,
		`{"type":"content-delta","index":1,"delta":{"message":{"content":{"text":"Hello \"you\""}}}}`,
		`{"type":"citation-start","index":0,"delta":{"message":{"citations":{"start":0}}}}`,
		`{"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"c1","type":"function","function":{"name":"f","arguments":""}}}}}`,
		`{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{\"a\":"}}}}}`,
		`{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"1}"}}}}}`,
		`{"type":"tool-call-end","index":0}`,
		`{"type":"tool-call-start","index":1,"delta":{"message":{"tool_calls":{"id":"c2","type":"function","function":{"name":"g"}}}}}`,
		`{"type":"tool-call-end","index":1}`,
		`{"type":"message-end","delta":{"finish_reason":"TOOL_CALL","usage":{"billed_units":{"input_tokens":5,"output_tokens":7},"tokens":{"input_tokens":71,"output_tokens":9}}}}`,
	}
	got, rw, failed := hearStream(t, wire.NewCohereStream(strings.NewReader("data: "+strings.Join(events, "\n\ndata: ")+"\n\n")))
	if failed != nil || got.Content != `Hello "you"` || got.Reasoning != "I will look.Hm" || rw.Finish() != "tool_calls" || len(got.Calls) != 2 ||
		got.Calls[0].Function.Arguments != `{"a":1}` || got.Calls[1].ID != "c2" || got.Calls[1].Function.Arguments != "{}" {
		t.Errorf("%+v %s %s", got, rw.Finish(), failed)
	}
	if u, _ := rw.Usage(); u.Input != 5 || u.Output != 7 {
		t.Errorf("%+v", u)
	}
	if _, _, failed := hearStream(t, wire.NewCohereStream(strings.NewReader("data: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"ERROR\"}}\n\n"))); failed == nil {
		t.Error("no failure")
	}
}

func TestVectorRequests(t *testing.T) {
	e, fault := wire.ParseEmbedding([]byte(`{"model":"m","input":["a","b","c"],"dimensions":3,"input_type":"search_query"}`))
	if fault != nil {
		t.Fatal(fault)
	}
	check := func(name, want string, got []byte, fault *wire.Error) {
		t.Helper()
		if fault != nil {
			t.Fatal(fault)
		}
		sameObject(t, name, object(t, string(got)), want)
	}
	o := wire.UpstreamOptions{Model: "up"}
	got, fault := e.AppendCohere(nil, o, 1, 3, false)
	check("cohere", `{"model":"up","texts":["b","c"],"input_type":"search_query","embedding_types":["float"],"truncate":"NONE","output_dimension":3}`, got, fault)
	got, fault = e.AppendVertex(nil, o, 0, 2)
	check("vertex", `{"instances":[{"content":"a","task_type":"RETRIEVAL_QUERY"},{"content":"b","task_type":"RETRIEVAL_QUERY"}],"parameters":{"autoTruncate":false,"outputDimensionality":3}}`, got, fault)
	got, fault = e.AppendEmbedContent(nil, o, 2)
	check("newer", `{"content":{"parts":[{"text":"c"}]},"taskType":"RETRIEVAL_QUERY","autoTruncate":false,"outputDimensionality":3}`, got, fault)
	got, fault = e.AppendTitan(nil, wire.UpstreamOptions{Model: "amazon.titan-embed-text-v2:0"}, 1)
	check("titan", `{"inputText":"b","dimensions":3}`, got, fault)
	got, fault = e.AppendTitan(nil, wire.UpstreamOptions{Model: "amazon.titan-embed-image-v1"}, 1)
	check("titan image", `{"inputText":"b","embeddingConfig":{"outputEmbeddingLength":3}}`, got, fault)
	got, fault = e.AppendTitan(nil, wire.UpstreamOptions{Model: "amazon.nova-2-multimodal-embeddings-v1:0"}, 0)
	check("nova", `{"schemaVersion":"nova-multimodal-embed-v1","taskType":"SINGLE_EMBEDDING","singleEmbeddingParams":{"embeddingPurpose":"GENERIC_INDEX","embeddingDimension":3,"text":{"truncationMode":"NONE","value":"a"}}}`, got, fault)
	if got, fault := e.AppendTitan(nil, wire.UpstreamOptions{Model: "amazon.titan-embed-text-v1"}, 0); fault == nil {
		t.Errorf("%s", got)
	}
	plain, _ := wire.ParseEmbedding([]byte(`{"model":"m","input":"a"}`))
	got, fault = plain.AppendCohere(nil, o, 0, 1, true)
	check("cohere at a cloud", `{"texts":["a"],"input_type":"search_document","embedding_types":["float"],"truncate":"NONE"}`, got, fault)
	tokens, _ := wire.ParseEmbedding([]byte(`{"model":"m","input":[[1],[2]]}`))
	if got, fault := tokens.AppendCohere(nil, o, 0, 2, false); fault == nil {
		t.Errorf("%s", got)
	}
}

func TestVectorAnswers(t *testing.T) {
	for _, c := range []struct {
		body, header string
		inputs       int
		tokens       int64 // -1 when nothing was counted
	}{
		{`{"embeddings":{"float":[[1,2],[3,4]]},"meta":{"billed_units":{"input_tokens":7}}}`, "", 2, 7},
		{`{"embeddings":[[1,2],[3,4]],"response_type":"embeddings_floats"}`, "7", 2, 7},
		{`{"embedding":[1,2],"embeddingsByType":{"float":[1,2]},"inputTextTokenCount":7}`, "", 1, 7},
		{`{"embeddings":[{"embeddingType":"TEXT","embedding":[1,2]}]}`, "", 1, -1},
		{`{"predictions":[{"embeddings":{"values":[1,2],"statistics":{"token_count":3,"truncated":false}}},{"embeddings":{"values":[3,4],"statistics":{"token_count":4}}}],"metadata":{"billableCharacterCount":9}}`, "", 2, 7},
		{`{"embedding":{"values":[1,2]},"usageMetadata":{"promptTokenCount":7}}`, "", 1, 7},
	} {
		a, err := wire.ReadVectors([]byte(c.body), c.inputs, c.header)
		if err != nil || len(a.Vectors) != c.inputs || a.Vectors[0][1] != 2 || a.Counted != (c.tokens >= 0) || a.Counted && a.Usage.Input != c.tokens {
			t.Errorf("%s: %+v %v", c.body, a, err)
		}
	}
	for _, bad := range []string{``, `{}`, `{"embeddings":[]}`, `{"embeddings":[["a"]]}`, `{"embeddings":{"float":[[1],[2]]}}`, `{"embedding":[]}`, `{"predictions":[{}]}`} {
		if a, err := wire.ReadVectors([]byte(bad), 1, ""); err == nil {
			t.Errorf("%s: %+v", bad, a)
		}
	}
	if a, err := wire.ReadVectors([]byte(`{"message":"no"}`), 1, ""); err != nil || a.Error == nil {
		t.Errorf("%+v %v", a, err)
	}
}
