package fake

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// RespondUsage is what an upstream of the Responses dialect counts; all is inside its total.
type RespondUsage struct {
	Input, Cached, Output, Reasoning int
}

func (u RespondUsage) count() map[string]any {
	return map[string]any{"input_tokens": u.Input, "input_tokens_details": map[string]any{"cached_tokens": u.Cached}, "output_tokens": u.Output,
		"output_tokens_details": map[string]any{"reasoning_tokens": u.Reasoning}, "total_tokens": u.Input + u.Output}
}

// Item is one item of an output in the Responses dialect.
type Item map[string]any

// ThoughtItem is encrypted thinking with its summary.
func ThoughtItem(id, summary, encrypted string) Item {
	return Item{"id": id, "type": "reasoning", "summary": []any{map[string]any{"type": "summary_text", "text": summary}}, "encrypted_content": encrypted}
}

// MessageItem says something.
func MessageItem(text string) Item {
	return Item{"id": "msg_fake", "type": "message", "role": "assistant", "status": "completed", "content": []any{map[string]any{"type": "output_text", "text": text, "annotations": []any{}}}}
}

// CallItem calls a function.
func CallItem(id, name, arguments string) Item {
	return Item{"id": "fc_fake", "type": "function_call", "status": "completed", "call_id": id, "name": name, "arguments": arguments}
}

// Respond answers in the Responses dialect, whole or streamed as asked; reason is why it is
// incomplete, "" when it is not.
func Respond(reason string, u RespondUsage, items ...Item) Behaviour {
	return func(w http.ResponseWriter, _ *http.Request, q Request) {
		status, details := "completed", any(nil)
		if reason != "" {
			status, details = "incomplete", map[string]any{"reason": reason}
		}
		response := map[string]any{"id": "resp_fake", "object": "response", "status": status, "model": q.Model, "error": nil, "incomplete_details": details,
			"output": items, "service_tier": "default", "usage": u.count()}
		if !q.Stream {
			writeJSON(w, http.StatusOK, response)
			return
		}
		s := responseStream{w}
		s.begin()
		for i, item := range items {
			s.item(i, item)
		}
		s.send("response."+status, map[string]any{"response": response})
	}
}

// BrokenResponse streams one text in the Responses dialect and then fails.
func BrokenResponse(text, code, message string) Behaviour {
	return func(w http.ResponseWriter, _ *http.Request, _ Request) {
		s := responseStream{w}
		s.begin()
		if text != "" {
			s.send("response.output_text.delta", map[string]any{"output_index": 0, "delta": text})
		}
		s.send("response.failed", map[string]any{"response": map[string]any{"status": "failed", "error": map[string]any{"code": code, "message": message}}})
	}
}

type responseStream struct{ w http.ResponseWriter }

func (s responseStream) begin() {
	s.w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	s.send("response.created", map[string]any{"response": map[string]any{"id": "resp_fake", "status": "in_progress", "usage": nil}})
}

func (s responseStream) item(at int, item Item) {
	started := Item{"id": item["id"], "type": item["type"], "call_id": item["call_id"], "name": item["name"], "arguments": ""}
	s.send("response.output_item.added", map[string]any{"output_index": at, "item": started})
	for _, part := range []string{"summary", "content"} {
		parts, _ := item[part].([]any)
		for i, p := range parts {
			kind := "response.output_text.delta"
			if part == "summary" {
				kind = "response.reasoning_summary_text.delta"
			}
			text, _ := p.(map[string]any)["text"].(string)
			for _, piece := range pieces(text) {
				s.send(kind, map[string]any{"item_id": item["id"], "output_index": at, "summary_index": i, "content_index": i, "delta": piece})
			}
		}
	}
	if arguments, called := item["arguments"].(string); called {
		for _, piece := range pieces(arguments) {
			s.send("response.function_call_arguments.delta", map[string]any{"item_id": item["id"], "output_index": at, "delta": piece})
		}
	}
	s.send("response.output_item.done", map[string]any{"output_index": at, "item": item})
}

// pieces are the two halves of a text.
func pieces(text string) []string { return []string{text[:len(text)/2], text[len(text)/2:]} }

func (s responseStream) send(kind string, members map[string]any) {
	members["type"] = kind
	text, err := json.Marshal(members)
	if err != nil {
		panic(err) // a test that made it of something else than JSON
	}
	fmt.Fprintf(s.w, "event: %s\ndata: %s\n\n", kind, text) // a client that is gone needs no answer
	_ = http.NewResponseController(s.w).Flush()
}
