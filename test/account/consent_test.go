package account

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"bourse/models"
	"bourse/test/harness"
)

const verifier = "a-secret-that-is-long-enough-to-be-one-0123456789"

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// program is somebody's program that waits for a code.
func program(t *testing.T) (callback string, code func() string) {
	t.Helper()
	var mu sync.Mutex
	var got url.Values
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		got = r.URL.Query()
		mu.Unlock()
	}))
	t.Cleanup(s.Close)
	return s.URL + "/back?state=x", func() string {
		mu.Lock()
		defer mu.Unlock()
		if got.Get("state") != "x" {
			t.Errorf("the program's own parameters are lost: %v", got)
		}
		return got.Get("code")
	}
}

func exchange(h *harness.House, body any) harness.Answer {
	return h.Do(http.MethodPost, "/api/v1/auth/keys", "", body)
}

func TestAProgramGetsAKeyWithConsent(t *testing.T) {
	h := harness.Start(t, nil)
	b := h.SignUp(t, "owner@example.com")
	b.TopUp(t, "10")
	callback, code := program(t)
	ask := "/auth?" + url.Values{"callback_url": {callback}, "code_challenge": {challenge()}, "code_challenge_method": {"S256"}, "limit": {"2"}, "key_label": {"writer"}}.Encode()
	page := b.Open(t, ask)
	host := strings.TrimPrefix(strings.Split(callback, "/back")[0], "http://")
	if page.Text("host") != host || !strings.Contains(page.Header.Get("Content-Security-Policy"), "form-action 'self' http://"+host) {
		t.Fatalf("%q: %s", page.Text("host"), page.Header.Get("Content-Security-Policy"))
	}
	odd := b.Open(t, "/auth?"+url.Values{"callback_url": {"https://a.example;frame-src/back"}, "code_challenge": {challenge()}, "code_challenge_method": {"S256"}}.Encode())
	if policy := odd.Header.Get("Content-Security-Policy"); strings.Contains(policy, "a.example") || policy == "" {
		t.Errorf("a host writes into the page's policy: %s", policy)
	}
	// Only the person can agree: another site cannot send the form for them.
	foreign, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+"/auth", strings.NewReader(url.Values{"callback_url": {callback}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	foreign.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if answer, err := http.DefaultClient.Do(foreign); err != nil || answer.StatusCode != http.StatusForbidden {
		t.Errorf("sent from another site: %v %v", answer, err)
	}

	b.Submit(t, ask, "", nil)
	c := code()
	for _, body := range []map[string]any{
		{"code": c, "code_verifier": "another", "code_challenge_method": "S256"}, {"code": c}, {"code": c + "x", "code_verifier": verifier}, {"code": c, "code_verifier": challenge()},
	} {
		if a := exchange(h, body); a.Status != http.StatusForbidden {
			t.Errorf("%v: %d %s", body, a.Status, a.Body)
		}
	}
	if a := exchange(h, map[string]any{"code": c, "code_verifier": verifier, "code_challenge_method": "plain"}); a.Status != http.StatusBadRequest {
		t.Errorf("another method: %d %s", a.Status, a.Body)
	}
	var got struct {
		Key  string
		User string `json:"user_id"`
	}
	a := exchange(h, map[string]any{"code": c, "code_verifier": verifier, "code_challenge_method": "S256"})
	a.JSON(t, &got)
	if a.Status != http.StatusOK || got.User == "" || chat(h, got.Key) != http.StatusOK {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	var about keyAnswer
	h.Do(http.MethodGet, "/api/v1/key", got.Key, nil).JSON(t, &about)
	if about.Data.Name != "writer" || about.Data.Limit == nil || *about.Data.Limit != 2*models.NanoPerUSD {
		t.Errorf("%+v", about.Data)
	}
	if a := exchange(h, map[string]any{"code": c, "code_verifier": verifier}); a.Status != http.StatusForbidden {
		t.Errorf("the same code again: %d", a.Status)
	}
}

func TestACodeIsShownWhereThereIsNoAddress(t *testing.T) {
	h := harness.Start(t, nil)
	b := h.SignUp(t, "owner@example.com")
	page := b.Submit(t, "/auth?"+url.Values{"code_challenge": {challenge()}, "code_challenge_method": {"S256"}}.Encode(), "", url.Values{"limit": {""}})
	code := page.Doc.Find(`[data-testid="code"]`).AttrOr("value", "")
	if a := exchange(h, map[string]any{"code": code, "code_verifier": verifier}); a.Status != http.StatusOK || page.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

func TestWhatNobodyMayAgreeTo(t *testing.T) {
	h := harness.Start(t, nil)
	b := h.SignUp(t, "owner@example.com")
	for _, q := range []url.Values{
		{}, {"callback_url": {"http://app.example.com/"}}, {"callback_url": {"javascript:alert(1)"}}, {"callback_url": {"https://me:pw@app.example.com/"}},
		{"callback_url": {"//app.example.com"}}, {"callback_url": {"https://app.example.com/#x"}}, {"callback_url": {"https://app.example.com;script-src/"}},
		{"callback_url": {"https://app.example.com/"}, "code_challenge": {"x"}, "code_challenge_method": {"md5"}},
		{"callback_url": {"https://app.example.com/"}, "code_challenge": {strings.Repeat("x", 200)}},
		{"callback_url": {"https://app.example.com/" + strings.Repeat("x", 3000)}},
	} {
		if page := b.Open(t, "/auth?"+q.Encode()); page.Status != http.StatusUnprocessableEntity || page.Doc.Find("main form").Length() != 0 {
			t.Errorf("%v: %d", q, page.Status)
		}
		if page := b.Send(t, "/auth", q); page.Status != http.StatusUnprocessableEntity {
			t.Errorf("sent %v: %d", q, page.Status)
		}
	}
	if stranger := h.Visit(t, "x@example.com").Open(t, "/auth?code_challenge=x"); stranger.URL.Path != "/sign-in" || !strings.Contains(stranger.URL.RawQuery, "code_challenge") {
		t.Errorf("a stranger is at %s", stranger.URL)
	}
}

func TestAKeyMakesACodeForAnother(t *testing.T) {
	h := harness.Start(t, nil)
	p := h.Person("owner@example.com", models.NanoPerUSD)
	ends := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	body := map[string]any{"callback_url": "https://app.example.com/", "code_challenge": challenge(), "code_challenge_method": "S256",
		"limit": 0.25, "usage_limit_type": "daily", "expires_at": ends.Format(time.RFC3339), "key_label": "given"}
	var made struct {
		Data struct{ ID string }
	}
	h.Do(http.MethodPost, "/api/v1/auth/keys/code", p.Key, body).JSON(t, &made)
	var got struct{ Key string }
	exchange(h, map[string]any{"code": made.Data.ID, "code_verifier": verifier, "code_challenge_method": "S256"}).JSON(t, &got)
	var about keyAnswer
	h.Do(http.MethodGet, "/api/v1/key", got.Key, nil).JSON(t, &about)
	if k := about.Data; k.Name != "given" || *k.Limit != models.NanoPerUSD/4 || *k.Reset != "daily" || *k.Expires != ends.Format(time.RFC3339) {
		t.Errorf("%+v", about.Data)
	}
	if a := h.Do(http.MethodPost, "/api/v1/auth/keys/code", got.Key, body); a.Status != http.StatusForbidden {
		t.Errorf("a limited key gives away keys: %d %s", a.Status, a.Body)
	}
	for _, change := range []map[string]any{
		{"callback_url": ""}, {"callback_url": 7}, {"limit": 0}, {"expires_at": "tomorrow"}, {"expires_at": "2020-01-01T00:00:00Z"}, {"usage_limit_type": "hourly"},
		{"code_challenge_method": "none"}, {"key_label": strings.Repeat("x", 101)},
	} {
		wrong := map[string]any{}
		for name, value := range body {
			wrong[name] = value
		}
		for name, value := range change {
			wrong[name] = value
		}
		if a := h.Do(http.MethodPost, "/api/v1/auth/keys/code", p.Key, wrong); a.Status != http.StatusBadRequest {
			t.Errorf("%v: %d %s", change, a.Status, a.Body)
		}
	}
}
