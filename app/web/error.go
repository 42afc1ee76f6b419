package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

// statusClientGone is what the log says when the reader closed the connection.
const statusClientGone = 499

var statusOf = map[models.Code]int{
	models.Invalid:         http.StatusBadRequest,
	models.Unauthorized:    http.StatusUnauthorized,
	models.PaymentRequired: http.StatusPaymentRequired,
	models.Forbidden:       http.StatusForbidden,
	models.NotFound:        http.StatusNotFound,
	models.Conflict:        http.StatusConflict,
	models.RateLimited:     http.StatusTooManyRequests,
	models.TooLarge:        http.StatusRequestEntityTooLarge,
	models.Unavailable:     http.StatusServiceUnavailable,
	models.Internal:        http.StatusInternalServerError,
}

// HandleError turns what a handler returned into a page. It is Echo's error handler, and the one
// place that logs an error of a page.
func (s *Server) HandleError(err error, c echo.Context) {
	if c.Response().Committed {
		s.Log.Warn("page broke while it was sent", "path", c.Request().URL.Path, "error", err)
		return
	}
	if id, ok := s.oldAddress(c, err); ok {
		_ = c.Redirect(http.StatusMovedPermanently, views.ModelHref(id)) // the reader has gone
		return
	}
	page := s.errorPage(c, err)
	if c.Request().Context().Err() != nil {
		page.Status = statusClientGone
	}
	if page.Status >= http.StatusInternalServerError {
		s.Log.Error("page failed", "path", c.Request().URL.Path, "status", page.Status,
			"request", page.RequestID, "error", err)
	}
	if page.Status == statusClientGone {
		c.Response().WriteHeader(statusClientGone)
		return
	}
	if err := s.render(c, page.Status, views.Error(page)); err != nil {
		s.Log.Warn("error page", "path", c.Request().URL.Path, "error", err)
	}
}

// oldAddress recognises /author/slug, the address that a model has elsewhere, so that links made
// for another site lead on.
func (s *Server) oldAddress(c echo.Context, err error) (id string, ok bool) {
	var he *echo.HTTPError
	if !errors.As(err, &he) || he.Code != http.StatusNotFound || s.Catalog == nil || c.Request().Method != http.MethodGet {
		return "", false
	}
	e := s.Catalog.Current().Model(strings.TrimPrefix(c.Request().URL.Path, "/"))
	if e == nil {
		return "", false
	}
	return e.ID, true
}

func (s *Server) errorPage(c echo.Context, err error) views.ErrorPage {
	status, message := http.StatusInternalServerError, models.MessageOf(err)
	var he *echo.HTTPError
	switch {
	case errors.As(err, &he):
		status, message = he.Code, ""
	default:
		if known, ok := statusOf[models.CodeOf(err)]; ok {
			status = known
		}
	}
	p := views.ErrorPage{Status: status, Text: message}
	p.Heading, p.Text = errorWords(status, message)
	p.Shell = s.shell(c, p.Heading)
	p.NoIndex = true
	// Who refuses for a time says so in the header; the page repeats it in words.
	p.RetryAfter, _ = strconv.Atoi(c.Response().Header().Get("Retry-After"))
	switch {
	case status == http.StatusNotFound:
		p.Action = views.Link{Href: views.PathModels, Text: "All models"}
	case status == http.StatusUnauthorized:
		p.Action = views.Link{Href: views.PathSignIn, Text: "Sign in"}
	case status >= http.StatusInternalServerError:
		p.RequestID = c.Response().Header().Get(echo.HeaderXRequestID)
	}
	return p
}

// errorWords are the heading and the sentence of a status. A sentence that a rule wrote wins.
func errorWords(status int, message string) (heading, text string) {
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		heading, text = "That did not work", "Something in the request is not as it should be."
	case http.StatusUnauthorized:
		heading, text = "Please sign in", "This page belongs to somebody; we do not know who you are."
	case http.StatusPaymentRequired:
		heading, text = "Not enough credit", "The credit does not cover this."
	case http.StatusForbidden:
		heading, text = "Not allowed", "You are not allowed to do this."
	case http.StatusNotFound:
		heading, text = "Not found", "There is nothing at this address."
	case http.StatusMethodNotAllowed:
		heading, text = "Not like this", "This address does not take that kind of request."
	case http.StatusConflict:
		heading, text = "It has changed meanwhile", "Load the page again and look before you repeat this."
	case http.StatusGone:
		heading, text = "No longer here", "This existed once and was retired."
	case http.StatusRequestEntityTooLarge:
		heading, text = "Too large", "That is more than this form takes."
	case http.StatusTooManyRequests:
		heading, text = "Too many tries", "Wait a little before you try this again."
	case http.StatusServiceUnavailable:
		heading, text = "Away for a moment", "Something this page needs does not answer. Nothing was changed; try again shortly."
	default:
		heading, text = "Our mistake", "Something went wrong on our side. Nothing was charged for this page."
		message = "" // what went wrong inside is for the log
	}
	if message != "" {
		text = message
	}
	return heading, text
}
