package proxy

import (
	"encoding/json"
	"fmt"
	"testing"

	"bourse/test/harness"
)

// TestASessionStaysWithItsProvider names a conversation by header and in the body.
func TestASessionStaysWithItsProvider(t *testing.T) {
	m := open(t, nil)
	by := func(header string, more map[string]any) string {
		t.Helper()
		body := harness.Ask(model, map[string]any{"max_tokens": 20})
		for name, value := range more {
			body[name] = value
		}
		_, text := askWith(t, m, "X-Session-Id", header, body)
		var a struct{ Provider string }
		if err := json.Unmarshal([]byte(text), &a); err != nil || a.Provider == "" {
			t.Fatal(text, err)
		}
		return a.Provider
	}
	for _, s := range []struct {
		header string
		more   map[string]any
	}{{"one", nil}, {"", map[string]any{"session_id": "two"}}, {"three", map[string]any{"session_id": "four"}}, {"", map[string]any{"prompt_cache_key": "five"}}} {
		at := by(s.header, s.more)
		for range 12 {
			if now := by(s.header, s.more); now != at {
				t.Errorf("%+v went from %s to %s", s, at, now)
			}
		}
	}
	providers := map[string]bool{}
	for i := range 40 {
		providers[by(fmt.Sprint("other", i), nil)] = true
	}
	if len(providers) < 2 {
		t.Error("all sessions are with one provider")
	}
}
