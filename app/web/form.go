package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

// formBytesMax is far more than any form of ours needs.
const formBytesMax = 64 << 10

// LimitForm refuses bodies that no form of ours sends.
func (s *Server) LimitForm(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		r.Body = http.MaxBytesReader(c.Response(), r.Body, formBytesMax)
		return next(c)
	}
}

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
