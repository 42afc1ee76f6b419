package fake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// MessageUsage is what an upstream of Anthropic's dialect counts; Input excludes the cache.
type MessageUsage struct {
	Input, CacheRead, Write5m, Write1h, Output, Thinking int
}

func (u MessageUsage) start() map[string]any {
	return map[string]any{"input_tokens": u.Input, "cache_read_input_tokens": u.CacheRead, "cache_creation_input_tokens": u.Write5m + u.Write1h,
		"cache_creation": map[string]any{"ephemeral_5m_input_tokens": u.Write5m, "ephemeral_1h_input_tokens": u.Write1h}, "output_tokens": 1}
}

func (u MessageUsage) end() map[string]any {
	return map[string]any{"output_tokens": u.Output, "output_tokens_details": map[string]any{"thinking_tokens": u.Thinking}}
}

// Block is one block of a message: text, thinking or a call.
type Block map[string]any

// TextBlock says something.
func TextBlock(text string) Block { return Block{"type": "text", "text": text} }

// ThinkingBlock thinks something and signs it.
func ThinkingBlock(text, signature string) Block {
	return Block{"type": "thinking", "thinking": text, "signature": signature}
}

// ToolBlock calls a tool.
func ToolBlock(id, name string, input map[string]any) Block {
	return Block{"type": "tool_use", "id": id, "name": name, "input": input}
}

// Message answers in Anthropic's dialect, whole or streamed as asked.
func Message(stop string, u MessageUsage, blocks ...Block) Behaviour {
	return func(w http.ResponseWriter, _ *http.Request, q Request) {
		if !q.Stream {
			usage := u.start()
			for name, value := range u.end() {
				usage[name] = value
			}
			writeJSON(w, http.StatusOK, map[string]any{"id": "msg_fake", "type": "message", "role": "assistant", "model": q.Model,
				"content": blocks, "stop_reason": stop, "stop_sequence": nil, "usage": usage})
			return
		}
		s := messageStream{w}
		s.start(q.Model, u)
		for i, b := range blocks {
			s.block(i, b)
		}
		s.send("message_delta", map[string]any{"delta": map[string]any{"stop_reason": stop, "stop_sequence": nil}, "usage": u.end()})
		s.send("message_stop", map[string]any{})
	}
}

// BrokenMessage streams one text in Anthropic's dialect and then an error.
func BrokenMessage(text, kind, message string) Behaviour {
	return func(w http.ResponseWriter, _ *http.Request, q Request) {
		s := messageStream{w}
		s.start(q.Model, MessageUsage{Input: 10})
		s.block(0, TextBlock(text))
		s.send("error", map[string]any{"error": map[string]any{"type": kind, "message": message}})
	}
}

type messageStream struct{ w http.ResponseWriter }

func (s messageStream) start(model string, u MessageUsage) {
	s.w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	s.send("message_start", map[string]any{"message": map[string]any{"id": "msg_fake", "type": "message", "role": "assistant", "model": model,
		"content": []any{}, "stop_reason": nil, "stop_sequence": nil, "usage": u.start()}})
	s.send("ping", map[string]any{})
}

// block sends a block in as many pieces as it has words.
func (s messageStream) block(i int, b Block) {
	empty := Block{}
	for name, value := range b {
		if _, isText := value.(string); isText && name != "type" && name != "id" && name != "name" {
			value = ""
		}
		empty[name] = value
	}
	if b["type"] == "tool_use" {
		empty["input"] = map[string]any{}
	}
	s.send("content_block_start", map[string]any{"index": i, "content_block": empty})
	delta := func(d map[string]any) { s.send("content_block_delta", map[string]any{"index": i, "delta": d}) }
	switch b["type"] {
	case "text":
		for _, word := range strings.SplitAfter(b["text"].(string), " ") {
			delta(map[string]any{"type": "text_delta", "text": word})
		}
	case "thinking":
		delta(map[string]any{"type": "thinking_delta", "thinking": b["thinking"]})
		delta(map[string]any{"type": "signature_delta", "signature": b["signature"]})
	case "tool_use":
		input, err := json.Marshal(b["input"])
		if err != nil {
			panic(err) // a test that made it of something else than JSON
		}
		delta(map[string]any{"type": "input_json_delta", "partial_json": string(input)})
	}
	s.send("content_block_stop", map[string]any{"index": i})
}

func (s messageStream) send(event string, data map[string]any) {
	data["type"] = event
	text, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(s.w, "event: %s\ndata: %s\n\n", event, text) // a client that is gone needs no answer
	_ = http.NewResponseController(s.w).Flush()
}
