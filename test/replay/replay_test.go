package replay

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"bourse/app/catalog"
	"bourse/models"
	"bourse/test/harness"
	"bourse/test/recorded"
)

const bedrockSlug = "amazon-bedrock"

// family is the provider of the house that stands for the host of a recording.
type family struct {
	host   string // a part of the recording's URL
	slug   string
	speaks string
}

// families are in the order in which they are looked for.
var families = []family{
	{"api.openai.com/v1/responses", "openai", "responses"}, {"openai.azure.com/openai/v1/responses", "azure", "responses"},
	{"api.openai.com/v1/chat", "openai", "openai"}, {"openai.azure.com/openai/v1/chat", "openai", "openai"}, {"api.x.ai", "xai", "openai"},
	{"api.groq.com", "groq", "openai"}, {"api.z.ai", "z-ai", "openai"}, {"openrouter.ai", "openrouter", "openai"},
	{"ai-gateway.vercel.sh", "novita", "openai"}, {"router.huggingface.co", "novita", "openai"}, {"api.avian.io", "novita", "openai"}, {"localhost:8080", "novita", "openai"},
	{"api.anthropic.com", "anthropic", "anthropic"}, {"publishers/anthropic", "anthropic", "anthropic"}, {"bedrock-runtime", bedrockSlug, "anthropic"},
	{"generativelanguage", "google-ai-studio", "gemini"}, {"publishers/google", "google-ai-studio", "gemini"},
}

func familyOf(in recorded.Interaction) (family, bool) {
	for _, f := range families {
		if strings.Contains(in.URL, f.host) {
			return f, true
		}
	}
	return family{}, false
}

const resold = `{"data":[{"id":"openai/gpt-4o","name":"GPT-4o","context_length":128000,"pricing":{"prompt":"0.0000025","completion":"0.00001"},"architecture":{"input_modalities":["text"],"output_modalities":["text"]},
	"top_provider":{"context_length":128000,"max_completion_tokens":16384},"supported_parameters":["tools","max_tokens"]}]}`

// TestReplay has every recorded answer served as an upstream would: what the customer reads is the
// text of the provider, the counts are the provider's, and what is debited is what is said.
func TestReplay(t *testing.T) {
	var answer atomic.Pointer[recorded.Interaction]
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if strings.HasSuffix(r.URL.Path, "/models") {
			_, _ = io.WriteString(w, resold)
			return
		}
		body := answer.Load().Answer
		switch {
		case strings.HasPrefix(strings.TrimSpace(body), "{"):
			w.Header().Set("Content-Type", "application/json")
		case strings.Contains(answer.Load().URL, "bedrock"):
			w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
		default:
			w.Header().Set("Content-Type", "text/event-stream")
		}
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(upstream.Close)
	env := map[string]string{"AWS_BEARER_TOKEN_BEDROCK": "k", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": upstream.URL}
	for _, name := range []string{"OPENAI", "AZURE", "XAI", "GROQ", "ZAI", "OPENROUTER", "NOVITA", "ANTHROPIC", "GEMINI"} {
		env[name+"_API_KEY"], env[name+"_BASE_URL"] = "k", upstream.URL
	}
	h := harness.Start(t, env)
	customer := h.Person("customer@example.com", 1000*models.NanoPerUSD)
	count := map[string]int{}
	for _, in := range recorded.Interactions(t) {
		kind, ok := familyOf(in)
		if !ok {
			continue // of a dialect that is not spoken to providers
		}
		answer.Store(&in)
		count[kind.host]++
		t.Run(kind.slug+"/"+in.Name, func(t *testing.T) { replayOne(t, h, customer, kind, in) })
	}
	total := 0
	for _, n := range count {
		total += n
	}
	t.Logf("%d answers: %v", total, count)
	if total < 518 {
		t.Errorf("only %d answers were found", total)
	}
}

// modelAt is the model of a family: one whose price per output token is known.
func modelAt(t *testing.T, s *catalog.Snapshot, slug, speaks string) (string, *catalog.Offer) {
	t.Helper()
	for _, o := range s.Provider(slug).Offers {
		e := s.Model(o.Model)
		if price, priced := o.Output(); priced && price > 0 && o.Routable && e.Type == catalog.TypeChat && (speaks == "responses") == strings.Contains(o.ProviderModelID, "codex") && (slug != bedrockSlug || strings.Contains(o.ProviderModelID, "claude-haiku-4-5")) {
			return e.ID, o
		}
	}
	t.Fatalf("%s serves nothing", slug)
	return "", nil
}

func replayOne(t *testing.T, h *harness.House, customer harness.Person, kind family, in recorded.Interaction) {
	model, offer := modelAt(t, h.App.Catalog.Current(), kind.slug, kind.speaks)
	want := read(t, kind, in.Answer)
	stream := !strings.HasPrefix(strings.TrimSpace(in.Answer), "{")
	before := h.Available(customer)
	a := h.Chat(customer.Key, harness.Ask(model, map[string]any{"stream": stream, "max_tokens": 1000, "provider": map[string]any{"only": []string{kind.slug}}}))
	if a.Status != http.StatusOK {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	got := sum(t, a, stream)
	if got.text != want.text || got.finish == "" {
		t.Errorf("the text has changed: %q\n%q, finish %q", got.text, want.text, got.finish)
	}
	u := got.usage
	if u.Prompt != want.prompt || u.Completion != want.wrote || u.In.Cached != want.cached || u.In.Written != want.written || u.Prompt == 0 {
		t.Errorf("counted %+v, reported %+v", u, want)
	}
	spent := before - h.Available(customer)
	if said, err := models.ParseUSD(u.Cost.String()); err != nil || said != spent || spent <= 0 {
		t.Errorf("debited %s, said %s", spent.USD(), u.Cost)
	}
	if kind.slug == "openrouter" && want.cost > 0 {
		if up, err := models.ParseUSD(u.Details.Upstream.String()); err != nil || float64(up)-want.cost*1e9 > 1 || want.cost*1e9-float64(up) > 1 {
			t.Errorf("%s at %s: cost %s, reported %v", offer.Model, kind.slug, u.Details.Upstream, want.cost)
		}
	}
}

type usage struct {
	Prompt     int64       `json:"prompt_tokens"`
	Completion int64       `json:"completion_tokens"`
	Cost       json.Number `json:"cost"`
	Details    struct {
		Upstream json.Number `json:"upstream_inference_cost"`
	} `json:"cost_details"`
	In struct {
		Cached  int64 `json:"cached_tokens"`
		Written int64 `json:"cache_write_tokens"`
	} `json:"prompt_tokens_details"`
}

type answered struct {
	text, finish string
	usage        usage
}

// sum is what a customer's program makes of an answer.
func sum(t *testing.T, a harness.Answer, stream bool) answered {
	t.Helper()
	texts := []string{string(a.Body)}
	if stream {
		texts = a.Events(t)
	}
	var got answered
	for _, text := range texts {
		if text == "[DONE]" {
			continue
		}
		var r struct {
			Choices []struct {
				Delta, Message struct{ Content string }
				Finish         string `json:"finish_reason"`
			}
			Usage *usage
			Error any
		}
		if err := json.Unmarshal([]byte(text), &r); err != nil || r.Error != nil {
			t.Fatalf("%v: %s", err, text)
		}
		for _, c := range r.Choices {
			got.text += c.Delta.Content + c.Message.Content
			if c.Finish != "" {
				got.finish = c.Finish
			}
		}
		if r.Usage != nil {
			got.usage = *r.Usage
		}
	}
	return got
}
