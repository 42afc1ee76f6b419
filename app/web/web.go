// Package web is the door for people with browsers: it reads a request, calls one rule, fills the
// struct of one page and sends it. Echo and gorilla/sessions live here and go no further in.
//
// It decides nothing about money, keys or catalogue: those rules live in billing, app/auth and
// app/catalog.
package web

import (
	"log/slog"
	"net/http"
	"sync"
	"time"

	"bourse/app/alert"
	"bourse/app/auth"
	"bourse/app/catalog"
	"bourse/app/docs"
	"bourse/app/mail"
	"bourse/app/markdown"
	"bourse/app/market"
	"bourse/billing"
	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

// Config is what the pages need to know about the installation.
type Config struct {
	BaseURL     string // address of the site without a slash at the end
	Seller      string // who sells, as receipts say it
	Development bool   // letters are shown at /dev/mail, the gallery is open
	Sandbox     bool   // payments are not real
	FeeBPS      int64  // platform fee in basis points of the provider's cost
	Secure      bool   // the site is reached by https: cookies say so
	Secret      []byte // signs the session cookie
}

// Server holds the rules that the pages call.
type Server struct {
	Config  Config
	DB      *models.DB
	Catalog *catalog.Catalog
	Health  *market.Health // nil where nothing is measured
	Usage   *market.Usage  // nil where nothing is counted
	Log     *slog.Logger

	Accounts *auth.Accounts
	Keys     *auth.Keys
	Billing  *billing.Billing
	Mail     *mail.Sender
	Docs     *docs.Site
	Own      OwnKeys
	Alerts   *alert.Alerts
	// Ask answers a chat completion as the API does, for somebody that a session has told apart.
	Ask func(w http.ResponseWriter, r *http.Request, who auth.Identity)

	pages pageCache
	rows  rowCache
	press press

	answersOnce sync.Once
	answers     *markdown.Answers
}

// Visitor is somebody who is signed in. The session middleware puts it into the request.
type Visitor struct {
	UserID    string
	AccountID string
	SessionID string
	Email     string
	Name      string
	Verified  bool
	Operator  bool
}

const (
	visitorKey = "bourse.visitor"
	startedKey = "bourse.started"
	noStoreKey = "bourse.no-store"
)

// SetVisitor tells the pages of this request who is signed in.
func SetVisitor(c echo.Context, v *Visitor) { c.Set(visitorKey, v) }

// visitor is who is signed in, nil when nobody is.
func visitor(c echo.Context) *Visitor {
	v, _ := c.Get(visitorKey).(*Visitor)
	return v
}

// shell fills what every page shows around its matter.
func (s *Server) shell(c echo.Context, title string) views.Shell {
	r := c.Request()
	sh := views.Shell{
		Title:       title,
		Path:        r.URL.RequestURI(),
		Site:        s.Config.BaseURL,
		Fee:         views.Percent(s.Config.FeeBPS),
		Sandbox:     s.Config.Sandbox,
		TestMode:    s.Billing != nil && s.Billing.TestMode(),
		Development: s.Config.Development,
		Theme:       themeOf(c),
		KeysOff:     keysOff(c),
		Density:     densityOf(c),
	}
	if t, ok := c.Get(startedKey).(time.Time); ok {
		sh.Started = t
	}
	sh.Flash, sh.FlashError = s.takeFlash(c)
	if v := visitor(c); v != nil {
		sh.Email, sh.Operator, sh.EmailUnverified = v.Email, v.Operator, !v.Verified
		sh.NoIndex = true
		s.fillBalance(c, v, &sh)
	}
	return sh
}

// fillBalance adds the credit beside the name. A page is worth showing without it, so a database
// that is away is only logged here.
func (s *Server) fillBalance(c echo.Context, v *Visitor, sh *views.Shell) {
	if v.AccountID == "" || s.DB == nil {
		return
	}
	account, err := s.DB.AccountByID(c.Request().Context(), v.AccountID)
	if err != nil {
		s.Log.Warn("balance for the page header", "account", v.AccountID, "error", err)
		return
	}
	available := account.Available()
	sh.Balance = views.Money(int64(available))
	sh.BalanceLow = available < models.NanoPerUSD
}
