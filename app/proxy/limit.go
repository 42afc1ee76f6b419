package proxy

import (
	"context"
	"strconv"
	"time"

	"bourse/app/wire"
	"bourse/models"
)

// FreeLimits are how often one account may call models that cost nothing at somebody's expense.
type FreeLimits struct {
	PerMinute  int
	PerDay     int
	PerDayPaid int           // for accounts that have bought something
	PaidFrom   models.Amount // how much they must have bought
}

// FreeUse is how far an account has come today.
type FreeUse struct {
	Limit, Used int
}

// paced keeps a key within its requests per minute.
func (c *call) paced() *wire.Error {
	if c.who.PerMinute == 0 {
		return nil
	}
	ok, wait := c.p.Limits.Allow("key "+c.who.KeyID, int(c.who.PerMinute), time.Minute)
	h := c.w.Header()
	h.Set("X-RateLimit-Limit", strconv.FormatInt(c.who.PerMinute, 10))
	if ok {
		return nil
	}
	h.Set("X-RateLimit-Remaining", "0")
	h.Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(wait).UnixMilli(), 10))
	return wire.RateLimited("This key may make "+strconv.FormatInt(c.who.PerMinute, 10)+" requests a minute. Its limit can be changed at "+c.p.BaseURL+"/keys.", wait)
}

// free keeps an account within what it may ask of models that cost nothing.
func (c *call) free() *wire.Error {
	for _, cand := range c.plan {
		if cand.own || !cand.Offer.IsFree || !c.p.Billing.NeedsRealCredit(cand.Offer.Provider.Kind) {
			return nil
		}
	}
	account := c.who.AccountID
	if ok, wait := c.p.Limits.Allow("free "+account, c.p.Free.PerMinute, time.Minute); !ok {
		return wire.RateLimited("Free models take "+strconv.Itoa(c.p.Free.PerMinute)+" requests a minute from one account.", wait)
	}
	limit, err := c.p.freeDaily(c.r.Context(), account)
	if err != nil {
		return wire.FromModels(err)
	}
	now := time.Now()
	midnight := models.WindowEnd(models.WindowDaily, now)
	if !c.p.Limits.Count(freeDayName(account, now), limit, midnight) {
		return wire.RateLimited("Free models take "+strconv.Itoa(limit)+" requests a day from this account; it starts again at 00:00 UTC.", midnight.Sub(now))
	}
	return nil
}

func freeDayName(account string, now time.Time) string {
	return "free day " + account + now.UTC().Format(" 2006-01-02")
}

// freeDaily is how many free requests an account has each day.
func (p *Proxy) freeDaily(ctx context.Context, account string) (int, error) {
	bought, err := p.DB.BoughtBy(ctx, account)
	if err != nil {
		return 0, err
	}
	if bought >= p.Free.PaidFrom {
		return p.Free.PerDayPaid, nil
	}
	return p.Free.PerDay, nil
}

// FreeToday is how far an account has come today with models that cost nothing.
func (p *Proxy) FreeToday(ctx context.Context, account string) (FreeUse, error) {
	limit, err := p.freeDaily(ctx, account)
	return FreeUse{Limit: limit, Used: p.Limits.Counted(freeDayName(account, time.Now()))}, err
}
