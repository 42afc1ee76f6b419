package market_test

import (
	"testing"
	"time"

	"bourse/app/market"
	"bourse/models"
	"bourse/models/modelstest"
)

// TestWrongSumsAreFoundAndRepaired changes a sum behind the counting's back.
func TestWrongSumsAreFoundAndRepaired(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		b, now := openBooks(t, db), clock{day.AddDate(0, 0, 9)}
		for i := range 8 {
			b.call(day.AddDate(0, 0, i), "a/m", "acc-1", 100)
			b.call(day.AddDate(0, 0, i), "a/m", "acc-2", 100)
		}
		u := market.NewUsage(db, now.now, "rep-1", 1)
		run(t, u)
		check := func(repair bool) (wrong []string, requests int64) {
			t.Helper()
			err := u.Check(t.Context(), day, repair, func(c market.Checked) {
				requests += c.Requests
				if c.Wrong > 0 {
					wrong = append(wrong, c.Day.Format(time.DateOnly))
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			return wrong, requests
		}
		if wrong, requests := check(false); len(wrong) != 0 || requests != 16 {
			t.Fatalf("%v of %d requests", wrong, requests)
		}
		stray := models.UsageRow{At: models.UsageDays.At(day) + 2, Traffic: models.TrafficPaid, Model: "a/m", Provider: "p", AccountID: "acc-9", Requests: 1, TokensIn: 5}
		if err := db.PutUsage(t.Context(), models.UsageDays, []models.UsageRow{stray}); err != nil {
			t.Fatal(err)
		}
		if err := db.CloseUsageDay(t.Context(), stray.At); err != nil {
			t.Fatal(err)
		}
		for _, repair := range []bool{false, true} {
			if wrong, _ := check(repair); len(wrong) != 1 || wrong[0] != "2026-11-12" {
				t.Errorf("wrong: %v", wrong)
			}
		}
		if wrong, _ := check(false); len(wrong) != 0 {
			t.Errorf("after the repair: %v", wrong)
		}
	})
}
