package market_test

import (
	"fmt"
	"testing"

	"bourse/app/market"
	"bourse/models"
	"bourse/models/modelstest"
)

func TestDaysLeaveOutTheFew(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		b, now := openBooks(t, db), clock{day.AddDate(0, 0, 2).Add(1)}
		for i := range 6 {
			b.call(day, "a/many", fmt.Sprintf("acc-%d", i), 1234)
			if i < 4 {
				b.call(day, "a/few", fmt.Sprintf("acc-%d", i), 1234)
			}
			b.call(day, "a/taken", fmt.Sprintf("acc-%d", i), 20)
		}
		b.call(day, "a/taken", "acc-0", 1_000_000)
		u := market.NewUsage(db, now.now, "rep-1", 5)
		run(t, u)
		cells, err := u.Daily(t.Context(), day.AddDate(0, 0, -5), day.AddDate(0, 0, 5))
		if err != nil || len(cells) != 1 || cells[0].Model != "a/many" || cells[0].Tokens != 7400 || !cells[0].Day.Equal(day) {
			t.Errorf("%+v %v", cells, err)
		}
	})
}
