package money

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"bourse/models"
	"bourse/test/harness"
	"bourse/test/pgtest"
)

// TestStatement reads one month as page, CSV and JSON Lines: all three tell the same, the balances
// run on from line to line, and the last is what the account has.
func TestStatement(t *testing.T) {
	for engine, env := range map[string]map[string]string{models.SQLite: nil, models.PostgreSQL: {"DATABASE_URL": pgtest.URL(t)}} {
		t.Run(engine, func(t *testing.T) {
			h := harness.Start(t, env)
			b := h.SignUp(t, "owner@example.com")
			b.TopUp(t, "10")
			key := b.MakeKey(t, "worker", "")
			for range 5 {
				if a := h.Chat(key, harness.Ask("bourse/demo", map[string]any{"max_tokens": 20})); a.Status != http.StatusOK {
					t.Fatalf("%d %s", a.Status, a.Body)
				}
			}
			lines, err := csv.NewReader(strings.NewReader(string(b.Download(t, "/credits/statement.csv")))).ReadAll()
			if err != nil || len(lines) != 7 {
				t.Fatalf("%d lines of CSV, %v", len(lines), err)
			}
			var balance models.Amount
			for _, l := range lines[1:] {
				amount, err := models.ParseUSD(l[4])
				if err != nil {
					t.Fatal(err)
				}
				if balance += amount; balance.USD() != l[5] {
					t.Errorf("the balance after %v should be %s", l, balance.USD())
				}
			}
			objects := strings.Split(strings.TrimSpace(string(b.Download(t, "/credits/statement.jsonl"))), "\n")
			var last struct {
				Balance json.Number `json:"balance_usd"`
			}
			if err := json.Unmarshal([]byte(objects[len(objects)-1]), &last); err != nil || len(objects) != 6 || last.Balance.String() != balance.Number() {
				t.Errorf("%d objects, the last %+v, %v", len(objects), last, err)
			}
			page := b.Open(t, "/credits/statement")
			if page.Text("closing") != "$"+balance.USD() || page.Text("opening") != "$0.00" {
				t.Errorf("opening %s, closing %s, should be %s", page.Text("opening"), page.Text("closing"), balance.USD())
			}
			tomorrow := time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly)
			if later := b.Open(t, "/credits/statement?from="+tomorrow+"&to="+tomorrow); later.Text("opening") != "$"+balance.USD() {
				t.Errorf("tomorrow opens with %s", later.Text("opening"))
			}
			for _, nonsense := range []string{"?from=yesterday", "?from=2026-13-45", "?from=2026-05-02&to=2026-05-01"} {
				if p := b.Open(t, "/credits/statement"+nonsense); p.Status != http.StatusOK || p.Doc.Find("[role=alert]").Length() == 0 {
					t.Errorf("%s: %d without a word", nonsense, p.Status)
				}
			}
			if stranger := h.SignUp(t, "stranger@example.com"); strings.Contains(string(stranger.Download(t, "/credits/statement.csv")), "usage") {
				t.Error("a stranger reads somebody else's statement")
			}
		})
	}
}
