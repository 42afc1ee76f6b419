package proxy

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"bourse/test/fake"
)

// askGenai asks as Google's clients do, with the key in a header of theirs.
func askGenai(t *testing.T, m market, path, key, body string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, m.URL+"/api/v1beta/models/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Goog-Api-Key", key)
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, a.Header, string(text)
}

// TestGenai asks at the door for Google's clients: charged to the nano-dollar like everybody, and
// refused in their own words.
func TestGenai(t *testing.T) {
	m := open(t, nil)
	m.cheap.Always(fake.Answer("One two three four.", fake.Usage{Prompt: 1000, Completion: 200}))
	body := `{"contents":[{"parts":[{"text":"Count."}]}],"tools":[{"googleSearch":{}}],"generationConfig":{"maxOutputTokens":300},"provider":{"only":["` + cheapSlug + `"]}}`
	for method, want := range map[string]string{"generateContent": `"parts":[{"text":"One two three four."}]}`, "streamGenerateContent?alt=sse": `data: {"candidates":[{"index":0,"content":`} {
		before := m.Available(m.customer)
		status, head, text := askGenai(t, m, model+":"+method, m.customer.Key, body)
		if spent := before - m.Available(m.customer); status != 200 || spent != 215_000+10_750 || !strings.Contains(text, want) || !strings.Contains(text, `"finishReason":"STOP"`) ||
			!strings.Contains(text, `"promptTokenCount":1000,"candidatesTokenCount":200,"totalTokenCount":1200,"cost":0.00022575,`) {
			t.Errorf("%s: %d, debited %s: %s", method, status, spent.USD(), text)
		}
		if head.Get("X-Generation-Id") == "" || head.Get("X-Bourse-Ignored") != "tools.googleSearch" {
			t.Errorf("%s: %v", method, head)
		}
	}
	before := m.Available(m.customer)
	for name, c := range map[string]struct {
		path, key, body string
		status          int
		said            string
	}{
		"no such model":   {"nobody/nothing:generateContent", m.customer.Key, body, 404, `"status":"NOT_FOUND"`},
		"no such method":  {model + ":embedContent", m.customer.Key, body, 404, `"status":"NOT_FOUND"`},
		"no method":       {model, m.customer.Key, body, 404, `"status":"NOT_FOUND"`},
		"a list of JSON":  {model + ":streamGenerateContent", m.customer.Key, body, 400, "alt=sse"},
		"no key":          {model + ":generateContent", "", body, 401, `"status":"UNAUTHENTICATED"`},
		"not JSON":        {model + ":generateContent", m.customer.Key, "{", 400, `"status":"INVALID_ARGUMENT"`},
		"nothing to read": {model + ":countTokens", m.customer.Key, `{"contents":[]}`, 400, `"status":"INVALID_ARGUMENT"`},
		"counted":         {model + ":countTokens", m.customer.Key, `{"generateContentRequest":` + body + `}`, 200, `{"totalTokens":`},
	} {
		if status, _, text := askGenai(t, m, c.path, c.key, c.body); status != c.status || !strings.Contains(text, c.said) {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
	m.cheap.Then(fake.HalfStream("One two three four.", 3))
	if _, _, text := askGenai(t, m, model+":streamGenerateContent?alt=sse", m.customer.Key, body); !strings.Contains(text, `data: {"error":{"code":502,`) || !strings.Contains(text, `"status":"UNAVAILABLE"`) {
		t.Errorf("a broken stream: %s", text)
	}
	if m.Available(m.customer) != before {
		t.Error("something was charged for nothing")
	}
	for path, want := range map[string]string{"?pageSize=2": `"nextPageToken":"2"`, "?pageSize=-1": `"code":400`, "/" + model: `"name":"models/` + model + `"`, "/nobody/nothing": `"status":"NOT_FOUND"`} {
		if a := m.Do(http.MethodGet, "/api/v1beta/models"+path, "", nil); !strings.Contains(string(a.Body), want) {
			t.Errorf("%s: %d %.300s", path, a.Status, a.Body)
		}
	}
	m.Audit()
}
