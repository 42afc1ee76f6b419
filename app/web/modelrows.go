package web

import (
	"math"
	"strconv"
	"sync"

	"bourse/app/catalog"
	"bourse/models"
	"bourse/views"
)

const (
	// rowsMax bounds the rows that are kept: about a kilobyte each.
	rowsMax = 4096
	// The logarithmic bar under a price reaches from one cent to a hundred dollars per million.
	barLeastRate = 10_000
	barDecades   = 4
	// changeLeast percent is the smallest move of a price worth a number.
	changeLeast = 0.05
)

// rowKey is everything that a row of the list depends on, marks aside.
type rowKey struct {
	entry *catalog.Entry
	shown *catalog.Offer
	mix   catalog.Mix
	blend catalog.Blend
	cards bool
	spark sparkKind
}

// rowCache keeps drawn rows of one snapshot. The zero value is ready to use.
type rowCache struct {
	mu       sync.RWMutex
	snapshot *catalog.Snapshot
	drawn    map[rowKey]string
}

func (c *rowCache) get(s *catalog.Snapshot, key rowKey) string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.snapshot != s {
		return ""
	}
	return c.drawn[key]
}

func (c *rowCache) put(s *catalog.Snapshot, key rowKey, row string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.snapshot != s || len(c.drawn) >= rowsMax {
		c.snapshot, c.drawn = s, map[rowKey]string{}
	}
	c.drawn[key] = row
}

// lowest holds the lowest price of each column that is not zero, among the rows shown.
type lowest struct{ in, out, mix models.Rate }

func lowestOf(rows []catalog.Row) lowest {
	var l lowest
	if len(rows) < 2 {
		return l // one row is the lowest of nothing
	}
	take := func(best *models.Rate, r models.Rate) {
		if r > 0 && (*best == 0 || r < *best) {
			*best = r
		}
	}
	for _, r := range rows {
		in, out, mix := rowRates(r)
		take(&l.in, in)
		take(&l.out, out)
		take(&l.mix, mix)
	}
	return l
}

// rowRates are the three rates of a row, zero where there is none.
func rowRates(r catalog.Row) (in, out, mix models.Rate) {
	if r.Shown == nil {
		return 0, 0, 0
	}
	in, _ = r.Shown.Input()
	out, _ = r.Shown.Output()
	if r.HasMix {
		mix = r.Mix
	}
	return in, out, mix
}

// any reports whether a price of the row is the lowest of its column, ties included.
func (l lowest) any(r catalog.Row) bool {
	in, out, mix := rowRates(r)
	return is(in, l.in) || is(out, l.out) || is(mix, l.mix)
}

// mark puts the highlighter on the prices that are the lowest of their columns.
func (l lowest) mark(row *views.ModelRow, r catalog.Row) {
	in, out, mix := rowRates(r)
	row.Input.Best, row.Output.Best, row.Mix.Best = is(in, l.in), is(out, l.out), is(mix, l.mix)
}

func is(r, best models.Rate) bool { return r > 0 && r == best }

func (l modelsList) modelRow(r catalog.Row) views.ModelRow {
	row := views.ModelRow{
		ID: r.ID, Author: r.Author, Name: r.Name, Callable: r.Callable, Demo: isDemo(r.Entry),
		Context: views.Context(r.ContextLength), Providers: strconv.Itoa(r.Entry.Providers),
		Released: views.Day(r.Created), HasUse: l.snapshot.Used,
	}
	switch l.sparks() {
	case priceSpark:
		row.HasSpark, row.Spark = true, l.spark(r.Entry)
	case weeksSpark:
		row.HasWeeks, row.Weeks = true, weekBars(r.Use.Weeks)
	}
	if row.HasUse {
		row.Use, row.UseIn = useText(r.Entry)
	}
	if l.filter.Format == catalog.FormatCards {
		row.Description, row.AuthorName = r.Description, r.AuthorName
		row.Median = l.median(r.Entry)
	}
	if r.ContextLength > 0 {
		row.ContextIn = views.Count(r.ContextLength) + " tokens"
	}
	for _, m := range r.InputModalities {
		if m != "text" && m != "embeddings" {
			row.Accepts = append(row.Accepts, m)
		}
	}
	if r.Type != "chat" {
		row.Kind = r.Type
	}
	row.Input, row.Output, row.Mix = rowPrices(r)
	if r.HasChange && math.Abs(r.Change30) >= changeLeast {
		row.Up = r.Change30 > 0
		row.Change = strconv.FormatFloat(math.Abs(r.Change30), 'f', 1, 64) + "%"
	}
	return row
}

// rowPrices are the three prices of a row: those of the offer that is shown.
func rowPrices(r catalog.Row) (in, out, mix views.Figure) {
	none := views.Figure{Text: "—", Title: "no price is known"}
	if r.Shown == nil {
		return none, none, none
	}
	at := "at " + r.Shown.Provider.Name
	rate, hasIn := r.Shown.Input()
	if in = none; hasIn {
		in = priceFigure(rate, at)
	}
	rate, hasOut := r.Shown.Output()
	if out = none; hasOut {
		out = priceFigure(rate, at)
	}
	if mix = none; r.HasMix {
		mix = priceFigure(r.Mix, at)
		mix.Share = 0
	}
	if hasIn || hasOut {
		return in, out, mix
	}
	if unit, rate, ok := r.Shown.Headline(); ok {
		in = views.Figure{Text: unitPrice(unit, rate), Unit: "/ " + unitWord(unit), Title: at}
		out, mix = views.Figure{}, views.Figure{}
	}
	return in, out, mix
}

func priceFigure(rate models.Rate, title string) views.Figure {
	return views.Figure{Text: views.Price(int64(rate)), Title: title, Share: barShare(rate)}
}

// barShare is the length of the bar under a price, on a logarithmic scale.
func barShare(rate models.Rate) float64 {
	if rate <= 0 {
		return 0
	}
	share := math.Log10(float64(rate)/barLeastRate) / barDecades
	return min(max(share, 0.03), 1)
}

// useText is how much of a model was used in seven days, and more about it.
func useText(e *catalog.Entry) (text, title string) {
	switch {
	case e.Use.Tokens > 0:
		return views.Tokens(e.Use.Tokens), ""
	case e.Use.Tokens < 0:
		return "few", "too few accounts to show"
	}
	return "—", ""
}
