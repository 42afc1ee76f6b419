package web

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"bourse/app/catalog"
	"bourse/app/market"
	"bourse/models"
	"bourse/views"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
)

const (
	// rankedShown models are on the page; all are in its files.
	rankedShown = 100
	// sharesShown authors or providers are; the others are one line.
	sharesShown = 10
)

// rankMeasures, rankWindows and rankKinds are what a ranking can be asked for, by the names in its
// address. The first of the measures and kinds, and the week, are what nobody asked for.
var (
	rankMeasures = []struct {
		name, text string
		measure    market.Measure
	}{{"tokens", "Tokens", market.ByTokens}, {"spend", "Spend", market.BySpend}, {"accounts", "Paying accounts", market.ByAccounts}}
	rankWindows = []struct {
		name, text string
		window     int
	}{{"day", "24 hours", market.WindowDay}, {"week", "7 days", market.WindowWeek}, {"month", "30 days", market.WindowMonth}}
	rankKinds = []struct {
		name, text string
		traffic    models.Traffic
	}{{"paid", "Paid", models.TrafficPaid}, {"free", "Free", models.TrafficFree}, {"sandbox", "Demo and sandbox", models.TrafficSandbox}}
)

// rankings is one ranking of one view.
type rankings struct {
	view     *market.View
	snapshot *catalog.Snapshot
	measure  int // of rankMeasures
	window   int // of rankWindows
	kind     int // of rankKinds
	// asked: the window was chosen, and is kept although nothing is in it
	asked bool
}

// usage is what may be shown of what was used; nothing where nothing is counted.
func (s *Server) usage() *market.View {
	if s.Usage == nil {
		return &market.View{}
	}
	return s.Usage.View()
}

func (s *Server) rankings(c echo.Context) rankings {
	r := rankings{view: s.usage(), snapshot: s.Catalog.Current(), window: 1}
	by, view, traffic := c.QueryParam("by"), c.QueryParam("view"), c.QueryParam("traffic")
	for i, m := range rankMeasures {
		if m.name == by {
			r.measure = i
		}
	}
	for i, k := range rankKinds {
		if k.name == traffic {
			r.kind = i
		}
	}
	for i, w := range rankWindows {
		if w.name == view {
			r.window, r.asked = i, true
		}
	}
	if r.kind > 0 && rankMeasures[r.measure].measure == market.BySpend {
		r.measure = 0 // nothing real was spent
	}
	if !r.asked && r.view.Through.IsZero() {
		r.window = 0 // there is no whole day yet
	}
	return r
}

func (r rankings) current() *market.Window { return &r.view.Windows[rankWindows[r.window].window] }

func (r rankings) board() *market.Board { return r.current().Board(rankKinds[r.kind].traffic) }

func (r rankings) by() market.Measure { return rankMeasures[r.measure].measure }

// address is where a ranking stands, with the defaults left out. ext is "", ".csv" or ".json".
func (r rankings) address(ext string) string {
	q := url.Values{}
	if r.measure > 0 {
		q.Set("by", rankMeasures[r.measure].name)
	}
	if r.window != 1 || r.asked {
		q.Set("view", rankWindows[r.window].name)
	}
	if r.kind > 0 {
		q.Set("traffic", rankKinds[r.kind].name)
	}
	if len(q) == 0 {
		return views.PathRankings + ext
	}
	return views.PathRankings + ext + "?" + q.Encode()
}

// version is what makes a drawn ranking stale.
func (r rankings) version() string { return r.snapshot.Version + "/" + r.view.Version }

// Rankings is what people use here: models in order of tokens, of spend, or of paying accounts.
func (s *Server) Rankings(c echo.Context) error {
	r := s.rankings(c)
	return s.cached(c, r.address(""), r.version(), func() (templ.Component, error) {
		p := r.page()
		p.Shell = s.shell(c, "Rankings")
		p.Updated = s.recorded(r.snapshot)
		p.Path = r.address("")
		p.Description = "Which AI models are used most here: by tokens, by spend and by paying accounts, with the share of each author and provider."
		p.Canonical = s.Config.BaseURL + views.PathRankings
		return views.Rankings(p), nil
	})
}

func (r rankings) page() views.RankingsPage {
	b, w := r.board(), r.current()
	p := views.RankingsPage{
		Lead: r.lead(), Span: r.span(), Measure: measureWords(r.by()), How: r.how(), KindNote: kindNotes[rankKinds[r.kind].traffic],
		CSV: r.address(".csv"), JSON: r.address(".json"), Daily: pathDaily,
	}
	if l := r.view.Least; l > 0 && l < usageFew {
		p.Small = "This installation shows figures that as few as " + views.Plural(l, "account stands", "accounts stand") +
			" behind. Who knows who uses it may read a single customer's use from them."
	}
	r.fillChoices(&p)
	if w.To.IsZero() || len(b.Rows)+b.Hidden == 0 {
		r.fillEmpty(&p)
		return p
	}
	p.Left = leftOut(b, r.view.Least)
	if b.Other != nil {
		p.Others = "Together the models left out made " + r.figure(b.Other.Value(r.by())) + "; the shares count them in."
	}
	if len(b.Rows) == 0 && b.Other == nil {
		p.Empty = "Too few accounts to show"
		return p
	}
	p.Weeks = rankKinds[r.kind].traffic != models.TrafficSandbox // of which no weeks are told
	r.fillTotals(&p)
	p.Chart = r.chart()
	r.fillRows(&p)
	p.Authors = r.shares(b.Authors, b.OtherAuthors, r.author)
	p.Providers = r.shares(b.Providers, b.OtherProviders, r.provider)
	return p
}

// usageFew: fewer accounts than these behind a figure are worth a warning.
const usageFew = 5

var kindNotes = map[models.Traffic]string{
	models.TrafficFree:    "Free: calls of offers that cost nothing. Nobody paid for them, so they are counted apart.",
	models.TrafficSandbox: "Not real use: the demo, models on the operator's own machine, and calls that sandbox credit was allowed to pay for. None of it is counted anywhere else.",
}

func (r rankings) lead() string {
	if r.view.Through.IsZero() {
		return "What people use here, counted from settled calls. No whole day has been counted yet."
	}
	return "What people use here, counted from settled calls. Data through " + views.Date(r.view.Through.Add(-time.Second)) + " (UTC)."
}

// span says which time is looked at.
func (r rankings) span() string {
	w := r.current()
	if w.To.IsZero() {
		return ""
	}
	if r.window == 0 {
		return "the 24 hours until " + w.To.UTC().Format("15:04") + " UTC, the present one as far as it has come"
	}
	return views.Date(w.From) + " to " + views.Date(w.To.Add(-time.Second)) + ", whole days UTC"
}

func (r rankings) fillChoices(p *views.RankingsPage) {
	chip := func(text string, on bool, to rankings) views.Chip {
		return views.Chip{Text: text, On: on, Href: to.address("")}
	}
	for i, m := range rankMeasures {
		if m.measure == market.BySpend && r.kind > 0 {
			continue
		}
		to, text := r, m.text
		if to.measure = i; m.measure == market.ByAccounts && r.kind > 0 {
			text = "Accounts"
		}
		p.Measures = append(p.Measures, chip(text, i == r.measure, to))
		head := views.SortLink{Href: to.address("")}
		if i == r.measure {
			head.Sort = "descending"
		}
		*[]*views.SortLink{&p.Heads.Tokens, &p.Heads.Spend, &p.Heads.Accounts}[m.measure] = head
	}
	for i, w := range rankWindows {
		to := r
		to.window, to.asked = i, i != 1 || r.view.Through.IsZero()
		p.Windows = append(p.Windows, chip(w.text, i == r.window, to))
	}
	for i, k := range rankKinds {
		to := r
		to.kind = i
		p.Kinds = append(p.Kinds, chip(k.text, i == r.kind, to))
	}
}

// fillEmpty says that nothing was used, and where something was.
func (r rankings) fillEmpty(p *views.RankingsPage) {
	switch p.Empty = "Nothing was used in this time"; {
	case r.current().To.IsZero() && r.window > 0:
		p.Empty, p.Left = "No whole day has been counted yet", "A day is counted when it has ended in UTC and every call of it is settled. The last 24 hours are counted as they come."
	case r.kind == 0:
		p.Left = "No call to a provider that is paid for has been settled. Calls of the demo and of free models are counted apart."
	default:
		p.Left = "No call of this kind has been settled."
	}
	for window := range rankWindows {
		for kind := range rankKinds {
			to := r
			to.window, to.kind, to.asked, to.measure = window, kind, true, 0
			if b := to.board(); len(b.Rows)+b.Hidden > 0 {
				p.Back = views.Link{Href: to.address(""), Text: "Show what there is: " + strings.ToLower(rankKinds[kind].text) + ", " + strings.ToLower(rankWindows[window].text)}
				return
			}
		}
	}
}

// leftOut says how many models are not shown, and why.
func leftOut(b *market.Board, least int64) string {
	if b.Hidden == 0 {
		return ""
	}
	text := views.Plural(int64(b.Hidden), "model has", "models have") + " too few accounts to show: fewer than " + views.Count(least) + ", or one that made nearly all of it."
	if b.Other == nil {
		text += " Nothing of it is in the totals or shares."
	}
	return text
}

func (r rankings) fillTotals(p *views.RankingsPage) {
	b := r.board()
	t := b.Total()
	p.Totals = append(p.Totals, views.Fact{Label: "Tokens", Value: views.Tokens(t.Tokens), Title: views.Count(t.Tokens) + " read and written"})
	if r.kind == 0 {
		p.Totals = append(p.Totals, views.Fact{Label: "Spend", Value: views.Money(int64(t.Spend)), Title: "at the providers' lists, without the fee"})
	}
	p.Totals = append(p.Totals,
		views.Fact{Label: "Requests", Value: views.Tokens(t.Requests)},
		views.Fact{Label: "Models shown", Value: strconv.Itoa(len(b.Rows))},
		views.Fact{Label: "Models left out", Value: strconv.Itoa(b.Hidden)})
	if n := b.Effective(r.by()); n > 0 {
		p.Totals = append(p.Totals, views.Fact{Label: "Effective number of models", Value: strconv.FormatFloat(n, 'f', 1, 64),
			Title: "So many models of the same size would be as concentrated, by " + measureWords(r.by()) + ": one divided by the sum of the squares of the shares"})
	}
}

// figure writes a value of the measure that the ranking is by.
func (r rankings) figure(v int64) string { return rankFigure(r.by(), v) }

func rankFigure(m market.Measure, v int64) string {
	switch m {
	case market.BySpend:
		return views.Money(v)
	case market.ByAccounts:
		return views.Count(v)
	}
	return views.Tokens(v)
}

func measureWords(m market.Measure) string {
	return [...]string{"tokens", "spend", "accounts"}[m]
}
