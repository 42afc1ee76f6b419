package market

import (
	"context"
	"time"

	"bourse/models"
)

// DayCell is what may be shown of one model on one day.
type DayCell struct {
	Day      time.Time
	Traffic  models.Traffic
	Model    string
	Tokens   int64
	Spend    models.Amount
	Accounts int64
}

// Daily are the paid and free cells of the days from one up to another that enough accounts stand
// behind, oldest first, rounded as everything that is shown.
func (u *Usage) Daily(ctx context.Context, from, to time.Time) ([]DayCell, error) {
	list, err := u.db.ReachOf(ctx, models.UsageDays.At(from), models.UsageDays.At(to), u.least)
	if err != nil {
		return nil, err
	}
	out := make([]DayCell, 0, len(list))
	for _, r := range list {
		if r.Traffic == models.TrafficSandbox || !tellable(u.least, r.Accounts, r.Tokens, r.Spend, r.MostTokens, r.MostSpend) {
			continue
		}
		out = append(out, DayCell{models.UsageDays.Start(r.At), r.Traffic, r.Model, round(r.Tokens), models.Amount(round(int64(r.Spend))), r.Accounts})
	}
	return out, nil
}
