package web

import (
	"strconv"
	"time"

	"bourse/app/market"
	"bourse/models"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

// pathDaily is where programs find the figures of single days.
const pathDaily = "/api/v1/datasets/rankings-daily"

// how says how the ranking is made, a paragraph for each matter.
func (r rankings) how() []string {
	least := views.Count(max(r.view.Least, 1))
	lines := []string{
		"Method " + market.Method + ". Every settled call counts on the UTC day on which it began, with the tokens that it was charged for; what was refused or failed does not. " +
			"Spend is what the provider's list comes to, without the fee of this site, also where a customer pays the provider. Tokens of different makers' tokenizers are not the same length of text: compare them with care.",
		"Paid use, free use, and the demo with the sandbox are three rankings that are never added up. A free model cannot lead the paid ones.",
	}
	if r.view.Least <= 1 {
		lines = append(lines, "The operator of this installation shows every figure, also those of a single account.")
	} else {
		lines = append(lines, "A model is shown when at least "+least+" accounts used it in the window and none of them made more than 90% of it. "+
			"The others are left out; their sum is told only where at least "+least+" accounts stand behind it. Shares of authors and providers are of the models shown, so that nothing left out can be worked out from them. "+
			"All sums are rounded to three digits, and how much the largest account made is told in quarters only.")
	}
	return append(lines, "The effective number of models is one divided by the sum of the squares of their shares. The change of rank is against the window of the same length before; \"new\" was not shown there. "+
		"Whole days are final an hour after they end, when no call of theirs runs any more.")
}

// rankTable is all of a ranking as a table.
func (r rankings) table() [][]string {
	rows := [][]string{{"rank", "rank_before", "model", "name", "author", "tokens", "spend_usd", "accounts", "requests", "share_percent", "largest_account", "traffic", "from", "to", "method"}}
	whole, b, w := r.whole(), r.board(), r.current()
	for i, x := range b.Ranked(r.by()) {
		name, before := x.Model, ""
		if e := r.snapshot.Model(x.Model); e != nil {
			name = e.Name
		}
		if n := x.Before[r.by()]; n > 0 {
			before = strconv.Itoa(n)
		}
		rows = append(rows, []string{strconv.Itoa(i + 1), before, x.Model, name, authorOf(x.Model), strconv.FormatInt(x.Tokens, 10), x.Spend.Number(),
			strconv.FormatInt(x.Accounts, 10), strconv.FormatInt(x.Requests, 10), strconv.FormatFloat(100*float64(x.Value(r.by()))/whole, 'f', 2, 64),
			quarterWords[x.Largest[r.largestBy()]], string(rankKinds[r.kind].traffic), w.From.Format(time.RFC3339), w.To.UTC().Format(time.RFC3339), market.Method})
	}
	return rows
}

// RankingsCSV is a ranking as a table.
func (s *Server) RankingsCSV(c echo.Context) error {
	r := s.rankings(c)
	return s.sendCSV(c, r.version(), "rankings-"+rankKinds[r.kind].name+"-"+rankWindows[r.window].name+".csv", r.table())
}

// rankingData is a ranking for programs.
type rankingData struct {
	Method   string           `json:"method"`
	Traffic  models.Traffic   `json:"traffic"`
	By       string           `json:"by"`
	From     *time.Time       `json:"from"` // nil where nothing has been counted
	To       *time.Time       `json:"to"`
	Through  string           `json:"data_through,omitempty"` // the last whole day that is counted
	Least    int64            `json:"least_accounts"`
	Hidden   int              `json:"models_left_out"`
	Other    *sumData         `json:"left_out_together"` // nil where too few accounts stand behind it
	Total    sumData          `json:"total"`
	Number   float64          `json:"effective_number_of_models"`
	Models   []map[string]any `json:"models"`
	Authors  []partData       `json:"authors"`
	Provider []partData       `json:"providers"`
}

type sumData struct {
	Tokens   int64         `json:"tokens"`
	Spend    models.Amount `json:"spend_usd"`
	Requests int64         `json:"requests"`
	Accounts int64         `json:"accounts,omitempty"`
}

type partData struct {
	Name string `json:"name"`
	sumData
}

func sumOf(s market.Sum) sumData { return sumData{s.Tokens, s.Spend, s.Requests, s.Accounts} }

// RankingsJSON is all of a ranking, with the shares of authors and providers.
func (s *Server) RankingsJSON(c echo.Context) error {
	r := s.rankings(c)
	b, w := r.board(), r.current()
	d := rankingData{Method: market.Method, Traffic: rankKinds[r.kind].traffic, By: measureWords(r.by()), Least: r.view.Least, Hidden: b.Hidden,
		Total: sumOf(b.Total()), Number: b.Effective(r.by()), Models: records(r.table()), Authors: partsOf(b.Authors, b.OtherAuthors), Provider: partsOf(b.Providers, b.OtherProviders)}
	if !w.To.IsZero() {
		d.From, d.To = &w.From, &w.To
	}
	if !r.view.Through.IsZero() {
		d.Through = r.view.Through.Add(-time.Second).Format(time.DateOnly)
	}
	if b.Other != nil {
		sum := sumOf(*b.Other)
		d.Other = &sum
	}
	return s.sendJSON(c, r.version(), d)
}

func partsOf(parts []market.Part, rest *market.Part) []partData {
	out := make([]partData, 0, len(parts)+1)
	for _, p := range parts {
		out = append(out, partData{p.Name, sumOf(p.Sum)})
	}
	if rest != nil {
		out = append(out, partData{"others", sumOf(rest.Sum)})
	}
	return out
}
