package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"bourse/app/auth"
	"bourse/models"
	"bourse/views"
	"bourse/views/ui"

	"github.com/labstack/echo/v4"
)

const callsPerPage = 50

// generationStates are the words that the pages know.
var generationStates = map[models.GenerationState]string{
	models.GenerationOpen: "running", models.GenerationSettled: "settled",
	models.GenerationVoided: "void", models.GenerationExpired: "expired",
}

// ActivityIndex lists the calls of an account.
func (s *Server) ActivityIndex(c echo.Context) error {
	ctx, v, page := c.Request().Context(), visitor(c), pageOf(c)
	filter, p := activityFilter(c)
	filter.AccountID = v.AccountID
	keys, err := s.Keys.List(ctx, v.UserID)
	if err != nil {
		return err
	}
	if filter.KeyID != "" && filter.KeyID != auth.PlaygroundKey(v.UserID) {
		if _, err := s.Keys.ByID(ctx, v.UserID, filter.KeyID); err != nil {
			return err
		}
	}
	names := keyNames(v.UserID, keys)
	totals, err := s.DB.SumGenerations(ctx, filter)
	if err != nil {
		return err
	}
	filter.Limit, filter.Offset = callsPerPage, (page-1)*callsPerPage
	list, err := s.DB.Generations(ctx, filter)
	if err != nil {
		return err
	}
	used, err := s.DB.GenerationModels(ctx, v.AccountID)
	if err != nil {
		return err
	}
	p.Models = choices("All models", filter.Model, used, nil)
	ids := make([]string, 0, len(keys))
	for _, k := range keys {
		ids = append(ids, k.ID)
	}
	p.Keys = choices("All keys", filter.KeyID, append(ids, auth.PlaygroundKey(v.UserID)), names)
	p.Requests, p.Tokens = views.Count(totals.Count), views.Count(totals.TokensIn+totals.TokensOut)
	p.Spent = views.ExactMoney(int64(totals.Cost + totals.Fee))
	for _, g := range list {
		p.Rows = append(p.Rows, s.generationRow(g, names))
	}
	p.Pager = pager("Pages of the calls", views.PathActivity, activityQuery(c), page, int64(page*callsPerPage) < totals.Count)
	p.Shell = s.shell(c, "Activity")
	return s.render(c, http.StatusOK, views.Activity(p))
}

// activityFilter reads the bar above the list. Days that are none are left out and named.
func activityFilter(c echo.Context) (models.GenerationFilter, views.ActivityPage) {
	f := models.GenerationFilter{Model: c.QueryParam("model"), KeyID: c.QueryParam("key")}
	p := views.ActivityPage{From: c.QueryParam("from"), To: c.QueryParam("to")}
	day := func(name, text string) time.Time {
		if text == "" {
			return time.Time{}
		}
		t, err := time.Parse(time.DateOnly, text)
		if err != nil {
			p.Errors = append(p.Errors, views.FieldError{Field: name, Message: "Write the day as YYYY-MM-DD, such as 2027-01-31."})
		}
		return t
	}
	f.From, f.To = day("from", p.From), day("to", p.To)
	if !f.To.IsZero() {
		f.To = f.To.AddDate(0, 0, 1) // the last day belongs to it
	}
	p.Filtered = f.Model != "" || f.KeyID != "" || !f.From.IsZero() || !f.To.IsZero()
	return f, p
}

func activityQuery(c echo.Context) url.Values {
	query := url.Values{}
	for _, name := range []string{"model", "key", "from", "to"} {
		if v := c.QueryParam(name); v != "" {
			query.Set(name, v)
		}
	}
	return query
}

func keyNames(userID string, keys []models.APIKey) map[string]string {
	names := map[string]string{auth.PlaygroundKey(userID): auth.PlaygroundName}
	for _, k := range keys {
		names[k.ID] = k.Name
	}
	return names
}

// choices are the options of a select whose first is everything. What is chosen stays in the list
// although nothing there has it.
func choices(all, chosen string, values []string, names map[string]string) []ui.Option {
	out := []ui.Option{{Text: all, On: chosen == ""}}
	found := chosen == ""
	for _, v := range values {
		text := v
		if n := names[v]; n != "" {
			text = n
		}
		out = append(out, ui.Option{Value: v, Text: text, On: v == chosen})
		found = found || v == chosen
	}
	if !found {
		out = append(out, ui.Option{Value: chosen, Text: chosen, On: true})
	}
	return out
}

func (s *Server) generationRow(g *models.Generation, keys map[string]string) views.GenerationRow {
	row := views.GenerationRow{
		ID: g.ID, Time: g.Created, Model: g.Model, Provider: g.Provider, Key: keys[g.KeyID],
		Input: g.Usage.Input, Cached: g.Usage.CacheRead, Output: g.Usage.Output, State: generationStates[g.State],
		Streamed: g.Streamed, Cancelled: g.Cancelled, Estimated: g.Estimated, Demo: g.Provider == "bourse",
	}
	if provider := s.Catalog.Current().Provider(g.Provider); provider != nil {
		row.Provider, row.Demo = provider.Name, provider.Kind == "demo"
	}
	if g.State != models.GenerationOpen {
		row.Cost = views.ExactMoney(int64(g.Charge()))
		if g.Finished.After(g.Created) {
			row.Duration = views.Seconds(g.Finished.Sub(g.Created))
		}
	}
	if g.ErrorType != "" {
		row.Why = g.ErrorType
		if g.Status != 0 {
			row.Why += " " + strconv.Itoa(g.Status)
		}
	}
	return row
}
