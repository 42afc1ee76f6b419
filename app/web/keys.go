package web

import (
	"net/http"
	"strconv"
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
		if end := models.WindowEnd(k.LimitReset, now); !end.IsZero() {
			row.LimitAgain = "starts again in " + span(end.Sub(now))
		}
	}
	if k.PerMinute > 0 {
		row.PerMinute = views.Plural(k.PerMinute, "request", "requests")
	}
	switch {
	case k.RevokedUs != 0:
		row.Dead = "revoked"
	case k.ExpiresUs != 0 && !now.Before(k.Expires()):
		row.Dead = "expired"
	}
	row.Disabled, row.Manages = k.DisabledUs != 0, k.Management
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
		Minute: field(c, "per_minute"), Use: field(c, "use"),
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
		Name: made.Name, Key: plain, URL: s.Config.BaseURL + "/api/v1/chat/completions", Model: ExampleModel(s.Catalog.Current()),
	}
	if made.Management {
		page.URL, page.Manages = s.Config.BaseURL+"/api/v1/keys", true
	}
	page.Shell = s.shell(c, "Your new key")
	page.Path = views.PathKeys
	return s.render(c, http.StatusOK, views.KeyCreated(page))
}

// keyOf reads what was typed into the form; everything that cannot be read is named.
func keyOf(p views.KeyCreatePage) (auth.CreateKey, views.FormErrors) {
	var errs views.FormErrors
	create := auth.CreateKey{FormID: p.FormID, Name: p.Name, Reset: p.Reset, Management: p.Use == views.KeyManages}
	create.Limit, create.PerMinute, errs = limitsOf(p.Limit, p.Minute)
	if p.Expires != "" {
		at, err := time.Parse(time.DateOnly, p.Expires)
		if err != nil {
			errs = append(errs, views.FieldError{Field: "expires", Message: "Write the day as YYYY-MM-DD, such as 2027-01-31."})
		}
		create.ExpiresAt = &at
	}
	return create, errs
}

// limitsOf reads what was typed as limits.
func limitsOf(dollars, perMinute string) (limit models.Amount, rate int64, errs views.FormErrors) {
	limit = -1
	if dollars != "" {
		var err error
		limit, err = models.ParseUSD(plainAmount(dollars))
		switch {
		case err != nil:
			errs = append(errs, views.FieldError{Field: "limit", Message: models.MessageOf(err) + "."})
		case limit <= 0:
			errs = append(errs, views.FieldError{Field: "limit", Message: "The limit must be more than 0; leave it empty for none."})
		}
	}
	if perMinute != "" {
		var err error
		if rate, err = strconv.ParseInt(perMinute, 10, 64); err != nil || rate <= 0 {
			errs = append(errs, views.FieldError{Field: "per_minute", Message: "Write a whole number above 0; leave it empty for no limit."})
		}
	}
	return limit, rate, errs
}

// KeyEditForm shows what a key may do, to be changed.
func (s *Server) KeyEditForm(c echo.Context) error {
	k, err := s.Keys.ByID(c.Request().Context(), visitor(c).UserID, c.Param("id"))
	if err != nil {
		return err
	}
	if k.RevokedUs != 0 {
		s.flash(c, k.Name+" is revoked: it cannot be changed any more.")
		return redirect(c, views.PathKeys)
	}
	p := views.KeyEditPage{Name: k.Name, Reset: k.LimitReset, Disabled: k.DisabledUs != 0}
	if k.Limit >= 0 {
		p.Limit = k.Limit.Number()
	}
	if k.PerMinute > 0 {
		p.Minute = strconv.FormatInt(k.PerMinute, 10)
	}
	return s.editPage(c, http.StatusOK, k, p)
}

func (s *Server) editPage(c echo.Context, status int, k models.APIKey, p views.KeyEditPage) error {
	spend, err := s.DB.KeySpend(c.Request().Context(), []string{k.ID}, time.Now())
	if err != nil {
		return err
	}
	p.ID, p.Hint = k.ID, k.Hint
	p.Spent = views.ExactMoney(int64(spend[k.ID].Of(k.LimitReset).Spent)) + " " + sinceWords[k.LimitReset]
	p.Shell = s.shell(c, "Edit "+k.Name)
	return s.render(c, status, views.KeyEdit(p))
}

// sinceWords say of which time the spending of a key is told.
var sinceWords = map[string]string{
	"": "in all", models.WindowDaily: "today", models.WindowWeekly: "this week", models.WindowMonthly: "this month",
}

// KeyEdit changes what a key may do, within seconds everywhere.
func (s *Server) KeyEdit(c echo.Context) error {
	ctx, v := c.Request().Context(), visitor(c)
	k, err := s.Keys.ByID(ctx, v.UserID, c.Param("id"))
	if err != nil {
		return err
	}
	p := views.KeyEditPage{Name: field(c, "name"), Limit: field(c, "limit"), Reset: field(c, "reset"), Minute: field(c, "per_minute"),
		Disabled: field(c, "works") == views.KeyRests}
	limit, perMinute, errs := limitsOf(p.Limit, p.Minute)
	if p.Errors = errs; len(errs) > 0 {
		return s.editPage(c, http.StatusUnprocessableEntity, k, p)
	}
	change := auth.KeyChange{Name: &p.Name, Limit: &limit, Reset: &p.Reset, PerMinute: &perMinute, Disabled: &p.Disabled}
	if _, err := s.Keys.Change(ctx, k, change); err != nil {
		var ok bool
		if p.Errors, ok = formErrors(err); !ok {
			return err
		}
		return s.editPage(c, formStatus(err), k, p)
	}
	s.flash(c, p.Name+" is changed. It holds everywhere within ten seconds.")
	return redirect(c, views.PathKeys)
}

// span writes a time to come in the one unit that fits.
func span(d time.Duration) string {
	switch {
	case d < time.Hour:
		return views.Plural(max(int64(d/time.Minute), 1), "minute", "minutes")
	case d < 48*time.Hour:
		return views.Plural(int64(d/time.Hour), "hour", "hours")
	}
	return views.Plural(int64(d/(24*time.Hour)), "day", "days")
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
