package demo

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// FuzzRequest sends any body through everything but the pace: it is answered or refused in the
// dialect, and an answer's counts add up and keep the limit.
func FuzzRequest(f *testing.F) {
	for _, body := range []string{
		``, `null`, `[]`, `{"model":"bourse/demo"}`,
		`{"model":"bourse/demo","messages":[{"role":"user","content":"What is a hold?"}],"max_tokens":5,"stop":["a"],"n":2}`,
		`{"model":"bourse/demo-reasoner","messages":[{"role":"user","content":[{"type":"text","text":"Think."}]}],"max_completion_tokens":1,"reasoning_effort":"high"}`,
		`{"model":"bourse/demo-mini","messages":[{"role":"tool","tool_call_id":"a","content":"21"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"array","items":{"type":"string"}}}}}}],"tool_choice":"required"}`,
		`{"model":"bourse/demo","messages":[{"role":"user","content":"\ud800"}],"temperature":0,"top_p":0,"seed":-1}`,
	} {
		f.Add(body)
	}
	s := newServer()
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, "/v1/chat/completions", strings.NewReader(body))
		q, p := readRequest(deadlines{httptest.NewRecorder()}, r)
		var a *reply
		if p == nil && s.voices[q.Model] != nil {
			a, p = s.answer(s.voices[q.Model], q)
		}
		if p != nil {
			if p.status < 400 || p.status > 499 || p.message == "" {
				t.Errorf("%+v", p)
			}
			return
		}
		if a == nil {
			return // a model that is not ours
		}
		u := a.usage
		if u.Total != u.Prompt+u.Completion || u.CompletionDetails.Reasoning > u.Completion || u.PromptDetails.Cached > u.Prompt {
			t.Errorf("%+v", u)
		}
		if q.MaxTokens != nil && u.Completion > *q.MaxTokens*q.choices() {
			t.Errorf("%d tokens of %d wanted", u.Completion, *q.MaxTokens)
		}
	})
}

// deadlines is a recorder that takes deadlines, as a connection does.
type deadlines struct{ *httptest.ResponseRecorder }

func (deadlines) SetReadDeadline(time.Time) error { return nil }
