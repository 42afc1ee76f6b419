package demo

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// fingerprint says in every answer where it comes from.
const fingerprint = "demo"

func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare([]byte(token), []byte(s.Key)) != 1 {
			writeProblem(w, &problem{status: http.StatusUnauthorized, kind: kindInvalid,
				message: "Incorrect API key provided.", code: "invalid_api_key"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) listModels(w http.ResponseWriter, _ *http.Request) {
	data := make([]map[string]any, 0, len(s.voices))
	for _, m := range append(Models(), Embedding()) {
		data = append(data, map[string]any{"id": m.ID, "object": "model", "created": int64(0), "owned_by": "bourse"})
	}
	writeJSON(w, http.StatusOK, map[string]any{"object": "list", "data": data})
}

// reply is one answered request.
type reply struct {
	id      string
	created int64
	model   string
	answers []*answer
	usage   usage
	pace    pace
}

type usage struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`

	PromptDetails struct {
		Cached int `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
	CompletionDetails struct {
		Reasoning int `json:"reasoning_tokens"`
	} `json:"completion_tokens_details"`
}

func (s *Server) chat(w http.ResponseWriter, r *http.Request) {
	if s.running.Add(1) > runningMax {
		s.running.Add(-1)
		writeProblem(w, &problem{status: http.StatusServiceUnavailable, kind: kindServer, code: "overloaded",
			message: "The demo answers as many requests as it can. Try again in a moment."})
		return
	}
	defer s.running.Add(-1)
	q, p := readRequest(w, r)
	if p != nil {
		writeProblem(w, p)
		return
	}
	v := s.voices[q.Model]
	if v == nil {
		writeProblem(w, &problem{status: http.StatusNotFound, kind: kindInvalid, param: "model", code: "model_not_found",
			message: fmt.Sprintf("The model '%s' does not exist.", q.Model)})
		return
	}
	a, p := s.answer(v, q)
	if p != nil {
		writeProblem(w, p)
		return
	}
	if q.Stream {
		a.stream(r.Context(), w, q.StreamOptions != nil && q.StreamOptions.IncludeUsage)
		return
	}
	// Only streams are slow on purpose: what they show is the pace. A plain answer would just be late.
	if a.pace.wait(r.Context(), 0) != nil {
		return // the client is gone
	}
	writeJSON(w, http.StatusOK, a.whole())
}

func (s *Server) answer(v *voice, q *request) (*reply, *problem) {
	prompt := q.promptTokens(s.vocab)
	room := v.ContextTokens - len(prompt)
	if room < 1 {
		p := invalid("messages", fmt.Sprintf("This model's maximum context length is %d tokens. However, your messages resulted in %d tokens.", v.ContextTokens, len(prompt)))
		p.code = "context_length_exceeded"
		return nil, p
	}
	a := &reply{id: "chatcmpl-" + rand.Text(), created: time.Now().Unix(), model: v.ID, pace: newPace(v.manner)}
	a.usage.Prompt = len(prompt)
	a.usage.PromptDetails.Cached = s.cache.read(v.ID+"\x00"+q.User, prompt)
	for i := range q.choices() {
		one := v.answer(q, i, room)
		a.answers = append(a.answers, one)
		all, reasoning := one.tokens(s.vocab)
		a.usage.Completion += all
		a.usage.CompletionDetails.Reasoning += reasoning
	}
	a.usage.Total = a.usage.Prompt + a.usage.Completion
	return a, nil
}

// whole is the plain answer.
func (a *reply) whole() map[string]any {
	choices := make([]map[string]any, 0, len(a.answers))
	for i, one := range a.answers {
		m := map[string]any{"role": "assistant", "content": strings.Join(one.content, ""), "refusal": nil}
		if len(one.reasoning) > 0 {
			m["reasoning_content"] = strings.Join(one.reasoning, "")
		}
		if one.call != nil {
			m["content"] = nil
			m["tool_calls"] = []any{map[string]any{"id": one.call.id, "type": "function",
				"function": map[string]any{"name": one.call.name, "arguments": one.call.arguments}}}
		}
		choices = append(choices, map[string]any{"index": i, "message": m, "logprobs": nil, "finish_reason": one.finish})
	}
	return map[string]any{"id": a.id, "object": "chat.completion", "created": a.created, "model": a.model,
		"choices": choices, "usage": a.usage, "system_fingerprint": fingerprint}
}

// pace makes tokens arrive as a real model would send them.
type pace struct {
	start time.Time
	first time.Duration
	each  time.Duration
}

func newPace(m manner) pace {
	return pace{start: time.Now(), first: time.Duration(m.firstTokenMilli) * time.Millisecond, each: time.Second / time.Duration(m.tokensPerSecond)}
}

// wait returns when the token with the given number is due, or when the client is gone.
func (p pace) wait(ctx context.Context, token int) error {
	due := time.NewTimer(time.Until(p.start.Add(p.first + time.Duration(token)*p.each)))
	defer due.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-due.C:
		return nil
	}
}
