package fake

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// CohereUsage is what an upstream of Cohere's dialect counts: what it bills, and what its model read.
type CohereUsage struct{ Billed, Written, Read int }

func (u CohereUsage) count() map[string]any {
	return map[string]any{"billed_units": map[string]any{"input_tokens": u.Billed, "output_tokens": u.Written},
		"tokens": map[string]any{"input_tokens": u.Read, "output_tokens": u.Written + 1}}
}

// CohereAnswer is an answer in Cohere's dialect; Call is a function's name and its arguments.
type CohereAnswer struct {
	Thinking, Plan, Text string
	Call                 [2]string
	Finish               string
	Usage                CohereUsage
}

// Serve answers, whole or streamed as asked.
func (a CohereAnswer) Serve(w http.ResponseWriter, _ *http.Request, q Request) {
	var content []any
	if a.Thinking != "" {
		content = append(content, map[string]any{"type": "thinking", "thinking": a.Thinking})
	}
	if a.Text != "" {
		content = append(content, map[string]any{"type": "text", "text": a.Text})
	}
	call := map[string]any{"id": "c1", "type": "function", "function": map[string]any{"name": a.Call[0], "arguments": a.Call[1]}}
	if !q.Stream {
		message := map[string]any{"role": "assistant", "content": content, "tool_plan": a.Plan}
		if a.Call[0] != "" {
			message["tool_calls"] = []any{call}
		}
		writeJSON(w, http.StatusOK, map[string]any{"id": "fake", "finish_reason": a.Finish, "message": message, "usage": a.Usage.count()})
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(kind string, delta map[string]any) {
		text, err := json.Marshal(map[string]any{"type": kind, "index": 0, "delta": delta})
		if err != nil {
			panic(err) // a test that made it of something else than JSON
		}
		fmt.Fprintf(w, "event: %s\ndata: %s\n\n", kind, text) // a client that is gone needs no answer
		_ = http.NewResponseController(w).Flush()
	}
	message := func(name string, v any) map[string]any { return map[string]any{"message": map[string]any{name: v}} }
	send("message-start", message("role", "assistant"))
	if a.Plan != "" {
		send("tool-plan-delta", message("tool_plan", a.Plan))
	}
	for _, c := range []struct{ kind, text string }{{"thinking", a.Thinking}, {"text", a.Text}} {
		if c.text == "" {
			continue
		}
		send("content-start", message("content", map[string]any{"type": c.kind, c.kind: ""}))
		for _, piece := range pieces(c.text) {
			send("content-delta", message("content", map[string]any{c.kind: piece}))
		}
		send("content-end", nil)
	}
	if a.Call[0] != "" {
		send("tool-call-start", message("tool_calls", map[string]any{"id": "c1", "type": "function", "function": map[string]any{"name": a.Call[0], "arguments": ""}}))
		for _, piece := range pieces(a.Call[1]) {
			send("tool-call-delta", message("tool_calls", map[string]any{"function": map[string]any{"arguments": piece}}))
		}
		send("tool-call-end", nil)
	}
	send("message-end", map[string]any{"finish_reason": a.Finish, "usage": a.Usage.count()})
}
