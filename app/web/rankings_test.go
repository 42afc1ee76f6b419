package web_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"bourse/app/catalog"
	"bourse/app/market"
	"bourse/models"
)

// withUse gives the site a past: so many accounts used every model in each of the last twelve weeks.
func withUse(t testing.TB, s *site, accounts int) {
	t.Helper()
	today := models.UsageDays.At(time.Now().Add(-time.Hour))
	var rows []models.UsageRow
	for i, e := range s.c.Current().Models {
		if len(e.Endpoints) == 0 {
			continue
		}
		provider, traffic := e.Endpoints[0].Endpoint.Provider, models.TrafficPaid
		if i%9 == 1 {
			traffic = models.TrafficFree
		}
		for week := range int64(12) {
			for a := range accounts {
				n := int64(1+(i*7919+int(week)*104729+a)%9973) * int64(1+i%17*100)
				rows = append(rows, models.UsageRow{At: today - 7*week - 1, Traffic: traffic, Model: e.ID, Provider: provider, AccountID: fmt.Sprintf("acc-%d", a),
					Requests: 3, TokensIn: n, TokensOut: n / 3, Spend: models.Amount(1000 * n)})
			}
		}
	}
	for len(rows) > 0 {
		n := min(len(rows), 5000)
		if err := s.db.PutUsage(t.Context(), models.UsageDays, rows[:n]); err != nil {
			t.Fatal(err)
		}
		rows = rows[n:]
	}
	for day := today - 7*12; day < today; day++ {
		if err := s.db.CloseUsageDay(t.Context(), day); err != nil {
			t.Fatal(err)
		}
	}
	countUse(t, s)
}

// countUse looks at what was used, as the job does.
func countUse(t testing.TB, s *site) {
	t.Helper()
	u := market.NewUsage(s.db, time.Now, "rep-1", 5)
	if err := u.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	uses := map[string]catalog.Use{}
	for id, use := range u.View().Models {
		uses[id] = catalog.Use{Tokens: use.Week(), Accounts: use.Accounts, Weeks: use.Weeks[:]}
	}
	if err := s.c.SetUse(t.Context(), uses); err != nil {
		t.Fatal(err)
	}
	s.server.Usage = u
}

func TestRankingsOfAnEmptyInstallation(t *testing.T) {
	s := newSite(t, nil)
	for _, path := range []string{"/rankings", "/rankings?view=month&by=spend", "/rankings?traffic=free"} {
		if text := s.page(path).Find("[data-testid=empty]").Text(); text == "" {
			t.Errorf("%s does not say that there is nothing", path)
		}
	}
	countUse(t, s)
	doc := s.page("/rankings")
	if doc.Find("[data-testid=empty]").Length() != 1 || doc.Find("table").Length() != 0 {
		t.Error("figures were invented")
	}
	if s.page("/models").Find(".col-use").Length() != 0 {
		t.Error("a column has nothing to tell")
	}
	var data struct{ Models []any }
	if err := json.NewDecoder(s.get("/rankings.json").Body).Decode(&data); err != nil || data.Models == nil || len(data.Models) != 0 {
		t.Errorf("%v %v", data, err)
	}
}

func TestRankingsAreInOrder(t *testing.T) {
	s := newSite(t, nil)
	withUse(t, s, 8)
	for query, column := range map[string]string{"": "tokens", "?by=spend": "spend_usd", "?by=accounts": "accounts", "?traffic=free": "tokens", "?view=month": "tokens"} {
		rows, err := csv.NewReader(s.get("/rankings.csv" + query).Body).ReadAll()
		if err != nil || len(rows) < 20 {
			t.Fatalf("%s: %d rows, %v", query, len(rows), err)
		}
		at := map[string]int{}
		for i, name := range rows[0] {
			at[name] = i
		}
		last, shares := 0.0, 0.0
		for i, row := range rows[1:] {
			v, err := strconv.ParseFloat(row[at[column]], 64)
			if err != nil || (i > 0 && v > last) {
				t.Fatalf("%s: %s after %v", query, row[at[column]], last)
			}
			share, _ := strconv.ParseFloat(row[at["share_percent"]], 64)
			last, shares = v, shares+share
			if n, _ := strconv.Atoi(row[at["accounts"]]); n < 5 {
				t.Errorf("%s: %d accounts are shown", query, n)
			}
		}
		if shares < 97 || shares > 103 { // each rounded to a hundredth of a percent
			t.Errorf("%s: the shares come to %f", query, shares)
		}
	}
	doc := s.page("/rankings")
	if n := doc.Find("[data-testid=board] tbody tr").Length(); n != 100 {
		t.Errorf("%d rows", n)
	}
	weeks := doc.Find("[data-testid=weeks]")
	if n := weeks.Find("tbody tr").Length(); n < 11 || weeks.Find("svg.stack[role=img] path").Length() != 6 {
		t.Errorf("%d weeks are drawn", n)
	}
	if sort, _ := doc.Find("[data-testid=board] th[aria-sort]").Attr("aria-sort"); sort != "descending" {
		t.Errorf("sorted %q", sort)
	}
	if text := doc.Find("h1 + p").Text(); !strings.Contains(text, "Data through") {
		t.Errorf("it does not say until when: %q", text)
	}
}

func TestTooFewAccountsAreNotOnThePages(t *testing.T) {
	s := newSite(t, nil)
	withUse(t, s, 4)
	if text := s.page("/rankings").Find("main").Text(); !strings.Contains(text, "Too few accounts to show") || strings.Contains(text, "Effective") {
		t.Errorf("of four accounts: %s", text)
	}
	if rows, _ := csv.NewReader(s.get("/rankings.csv").Body).ReadAll(); len(rows) != 1 {
		t.Errorf("%d rows", len(rows))
	}
	page := s.page("/models/anthropic/claude-sonnet-4.5").Find("main")
	if !strings.Contains(page.Find("[data-testid=use]").Text(), "Too few accounts to show") || page.Find("[data-testid=use] svg").Length() != 0 {
		t.Error("the model's page tells what four accounts used")
	}
	if s.page("/models?order=top-weekly").Find(".col-use").Length() != 0 {
		t.Error("the list tells what four accounts used")
	}
}
