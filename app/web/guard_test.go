package web_test

import (
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"bourse/app/web"

	"github.com/labstack/echo/v4"
)

func TestNobodyIsLedAway(t *testing.T) {
	h := newHouse(t)
	p := h.newcomer("ada@example.com")
	for _, next := range []string{"//evil.example", "/\\evil.example", "\\/evil.example", "https://evil.example", "javascript:alert(1)", "/\t/evil.example",
		"/\n/evil.example", "%2F%2Fevil.example", "evil.example", "http:/evil.example", "/ok\r\nSet-Cookie: x=y", " //evil.example", "///evil.example"} {
		for _, path := range []string{"/sign-in", "/sign-up"} {
			client := *p.client
			client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			res, err := client.Get(h.url + path + "?next=" + url.QueryEscape(next))
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if to := res.Header.Get("Location"); to != "/credits" || res.Header.Get("Set-Cookie") != "" {
				t.Errorf("%s with next %q leads to %q", path, next, to)
			}
		}
		if page := h.person().send("/sign-in", "email", "ada@example.com", "password", password, "next", next); page.path != "/credits" {
			t.Errorf("next %q leads to %s", next, page.path)
		}
	}
}

func TestForms(t *testing.T) {
	h := newHouse(t)
	p := h.newcomer("ada@example.com")
	t.Run("bytes that are no text", func(t *testing.T) {
		for _, path := range []string{"/activity/%00", "/activity/gen-%ff", "/activity?model=%00", "/activity?key=a%ffb", "/credits/return?topup=%00", "/keys/%00/revoke", "/credits?kind=%00"} {
			if page := p.open(path); page.status != http.StatusBadRequest {
				t.Errorf("%s: %d", path, page.status)
			}
		}
		for _, path := range []string{"/keys/new", "/settings/profile", "/credits", "/sign-in", "/sign-up", "/reset"} {
			for _, odd := range []string{"a\x00b", "\xff"} {
				if page := p.send(path, "name", odd, "email", odd, "form", odd, "amount", odd, "password", odd); page.status != http.StatusBadRequest {
					t.Errorf("%s with %q: %d", path, odd, page.status)
				}
			}
		}
	})
	t.Run("more than a form has", func(t *testing.T) {
		if page := p.send("/settings/profile", "name", strings.Repeat("x", 100<<10)); page.status != http.StatusRequestEntityTooLarge {
			t.Errorf("status %d", page.status)
		}
	})
	t.Run("many parts", func(t *testing.T) {
		var body strings.Builder
		w := multipart.NewWriter(&body)
		w.WriteField("name", "Ada\x00")
		w.Close()
		if page := p.look(p.client.Post(h.url+"/settings/profile", w.FormDataContentType(), strings.NewReader(body.String()))); page.status != http.StatusBadRequest {
			t.Errorf("status %d", page.status)
		}
	})
	t.Run("half a form", func(t *testing.T) {
		if page := p.look(p.client.Post(h.url+"/settings/profile", "application/x-www-form-urlencoded", strings.NewReader("name=%zz"))); page.status != http.StatusBadRequest {
			t.Errorf("status %d", page.status)
		}
	})
}

func TestDevMailIsForThisMachine(t *testing.T) {
	h := newHouse(t)
	for host, status := range map[string]int{"localhost:8080": 200, "127.0.0.1": 200, "[::1]:8080": 200, "bourse.localhost": 200,
		"evil.example:8080": 404, "localhost.evil.example": 404, "192.0.2.1": 404, "": 404} {
		req := httptest.NewRequest(http.MethodGet, h.url+"/dev/mail", nil)
		req.RequestURI, req.Host = "", host
		if host == "" {
			req.Host = "nobody"
		}
		if page := h.person().look(http.DefaultClient.Do(req)); page.status != status {
			t.Errorf("for the host %q it answers %d", host, page.status)
		}
	}
}

// TestCookies looks at every cookie of a site that is reached by https.
func TestCookies(t *testing.T) {
	h := newHouse(t)
	h.newcomer("ada@example.com")
	secure := &web.Server{Config: h.site.Config, DB: h.site.DB, Catalog: h.site.Catalog, Log: h.site.Log, Mail: h.site.Mail, Keys: h.site.Keys,
		Billing: h.site.Billing, Accounts: h.site.Accounts}
	secure.Config.Secure = true
	e := echo.New()
	mount(e, secure)
	send := func(path, cookie string, form url.Values) *http.Response {
		req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		e.ServeHTTP(w, req)
		return w.Result()
	}
	planted := strings.Repeat("x", 43)
	res := send("/sign-in", "__Host-session="+planted, url.Values{"email": {"ada@example.com"}, "password": {password}})
	if len(res.Cookies()) == 0 || res.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d", res.StatusCode)
	}
	for _, c := range append(res.Cookies(), send("/sign-out", "", nil).Cookies()...) {
		if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("%s", c.Raw)
		}
		if c.Value == planted || c.Name == "session" {
			t.Errorf("%s=%s", c.Name, c.Value)
		}
	}
}
