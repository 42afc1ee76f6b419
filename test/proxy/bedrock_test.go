package proxy

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"bourse/models"
	"bourse/test/fake"
	"bourse/test/harness"
)

const bedrockModel = "amazon/nova-lite-v1"

// frames writes an event stream as Amazon's own encoder does: pairs of a kind and a payload. A kind
// that ends in Exception is one.
func frames(t *testing.T, pairs ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	for i := 0; i+1 < len(pairs); i += 2 {
		m := eventstream.Message{Payload: []byte(pairs[i+1])}
		message, name := "event", ":event-type"
		if strings.HasSuffix(pairs[i], "Exception") {
			message, name = "exception", ":exception-type"
		}
		m.Headers.Set(":message-type", eventstream.StringValue(message))
		m.Headers.Set(name, eventstream.StringValue(pairs[i]))
		if err := eventstream.NewEncoder().Encode(&b, m); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func bedrockText(text string) string {
	return fmt.Sprintf(`{"contentBlockIndex":0,"delta":{"text":%q}}`, text)
}

// TestBedrockUpstream answers in Amazon's frames: the text, the counts with their cache, the price;
// and what breaks after the first word is told in the stream and costs nothing.
func TestBedrockUpstream(t *testing.T) {
	var answer atomic.Pointer[[]byte]
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/converse-stream") || !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
			t.Errorf("asked %s %v", r.URL.Path, r.Header)
		}
		w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
		_, _ = w.Write(*answer.Load())
	}))
	defer upstream.Close()
	h := harness.Start(t, map[string]string{"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "BEDROCK_REGION": "us-east-1", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": upstream.URL})
	customer := h.Person("customer@example.com", enoughCredit)
	ask := func(body []byte) (seen, models.Amount) {
		answer.Store(&body)
		before := h.Available(customer)
		s := look(t, h.Chat(customer.Key, harness.Ask(bedrockModel, map[string]any{"max_tokens": 100, "stream": true, "provider": map[string]any{"order": []string{"amazon-bedrock"}, "allow_fallbacks": false}})), true)
		return s, before - h.Available(customer)
	}
	const stop, usage = `{"stopReason":"end_turn"}`, `{"usage":{"inputTokens":1000,"outputTokens":100,"totalTokens":1100}}`
	s, spent := ask(frames(t, "messageStart", `{"role":"assistant"}`, "contentBlockDelta", bedrockText("One "), "contentBlockDelta", bedrockText("two."), "contentBlockStop", "{}", "messageStop", stop, "metadata", usage))
	// 1,000 × 0.06 + 100 × 0.24, all $/M, and 5 % of it.
	if s.text != "One two." || s.finish != "stop" || s.provider != "Amazon Bedrock" || spent != 84_000+4_200 || s.cost != spent {
		t.Errorf("debited %s: %+v", spent.USD(), s)
	}
	whole := frames(t, "contentBlockDelta", bedrockText("One "), "contentBlockDelta", bedrockText("two."), "messageStop", stop, "metadata", usage)
	damaged := bytes.Clone(whole)
	damaged[len(damaged)-200] ^= 1
	for name, body := range map[string][]byte{
		"throttled": frames(t, "contentBlockDelta", bedrockText("One "), "throttlingException", `{"message":"Too many"}`),
		"cut":       whole[:len(whole)/2], "damaged": damaged,
	} {
		if s, spent := ask(body); s.failure == nil || !s.done || spent != 0 {
			t.Errorf("%s: debited %s: %+v", name, spent.USD(), s)
		}
	}
	// Some models count nothing in a stream: then we do.
	if s, spent := ask(frames(t, "contentBlockDelta", bedrockText("One two three four."), "messageStop", stop)); s.finish != "stop" || spent <= 0 || s.cost != spent {
		t.Errorf("without counts: debited %s: %+v", spent.USD(), s)
	}
}

// TestLongLines sends a megabyte in one line, and a line without an end.
func TestLongLines(t *testing.T) {
	up := fake.New(t)
	h := harness.Start(t, map[string]string{"GEMINI_API_KEY": up.Key, "GEMINI_BASE_URL": up.URL})
	customer := h.Person("customer@example.com", enoughCredit)
	long := strings.Repeat("x", 1<<20)
	up.Then(fake.Generate("STOP", fake.GenerateUsage{Input: 10, Output: 10}, fake.Part{"text": long}))
	if s := look(t, h.Chat(customer.Key, harness.Ask(geminiModel, map[string]any{"stream": true})), true); len(s.text) != len(long) || s.finish != "stop" {
		t.Errorf("%d letters of %d, %s", len(s.text), len(long), s.finish)
	}
	up.Then(func(w http.ResponseWriter, _ *http.Request, _ fake.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = fmt.Fprint(w, `data: {"candidates":[{"content":{"parts":[{"text":"`)
		for range 64 {
			if _, err := fmt.Fprint(w, long); err != nil {
				return // as it should be: nobody reads that much
			}
		}
	})
	before := h.Available(customer)
	if a := h.Chat(customer.Key, harness.Ask(geminiModel, map[string]any{"stream": true})); a.Status != http.StatusBadGateway || h.Available(customer) != before {
		t.Errorf("a line without an end: %d %.200s", a.Status, a.Body)
	}
}
