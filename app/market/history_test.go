package market_test

import (
	"fmt"
	"testing"
	"time"

	"bourse/app/market"
	"bourse/models"
	"bourse/models/modelstest"
)

// TestHistoryIsOfWholeWeeks has eight weeks behind a Wednesday: the one under way is not told, and a
// week of which each day alone had too few accounts is.
func TestHistoryIsOfWholeWeeks(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		b, now := openBooks(t, db), clock{time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)}
		for week := range 8 {
			for i := range 6 {
				at := now.at.AddDate(0, 0, -7*week-2+i%2)
				b.call(at, "a/large", fmt.Sprintf("acc-%d", i), int64(1000+week))
				b.call(at, "a/small", fmt.Sprintf("acc-%d", i), 100)
				if i < 3 {
					b.call(at, "a/few", fmt.Sprintf("acc-%d", i), 50_000)
				}
			}
		}
		u := market.NewUsage(db, now.now, "rep-1", 5)
		run(t, u)
		weeks, series := u.View().HistoryOf(models.TrafficPaid, market.ByTokens, 1)
		if len(weeks) != 7 || weeks[6] != time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC) || weeks[0].Weekday() != time.Monday {
			t.Fatalf("weeks %v", weeks)
		}
		if len(series) != 2 || series[0].Model != "a/large" || series[1].Model != "" || series[0].Values[6] != 6010 || series[1].Values[6] != 600 {
			t.Errorf("%+v", series)
		}
		if weeks, series = u.View().HistoryOf(models.TrafficSandbox, market.ByTokens, 1); weeks != nil || series != nil {
			t.Errorf("of nothing: %v %v", weeks, series)
		}
	})
}
