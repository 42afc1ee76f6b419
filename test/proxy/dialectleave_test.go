package proxy

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"bourse/test/fake"
	"bourse/test/harness"
)

// TestLeaveNewerDialects hangs up in the middle of an answer: the provider is told at once, what was
// written until then is charged, and nothing stays held.
func TestLeaveNewerDialects(t *testing.T) {
	up := fake.New(t)
	h := harness.Start(t, map[string]string{"OPENAI_API_KEY": up.Key, "OPENAI_BASE_URL": up.URL, "COHERE_API_KEY": up.Key, "COHERE_BASE_URL": up.URL})
	for model, c := range map[string]struct{ provider, event string }{
		respondModel:               {"openai", `{"type":"response.output_text.delta","output_index":0,"delta":"One two three four five six."}`},
		"cohere/command-r-08-2024": {"cohere", `{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"One two three four five six."}}}}`},
	} {
		customer := h.Person(c.provider+"@example.com", enoughCredit)
		left := make(chan struct{})
		up.Then(func(w http.ResponseWriter, r *http.Request, _ fake.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, "data: "+c.event+"\n\n")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
			close(left)
		})
		body := fmt.Sprintf(`{"model":%q,"stream":true,"max_tokens":50,"messages":[{"role":"user","content":"x"}],"provider":{"only":[%q]}}`, model, c.provider)
		readAndLeave(t, h.URL+"/api/v1/chat/completions", customer.Key, body)
		select {
		case <-left:
		case <-time.After(10 * time.Second):
			t.Fatalf("%s goes on", c.provider)
		}
		tick := time.NewTicker(20 * time.Millisecond)
		for end := time.Now().Add(10 * time.Second); h.Available(customer) == enoughCredit; <-tick.C {
			if time.Now().After(end) {
				t.Fatalf("%s: nothing was charged", c.provider)
			}
		}
		tick.Stop()
	}
	h.Audit()
}

// readAndLeave reads the first words of an answer and hangs up.
func readAndLeave(t *testing.T, url, key, body string) {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	for lines := bufio.NewScanner(a.Body); lines.Scan(); {
		if strings.Contains(lines.Text(), "One two") {
			return
		}
	}
	t.Fatal("no words came")
}
