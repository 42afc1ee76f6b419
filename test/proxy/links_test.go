package proxy

import (
	"net/http"
	"strings"
	"testing"

	"bourse/test/fake"
	"bourse/test/harness"
)

// TestLinksAreFollowed links to a picture that is not there: a provider that follows no links is not
// asked, the client reads what was wrong, and nothing is charged. One that follows links is asked.
func TestLinksAreFollowed(t *testing.T) {
	up := fake.New(t)
	h := harness.Start(t, map[string]string{"GEMINI_API_KEY": up.Key, "GEMINI_BASE_URL": up.URL, "OPENAI_API_KEY": up.Key, "OPENAI_BASE_URL": up.URL})
	customer := h.Person("customer@example.com", enoughCredit)
	const link = "https://nothing-here.invalid/a.png"
	ask := func(model string) harness.Answer {
		return h.Chat(customer.Key, harness.Ask(model, map[string]any{"max_tokens": 100, "messages": []any{map[string]any{"role": "user", "content": []any{
			map[string]any{"type": "text", "text": "What is this?"}, map[string]any{"type": "image_url", "image_url": map[string]any{"url": link}}}}}}))
	}
	before := h.Available(customer)
	if a := ask(geminiModel); a.Status != http.StatusBadRequest || !strings.Contains(string(a.Body), "nothing-here.invalid could not be read") || len(up.Seen()) != 0 || h.Available(customer) != before {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := ask("openai/gpt-4o"); a.Status != http.StatusOK || len(up.Seen()) != 1 || !strings.Contains(string(up.Seen()[0].Body), link) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}
