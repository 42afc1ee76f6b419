package wire_test

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"bourse/app/wire"
	"bourse/models"
)

func TestChatBecomesResponses(t *testing.T) {
	r, fault := wire.ParseChat([]byte(`{"model":"m","max_tokens":5,"temperature":0.5,"top_p":0.9,"stop":"x","seed":1,"stream":true,"verbosity":"low","reasoning":{"effort":"high"},"user":"u",
		"response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type":"object"}}},"tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false,
		"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true},"cache_control":{"type":"ephemeral"}},{"type":"function","function":{"name":"g"}}],
		"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"Look","cache_control":{"type":"ephemeral"}},{"type":"image_url","image_url":{"url":"https://x.example/a.png","detail":"low"}},
			{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,AAAA"}},{"type":"file","file":{"filename":"b.pdf","file_data":"https://x.example/b.pdf"}}]},
		{"role":"assistant","content":"Wait.","reasoning":"Hm","reasoning_details":[{"type":"reasoning.summary","summary":"Hm","id":"rs_1","format":"openai-responses-v1","index":0},
			{"type":"reasoning.encrypted","data":"E","id":"rs_1","format":"openai-responses-v1","index":0},{"type":"reasoning.encrypted","data":"A","format":"anthropic-claude-v1"}],
			"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
		{"role":"tool","tool_call_id":"c1","content":"one"},{"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"two"},{"type":"image_url","image_url":{"url":"data:image/png;base64,BBBB"}}]}]}`))
	if fault != nil {
		t.Fatal(fault)
	}
	out, fault := r.AppendResponses(nil, wire.UpstreamOptions{Model: "up", User: "hash"})
	if fault != nil {
		t.Fatal(fault)
	}
	sameObject(t, "responses", object(t, string(out)), `{"model":"up","max_output_tokens":16,"temperature":0.5,"top_p":0.9,"stream":true,"store":false,"user":"hash",
		"reasoning":{"effort":"high","summary":"auto"},"include":["reasoning.encrypted_content"],
		"text":{"format":{"type":"json_schema","name":"n","strict":true,"schema":{"type":"object"}},"verbosity":"low"},
		"tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object"},"strict":true},{"type":"function","name":"g","parameters":{"type":"object","properties":{}},"strict":false}],
		"tool_choice":{"type":"function","name":"f"},"parallel_tool_calls":false,
		"input":[{"type":"message","role":"system","content":[{"type":"input_text","text":"Be brief."}]},
		{"type":"message","role":"user","content":[{"type":"input_text","text":"Look"},{"type":"input_image","image_url":"https://x.example/a.png","detail":"low"},
			{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,AAAA"},{"type":"input_file","file_url":"https://x.example/b.pdf"}]},
		{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"Hm"}],"encrypted_content":"E"},
		{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Wait."}]},
		{"type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}"},
		{"type":"function_call_output","call_id":"c1","output":"one"},
		{"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"two"},{"type":"input_image","image_url":"data:image/png;base64,BBBB"}]}]}`)
	// Where a model does not think it is asked for no thinking; a house whose encryption another one cannot read gets none of it.
	out, fault = r.AppendResponses(nil, wire.UpstreamOptions{Model: "up", Supported: []string{"max_tokens"}, Quirks: models.Quirks{ResponsesFormat: "xai-responses-v1"}})
	if fault != nil || strings.Contains(string(out), "reasoning") || strings.Contains(string(out), "tools") || strings.Contains(string(out), "text\":{\"format") {
		t.Errorf("%s %v", out, fault)
	}
}

func TestChatThatIsNoResponses(t *testing.T) {
	for _, body := range []string{
		`{"model":"m","n":2,"messages":[{"role":"user","content":"Hi"}]}`,
		`{"model":"m","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}]}]}`,
		`{"model":"m","tools":[{"type":"custom","custom":{"name":"f"}}],"messages":[{"role":"user","content":"Hi"}]}`,
	} {
		r, fault := wire.ParseChat([]byte(body))
		if fault != nil {
			t.Fatal(fault)
		}
		if out, fault := r.AppendResponses(nil, wire.UpstreamOptions{Model: "up"}); fault == nil || fault.Status != 400 {
			t.Errorf("%s became %s", body, out)
		}
	}
}

const respondedItems = `[{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"One."},{"type":"summary_text","text":"Two."}],"encrypted_content":"E"},
	{"id":"msg_1","type":"message","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Hello \"you\"","annotations":[{"type":"url_citation","url":"https://x.example","title":"X","start_index":0,"end_index":5}],"logprobs":[]}]},
	{"id":"fc_1","type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}","status":"completed"},{"id":"fc_2","type":"function_call","call_id":"c2","name":"g","arguments":"","status":"completed"}]`

const respondedUsage = `{"input_tokens":100,"input_tokens_details":{"cached_tokens":60},"output_tokens":50,"output_tokens_details":{"reasoning_tokens":30},"total_tokens":150}`

// responded is a message of the chat dialect, whole or gathered from chunks.
type responded struct {
	Content, Reasoning, Refusal string
	Details                     []map[string]any `json:"reasoning_details"`
	Annotations                 []any
	Calls                       []struct {
		ID       string
		Function struct{ Name, Arguments string }
	} `json:"tool_calls"`
}

func (r *responded) same(t *testing.T, rw *wire.Rewriter) {
	t.Helper()
	if r.Content != `Hello "you"` || r.Reasoning != "One.\n\nTwo." || len(r.Annotations) != 1 || rw.Finish() != "tool_calls" || rw.NativeFinish() != "completed" {
		t.Errorf("%+v %s %s", r, rw.Finish(), rw.NativeFinish())
	}
	if len(r.Calls) != 2 || r.Calls[0].ID != "c1" || r.Calls[0].Function.Arguments != `{"a":1}` || r.Calls[1].Function.Name != "g" || r.Calls[1].Function.Arguments != "{}" {
		t.Errorf("%+v", r.Calls)
	}
	last := r.Details[len(r.Details)-1]
	if last["type"] != "reasoning.encrypted" || last["data"] != "E" || last["id"] != "rs_1" || last["format"] != wire.FormatResponses || r.Details[0]["type"] != "reasoning.summary" {
		t.Errorf("%+v", r.Details)
	}
	want := models.Usage{Input: 100, CacheRead: 60, Output: 50, Reasoning: 30, Source: models.UsageUpstream, ProviderCost: -1}
	if u, counted := rw.Usage(); u != want || !counted {
		t.Errorf("%+v", u)
	}
}

func TestResponsesAnswer(t *testing.T) {
	body, err := wire.ResponsesAnswer(wire.FormatResponses)(nil, []byte(`{"id":"resp_1","object":"response","status":"completed","error":null,"output":`+respondedItems+`,"usage":`+respondedUsage+`}`))
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
	got.Choices[0].Message.same(t, rw)
}

// respondedStream is a stream of the dialect, as its maker sends it.
func respondedStream(t *testing.T) string {
	t.Helper()
	var items []map[string]any
	if err := json.Unmarshal([]byte(respondedItems), &items); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	send := func(kind string, members map[string]any) {
		members["type"] = kind
		raw, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString("event: " + kind + "\ndata: " + string(raw) + "\n\n")
	}
	send("response.created", map[string]any{"response": map[string]any{"status": "in_progress", "usage": nil}})
	for i, item := range items {
		send("response.output_item.added", map[string]any{"output_index": i, "item": map[string]any{"id": item["id"], "type": item["type"], "call_id": item["call_id"], "name": item["name"], "arguments": ""}})
		switch item["type"] {
		case "reasoning":
			for part, text := range []string{"One.", "Two."} {
				send("response.reasoning_summary_part.added", map[string]any{"output_index": i, "item_id": "rs_1", "summary_index": part})
				send("response.reasoning_summary_text.delta", map[string]any{"output_index": i, "item_id": "rs_1", "summary_index": part, "delta": text, "obfuscation": "x"})
			}
		case "message":
			send("response.output_text.delta", map[string]any{"output_index": i, "delta": "Hello "})
			send("response.output_text.delta", map[string]any{"output_index": i, "delta": `"you"`})
			send("response.output_text.annotation.added", map[string]any{"output_index": i, "annotation": map[string]any{"type": "url_citation", "url": "https://x.example"}})
		case "function_call":
			if arguments, _ := item["arguments"].(string); arguments != "" {
				send("response.function_call_arguments.delta", map[string]any{"output_index": i, "delta": arguments[:3]})
				send("response.function_call_arguments.delta", map[string]any{"output_index": i, "delta": arguments[3:]})
			}
		}
		send("response.output_item.done", map[string]any{"output_index": i, "item": item})
	}
	send("response.completed", map[string]any{"response": map[string]any{"status": "completed", "output": items, "usage": json.RawMessage(respondedUsage)}})
	return b.String()
}

// hearStream puts a stream through the rewriter and gathers its message.
func hearStream(t *testing.T, r io.Reader) (got responded, rw *wire.Rewriter, failed []byte) {
	t.Helper()
	rw = rewriter(models.Quirks{})
	er := wire.NewEventReader(r)
	for {
		kind, data, err := er.Next()
		if err != nil || kind == wire.EventDone {
			return got, rw, failed
		}
		if kind != wire.EventData {
			continue
		}
		out, info, err := rw.Chunk(nil, bytes.Clone(data))
		if err != nil {
			t.Fatalf("%v: %s", err, data)
		}
		if info.Error != nil {
			return got, rw, bytes.Clone(info.Error)
		}
		if info.Dropped {
			continue
		}
		strict(t, out, "delta")
		var chunk struct{ Choices []struct{ Delta responded } }
		if err := json.Unmarshal(out, &chunk); err != nil {
			t.Fatal(err)
		}
		d := chunk.Choices[0].Delta
		got.Content, got.Reasoning, got.Refusal = got.Content+d.Content, got.Reasoning+d.Reasoning, got.Refusal+d.Refusal
		got.Details, got.Annotations = append(got.Details, d.Details...), append(got.Annotations, d.Annotations...)
		for _, call := range d.Calls {
			if call.ID != "" {
				got.Calls = append(got.Calls, call)
				continue
			}
			got.Calls[len(got.Calls)-1].Function.Arguments += call.Function.Arguments
		}
	}
}

func TestResponsesStream(t *testing.T) {
	got, rw, failed := hearStream(t, wire.NewResponsesStream(strings.NewReader(respondedStream(t)), wire.FormatResponses))
	if failed != nil {
		t.Fatal(string(failed))
	}
	got.same(t, rw)
}

func TestResponsesStreamEnds(t *testing.T) {
	for _, c := range []struct{ name, events, finish, failed string }{
		{"too long", `{"type":"response.output_text.delta","output_index":0,"delta":"Half"}|{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}}`, "length", ""},
		{"filtered", `{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"content_filter"}}}`, "content_filter", ""},
		{"failed", `{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"Sorry"}}}`, "", "server_error"},
		{"an error", `{"type":"error","code":"rate_limit_exceeded","message":"Slow down","param":null}`, "", "rate_limit_exceeded"},
		{"an error inside", `{"type":"error","error":{"type":"server_error","code":"x","message":"Slow down"}}`, "", "server_error"},
		{"only whole", `{"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"type":"refusal","refusal":"No"}]}}|{"type":"response.completed","response":{"status":"completed"}}`, "stop", ""},
		{"cut", `{"type":"response.output_text.delta","output_index":0,"delta":"Half"}`, "", ""},
	} {
		stream := "data: " + strings.ReplaceAll(c.events, "|", "\n\ndata: ") + "\n\n"
		got, rw, failed := hearStream(t, wire.NewResponsesStream(strings.NewReader(stream), wire.FormatResponses))
		if rw.Finish() != c.finish || !strings.Contains(string(failed), c.failed) || (c.failed == "") != (failed == nil) {
			t.Errorf("%s: %+v %q %s", c.name, got, rw.Finish(), failed)
		}
	}
}

// TestThinkingComesBack: what a model has encrypted reaches it again through the clients of every
// door, with the item that it belongs to.
func TestThinkingComesBack(t *testing.T) {
	const chunks = `{"choices":[{"index":0,"delta":{"reasoning":"Hm","reasoning_details":[{"type":"reasoning.summary","summary":"Hm","id":"rs_1","format":"openai-responses-v1","index":0}]}}]}|` +
		`{"choices":[{"index":0,"delta":{"reasoning_details":[{"type":"reasoning.encrypted","data":"E:E","id":"rs_1","format":"openai-responses-v1","index":0}]}}]}|` +
		`{"choices":[{"index":0,"delta":{"content":"Hi"}}]}|{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`
	through := func(s wire.Skin) string {
		rw := rewriter(models.Quirks{})
		s.Begin(wire.Head{ID: "gen-1", Model: "m"}, 1)
		var out []byte
		for _, chunk := range strings.Split(chunks, "|") {
			rewritten, _, err := rw.Chunk(nil, []byte(chunk))
			if err != nil {
				t.Fatal(err)
			}
			out = s.Chunk(out, rewritten)
		}
		return string(s.End(out, rw.Ending(wire.UsageBlock{})))
	}
	// A client of Anthropic's API keeps the blocks that it got.
	_, rest, _ := strings.Cut(through(wire.NewMessagesSkin()), `{"type":"redacted_thinking","data":"`)
	data, _, _ := strings.Cut(rest, `"`)
	r, fault := wire.ParseMessages([]byte(`{"model":"m","max_tokens":50,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"redacted_thinking","data":"` + data + `"},{"type":"text","text":"Hi"}]},{"role":"user","content":"b"}]}`))
	if fault != nil {
		t.Fatal(fault)
	}
	if out, _ := r.AppendResponses(nil, wire.UpstreamOptions{Model: "up"}); !strings.Contains(string(out), `{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"E:E"}`) {
		t.Errorf("%s", out)
	}
	// A client of the Responses API sends the items of the output; some leave out what they do not know.
	s := wire.NewResponsesSkin()
	if _, fault := s.Parse([]byte(`{"model":"m","input":"a"}`)); fault != nil {
		t.Fatal(fault)
	}
	_, rest, _ = strings.Cut(through(s), `"type":"response.completed"`)
	var last struct {
		Response struct {
			Output []map[string]any
		}
	}
	if err := json.NewDecoder(strings.NewReader(`{"type":"response.completed"` + rest)).Decode(&last); err != nil {
		t.Fatal(err)
	}
	item := last.Response.Output[0]
	if item["id"] != "rs_1" || len(item["summary"].([]any)) != 1 || len(last.Response.Output) != 2 {
		t.Errorf("%+v", last.Response.Output)
	}
	delete(item, "format")
	delete(item, "id")
	raw, _ := json.Marshal(map[string]any{"model": "m", "input": append([]any{map[string]any{"role": "user", "content": "a"}, item}, last.Response.Output[1])})
	if r, fault = wire.NewResponsesSkin().Parse(raw); fault != nil {
		t.Fatal(fault)
	}
	if out, _ := r.AppendResponses(nil, wire.UpstreamOptions{Model: "up"}); !strings.Contains(string(out), `{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"Hm"}],"encrypted_content":"E:E"}`) {
		t.Errorf("%s", out)
	}
}
