package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"bourse/test/harness"
)

// TestConsentLeadsBack has a person sign in on the way, agree, and come back to a program at
// another address, which the page's own policy must let the form lead to.
func TestConsentLeadsBack(t *testing.T) {
	h := harness.Start(t, nil)
	person := h.SignUp(t, "owner@example.com")
	program := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `<!doctype html><title>x</title><link rel="icon" href="data:,"><p data-testid="code">%s</p>`, r.URL.Query().Get("code"))
	}))
	t.Cleanup(program.Close)
	for _, script := range []bool{true, false} {
		b := openTab(t, h.URL)
		if !script {
			b.withoutScript()
		}
		b.open("/auth?" + url.Values{"callback_url": {program.URL + "/back"}, "limit": {"3"}, "key_label": {"writer"}}.Encode())
		b.fill("email", person.Email)
		b.fill("password", harness.Password)
		b.press(`main form[action^="/sign-in"] button[type="submit"]`, at("host"))
		b.press(`main form[action="/auth"] button[type="submit"]`, at("code"))
		code := strings.TrimSpace(value(b, chromedp.Text(at("code"))))
		a := h.Do(http.MethodPost, "/api/v1/auth/keys", "", map[string]any{"code": code})
		var got struct{ Key string }
		a.JSON(t, &got)
		if a := h.Do(http.MethodGet, "/api/v1/key", got.Key, nil); a.Status != http.StatusOK || !strings.Contains(string(a.Body), `"limit":3,`) {
			t.Errorf("script %v: %d %s", script, a.Status, a.Body)
		}
		for _, message := range b.errors() {
			t.Errorf("console: %s", message)
		}
	}
}
