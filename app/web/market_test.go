package web_test

import (
	"encoding/csv"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

func page(t *testing.T, s *site, path string) *goquery.Document {
	t.Helper()
	res := s.do("GET", path, nil, "")
	if res.StatusCode != 200 {
		t.Fatalf("%s: status %d", path, res.StatusCode)
	}
	doc, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestMarketShowsWhatEachFigureComesFrom(t *testing.T) {
	doc := page(t, newSite(t, nil), "/market")
	for _, block := range []string{"ability", "cheapest", "spread", "moves"} {
		section := doc.Find("[data-testid=" + block + "]")
		if section.Find("details.how p").Text() == "" {
			t.Errorf("%s does not say how it is measured", block)
		}
		if section.Find(`a[href="/market/`+block+`.csv"]`).Length() != 1 {
			t.Errorf("%s cannot be taken away", block)
		}
	}
	if text := doc.Find("h1 + p").Text(); !strings.Contains(text, "$37.50 per million tokens in March 2023") {
		t.Errorf("the page begins with %q", text)
	}
}

func TestMarketTablesHoldTogether(t *testing.T) {
	s := newSite(t, nil)
	for _, name := range []string{"ability", "cheapest", "spread", "moves"} {
		res := s.do("GET", "/market/"+name+".csv", nil, "")
		rows, err := csv.NewReader(res.Body).ReadAll()
		if err != nil || len(rows) < 5 {
			t.Fatalf("%s: %d rows, %v", name, len(rows), err)
		}
		if name == "spread" {
			spreadHolds(t, rows)
		}
		if name == "ability" {
			abilityFalls(t, rows)
		}
	}
	var all map[string]json.RawMessage
	if err := json.NewDecoder(s.do("GET", "/market.json", nil, "").Body).Decode(&all); err != nil || len(all["ability_prices"]) < 100 {
		t.Errorf("the JSON holds %d blocks, %v", len(all), err)
	}
	if res := s.do("GET", "/market/nothing.csv", nil, ""); res.StatusCode != 404 {
		t.Errorf("an unknown table has the status %d", res.StatusCode)
	}
}

func spreadHolds(t *testing.T, rows [][]string) {
	for _, r := range rows[1:] {
		low, mid, high := number(t, r[2]), number(t, r[4]), number(t, r[5])
		if low <= 0 || mid < low || high < mid || number(t, r[1]) < 4 {
			t.Errorf("%v: the prices are not in order", r)
		}
	}
}

func abilityFalls(t *testing.T, rows [][]string) {
	for i := 2; i < len(rows); i++ {
		before, r := rows[i-1], rows[i]
		if before[0] == r[0] && (r[2] <= before[2] || number(t, r[8]) >= number(t, before[8])) {
			t.Errorf("%v does not lie below %v", r, before)
		}
	}
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
