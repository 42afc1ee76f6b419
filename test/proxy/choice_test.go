package proxy

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"bourse/test/fake"
	"bourse/test/harness"
)

// askWith sends a chat with one more header.
func askWith(t *testing.T, m market, name, value string, body map[string]any) (http.Header, string) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, m.URL+"/api/v1/chat/completions", strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+m.customer.Key)
	req.Header.Set(name, value)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Header, string(answer)
}

// turbo is an offer of the dear provider that is cheaper than the cheap one's.
const turbo = "deepinfra/turbo"

// TestSpeedDecides measures two providers and then asks for the fastest, the quickest and the
// cheapest by every way of asking.
func TestSpeedDecides(t *testing.T) {
	m := open(t, nil)
	usage := fake.Usage{Prompt: 10, Completion: 40}
	m.cheap.Always(fake.Slow("One two three four five.", usage, 60*time.Millisecond, 8*time.Millisecond))
	m.dear.Always(fake.Slow("One two three four five.", usage, 5*time.Millisecond, 2*time.Millisecond))
	for range 5 {
		for _, slug := range []string{cheapSlug, dearSlug} {
			look(t, m.Chat(m.customer.Key, harness.Ask(model, map[string]any{"stream": true, "max_tokens": 50, "provider": map[string]any{"only": []string{slug}, "ignore": []string{turbo}}})), true)
		}
	}
	for _, c := range []struct {
		model string
		prefs map[string]any
		want  string
	}{
		{model + ":nitro", nil, "DeepInfra"}, {model + ":floor", nil, "Novita"}, {model, map[string]any{"sort": "latency"}, "DeepInfra"},
		{model, map[string]any{"sort": "throughput"}, "DeepInfra"}, {model, map[string]any{"sort": "price"}, "Novita"},
		{model, map[string]any{"sort": "price", "preferred_max_latency": 0.04}, "DeepInfra"},
		{model + ":floor", map[string]any{"preferred_min_throughput": map[string]any{"p50": 1}}, "Novita"},
	} {
		body := harness.Ask(c.model, map[string]any{"max_tokens": 50})
		prefs := map[string]any{"ignore": []string{turbo}}
		maps.Copy(prefs, c.prefs)
		body["provider"] = prefs
		for range 3 {
			if s := look(t, m.Chat(m.customer.Key, body), false); !strings.HasPrefix(s.provider, c.want) {
				t.Errorf("%s %v went to %q", c.model, c.prefs, s.provider)
			}
		}
	}
	a := m.Do(http.MethodGet, "/api/v1/models/"+model+"/endpoints", "", nil)
	var list struct {
		Data struct {
			Endpoints []struct {
				Tag     string
				Uptime  *float64                    `json:"uptime_last_1d"`
				Latency *struct{ P50, P99 float64 } `json:"latency_last_30m"`
				Speed   *struct{ P50 float64 }      `json:"throughput_last_30m"`
			}
		}
	}
	a.JSON(t, &list)
	measured := 0
	for _, e := range list.Data.Endpoints {
		if e.Latency == nil {
			continue
		}
		measured++
		if e.Uptime == nil || *e.Uptime != 100 || e.Speed == nil || e.Speed.P50 <= 0 || e.Tag == cheapSlug && e.Latency.P50 < 60 {
			t.Errorf("%+v %+v", e, *e.Latency)
		}
	}
	if measured != 2 {
		t.Errorf("%d endpoints measured: %s", measured, a.Body)
	}
	var sorted struct {
		Data    []struct{ ID string }
		Ignored []string
	}
	for _, order := range []string{"throughput-high-to-low", "latency-low-to-high"} {
		m.Do(http.MethodGet, "/api/v1/models?limit=3&sort="+order, "", nil).JSON(t, &sorted)
		if len(sorted.Data) != 3 || sorted.Data[0].ID != model || len(sorted.Ignored) != 0 {
			t.Errorf("%s: %+v", order, sorted)
		}
	}
	if page := m.Do(http.MethodGet, "/models/"+model, "", nil); !strings.Contains(string(page.Body), "100.0%") || !strings.Contains(string(page.Body), "p50, 30 min") {
		t.Error("the page does not show it")
	}
}

type routedAnswer struct {
	Model  string
	Router struct {
		Requested, Strategy, Summary string
		Attempt                      int
		Endpoints                    struct {
			Total     int
			Available []struct {
				Provider, Model string
				Selected        bool
			}
		}
		Attempts []struct {
			Provider string
			Status   int
		}
	} `json:"openrouter_metadata"`
}

func TestRoutingIsExplained(t *testing.T) {
	m := open(t, nil)
	read := func(text string) routedAnswer {
		var a routedAnswer
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		return a
	}
	m.cheap.Then(fake.Status(500, "boom"))
	_, body := askWith(t, m, "X-OpenRouter-Metadata", "enabled", cheapest(nil))
	r := read(body).Router
	if r.Requested != model || r.Strategy != "direct" || r.Attempt != 2 || len(r.Attempts) != 2 || r.Attempts[0].Status != 500 || r.Attempts[1].Status != 200 ||
		r.Endpoints.Total < 2 || len(r.Endpoints.Available) != 3 || r.Endpoints.Available[0].Selected || !r.Endpoints.Available[1].Selected {
		t.Errorf("%s", body)
	}
	_, body = askWith(t, m, "X-OpenRouter-Metadata", "enabled", cheapest(map[string]any{"stream": true}))
	events := strings.Split(strings.TrimSpace(body), "\n\n")
	if last := events[len(events)-2]; read(strings.TrimPrefix(last, "data: ")).Router.Attempt != 1 {
		t.Errorf("%s", last)
	}
	m.cheap.Then(fake.Status(500, "boom"))
	_, body = askWith(t, m, "X-OpenRouter-Metadata", "enabled", only(nil))
	if r := read(body).Router; r.Attempt != 1 || !strings.Contains(body, `"error":{"code":502`) {
		t.Errorf("%s", body)
	}
	if _, body = askWith(t, m, "X-Other", "enabled", only(nil)); strings.Contains(body, "openrouter_metadata") {
		t.Error("it is told to those who did not ask")
	}
	_, body = askWith(t, m, "X-OpenRouter-Metadata", "enabled", map[string]any{"model": elsewhere, "models": []string{model}, "messages": []any{map[string]any{"role": "user", "content": "Hi"}}})
	if a := read(body); a.Model != model {
		t.Errorf("models[] is not followed: %s", body)
	}
}

func TestAutoTakesTheCheapestThatCan(t *testing.T) {
	m := open(t, nil)
	ask := func(more map[string]any) (http.Header, routedAnswer) {
		t.Helper()
		h, body := askWith(t, m, "X-OpenRouter-Metadata", "enabled", harness.Ask("bourse/auto", more))
		var a routedAnswer
		if err := json.Unmarshal([]byte(body), &a); err != nil {
			t.Fatal(err)
		}
		return h, a
	}
	h, a := ask(map[string]any{"max_tokens": 20})
	if a.Model == "" || strings.HasPrefix(a.Model, "bourse/") || a.Router.Strategy != "auto" || !strings.HasPrefix(h.Get("X-Bourse-Auto"), "the cheapest of ") {
		t.Errorf("%+v %v", a, h)
	}
	_, tools := ask(map[string]any{"max_tokens": 20, "tools": []any{map[string]any{"type": "function", "function": map[string]any{"name": "f"}}}})
	if e := m.Catalog.Current().Model(tools.Model); e == nil || !e.Tools {
		t.Errorf("a model without tools was chosen: %+v", tools)
	}
	if a := m.Chat(m.customer.Key, harness.Ask("bourse/auto", map[string]any{"max_tokens": 90_000_000})); a.Status != 404 {
		t.Errorf("what nobody can do: %d %s", a.Status, a.Body)
	}
}
