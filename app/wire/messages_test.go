package wire_test

import (
	"encoding/json"
	"strings"
	"testing"

	"bourse/app/wire"
	"bourse/models"
)

// TestMessagesThereAndBack takes a Messages request in and puts it to an upstream of the same dialect: what
// comes out must be what went in.
func TestMessagesThereAndBack(t *testing.T) {
	const body = `{"model":"claude-sonnet-4-5","max_tokens":5000,"system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral","ttl":"1h"}}],
		"thinking":{"type":"enabled","budget_tokens":2000},"stop_sequences":["x"],"stream":true,
		"tools":[{"name":"f","description":"d","input_schema":{"type":"object","properties":{}},"cache_control":{"type":"ephemeral"}}],
		"tool_choice":{"type":"auto","disable_parallel_tool_use":true},
		"messages":[{"role":"user","content":[{"type":"text","text":"Look","cache_control":{"type":"ephemeral"}},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},
			{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"BBBB"}}]},
		{"role":"assistant","content":[{"type":"thinking","thinking":"Hm","signature":"S"},{"type":"redacted_thinking","data":"R"},{"type":"text","text":"Let me look."},{"type":"tool_use","id":"toolu_1","name":"f","input":{"a":1}}]},
		{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"21 degrees","is_error":true,"cache_control":{"type":"ephemeral"}},{"type":"text","text":"And now?"}]}]}`
	r, fault := wire.ParseMessages([]byte(body))
	if fault != nil {
		t.Fatal(fault)
	}
	out, fault := r.AppendAnthropic(nil, claude)
	if fault != nil {
		t.Fatal(fault)
	}
	sameObject(t, "there and back", object(t, string(out)), body)
}

func TestMessagesBecomeAChat(t *testing.T) {
	const body = `{"model":"m","max_tokens":50,"system":"Be brief.","metadata":{"user_id":"u"},"top_k":5,"thinking":{"type":"adaptive"},"output_config":{"effort":"low"},
		"fallbacks":[{"model":"n"}],"tools":[{"type":"custom","name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"tool","name":"f"},
		"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":[{"type":"thinking","thinking":"Hm","signature":""},{"type":"tool_use","id":"t","name":"f","input":{}}]},
		{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"a"},{"type":"text","text":"b"},{"type":"image","source":{"type":"url","url":"https://x.example/a.png"}}]}]}]}`
	r, fault := wire.ParseMessages([]byte(body))
	if fault != nil {
		t.Fatal(fault)
	}
	if len(r.Models) != 1 || r.Models[0] != "n" || r.User != "u" || r.ReasoningEffort != "low" || len(r.Params) != 1 || r.Params[0] != "tools" {
		t.Errorf("%+v", r)
	}
	sameObject(t, "chat", object(t, string(r.AppendUpstream(nil, wire.UpstreamOptions{Model: "up", Quirks: models.Quirks{ReasoningField: "reasoning_content"}}))),
		`{"model":"up","max_tokens":50,"top_k":5,"reasoning_effort":"low","tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],
		"tool_choice":{"type":"function","function":{"name":"f"}},
		"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"Hi"}]},
		{"role":"assistant","content":null,"reasoning_content":"Hm","tool_calls":[{"type":"function","id":"t","function":{"name":"f","arguments":"{}"}}]},
		{"role":"tool","tool_call_id":"t","content":"a\nb"},{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x.example/a.png"}}]}]}`)
}

func TestMessagesRefused(t *testing.T) {
	for _, body := range []string{"", "[]", `{"model":"m"}`, `{"model":"m","messages":"Hi"}`, `{"model":"m","messages":[{"role":"boss","content":"Hi"}]}`,
		`{"model":"m","model":"n","messages":[{"role":"user","content":"Hi"}]}`, `{"model":"m","messages":[{"role":"user","content":"Hi"}]} {}`,
		`{"model":"m","messages":[{"role":"user","content":[{"type":"dance"}]}]}`, `{"model":"m","mcp_servers":[{"url":"x"}],"messages":[{"role":"user","content":"Hi"}]}`,
		`{"model":"m","messages":[{"role":"assistant","content":[{"type":"image","source":{"type":"url","url":"x"}}]}]}`,
		`{"model":"m","tools":[{"type":"bash_20250124","name":"bash"}],"messages":[{"role":"user","content":"Hi"}]}`} {
		if r, fault := wire.ParseMessages([]byte(body)); fault == nil || fault.Status != 400 {
			t.Errorf("%s became %+v", body, r)
		}
	}
}

// TestMessagesSkin: the blocks of a stream come one after the other, each opened and closed once.
func TestMessagesSkin(t *testing.T) {
	s := wire.NewMessagesSkin()
	rw := rewriter(models.Quirks{})
	s.Begin(wire.Head{ID: "gen-1", Model: "a/m", Provider: "P"}, 7)
	var out []byte
	for _, chunk := range []string{
		`{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}`,
		`{"choices":[{"index":0,"delta":{"reasoning":"Hm"}}]}`,
		`{"choices":[{"index":0,"delta":{"content":"One "}}]}`,
		`{"choices":[{"index":0,"delta":{"content":"two"}}]}`,
		`{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"f","arguments":""}}]}}]}`,
		`{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}}]}`,
		`{"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"c2","function":{"name":"g","arguments":"{}"}}]}}]}`,
		`{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":9,"completion_tokens":4}}`,
	} {
		rewritten, info, err := rw.Chunk(nil, []byte(chunk))
		if err != nil {
			t.Fatal(err)
		}
		if !info.Dropped {
			out = s.Chunk(out, rewritten)
		}
	}
	u, _ := rw.Usage()
	out = s.End(out, rw.Ending(wire.UsageBlock{Usage: u, Cost: 1500}))
	var got []string
	for _, event := range strings.Split(strings.TrimSpace(string(out)), "\n\n") {
		name, data, _ := strings.Cut(event, "\ndata: ")
		var e struct {
			Type  string
			Index int
			Block struct{ Type string } `json:"content_block"`
			Delta struct {
				Type, Text, Thinking string
				Partial              string `json:"partial_json"`
				Stop                 string `json:"stop_reason"`
			}
			Usage struct {
				Output int `json:"output_tokens"`
				Cost   float64
			}
		}
		if err := json.Unmarshal([]byte(data), &e); err != nil || "event: "+e.Type != name {
			t.Fatalf("%v: %s", err, event)
		}
		line := e.Type + " " + e.Block.Type + e.Delta.Text + e.Delta.Thinking + e.Delta.Partial + e.Delta.Stop
		got = append(got, strings.TrimSpace(strings.TrimPrefix(line, "content_block_")))
		if e.Type == "message_delta" && (e.Usage.Output != 4 || e.Usage.Cost != 0.0000015) {
			t.Errorf("%s", data)
		}
	}
	want := "message_start|start thinking|delta Hm|stop|start text|delta One|delta two|stop|start tool_use|delta {}|stop|start tool_use|delta {}|stop|message_delta tool_use|message_stop"
	if strings.Join(got, "|") != want {
		t.Errorf("%s\nwant %s", strings.Join(got, "|"), want)
	}
}
