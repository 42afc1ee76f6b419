package web

import (
	"strconv"
	"strings"
	"time"

	"bourse/app/catalog"
	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

// The tables of the market page, by the names of their files.
var marketTables = map[string]func(s *catalog.Snapshot, days int) [][]string{
	"ability":  abilityTable,
	"cheapest": cheapestTable,
	"spread":   spreadTable,
	"moves": func(s *catalog.Snapshot, days int) [][]string {
		return changeTable(s.Moves(s.Recorded.AddDate(0, 0, -days), catalog.AnyDirection))
	},
}

// MarketCSV is one block of the market page as a table.
func (s *Server) MarketCSV(c echo.Context) error {
	name, isCSV := strings.CutSuffix(c.Param("file"), ".csv")
	table := marketTables[name]
	if table == nil || !isCSV {
		return models.Errorf(models.NotFound, "There is no such file: the market has ability.csv, cheapest.csv, spread.csv and moves.csv.")
	}
	snapshot := s.Catalog.Current()
	return s.sendCSV(c, snapshot.Version, "market-"+name+".csv", table(snapshot, moveDays(c)))
}

// marketData is the market page for programs. Prices are US dollars per million tokens at three
// read for one written.
type marketData struct {
	Recorded  string           `json:"recorded"` // the last day a price was written down
	Scores    string           `json:"scores_from"`
	ScoresDay string           `json:"scores_date"`
	Abilities []abilityData    `json:"ability_prices"`
	Cheapest  []map[string]any `json:"cheapest"`
	Spreads   []map[string]any `json:"spreads"`
	Moves     []changeRecord   `json:"moves"`
}

type abilityData struct {
	Name   string           `json:"name"`
	Score  float64          `json:"least_score"`
	Models int              `json:"models"`
	Steps  []map[string]any `json:"steps"`
}

// MarketJSON is all blocks of the market page.
func (s *Server) MarketJSON(c echo.Context) error {
	snapshot := s.Catalog.Current()
	days := moveDays(c)
	d := marketData{Recorded: snapshot.Recorded.Format(time.DateOnly), Moves: changeRecords(snapshot.Moves(snapshot.Recorded.AddDate(0, 0, -days), catalog.AnyDirection))}
	d.Scores, d.ScoresDay = snapshot.ScoresFrom()
	for _, l := range snapshot.AbilityPrices() {
		a := abilityData{Name: l.Name, Score: l.Score, Models: l.Models}
		for _, x := range l.Points {
			a.Steps = append(a.Steps, map[string]any{
				"date": x.At.Format(time.DateOnly), "model": x.Model, "name": x.Name, "provider": x.Provider, "source": x.Source,
				"input": x.In.PerMillionUSD(), "output": x.Out.PerMillionUSD(), "mix": x.Mix.PerMillionUSD(),
			})
		}
		d.Abilities = append(d.Abilities, a)
	}
	d.Cheapest = records(cheapestTable(snapshot, days))
	d.Spreads = records(spreadTable(snapshot, days))
	return s.sendJSON(c, snapshot.Version, d)
}

// records turns a table with a head into objects.
func records(table [][]string) []map[string]any {
	out := make([]map[string]any, 0, len(table))
	for _, row := range table[1:] {
		r := make(map[string]any, len(row))
		for i, name := range table[0] {
			r[name] = row[i]
		}
		out = append(out, r)
	}
	return out
}

func abilityTable(s *catalog.Snapshot, _ int) [][]string {
	rows := [][]string{{"ability", "least_score", "date", "model", "name", "provider", "input_usd", "output_usd", "mix_usd", "source"}}
	for _, l := range s.AbilityPrices() {
		for _, x := range l.Points {
			rows = append(rows, []string{
				l.Name, strconv.FormatFloat(l.Score, 'f', -1, 64), x.At.Format(time.DateOnly), x.Model, x.Name, x.Provider,
				x.In.PerMillionUSD(), x.Out.PerMillionUSD(), x.Mix.PerMillionUSD(), x.Source,
			})
		}
	}
	return rows
}

func cheapestTable(s *catalog.Snapshot, _ int) [][]string {
	rows := [][]string{{"ability", "models", "models_with_a_free_offer", "cheapest", "provider", "mix_usd", "median_mix_usd", "list"}}
	for _, a := range s.Abilities() {
		rows = append(rows, []string{
			a.Label, strconv.Itoa(a.Models), strconv.Itoa(a.Free), a.Cheapest.ID, a.Cheapest.Shown.Provider.Slug,
			a.Cheapest.Mix.PerMillionUSD(), a.Median.PerMillionUSD(), views.PathModels + a.Filter.Link(),
		})
	}
	return rows
}

func spreadTable(s *catalog.Snapshot, _ int) [][]string {
	rows := [][]string{{"model", "providers", "lowest_usd", "lowest_at", "median_usd", "highest_usd", "highest_at", "ratio"}}
	for _, x := range s.Spreads(spreadProviders) {
		rows = append(rows, []string{
			x.Entry.ID, strconv.Itoa(x.Providers), x.Least.PerMillionUSD(), x.Low.Provider.Slug, x.Mid.PerMillionUSD(),
			x.Most.PerMillionUSD(), x.High.Provider.Slug, strconv.FormatFloat(x.Ratio, 'f', 2, 64),
		})
	}
	return rows
}
