package proxy

import (
	"net/http"
	"strings"
	"testing"

	"bourse/models"
	"bourse/test/fake"
	"bourse/test/harness"
)

// tierAnswer answers a chat with a word for the tier that was given.
func tierAnswer(given string) fake.Behaviour {
	return func(w http.ResponseWriter, _ *http.Request, q fake.Request) {
		tier := ""
		if given != "" {
			tier = `"service_tier":"` + given + `",`
		}
		const usage = `"usage":{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100,"prompt_tokens_details":{"cached_tokens":400}}`
		if q.Stream {
			fake.Raw(200, "text/event-stream", `data: {`+tier+`"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}`+"\n\n"+`data: {`+tier+`"choices":[],`+usage+"}\n\ndata: [DONE]\n\n")(w, nil, q)
			return
		}
		fake.Raw(200, "application/json", `{`+tier+`"choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}],`+usage+`}`)(w, nil, q)
	}
}

// TestServiceTiers: a tier goes to a provider that takes it and has a price for it, and what was
// given is charged: 600 tokens in, 400 from the cache, 100 out.
func TestServiceTiers(t *testing.T) {
	up, other := fake.New(t), fake.New(t)
	h := harness.Start(t, map[string]string{"OPENAI_API_KEY": up.Key, "OPENAI_BASE_URL": up.URL, "AZURE_API_KEY": other.Key, "AZURE_BASE_URL": other.URL})
	customer := h.Person("customer@example.com", enoughCredit)
	const usual, flex, priority = 600*250 + 400*25 + 100*2000, 600*125 + 400*12.5 + 100*1000, 600*450 + 400*45 + 100*3600
	for _, c := range []struct {
		name, asked, given string
		more               map[string]any
		cost               models.Amount
		sent, ignored      string
	}{
		{"flex", "flex", "flex", nil, flex, "flex", ""},
		{"priority", "priority", "priority", nil, priority, "priority", ""},
		{"priority, and nothing is said of it", "priority", "", nil, priority, "priority", ""},
		{"priority that could not be given", "priority", "default", nil, usual, "priority", ""},
		{"none, and the provider has one", "", "priority", nil, usual, "", ""},
		{"priority above the client's limit", "priority", "default", map[string]any{"max_price": map[string]any{"completion": 2.5}, "only": []string{"openai"}}, usual, "", "service_tier"},
	} {
		for _, stream := range []bool{false, true} {
			up.Always(tierAnswer(c.given))
			more := map[string]any{"stream": stream, "max_tokens": 200}
			if c.asked != "" {
				more["service_tier"] = c.asked
			} else {
				more["provider"] = map[string]any{"only": []string{"openai"}}
			}
			if c.more != nil {
				more["provider"] = c.more
			}
			before := h.Available(customer)
			a := h.Chat(customer.Key, harness.Ask("openai/gpt-5-mini", more))
			s := look(t, a, stream)
			want := c.cost + (c.cost*5+50)/100
			if spent := before - h.Available(customer); a.Status != 200 || spent != want || s.cost != want || s.provider != "OpenAI" {
				t.Errorf("%s, stream %v: debited %s, want %s: %d %s", c.name, stream, spent.USD(), want.USD(), a.Status, a.Body)
			}
			body := string(up.Seen()[len(up.Seen())-1].Body)
			if strings.Contains(body, "service_tier") != (c.sent != "") || c.sent != "" && !strings.Contains(body, `"service_tier":"`+c.sent+`"`) || a.Header.Get("X-Bourse-Ignored") != c.ignored {
				t.Errorf("%s: sent %s, ignored %q", c.name, body, a.Header.Get("X-Bourse-Ignored"))
			}
			g := h.Do(http.MethodGet, "/api/v1/generation?id="+s.id, customer.Key, nil)
			if tier := `"service_tier":"` + c.asked + `"`; strings.Contains(string(g.Body), tier) != (c.asked != "" && c.cost != usual) {
				t.Errorf("%s: %s", c.name, g.Body)
			}
		}
	}
	// Cheaper was asked for: where that fails, nothing dearer is tried. Priority falls back, and says so.
	for asked, status := range map[string]int{"flex": 429, "priority": 200} {
		up.Always(fake.RetryAfter(30))
		before := len(other.Seen())
		a := h.Chat(customer.Key, harness.Ask("openai/gpt-5-mini", map[string]any{"max_tokens": 200, "service_tier": asked}))
		if a.Status != status || (len(other.Seen()) > before) != (status == 200) || status == 200 && a.Header.Get("X-Bourse-Ignored") != "service_tier" {
			t.Errorf("%s: %d %s %v", asked, a.Status, a.Body, a.Header)
		}
	}
	h.Audit()
	// Each receipt adds up to its charge with the price of its tier.
	list, err := h.DB.Generations(t.Context(), models.GenerationFilter{AccountID: customer.Account.ID, Limit: 100})
	if err != nil || len(list) < 12 {
		t.Fatalf("%d generations: %v", len(list), err)
	}
	for i := range list {
		if list[i].State != models.GenerationSettled {
			continue
		}
		if _, err := h.App.Billing.Receipt(t.Context(), list[i]); err != nil {
			t.Error(err)
		}
	}
}

// TestServiceTiersElsewhere: the same in the Responses dialect and at Google.
func TestServiceTiersElsewhere(t *testing.T) {
	up := fake.New(t)
	h := harness.Start(t, map[string]string{"OPENAI_API_KEY": up.Key, "OPENAI_BASE_URL": up.URL, "GEMINI_API_KEY": up.Key, "GEMINI_BASE_URL": up.URL})
	customer := h.Person("customer@example.com", enoughCredit)
	for model, c := range map[string]struct {
		tier string
		body string
		cost models.Amount
	}{
		"openai/gpt-5.5-pro":            {"flex", `{"status":"completed","service_tier":"flex","output":[{"type":"message","content":[{"type":"output_text","text":"Hi"}]}],"usage":{"input_tokens":1000,"output_tokens":100,"total_tokens":1100}}`, 1000*15_000 + 100*90_000},
		"google/gemini-3.1-pro-preview": {"priority", `{"candidates":[{"content":{"parts":[{"text":"Hi"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1000,"candidatesTokenCount":100,"totalTokenCount":1100,"serviceTier":"PRIORITY"}}`, 1000*3_600 + 100*21_600},
	} {
		up.Then(fake.Raw(200, "application/json", c.body))
		before := h.Available(customer)
		a := h.Chat(customer.Key, harness.Ask(model, map[string]any{"max_tokens": 200, "service_tier": c.tier}))
		if spent := before - h.Available(customer); a.Status != 200 || spent != c.cost+c.cost*5/100 {
			t.Errorf("%s: debited %s, want %s and the fee: %d %s", model, spent.USD(), c.cost.USD(), a.Status, a.Body)
		}
		if body := string(up.Seen()[len(up.Seen())-1].Body); !strings.Contains(body, `"service_tier":"`+c.tier+`"`) {
			t.Errorf("%s: sent %s", model, body)
		}
	}
}
