package wire_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"bourse/app/wire"
	"bourse/models"
)

func head() wire.Head {
	return wire.Head{ID: "gen-1", Model: "a/b", Provider: "P", Created: 7}
}

const chunkHead = `"id":"gen-1","provider":"P","model":"a/b","created":7,"object":"chat.completion.chunk"`

func rewriter(q models.Quirks) *wire.Rewriter {
	return wire.NewRewriter(wire.RewriterOptions{Head: head(), Quirks: q})
}

// TestChunks has a row for each thing that upstreams send and strict clients reject or miss.
func TestChunks(t *testing.T) {
	const null = `"finish_reason":null,"native_finish_reason":null`
	for _, c := range []struct{ name, in, want string }{
		{"identity is ours", `{"id":"chatcmpl-9","object":"chat.completion.chunk","created":1,"model":"gpt-x-2024","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}]}`,
			`"choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},` + null + `}]`},
		{"usage null is left out", `{"usage":null,"choices":[{"index":0,"delta":{"content":"Hi"}}]}`,
			`"choices":[{"index":0,"delta":{"content":"Hi"},` + null + `}]`},
		{"fingerprint null is left out", `{"system_fingerprint":null,"choices":[{"index":0,"delta":{"content":"Hi"},"logprobs":null}]}`,
			`"choices":[{"index":0,"delta":{"content":"Hi"},` + null + `}]`},
		{"fingerprint stays", `{"system_fingerprint":"fp","choices":[{"index":0,"delta":{"content":"Hi"}}]}`,
			`"system_fingerprint":"fp","choices":[{"index":0,"delta":{"content":"Hi"},` + null + `}]`},
		{"missing index and delta", `{"choices":[{"finish_reason":"stop"}]}`,
			`"choices":[{"index":0,"delta":{},"finish_reason":"stop","native_finish_reason":"stop"}]`},
		{"nulls of the delta", `{"choices":[{"index":0,"delta":{"role":null,"content":"x","tool_calls":null,"audio":null,"reasoning_details":null,"refusal":null,"function_call":null,"annotations":[]}}]}`,
			`"choices":[{"index":0,"delta":{"content":"x"},` + null + `}]`},
		{"an empty role", `{"choices":[{"index":0,"delta":{"role":"","content":"x"}}]}`,
			`"choices":[{"index":0,"delta":{"content":"x"},` + null + `}]`},
		{"a tool call without index", `{"choices":[{"index":0,"delta":{"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"s":1}}}]}}]}`,
			`"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"s":1}}}]},` + null + `}]`},
		{"a tool call with nulls", `{"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":null,"type":"","function":{"name":null,"arguments":"{\""}}]}}]}`,
			`"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":"{\""}}]},` + null + `}]`},
		{"arguments as an object", `{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":{"a":1}}}]}}]}`,
			`"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{\"a\":1}"}}]},` + null + `}]`},
		{"no tool calls", `{"choices":[{"index":0,"delta":{"content":"x","tool_calls":[]}}]}`,
			`"choices":[{"index":0,"delta":{"content":"x"},` + null + `}]`},
		{"reasoning has one name", `{"choices":[{"index":0,"delta":{"content":null,"reasoning_content":"hm"}}]}`,
			`"choices":[{"index":0,"delta":{"reasoning":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm","format":"unknown","index":0}]},` + null + `}]`},
		{"and is not sent twice", `{"choices":[{"index":0,"delta":{"reasoning":"hm","reasoning_content":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm","signature":"s"}]}}]}`,
			`"choices":[{"index":0,"delta":{"reasoning":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm","signature":"s"}]},` + null + `}]`},
		{"content as parts", `{"choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"h\n"}]},{"type":"text","text":"a\""},{"type":"text","text":"b"}]}}]}`,
			`"choices":[{"index":0,"delta":{"content":"a\"b","reasoning":"h\n","reasoning_details":[{"type":"reasoning.text","text":"h\n","format":"unknown","index":0}]},` + null + `}]`},
		{"what nobody asked for", `{"x_groq":{"id":"r"},"time_info":{},"timings":{},"obfuscation":"abc","prompt_filter_results":[],"cost_in_usd_ticks":1,"service_tier":"default","choices":[{"index":0,"delta":{"content":"x","obfuscation":"q"},"content_filter_results":{},"stop_reason":null}]}`,
			`"service_tier":"default","choices":[{"index":0,"delta":{"content":"x"},` + null + `}]`},
		{"logprobs with content", `{"choices":[{"index":0,"delta":{"content":"x"},"logprobs":{"content":[]}}]}`,
			`"choices":[{"index":0,"delta":{"content":"x"},` + null + `,"logprobs":{"content":[]}}]`},
		{"several choices", `{"choices":[{"index":1,"delta":{"content":"x"}},{"index":0,"delta":{"content":"y"},"finish_reason":"length"}]}`,
			`"choices":[{"index":1,"delta":{"content":"x"},` + null + `},{"index":0,"delta":{"content":"y"},"finish_reason":"length","native_finish_reason":"length"}]`},
		{"the vendor's own finish", `{"choices":[{"index":0,"delta":{},"finish_reason":"stop","native_finish_reason":"end_turn"}]}`,
			`"choices":[{"index":0,"delta":{},"finish_reason":"stop","native_finish_reason":"end_turn"}]`},
		{"blanks are words too", `{"choices":[{"index":0,"delta":{"content":" ","reasoning_content":" "}}]}`,
			`"choices":[{"index":0,"delta":{"content":" ","reasoning":" ","reasoning_details":[{"type":"reasoning.text","text":" ","format":"unknown","index":0}]},` + null + `}]`},
		{"pictures", `{"choices":[{"index":0,"delta":{"images":[{"type":"image_url","image_url":{"url":"data:"}}]}}]}`,
			`"choices":[{"index":0,"delta":{"images":[{"type":"image_url","image_url":{"url":"data:"}}]},` + null + `}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, info, err := rewriter(models.Quirks{}).Event(nil, []byte(c.in))
			if err != nil || info.Dropped || info.Error != nil {
				t.Fatalf("%v %+v", err, info)
			}
			data, found := strings.CutPrefix(string(out), "data: ")
			data, closed := strings.CutSuffix(data, "\n\n")
			if !found || !closed || strings.Contains(data, "\n") {
				t.Fatalf("framing: %q", out)
			}
			sameJSON(t, data, `{`+chunkHead+`,`+c.want+`}`)
		})
	}
}

func TestDroppedChunks(t *testing.T) {
	for name, in := range map[string]string{
		"no choices":      `{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}`,
		"Azure's first":   `{"model":"","choices":[],"prompt_filter_results":[{}]}`,
		"choices missing": `{"id":"x","usage":{"prompt_tokens":1,"completion_tokens":2}}`,
	} {
		out, info, err := rewriter(models.Quirks{}).Event(nil, []byte(in))
		if err != nil || !info.Dropped || len(out) != 0 {
			t.Errorf("%s: %q %+v %v", name, out, info, err)
		}
	}
}

func TestFinishes(t *testing.T) {
	for ours, words := range map[string]string{
		"stop":           "stop eos end_turn stop_sequence pause_turn COMPLETE STOP whatever",
		"length":         "length max_tokens model_length MAX_TOKENS model_context_window_exceeded",
		"tool_calls":     "tool_calls function_call tool_use TOOL_CALL FUNCTION_CALL",
		"content_filter": "content_filter refusal SAFETY RECITATION BLOCKLIST PROHIBITED_CONTENT SPII IMAGE_SAFETY sensitive",
		"error":          "MALFORMED_FUNCTION_CALL ERROR network_error insufficient_system_resource error",
	} {
		for _, word := range strings.Fields(words) {
			rw := rewriter(models.Quirks{})
			_, info, err := rw.Chunk(nil, []byte(`{"choices":[{"delta":{},"finish_reason":"`+word+`"}]}`))
			if err != nil || info.Finish != ours || string(info.NativeFinish) != word || rw.Finish() != ours || rw.NativeFinish() != word {
				t.Errorf("%s: %+v %v", word, info, err)
			}
		}
	}
}

// TestStreamEnd: finish, then usage on a repeated finish (as resellers send it) or without
// choices; the client gets the finish once, and once more with our usage.
func TestStreamEnd(t *testing.T) {
	for name, last := range map[string]string{
		"with a choice":    `{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8}}`,
		"without a choice": `{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8}}`,
		"groq":             `{"choices":[],"x_groq":{"usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8}}}`,
		"inside a choice":  `{"choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8}}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			rw := rewriter(models.Quirks{})
			var out []byte
			for _, chunk := range []string{
				`{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}],"usage":{"prompt_tokens":5,"completion_tokens":0,"total_tokens":5}}`,
				`{"choices":[{"index":0,"delta":{"content":"one two three"}}],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}`,
				`{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`, last,
			} {
				var err error
				if out, _, err = rw.Event(out, []byte(chunk)); err != nil {
					t.Fatal(err)
				}
			}
			if n := strings.Count(string(out), "data: "); n != 3 {
				t.Errorf("%d chunks were forwarded:\n%s", n, out)
			}
			if strings.Contains(string(out), "usage") {
				t.Errorf("the provider's usage was forwarded:\n%s", out)
			}
			u, ok := rw.Usage()
			if !ok || u.Input != 5 || u.Output != 3 || u.Source != models.UsageUpstream {
				t.Errorf("usage %+v %v", u, ok)
			}
			if n := rw.Produced(); n < 3 || n > 6 {
				t.Errorf("estimated %d tokens for three words", n)
			}
			got := strings.TrimSuffix(strings.TrimPrefix(string(rw.UsageEvent(nil, wire.UsageBlock{Usage: u,
				Cost: 7350, ProviderCost: 7000, PromptCost: 1350, CompletionCost: 5650, Fee: 350})), "data: "), "\n\n")
			sameJSON(t, got, `{`+chunkHead+`,"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"stop","native_finish_reason":"stop"}],
				"usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8,"cost":0.00000735,"is_byok":false,
				"prompt_tokens_details":{"cached_tokens":0,"cache_write_tokens":0,"audio_tokens":0,"video_tokens":0},
				"cost_details":{"upstream_inference_cost":0.000007,"upstream_inference_prompt_cost":0.00000135,"upstream_inference_completions_cost":0.00000565,"platform_fee":0.00000035},
				"completion_tokens_details":{"reasoning_tokens":0,"image_tokens":0,"audio_tokens":0}}}`)
		})
	}
}

func TestErrorsInside(t *testing.T) {
	for name, c := range map[string]struct {
		in, raw string
		q       models.Quirks
	}{
		"top level":     {in: `{"error":{"message":"no","code":500}}`, raw: `{"message":"no","code":500}`},
		"as text":       {in: `{"error":"no"}`, raw: `"no"`},
		"in a choice":   {in: `{"choices":[{"index":0,"delta":{"content":"x"},"error":{"code":502}}]}`, raw: `{"code":502}`},
		"object error":  {in: `{"object":"error","message":"no"}`, raw: `{"object":"error","message":"no"}`},
		"base_resp":     {in: `{"base_resp":{"status_code":1002,"status_msg":"slow down"}}`, raw: `{"status_code":1002,"status_msg":"slow down"}`, q: models.Quirks{ErrorIn200: true}},
		"groq's":        {in: `{"choices":[],"x_groq":{"error":"over"}}`, raw: `"over"`},
		"with a choice": {in: `{"error":{"code":502},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}`, raw: `{"code":502}`},
	} {
		for as, rewrite := range map[string]func(*wire.Rewriter) ([]byte, wire.ChunkInfo, error){
			"chunk": func(rw *wire.Rewriter) ([]byte, wire.ChunkInfo, error) { return rw.Event(nil, []byte(c.in)) },
			"plain": func(rw *wire.Rewriter) ([]byte, wire.ChunkInfo, error) { return rw.Result(nil, []byte(c.in)) },
		} {
			out, info, err := rewrite(rewriter(c.q))
			if err != nil || string(info.Error) != c.raw || len(out) != 0 {
				t.Errorf("%s, %s: error %q, out %q, %v", name, as, info.Error, out, err)
			}
		}
	}
	_, info, err := rewriter(models.Quirks{ErrorIn200: true}).Chunk(nil,
		[]byte(`{"choices":[{"delta":{"content":"x"}}],"base_resp":{"status_code":0,"status_msg":""},"error":null}`))
	if err != nil || info.Error != nil {
		t.Errorf("a success counts as an error: %+v %v", info, err)
	}
}

func TestGarbage(t *testing.T) {
	for _, in := range []string{``, `[]`, `x`, `{`, `{"choices":[{"delta":{"content":"x"}`, `{"choices":[{"delta":{"content":tru}}]}`,
		`{"choices":[{"delta":{"content":"x"}}]} {}`, `{"choices":[5]}`, `{"a":01}`, "{\"a\":\"\n\"}", `{"choices":[{"delta":{"content":"\q"}}]}`,
		`{"a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`} {
		out, _, err := rewriter(models.Quirks{}).Chunk(nil, []byte(in))
		if !errors.Is(err, wire.ErrNotJSON) || len(out) != 0 {
			t.Errorf("%.60q: %q %v", in, out, err)
		}
	}
}

func TestExcludedReasoning(t *testing.T) {
	rw := wire.NewRewriter(wire.RewriterOptions{Head: head(), ExcludeReasoning: true})
	out, info, err := rw.Event(nil, []byte(`{"choices":[{"index":0,"delta":{"content":"","reasoning_content":"secret thoughts"}}]}`))
	if err != nil || len(out) != 0 || !info.Dropped || !info.HasContent || info.ReasoningBytes == 0 || rw.Produced() == 0 {
		t.Errorf("%q %+v %v", out, info, err)
	}
}

func TestPrettyPrintedChunk(t *testing.T) {
	out, _, err := rewriter(models.Quirks{}).Event(nil, []byte("{\r\n \"choices\": [\n{\"index\":0,\"delta\":{\"content\":\"x\"},\n\"logprobs\":{\n\"content\":[]\r\n}}]}"))
	if err != nil || strings.ContainsAny(strings.TrimSuffix(string(out), "\n\n"), "\r\n") {
		t.Errorf("%q %v", out, err)
	}
}

func TestParallelToolsWithoutIndex(t *testing.T) {
	rw := rewriter(models.Quirks{})
	var out []byte
	for _, call := range []string{`{"id":"a","function":{"name":"f","arguments":""}}`, `{"function":{"arguments":"{}"}}`, `{"id":"b","function":{"name":"g","arguments":"{}"}}`} {
		out, _, _ = rw.Event(out, []byte(`{"choices":[{"delta":{"tool_calls":[`+call+`]}}]}`))
	}
	out, info, _ := rw.Event(out, []byte(`{"choices":[{"delta":{},"finish_reason":"STOP"}]}`))
	if got := strings.Count(string(out), `"index":1`); got != 1 || info.Finish != "tool_calls" {
		t.Errorf("%s", out)
	}
}

func TestErrorEvent(t *testing.T) {
	out := rewriter(models.Quirks{}).ErrorEvent(nil, wire.BadGateway("P broke off.").With("provider_name", "P"))
	data := strings.TrimSuffix(strings.TrimPrefix(string(out), "data: "), "\n\n")
	sameJSON(t, data, `{`+chunkHead+`,"error":{"code":502,"message":"P broke off.","metadata":{"error_type":"provider_unavailable","provider_name":"P"}},
		"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error","native_finish_reason":"error"}]}`)
}

func TestResult(t *testing.T) {
	const usage = `"usage":{"prompt_tokens":9,"completion_tokens":10,"total_tokens":19,"cost":1.5,"is_byok":false,
		"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":0,"audio_tokens":0,"video_tokens":0},
		"cost_details":{"upstream_inference_cost":0,"upstream_inference_prompt_cost":0,"upstream_inference_completions_cost":0,"platform_fee":0},
		"completion_tokens_details":{"reasoning_tokens":2,"image_tokens":0,"audio_tokens":0}}`
	for _, c := range []struct{ name, in, want string }{
		{"plain", `{"id":"x","object":"chat.completion","model":"m","usage":{"prompt_tokens":1},"choices":[{"index":0,"message":{"role":"assistant","content":"Hello!","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}]}`,
			`"system_fingerprint":null,"choices":[{"index":0,"message":{"role":"assistant","content":"Hello!"},"finish_reason":"stop","native_finish_reason":"stop"}]`},
		{"tool calls", `{"system_fingerprint":"fp","choices":[{"message":{"content":null,"tool_calls":[{"function":{"name":"f"}},{"id":"x","type":null,"function":{"name":"g","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}`,
			`"system_fingerprint":"fp","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"x","type":"function","function":{"name":"g","arguments":"{}"}}]},"finish_reason":"tool_calls","native_finish_reason":"tool_calls"}]`},
		{"null tool calls", `{"choices":[{"message":{"content":"x","tool_calls":null},"finish_reason":"eos"}]}`,
			`"system_fingerprint":null,"choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"stop","native_finish_reason":"eos"}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			rw := rewriter(models.Quirks{})
			out, info, err := rw.Result(nil, []byte(c.in))
			if err != nil || info.Error != nil {
				t.Fatalf("%+v %v", info, err)
			}
			out = rw.CloseResult(out, wire.UsageBlock{Usage: models.Usage{Input: 9, Output: 10, CacheRead: 4, Reasoning: 2}, Cost: 1_500_000_000})
			sameJSON(t, string(out), `{"id":"gen-1","provider":"P","model":"a/b","created":7,"object":"chat.completion",`+c.want+`,`+usage+`}`)
		})
	}
	for usage, counts := range map[string]bool{`{"prompt_tokens":1,"completion_tokens":2}`: false, `null`: true, `{"prompt_tokens":1,"completion_tokens":-2}`: true} {
		rw := rewriter(models.Quirks{})
		out, _, err := rw.Result(nil, []byte(`{"choices":[{"message":{"content":"one two three","tool_calls":[{"function":{"name":"f"}}]}}],"usage":`+usage+`}`))
		if err != nil || (rw.Produced() > 0) != counts || !strings.Contains(string(out), `"id":"call_1"`) {
			t.Errorf("%s: produced %d, %s %v", usage, rw.Produced(), out, err)
		}
	}
	if _, _, err := rewriter(models.Quirks{}).Result(nil, []byte(`{"choices":[]}`)); !errors.Is(err, wire.ErrNotJSON) {
		t.Errorf("an answer without a choice: %v", err)
	}
}

// FuzzChunk: what encoding/json accepts as an object is accepted, what it refuses is refused, the
// output is JSON, and the text of the deltas is the same.
func FuzzChunk(f *testing.F) {
	f.Add([]byte(`{"id":"x","choices":[{"index":0,"delta":{"role":"assistant","content":"H\u00e9\n","tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]},"finish_reason":null}],"usage":null}`))
	f.Add([]byte(`{"choices":[{"delta":{"reasoning_content":"hm","content":[{"type":"text","text":"a"}]},"finish_reason":"STOP"}],"usage":{"prompt_tokens":1.0,"total_tokens":-3}}`))
	f.Add([]byte(`{"error":{"code":1}}`))
	f.Fuzz(func(t *testing.T, chunk []byte) {
		var in struct {
			Choices []struct {
				Delta struct {
					Content any `json:"content"`
				} `json:"delta"`
			} `json:"choices"`
		}
		var object map[string]json.RawMessage
		valid := json.Valid(chunk) && json.Unmarshal(chunk, &object) == nil && object != nil
		rw := rewriter(models.Quirks{})
		out, info, err := rw.Chunk(nil, chunk)
		if err == nil && !valid {
			t.Fatalf("accepted %q", chunk)
		}
		if valid && err == nil && !info.Dropped && info.Error == nil {
			if !json.Valid(out) {
				t.Fatalf("not JSON: %s\nfrom %s", out, chunk)
			}
			same := json.Unmarshal(chunk, &in) == nil
			var back struct {
				Choices []struct {
					Delta struct {
						Content any `json:"content"`
					} `json:"delta"`
				} `json:"choices"`
			}
			if err := json.Unmarshal(out, &back); err != nil {
				t.Fatalf("%s: %s", err, out)
			}
			if same && len(in.Choices) == 1 && len(back.Choices) == 1 && strings.Count(string(chunk), "content") == 1 {
				if text, ok := in.Choices[0].Delta.Content.(string); ok && back.Choices[0].Delta.Content != nil && back.Choices[0].Delta.Content != text {
					t.Fatalf("%q became %q", text, back.Choices[0].Delta.Content)
				}
			}
		}
		_, _ = rw.Usage()
		plain := rewriter(models.Quirks{})
		if out, info, err := plain.Result(nil, chunk); err == nil && info.Error == nil {
			if out = plain.CloseResult(out, wire.UsageBlock{}); !json.Valid(out) {
				t.Fatalf("not JSON: %s\nfrom %s", out, chunk)
			}
		}
	})
}
