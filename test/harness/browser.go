package harness

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

const pageBytesMax = 4 << 20

// Browser is a person's browser, without script.
type Browser struct {
	House *House
	Email string

	client *http.Client
}

// Page is a page that a person looks at.
type Page struct {
	Status int
	URL    *url.URL // where the redirects led
	Doc    *goquery.Document
	Header http.Header
}

// Text is the trimmed text of the part of the page with the test id.
func (p Page) Text(id string) string {
	return strings.TrimSpace(p.Doc.Find(`[data-testid="` + id + `"]`).First().Text())
}

// Visit gives somebody a browser, not signed in.
func (h *House) Visit(t testing.TB, email string) *Browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Browser{House: h, Email: email, client: &http.Client{Jar: jar, Timeout: callTime}}
}

// SignUp signs somebody up through the pages, follows the link in the letter and signs in.
func (h *House) SignUp(t testing.TB, email string) *Browser {
	t.Helper()
	b := h.Visit(t, email)
	b.Submit(t, "/sign-up", "", url.Values{"email": {email}, "password": {Password}})
	b.Open(t, strings.TrimPrefix(h.LetterLink(email), h.URL))
	if in := b.Open(t, "/sign-in"); in.URL.Path == "/sign-in" {
		b.Submit(t, "/sign-in", "", url.Values{"email": {email}, "password": {Password}})
	}
	if page := b.Open(t, "/settings"); page.URL.Path != "/settings" {
		t.Fatalf("signed up, but the settings lead to %s", page.URL)
	}
	return b
}

// Open opens a page.
func (b *Browser) Open(t testing.TB, path string) Page {
	t.Helper()
	answer, err := b.client.Get(b.House.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, answer)
}

// Send posts a form without looking at its page first.
func (b *Browser) Send(t testing.TB, path string, values url.Values) Page {
	t.Helper()
	answer, err := b.client.PostForm(b.House.URL+path, values)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, answer)
}

// Submit opens a page, fills its form and sends it. Without an action the form is the one that is
// sent to the page's own path.
func (b *Browser) Submit(t testing.TB, path, action string, values url.Values) Page {
	t.Helper()
	to, fields := b.Fill(t, path, action, values)
	return b.Send(t, to, fields)
}

// Fill opens a page and returns where its form is sent, and its fields with the values put in.
func (b *Browser) Fill(t testing.TB, path, action string, values url.Values) (string, url.Values) {
	t.Helper()
	page := b.Open(t, path)
	if page.Status != http.StatusOK {
		t.Fatalf("%s: status %d", path, page.Status)
	}
	if action == "" {
		action, _, _ = strings.Cut(path, "?")
	}
	form := page.Doc.Find(`main form[method="post"]`).FilterFunction(func(_ int, s *goquery.Selection) bool {
		return s.AttrOr("action", "") == action
	}).First()
	if form.Length() == 0 {
		t.Fatalf("%s has no form that is sent to %s", path, action)
	}
	fields := url.Values{}
	form.Find("input[name], select[name], textarea[name]").Each(func(_ int, s *goquery.Selection) {
		_, checked := s.Attr("checked")
		switch kind := s.AttrOr("type", ""); {
		case (kind == "radio" || kind == "checkbox") && !checked:
		case goquery.NodeName(s) == "select":
			fields.Set(s.AttrOr("name", ""), s.Find("option[selected]").AttrOr("value", s.Find("option").First().AttrOr("value", "")))
		default:
			fields.Set(s.AttrOr("name", ""), s.AttrOr("value", ""))
		}
	})
	for name, value := range values {
		fields[name] = value
	}
	return action, fields
}

// TopUp buys credit through the pages of the sandbox.
func (b *Browser) TopUp(t testing.TB, dollars string) Page {
	t.Helper()
	checkout := b.Submit(t, "/credits", "", url.Values{"amount": {"own"}, "own": {dollars}, "again": {"yes"}})
	if !strings.HasPrefix(checkout.URL.Path, "/sandbox/checkout/") {
		t.Fatalf("buying credit led to %s: %s", checkout.URL, checkout.Text("errors"))
	}
	return b.Submit(t, checkout.URL.Path, "", url.Values{"action": {"pay"}})
}

// MakeKey makes a key through the pages; an empty limit is none.
func (b *Browser) MakeKey(t testing.TB, name, limit string) string {
	t.Helper()
	page := b.Submit(t, "/keys/new", "", url.Values{"name": {name}, "limit": {limit}})
	part := page.Doc.Find(`[data-testid="key"]`).First()
	key := part.AttrOr("value", strings.TrimSpace(part.Text()))
	if !strings.HasPrefix(key, "sk-brs-v1-") {
		t.Fatalf("no key on the page at %s (%d)", page.URL, page.Status)
	}
	return key
}

func read(t testing.TB, answer *http.Response) Page {
	t.Helper()
	defer answer.Body.Close()
	doc, err := goquery.NewDocumentFromReader(io.LimitReader(answer.Body, pageBytesMax))
	if err != nil {
		t.Fatal(err)
	}
	return Page{Status: answer.StatusCode, URL: answer.Request.URL, Doc: doc, Header: answer.Header}
}

// Cookies are what the site has given the browser.
func (b *Browser) Cookies() []*http.Cookie {
	site, err := url.Parse(b.House.URL)
	if err != nil {
		return nil
	}
	return b.client.Jar.Cookies(site)
}

// Download reads a file as the person who is signed in.
func (b *Browser) Download(t testing.TB, path string) []byte {
	t.Helper()
	answer, err := b.client.Get(b.House.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, answerBytesMax))
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v", path, answer.StatusCode, err)
	}
	return body
}

// Call sends JSON as a page's script does and reads the whole answer.
func (b *Browser) Call(t testing.TB, path string, body any, header map[string]string) Answer {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, b.House.URL+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		r.Header.Set(name, value)
	}
	answer, err := b.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	a := Answer{Status: answer.StatusCode, Header: answer.Header}
	a.Body, a.Err = io.ReadAll(io.LimitReader(answer.Body, answerBytesMax))
	return a
}

// Leave posts a form and returns where it leads, without going there.
func (b *Browser) Leave(t testing.TB, path string, values url.Values) string {
	t.Helper()
	stay := *b.client
	stay.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := stay.PostForm(b.House.URL+path, values)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.Header.Get("Location")
}
