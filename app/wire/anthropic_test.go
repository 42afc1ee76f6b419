package wire_test

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"bourse/app/wire"
	"bourse/models"
	"bourse/test/recorded"
)

// toAnthropic translates a chat request and reads the result back.
func toAnthropic(t *testing.T, body string, o wire.UpstreamOptions) map[string]any {
	t.Helper()
	r, fault := wire.ParseChat([]byte(body))
	if fault != nil {
		t.Fatal(fault)
	}
	out, fault := r.AppendAnthropic(nil, o)
	if fault != nil {
		t.Fatal(fault)
	}
	return object(t, string(out))
}

func object(t *testing.T, text string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

func sameObject(t *testing.T, name string, got map[string]any, want string) {
	t.Helper()
	if w := object(t, want); !reflect.DeepEqual(got, w) {
		text, _ := json.Marshal(got)
		t.Errorf("%s:\n got %s\nwant %s", name, text, want)
	}
}

var claude = wire.UpstreamOptions{Model: "claude-sonnet-4-5"}

func TestAnthropicRequest(t *testing.T) {
	for _, c := range []struct{ name, chat, want string }{
		{"a sentence", `{"model":"m","max_tokens":10,"temperature":1.5,"stop":"x","stream":true,"messages":[{"role":"user","content":"Hi \"you\""}]}`,
			`{"model":"claude-sonnet-4-5","max_tokens":10,"temperature":1,"stop_sequences":["x"],"stream":true,"messages":[{"role":"user","content":[{"type":"text","text":"Hi \"you\""}]}]}`},
		{"instructions, parts and a mark for the cache", `{"model":"m","max_tokens":10,"messages":[
			{"role":"system","content":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral","ttl":"1h"}}]},
			{"role":"user","content":[{"type":"text","text":"Look"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},{"type":"image_url","image_url":{"url":"https://x.example/a.png"}},
			{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,BBBB"}}]},
			{"role":"developer","content":"And kind."}]}`,
			`{"model":"claude-sonnet-4-5","max_tokens":10,"system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral","ttl":"1h"}},{"type":"text","text":"And kind."}],
			"messages":[{"role":"user","content":[{"type":"text","text":"Look"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},{"type":"image","source":{"type":"url","url":"https://x.example/a.png"}},
			{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"BBBB"}}]}]}`},
		{"tools and their results", `{"model":"m","max_tokens":10,"tool_choice":"required","parallel_tool_calls":false,
			"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"a":{"type":"string"}}}},"cache_control":{"type":"ephemeral"}},{"type":"function","function":{"name":"g"}}],
			"messages":[{"role":"user","content":"Go"},
			{"role":"assistant","content":null,"reasoning_details":[{"type":"reasoning.text","text":"Hm","signature":"s1","format":"anthropic-claude-v1"},{"type":"reasoning.text","text":"foreign","signature":"s","format":"google-gemini-v1"},{"type":"reasoning.encrypted","data":"e1","format":"anthropic-claude-v1"}],
			"tool_calls":[{"id":"call.1","type":"function","function":{"name":"f","arguments":"{\"a\":\"b\"}"}},{"id":"call_2","type":"function","function":{"name":"g","arguments":""}}]},
			{"role":"tool","tool_call_id":"call.1","content":"one"},{"role":"tool","tool_call_id":"call_2","content":[{"type":"text","text":"two"}]},{"role":"user","content":"And?"}]}`,
			`{"model":"claude-sonnet-4-5","max_tokens":10,"tool_choice":{"type":"any","disable_parallel_tool_use":true},
			"tools":[{"name":"f","description":"d","input_schema":{"type":"object","properties":{"a":{"type":"string"}}},"cache_control":{"type":"ephemeral"}},{"name":"g","input_schema":{"type":"object","properties":{}}}],
			"messages":[{"role":"user","content":[{"type":"text","text":"Go"}]},
			{"role":"assistant","content":[{"type":"thinking","thinking":"Hm","signature":"s1"},{"type":"redacted_thinking","data":"e1"},{"type":"tool_use","id":"call_1","name":"f","input":{"a":"b"}},{"type":"tool_use","id":"call_2","name":"g","input":{}}]},
			{"role":"user","content":[{"type":"tool_result","tool_use_id":"call_1","content":"one"},{"type":"tool_result","tool_use_id":"call_2","content":[{"type":"text","text":"two"}]},{"type":"text","text":"And?"}]}]}`},
		{"an effort is a share of the answer, and a thinker takes no temperature", `{"model":"m","max_tokens":10000,"temperature":0.5,"reasoning":{"effort":"high"},"messages":[{"role":"user","content":"Hi"}]}`,
			`{"model":"claude-sonnet-4-5","max_tokens":10000,"thinking":{"type":"enabled","budget_tokens":8000},"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]}`},
		{"a budget is kept", `{"model":"m","max_tokens":10000,"reasoning":{"max_tokens":1500},"messages":[{"role":"user","content":"Hi"}]}`,
			`{"model":"claude-sonnet-4-5","max_tokens":10000,"thinking":{"type":"enabled","budget_tokens":1500},"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]}`},
		{"no room to think in", `{"model":"m","max_tokens":500,"reasoning":{"effort":"high"},"messages":[{"role":"user","content":"Hi"}]}`,
			`{"model":"claude-sonnet-4-5","max_tokens":500,"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]}`},
		{"a schema", `{"model":"m","max_tokens":10,"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}},"messages":[{"role":"user","content":"Hi"}]}`,
			`{"model":"claude-sonnet-4-5","max_tokens":10,"output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}},"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]}`},
	} {
		sameObject(t, c.name, toAnthropic(t, c.chat, claude), c.want)
	}
}

func TestAnthropicEffortOfNewerModels(t *testing.T) {
	const chat = `{"model":"m","max_tokens":500,"reasoning_effort":"xhigh","messages":[{"role":"user","content":"Hi"}]}`
	for model, newer := range map[string]bool{"claude-opus-4-6": true, "claude-opus-4-7-20260301": true, "claude-sonnet-5": true, "claude-sonnet-4-5-20250929": false,
		"claude-opus-4-20250514": false, "claude-3-7-sonnet-20250219": false, "MiniMax-M2": false} {
		got := toAnthropic(t, chat, wire.UpstreamOptions{Model: model})
		_, effort := got["output_config"].(map[string]any)
		if effort != newer {
			t.Errorf("%s: %v", model, got)
		}
	}
}

func TestAnthropicLimit(t *testing.T) {
	const chat = `{"model":"m","messages":[{"role":"user","content":"Hi"}]}`
	for want, o := range map[float64]wire.UpstreamOptions{64000: {MaxOutput: 64000}, 300: {MaxTokens: 300, MaxOutput: 64000}, 4096: {}} {
		if got := toAnthropic(t, chat, o)["max_tokens"]; got != want {
			t.Errorf("%+v: %v", o, got)
		}
	}
}

func TestAnthropicCannotSay(t *testing.T) {
	for _, body := range []string{
		`{"model":"m","n":2,"messages":[{"role":"user","content":"Hi"}]}`,
		`{"model":"m","messages":[{"role":"system","content":"Hi"}]}`,
		`{"model":"m","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AA","format":"wav"}}]}]}`,
		`{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"[1]"}}]}]}`,
		`{"model":"m","tools":[{"type":"custom","custom":{"name":"f"}}],"messages":[{"role":"user","content":"Hi"}]}`,
	} {
		r, fault := wire.ParseChat([]byte(body))
		if fault != nil {
			t.Fatal(fault)
		}
		if out, fault := r.AppendAnthropic(nil, claude); fault == nil || fault.Status != 400 {
			t.Errorf("%s became %s", body, out)
		}
	}
}

// chatOf is the text of a chat stream as a client gathers it.
type chatOf struct {
	content, reasoning, tools, signature string
	usage                                models.Usage
	finish                               string
	failure                              []byte
}

func readChat(t *testing.T, r io.Reader) chatOf {
	t.Helper()
	var got chatOf
	rw := rewriter(models.Quirks{})
	er := wire.NewEventReader(r)
	for {
		kind, data, err := er.Next()
		if err != nil || kind == wire.EventDone {
			break
		}
		if kind != wire.EventData {
			continue
		}
		out, info, err := rw.Chunk(nil, bytes.Clone(data))
		if err != nil {
			t.Fatalf("%v: %s", err, data)
		}
		if info.Error != nil {
			got.failure = bytes.Clone(info.Error)
			break
		}
		if info.Dropped {
			continue
		}
		strict(t, out, "delta")
		r := readRecorded(t, out)
		content, re, to := r.text()
		got.content, got.reasoning, got.tools = got.content+content, got.reasoning+re, got.tools+to
		var signed struct {
			Choices []struct {
				Delta struct {
					Details []struct{ Signature, Data string } `json:"reasoning_details"`
				}
			}
		}
		if json.Unmarshal(out, &signed) == nil {
			for _, choice := range signed.Choices {
				for _, d := range choice.Delta.Details {
					got.signature += d.Signature + d.Data
				}
			}
		}
	}
	got.usage, _ = rw.Usage()
	got.finish = rw.Finish()
	return got
}

const thinkingStream = `event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"model":"claude","stop_reason":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":300,"cache_read_input_tokens":2000,"cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200},"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

event: ping
data: {"type":"ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Let me\nsee."}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"SIG"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hello "}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"\"you\""}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: content_block_start
data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":" 1}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":2}

event: content_block_start
data: {"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"toolu_2","name":"g","input":{}}}

event: content_block_stop
data: {"type":"content_block_stop","index":3}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":50,"output_tokens_details":{"thinking_tokens":20}}}

event: message_stop
data: {"type":"message_stop"}

`

func TestAnthropicStream(t *testing.T) {
	got := readChat(t, iotest.OneByteReader(wire.NewAnthropicStream(strings.NewReader(thinkingStream))))
	want := models.Usage{Input: 2310, CacheRead: 2000, CacheWrite: 100, CacheWrite1h: 200, Output: 50, Reasoning: 20, Source: models.UsageUpstream, ProviderCost: -1}
	if got.usage != want {
		t.Errorf("usage %+v", got.usage)
	}
	if got.content != `Hello "you"` || got.reasoning != "Let me\nsee." || got.tools != `f{"a": 1}g{}` || got.signature != "SIG" || got.finish != "tool_calls" {
		t.Errorf("%+v", got)
	}
}

func TestAnthropicStreamFails(t *testing.T) {
	cut := strings.Index(thinkingStream, "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":2")
	got := readChat(t, wire.NewAnthropicStream(strings.NewReader(thinkingStream[:cut]+"event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n")))
	if !strings.Contains(string(got.failure), "overloaded_error") || got.finish != "" {
		t.Errorf("%+v", got)
	}
	if got := readChat(t, wire.NewAnthropicStream(strings.NewReader(thinkingStream[:cut]))); got.finish != "" || got.usage.Output != 0 {
		t.Errorf("a cut stream has a finish or a count: %+v", got)
	}
}

func TestAnthropicAnswer(t *testing.T) {
	const body = `{"id":"msg_1","type":"message","role":"assistant","model":"claude","stop_reason":"max_tokens","stop_sequence":null,
		"content":[{"type":"thinking","thinking":"Hm","signature":"S"},{"type":"redacted_thinking","data":"R"},{"type":"text","text":"Hello"},{"type":"tool_use","id":"t","name":"f","input":{"a":1}}],
		"usage":{"input_tokens":5,"cache_creation_input_tokens":7,"cache_read_input_tokens":0,"output_tokens":9}}`
	chat, err := wire.AppendAnthropicAnswer(nil, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	rw := rewriter(models.Quirks{})
	out, _, err := rw.Result(nil, chat)
	if err != nil {
		t.Fatal(err)
	}
	u, ok := rw.Usage()
	if !ok || u.Input != 12 || u.CacheWrite != 7 || u.Output != 9 || rw.Finish() != "length" {
		t.Errorf("%+v %s", u, rw.Finish())
	}
	out = rw.CloseResult(out, wire.UsageBlock{Usage: u})
	strict(t, out, "message")
	r := readRecorded(t, out)
	content, reasoning, tools := r.text()
	if content != "Hello" || reasoning != "Hm" || tools != `f{"a":1}` || !strings.Contains(string(out), `"signature":"S"`) || !strings.Contains(string(out), `"data":"R"`) {
		t.Errorf("%s", out)
	}
	for _, bad := range []string{"", "[]", `{"type":"message"}`, "<html>"} {
		if out, err := wire.AppendAnthropicAnswer(nil, []byte(bad)); err == nil {
			t.Errorf("%q became %s", bad, out)
		}
	}
}

// TestRecordedAnthropic reads every recorded Messages stream and answer.
func TestRecordedAnthropic(t *testing.T) {
	n := 0
	for _, in := range recorded.Interactions(t) {
		if !strings.Contains(in.URL, "/v1/messages") && !strings.HasSuffix(in.URL, "streamRawPredict") && !strings.HasSuffix(in.URL, ":rawPredict") && !strings.HasSuffix(in.URL, "/invoke") {
			continue
		}
		n++
		t.Run(in.Name, func(t *testing.T) { recordedAnthropic(t, in) })
	}
	t.Logf("%d answers", n)
	if n < 63 {
		t.Errorf("only %d answers were found", n)
	}
}

func recordedAnthropic(t *testing.T, in recorded.Interaction) {
	if strings.HasPrefix(strings.TrimSpace(in.Answer), "{") {
		chat, err := wire.AppendAnthropicAnswer(nil, []byte(in.Answer))
		if err != nil {
			t.Fatal(err)
		}
		rw := rewriter(models.Quirks{})
		if _, info, err := rw.Result(nil, chat); err != nil || info.Error != nil {
			t.Fatalf("%v %s", err, info.Error)
		}
		u, ok := rw.Usage()
		usage, _ := object(t, in.Answer)["usage"].(map[string]any)
		checkAnthropicUsage(t, u, ok, usage)
		return
	}
	var text, thinking, partial string
	usage := map[string]any{}
	er := wire.NewEventReader(strings.NewReader(in.Answer))
	for {
		kind, data, err := er.Next()
		if err != nil {
			break
		}
		if kind != wire.EventData {
			continue
		}
		var e struct {
			Message struct{ Usage map[string]any }
			Usage   map[string]any
			Block   struct{ Type, Name string } `json:"content_block"`
			Delta   struct {
				Text, Thinking string
				Partial        string `json:"partial_json"`
			}
		}
		if err := json.Unmarshal(data, &e); err != nil {
			t.Fatal(err)
		}
		for _, u := range []map[string]any{e.Message.Usage, e.Usage} {
			for name, value := range u {
				usage[name] = value
			}
		}
		text, thinking = text+e.Delta.Text, thinking+e.Delta.Thinking
		if e.Block.Type == "tool_use" {
			partial += e.Block.Name
		}
		partial += e.Delta.Partial
	}
	got := readChat(t, wire.NewAnthropicStream(strings.NewReader(in.Answer)))
	if got.content != text || got.reasoning != thinking || strings.ReplaceAll(got.tools, "{}", "") != strings.ReplaceAll(partial, "{}", "") || got.finish == "" {
		t.Errorf("the text has changed: %+v\n%q %q %q", got, text, thinking, partial)
	}
	checkAnthropicUsage(t, got.usage, true, usage)
}

func checkAnthropicUsage(t *testing.T, u models.Usage, ok bool, reported map[string]any) {
	t.Helper()
	n := func(name string) int64 { f, _ := reported[name].(float64); return int64(f) }
	input := n("input_tokens") + n("cache_read_input_tokens") + n("cache_creation_input_tokens")
	if !ok || u.Input != input || u.Output != n("output_tokens") || u.CacheRead != n("cache_read_input_tokens") ||
		u.CacheWrite+u.CacheWrite1h != n("cache_creation_input_tokens") || u.Anomaly != "" || u.Input == 0 {
		t.Errorf("%+v from %v", u, reported)
	}
}
