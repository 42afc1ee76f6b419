package provider_test

import (
	"net/http"
	"testing"

	"bourse/app/provider"
	"bourse/models"
)

func TestResoldModels(t *testing.T) {
	var key string
	url := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		key = r.Header.Get("Authorization")
		if r.URL.Path != "/api/v1/models" {
			http.NotFound(w, r)
			return
		}
		says(200, "application/json", `{"data":[
			{"id":"openai/gpt-4o","name":"GPT-4o","created":1715558400,"context_length":128000,"pricing":{"prompt":"0.0000025","completion":"0.00001","request":"0","image":"0.003","input_cache_read":"0.00000125"},
			 "architecture":{"input_modalities":["text","image"],"output_modalities":["text"]},"top_provider":{"context_length":128000,"max_completion_tokens":16384},"supported_parameters":["tools","temperature"]},
			{"id":"openrouter/auto","pricing":{"prompt":"-1","completion":"-1"},"architecture":{"output_modalities":["text"]}},
			{"id":"a/b:free","pricing":{"prompt":"0","completion":"0"},"architecture":{"output_modalities":["text"]}},
			{"id":"a/dear","pricing":{"prompt":"-1","completion":"0.1"},"architecture":{"output_modalities":["text"]}},
			{"id":"a/none","pricing":{},"architecture":{"output_modalities":["text"]}},
			{"id":"a/picture","pricing":{"prompt":"0.1","completion":"0.1"},"architecture":{"output_modalities":["image"]}},
			{"id":7}]}`)(w, r)
	})
	list, endpoints, err := provider.DiscoverResold(t.Context(), provider.Connection{BaseURL: url + "/api/v1", APIKey: "k"})
	if err != nil || len(list) != 1 || len(endpoints) != 1 || key != "Bearer k" {
		t.Fatalf("%+v %+v %v %q", list, endpoints, err, key)
	}
	m, e := list[0], endpoints[0]
	if m.ID != "openai/gpt-4o" || m.Author != "openai" || m.Created != "2024-05-13" || !m.Tools || m.MaxOutput != 16384 {
		t.Errorf("%+v", m)
	}
	r := e.Pricing.Rates
	if len(r) != 3 || r[models.UnitInput] != 2_500_000 || r[models.UnitOutput] != 10_000_000 || r[models.UnitCacheRead] != 1_250_000 {
		t.Errorf("%+v", r)
	}
	c := provider.NewConnections(env(map[string]string{"OPENROUTER_API_KEY": "k"}))
	reseller := provider.Reseller()
	if got, ok := c.Target(&reseller, &e); !ok || got.Model != "openai/gpt-4o" || !reseller.Quirks.TrustProviderCost {
		t.Errorf("%+v %v", got, ok)
	}
	for _, base := range []string{url, "http://127.0.0.1:1", "://"} {
		if _, _, err := provider.DiscoverResold(t.Context(), provider.Connection{BaseURL: base}); err == nil {
			t.Errorf("%s: no error", base)
		}
	}
}
