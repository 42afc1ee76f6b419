package proxy

import (
	"net/http"
	"slices"
	"testing"

	"bourse/test/fake"
	"bourse/test/harness"
)

// TestAnErrorSaysWhetherWaitingHelps reads the part of errors that programs decide by.
func TestAnErrorSaysWhetherWaitingHelps(t *testing.T) {
	m := open(t, nil)
	type availability struct {
		Code       string
		Retryable  bool
		Requested  []string `json:"requested_models"`
		DocsURL    string   `json:"docs_url"`
		RetryAfter int      `json:"retry_after"`
		Providers  []string `json:"affected_providers"`
		ExcludedBy string   `json:"excluded_by"`
		Fallback   []string `json:"fallback_models"`
		Constraint *struct{ Field string }
	}
	ask := func(body any) (harness.Answer, availability, []any) {
		t.Helper()
		a := m.Chat(m.customer.Key, body)
		var e struct {
			Error struct {
				Availability availability
				Metadata     struct {
					Previous []any `json:"previous_errors"`
				}
			}
		}
		a.JSON(t, &e)
		return a, e.Error.Availability, e.Error.Metadata.Previous
	}
	wish := func(prefs map[string]any) map[string]any {
		return harness.Ask(model, map[string]any{"provider": prefs})
	}
	for _, c := range []struct {
		body                     map[string]any
		status                   int
		code, excludedBy, member string
	}{
		{harness.Ask("meta-llama/llama-3.3-70b-instruc", nil), 404, "model_not_found", "", ""},
		{harness.Ask(elsewhere, nil), 404, "no_endpoints", "", ""},
		{wish(map[string]any{"max_price": map[string]any{"prompt": 0.000001}}), 404, "constraint_filtered", "max_price", "provider.max_price"},
		{wish(map[string]any{"only": []string{"nobody"}}), 404, "constraint_filtered", "allowed_providers", "provider.only"},
		{wish(map[string]any{"only": []string{cheapSlug}, "quantizations": []string{"int4"}}), 404, "constraint_filtered", "quantization", "provider.quantizations"},
		{harness.Ask("bourse/demo-embedding", nil), 400, "wrong_endpoint", "", "model"},
	} {
		a, av, _ := ask(c.body)
		member := ""
		if av.Constraint != nil {
			member = av.Constraint.Field
		}
		if a.Status != c.status || av.Code != c.code || av.Retryable || av.ExcludedBy != c.excludedBy || member != c.member || av.DocsURL == "" ||
			!slices.Equal(av.Requested, []string{c.body["model"].(string)}) || c.code == "model_not_found" && !slices.Contains(av.Fallback, model) {
			t.Errorf("%v: %d %+v", c.body, a.Status, av)
		}
	}
	m.cheap.Then(fake.Status(500, "boom"))
	m.dear.Always(fake.Status(503, "overloaded"))
	a, av, before := ask(cheapest(map[string]any{"models": []string{elsewhere}}))
	if a.Status != http.StatusServiceUnavailable && a.Status != http.StatusBadGateway || av.Code != "temporarily_unavailable" || !av.Retryable ||
		len(av.Providers) != 2 || len(before) == 0 || !slices.Equal(av.Requested, []string{model, elsewhere}) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	m.cheap.Always(fake.Status(429, "slow down"))
	if a, av, _ := ask(only(nil)); a.Status != http.StatusTooManyRequests || av.Code != "capacity_exhausted" || av.RetryAfter < 1 || a.Header.Get("Retry-After") == "" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}
