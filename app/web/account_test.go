package web_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"bourse/app/auth"
	"bourse/app/catalog"
	"bourse/app/cluster"
	"bourse/app/mail"
	"bourse/app/web"
	"bourse/billing"
	"bourse/models"
	"bourse/models/modelstest"

	"github.com/PuerkitoBio/goquery"
	"github.com/labstack/echo/v4"
)

const password = "four unrelated words"

// house is the account side of the site, over a real connection and with the sandbox behind it.
type house struct {
	t    *testing.T
	url  string
	db   *models.DB
	mail *mail.Sender
	keys *auth.Keys
	bill *billing.Billing
	site *web.Server
}

func newHouse(t *testing.T) *house {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	db := modelstest.Open(t, models.Options{DataDir: t.TempDir()})
	c := catalog.New(db, nil)
	if err := c.Import(t.Context()); err != nil {
		t.Fatal(err)
	}
	letters, err := mail.New("", "Bourse <no-reply@localhost>", log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(letters.Close)
	e := echo.New()
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	h := &house{t: t, url: server.URL, db: db, mail: letters, keys: auth.NewKeys(db, log)}
	h.bill, err = billing.New(t.Context(), db, billing.Config{
		BaseURL: server.URL, InstallationSecret: "secret", FeeBps: 500, MinCents: 500, MaxCents: 100_000,
		DeliverSandbox: func(ctx context.Context, body []byte, signature string) error {
			return h.bill.Webhook(ctx, body, signature)
		},
	}, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.bill.Close)
	s := &web.Server{
		Config: web.Config{BaseURL: server.URL, Development: true, Sandbox: true, FeeBPS: 500},
		DB:     db, Catalog: c, Log: log, Mail: letters, Keys: h.keys, Billing: h.bill,
		Accounts: auth.NewAccounts(db, letters, cluster.NewLocal(time.Now), server.URL, log),
	}
	h.site = s
	mount(e, s)
	return h
}

func mount(e *echo.Echo, s *web.Server) {
	e.HTTPErrorHandler = s.HandleError
	e.IPExtractor = echo.ExtractIPDirect()
	e.Use(s.Headers, s.SameOrigin, s.LimitForm, s.Sessions)
	e.GET("/", s.Home)
	e.GET("/sign-up", s.SignUpForm)
	e.POST("/sign-up", s.SignUp)
	e.GET("/sign-in", s.SignInForm)
	e.POST("/sign-in", s.SignIn)
	e.POST("/sign-out", s.SignOut)
	e.GET("/verify", s.Verify)
	e.HEAD("/verify", s.Verify)
	e.POST("/verify/again", s.VerifyAgain, s.SignedIn)
	e.GET("/reset", s.ResetRequestForm)
	e.POST("/reset", s.ResetRequest)
	e.GET("/reset/new", s.ResetForm)
	e.POST("/reset/new", s.Reset)
	e.GET("/dev/mail", s.DevMail)
	in := e.Group("", s.SignedIn)
	in.GET("/settings", s.Settings)
	in.POST("/settings/profile", s.SaveProfile)
	in.POST("/settings/password", s.ChangePassword)
	in.POST("/settings/sessions/:id/revoke", s.RevokeSession)
	in.GET("/keys", s.KeysIndex)
	in.GET("/keys/new", s.KeyForm)
	in.POST("/keys/new", s.KeyCreate)
	in.GET("/keys/:id/revoke", s.KeyRevokeForm)
	in.POST("/keys/:id/revoke", s.KeyRevoke)
	in.GET("/credits", s.CreditsIndex)
	in.POST("/credits", s.BuyCredits)
	in.GET("/credits/return", s.CreditsReturn)
	in.GET("/sandbox/checkout/:id", s.CheckoutForm)
	in.POST("/sandbox/checkout/:id", s.Checkout)
	in.GET("/activity", s.ActivityIndex)
	in.GET("/activity/:id", s.Receipt)
}

// person is somebody with a browser.
type person struct {
	*house
	client *http.Client
}

func (h *house) person() *person {
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return &person{h, &http.Client{Jar: jar, Timeout: 30 * time.Second}}
}

// seen is a page as somebody sees it.
type seen struct {
	*goquery.Document
	status int
	path   string
	header http.Header
}

func (p *person) look(res *http.Response, err error) seen {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	doc, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return seen{doc, res.StatusCode, res.Request.URL.Path, res.Header}
}

func (p *person) open(path string) seen {
	p.t.Helper()
	return p.look(p.client.Get(p.url + path))
}

func (p *person) send(path string, pairs ...string) seen {
	p.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return p.look(p.client.PostForm(p.url+path, form))
}

var letterPath = regexp.MustCompile(`http://[^/]+(/\S+\?token=\S+)`)

// letter is the path of the link in the newest letter to an address.
func (h *house) letter(to string) string {
	h.t.Helper()
	for _, l := range h.mail.Recent() {
		if m := letterPath.FindStringSubmatch(l.Body); l.To == to && m != nil {
			return m[1]
		}
	}
	h.t.Fatalf("no letter with a link to %s", to)
	return ""
}

// newcomer is somebody who has signed up and confirmed the address.
func (h *house) newcomer(email string) *person {
	h.t.Helper()
	p := h.person()
	p.send("/sign-up", "email", email, "password", password)
	if page := p.open(h.letter(email)); page.status != http.StatusOK {
		h.t.Fatalf("the link of the letter answers %d", page.status)
	}
	return p
}

func (s seen) says(t *testing.T, what string) {
	t.Helper()
	if !strings.Contains(s.Find("main").Text(), what) {
		t.Errorf("%s (%d) does not say %q: %s", s.path, s.status, what, strings.Join(strings.Fields(s.Find("main").Text()), " "))
	}
}

func TestSignUp(t *testing.T) {
	h := newHouse(t)
	first := h.person()
	if page := first.open("/sign-up"); !strings.Contains(page.Text(), "operator") {
		t.Error("the first is not told that they become the operator")
	}
	if page := first.send("/sign-up", "email", "First@Example.com ", "password", password); page.path != "/credits" {
		t.Fatalf("the first account leads to %s (%d)", page.path, page.status)
	}
	t.Run("the answer is the same for a known address and an unknown one", func(t *testing.T) {
		unknown := h.person().send("/sign-up", "email", "second@example.com", "password", password)
		known := h.person().send("/sign-up", "email", "first@example.com", "password", password)
		text := func(s seen, email string) string {
			return strings.ReplaceAll(s.Find("main").Text(), email, "")
		}
		if unknown.status != known.status || text(unknown, "second@example.com") != text(known, "first@example.com") {
			t.Errorf("%d %q\n%d %q", unknown.status, text(unknown, "second@example.com"), known.status, text(known, "first@example.com"))
		}
		if len(unknown.header["Set-Cookie"]) != len(known.header["Set-Cookie"]) {
			t.Error("one of them gets a cookie")
		}
	})
	t.Run("the link of the letter signs in, once, where the sign-up was", func(t *testing.T) {
		p := h.person()
		p.send("/sign-up", "email", "Here@Example.com", "password", password)
		link := h.letter("here@example.com")
		if page := p.open(link); page.path != "/credits" {
			t.Errorf("it leads to %s (%d)", page.path, page.status)
		}
		if page := h.person().open(link); page.status != http.StatusNotFound {
			t.Errorf("the second time it answers %d", page.status)
		}
		user, err := h.db.UserByEmail(t.Context(), "here@example.com")
		if err != nil || user.Operator() || !user.Verified() {
			t.Errorf("%+v %v", user, err)
		}
	})
	t.Run("a link that somebody else sent confirms and signs nobody in", func(t *testing.T) {
		victim := h.person()
		link := h.letter("second@example.com")
		victim.open(link).says(t, "is confirmed")
		if page := victim.open("/settings"); page.path != "/sign-in" {
			t.Error("the reader is in an account that is not theirs")
		}
		if page := victim.send("/sign-in", "email", "second@example.com", "password", password); page.path != "/credits" {
			t.Errorf("the owner is led to %s", page.path)
		}
	})
	t.Run("a look at a link does not use it up", func(t *testing.T) {
		p := h.person()
		p.send("/sign-up", "email", "third@example.com", "password", password)
		link := h.letter("third@example.com")
		res, err := http.Head(h.url + link)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		req, _ := http.NewRequest(http.MethodGet, h.url+link, nil)
		req.Header.Set("Sec-Purpose", "prefetch;prerender")
		if res, err = p.client.Do(req); err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if page := p.open(link); page.path != "/credits" {
			t.Errorf("it leads to %s (%d)", page.path, page.status)
		}
	})
	t.Run("what is wrong stands beside its field and the address stays", func(t *testing.T) {
		page := h.person().send("/sign-up", "email", "nobody@example.com", "password", "short")
		if page.status != http.StatusUnprocessableEntity || page.Find("#password-error").Length() != 1 {
			t.Errorf("status %d", page.status)
		}
		if v, _ := page.Find("#email").Attr("value"); v != "nobody@example.com" {
			t.Errorf("the address became %q", v)
		}
	})
	t.Run("a form from another site is refused", func(t *testing.T) {
		req, _ := http.NewRequest(http.MethodPost, h.url+"/sign-up", strings.NewReader("email=a@b.example&password="+url.QueryEscape(password)))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		if page := h.person().look(http.DefaultClient.Do(req)); page.status != http.StatusForbidden {
			t.Errorf("status %d", page.status)
		}
	})
}

func TestSignIn(t *testing.T) {
	h := newHouse(t)
	p := h.newcomer("ada@example.com")
	t.Run("a page that needs somebody asks who it is and comes back", func(t *testing.T) {
		q := h.person()
		page := q.open("/keys?x=1")
		next, _ := page.Find("main input[name=next]").Attr("value")
		if page.path != "/sign-in" || next != "/keys?x=1" {
			t.Fatalf("%s, next %q", page.path, next)
		}
		if page := q.send("/sign-in", "email", "ADA@example.com", "password", password, "next", next); page.path != "/keys" {
			t.Errorf("it leads to %s (%d)", page.path, page.status)
		}
	})
	t.Run("nobody is led to another site", func(t *testing.T) {
		if page := h.person().send("/sign-in", "email", "ada@example.com", "password", password, "next", "//evil.example/"); page.path != "/credits" {
			t.Errorf("it leads to %s", page.path)
		}
	})
	t.Run("wrong password and unknown address read the same", func(t *testing.T) {
		wrong := h.person().send("/sign-in", "email", "ada@example.com", "password", "something else")
		unknown := h.person().send("/sign-in", "email", "bob@example.com", "password", "something else")
		if wrong.status != unknown.status || wrong.Find(".errors").Text() != unknown.Find(".errors").Text() {
			t.Errorf("%d %q, %d %q", wrong.status, wrong.Find(".errors").Text(), unknown.status, unknown.Find(".errors").Text())
		}
	})
	t.Run("the cookie is a token and nothing else", func(t *testing.T) {
		at, _ := url.Parse(h.url)
		for _, c := range p.client.Jar.Cookies(at) {
			if c.Name == "session" && (len(c.Value) != 43 || strings.Contains(c.Value, "ada")) {
				t.Errorf("session=%s", c.Value)
			}
		}
		res, err := p.client.PostForm(h.url+"/sign-in", url.Values{"email": {"ada@example.com"}, "password": {password}})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	})
	t.Run("signing out ends the session itself", func(t *testing.T) {
		q := h.person()
		q.send("/sign-in", "email", "ada@example.com", "password", password)
		at, _ := url.Parse(h.url)
		kept := q.client.Jar.Cookies(at)
		q.send("/sign-out")
		thief := h.person()
		thief.client.Jar.SetCookies(at, kept)
		if page := thief.open("/settings"); page.path != "/sign-in" {
			t.Errorf("the old cookie opens %s", page.path)
		}
	})
	t.Run("too many tries are refused for a stated time", func(t *testing.T) {
		var page seen
		for range 12 {
			page = h.person().send("/sign-in", "email", "victim@example.com", "password", "something else")
		}
		if page.status != http.StatusTooManyRequests || page.header.Get("Retry-After") == "" {
			t.Errorf("status %d, Retry-After %q", page.status, page.header.Get("Retry-After"))
		}
		page.says(t, "Try again in")
	})
}

func TestPasswords(t *testing.T) {
	h := newHouse(t)
	p := h.newcomer("ada@example.com")
	other := h.person()
	other.send("/sign-in", "email", "ada@example.com", "password", password)
	t.Run("the sessions are listed and others can be ended", func(t *testing.T) {
		page := p.open("/settings")
		if n := page.Find("[data-testid=sessions] tbody tr").Length(); n < 2 {
			t.Errorf("%d sessions", n)
		}
		action, _ := page.Find("[data-testid=sessions] form").First().Attr("action")
		p.send(action)
		if page := other.open("/settings"); page.path != "/sign-in" {
			t.Errorf("the other browser still opens %s", page.path)
		}
	})
	t.Run("nobody ends somebody else's session", func(t *testing.T) {
		user, _ := h.db.UserByEmail(t.Context(), "ada@example.com")
		list, err := h.db.SessionsOfUser(t.Context(), user.ID, time.Now())
		if err != nil || len(list) == 0 {
			t.Fatal(len(list), err)
		}
		eve := h.newcomer("eve@example.com")
		if page := eve.send("/settings/sessions/" + list[0].ID + "/revoke"); page.status != http.StatusNotFound {
			t.Errorf("status %d", page.status)
		}
		if page := p.open("/settings"); page.path != "/settings" {
			t.Error("and it ended")
		}
	})
	t.Run("a change signs the others out", func(t *testing.T) {
		other.send("/sign-in", "email", "ada@example.com", "password", password)
		if page := p.send("/settings/password", "current", "not it at all", "password", "a new long password"); page.Find("#current-error").Length() != 1 {
			t.Errorf("a wrong old password: %d", page.status)
		}
		p.send("/settings/password", "current", password, "password", "a new long password").says(t, "password is changed")
		if page := other.open("/settings"); page.path != "/sign-in" {
			t.Errorf("the other browser opens %s", page.path)
		}
		if page := p.open("/settings"); page.path != "/settings" {
			t.Error("and this one too")
		}
	})
	t.Run("a reset works once and signs in", func(t *testing.T) {
		known := h.person().send("/reset", "email", "ada@example.com")
		unknown := h.person().send("/reset", "email", "zoe@example.com")
		if strings.ReplaceAll(known.Find("main").Text(), "ada", "zoe") != unknown.Find("main").Text() {
			t.Error("the answer says whether the address is known")
		}
		link := h.letter("ada@example.com")
		q := h.person()
		token, _ := q.open(link).Find("input[name=token]").Attr("value")
		if page := q.send("/reset/new", "token", token, "password", "short"); page.status != http.StatusUnprocessableEntity {
			t.Errorf("a short password: %d", page.status)
		}
		if page := q.send("/reset/new", "token", token, "password", "the newest password"); page.path != "/credits" {
			t.Errorf("it leads to %s (%d)", page.path, page.status)
		}
		if page := h.person().send("/reset/new", "token", token, "password", "another password"); page.status != http.StatusNotFound {
			t.Errorf("the second time: %d", page.status)
		}
		if page := p.open("/settings"); page.path != "/sign-in" {
			t.Error("an old session goes on")
		}
	})
}
