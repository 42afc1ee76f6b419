package proxy

import (
	"net/http"
	"strings"
	"testing"

	"bourse/test/fake"
)

// TestLongerThanItWrites asks at every door for more than the endpoint can write: it is asked for
// what it can, and a header says how much that is.
func TestLongerThanItWrites(t *testing.T) {
	m := open(t, nil)
	m.cheap.Always(fake.Answer("Yes.", fake.Usage{Prompt: 10, Completion: 2}))
	only := `"model":"` + model + `","provider":{"only":["` + cheapSlug + `"]}`
	for path, body := range map[string]string{
		"chat/completions": `{` + only + `,"max_tokens":9000000,"messages":[{"role":"user","content":"Hi"}]}`,
		"messages":         `{` + only + `,"max_tokens":9000000,"messages":[{"role":"user","content":"Hi"}]}`,
		"responses":        `{` + only + `,"max_output_tokens":9000000,"input":"Hi"}`,
		"completions":      `{` + only + `,"max_tokens":9000000,"prompt":"Hi"}`,
	} {
		a := m.Do(http.MethodPost, "/api/v1/"+path, m.customer.Key, body)
		said := a.Header.Get("X-Bourse-Max-Tokens")
		if a.Status != http.StatusOK || said == "" || said == "9000000" {
			t.Fatalf("%s: %d %q %s", path, a.Status, said, a.Body)
		}
		seen := m.cheap.Seen()
		if sent := string(seen[len(seen)-1].Body); !strings.Contains(sent, `"max_tokens":`+said) {
			t.Errorf("%s: the provider was told %s, the client %s", path, sent, said)
		}
	}
	a := m.Do(http.MethodPost, "/api/v1/messages", m.customer.Key, `{`+only+`,"max_tokens":200,"messages":[{"role":"user","content":"Hi"}]}`)
	if said := a.Header.Get("X-Bourse-Max-Tokens"); a.Status != http.StatusOK || said != "" {
		t.Errorf("a limit that is kept: %d, and the header says %q", a.Status, said)
	}
	m.Audit()
}
