package fake

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Usage is what the upstream counts. A zero value is sent as zeros.
type Usage struct {
	Prompt, Cached, Completion, Reasoning int
}

func (u Usage) json() map[string]any {
	return map[string]any{
		"prompt_tokens": u.Prompt, "completion_tokens": u.Completion, "total_tokens": u.Prompt + u.Completion,
		"prompt_tokens_details":     map[string]any{"cached_tokens": u.Cached},
		"completion_tokens_details": map[string]any{"reasoning_tokens": u.Reasoning},
	}
}

// Answer answers the text, whole or streamed as asked, and counts as told.
func Answer(text string, u Usage) Behaviour { return reply{text: text, usage: &u}.serve }

// NoUsage answers the text and never says what it counted.
func NoUsage(text string) Behaviour { return reply{text: text}.serve }

// CallTool answers with the wish to call a function.
func CallTool(name, arguments string, u Usage) Behaviour {
	return reply{usage: &u, tool: name, arguments: arguments}.serve
}

// Slow waits before the first piece and between the others.
func Slow(text string, u Usage, first, each time.Duration) Behaviour {
	return reply{text: text, usage: &u, first: first, each: each}.serve
}

// HalfStream cuts the connection after so many pieces.
func HalfStream(text string, pieces int) Behaviour { return reply{text: text, cut: pieces}.serve }

// Status refuses with a status and a message.
func Status(status int, message string) Behaviour {
	return func(w http.ResponseWriter, _ *http.Request, _ Request) { writeJSON(w, status, errorBody(message)) }
}

// RetryAfter refuses with 429 and the seconds to wait.
func RetryAfter(seconds int) Behaviour {
	return func(w http.ResponseWriter, _ *http.Request, _ Request) {
		w.Header().Set("Retry-After", fmt.Sprint(seconds))
		writeJSON(w, http.StatusTooManyRequests, errorBody("Rate limit reached."))
	}
}

// ErrorIn200 says that all is well and means an error.
func ErrorIn200(message string) Behaviour {
	return func(w http.ResponseWriter, _ *http.Request, _ Request) {
		writeJSON(w, http.StatusOK, map[string]any{"error": map[string]any{"message": message, "type": "server_error", "param": nil, "code": nil}})
	}
}

// Raw answers exactly these bytes.
func Raw(status int, contentType, body string) Behaviour {
	return func(w http.ResponseWriter, _ *http.Request, _ Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		w.Write([]byte(body)) // a client that is gone needs no answer
	}
}

// Garbage answers something that is no JSON.
func Garbage() Behaviour { return Raw(http.StatusOK, "application/json", "<html>It works!</html>") }

// Cut closes the connection without a word.
func Cut() Behaviour {
	return func(http.ResponseWriter, *http.Request, Request) { panic(http.ErrAbortHandler) }
}

// Hang says nothing until the client leaves, then cuts the connection. It
// sends one value when a request has arrived and one when its client has left.
func Hang(arrived, left chan<- struct{}) Behaviour {
	return func(_ http.ResponseWriter, r *http.Request, _ Request) {
		tell(arrived)
		<-r.Context().Done()
		tell(left)
		panic(http.ErrAbortHandler)
	}
}

func tell(to chan<- struct{}) {
	select {
	case to <- struct{}{}:
	default: // nobody wants to know
	}
}

type reply struct {
	text            string
	usage           *Usage
	tool, arguments string
	first, each     time.Duration
	cut             int // pieces before the connection is cut; 0 for never
}

func (a reply) serve(w http.ResponseWriter, r *http.Request, q Request) {
	if !wait(r.Context(), a.first) {
		return
	}
	if q.Stream {
		a.stream(w, r, q)
		return
	}
	if a.cut > 0 {
		w.Header().Set("Content-Length", "10000")
		w.Write([]byte(`{"id":"chatcmpl-fake","choices":[{"index":0,"message":{"role":"assistant","content":"`))
		panic(http.ErrAbortHandler)
	}
	message := map[string]any{"role": "assistant", "content": a.text}
	finish := "stop"
	if a.tool != "" {
		finish = "tool_calls"
		message["content"] = nil
		message["tool_calls"] = []any{map[string]any{"id": "call_fake", "type": "function",
			"function": map[string]any{"name": a.tool, "arguments": a.arguments}}}
	}
	body := map[string]any{"id": "chatcmpl-fake", "object": "chat.completion", "created": time.Now().Unix(), "model": q.Model,
		"choices": []any{map[string]any{"index": 0, "message": message, "logprobs": nil, "finish_reason": finish}}}
	if a.usage != nil {
		body["usage"] = a.usage.json()
	}
	writeJSON(w, http.StatusOK, body)
}

func (a reply) stream(w http.ResponseWriter, r *http.Request, q Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	send := func(choices []any, usage any) bool {
		chunk := map[string]any{"id": "chatcmpl-fake", "object": "chat.completion.chunk", "created": time.Now().Unix(), "model": q.Model,
			"system_fingerprint": nil, "choices": choices, "usage": usage}
		data, err := json.Marshal(chunk)
		if err != nil {
			return false
		}
		if _, err := fmt.Fprintf(w, "data: %s\n\n", data); err != nil {
			return false
		}
		return control.Flush() == nil
	}
	deltas := []any{map[string]any{"role": "assistant", "content": ""}}
	for _, word := range strings.SplitAfter(a.text, " ") {
		deltas = append(deltas, map[string]any{"content": word})
	}
	finish := "stop"
	if a.tool != "" {
		finish = "tool_calls"
		deltas = append(deltas[:1], map[string]any{"tool_calls": []any{map[string]any{"index": 0, "id": "call_fake", "type": "function",
			"function": map[string]any{"name": a.tool, "arguments": a.arguments}}}})
	}
	for i, delta := range deltas {
		if a.cut > 0 && i == a.cut {
			panic(http.ErrAbortHandler)
		}
		if i > 0 && !wait(r.Context(), a.each) {
			return
		}
		if !send([]any{map[string]any{"index": 0, "delta": delta, "finish_reason": nil}}, nil) {
			return
		}
	}
	send([]any{map[string]any{"index": 0, "delta": map[string]any{}, "finish_reason": finish}}, nil)
	if a.usage != nil && q.StreamOptions != nil && q.StreamOptions.IncludeUsage {
		send([]any{}, a.usage.json())
	}
	fmt.Fprint(w, "data: [DONE]\n\n") // the client has everything already
}

// wait is false when the client left before the time was over.
func wait(ctx context.Context, d time.Duration) bool {
	if d == 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
