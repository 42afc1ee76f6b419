package web

import (
	"net/http"
	"strings"
	"time"

	"bourse/app/auth"
	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

// busyKey is how lately a key was used for its name to be typed before it is revoked.
const busyKey = 24 * time.Hour

// resetWords say when a limit starts again.
var resetWords = map[string]string{
	"": "in all", models.WindowDaily: "each day", models.WindowWeekly: "each week", models.WindowMonthly: "each month",
}

// KeysIndex lists a person's keys with what each has spent.
func (s *Server) KeysIndex(c echo.Context) error {
	ctx, now := c.Request().Context(), time.Now()
	list, err := s.Keys.List(ctx, visitor(c).UserID)
	if err != nil {
		return err
	}
	ids := make([]string, 0, len(list))
	for _, k := range list {
		ids = append(ids, k.ID)
	}
	spend, err := s.DB.KeySpend(ctx, ids, now)
	if err != nil {
		return err
	}
	p := views.KeysPage{Now: now}
	for _, k := range list {
		p.Keys = append(p.Keys, keyRow(k, spend[k.ID], now))
	}
	p.Shell = s.shell(c, "API keys")
	return s.render(c, http.StatusOK, views.Keys(p))
}

func keyRow(k models.APIKey, spend models.KeySpend, now time.Time) views.KeyRow {
	row := views.KeyRow{
		ID: k.ID, Name: k.Name, Hint: k.Hint, Created: k.Created(), LastUsed: k.LastUsed(), Expires: k.Expires(),
		SpentToday: views.ExactMoney(int64(spend.Daily.Spent)), SpentTotal: views.ExactMoney(int64(spend.Total.Spent)),
	}
	if k.Limit >= 0 {
		used := spend.Of(k.LimitReset).Spent
		row.Limit, row.LimitUsed = views.ExactMoney(int64(k.Limit)), views.ExactMoney(int64(used))
		row.LimitShare = min(1, float64(used)/float64(max(k.Limit, 1)))
		row.LimitReset = resetWords[k.LimitReset]
	}
	switch {
	case k.RevokedUs != 0:
		row.Dead = "revoked"
	case k.ExpiresUs != 0 && !now.Before(k.Expires()):
		row.Dead = "expired"
	}
	return row
}

// KeyForm asks what a new key is for.
func (s *Server) KeyForm(c echo.Context) error {
	return s.keyPage(c, http.StatusOK, views.KeyCreatePage{FormID: models.NewID("form")})
}

func (s *Server) keyPage(c echo.Context, status int, p views.KeyCreatePage) error {
	p.Shell = s.shell(c, "New key")
	p.Path = views.PathKeysNew
	return s.render(c, status, views.KeyCreate(p))
}

// KeyCreate makes a key and shows it, the only time that it is shown. The same form sent twice
// makes one key.
func (s *Server) KeyCreate(c echo.Context) error {
	noStore(c)
	p := views.KeyCreatePage{
		FormID: field(c, "form"), Name: field(c, "name"), Limit: field(c, "limit"), Reset: field(c, "reset"), Expires: field(c, "expires"),
	}
	create, errs := keyOf(p)
	if len(errs) > 0 {
		p.Errors = errs
		return s.keyPage(c, http.StatusUnprocessableEntity, p)
	}
	create.UserID, create.AccountID = visitor(c).UserID, visitor(c).AccountID
	plain, made, again, err := s.Keys.Create(c.Request().Context(), create)
	if err != nil {
		var ok bool
		if p.Errors, ok = formErrors(err); !ok {
			return err
		}
		return s.keyPage(c, formStatus(err), p)
	}
	if again {
		return s.notice(c, http.StatusConflict, views.NoticePage{
			Heading: "This key was created already",
			Text: []string{
				"The form was sent before and made the key " + made.Name + " (" + made.Hint + "). A key is shown once only, and sending the form again makes no second one.",
				"If you have not stored it, revoke it and create another.",
			},
			Action: views.Link{Href: views.PathKeys, Text: "Your keys"},
		})
	}
	page := views.KeyCreatedPage{
		Name: made.Name, Key: plain, URL: s.Config.BaseURL + "/api/v1/chat/completions", Model: callableModel(s.Catalog.Current()),
	}
	page.Shell = s.shell(c, "Your new key")
	page.Path = views.PathKeys
	return s.render(c, http.StatusOK, views.KeyCreated(page))
}

// keyOf reads what was typed into the form; everything that cannot be read is named.
func keyOf(p views.KeyCreatePage) (auth.CreateKey, views.FormErrors) {
	var errs views.FormErrors
	create := auth.CreateKey{FormID: p.FormID, Name: p.Name, Limit: -1, Reset: p.Reset}
	if p.Limit != "" {
		limit, err := models.ParseUSD(plainAmount(p.Limit))
		switch {
		case err != nil:
			errs = append(errs, views.FieldError{Field: "limit", Message: models.MessageOf(err) + "."})
		case limit <= 0:
			errs = append(errs, views.FieldError{Field: "limit", Message: "The limit must be more than 0; leave it empty for none."})
		}
		create.Limit = limit
	}
	if p.Expires != "" {
		at, err := time.Parse(time.DateOnly, p.Expires)
		if err != nil {
			errs = append(errs, views.FieldError{Field: "expires", Message: "Write the day as YYYY-MM-DD, such as 2027-01-31."})
		}
		create.ExpiresAt = &at
	}
	return create, errs
}

// plainAmount takes away the sign before a number of dollars. A comma stays and is refused: it
// parts thousands for some and decimals for others.
func plainAmount(s string) string { return strings.TrimSpace(strings.TrimPrefix(s, "$")) }

// KeyRevokeForm asks before a key stops working.
func (s *Server) KeyRevokeForm(c echo.Context) error {
	k, err := s.Keys.ByID(c.Request().Context(), visitor(c).UserID, c.Param("id"))
	if err != nil {
		return err
	}
	if k.RevokedUs != 0 {
		s.flash(c, k.Name+" is revoked already.")
		return redirect(c, views.PathKeys)
	}
	return s.revokePage(c, http.StatusOK, k, nil)
}

func (s *Server) revokePage(c echo.Context, status int, k models.APIKey, errs views.FormErrors) error {
	now := time.Now()
	p := views.KeyRevokePage{
		ID: k.ID, Name: k.Name, Hint: k.Hint, LastUsed: k.LastUsed(), Now: now, TypeName: busy(k, now), Errors: errs,
	}
	p.Shell = s.shell(c, "Revoke "+k.Name)
	return s.render(c, status, views.KeyRevoke(p))
}

func busy(k models.APIKey, now time.Time) bool { return now.Sub(k.LastUsed()) < busyKey }

// KeyRevoke ends a key for good. One that was used lately asks for its name first.
func (s *Server) KeyRevoke(c echo.Context) error {
	ctx, v := c.Request().Context(), visitor(c)
	k, err := s.Keys.ByID(ctx, v.UserID, c.Param("id"))
	if err != nil {
		return err
	}
	if k.RevokedUs == 0 && busy(k, time.Now()) && field(c, "name") != k.Name {
		return s.revokePage(c, http.StatusUnprocessableEntity, k, views.FormErrors{
			{Field: "name", Message: "This is not the name of the key, which is " + k.Name + "."},
		})
	}
	if err := s.Keys.Revoke(ctx, v.UserID, k.ID); err != nil {
		return err
	}
	s.flash(c, k.Name+" is revoked.")
	return redirect(c, views.PathKeys)
}
