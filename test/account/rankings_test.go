package account

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"bourse/models"
	"bourse/test/harness"
	"bourse/test/pgtest"
)

type dailyRankings struct {
	Data []struct {
		Date      string
		Permaslug string `json:"model_permaslug"`
		Tokens    string `json:"total_tokens"`
	}
	Meta struct {
		Version string
		AsOf    time.Time `json:"as_of"`
		Start   string    `json:"start_date"`
		End     string    `json:"end_date"`
	}
}

// TestRankings follows calls through the ledger into the public figures, on both engines.
func TestRankings(t *testing.T) {
	for engine, database := range map[string]string{models.SQLite: "", models.PostgreSQL: pgtest.URL(t)} {
		t.Run(engine, func(t *testing.T) {
			h := harness.Start(t, map[string]string{"DATABASE_URL": database})
			h.Used()
			var days, weeks dailyRankings
			h.Do(http.MethodGet, "/api/v1/datasets/rankings-daily", "", nil).JSON(t, &days)
			last := time.Now().UTC().Add(-time.Hour).AddDate(0, 0, -1).Format(time.DateOnly) // a day is final an hour after it ended
			if days.Meta.Version != "v1" || days.Meta.End != last || len(days.Data) < 100 {
				t.Errorf("%d rows, %+v", len(days.Data), days.Meta)
			}
			h.Do(http.MethodGet, "/api/v1/datasets/rankings-daily?period=week", "", nil).JSON(t, &weeks)
			if sum(t, days) != sum(t, weeks) || sum(t, days) == 0 {
				t.Errorf("%d tokens by day, %d by week", sum(t, days), sum(t, weeks))
			}
			free := false
			for i, r := range days.Data {
				free = free || strings.HasSuffix(r.Permaslug, ":free")
				if strings.HasPrefix(r.Permaslug, "bourse/") {
					t.Errorf("the demo is among real use: %+v", r)
				}
				if i > 0 && r.Date < days.Data[i-1].Date {
					t.Errorf("%s comes after %s", r.Date, days.Data[i-1].Date)
				}
			}
			if !free {
				t.Error("nothing was free")
			}
			for query, field := range map[string]string{"period=year": "period", "start_date=monday": "start_date", "start_date=2020-01-01": "start_date",
				"start_date=2026-02-01&end_date=2026-01-01": "start_date", "category=coding": "category"} {
				if a := h.Do(http.MethodGet, "/api/v1/datasets/rankings-daily?"+query, "", nil); a.Status != http.StatusBadRequest || !strings.Contains(string(a.Body), field) {
					t.Errorf("%s: %d %s", query, a.Status, a.Body)
				}
			}
			a := h.Do(http.MethodGet, "/api/v1/datasets/rankings-daily?format=csv", "", nil)
			if rows, err := csv.NewReader(strings.NewReader(string(a.Body))).ReadAll(); err != nil || len(rows) != len(days.Data)+1 {
				t.Errorf("%d rows of a table: %v", len(rows), err)
			}
			var list struct{ Data []struct{ ID string } }
			h.Do(http.MethodGet, "/api/v1/models?sort=top-weekly&limit=1", "", nil).JSON(t, &list)
			page := h.Do(http.MethodGet, "/models/"+list.Data[0].ID, "", nil)
			if !strings.Contains(string(page.Body), `data-testid="use"`) || !strings.Contains(string(page.Body), "Use, 7 days") {
				t.Errorf("the page of %s does not tell of its use", list.Data[0].ID)
			}
		})
	}
}

func sum(t *testing.T, l dailyRankings) (n int64) {
	t.Helper()
	for _, r := range l.Data {
		tokens, err := strconv.ParseInt(r.Tokens, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		n += tokens
	}
	return n
}
