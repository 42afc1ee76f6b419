package web

import (
	"net/http"
	"time"

	"bourse/models"

	"github.com/labstack/echo/v4"
)

// contentPolicy allows what our own files need and nothing else: no inline script, no inline style.
// form-action also covers where a form is redirected to, hence the payment page.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; " +
	"img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; " +
	"form-action 'self' https://checkout.stripe.com; base-uri 'none'; frame-ancestors 'none'"

const permissionsPolicy = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), " +
	"microphone=(), payment=(), usb=()"

// requestIDMax is how long a request id from a proxy before us may be.
const requestIDMax = 64

// Headers sets the security headers and the request id, and notes when the request began.
func (s *Server) Headers(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Set(startedKey, time.Now())
		h := c.Response().Header()
		s.secure(h)
		if h.Get(echo.HeaderXRequestID) == "" {
			h.Set(echo.HeaderXRequestID, requestID(c.Request()))
		}
		return next(c)
	}
}

// plainID reports whether an id that came from outside may go into our logs and pages.
func plainID(id string) bool {
	if id == "" || len(id) > requestIDMax {
		return false
	}
	for _, r := range id {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '-', r == '_', r == '.':
		default:
			return false
		}
	}
	return true
}

// SameOrigin refuses a form that another site made a browser send. It needs no token in the form,
// so pages stay the same for everybody.
func (s *Server) SameOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	guard := http.NewCrossOriginProtection()
	return func(c echo.Context) error {
		if err := guard.Check(c.Request()); err != nil {
			return &models.Error{
				Code:    models.Forbidden,
				Message: "This form was sent from another site. Open the page here and try again.",
				Err:     err,
			}
		}
		return next(c)
	}
}

// NoStore keeps every copy of the answer out of caches: for pages that show a secret once.
func (s *Server) NoStore(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		noStore(c)
		return next(c)
	}
}

func noStore(c echo.Context) { c.Set(noStoreKey, true) }
