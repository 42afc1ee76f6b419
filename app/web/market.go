package web

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"bourse/app/catalog"
	"bourse/models"
	"bourse/views"
	"bourse/views/ui"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
)

const (
	spreadsShown = 14
	movesShown   = 8
	// spreadProviders: two providers may differ by chance, four are a market.
	spreadProviders = 4
	daysPerMonth    = 365.25 / 12
)

// moveSpans are the days that the biggest moves are looked for in; the first is what nobody asked for.
var moveSpans = []struct {
	days int
	text string
}{{90, "90 days"}, {30, "30 days"}, {365, "A year"}}

// Market is what the price list says when it is read as a whole.
func (s *Server) Market(c echo.Context) error {
	snapshot := s.Catalog.Current()
	days := moveDays(c)
	address := views.PathMarket
	if days != moveSpans[0].days {
		address += "?days=" + strconv.Itoa(days)
	}
	return s.cached(c, address, snapshot.Version, func() (templ.Component, error) {
		p := marketPage(snapshot, days)
		p.Shell = s.shell(c, "Market")
		p.Updated = s.recorded(snapshot)
		p.Path = address
		p.Description = "How the price of what AI models can do fell, how far providers of one model differ, and what moved most, with every figure to take away."
		p.Canonical = s.Config.BaseURL + views.PathMarket
		return views.Market(p), nil
	})
}

func moveDays(c echo.Context) int {
	days, _ := strconv.Atoi(c.QueryParam("days")) // anything else is none of the spans
	for _, span := range moveSpans {
		if span.days == days {
			return days
		}
	}
	return moveSpans[0].days
}

func marketPage(s *catalog.Snapshot, days int) views.MarketPage {
	p := views.MarketPage{CheapHow: cheapestHow, MovesHow: movesHow}
	fillAbilities(&p, s)
	for _, a := range s.Abilities() {
		p.Cheapest = append(p.Cheapest, abilityRow(a))
	}
	fillSpreads(&p, s)
	since := s.Recorded.AddDate(0, 0, -days)
	p.MovesNote = "recorded since " + views.Date(since) + ", the largest change of each model"
	p.Cuts, p.Rises = moveRows(s.Moves(since, catalog.Down)), moveRows(s.Moves(since, catalog.Up))
	for _, span := range moveSpans {
		href := views.PathMarket
		if span.days != moveSpans[0].days {
			href += "?days=" + strconv.Itoa(span.days)
		}
		p.Spans = append(p.Spans, views.Chip{Text: span.text, Href: href + "#moves", On: span.days == days})
	}
	slices.SortStableFunc(p.Spans, func(a, b views.Chip) int { return len(a.Text) - len(b.Text) })
	return p
}

func fillAbilities(p *views.MarketPage, s *catalog.Snapshot) {
	url, day := s.ScoresFrom()
	p.StepsHow = "A model is as good as another when it scores at least as high in the LMArena text ranking (" +
		strings.TrimPrefix(url, "https://") + ", scores of " + views.Day(day) + "). Every recorded price of such a model counts from the day it was recorded, " +
		"beside price points of the years before anybody kept lists; offers that cost nothing and known mistakes of the sources are left out. " +
		"The price is that of a token when three are read for each one written. The line never rises: it shows how cheaply the ability had been offered by then, not what every model cost."
	levels := s.AbilityPrices()
	if len(levels) == 0 {
		p.Lead = "What the price list says when it is read as a whole."
		return
	}
	chart := ui.StepChart{
		Title: "Lowest price of an ability", From: levels[0].Points[0].At, To: s.Recorded, Log: true,
		Format: func(v int64) string { return views.Price(v) },
	}
	for _, l := range levels {
		line := ui.StepSeries{Name: l.Name}
		for _, x := range l.Points {
			line.Points = append(line.Points, ui.StepPoint{At: x.At, Value: int64(x.Mix)})
			p.Steps = append(p.Steps, abilityStep(l.Name, x))
			if x.At.Before(chart.From) {
				chart.From = x.At
			}
		}
		chart.Series = append(chart.Series, line)
		stat, words := levelStat(l)
		p.Levels = append(p.Levels, stat)
		chart.Desc += words + " "
	}
	p.Lead = levelLead(levels[0])
	p.Wide, p.Small = chart, chart
	p.Wide.ID, p.Wide.Width, p.Wide.Height = "ability-wide", wideChart, wideHeight
	p.Small.ID, p.Small.Width, p.Small.Height, p.Small.Legend = "ability-small", smallChart, smallHeight, true
}

// levelLead is the page in two sentences.
func levelLead(l catalog.AbilityLevel) string {
	first := l.Points[0]
	lead := "What GPT-4 could do cost " + views.Price(int64(first.Mix)) + " per million tokens in " + first.At.Format("January 2006") + "."
	if l.Now == nil {
		return lead
	}
	return lead + " The cheapest model that scores as high, " + l.Now.Name + " at " + l.Now.Provider + ", costs " +
		views.Price(int64(l.Now.Mix)) + ": one part in " + views.Count(fold(first.Mix, l.Now.Mix)) + "."
}

func fold(from, to models.Rate) int64 { return int64(math.Round(float64(from) / float64(to))) }

// levelStat is a level's fall in a few words, and as a sentence.
func levelStat(l catalog.AbilityLevel) (views.Stat, string) {
	first, last := l.Points[0], l.Points[len(l.Points)-1]
	stat := views.Stat{Label: l.Name, Value: views.Price(int64(first.Mix)) + " → " + views.Price(int64(last.Mix))}
	months := last.At.Sub(first.At).Hours() / 24 / daysPerMonth
	if last.Mix < first.Mix && months > 1 {
		half := months / math.Log2(float64(first.Mix)/float64(last.Mix))
		stat.Note = "÷ " + views.Count(fold(first.Mix, last.Mix)) + " in " + strconv.Itoa(int(math.Round(months))) +
			" months; halved every " + strconv.FormatFloat(half, 'f', 1, 64) + " months. "
	}
	stat.Note += views.Plural(int64(l.Models), "model scores", "models score") + " as high."
	return stat, l.Name + ": from " + views.Price(int64(first.Mix)) + " in " + first.At.Format("January 2006") + " to " +
		views.Price(int64(last.Mix)) + " in " + last.At.Format("January 2006") + "."
}

func abilityStep(level string, x catalog.AbilityPoint) views.AbilityStep {
	step := views.AbilityStep{
		Level: level, Day: views.Date(x.At), ISO: x.At.Format(time.DateOnly), Model: x.Name, Provider: x.Provider,
		Input: views.Price(int64(x.In)), Output: views.Price(int64(x.Out)), Mix: views.Price(int64(x.Mix)), Source: x.Source,
	}
	if x.Listed {
		step.Href = views.ModelHref(x.Model)
	}
	if strings.HasPrefix(x.Source, "https://") {
		step.SourceTo = x.Source
		step.Source, _, _ = strings.Cut(strings.TrimPrefix(x.Source, "https://"), "/")
	}
	return step
}

const cheapestHow = "Of the models that have the ability, as recorded, the one whose cheapest offer has the lowest price that is not zero, when three tokens are read for each one written. The median is that of the models' cheapest offers. The demo and models on this machine are left out."

func abilityRow(a catalog.Ability) views.AbilityRow {
	row := views.AbilityRow{
		Label: a.Label, Href: views.PathModels + a.Filter.Link(), Models: views.Count(int64(a.Models)), Free: "–",
		Model: a.Cheapest.Name, ModelTo: views.ModelHref(a.Cheapest.ID), Author: a.Cheapest.Author, Provider: offerName(a.Cheapest.Shown),
		Low: priceFigure(a.Cheapest.Mix, "at "+a.Cheapest.Shown.Provider.Name), Median: views.Price(int64(a.Median)),
	}
	if a.Free > 0 {
		row.Free = strconv.Itoa(a.Free)
	}
	return row
}

const spreadHow = "Every chat model that at least four providers sell by the token. Each provider counts once, with its cheapest offer that costs something, at three tokens read for each one written. Offers may differ in precision, context and speed: the model's page shows them side by side."

func fillSpreads(p *views.MarketPage, s *catalog.Snapshot) {
	list := s.Spreads(spreadProviders)
	p.SpreadHow = spreadHow
	if len(list) == 0 {
		p.SpreadLead = "no model is sold by so many"
		return
	}
	ratios := make([]float64, 0, len(list))
	for _, x := range list {
		ratios = append(ratios, x.Ratio)
	}
	slices.Sort(ratios)
	mid := (ratios[(len(ratios)-1)/2] + ratios[len(ratios)/2]) / 2
	p.SpreadLead = views.Plural(int64(len(list)), "model is", "models are") + " sold by four providers or more; of half of them the dearest asks at least " +
		strconv.FormatFloat(mid, 'f', 1, 64) + " times the price of the cheapest"
	for _, x := range list[:min(len(list), spreadsShown)] {
		p.Spreads = append(p.Spreads, spreadRow(x))
	}
}

func spreadRow(x catalog.Spread) views.SpreadRow {
	figure := func(r models.Rate, title string) views.Figure {
		return views.Figure{Text: views.Price(int64(r)), Title: title}
	}
	row := views.SpreadRow{
		ID: x.Entry.ID, Author: x.Entry.Author, Name: x.Entry.Name, Providers: strconv.Itoa(x.Providers),
		Low: figure(x.Least, "at "+x.Low.Provider.Name), Mid: figure(x.Mid, "median of the providers"), High: figure(x.Most, "at "+x.High.Provider.Name),
		Ratio: "× " + strconv.FormatFloat(x.Ratio, 'f', 1, 64),
		Words: "from " + views.Price(int64(x.Least)) + " at " + x.Low.Provider.Name + " to " + views.Price(int64(x.Most)) + " at " + x.High.Provider.Name,
		Line:  "M" + spreadAt(x.Least) + " 6H" + spreadAt(x.Most),
	}
	row.Low.Best = true
	for _, r := range x.Rates {
		row.Ticks += "M" + spreadAt(r) + " 1V11"
	}
	return row
}

// spreadAt is where a price stands on a line that begins at one cent and has 60 units for each
// power of ten.
func spreadAt(r models.Rate) string {
	at := 60 * math.Log10(float64(r)/barLeastRate)
	return strconv.FormatFloat(min(max(at, 1), 183), 'f', 0, 64)
}

const movesHow = "Recorded changes of the prices of chat models, at three tokens read for each one written. Left out are changes that were undone within two weeks, that two sources told apart, or that somebody doubted. A move counts by its factor: a fall by half is as large as a doubling. Of each model the largest is shown."

func moveRows(list []catalog.Change) []views.MoveRow {
	var out []views.MoveRow
	for _, c := range list[:min(len(list), movesShown)] {
		before, after, ok := c.Mixes()
		if !ok {
			continue
		}
		row := views.MoveRow{
			ID: c.Entry.ID, Author: c.Entry.Author, Name: c.Entry.Name, Provider: offerName(c.Offer),
			Before: views.Price(int64(before)), After: views.Price(int64(after)), Percent: against(c.Percent),
			Day: c.At().Format("2 Jan 2006"), ISO: c.At().Format(time.DateOnly),
		}
		out = append(out, row)
	}
	return out
}
