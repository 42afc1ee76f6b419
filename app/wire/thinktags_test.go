package wire_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"bourse/app/wire"
	"bourse/models"
)

var tagged = models.Quirks{ThinkTags: true}

// TestThinkTags reads the same answer whole, and cut at every place and into single letters.
func TestThinkTags(t *testing.T) {
	for _, c := range []struct{ raw, text, reasoning string }{
		{"<think>\nHm, 17 < 23.\n</think>\n\nIt is \"391\".", "It is \"391\".", "Hm, 17 < 23.\n"},
		{"\n <think>Hm</think>Yes", "\n Yes", "Hm"},
		{"<think></think>\n\nYes", "Yes", ""},
		{"<think>never closed, a </thin", "", "never closed, a </thin"},
		{"No tags here: <think> is a word.", "No tags here: <think> is a word.", ""},
		{"<thinker> is none", "<thinker> is none", ""},
		{"<think>one</think>two<think>three</think>", "two<think>three</think>", "one"},
		{" \n", " \n", ""},
		{"", "", ""},
	} {
		whole, _ := json.Marshal(map[string]any{"choices": []any{map[string]any{"index": 0, "message": map[string]any{"role": "assistant", "content": c.raw}, "finish_reason": "stop"}}})
		rw := rewriter(tagged)
		out, _, err := rw.Result(nil, whole)
		if err != nil {
			t.Fatal(err)
		}
		r := readRecorded(t, rw.CloseResult(out, wire.UsageBlock{}))
		if text, reasoning, _ := r.text(); text != c.text || reasoning != c.reasoning {
			t.Errorf("%q became %q and %q", c.raw, text, reasoning)
		}
		for cut := range len(c.raw) + 1 {
			pieces := []string{c.raw[:cut], c.raw[cut:]}
			if cut == 0 {
				pieces = strings.Split(c.raw, "")
			}
			for _, escape := range []bool{true, false} {
				got := stream(t, pieces, escape)
				want := c.reasoning
				if strings.HasSuffix(c.raw, "</thin") {
					want = strings.TrimSuffix(want, "</thin") // what may be a tag is kept back for good
				}
				if got.content != c.text || got.reasoning != want {
					t.Errorf("%q became %q and %q", pieces, got.content, got.reasoning)
				}
			}
		}
	}
	if got := readPlain(t, []byte(`{"choices":[{"index":0,"message":{"content":"<think>Hm</think>Yes"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}`)); got.content != "<think>Hm</think>Yes" {
		t.Errorf("without the quirk: %+v", got)
	}
}

// stream reads chunks with the pieces, in which angles stand as escapes when wanted.
func stream(t *testing.T, pieces []string, escape bool) chatOf {
	t.Helper()
	rw := rewriter(tagged)
	var got chatOf
	for _, piece := range append(pieces, "") {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(escape)
		if err := e.Encode(piece); err != nil {
			t.Fatal(err)
		}
		out, info, err := rw.Chunk(nil, fmt.Appendf(nil, `{"choices":[{"index":0,"delta":{"content":%s},"finish_reason":null}]}`, bytes.TrimSpace(b.Bytes())))
		if err != nil || info.Error != nil {
			t.Fatal(err)
		}
		if info.Dropped {
			continue
		}
		strict(t, out, "delta")
		r := readRecorded(t, out)
		text, reasoning, _ := r.text()
		got.content, got.reasoning = got.content+text, got.reasoning+reasoning
	}
	return got
}

// FuzzThinkTags loses no letter of a text but the tags and the blanks around them.
func FuzzThinkTags(f *testing.F) {
	f.Add("<think>a</think>b", 3)
	f.Add(" <think>\\u003c/think>", 9)
	f.Add("<thi", 2)
	f.Fuzz(func(t *testing.T, text string, cut int) {
		if cut < 0 || cut > len(text) || strings.ToValidUTF8(text[:cut], "") != text[:cut] || strings.ToValidUTF8(text[cut:], "") != text[cut:] {
			return
		}
		got := stream(t, []string{text[:cut], text[cut:]}, true)
		if !strings.Contains(text, got.content) || !strings.Contains(text, got.reasoning) {
			t.Errorf("%q became %q and %q", text, got.content, got.reasoning)
		}
		if !strings.HasPrefix("<think>", strings.TrimLeft(text, " \n\r\t")) && !strings.HasPrefix(strings.TrimLeft(text, " \n\r\t"), "<think>") && got.content != text {
			t.Errorf("%q became %q", text, got.content)
		}
	})
}
