package proxy

import (
	"net/http"
	"strings"
	"testing"

	"bourse/app/provider"
	"bourse/billing"
	"bourse/models"
	"bourse/test/fake"
	"bourse/test/harness"
)

const resold = `{"data":[
	{"id":"openai/gpt-4o","name":"GPT-4o","context_length":128000,"pricing":{"prompt":"0.0000025","completion":"0.00001"},"architecture":{"input_modalities":["text"],"output_modalities":["text"]},
	 "top_provider":{"context_length":128000,"max_completion_tokens":16384},"supported_parameters":["tools","max_tokens","temperature","reasoning"]},
	{"id":"some-lab/its-newest","name":"Its newest","context_length":8000,"pricing":{"prompt":"0.000001","completion":"0.000001"},"architecture":{"input_modalities":["text"],"output_modalities":["text"]},
	 "top_provider":{"context_length":8000,"max_completion_tokens":1000},"supported_parameters":["max_tokens"]},
	{"id":"openrouter/auto","pricing":{"prompt":"-1","completion":"-1"},"architecture":{"output_modalities":["text"]}}]}`

// TestResale starts with one key of a reseller: the models it lists can be called, and what it says
// it charges is what the provider is owed.
func TestResale(t *testing.T) {
	up := fake.New(t)
	up.Lists(resold)
	h := harness.Start(t, map[string]string{"OPENROUTER_API_KEY": up.Key, "OPENROUTER_BASE_URL": up.URL, "DEMO": "false"})
	customer := h.Person("customer@example.com", enoughCredit)
	s := h.App.Catalog.Current()
	gpt, own := s.Model("openai/gpt-4o"), s.Model("some-lab/its-newest")
	if gpt == nil || !gpt.Callable || gpt.Providers < 2 || own == nil || !own.Callable || s.Model("openrouter/auto") != nil || s.Callable() != 2 {
		t.Fatalf("%v %v, %d can be called", gpt, own, s.Callable())
	}
	const usage = `"usage":{"prompt_tokens":10,"completion_tokens":20,"total_tokens":30,"cost":0.00012345,"cost_details":{"upstream_inference_cost":null}}`
	const plain = `{"id":"gen-1","provider":"OpenAI","model":"openai/gpt-4o","object":"chat.completion","created":1,"choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop","native_finish_reason":"stop"}],` + usage + `}`
	const stream = `: OPENROUTER PROCESSING` + "\n\n" + `data: {"id":"gen-1","provider":"OpenAI","model":"openai/gpt-4o","object":"chat.completion.chunk","created":1,"choices":[{"index":0,"delta":{"role":"assistant","content":"Hello"},"finish_reason":"stop","native_finish_reason":"stop"}]}` + "\n\n" +
		`data: {"id":"gen-1","provider":"OpenAI","model":"openai/gpt-4o","object":"chat.completion.chunk","created":1,"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"stop","native_finish_reason":"stop"}],` + usage + "}\n\ndata: [DONE]\n\n"
	// As reported, and not the 0.000225 of the list; and 5 % of it.
	const cost, fee = models.Amount(123_450), models.Amount(6_173)
	for streamed, answer := range map[bool]fake.Behaviour{false: fake.Raw(200, "application/json", plain), true: fake.Raw(200, "text/event-stream", stream)} {
		up.Then(answer)
		before := h.Available(customer)
		a := h.Chat(customer.Key, harness.Ask("openai/gpt-4o", map[string]any{"max_tokens": 100, "stream": streamed, "provider": map[string]any{"order": []string{"openrouter"}}}))
		got := look(t, a, streamed)
		if spent := before - h.Available(customer); spent != cost+fee || got.cost != spent || got.text != "Hello" || got.provider != "OpenRouter" {
			t.Errorf("stream %v: debited %s: %+v %s", streamed, spent.USD(), got, a.Body)
		}
	}
	q := up.Seen()[0]
	if q.Path != "/v1/chat/completions" || q.Model != "openai/gpt-4o" || !strings.Contains(string(q.Body), `"usage":{"include":true}`) || strings.Contains(string(q.Body), `"order"`) {
		t.Errorf("sent %s %s", q.Path, q.Body)
	}
	sums, err := h.App.DB.LedgerSums(t.Context())
	if owed := sums[billing.ProviderPayable(provider.ResellerSlug)]; err != nil || owed != 2*cost {
		t.Errorf("OpenRouter is owed %s: %v", owed.USD(), err)
	}
	// A reseller without money says so with a 402, which is nobody's business here.
	up.Then(fake.Status(http.StatusPaymentRequired, "Insufficient credits"))
	if a := h.Chat(customer.Key, harness.Ask("some-lab/its-newest", nil)); a.Status != http.StatusBadGateway || strings.Contains(string(a.Body), "credits") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

// TestResaleLater starts while the reseller is away: the house opens all the same.
func TestResaleLater(t *testing.T) {
	h := harness.Start(t, map[string]string{"OPENROUTER_API_KEY": "k", "OPENROUTER_BASE_URL": "http://127.0.0.1:1/v1"})
	if e := h.App.Catalog.Current().Model("bourse/demo"); e == nil || !e.Callable {
		t.Error("the demo is gone")
	}
}
