package wire

import (
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"github.com/tidwall/gjson"

	"bourse/models"
)

// collectedBytesMax bounds an answer that is gathered from a stream.
const collectedBytesMax = 64 << 20

// ErrCutShort is a stream that ended before it showed a finish.
var ErrCutShort = errors.New("the provider's stream ended without a finish")

type collectedCall struct {
	ID       string `json:"id,omitempty"`
	Type     string `json:"type"`
	Function struct {
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

type collectedChoice struct {
	Index   int `json:"index"`
	Message struct {
		Role      string           `json:"role"`
		Content   *string          `json:"content"`
		Reasoning string           `json:"reasoning,omitempty"`
		Refusal   string           `json:"refusal,omitempty"`
		ToolCalls []*collectedCall `json:"tool_calls,omitempty"`
	} `json:"message"`
	Finish string `json:"finish_reason,omitempty"`
	Native string `json:"native_finish_reason,omitempty"`

	content, reasoning []byte // gathered here, so that a long answer is not copied at each chunk
	said               bool
}

// CollectStream reads a stream to its end and returns the plain answer it amounts to, for a
// provider that streams whatever it was asked for. An error inside the stream becomes the
// answer's error.
func CollectStream(r io.Reader, q models.Quirks) ([]byte, error) {
	rw := NewRewriter(RewriterOptions{Quirks: q})
	er := NewEventReader(r)
	var choices []*collectedChoice
	var chunk []byte
	size := 0
	for {
		kind, data, err := er.Next()
		if kind == EventDone || errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch kind {
		case EventComment:
			continue
		case EventError:
			return collectedError(data)
		case EventBare:
			return data, nil
		}
		if size += len(data); size > collectedBytesMax {
			return nil, ErrEventTooLong
		}
		out, info, err := rw.Chunk(chunk[:0], data)
		if err != nil {
			return nil, err
		}
		if info.Error != nil {
			return collectedError(info.Error)
		}
		chunk = out
		if !info.Dropped {
			choices = collect(choices, chunk)
		}
	}
	if rw.Finish() == "" {
		return nil, ErrCutShort
	}
	for _, c := range choices {
		if c.Message.Reasoning = string(c.reasoning); c.said {
			content := string(c.content)
			c.Message.Content = &content
		}
	}
	answer := struct {
		Choices []*collectedChoice `json:"choices"`
		Usage   json.RawMessage    `json:"usage,omitempty"`
	}{choices, rw.usage}
	return json.Marshal(answer)
}

func collectedError(raw []byte) ([]byte, error) {
	if !json.Valid(raw) {
		raw = strconv.AppendQuote(nil, string(raw))
	}
	return json.Marshal(map[string]json.RawMessage{"error": raw})
}

// collect adds a chunk that has been rewritten, in which every choice and call has its index.
func collect(choices []*collectedChoice, chunk []byte) []*collectedChoice {
	for _, from := range gjson.GetBytes(chunk, "choices").Array() {
		index := int(from.Get("index").Int())
		var to *collectedChoice
		for _, c := range choices {
			if c.Index == index {
				to = c
			}
		}
		if to == nil {
			to = &collectedChoice{Index: index}
			to.Message.Role = "assistant"
			choices = append(choices, to)
		}
		delta := from.Get("delta")
		if text := delta.Get("content"); text.Type == gjson.String {
			to.content, to.said = append(to.content, text.String()...), true
		}
		to.reasoning = append(to.reasoning, delta.Get("reasoning").String()...)
		to.Message.Refusal += delta.Get("refusal").String()
		for _, call := range delta.Get("tool_calls").Array() {
			to.call(call)
		}
		if word := from.Get("finish_reason"); word.Type == gjson.String {
			to.Finish, to.Native = word.String(), from.Get("native_finish_reason").String()
		}
	}
	return choices
}

func (c *collectedChoice) call(from gjson.Result) {
	n := int(from.Get("index").Int()) // in range: the rewriter wrote it
	for len(c.Message.ToolCalls) <= n {
		c.Message.ToolCalls = append(c.Message.ToolCalls, &collectedCall{Type: "function"})
	}
	to := c.Message.ToolCalls[n]
	if id := from.Get("id").String(); id != "" {
		to.ID = id
	}
	to.Function.Name += from.Get("function.name").String()
	to.Function.Arguments += from.Get("function.arguments").String()
}
