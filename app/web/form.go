package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

const (
	formBytesMax = 64 << 10         // far more than any form of ours needs
	formTime     = 30 * time.Second // for somebody on a slow line to send it
)

// LimitForm reads the form of a request and refuses what no form of ours sends: too much, too
// slowly, or bytes that are no text.
func (s *Server) LimitForm(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			return next(c)
		}
		control := http.NewResponseController(c.Response())
		_ = control.SetReadDeadline(time.Now().Add(formTime)) // not every connection has one
		r.Body = http.MaxBytesReader(c.Response(), r.Body, formBytesMax)
		err := r.ParseForm()
		if many := r.ParseMultipartForm(formBytesMax); err == nil && !errors.Is(many, http.ErrNotMultipart) {
			err = many
		}
		_ = control.SetReadDeadline(time.Time{})
		var tooLarge *http.MaxBytesError
		switch {
		case errors.As(err, &tooLarge):
			return &models.Error{Code: models.TooLarge, Message: "That is more than this form takes.", Err: err}
		case err != nil:
			return &models.Error{Code: models.Invalid, Message: "The form did not arrive whole. Send it again.", Err: err}
		case !plainValues(r.PostForm) || r.MultipartForm != nil && !plainValues(r.MultipartForm.Value):
			return errNoText
		}
		return next(c)
	}
}

var errNoText = models.Errorf(models.Invalid, "Something in the request is not text.")

// plainQuery reports whether an address is text throughout. No database keeps a NUL or half a
// letter, and whoever sends one is looking for what happens then.
func plainQuery(u *url.URL) bool {
	return plain(u.Path) && (!strings.Contains(u.RawQuery, "%") && plain(u.RawQuery) || plainValues(u.Query()))
}

func plainValues(values url.Values) bool {
	for name, list := range values {
		if !plain(name) || slices.ContainsFunc(list, func(v string) bool { return !plain(v) }) {
			return false
		}
	}
	return true
}

func plain(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// field reads one value of a form without the space around it.
func field(c echo.Context, name string) string { return strings.TrimSpace(c.FormValue(name)) }

// formErrors are the parts of err that can be shown in a form; ok is false when err is of another
// kind, such as a database that is away.
func formErrors(err error) (errs views.FormErrors, ok bool) {
	if many, is := err.(interface{ Unwrap() []error }); is {
		for _, one := range many.Unwrap() {
			more, ok := formErrors(one)
			if !ok {
				return nil, false
			}
			errs = append(errs, more...)
		}
		return errs, len(errs) > 0
	}
	var e *models.Error
	if !errors.As(err, &e) {
		return nil, false
	}
	switch e.Code {
	case models.Invalid, models.Conflict, models.Unauthorized, models.RateLimited, models.PaymentRequired:
		return views.FormErrors{{Field: e.Field, Message: e.Message}}, true
	}
	return nil, false
}

// formStatus is the status of a form that is shown again because of err.
func formStatus(err error) int {
	switch models.CodeOf(err) {
	case models.Conflict:
		return http.StatusConflict
	case models.RateLimited:
		return http.StatusTooManyRequests
	case models.PaymentRequired:
		return http.StatusPaymentRequired
	}
	return http.StatusUnprocessableEntity
}

// redirect sends the browser on after a form, with GET.
func redirect(c echo.Context, path string) error { return c.Redirect(http.StatusSeeOther, path) }

// safeNext is next when it is a path of this site, otherwise the given one: nobody is led away from
// here by a link that begins here.
func safeNext(next, otherwise string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return otherwise
	}
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" {
		return otherwise
	}
	return next
}
