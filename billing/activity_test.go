package billing_test

import (
	"testing"
	"time"

	"bourse/models"
	"bourse/models/modelstest"
)

// TestActivityIsSummedByDayAndEndpoint books calls of two days, one of which was never answered.
func TestActivityIsSummedByDayAndEndpoint(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		l := book(t, db)
		id := account(t, db, l, 10*usd)
		monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
		for _, c := range []struct {
			at   time.Time
			tag  string
			cost models.Amount
			out  int64
		}{
			{monday, "p", usd / 10, 7}, {monday.Add(24*time.Hour - time.Microsecond), "p", usd / 10, 5}, {monday, "q", usd, 3}, {monday.AddDate(0, 0, 1), "p", usd, 2},
			{monday, "p", -1, 0},
		} {
			g := generation(id)
			g.Created, g.Tag = c.at, c.tag
			if err := l.Hold(t.Context(), fixed(g, 2*usd)); err != nil {
				t.Fatal(err)
			}
			var err error
			if c.cost < 0 {
				err = l.Void(t.Context(), g)
			} else {
				g.Cost, g.Fee = c.cost, c.cost/20
				g.Usage = models.Usage{Input: 10, Output: c.out, Reasoning: c.out - 1, ProviderCost: -1}
				err = l.Settle(t.Context(), g)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		rows, err := db.Activity(t.Context(), models.GenerationFilter{AccountID: id, From: monday, To: monday.AddDate(0, 0, 7)})
		if err != nil {
			t.Fatal(err)
		}
		want := []models.ActivityRow{
			{Day: 20515, Model: "a/b", Provider: "p", Tag: "p", Requests: 1, TokensIn: 10, TokensOut: 2, Reasoning: 1, Charge: usd * 105 / 100},
			{Day: 20514, Model: "a/b", Provider: "p", Tag: "q", Requests: 1, TokensIn: 10, TokensOut: 3, Reasoning: 2, Charge: usd * 105 / 100},
			{Day: 20514, Model: "a/b", Provider: "p", Tag: "p", Requests: 2, TokensIn: 20, TokensOut: 12, Reasoning: 10, Charge: usd * 21 / 100},
		}
		if len(rows) != len(want) {
			t.Fatalf("%+v", rows)
		}
		for i, row := range rows {
			if row != want[i] {
				t.Errorf("%+v, want %+v", row, want[i])
			}
		}
		if day := rows[2].Date(); !day.Equal(monday) {
			t.Errorf("the day is %v", day)
		}
	})
}
