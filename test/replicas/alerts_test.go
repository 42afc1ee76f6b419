package replicas

import (
	"strings"
	"sync"
	"testing"
	"time"

	"bourse/app/alert"
	"bourse/models"
	"bourse/test/harness"
	"bourse/test/pgtest"
)

// TestAPriceAlertIsOneLetterFromManyReplicas has a price fall while two replicas run, a third start
// and one of them end: one letter is handed to a mail server, by whichever.
func TestAPriceAlertIsOneLetterFromManyReplicas(t *testing.T) {
	env := map[string]string{"DATABASE_URL": pgtest.URL(t)}
	one, two := harness.Start(t, env), harness.Start(t, env)
	p := one.Person("owner@example.com", 0)
	entry := one.Catalog.Current().Model(model)
	rate, ok := entry.Lowest.Output()
	if !ok || rate < 100 {
		t.Fatalf("%s costs %d", model, rate)
	}
	mark := rate / 2
	v, err := one.Alerts.Set(t.Context(), p.Account.ID, alert.Wish{Model: model, Price: "output", Below: mark.PerMillionUSD()})
	if err != nil {
		t.Fatal(err)
	}
	rates := models.Rates{}
	for u, r := range entry.Lowest.Pricing.Rates {
		rates[u] = r
	}
	rates[models.UnitOutput] = mark
	err = one.DB.AddPriceVersions(t.Context(), []models.PriceVersion{{ID: models.NewID("pv"), Model: model, Tag: entry.Lowest.Tag,
		Pricing: models.Pricing{Rates: rates}, EffectiveFrom: time.Now(), Source: "test"}})
	if err != nil {
		t.Fatal(err)
	}
	all := []*harness.House{one, two, harness.Start(t, env)}
	var wg sync.WaitGroup
	for _, h := range all {
		for range 4 {
			wg.Go(func() {
				if err := h.Catalog.Refresh(t.Context()); err != nil {
					t.Error(err)
				}
				if err := h.Alerts.Watch(t.Context()); err != nil {
					t.Error(err)
				}
				if err := h.Billing.RunOutbox(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	letters := 0
	for _, h := range all {
		for _, l := range h.Mail.Recent() {
			if strings.Contains(l.Body, v.ID) {
				letters++
			}
		}
	}
	if letters != 1 {
		t.Errorf("%d letters", letters)
	}
	if row, err := two.DB.PriceAlert(t.Context(), v.ID); err != nil || row.State != models.AlertFired || row.Epoch != 1 {
		t.Errorf("%+v, %v", row, err)
	}
}
