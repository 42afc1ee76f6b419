package fake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// GenerateUsage is what an upstream of Gemini's dialect counts; Output excludes the thoughts.
type GenerateUsage struct {
	Input, CacheRead, Output, Thoughts int
}

func (u GenerateUsage) count() map[string]any {
	return map[string]any{"promptTokenCount": u.Input, "cachedContentTokenCount": u.CacheRead, "candidatesTokenCount": u.Output,
		"thoughtsTokenCount": u.Thoughts, "totalTokenCount": u.Input + u.Output + u.Thoughts}
}

// Part is one part of an answer in Gemini's dialect.
type Part map[string]any

// Generate answers in Gemini's dialect, whole or one part at a time, as the address asks.
func Generate(finish string, u GenerateUsage, parts ...Part) Behaviour {
	return func(w http.ResponseWriter, _ *http.Request, q Request) {
		object := func(parts []Part, finish any) map[string]any {
			return map[string]any{"candidates": []any{map[string]any{"index": 0, "finishReason": finish,
				"content": map[string]any{"role": "model", "parts": parts}}}, "usageMetadata": u.count(), "modelVersion": "fake"}
		}
		if !strings.HasSuffix(q.Path, ":streamGenerateContent") {
			writeJSON(w, http.StatusOK, object(parts, finish))
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		for i, part := range parts {
			var end any
			if i == len(parts)-1 {
				end = finish
			}
			text, err := json.Marshal(object([]Part{part}, end))
			if err != nil {
				panic(err) // a test that made it of something else than JSON
			}
			fmt.Fprintf(w, "data: %s\r\n\r\n", text) // a client that is gone needs no answer
			_ = http.NewResponseController(w).Flush()
		}
	}
}
