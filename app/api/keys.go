package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"bourse/app/auth"
	"bourse/app/wire"
	"bourse/models"
)

const (
	keysOnPage   = 100
	keyOffsetMax = models.KeysMax
)

// WithManagementKey lets only requests with a key pass that manages keys.
func (s *Server) WithManagementKey(next echo.HandlerFunc) echo.HandlerFunc {
	return s.WithKey(func(c echo.Context) error {
		if !identity(c).IsManagement {
			return wire.Forbidden("Only management keys can perform this operation. Make one at /keys/new.")
		}
		return next(c)
	})
}

// keyJSON is a key as clients of OpenRouter read it. Its text is in no answer but the one that
// made it.
type keyJSON struct {
	Hash         string         `json:"hash"`
	Name         string         `json:"name"`
	Label        string         `json:"label"`
	Disabled     bool           `json:"disabled"`
	Limit        *models.Amount `json:"limit"`
	Remaining    *models.Amount `json:"limit_remaining"`
	Reset        *string        `json:"limit_reset"`
	IncludeBYOK  bool           `json:"include_byok_in_limit"`
	Usage        models.Amount  `json:"usage"`
	UsageDaily   models.Amount  `json:"usage_daily"`
	UsageWeekly  models.Amount  `json:"usage_weekly"`
	UsageMonthly models.Amount  `json:"usage_monthly"`
	BYOK         models.Amount  `json:"byok_usage"`
	BYOKDaily    models.Amount  `json:"byok_usage_daily"`
	BYOKWeekly   models.Amount  `json:"byok_usage_weekly"`
	BYOKMonthly  models.Amount  `json:"byok_usage_monthly"`
	CreatedAt    string         `json:"created_at"`
	UpdatedAt    *string        `json:"updated_at"`
	ExpiresAt    *string        `json:"expires_at"`
	Creator      string         `json:"creator_user_id"`
	Workspace    string         `json:"workspace_id"`
	ExternalUser *string        `json:"external_user"`
	LastUsedAt   *string        `json:"last_used_at"`
	PerMinute    *int64         `json:"requests_per_minute"`
}

func keyOf(k models.APIKey, spend models.KeySpend) keyJSON {
	out := keyJSON{Hash: k.Hash, Name: k.Name, Label: k.Hint, Disabled: k.DisabledUs != 0, Reset: textOrNull(k.LimitReset),
		Usage: spend.Total.Spent, UsageDaily: spend.Daily.Spent, UsageWeekly: spend.Weekly.Spent, UsageMonthly: spend.Monthly.Spent,
		CreatedAt: k.Created().Format(time.RFC3339), UpdatedAt: timeOrNull(k.Updated()), ExpiresAt: timeOrNull(k.Expires()),
		LastUsedAt: timeOrNull(k.LastUsed()), Creator: k.UserID, Workspace: k.AccountID, PerMinute: orNull(k.PerMinute)}
	if k.Limit >= 0 {
		w := spend.Of(k.LimitReset)
		remaining := max(k.Limit-w.Spent-w.Held, 0)
		out.Limit, out.Remaining = &k.Limit, &remaining
	}
	return out
}

func timeOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := t.UTC().Format(time.RFC3339)
	return &text
}

// ListKeys answers GET /api/v1/keys: the keys that call models, newest first, a hundred on a page.
func (s *Server) ListKeys(c echo.Context) error {
	ctx, q := c.Request().Context(), c.QueryParams()
	offset, refused := pageNumber(q, "offset", 0, keyOffsetMax)
	if refused != nil {
		return refused
	}
	all, err := s.Keys.Callers(ctx, identity(c).UserID)
	if err != nil {
		return err
	}
	withDisabled, _ := strconv.ParseBool(q.Get("include_disabled")) // what is no boolean is no
	list := all[:0]
	for _, k := range all {
		if withDisabled || k.DisabledUs == 0 {
			list = append(list, k)
		}
	}
	list = list[min(offset, len(list)):]
	out, err := s.keysOf(c, list[:min(keysOnPage, len(list))])
	if err != nil {
		return err
	}
	return s.data(c, out)
}

func (s *Server) keysOf(c echo.Context, list []models.APIKey) ([]keyJSON, error) {
	ids := make([]string, 0, len(list))
	for _, k := range list {
		ids = append(ids, k.ID)
	}
	spend, err := s.DB.KeySpend(c.Request().Context(), ids, time.Now())
	out := make([]keyJSON, 0, len(list))
	for _, k := range list {
		out = append(out, keyOf(k, spend[k.ID]))
	}
	return out, err
}

// sendKey answers with one key.
func (s *Server) sendKey(c echo.Context, k models.APIKey) error {
	list, err := s.keysOf(c, []models.APIKey{k})
	if err != nil {
		return err
	}
	return s.data(c, list[0])
}

// ReadKey answers GET /api/v1/keys/{hash}.
func (s *Server) ReadKey(c echo.Context) error {
	k, err := s.Keys.ByHash(c.Request().Context(), identity(c).UserID, c.Param("hash"))
	if err != nil {
		return err
	}
	return s.sendKey(c, k)
}

// CreateKey answers POST /api/v1/keys with the new key, the only time that it is shown.
func (s *Server) CreateKey(c echo.Context) error {
	body, err := smallBody(c)
	if err != nil {
		return err
	}
	who := identity(c)
	in := auth.CreateKey{UserID: who.UserID, AccountID: who.AccountID, FormID: models.NewID("form"), Limit: -1}
	change, err := body.change()
	if err != nil {
		return err
	}
	if change.Name != nil {
		in.Name = *change.Name
	}
	if change.Limit != nil {
		in.Limit = *change.Limit
	}
	if change.Reset != nil {
		in.Reset = *change.Reset
	}
	if change.PerMinute != nil {
		in.PerMinute = *change.PerMinute
	}
	if in.ExpiresAt, err = body.moment("expires_at"); err != nil {
		return err
	}
	plain, made, _, err := s.Keys.Create(c.Request().Context(), in)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusCreated, map[string]any{"key": plain, "data": keyOf(made, models.KeySpend{})})
}

// ChangeKey answers PATCH /api/v1/keys/{hash}: only the members that are sent are changed.
func (s *Server) ChangeKey(c echo.Context) error {
	body, err := smallBody(c)
	if err != nil {
		return err
	}
	change, err := body.change()
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	k, err := s.Keys.ByHash(ctx, identity(c).UserID, c.Param("hash"))
	if err != nil {
		return err
	}
	if k, err = s.Keys.Change(ctx, k, change); err != nil {
		return err
	}
	return s.sendKey(c, k)
}

// DeleteKey answers DELETE /api/v1/keys/{hash}: the key stops working for good. What it spent
// stays on the books.
func (s *Server) DeleteKey(c echo.Context) error {
	ctx, who := c.Request().Context(), identity(c)
	k, err := s.Keys.ByHash(ctx, who.UserID, c.Param("hash"))
	if err != nil {
		return err
	}
	if err := s.Keys.Revoke(ctx, who.UserID, k.ID); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]bool{"deleted": true})
}

// change reads what a body says of a key. A limit or a reset that is null takes it away.
func (m members) change() (c auth.KeyChange, err error) {
	if c.Name, err = read[string](m, "name", "a text"); err != nil {
		return c, err
	}
	if c.Disabled, err = read[bool](m, "disabled", "true or false"); err != nil {
		return c, err
	}
	if c.Limit, err = m.limit(); err != nil {
		return c, err
	}
	if c.Reset, err = read[string](m, "limit_reset", "daily, weekly, monthly or null"); err != nil {
		return c, err
	}
	if c.PerMinute, err = read[int64](m, "requests_per_minute", "a whole number or null"); err != nil {
		return c, err
	}
	if _, null := m.has("limit_reset"); null {
		c.Reset = new(string)
	}
	if _, null := m.has("requests_per_minute"); null {
		c.PerMinute = new(int64)
	}
	return c, nil
}
