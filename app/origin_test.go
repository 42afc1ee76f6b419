package app_test

import (
	"net/http"
	"testing"

	"bourse/test/harness"
)

// TestProgramsInBrowsersCallTheAPI asks as a browser does for a page of another site.
func TestProgramsInBrowsersCallTheAPI(t *testing.T) {
	h := harness.Start(t, nil)
	ask := func(method, path string, header map[string]string) http.Header {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, h.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range header {
			req.Header.Set(name, value)
		}
		answer, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		return answer.Header
	}
	origin := map[string]string{"Origin": "https://app.example.com"}
	before := map[string]string{"Origin": "https://app.example.com", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type"}
	for _, path := range []string{"/api/v1/chat/completions", "/api/v1/keys", "/api/v1/messages"} {
		if got := ask(http.MethodOptions, path, before); got.Get("Access-Control-Allow-Origin") != "*" || got.Get("Access-Control-Allow-Headers") != "authorization, content-type" {
			t.Errorf("%s: %v", path, got)
		}
		if got := ask(http.MethodPost, path, origin); got.Get("Access-Control-Allow-Origin") != "*" || got.Get("Access-Control-Expose-Headers") == "" || got.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %v", path, got)
		}
	}
	for _, path := range []string{"/keys", "/sign-in", "/"} {
		if got := ask(http.MethodOptions, path, before).Get("Access-Control-Allow-Origin") + ask(http.MethodGet, path, origin).Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("%s may be read by pages of others", path)
		}
	}
}
