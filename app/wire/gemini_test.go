package wire_test

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"bourse/app/wire"
	"bourse/models"
	"bourse/test/recorded"
)

func toGemini(t *testing.T, model, body string) map[string]any {
	t.Helper()
	r, fault := wire.ParseChat([]byte(body))
	if fault != nil {
		t.Fatal(fault)
	}
	out, fault := r.AppendGemini(nil, wire.UpstreamOptions{Model: model})
	if fault != nil {
		t.Fatal(fault)
	}
	return object(t, string(out))
}

func TestGeminiRequest(t *testing.T) {
	for _, c := range []struct{ name, model, chat, want string }{
		{"a sentence", "gemini-2.5-flash", `{"model":"m","max_tokens":10,"temperature":1.5,"top_k":3,"seed":7,"stop":"x","stream":true,"messages":[{"role":"user","content":"Hi \"you\""}]}`,
			`{"contents":[{"role":"user","parts":[{"text":"Hi \"you\""}]}],"generationConfig":{"temperature":1.5,"topK":3,"seed":7,"maxOutputTokens":10,"stopSequences":["x"]}}`},
		{"instructions and media", "gemini-2.5-flash", `{"model":"m","messages":[{"role":"system","content":[{"type":"text","text":"Be brief."}]},
			{"role":"user","content":[{"type":"text","text":"Look"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},{"type":"image_url","image_url":{"url":"https://x.example/a.webp?b=c"}},
			{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,BBBB"}},{"type":"input_audio","input_audio":{"data":"CCCC","format":"wav"}},{"type":"video_url","video_url":{"url":"https://www.youtube.com/watch?v=1"}}]},
			{"role":"developer","content":"And kind."}]}`,
			`{"contents":[{"role":"user","parts":[{"text":"Look"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"fileData":{"mimeType":"image/webp","fileUri":"https://x.example/a.webp?b=c"}},
			{"inlineData":{"mimeType":"application/pdf","data":"BBBB"}},{"inlineData":{"mimeType":"audio/wav","data":"CCCC"}},{"fileData":{"mimeType":"video/mp4","fileUri":"https://www.youtube.com/watch?v=1"}}]}],
			"systemInstruction":{"parts":[{"text":"Be brief."},{"text":"And kind."}]},"generationConfig":{}}`},
		{"tools, their results and their signatures", "gemini-3-flash-preview", `{"model":"m","tool_choice":"required",
			"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}},{"type":"function","function":{"name":"g"}}],
			"messages":[{"role":"user","content":"Go"},
			{"role":"assistant","content":null,"reasoning_details":[{"type":"reasoning.text","text":"Hm","format":"google-gemini-v1"},{"type":"reasoning.encrypted","data":"S1","id":"c1","format":"google-gemini-v1"},{"type":"reasoning.encrypted","data":"foreign","id":"c2","format":"anthropic-claude-v1"}],
			"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":\"b\"}"}},{"id":"c2","type":"function","function":{"name":"g","arguments":""}}]},
			{"role":"tool","tool_call_id":"c1","content":"{\"ok\":true}"},{"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"two"}]},{"role":"user","content":"And?"},
			{"role":"assistant","content":"Done.","reasoning_details":[{"type":"reasoning.encrypted","data":"S2","format":"google-gemini-v1"}]},{"role":"user","content":"More"}]}`,
			`{"contents":[{"role":"user","parts":[{"text":"Go"}]},
			{"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":"b"}},"thoughtSignature":"S1"},{"functionCall":{"name":"g","args":{}}}]},
			{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"ok":true}}},{"functionResponse":{"name":"g","response":{"output":"two"}}},{"text":"And?"}]},
			{"role":"model","parts":[{"text":"Done.","thoughtSignature":"S2"}]},{"role":"user","parts":[{"text":"More"}]}],
			"tools":[{"functionDeclarations":[{"name":"f","description":"d","parametersJsonSchema":{"type":"object","properties":{"a":{"type":"string"}}}},{"name":"g"}]}],
			"toolConfig":{"functionCallingConfig":{"mode":"ANY"}},"generationConfig":{}}`},
		{"a call that another model made", "gemini-3-pro-preview", `{"model":"m","messages":[{"role":"user","content":"Go"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":""}]}`,
			`{"contents":[{"role":"user","parts":[{"text":"Go"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"skip_thought_signature_validator"}]},
			{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":""}}}]}],"generationConfig":{}}`},
		{"a schema and one tool", "gemini-2.5-pro", `{"model":"m","tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"f"}},"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}},"messages":[{"role":"user","content":"Hi"}]}`,
			`{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"tools":[{"functionDeclarations":[{"name":"f"}]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f"]}},
			"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{"type":"object"}}}`},
	} {
		sameObject(t, c.name, toGemini(t, c.model, c.chat), c.want)
	}
}

func TestGeminiThinking(t *testing.T) {
	for _, c := range []struct{ model, wish, want string }{
		{"gemini-2.5-flash", `"reasoning_effort":"none"`, `{"thinkingBudget":0}`},
		{"gemini-2.5-pro", `"reasoning_effort":"none"`, `{"thinkingBudget":128}`},
		{"gemini-2.5-flash", `"reasoning":{"effort":"high"}`, `{"includeThoughts":true,"thinkingBudget":24576}`},
		{"gemini-2.5-flash", `"max_tokens":1000,"reasoning":{"effort":"medium"}`, `{"includeThoughts":true,"thinkingBudget":800}`},
		{"gemini-2.5-flash", `"reasoning":{"max_tokens":3000,"exclude":true}`, `{"thinkingBudget":3000}`},
		{"gemini-3-pro-preview", `"reasoning_effort":"medium"`, `{"includeThoughts":true,"thinkingLevel":"high"}`},
		{"gemini-3.5-flash", `"reasoning_effort":"minimal"`, `{"includeThoughts":true,"thinkingLevel":"minimal"}`},
		{"gemini-3.1-pro-preview", `"reasoning_effort":"none"`, `{"thinkingLevel":"low"}`},
	} {
		got := toGemini(t, c.model, `{"model":"m",`+c.wish+`,"messages":[{"role":"user","content":"Hi"}]}`)
		config, _ := got["generationConfig"].(map[string]any)["thinkingConfig"].(map[string]any)
		sameObject(t, c.model+" "+c.wish, config, c.want)
	}
}

func TestGeminiRefuses(t *testing.T) {
	for _, body := range []string{
		`{"model":"m","messages":[{"role":"system","content":"Alone"}]}`,
		`{"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"x"}}]}]}`,
		`{"model":"m","messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"nope"}}]}]}`,
	} {
		r, fault := wire.ParseChat([]byte(body))
		if fault != nil {
			t.Fatal(fault)
		}
		if out, fault := r.AppendGemini(nil, wire.UpstreamOptions{Model: "gemini-3-pro"}); fault == nil {
			t.Errorf("%s became %s", body, out)
		}
	}
}

const geminiEvents = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hm \",\"thought\":true}],\"role\":\"model\"},\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":100,\"totalTokenCount\":100}}\r\n\r\n" +
	"data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hel\\nlo\"},{\"text\":\" you\"}],\"role\":\"model\"},\"index\":0}]}\r\n\r\n" +
	"data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\",\"args\":{\"a\":1},\"id\":\"c1\"},\"thoughtSignature\":\"SIG\"},{\"functionCall\":{\"name\":\"g\",\"args\":{}}}],\"role\":\"model\"},\"finishReason\":\"STOP\",\"index\":0}]," +
	"\"usageMetadata\":{\"promptTokenCount\":100,\"cachedContentTokenCount\":40,\"candidatesTokenCount\":20,\"thoughtsTokenCount\":7,\"toolUsePromptTokenCount\":5,\"totalTokenCount\":132," +
	"\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":70},{\"modality\":\"AUDIO\",\"tokenCount\":30}],\"cacheTokensDetails\":[{\"modality\":\"AUDIO\",\"tokenCount\":10}]}}\r\n\r\n"

func TestGeminiStream(t *testing.T) {
	got := readChat(t, wire.NewGeminiStream(iotest.OneByteReader(strings.NewReader(geminiEvents))))
	if got.content != "Hel\nlo you" || got.reasoning != "Hm " || got.tools != `f{"a":1}g{}` || got.finish != "tool_calls" {
		t.Errorf("%+v", got)
	}
	want := models.Usage{Input: 105, CacheRead: 40, InputAudio: 20, Output: 27, Reasoning: 7, Source: models.UsageUpstream, ProviderCost: -1}
	if got.usage != want {
		t.Errorf("%+v", got.usage)
	}
}

func TestGeminiAnswer(t *testing.T) {
	const body = `{"candidates":[{"content":{"role":"model","parts":[{"text":"Hm","thought":true},{"text":"Hello","thoughtSignature":"S"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"T"}]},
		"finishReason":"MAX_TOKENS","index":0}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":9,"totalTokenCount":14,"candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":4}]}}`
	chat, err := wire.AppendGeminiAnswer(nil, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	rw := rewriter(models.Quirks{})
	out, _, err := rw.Result(nil, chat)
	if err != nil {
		t.Fatal(err)
	}
	u, ok := rw.Usage()
	if !ok || u.Input != 5 || u.Output != 9 || u.OutputImage != 4 || rw.Finish() != "length" || rw.NativeFinish() != "MAX_TOKENS" {
		t.Errorf("%+v %s %s", u, rw.Finish(), rw.NativeFinish())
	}
	out = rw.CloseResult(out, wire.UsageBlock{Usage: u})
	strict(t, out, "message")
	var answer struct {
		Choices []struct {
			Message struct {
				Content, Reasoning string
				Images             []struct {
					URL struct{ URL string } `json:"image_url"`
				}
				Calls []struct {
					ID       string
					Function struct{ Arguments string }
				} `json:"tool_calls"`
				Details []struct{ Type, Data, ID, Format string } `json:"reasoning_details"`
			}
		}
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatal(err)
	}
	m := answer.Choices[0].Message
	if m.Content != "Hello" || m.Reasoning != "Hm" || m.Images[0].URL.URL != "data:image/png;base64,AAAA" || m.Calls[0].Function.Arguments != `{"a":1}` {
		t.Errorf("%s", out)
	}
	// The signature of the call names the call, so that it finds its way back.
	if d := m.Details; len(d) != 3 || d[1].Data != "S" || d[1].ID != "" || d[2].Data != "T" || d[2].ID != m.Calls[0].ID || !strings.HasPrefix(d[2].ID, "call_") || d[2].Format != wire.FormatGemini {
		t.Errorf("%+v", d)
	}
	for _, bad := range []string{"", "[]", `{"x":1}`, "<html>"} {
		if out, err := wire.AppendGeminiAnswer(nil, []byte(bad)); err == nil {
			t.Errorf("%q became %s", bad, out)
		}
	}
}

// TestGeminiRoundTrip sends an answer's message back as a client would: each signature stands
// where it came from.
func TestGeminiRoundTrip(t *testing.T) {
	got := readMessage(t, wire.NewGeminiStream(strings.NewReader(geminiEvents)))
	sent := toGemini(t, "gemini-3-pro-preview", `{"model":"m","messages":[{"role":"user","content":"Go"},`+got+`]}`)
	raw, _ := json.Marshal(sent["contents"].([]any)[1])
	sameObject(t, "the answer", object(t, string(raw)), `{"role":"model","parts":[{"text":"Hel\nlo you"},{"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"SIG"},{"functionCall":{"name":"g","args":{}}}]}`)
}

func TestGeminiBlocked(t *testing.T) {
	const blocked = `{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":8,"totalTokenCount":8}}`
	got := readChat(t, wire.NewGeminiStream(strings.NewReader("data: "+blocked+"\n\n")))
	if got.finish != "content_filter" || got.usage.Input != 8 || got.usage.Output != 0 {
		t.Errorf("%+v", got)
	}
	chat, err := wire.AppendGeminiAnswer(nil, []byte(blocked))
	if err != nil {
		t.Fatal(err)
	}
	rw := rewriter(models.Quirks{})
	if _, _, err := rw.Result(nil, chat); err != nil || rw.Finish() != "content_filter" || rw.NativeFinish() != "PROHIBITED_CONTENT" {
		t.Errorf("%v %s %s", err, rw.Finish(), chat)
	}
}

// TestRecordedGemini reads every recorded answer of AI Studio and Vertex: the text as it was sent,
// and all tokens of the provider's own total.
func TestRecordedGemini(t *testing.T) {
	n := 0
	for _, in := range recorded.Interactions(t) {
		if !strings.Contains(in.URL, ":generateContent") && !strings.Contains(in.URL, ":streamGenerateContent") {
			continue
		}
		n++
		t.Run(in.Name, func(t *testing.T) { recordedGemini(t, in) })
	}
	t.Logf("%d answers", n)
	if n < 80 {
		t.Errorf("only %d answers were found", n)
	}
}

type geminiRecord struct {
	Candidates []struct {
		Content struct {
			Parts []struct {
				Text    string
				Thought bool
				Call    *struct {
					Name string
					Args json.RawMessage
				} `json:"functionCall"`
				Signature string `json:"thoughtSignature"`
			}
		}
	}
	Usage *struct{ PromptTokenCount, CachedContentTokenCount, CandidatesTokenCount, ThoughtsTokenCount, TotalTokenCount int64 } `json:"usageMetadata"`
}

func recordedGemini(t *testing.T, in recorded.Interaction) {
	var want chatOf
	var usage *geminiRecord
	add := func(raw []byte) {
		var r geminiRecord
		if err := json.Unmarshal(raw, &r); err != nil {
			t.Fatalf("%v: %s", err, raw)
		}
		if r.Usage != nil {
			usage = &r
		}
		for _, c := range r.Candidates {
			for _, p := range c.Content.Parts {
				switch {
				case p.Thought:
					want.reasoning += p.Text
				default:
					want.content += p.Text
				}
				if p.Call != nil {
					want.tools += p.Call.Name + string(p.Call.Args)
				}
				want.signature += p.Signature
			}
		}
	}
	var got chatOf
	if strings.HasPrefix(strings.TrimSpace(in.Answer), "{") {
		add([]byte(in.Answer))
		chat, err := wire.AppendGeminiAnswer(nil, []byte(in.Answer))
		if err != nil {
			t.Fatal(err)
		}
		got = readPlain(t, chat)
	} else {
		er := wire.NewEventReader(strings.NewReader(in.Answer))
		for {
			kind, data, err := er.Next()
			if err != nil {
				break
			}
			if kind == wire.EventData {
				add(data)
			}
		}
		got = readChat(t, wire.NewGeminiStream(strings.NewReader(in.Answer)))
	}
	if got.content != want.content || got.reasoning != want.reasoning || got.tools != want.tools || got.finish == "" || got.signature != want.signature {
		t.Errorf("the text has changed: %+v\n%+v", got, want)
	}
	u, r := got.usage, usage.Usage
	if u.Input != r.PromptTokenCount || u.Output != r.CandidatesTokenCount+r.ThoughtsTokenCount || u.Reasoning != r.ThoughtsTokenCount ||
		u.CacheRead != r.CachedContentTokenCount || u.Input+u.Output != r.TotalTokenCount || u.Anomaly != "" {
		t.Errorf("%+v from %+v", u, *r)
	}
}

// readPlain reads a plain answer of the chat dialect.
func readPlain(t *testing.T, chat []byte) chatOf {
	t.Helper()
	rw := rewriter(models.Quirks{})
	out, info, err := rw.Result(nil, chat)
	if err != nil || info.Error != nil {
		t.Fatalf("%v %s: %s", err, info.Error, chat)
	}
	var got chatOf
	got.usage, _ = rw.Usage()
	got.finish = rw.Finish()
	out = rw.CloseResult(out, wire.UsageBlock{Usage: got.usage})
	strict(t, out, "message")
	r := readRecorded(t, out)
	got.content, got.reasoning, got.tools = r.text()
	var signed struct {
		Choices []struct {
			Message struct {
				Details []struct{ Signature, Data string } `json:"reasoning_details"`
			}
		}
	}
	if err := json.Unmarshal(out, &signed); err != nil {
		t.Fatal(err)
	}
	for _, d := range signed.Choices[0].Message.Details {
		got.signature += d.Signature + d.Data
	}
	return got
}

// readMessage gathers a stream into the message that a client keeps of it.
func readMessage(t *testing.T, r io.Reader) string {
	t.Helper()
	message := map[string]any{"role": "assistant"}
	var content string
	var calls, details []any
	rw := rewriter(models.Quirks{})
	er := wire.NewEventReader(r)
	for {
		_, data, err := er.Next()
		if err != nil {
			break
		}
		out, _, err := rw.Chunk(nil, bytes.Clone(data))
		if err != nil {
			t.Fatal(err)
		}
		delta := object(t, string(out))["choices"].([]any)[0].(map[string]any)["delta"].(map[string]any)
		text, _ := delta["content"].(string)
		c, _ := delta["tool_calls"].([]any)
		d, _ := delta["reasoning_details"].([]any)
		content, calls, details = content+text, append(calls, c...), append(details, d...)
	}
	message["content"], message["tool_calls"], message["reasoning_details"] = content, calls, details
	raw, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// FuzzGemini reads what a stranger may send in place of Gemini's answer: what comes out is read by
// the rewriter, or refused by it, and nothing panics.
func FuzzGemini(f *testing.F) {
	f.Add([]byte(geminiEvents))
	f.Add([]byte(`{"candidates":[{"index":-9223372036854775808,"content":{"parts":[{"functionCall":{"args":[]}}]}}]}`))
	f.Add([]byte("data: {\"usageMetadata\":{\"promptTokenCount\":1e300,\"promptTokensDetails\":[{}]}}\n\n"))
	f.Add([]byte(`[{"error":{"code":500}}]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		fuzzStream(t, wire.NewGeminiStream(bytes.NewReader(raw)))
		if chat, err := wire.AppendGeminiAnswer(nil, raw); err == nil && !json.Valid(chat) {
			t.Errorf("%q became %q", raw, chat)
		}
	})
}

// FuzzConverse does the same for the stream of Bedrock, once its frames are off.
func FuzzConverse(f *testing.F) {
	f.Add([]byte("data: {\"contentBlockStart\":{\"start\":{\"toolUse\":{\"name\":\"f\"}}}}\n\ndata: {\"contentBlockStop\":{}}\n\ndata: {\"messageStop\":{\"stopReason\":\"tool_use\"}}\n\n"))
	f.Add([]byte("data: {\"contentBlockDelta\":{\"delta\":{\"reasoningContent\":{\"redactedContent\":\"x\"}}}}\n\ndata: {\"metadata\":{\"usage\":{}}}\n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		fuzzStream(t, wire.NewConverseStream(bytes.NewReader(raw)))
		if chat, err := wire.AppendConverseAnswer(nil, raw); err == nil && !json.Valid(chat) {
			t.Errorf("%q became %q", raw, chat)
		}
	})
}

func fuzzStream(t *testing.T, r io.Reader) {
	rw := rewriter(models.Quirks{})
	er := wire.NewEventReader(r)
	for {
		kind, data, err := er.Next()
		if err != nil {
			break
		}
		if kind != wire.EventData {
			continue
		}
		if out, info, err := rw.Chunk(nil, bytes.Clone(data)); err == nil && info.Error == nil && !info.Dropped && !json.Valid(out) {
			t.Errorf("%q became %q", data, out)
		}
	}
	u, ok := rw.Usage()
	if ok && (u.Input < 0 || u.Output < 0 || u.CacheRead+u.CacheWrite+u.CacheWrite1h+u.InputAudio+u.InputImage > u.Input || u.Reasoning > u.Output) {
		t.Errorf("usage %+v", u)
	}
}

// TestLinks lists what a conversation links to, and puts what was fetched in its place.
func TestLinks(t *testing.T) {
	r, fault := wire.ParseChat([]byte(`{"model":"m","max_tokens":5,"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x.example/a.png"}},{"type":"image_url","image_url":"https://x.example/a.png"},
		{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},{"type":"file","file":{"file_data":"https://x.example/b.pdf"}},{"type":"text","text":"https://x.example/c"}]}]}`))
	if fault != nil {
		t.Fatal(fault)
	}
	if links := r.Links(); strings.Join(links, " ") != "https://x.example/a.png https://x.example/b.pdf" {
		t.Errorf("%q", links)
	}
	o := wire.UpstreamOptions{Model: "anthropic.claude-x", Fetched: map[string]string{"https://x.example/a.png": wire.DataURL("image/png", []byte("PNG")), "https://x.example/b.pdf": wire.DataURL("application/pdf", []byte("PDF"))}}
	for _, write := range []func([]byte, wire.UpstreamOptions) ([]byte, *wire.Error){r.AppendGemini, r.AppendConverse, r.AppendAnthropic} {
		out, fault := write(nil, o)
		if fault != nil {
			t.Fatal(fault)
		}
		if text := string(out); strings.Count(text, `"UE5H"`) != 2 || strings.Count(text, `"UERG"`) != 1 || strings.Contains(text, "x.example/a") || strings.Contains(text, "x.example/b") {
			t.Errorf("%s", text)
		}
	}
}

// TestGeminiTier: what was given is said in the words of the chat dialect, whichever house says it.
func TestGeminiTier(t *testing.T) {
	for said, want := range map[string]string{`"serviceTier":"PRIORITY"`: "priority", `"serviceTier":"standard"`: "default", `"trafficType":"ON_DEMAND_FLEX"`: "flex", `"trafficType":"ON_DEMAND"`: "default", `"totalTokenCount":2`: ""} {
		body, err := wire.AppendGeminiAnswer(nil, []byte(`{"candidates":[{"content":{"parts":[{"text":"Hi"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1,`+said+`}}`))
		if err != nil {
			t.Fatal(err)
		}
		rw := rewriter(models.Quirks{})
		if _, _, err := rw.Result(nil, body); err != nil || rw.ServiceTier() != want {
			t.Errorf("%s: %q %v", said, rw.ServiceTier(), err)
		}
	}
}
