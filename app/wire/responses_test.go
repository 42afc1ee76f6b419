package wire_test

import (
	"encoding/json"
	"strings"
	"testing"

	"bourse/app/wire"
	"bourse/models"
)

func TestResponsesBecomeAChat(t *testing.T) {
	const body = `{"model":"m","instructions":"Be brief.","max_output_tokens":50,"store":false,"include":["reasoning.encrypted_content"],"truncation":"auto",
		"text":{"format":{"type":"json_schema","name":"n","strict":true,"schema":{"type":"object"}},"verbosity":"low"},"reasoning":{"effort":"low","summary":"auto"},
		"tools":[{"type":"function","name":"f","parameters":{"type":"object"},"strict":false},{"type":"custom","name":"patch","description":"d"}],"tool_choice":{"type":"function","name":"f"},"parallel_tool_calls":false,
		"input":[{"role":"developer","content":"Kind."},{"type":"message","role":"user","content":[{"type":"input_text","text":"Look"},{"type":"input_image","image_url":"https://x.example/a.png","detail":"low"}]},
		{"type":"reasoning","id":"rs_1","summary":[],"content":[{"type":"reasoning_text","text":"Hm"}],"signature":"S","format":"anthropic-claude-v1"},
		{"type":"reasoning","id":"rs_2","summary":[],"encrypted_content":"E","format":"anthropic-claude-v1"},
		{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Wait."}]},
		{"type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}"},{"type":"custom_tool_call","call_id":"c2","name":"patch","input":"*** Begin"},
		{"type":"function_call_output","call_id":"c1","output":"one"},{"type":"custom_tool_call_output","call_id":"c2","output":[{"type":"input_text","text":"two"},{"type":"input_image","image_url":"https://x.example/b.png"}]}]}`
	s := wire.NewResponsesSkin()
	r, fault := s.Parse([]byte(body))
	if fault != nil {
		t.Fatal(fault)
	}
	if strings.Join(r.Params, " ") != "structured_outputs tools" {
		t.Errorf("wants %v", r.Params)
	}
	sameObject(t, "chat", object(t, string(r.AppendUpstream(nil, wire.UpstreamOptions{Model: "up", Quirks: models.Quirks{TrustProviderCost: true}}))),
		`{"model":"up","max_tokens":50,"verbosity":"low","reasoning":{"effort":"low"},"parallel_tool_calls":false,"usage":{"include":true},
		"response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type":"object"}}},"tool_choice":{"type":"function","function":{"name":"f"}},
		"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"},"strict":false}},
		{"type":"function","function":{"name":"patch","description":"d","parameters":{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}}}],
		"messages":[{"role":"system","content":"Be brief."},{"role":"developer","content":[{"type":"text","text":"Kind."}]},
		{"role":"user","content":[{"type":"text","text":"Look"},{"type":"image_url","image_url":{"url":"https://x.example/a.png","detail":"low"}}]},
		{"role":"assistant","content":[{"type":"text","text":"Wait."}],"reasoning":"Hm","reasoning_details":[{"type":"reasoning.text","text":"Hm","signature":"S","format":"anthropic-claude-v1"},
			{"type":"reasoning.encrypted","data":"E","format":"anthropic-claude-v1"}],
			"tool_calls":[{"type":"function","id":"c1","function":{"name":"f","arguments":"{\"a\":1}"}},{"type":"function","id":"c2","function":{"name":"patch","arguments":"{\"input\":\"*** Begin\"}"}}]},
		{"role":"tool","tool_call_id":"c1","content":"one"},{"role":"tool","tool_call_id":"c2","content":"two"},{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x.example/b.png"}}]}]}`)
}

func TestResponsesRefused(t *testing.T) {
	for _, body := range []string{``, `[]`, `{"model":"m"}`, `{"model":"m","input":5}`, `{"model":"m","input":[]}`, `{"input":"a"}`, `{"model":"m","input":"a","input":"b"}`,
		`{"model":"m","input":"a","previous_response_id":"r"}`, `{"model":"m","input":"a","conversation":"c"}`, `{"model":"m","input":"a","prompt":{"id":"p"}}`, `{"model":"m","input":"a","background":true}`,
		`{"model":"m","input":[{"type":"item_reference","id":"x"}]}`, `{"model":"m","input":[{"type":"web_search_call"}]}`,
		`{"model":"m","input":[{"role":"boss","content":"a"}]}`, `{"model":"m","input":[{"role":"user","content":[{"type":"dance"}]}]}`} {
		if r, fault := wire.NewResponsesSkin().Parse([]byte(body)); fault == nil || fault.Status != 400 {
			t.Errorf("%s: %+v", body, r)
		}
	}
}

type responseEvent struct {
	Type     string
	Sequence int    `json:"sequence_number"`
	Delta    string `json:"delta"`
	Response struct {
		Status string
		Output []struct {
			Type, Name, Arguments, Input string
			Signature                    string
			Content                      []struct{ Text string }
		}
		Error *struct{ Code, Message string }
	}
}

func responseEvents(t *testing.T, out []byte) []responseEvent {
	t.Helper()
	var list []responseEvent
	for _, event := range strings.Split(strings.TrimSpace(string(out)), "\n\n") {
		name, data, _ := strings.Cut(event, "\ndata: ")
		var e responseEvent
		if err := json.Unmarshal([]byte(data), &e); err != nil || "event: "+e.Type != name || e.Sequence != len(list) {
			t.Fatalf("%v: %s", err, event)
		}
		list = append(list, e)
	}
	return list
}

func TestResponsesSkin(t *testing.T) {
	s := wire.NewResponsesSkin()
	if _, fault := s.Parse([]byte(`{"model":"m","input":"a","tools":[{"type":"custom","name":"patch"},{"type":"function","name":"f"}]}`)); fault != nil {
		t.Fatal(fault)
	}
	rw := rewriter(models.Quirks{})
	s.Begin(wire.Head{ID: "gen-0"}, 7) // an attempt that fails leaves nothing behind
	s.Chunk(nil, []byte(`{"choices":[{"delta":{"content":"lost"}}]}`))
	s.Begin(wire.Head{ID: "gen-1", Model: "a/m", Provider: "P", Created: 5}, 7)
	var out []byte
	for _, chunk := range []string{
		`{"choices":[{"index":0,"delta":{"reasoning":"Hm","reasoning_details":[{"type":"reasoning.text","text":"Hm","format":"anthropic-claude-v1"}]}}]}`,
		`{"choices":[{"index":0,"delta":{"reasoning_details":[{"type":"reasoning.text","signature":"S","format":"anthropic-claude-v1"}]}}]}`,
		`{"choices":[{"index":0,"delta":{"content":"One "}}]}`,
		`{"choices":[{"index":0,"delta":{"content":"two"}}]}`,
		`{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"f","arguments":"{\"a\""}}]}}]}`,
		`{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}}]}`,
		`{"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"c2","function":{"name":"patch","arguments":"{\"input\":"}}]}}]}`,
		`{"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":"\"free text\"}"}}]}}]}`,
		`{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":9,"completion_tokens":4}}`,
	} {
		rewritten, _, err := rw.Chunk(nil, []byte(chunk))
		if err != nil {
			t.Fatal(err)
		}
		out = s.Chunk(out, rewritten)
	}
	u, _ := rw.Usage()
	events := responseEvents(t, s.End(out, rw.Ending(wire.UsageBlock{Usage: u})))
	var names []string
	for _, e := range events {
		names = append(names, strings.TrimPrefix(e.Type, "response."))
	}
	const want = "created in_progress output_item.added content_part.added reasoning_text.delta reasoning_text.done content_part.done output_item.done " +
		"output_item.added content_part.added output_text.delta output_text.delta output_text.done content_part.done output_item.done " +
		"output_item.added function_call_arguments.delta function_call_arguments.delta function_call_arguments.done output_item.done " +
		"output_item.added custom_tool_call_input.delta custom_tool_call_input.done output_item.done completed"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	r := events[len(events)-1].Response
	if r.Status != "completed" || len(r.Output) != 4 || r.Output[0].Signature != "S" || r.Output[0].Content[0].Text != "Hm" || r.Output[1].Content[0].Text != "One two" ||
		r.Output[2].Arguments != `{"a":1}` || r.Output[3].Type != "custom_tool_call" || r.Output[3].Input != "free text" {
		t.Errorf("%+v", r)
	}
}

func TestResponsesSkinFails(t *testing.T) {
	s := wire.NewResponsesSkin()
	if _, fault := s.Parse([]byte(`{"model":"m","input":"a"}`)); fault != nil {
		t.Fatal(fault)
	}
	s.Begin(wire.Head{ID: "gen-1"}, 7)
	events := responseEvents(t, s.Fail(s.Chunk(nil, []byte(`{"choices":[{"delta":{"content":"Half"}}]}`)), wire.BadGateway("It broke.")))
	last := events[len(events)-1]
	if last.Type != "response.failed" || last.Response.Status != "failed" || last.Response.Error == nil || last.Response.Error.Message != "It broke." {
		t.Errorf("%+v", last)
	}
}
