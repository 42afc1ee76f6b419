package web

import (
	"net/http"
	"net/url"
	"strings"

	"bourse/app/auth"
	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

// consentLimit is what the form proposes when the program names no limit: a program that goes
// wrong should not cost more than that unless its owner says so.
const consentLimit = "10"

// ConsentForm asks whether a program may have a key. What the program asks for wrongly is said
// here, to the person, and never sent to an address that was not checked.
func (s *Server) ConsentForm(c echo.Context) error {
	q := c.QueryParams()
	p := views.ConsentPage{Callback: q.Get("callback_url"), Challenge: q.Get("code_challenge"), Method: q.Get("code_challenge_method"),
		Name: strings.TrimSpace(q.Get("key_label")), Limit: q.Get("limit"), Reset: q.Get("usage_limit_type")}
	if p.Limit == "" {
		p.Limit = consentLimit
	}
	ask := consentOf(c, p)
	if err := ask.Check(); err != nil {
		return s.notice(c, formStatus(err), views.NoticePage{Bad: true, Heading: "The program asks wrongly",
			Text:   []string{"The link that led here cannot be used: " + models.MessageOf(err), "Nothing was given away. Tell the makers of the program."},
			Action: views.Link{Href: views.PathKeys, Text: "Your keys"}})
	}
	p.Name, p.Method = ask.Label, ask.Method
	return s.consentPage(c, http.StatusOK, p)
}

// consentOf is what the page asks for, but for the limit, which is the person's to set.
func consentOf(c echo.Context, p views.ConsentPage) auth.Consent {
	v := visitor(c)
	return auth.Consent{UserID: v.UserID, AccountID: v.AccountID, Callback: p.Callback, Challenge: p.Challenge, Method: p.Method,
		Label: p.Name, Limit: -1, Reset: p.Reset}
}

func (s *Server) consentPage(c echo.Context, status int, p views.ConsentPage) error {
	v := visitor(c)
	account, err := s.DB.AccountByID(c.Request().Context(), v.AccountID)
	if err != nil {
		return err
	}
	p.Email, p.Available = v.Email, views.ExactMoney(int64(account.Available()))
	if u, err := url.Parse(p.Callback); err == nil && u.Host != "" {
		p.Host = u.Host
		// The form's answer leads there, which browsers allow only when the page says so; a host with
		// signs in it that end a directive is only shown.
		if !strings.ContainsAny(u.Host, ";,'*") {
			c.Response().Header().Set("Content-Security-Policy", strings.Replace(contentPolicy, "form-action 'self'", "form-action 'self' "+u.Scheme+"://"+u.Host, 1))
		}
	}
	p.Shell = s.shell(c, "Give a program a key")
	return s.render(c, status, views.Consent(p))
}

// Consent makes the code that the program exchanges for a key, and sends it there.
func (s *Server) Consent(c echo.Context) error {
	p := views.ConsentPage{Callback: field(c, "callback_url"), Challenge: field(c, "code_challenge"), Method: field(c, "code_challenge_method"),
		Name: field(c, "key_label"), Limit: field(c, "limit"), Reset: field(c, "reset")}
	ask := consentOf(c, p)
	var errs views.FormErrors
	if ask.Limit, _, errs = limitsOf(p.Limit, ""); len(errs) > 0 {
		p.Errors = errs
		return s.consentPage(c, http.StatusUnprocessableEntity, p)
	}
	code, to, err := s.Keys.Offer(c.Request().Context(), ask)
	if err != nil {
		var ok bool
		if p.Errors, ok = formErrors(err); !ok {
			return err
		}
		return s.consentPage(c, formStatus(err), p)
	}
	if to == "" {
		page := views.ConsentCodePage{Code: code}
		page.Shell = s.shell(c, "Enter this code")
		return s.render(c, http.StatusOK, views.ConsentCode(page))
	}
	return redirect(c, to)
}
