package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"bourse/models"
	"bourse/test/fake"
	"bourse/test/harness"
)

// TestAStreamThatFallsSilent begins an answer and says no more: the client is told in the stream,
// the provider is let go, and nothing is charged.
func TestAStreamThatFallsSilent(t *testing.T) {
	up, left := fake.New(t), make(chan struct{}, 1)
	up.Always(func(w http.ResponseWriter, r *http.Request, q fake.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, `data: {"choices":[{"index":0,"delta":{"content":"One two"},"finish_reason":null}]}`+"\n\n")
		if http.NewResponseController(w).Flush() == nil {
			fake.Hang(nil, left)(w, r, q)
		}
	})
	h := harness.Start(t, map[string]string{"NOVITA_API_KEY": up.Key, "NOVITA_BASE_URL": up.URL})
	h.SetSilence(100 * time.Millisecond)
	p := h.Person("customer@example.com", models.NanoPerUSD)
	a := h.Chat(p.Key, harness.Ask("meta-llama/llama-3.3-70b-instruct", map[string]any{"stream": true, "max_tokens": 50}))
	events := a.Events(t)
	if a.Status != http.StatusOK || len(events) < 3 || !strings.Contains(events[0], "One two") || events[len(events)-1] != "[DONE]" {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if last := events[len(events)-2]; !strings.Contains(last, `"code":504`) || !strings.Contains(last, `"error_type":"timeout"`) || !strings.Contains(last, `"finish_reason":"error"`) {
		t.Errorf("%s", last)
	}
	<-left
	if h.Available(p) != models.NanoPerUSD {
		t.Errorf("it cost %s", (models.NanoPerUSD - h.Available(p)).USD())
	}
}
