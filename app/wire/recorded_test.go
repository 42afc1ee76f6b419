package wire_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"bourse/app/wire"
	"bourse/models"
	"bourse/test/recorded"
)

// TestRecorded puts every recorded chat answer through the rewriter: valid, strict, the same
// text, and usage that adds up.
func TestRecorded(t *testing.T) {
	hosts := map[string]int{}
	for _, in := range recorded.Interactions(t) {
		if !strings.HasSuffix(in.URL, "/chat/completions") {
			continue
		}
		host := strings.Split(strings.TrimPrefix(strings.TrimPrefix(in.URL, "https://"), "http://"), "/")[0]
		hosts[host]++
		t.Run(host+"/"+in.Name, func(t *testing.T) {
			if strings.HasPrefix(strings.TrimSpace(in.Answer), "{") {
				recordedPlain(t, in)
			} else {
				recordedStream(t, in)
			}
		})
	}
	total := 0
	for _, n := range hosts {
		total += n
	}
	t.Logf("%d answers: %v", total, hosts)
	if total < 250 || len(hosts) < 9 {
		t.Errorf("only %d answers of %d hosts were found", total, len(hosts))
	}
}

func quirksOf(in recorded.Interaction) models.Quirks {
	return models.Quirks{ReasoningOutside: strings.Contains(in.URL, "api.x.ai")}
}

type recordedText struct {
	Choices []struct {
		Delta, Message struct {
			Content          *string `json:"content"`
			Reasoning        *string `json:"reasoning"`
			ReasoningContent *string `json:"reasoning_content"`
			ToolCalls        []struct {
				Function struct{ Name, Arguments string }
			} `json:"tool_calls"`
		}
	}
	Usage map[string]any
}

// text is everything that a person or a tool would get.
func (r *recordedText) text() (content, reasoning, tools string) {
	for _, c := range r.Choices {
		for _, d := range []int{0, 1} {
			part := c.Delta
			if d == 1 {
				part = c.Message
			}
			if part.Content != nil {
				content += *part.Content
			}
			if part.Reasoning != nil {
				reasoning += *part.Reasoning
			} else if part.ReasoningContent != nil {
				reasoning += *part.ReasoningContent
			}
			for _, call := range part.ToolCalls {
				tools += call.Function.Name + call.Function.Arguments
			}
		}
	}
	return content, reasoning, tools
}

func readRecorded(t *testing.T, raw []byte) recordedText {
	t.Helper()
	var r recordedText
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatalf("%s: %s", err, raw)
	}
	return r
}

func recordedPlain(t *testing.T, in recorded.Interaction) {
	rw := rewriter(quirksOf(in))
	out, info, err := rw.Result(nil, []byte(in.Answer))
	if err != nil || info.Error != nil {
		t.Fatalf("%v %s", err, info.Error)
	}
	before := readRecorded(t, []byte(in.Answer))
	u := checkUsage(t, rw, before.Usage)
	out = rw.CloseResult(out, wire.UsageBlock{Usage: u})
	after := readRecorded(t, out)
	c1, r1, t1 := before.text()
	c2, r2, t2 := after.text()
	if c1 != c2 || r1 != r2 || t1 != t2 {
		t.Errorf("the text has changed:\n%s\n%s", in.Answer, out)
	}
	strict(t, out, "message")
}

func recordedStream(t *testing.T, in recorded.Interaction) {
	rw := rewriter(quirksOf(in))
	er := wire.NewEventReader(strings.NewReader(in.Answer))
	var c1, r1, t1, c2, r2, t2 string
	var last map[string]any
	add := func(raw []byte, content, reasoning, tools *string) recordedText {
		r := readRecorded(t, raw)
		c, re, to := r.text()
		*content, *reasoning, *tools = *content+c, *reasoning+re, *tools+to
		return r
	}
	for {
		kind, data, err := er.Next()
		if err != nil || kind == wire.EventDone {
			break
		}
		if kind != wire.EventData {
			continue
		}
		if r := add(data, &c1, &r1, &t1); r.Usage != nil {
			last = r.Usage
		}
		out, info, err := rw.Chunk(nil, bytes.Clone(data))
		if err != nil || info.Error != nil {
			t.Fatalf("%v %s: %s", err, info.Error, data)
		}
		if info.Dropped {
			continue
		}
		add(out, &c2, &r2, &t2)
		strict(t, out, "delta")
	}
	if c1 != c2 || r1 != r2 || t1 != t2 {
		t.Errorf("the text has changed:\n%q\n%q", c1+r1+t1, c2+r2+t2)
	}
	u := checkUsage(t, rw, last)
	if rw.Finish() == "" {
		t.Error("no finish")
	}
	if n := rw.Produced(); u.Output > 20 && n > 2*u.Output { // hidden reasoning allows for any less
		t.Errorf("estimated %d tokens of %d", n, u.Output)
	}
	end := rw.UsageEvent(nil, wire.UsageBlock{Usage: u})
	strict(t, []byte(strings.TrimPrefix(string(end), "data: ")), "delta")
}

// checkUsage: the prompt as reported, the completion with the reasoning inside.
func checkUsage(t *testing.T, rw *wire.Rewriter, reported map[string]any) models.Usage {
	t.Helper()
	u, ok := rw.Usage()
	if !ok {
		t.Fatalf("no usage in %v", reported)
	}
	prompt, _ := reported["prompt_tokens"].(float64)
	completion, _ := reported["completion_tokens"].(float64)
	total, _ := reported["total_tokens"].(float64)
	if u.Input != int64(prompt) || u.Output < int64(completion) || (total > 0 && u.Input+u.Output != int64(total)) {
		t.Errorf("%+v from %v", u, reported)
	}
	return u
}

// strict holds the rules of the strictest client that the answer's types can show.
func strict(t *testing.T, raw []byte, level string) {
	t.Helper()
	var top map[string]any
	if err := json.Unmarshal(raw, &top); err != nil {
		t.Fatalf("%s: %s", err, raw)
	}
	fault := func(what string) { t.Errorf("%s: %s", what, raw) }
	print, printed := top["system_fingerprint"]
	if (level == "delta" && printed && print == nil) || (level == "message" && !printed) {
		fault("system_fingerprint")
	}
	if usage, there := top["usage"]; there && usage == nil {
		fault("usage is null")
	}
	choices, _ := top["choices"].([]any)
	if len(choices) == 0 {
		fault("no choices")
	}
	for _, c := range choices {
		choice, _ := c.(map[string]any)
		for _, name := range []string{"finish_reason", "native_finish_reason", "index", level} {
			if _, there := choice[name]; !there {
				fault(name + " is missing")
			}
		}
		inner, _ := choice[level].(map[string]any)
		for name, value := range inner {
			if value == nil && name != "content" {
				fault(name + " is null")
			}
		}
		if role, there := inner["role"]; there && role != "assistant" {
			fault("role")
		}
		calls, _ := inner["tool_calls"].([]any)
		for _, c := range calls {
			call, _ := c.(map[string]any)
			if _, there := call["index"]; level == "delta" && !there {
				fault("a call without index")
			}
			if level == "message" && (call["id"] == nil || call["type"] != "function") {
				fault("a call without id or type")
			}
		}
	}
}
