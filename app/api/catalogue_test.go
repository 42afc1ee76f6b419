package api_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"bourse/app/api"
	"bourse/app/catalog"
	"bourse/app/market"
	"bourse/models"
)

var (
	wholeOnce sync.Once
	whole     *catalog.Catalog
)

// embedded is the whole embedded catalogue with OpenAI connected, imported once: these tests only
// read it, and reading needs no database.
func embedded(t *testing.T) *catalog.Catalog {
	t.Helper()
	wholeOnce.Do(func() {
		db, err := models.Open(t.Context(), models.Options{DataDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		c := catalog.New(db, func(p models.Provider) bool { return p.Slug == "openai" })
		if err := c.Import(t.Context()); err != nil {
			t.Fatal(err)
		}
		whole = c
	})
	if whole == nil {
		t.Fatal("the embedded catalogue could not be imported")
	}
	return whole
}

// serve is the catalogue part of the API.
func serve(t *testing.T) *httptest.Server {
	t.Helper()
	s := &api.Server{Catalog: embedded(t), Health: market.NewHealth(time.Now), FeeBPS: 500}
	e := echo.New()
	g := e.Group("/api/v1")
	g.GET("/models", s.Models)
	g.GET("/models/count", s.CountModels)
	g.GET("/models/:author/:slug/endpoints", s.ModelEndpoints)
	g.GET("/models/:author/:slug", s.Model)
	g.GET("/models/:id", s.Model)
	g.GET("/model/:author/:slug", s.Model)
	g.GET("/providers", s.Providers)
	g.GET("/embeddings/models", s.EmbeddingModels)
	g.GET("/endpoints/zdr", s.ZeroRetentionEndpoints)
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return server
}

type object = map[string]any

func get(t *testing.T, server *httptest.Server, path string) (int, object) {
	t.Helper()
	res, err := http.Get(server.URL + "/api/v1" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Content-Type"); !strings.HasPrefix(got, "application/json") {
		t.Errorf("%s: content type %q", path, got)
	}
	var body object
	if err := json.NewDecoder(res.Body).Decode(&body); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return res.StatusCode, body
}

func has(t *testing.T, what string, o object, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, ok := o[name]; !ok {
			t.Errorf("%s has no member %q", what, name)
		}
	}
}

func items(t *testing.T, body object) []any {
	t.Helper()
	list, ok := body["data"].([]any)
	if !ok {
		t.Fatalf("data is %T, want a list", body["data"])
	}
	return list
}

func TestModelsListsEveryModelComplete(t *testing.T) {
	_, body := get(t, serve(t), "/models")
	has(t, "the list", body, "data", "total_count", "links")
	if next, ok := body["links"].(object)["next"]; !ok || next != nil {
		t.Errorf("links.next = %v, want null", next)
	}
	list := items(t, body)
	if len(list) != 684 || body["total_count"] != float64(684) {
		t.Fatalf("%d models, total_count %v; want 684", len(list), body["total_count"])
	}
	for _, item := range list {
		m := item.(object)
		id := m["id"].(string)
		has(t, id, m, "id", "canonical_slug", "name", "created", "description", "context_length",
			"architecture", "pricing", "top_provider", "per_request_limits", "supported_parameters",
			"default_parameters", "supported_voices", "links", "bourse")
		has(t, id+" architecture", m["architecture"].(object), "modality", "input_modalities", "output_modalities")
		has(t, id+" top_provider", m["top_provider"].(object), "is_moderated", "context_length", "max_completion_tokens")
		for name, price := range m["pricing"].(object) {
			if _, ok := price.(string); !ok && name != "overrides" {
				t.Errorf("%s: price %s is %T, want a decimal string", id, name, price)
			}
		}
		if created := m["created"].(float64); created != float64(int64(created)) {
			t.Errorf("%s: created %v is no whole number", id, created)
		}
		if want := "/api/v1/models/" + id + "/endpoints"; m["links"].(object)["details"] != want {
			t.Errorf("%s: details %v", id, m["links"])
		}
	}
}

func TestListPricesAreExactAndWithoutFee(t *testing.T) {
	_, body := get(t, serve(t), "/model/openai/gpt-4o")
	pricing := body["data"].(object)["pricing"].(object)
	if pricing["prompt"] != "0.0000025" || pricing["completion"] != "0.00001" {
		t.Errorf("pricing = %v, want 2.50 and 10 dollars per million as dollars per token", pricing)
	}
	extra := body["data"].(object)["bourse"].(object)
	if extra["fee_bps"] != float64(500) || extra["connected"] != true || extra["callable"] != true {
		t.Errorf("bourse = %v", extra)
	}
}

func TestModelIsFoundByEverySpelling(t *testing.T) {
	server := serve(t)
	for _, path := range []string{
		"/model/openai/gpt-4.1", "/models/openai/gpt-4.1", "/models/openai%2Fgpt-4.1", "/model/OpenAI/GPT-4.1",
	} {
		status, body := get(t, server, path)
		if status != http.StatusOK || body["data"].(object)["id"] != "openai/gpt-4.1" {
			t.Errorf("%s: %d %v", path, status, body)
		}
	}
}

func TestUnknownModelNamesTheNearest(t *testing.T) {
	server := serve(t)
	for _, path := range []string{"/models/openai/gpt-41/endpoints", "/model/openai/gpt-4.1:nonsense", "/models/gpt-4.1x"} {
		status, body := get(t, server, path)
		e, ok := body["error"].(object)
		if !ok || status != http.StatusNotFound || e["code"] != float64(404) {
			t.Errorf("%s: %d %v", path, status, body)
			continue
		}
		metadata := e["metadata"].(object)
		nearest, _ := metadata["nearest"].([]any)
		if metadata["error_type"] != "not_found" || len(nearest) == 0 || nearest[0] != "openai/gpt-4.1" {
			t.Errorf("%s: metadata %v", path, metadata)
		}
	}
}

func TestFreeVariantHoldsFreeOffersAlone(t *testing.T) {
	status, body := get(t, serve(t), "/models/meta-llama/llama-3.3-70b-instruct:free/endpoints")
	if status != http.StatusOK || body["data"].(object)["id"] != "meta-llama/llama-3.3-70b-instruct:free" {
		t.Fatalf("%d %v", status, body)
	}
	for _, item := range body["data"].(object)["endpoints"].([]any) {
		if p := item.(object)["pricing"].(object); p["prompt"] != "0" || p["completion"] != "0" {
			t.Errorf("a free variant with price %v", p)
		}
	}
}

func TestEndpointsHaveEveryRequiredMember(t *testing.T) {
	_, body := get(t, serve(t), "/models/openai/gpt-4.1/endpoints")
	m := body["data"].(object)
	has(t, "the model", m, "id", "name", "created", "description", "architecture", "endpoints")
	has(t, "architecture", m["architecture"].(object), "modality", "input_modalities", "output_modalities", "tokenizer", "instruct_type")
	endpoints := m["endpoints"].([]any)
	if len(endpoints) < 2 {
		t.Fatalf("%d endpoints", len(endpoints))
	}
	connected := 0
	for _, item := range endpoints {
		e := item.(object)
		has(t, "endpoint", e, "name", "model_id", "model_name", "provider_name", "tag", "context_length",
			"max_completion_tokens", "max_prompt_tokens", "quantization", "pricing", "supported_parameters",
			"supports_implicit_caching", "supports_tool_choice", "uptime_last_5m", "uptime_last_30m",
			"uptime_last_1d", "latency_last_30m", "throughput_last_30m")
		if _, ok := e["context_length"].(float64); !ok {
			t.Errorf("context_length %v is no number", e["context_length"])
		}
		if e["bourse"].(object)["callable"] == true {
			connected++
		}
		if e["bourse"].(object)["price_version"] == "" {
			t.Errorf("%v has no price version", e["tag"])
		}
	}
	if connected != 1 {
		t.Errorf("%d callable endpoints, want OpenAI's own alone", connected)
	}
}

func TestFiltersSortsAndPages(t *testing.T) {
	server := serve(t)
	count := func(path string) int { _, body := get(t, server, path); return len(items(t, body)) }
	all, tools := count("/models"), count("/models?supported_parameters=tools")
	if tools == 0 || tools >= all {
		t.Errorf("%d of %d models take tools", tools, all)
	}
	if n := count("/models?output_modalities=embeddings"); n != 58 {
		t.Errorf("%d embedding models, want 58", n)
	}
	if n := count("/embeddings/models"); n != 58 {
		t.Errorf("/embeddings/models lists %d, want 58", n)
	}
	if n := count("/models?limit=500&offset=684"); n != 0 {
		t.Errorf("the page after the last holds %d", n)
	}
	_, body := get(t, server, "/models?limit=500")
	if n := len(items(t, body)); n != 500 || body["total_count"] != float64(684) {
		t.Errorf("%d on the first page, total %v", n, body["total_count"])
	}
	next, _ := body["links"].(object)["next"].(string)
	if n := count(strings.TrimPrefix(next, "/api/v1")); n != 184 {
		t.Errorf("%d on the next page %q, want 184", n, next)
	}
	_, body = get(t, server, "/models?context=abc&sort=elo-high-to-low")
	if got, want := body["ignored"], []any{"context=abc", "sort=elo-high-to-low"}; !slices.Equal(got.([]any), want) {
		t.Errorf("ignored %v, want %v", got, want)
	}
	status, body := get(t, server, "/models?limit=0")
	if status != http.StatusBadRequest {
		t.Errorf("limit=0 answered %d %v", status, body)
	}
	_, body = get(t, server, "/models/count?output_modalities=text&type=chat")
	if body["data"].(object)["count"] != float64(491) {
		t.Errorf("count of chat models: %v", body)
	}
	_, body = get(t, server, "/models?type=chat&providers=OpenAI&max_price=1")
	for _, item := range items(t, body) {
		m := item.(object)
		if !strings.HasPrefix(m["id"].(string), "openai/") {
			t.Errorf("%v is not served by OpenAI", m["id"])
		}
	}
}

func TestListIsRevalidatedAndCompressed(t *testing.T) {
	server := serve(t)
	request := func(etag string, gz bool) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/v1/models", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", "identity")
		if gz {
			r.Header.Set("Accept-Encoding", "br;q=1.0, gzip;q=0.8")
		}
		if etag != "" {
			r.Header.Set("If-None-Match", etag)
		}
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { res.Body.Close() })
		return res
	}
	plain, packed := request("", false), request("", true)
	want, err := io.ReadAll(plain.Body)
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatalf("asked for gzip: %v", err)
	}
	if got, err := io.ReadAll(unpacked); err != nil || string(got) != string(want) {
		t.Errorf("the compressed list differs from the plain one (%v)", err)
	}
	if res := request(plain.Header.Get("ETag"), false); res.StatusCode != http.StatusNotModified {
		t.Errorf("revalidation answered %d", res.StatusCode)
	}
}

func TestProvidersAndZeroRetention(t *testing.T) {
	server := serve(t)
	_, body := get(t, server, "/providers")
	if n := len(items(t, body)); n != 66 {
		t.Errorf("%d providers, want the 66 that serve something", n)
	}
	for _, item := range items(t, body) {
		has(t, "provider", item.(object), "name", "slug", "privacy_policy_url")
	}
	_, body = get(t, server, "/endpoints/zdr")
	list := items(t, body)
	if len(list) == 0 {
		t.Fatal("no endpoint keeps nothing")
	}
	for _, item := range list {
		policy := item.(object)["bourse"].(object)["data_policy"].(object)
		if policy["logs_prompts"] != false {
			t.Errorf("%v logs prompts: %v", item.(object)["tag"], policy)
		}
	}
}
