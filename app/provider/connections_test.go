package provider_test

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"bourse/app/provider"
	"bourse/models"
)

func env(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

func TestConnections(t *testing.T) {
	openai := models.Provider{Slug: "openai", Name: "OpenAI", BaseURL: "https://api.openai.com/v1", APIKeyEnv: "OPENAI_API_KEY"}
	azure := models.Provider{Slug: "azure", Name: "Azure", BaseURL: "https://${AZURE_RESOURCE_NAME}.example.com/v1", APIKeyEnv: "AZURE_API_KEY"}
	nowhere := models.Provider{Slug: "relace", Name: "Relace", APIKeyEnv: "RELACE_API_KEY"}
	e := &models.Endpoint{Tag: "openai", ProviderModelID: "gpt"}

	c := provider.NewConnections(env(map[string]string{"OPENAI_API_KEY": " sk-1 ", "AZURE_API_KEY": "k", "RELACE_API_KEY": "k"}))
	got, ok := c.Target(&openai, e)
	if want := (provider.Target{Provider: &openai, BaseURL: openai.BaseURL, APIKey: "sk-1", Model: "gpt", Tag: "openai"}); !ok || got != want {
		t.Errorf("%+v %v", got, ok)
	}
	if !c.Connected(openai) || c.Connected(azure) || c.Connected(nowhere) || c.Connected(models.Provider{Slug: "x"}) {
		t.Error("connected is wrong")
	}
	problems := c.Problems([]models.Provider{openai, azure, nowhere})
	if len(problems) != 2 || !strings.Contains(problems[0], "AZURE_RESOURCE_NAME") || !strings.Contains(problems[1], "RELACE_BASE_URL") {
		t.Errorf("%q", problems)
	}

	c = provider.NewConnections(env(map[string]string{"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1/", "AZURE_API_KEY": "k", "AZURE_RESOURCE_NAME": "me"}))
	if got, _ := c.Target(&openai, e); got.BaseURL != "http://127.0.0.1:9/v1" {
		t.Errorf("override: %q", got.BaseURL)
	}
	if got, _ := c.Target(&azure, e); got.BaseURL != "https://me.example.com/v1" {
		t.Errorf("names: %q", got.BaseURL)
	}
	if provider.NewConnections(env(map[string]string{"OPENAI_BASE_URL": "http://x"})).Connected(openai) {
		t.Error("connected without a key")
	}
	if provider.NewConnections(env(map[string]string{"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "localhost:80"})).Connected(openai) {
		t.Error("connected to what is no URL")
	}
	for keyEnv, want := range map[string]string{"OPENAI_API_KEY": "OPENAI_BASE_URL", "FRIENDLI_TOKEN": "FRIENDLI_BASE_URL",
		"DIGITALOCEAN_ACCESS_TOKEN": "DIGITALOCEAN_BASE_URL", "RUNWAYML_API_SECRET": "RUNWAYML_API_SECRET_BASE_URL"} {
		if got := provider.BaseURLEnv(keyEnv); got != want {
			t.Errorf("%s: %s", keyEnv, got)
		}
	}
}

func TestLocalModels(t *testing.T) {
	list := func(path, body string) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != path {
				http.NotFound(w, r)
				return
			}
			_, _ = w.Write([]byte(body))
		}))
		t.Cleanup(s.Close)
		return s
	}
	ollama := list("/v1/models", `{"object":"list","data":[{"id":"llama3.2:latest"},{"id":"qwen3:8b"},{"id":""}]}`)
	vllm := list("/api/models", `{"data":[{"id":"Org/Llama3.2","max_model_len":8192}]}`)
	broken := list("/v1/models", `<html>`)
	servers, err := provider.LocalServers("ollama="+ollama.URL+", gpu="+vllm.URL+"/api,"+broken.URL+"/v1/,", 8080)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range servers {
		if s.BaseURL == "http://127.0.0.1:8080/v1" {
			t.Error("our own port is asked")
		}
	}
	found, problems := provider.DiscoverLocal(t.Context(), servers[:3])
	if len(found) != 3 || len(problems) != 1 || !strings.Contains(problems[0], "127-0-0-1") && !strings.Contains(problems[0], "127.0.0.1") {
		t.Errorf("%+v %q", found, problems)
	}
	c := provider.NewConnections(env(nil))
	p, ms, es := provider.LocalCatalogue(found, c)
	var ids, tags []string
	for _, m := range ms {
		ids = append(ids, m.ID)
	}
	for i := range es {
		tags = append(tags, es[i].Tag+" "+es[i].ProviderModelID)
		if _, ok := es[i].Pricing.For(models.UnitInput, 1); !ok {
			t.Errorf("%s has no price", es[i].Model)
		}
	}
	if !reflect.DeepEqual(ids, []string{"local/org-llama3.2", "local/llama3.2", "local/qwen3-8b"}) {
		t.Errorf("ids %q", ids)
	}
	if !reflect.DeepEqual(tags, []string{"local/gpu Org/Llama3.2", "local/ollama llama3.2:latest", "local/ollama qwen3:8b"}) {
		t.Errorf("tags %q", tags)
	}
	got, ok := c.Target(&p, &es[1])
	if !ok || got.BaseURL != ollama.URL+"/v1" || got.APIKey != "" || !c.Connected(p) {
		t.Errorf("%+v %v", got, ok)
	}
	if _, err := provider.LocalServers("x=ftp://y", 0); err == nil {
		t.Error("ftp was accepted")
	}
}
