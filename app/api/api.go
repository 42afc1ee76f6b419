// Package api is the door for programs, except for inference: the catalogue and the account as
// JSON, in the shapes that clients of OpenRouter expect.
//
// It reads requests and writes answers. What can be bought is decided in catalog, what is owed in
// billing.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"bourse/app/auth"
	"bourse/app/catalog"
	"bourse/app/market"
	"bourse/app/wire"
	"bourse/billing"
	"bourse/models"
)

// Server answers the JSON routes.
type Server struct {
	Catalog *catalog.Catalog
	Keys    *auth.Keys
	Health  *market.Health
	Usage   *market.Usage
	DB      *models.DB
	Log     *slog.Logger
	FeeBPS  int64 // the platform fee in hundredths of a percent, a line of its own beside prices

	rendered atomic.Pointer[rendered]
	rankings rankingsCache
	Billing  *billing.Billing
	// FreeToday says how many requests to models that cost nothing an account has each day, and how
	// many it has made today.
	FreeToday func(ctx context.Context, accountID string) (limit, used int, err error)
}

// PlainAddress refuses an address that is not text: no database keeps a NUL or half a letter.
func (s *Server) PlainAddress(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		whole, err := url.QueryUnescape(c.Request().URL.RawQuery)
		if whole += c.Request().URL.Path; err != nil || !utf8.ValidString(whole) || strings.IndexByte(whole, 0) >= 0 {
			return models.Errorf(models.Invalid, "Something in the address is not text.")
		}
		return next(c)
	}
}

// answer writes {"data": …} or any other document with status 200.
func answer(c echo.Context, document any) error {
	body, err := json.Marshal(document)
	if err != nil {
		return refuse(c, wire.Internal())
	}
	return c.JSONBlob(http.StatusOK, body)
}

// refuse writes an error in the envelope.
func refuse(c echo.Context, e *wire.Error) error {
	wire.WriteError(c.Response(), e, c.Response().Header().Get(echo.HeaderXRequestID))
	return nil
}

// HandleError turns what a handler returned into the envelope.
func (s *Server) HandleError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	var e *wire.Error
	var he *echo.HTTPError
	switch {
	case errors.As(err, &e):
	case errors.As(err, &he) && he.Code == http.StatusNotFound:
		e = wire.NotFound("There is nothing at " + c.Request().URL.Path + ".")
	case errors.As(err, &he) && he.Code < http.StatusInternalServerError:
		e = &wire.Error{Status: he.Code, Type: wire.TypeInvalidRequest, Message: http.StatusText(he.Code) + "."}
	default:
		e = wire.FromModels(err)
	}
	if e.Status >= http.StatusInternalServerError {
		s.Log.Error("answer failed", "path", c.Request().URL.Path, "status", e.Status, "error", err)
	}
	_ = refuse(c, e) // it never fails
}

// fresh sets the validators of an answer and reports whether the client has it already.
func fresh(c echo.Context, etag string) bool {
	h := c.Response().Header()
	h.Set("ETag", etag)
	h.Set("Cache-Control", "public, no-cache")
	for candidate := range strings.SplitSeq(c.Request().Header.Get("If-None-Match"), ",") {
		if candidate = strings.TrimSpace(candidate); candidate == etag || candidate == "W/"+etag || candidate == "*" {
			return true
		}
	}
	return false
}

// list is the envelope of lists that clients page through.
type list struct {
	Data       []json.RawMessage `json:"data"`
	TotalCount int               `json:"total_count"`
	Links      listLinks         `json:"links"`
	Ignored    []string          `json:"ignored,omitempty"` // parameters that made no sense
}

type listLinks struct {
	Next *string `json:"next"`
}
