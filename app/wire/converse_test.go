package wire_test

import (
	"testing"

	"bourse/app/wire"
	"bourse/models"
)

func toConverse(t *testing.T, model, body string) map[string]any {
	t.Helper()
	r, fault := wire.ParseChat([]byte(body))
	if fault != nil {
		t.Fatal(fault)
	}
	out, fault := r.AppendConverse(nil, wire.UpstreamOptions{Model: model})
	if fault != nil {
		t.Fatal(fault)
	}
	return object(t, string(out))
}

func TestConverseRequest(t *testing.T) {
	for _, c := range []struct{ name, model, chat, want string }{
		{"a sentence", "meta.llama3", `{"model":"m","max_tokens":10,"temperature":1.5,"top_p":0.5,"stop":["x"],"stream":true,"messages":[{"role":"user","content":"Hi \"you\""}]}`,
			`{"messages":[{"role":"user","content":[{"text":"Hi \"you\""}]}],"inferenceConfig":{"maxTokens":10,"temperature":1,"topP":0.5,"stopSequences":["x"]}}`},
		{"instructions, media and marks for the cache", "us.amazon.nova-pro-v1:0", `{"model":"m","messages":[{"role":"system","content":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}]},
			{"role":"user","content":[{"type":"text","text":"Look"},{"type":"image_url","image_url":{"url":"data:image/jpg;base64,AAAA"}},{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,BBBB"}}]}]}`,
			`{"messages":[{"role":"user","content":[{"text":"Look"},{"image":{"format":"jpeg","source":{"bytes":"AAAA"}}},{"document":{"name":"document 1","format":"pdf","source":{"bytes":"BBBB"}}}]}],
			"system":[{"text":"Be brief."},{"cachePoint":{"type":"default"}}],"inferenceConfig":{}}`},
		{"tools and their results", "mistral.mistral-large", `{"model":"m","tool_choice":{"type":"function","function":{"name":"f"}},"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{}}}},{"type":"function","function":{"name":"g"}}],
			"messages":[{"role":"user","content":"Go"},{"role":"assistant","content":null,"reasoning_details":[{"type":"reasoning.text","text":"Hm","signature":"S","format":"amazon-converse-v1"},{"type":"reasoning.text","text":"foreign","signature":"F","format":"google-gemini-v1"}],
			"tool_calls":[{"id":"c.1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},{"role":"tool","tool_call_id":"c.1","content":[{"type":"text","text":"one"}],"is_error":true}]}`,
			`{"messages":[{"role":"user","content":[{"text":"Go"}]},{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"Hm","signature":"S"}}},{"toolUse":{"toolUseId":"c_1","name":"f","input":{"a":1}}}]},
			{"role":"user","content":[{"toolResult":{"toolUseId":"c_1","content":[{"text":"one"}],"status":"error"}}]}],"inferenceConfig":{},
			"toolConfig":{"tools":[{"toolSpec":{"name":"f","description":"d","inputSchema":{"json":{"type":"object","properties":{}}}}},{"toolSpec":{"name":"g","inputSchema":{"json":{"type":"object","properties":{}}}}}],"toolChoice":{"tool":{"name":"f"}}}}`},
		{"a schema in words, and how much to think", "openai.gpt-oss-120b-1:0", `{"model":"m","reasoning_effort":"xhigh","response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}},"messages":[{"role":"user","content":"Hi"}]}`,
			`{"messages":[{"role":"user","content":[{"text":"Hi"}]}],"system":[{"text":"Answer with one JSON object that follows this JSON Schema, and nothing else: {\"type\":\"object\"}"}],"inferenceConfig":{},"additionalModelRequestFields":{"reasoning_effort":"high"}}`},
	} {
		sameObject(t, c.name, toConverse(t, c.model, c.chat), c.want)
	}
	for _, body := range []string{
		`{"model":"m","messages":[{"role":"system","content":"Alone"}]}`, `{"model":"m","n":2,"messages":[{"role":"user","content":"a"}]}`,
		`{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x.example/a.png"}}]}]}`,
	} {
		r, fault := wire.ParseChat([]byte(body))
		if fault != nil {
			t.Fatal(fault)
		}
		if out, fault := r.AppendConverse(nil, wire.UpstreamOptions{Model: "amazon.nova"}); fault == nil {
			t.Errorf("%s became %s", body, out)
		}
	}
}

func TestConverseAnswer(t *testing.T) {
	const body = `{"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"Hm","signature":"S"}}},{"text":"Hel"},{"text":"lo"},{"toolUse":{"toolUseId":"t","name":"f","input":{"a":1}}}]}},
		"stopReason":"guardrail_intervened","usage":{"inputTokens":5,"outputTokens":9,"totalTokens":21,"cacheReadInputTokens":4,"cacheWriteInputTokens":3},"metrics":{"latencyMs":1}}`
	chat, err := wire.AppendConverseAnswer(nil, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	got := readPlain(t, chat)
	want := models.Usage{Input: 12, CacheRead: 4, CacheWrite: 3, Output: 9, Source: models.UsageUpstream, ProviderCost: -1}
	if got.content != "Hello" || got.reasoning != "Hm" || got.tools != `f{"a":1}` || got.signature != "S" || got.finish != "content_filter" || got.usage != want {
		t.Errorf("%+v", got)
	}
	for _, bad := range []string{"", "[]", `{"message":"no"}`, "<html>"} {
		if out, err := wire.AppendConverseAnswer(nil, []byte(bad)); err == nil {
			t.Errorf("%q became %s", bad, out)
		}
	}
}
