package proxy

import (
	"net/http"
	"strings"
	"testing"

	"bourse/models"
	"bourse/test/fake"
	"bourse/test/harness"
)

const (
	embedder   = "openai/text-embedding-3-small"
	twoVectors = `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-1]},{"object":"embedding","index":1,"embedding":[1,2]}],"usage":{"prompt_tokens":1000,"total_tokens":1000}}`
)

func TestEmbeddings(t *testing.T) {
	up := fake.New(t)
	h := harness.Start(t, map[string]string{"OPENAI_API_KEY": up.Key, "OPENAI_BASE_URL": up.URL})
	customer := h.Person("customer@example.com", enoughCredit)
	ask := func(body string) harness.Answer {
		return h.Do(http.MethodPost, "/api/v1/embeddings", customer.Key, body)
	}
	request := `{"model":"` + embedder + `","input":["one","two"]}`

	up.Then(fake.Raw(200, "application/json", twoVectors))
	before := h.Available(customer)
	a := ask(request)
	const want = models.Amount(20_000 + 1_000) // 1,000 × 0.02 $/M, and 5 % of it
	if spent := before - h.Available(customer); a.Status != 200 || spent != want || !strings.Contains(string(a.Body), `"embedding":[0.5,-1]`) || !strings.Contains(string(a.Body), `"cost":0.000021,`) {
		t.Errorf("%d, debited %s: %s", a.Status, spent.USD(), a.Body)
	}
	if q := up.Seen()[0]; q.Path != "/v1/embeddings" || string(q.Body) != `{"model":"text-embedding-3-small","input":["one","two"],"encoding_format":"float"}` {
		t.Errorf("asked %s %s", q.Path, q.Body)
	}
	id := a.Header.Get("X-Generation-Id")
	if g := h.Do(http.MethodGet, "/api/v1/generation?id="+id, customer.Key, nil); g.Status != 200 || !strings.Contains(string(g.Body), `"api_type":"embeddings"`) {
		t.Errorf("%d %s", g.Status, g.Body)
	}
	before = h.Available(customer)
	for name, does := range map[string]fake.Behaviour{
		"too few vectors": fake.Raw(200, "application/json", strings.Replace(twoVectors, `,{"object":"embedding","index":1,"embedding":[1,2]}`, "", 1)),
		"garbage":         fake.Garbage(), "an error in 200": fake.ErrorIn200("boom"), "a server error": fake.Status(500, "boom"), "cut": fake.Cut(),
	} {
		up.Then(does)
		if a := ask(request); a.Status != 502 || a.Failure(t).Code != 502 {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	for body, want := range map[string]string{
		`{"model":"` + embedder + `","input":""}`:             "input is empty",
		`{"model":"openai/gpt-4o","input":"a"}`:               "/api/v1/chat/completions",
		`{"model":"anthropic/claude-sonnet-4.5","input":"a"}`: "",
	} {
		if a := ask(body); a.Status < 400 || a.Status >= 500 || !strings.Contains(a.Failure(t).Message, want) {
			t.Errorf("%s: %d %s", body, a.Status, a.Body)
		}
	}
	if a := h.Chat(customer.Key, harness.Ask(embedder, nil)); a.Status != 400 || !strings.Contains(a.Failure(t).Message, "/api/v1/embeddings") {
		t.Errorf("a chat with it: %d %s", a.Status, a.Body)
	}
	if h.Available(customer) != before {
		t.Error("failures cost money")
	}
}

func TestCompletions(t *testing.T) {
	m := open(t, nil)
	m.cheap.Always(fake.Answer("One two three four.", fake.Usage{Prompt: 1000, Completion: 200}))
	for _, stream := range []string{"", `"stream":true,`} {
		before := m.Available(m.customer)
		a := m.Do(http.MethodPost, "/api/v1/completions", m.customer.Key, `{"model":"`+model+`",`+stream+`"prompt":"Count.","max_tokens":300,"provider":{"only":["`+cheapSlug+`"]}}`)
		if spent := before - m.Available(m.customer); a.Status != 200 || spent != 215_000+10_750 || !strings.Contains(string(a.Body), `"object":"text_completion"`) ||
			!strings.Contains(string(a.Body), `"finish_reason":"stop"`) || strings.Contains(string(a.Body), `"delta"`) {
			t.Errorf("%d, debited %s: %s", a.Status, spent.USD(), a.Body)
		}
	}
	m.cheap.Then(fake.HalfStream("One two three four.", 3))
	before := m.Available(m.customer)
	a := m.Do(http.MethodPost, "/api/v1/completions", m.customer.Key, `{"model":"`+model+`","stream":true,"prompt":"Count.","max_tokens":300,"provider":{"only":["`+cheapSlug+`"]}}`)
	if !strings.Contains(string(a.Body), `"error":{"code":502`) || !strings.HasSuffix(string(a.Body), "data: [DONE]\n\n") || m.Available(m.customer) != before {
		t.Errorf("a broken stream: %s", a.Body)
	}
}

func TestResponses(t *testing.T) {
	m := open(t, nil)
	m.cheap.Always(fake.Answer("One two three four.", fake.Usage{Prompt: 1000, Completion: 200}))
	ask := func(more string) harness.Answer {
		return m.Do(http.MethodPost, "/api/v1/responses", m.customer.Key, `{"model":"`+model+`",`+more+`"input":"Count.","max_output_tokens":300,"provider":{"only":["`+cheapSlug+`"]}}`)
	}
	for _, stream := range []string{"", `"stream":true,`} {
		before := m.Available(m.customer)
		a := ask(stream)
		if spent := before - m.Available(m.customer); a.Status != 200 || spent != 215_000+10_750 || !strings.Contains(string(a.Body), `"text":"One two three four."`) ||
			!strings.Contains(string(a.Body), `"cost":0.00022575,`) {
			t.Errorf("%d, debited %s: %s", a.Status, spent.USD(), a.Body)
		}
	}
	before := m.Available(m.customer)
	m.cheap.Then(fake.HalfStream("One two three four.", 3))
	if a := ask(`"stream":true,`); !strings.Contains(string(a.Body), "event: response.failed\n") || m.Available(m.customer) != before {
		t.Errorf("a broken stream: %s", a.Body)
	}
	m.cheap.Then(fake.Cut())
	if a := ask(`"stream":true,`); a.Status != 502 || a.Failure(t).Code != 502 || m.Available(m.customer) != before {
		t.Errorf("nothing came: %d %s", a.Status, a.Body)
	}
}
