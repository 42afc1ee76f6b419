package app_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"bourse/app"
)

const (
	probedStream = "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"Hm\"}}],\"usage\":null}\n\n" +
		"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"391.\"},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n" +
		"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":5,\"total_tokens\":32,\"completion_tokens_details\":{\"reasoning_tokens\":7}}}\n\ndata: [DONE]\n\n"
	probedTool = "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"weather\",\"arguments\":\"{}\"}}]},\"finish_reason\":\"tool_calls\"}]}\n\n" +
		"data: [DONE]\n\n"
)

// TestProbe asks a provider that differs in four ways, and prints the record that says so.
func TestProbe(t *testing.T) {
	pairs := 0
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		body := string(raw)
		w.Header().Set("X-Ratelimit-Remaining-Requests", "41")
		w.Header().Set("Set-Cookie", "secret=1")
		switch {
		case strings.Contains(body, "stream_options"):
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = io.WriteString(w, `{"detail":[{"msg":"Extra inputs are not permitted","loc":["body","stream_options"]}]}`)
		case strings.Contains(body, `"max_tokens"`):
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":{"message":"Unsupported parameter: use max_completion_tokens instead"}}`)
		case strings.Contains(body, `"weather"`):
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, probedTool)
		case strings.Contains(body, `"stream":true`):
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, probedStream)
		default:
			pairs++
			w.Header().Set("Content-Type", "application/json")
			cached := []string{"0", "2400"}[min(pairs-1, 1)]
			_, _ = io.WriteString(w, `{"choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":2500,"completion_tokens":3,"total_tokens":2503,"prompt_tokens_details":{"cached_tokens":`+cached+`}}}`)
		}
	}))
	defer upstream.Close()
	t.Setenv("NOVITA_API_KEY", "sk-very-secret")
	t.Setenv("NOVITA_BASE_URL", upstream.URL)
	var out, errs bytes.Buffer
	if code := app.Main([]string{"probe", "novita", "deepseek/deepseek-r1"}, &out, &errs); code != 0 {
		t.Fatalf("%d: %s", code, errs.String())
	}
	for _, part := range []string{
		"usage stands: usage in event 3 of 3, without a choice", "usage is null in 2 events", "completion_tokens_details.reasoning_tokens=7",
		"we read: input 20 (cache 0, written 0), output 12 (reasoning 7), finish stop (stop)", "thinking comes as: reasoning_content", "finish_reason is missing from some choices",
		"tool calls: 1, index missing: true", "read from a cache: 0 of 2500 tokens the first time, 2400 of 2500 the second", "x-ratelimit-remaining-requests: 41", "set-cookie",
		`the quirk record should become: "novita":{"max_tokens_field":"max_completion_tokens","no_stream_options":true,"reasoning_outside":true,"reasoning_field":"reasoning_content","think_tags":true}`,
	} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("no %q in\n%s", part, out.String())
		}
	}
	if strings.Contains(out.String()+errs.String(), "secret") && (strings.Contains(out.String(), "sk-very-secret") || strings.Contains(out.String(), "secret=1")) {
		t.Errorf("a secret is printed: %s", out.String())
	}
}

func TestProbeRefuses(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"probe"}, 2, "usage: bourse probe PROVIDER [MODEL]"}, {[]string{"probe", "nobody"}, 1, "there is no provider nobody"},
		{[]string{"probe", "groq"}, 1, "set GROQ_API_KEY"}, {[]string{"probe", "a", "b", "c"}, 2, "usage"},
	} {
		t.Setenv("GROQ_API_KEY", "")
		var out, errs bytes.Buffer
		if code := app.Main(c.args, &out, &errs); code != c.code || !strings.Contains(errs.String(), c.says) {
			t.Errorf("%v: %d %s", c.args, code, errs.String())
		}
	}
}
