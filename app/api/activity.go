package api

import (
	"time"

	"github.com/labstack/echo/v4"

	"bourse/app/wire"
	"bourse/models"
)

// activityDays is how many whole UTC days back an activity goes.
const activityDays = 30

// activityJSON is what was used of one endpoint on one day.
type activityJSON struct {
	Date       string        `json:"date"`
	Model      string        `json:"model"`
	Permaslug  string        `json:"model_permaslug"`
	Endpoint   string        `json:"endpoint_id"`
	Provider   string        `json:"provider_name"`
	Requests   int64         `json:"requests"`
	Prompt     int64         `json:"prompt_tokens"`
	Completion int64         `json:"completion_tokens"`
	Reasoning  int64         `json:"reasoning_tokens"`
	Usage      models.Amount `json:"usage"`
	BYOK       models.Amount `json:"byok_usage_inference"`
	Workspace  *string       `json:"workspace_id,omitempty"`
}

// Activity answers GET /api/v1/activity: what the account used on each of the last 30 whole days,
// or on one of them, by endpoint.
func (s *Server) Activity(c echo.Context) error {
	ctx, who, q := c.Request().Context(), identity(c), c.QueryParams()
	today := models.WindowStart(models.WindowDaily, time.Now())
	f := models.GenerationFilter{AccountID: who.AccountID, From: today.AddDate(0, 0, -activityDays), To: today}
	if text := q.Get("date"); text != "" {
		day, err := time.Parse(time.DateOnly, text)
		if err != nil || day.Before(f.From) || !day.Before(today) {
			return wire.Invalid("date", "date must be one of the last %d whole UTC days, from %s to %s.", activityDays,
				f.From.Format(time.DateOnly), today.AddDate(0, 0, -1).Format(time.DateOnly))
		}
		f.From, f.To = day, day.AddDate(0, 0, 1)
	}
	if user := q.Get("user_id"); user != "" && user != who.UserID {
		return wire.NotFound("There is no such user on this account.")
	}
	if hash := q.Get("api_key_hash"); hash != "" {
		k, err := s.DB.KeyOfUserByHash(ctx, who.UserID, hash)
		if err != nil {
			return err
		}
		f.KeyID = k.ID
	}
	rows, err := s.DB.Activity(ctx, f)
	if err != nil {
		return err
	}
	out := make([]activityJSON, 0, len(rows))
	for _, r := range rows {
		out = append(out, s.activityJSON(r, who.AccountID, q.Get("group_by") == "workspace"))
	}
	return s.data(c, out)
}

func (s *Server) activityJSON(r models.ActivityRow, account string, grouped bool) activityJSON {
	out := activityJSON{Date: r.Date().Format(time.DateOnly), Model: r.Model, Permaslug: r.Model, Endpoint: r.Tag, Provider: s.providerName(r.Provider),
		Requests: r.Requests, Prompt: r.TokensIn, Completion: r.TokensOut, Reasoning: r.Reasoning, Usage: r.Charge}
	if e := s.Catalog.Current().Model(r.Model); e != nil && e.CanonicalSlug != "" {
		out.Permaslug = e.CanonicalSlug
	}
	if grouped {
		out.Workspace = &account
	}
	return out
}
