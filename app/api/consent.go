package api

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"bourse/app/auth"
	"bourse/app/wire"
	"bourse/models"
)

// CreateAuthCode answers POST /api/v1/auth/keys/code: the owner of a key agrees by having it call.
// A key that is itself limited cannot give away another that would be less so.
func (s *Server) CreateAuthCode(c echo.Context) error {
	who := identity(c)
	if who.LimitNano >= 0 || who.PerMinute > 0 || who.ExpiresAt != nil {
		return wire.Forbidden("A key that has a limit or an end cannot make codes for others.")
	}
	m, err := smallBody(c)
	if err != nil {
		return err
	}
	ask := auth.Consent{UserID: who.UserID, AccountID: who.AccountID, Limit: -1}
	for _, field := range []struct {
		name string
		to   *string
	}{
		{"callback_url", &ask.Callback}, {"code_challenge", &ask.Challenge}, {"code_challenge_method", &ask.Method}, {"key_label", &ask.Label},
		{"usage_limit_type", &ask.Reset},
	} {
		text, err := read[string](m, field.name, "a text")
		if err != nil {
			return err
		}
		if text != nil {
			*field.to = *text
		}
	}
	if ask.Callback == "" {
		return wire.Invalid("callback_url", "callback_url is missing.")
	}
	limit, err := m.limit()
	if err != nil {
		return err
	}
	if limit != nil {
		ask.Limit = *limit
	}
	if ask.KeyEnds, err = m.moment("expires_at"); err != nil {
		return err
	}
	code, _, err := s.Keys.Offer(c.Request().Context(), ask)
	if err != nil {
		return err
	}
	return s.data(c, map[string]any{"id": code, "app_id": 0, "created_at": time.Now().UTC().Format(time.RFC3339)})
}

// ExchangeAuthCode answers POST /api/v1/auth/keys: a program gets the key that a person agreed to.
func (s *Server) ExchangeAuthCode(c echo.Context) error {
	m, err := smallBody(c)
	if err != nil {
		return err
	}
	var code, verifier, method *string
	for name, to := range map[string]**string{"code": &code, "code_verifier": &verifier, "code_challenge_method": &method} {
		if *to, err = read[string](m, name, "a text"); err != nil {
			return err
		}
	}
	if code == nil || *code == "" {
		return wire.Invalid("code", "code is missing.")
	}
	plain, user, err := s.Keys.Exchange(c.Request().Context(), *code, valueOf(verifier), valueOf(method))
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusOK, map[string]any{"key": plain, "user_id": user})
}

func valueOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// limit reads a limit in US dollars: nil when the member is not there, -1 when it is null.
func (m members) limit() (*models.Amount, error) {
	limit, err := read[models.Amount](m, "limit", "a number of US dollars with at most nine decimals, or null")
	if err != nil {
		return nil, err
	}
	if limit != nil && *limit <= 0 {
		return nil, wire.Invalid("limit", "limit must be more than 0, or null for none.")
	}
	if _, null := m.has("limit"); null {
		none := models.Amount(-1)
		limit = &none
	}
	return limit, nil
}
