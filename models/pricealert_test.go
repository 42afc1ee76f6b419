package models_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bourse/models"
	"bourse/models/modelstest"
)

func priceAlert(account string, below models.Rate) models.PriceAlert {
	return models.PriceAlert{ID: models.NewID("al"), AccountID: account, Model: "a/m", Price: "output", Below: below, State: models.AlertArmed, CreatedUs: 1}
}

func TestPriceAlertsAreBounded(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		const more = 20
		var kept, refused atomic.Int64
		var wg sync.WaitGroup
		for i := range models.PriceAlertsMax + more {
			wg.Go(func() {
				switch err := db.InsertPriceAlert(t.Context(), priceAlert("acc-1", models.Rate(i+1))); models.CodeOf(err) {
				case "":
					kept.Add(1)
				case models.Invalid:
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if kept.Load() != models.PriceAlertsMax || refused.Load() != more {
			t.Errorf("%d kept, %d refused", kept.Load(), refused.Load())
		}
		if err := db.InsertPriceAlert(t.Context(), priceAlert("acc-2", 5)); err != nil {
			t.Errorf("somebody else: %v", err)
		}
		if err := db.InsertPriceAlert(t.Context(), priceAlert("acc-2", 5)); models.CodeOf(err) != models.Conflict {
			t.Errorf("the same again: %v", err)
		}
		list, err := db.PriceAlerts(t.Context(), "acc-1")
		if err != nil || len(list) != models.PriceAlertsMax {
			t.Fatalf("%d listed, %v", len(list), err)
		}
		if err := db.DeletePriceAlert(t.Context(), list[0].ID); err != nil {
			t.Fatal(err)
		}
		if _, err := db.PriceAlert(t.Context(), list[0].ID); models.CodeOf(err) != models.NotFound {
			t.Errorf("removed: %v", err)
		}
		if err := db.InsertPriceAlert(t.Context(), priceAlert("acc-1", 1_000_000)); err != nil {
			t.Errorf("one was removed, so there is room: %v", err)
		}
	})
}

// TestAPriceAlertMovesOnce has many that have read the same state move it at once.
func TestAPriceAlertMovesOnce(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		for round := range 5 {
			a := priceAlert("acc-1", models.Rate(10+round))
			if err := db.InsertPriceAlert(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			var first atomic.Int64
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					next := a
					next.State, next.ToldUs, next.ToldRate, next.ToldTag = models.AlertFired, 7, models.Rate(i), "p"
					letter := models.Outbox{ID: fmt.Sprintf("letter:%s:%d", a.ID, i), Topic: "letter", AccountID: "acc-1", Payload: "{}", DueUs: 1, CreatedUs: 1}
					moved, err := db.MovePriceAlert(t.Context(), next, &letter)
					if err != nil {
						t.Error(err)
					}
					if moved {
						first.Add(1)
					}
				})
			}
			wg.Wait()
			letters, err := db.OutboxOf(t.Context(), "acc-1", "letter")
			if err != nil || first.Load() != 1 || len(letters) != round+1 {
				t.Fatalf("moved %d times, %d letters after round %d, %v", first.Load(), len(letters), round+1, err)
			}
			got, err := db.PriceAlert(t.Context(), a.ID)
			if err != nil || got.State != models.AlertFired || got.Epoch != 1 || !got.Told().Equal(time.UnixMicro(7)) {
				t.Errorf("%+v, %v", got, err)
			}
		}
	})
}

func TestOpenPriceAlertsComeInBatches(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		seen := map[string]bool{}
		for i := range 7 {
			a := priceAlert(fmt.Sprintf("acc-%d", i%2), models.Rate(i+1))
			if err := db.InsertPriceAlert(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			if i == 3 {
				a.State = models.AlertEnded
				if moved, err := db.MovePriceAlert(t.Context(), a, nil); err != nil || !moved {
					t.Fatal(moved, err)
				}
			}
		}
		for after, batches := "", 0; ; batches++ {
			list, err := db.OpenPriceAlerts(t.Context(), after, 2)
			if err != nil {
				t.Fatal(err)
			}
			if len(list) == 0 {
				if batches != 3 {
					t.Errorf("%d batches", batches)
				}
				break
			}
			for _, a := range list {
				if seen[a.ID] || a.State == models.AlertEnded {
					t.Errorf("%s comes twice or has ended", a.ID)
				}
				seen[a.ID] = true
				after = a.ID
			}
		}
		if len(seen) != 6 {
			t.Errorf("%d open alerts", len(seen))
		}
	})
}
