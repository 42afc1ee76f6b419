package api

import (
	"net/http"
	"strings"
	"time"

	"bourse/app/auth"
	"bourse/app/wire"
	"bourse/models"

	"github.com/labstack/echo/v4"
)

// identityKey is where the guard of the key routes leaves who is asking.
const identityKey = "bourse.identity"

// WithKey lets only requests with a working API key pass.
func (s *Server) WithKey(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			token = r.Header.Get("X-Api-Key")
		}
		who, err := s.Keys.Verify(r.Context(), strings.TrimSpace(token))
		if err != nil {
			return err
		}
		c.Set(identityKey, who)
		return next(c)
	}
}

func identity(c echo.Context) auth.Identity {
	who, _ := c.Get(identityKey).(auth.Identity)
	return who
}

// Credits answers GET /api/v1/credits: what was ever credited and what was ever used, in USD.
func (s *Server) Credits(c echo.Context) error {
	account, used, err := s.sums(c)
	if err != nil {
		return err
	}
	return s.data(c, map[string]any{"total_credits": account.Posted + used, "total_usage": used})
}

// sums reads the account and what its generations cost.
func (s *Server) sums(c echo.Context) (models.Account, models.Amount, error) {
	ctx := c.Request().Context()
	account, err := s.DB.AccountByID(ctx, identity(c).AccountID)
	if err != nil {
		return account, 0, err
	}
	totals, err := s.DB.SumGenerations(ctx, models.GenerationFilter{AccountID: account.ID})
	return account, totals.Cost + totals.Fee, err
}

// Balance answers GET /api/v1/balance: what can be spent now, with this key.
func (s *Server) Balance(c echo.Context) error {
	ctx, who, now := c.Request().Context(), identity(c), time.Now()
	account, err := s.DB.AccountByID(ctx, who.AccountID)
	if err != nil {
		return err
	}
	effective := account.Available()
	var remaining any
	if who.LimitNano >= 0 {
		spend, err := s.DB.KeySpend(ctx, []string{who.KeyID}, now)
		if err != nil {
			return err
		}
		left := keyRemaining(who, spend[who.KeyID])
		remaining, effective = left, min(effective, left)
	}
	return s.data(c, map[string]any{
		"available": account.Available(), "held": account.Held, "key_remaining": remaining, "effective": max(effective, 0),
	})
}

// keyRemaining is what a limited key may still spend in its window.
func keyRemaining(who auth.Identity, spend models.KeySpend) models.Amount {
	w := spend.Of(who.LimitReset)
	return max(who.LimitNano-w.Spent-w.Held, 0)
}

// Key answers GET /api/v1/key and the older GET /api/v1/auth/key: what is known of the key that asks.
func (s *Server) Key(c echo.Context) error {
	ctx, who := c.Request().Context(), identity(c)
	list, err := s.DB.KeySpend(ctx, []string{who.KeyID}, time.Now())
	if err != nil {
		return err
	}
	spend := list[who.KeyID]
	var limit, remaining, reset, expires any
	if who.LimitNano >= 0 {
		limit, remaining = who.LimitNano, keyRemaining(who, spend)
	}
	if who.LimitReset != "" {
		reset = who.LimitReset
	}
	if who.ExpiresAt != nil {
		expires = who.ExpiresAt.UTC().Format(time.RFC3339)
	}
	free, used, err := s.FreeToday(ctx, who.AccountID)
	if err != nil {
		return err
	}
	return s.data(c, map[string]any{
		"label": who.KeyHint, "name": who.KeyName, "limit": limit, "limit_remaining": remaining, "limit_reset": reset, "include_byok_in_limit": false,
		"usage": spend.Total.Spent, "usage_daily": spend.Daily.Spent, "usage_weekly": spend.Weekly.Spent, "usage_monthly": spend.Monthly.Spent,
		"byok_usage": 0, "byok_usage_daily": 0, "byok_usage_weekly": 0, "byok_usage_monthly": 0,
		"is_free_tier": false, "is_management_key": who.IsManagement, "is_provisioning_key": who.IsManagement,
		"creator_user_id": who.UserID, "expires_at": expires,
		"rate_limit":           rateLimit(who),
		"allowed_data_regions": []string{}, "free_model_daily_requests": map[string]any{"limit": free, "used": used, "remaining": max(free-used, 0)},
		"organization_id": nil, "workspace_id": who.AccountID,
	})
}

// rateLimit says how often the key may ask; -1 is as often as it likes.
func rateLimit(who auth.Identity) map[string]any {
	requests := int64(-1)
	if who.PerMinute > 0 {
		requests = who.PerMinute
	}
	return map[string]any{"requests": requests, "interval": "1m", "note": "Requests a minute that this key may make; -1 for no limit."}
}

// generationStates says in words how far a generation has come.
var generationStates = map[models.GenerationState]string{
	models.GenerationOpen: "open", models.GenerationSettled: "settled", models.GenerationVoided: "voided", models.GenerationExpired: "expired",
}

// Generation answers GET /api/v1/generation?id=: one generation of the account, readable as soon
// as its answer was.
func (s *Server) Generation(c echo.Context) error {
	id := c.QueryParam("id")
	if id == "" {
		return wire.Invalid("id", "Name a generation: /api/v1/generation?id=gen-…, the id of an answer.")
	}
	g, err := s.DB.GenerationByID(c.Request().Context(), identity(c).AccountID, id)
	if err != nil {
		return err
	}
	data := s.generation(g)
	if g.State == models.GenerationSettled || g.State == models.GenerationExpired {
		receipt, err := s.Billing.Receipt(c.Request().Context(), g)
		if err != nil {
			return err
		}
		data["receipt"] = receipt.Document(g)
	}
	return s.data(c, data)
}

func (s *Server) generation(g *models.Generation) map[string]any {
	responses := make([]map[string]any, 0, len(g.Attempts))
	for _, a := range g.Attempts {
		var status any
		if a.Status != 0 {
			status = a.Status
		}
		responses = append(responses, map[string]any{"status": status, "provider_name": s.providerName(a.Provider), "latency": a.Ms})
	}
	return map[string]any{
		"id": g.ID, "model": g.Model, "created_at": g.Created.Format(time.RFC3339Nano), "origin": g.Referer, "data_region": "global",
		"is_byok": g.OwnKey, "usage": g.Charge(), "total_cost": g.Charge(), "upstream_inference_cost": g.ProviderCost(), "platform_fee": g.Fee,
		"cache_discount": nil, "provider_name": s.providerName(g.Provider), "upstream_id": anyOrNull(g.UpstreamID), "streamed": g.Streamed,
		"cancelled": g.Cancelled, "finish_reason": anyOrNull(g.Finish), "native_finish_reason": anyOrNull(g.NativeFinish),
		"tokens_prompt": g.Usage.Input, "tokens_completion": g.Usage.Output, "native_tokens_prompt": g.Usage.Input,
		"native_tokens_completion": g.Usage.Output, "native_tokens_reasoning": g.Usage.Reasoning, "native_tokens_cached": g.Usage.CacheRead,
		"native_tokens_completion_images": g.Usage.OutputImage, "num_media_prompt": nil, "num_media_completion": nil,
		"num_input_audio_prompt": nil, "num_search_results": nil, "num_fetches": nil,
		"latency": between(g.Created, g.FirstToken), "generation_time": between(g.FirstToken, g.Finished), "moderation_latency": nil,
		"api_type": g.APIType, "app_id": nil, "http_referer": anyOrNull(g.Referer), "user_agent": anyOrNull(g.UserAgent), "external_user": nil,
		"router": nil, "preset_id": nil, "service_tier": anyOrNull(g.Usage.Tier), "web_search_engine": nil, "workspace_id": nil,
		"provider_responses": responses, "request_id": g.RequestID, "session_id": nil, "response_cache_source_id": nil,
		"state": generationStates[g.State], "estimated": g.Estimated, "price_version": g.PriceVersion, "fee_bps": g.FeeBps, "hold": g.Hold,
	}
}

func (s *Server) providerName(slug string) string {
	if p := s.Catalog.Current().Provider(slug); p != nil {
		return p.Name
	}
	return slug
}

// data answers 200 with {"data": v}, for this reader only.
func (s *Server) data(c echo.Context, v any) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusOK, map[string]any{"data": v})
}

// anyOrNull is null for a text that is not known.
func anyOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// between is a time span in milliseconds, null when one end is unknown.
func between(from, to time.Time) any {
	if from.IsZero() || to.IsZero() {
		return nil
	}
	return to.Sub(from).Milliseconds()
}
