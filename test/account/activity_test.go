package account

import (
	"net/http"
	"testing"
	"time"

	"bourse/billing"
	"bourse/models"
	"bourse/test/harness"
)

func TestActivityOfWholeDays(t *testing.T) {
	h := harness.Start(t, nil)
	p := h.Person("owner@example.com", models.NanoPerUSD)
	boss := h.ManagementKey(p)
	k, err := h.Keys.Callers(t.Context(), p.User.ID)
	if err != nil || len(k) != 1 {
		t.Fatal(k, err)
	}
	yesterday := time.Now().UTC().AddDate(0, 0, -1)
	for _, at := range []time.Time{yesterday, yesterday, yesterday.AddDate(0, 0, -40), time.Now()} {
		g := &models.Generation{ID: models.NewID("gen"), AccountID: p.Account.ID, KeyID: k[0].ID, Model: demo, Provider: "bourse", Tag: "bourse",
			APIType: "completions", Created: at, Usage: models.Usage{ProviderCost: -1}}
		if err := h.Billing.Ledger.Hold(t.Context(), &billing.Hold{Generation: g, Amount: 1000, Least: 1000, KeyLimit: -1}); err != nil {
			t.Fatal(err)
		}
		g.Cost, g.Fee, g.Usage = 100, 5, models.Usage{Input: 3, Output: 2, ProviderCost: -1}
		if err := h.Billing.Ledger.Settle(t.Context(), g); err != nil {
			t.Fatal(err)
		}
	}
	day := yesterday.Format(time.DateOnly)
	for query, want := range map[string]int{
		"": 1, "?date=" + day: 1, "?date=" + yesterday.AddDate(0, 0, -1).Format(time.DateOnly): 0, "?api_key_hash=" + k[0].Hash: 1,
		"?group_by=workspace": 1, "?user_id=" + p.User.ID: 1,
	} {
		var list struct {
			Data []struct {
				Date, Model, Provider string
				Requests              int64
				Prompt                int64 `json:"prompt_tokens"`
				Usage                 models.Amount
				Workspace             string `json:"workspace_id"`
			}
		}
		a := h.Do(http.MethodGet, "/api/v1/activity"+query, boss, nil)
		a.JSON(t, &list)
		if len(list.Data) != want {
			t.Errorf("%s: %s", query, a.Body)
			continue
		}
		if want > 0 {
			if row := list.Data[0]; row.Date != day || row.Model != demo || row.Requests != 2 || row.Prompt != 6 || row.Usage != 210 || (row.Workspace != "") != (query == "?group_by=workspace") {
				t.Errorf("%s: %+v", query, row)
			}
		}
	}
	for query, status := range map[string]int{
		"?date=" + time.Now().UTC().Format(time.DateOnly): 400, "?date=2020-01-01": 400, "?date=monday": 400, "?api_key_hash=0": 404, "?user_id=usr-other": 404,
	} {
		if a := h.Do(http.MethodGet, "/api/v1/activity"+query, boss, nil); a.Status != status {
			t.Errorf("%s: %d %s", query, a.Status, a.Body)
		}
	}
	if a := h.Do(http.MethodGet, "/api/v1/activity", p.Key, nil); a.Status != http.StatusForbidden {
		t.Errorf("by an ordinary key: %d", a.Status)
	}
}
