package web

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"bourse/app/catalog"
	"bourse/models"
	"bourse/views"
	"bourse/views/ui"

	"github.com/labstack/echo/v4"
)

const (
	historyLines = 5 // offers drawn
)

// Sizes of the chart: one for screens, one for phones, since a scaled one cannot be read there.
const (
	wideChart, wideHeight   = 960, 300
	smallChart, smallHeight = 360, 240
)

// modelHistory is what the price history of a model page is drawn from.
type modelHistory struct {
	snapshot *catalog.Snapshot
	entry    *catalog.Entry
	days     int // 0 = all
	unit     models.Unit
	given    bool       // the reader chose
	rest     url.Values // what else the reader chose on the page
}

// chosen is what the reader chose of the history, as parameters.
func (h modelHistory) chosen() url.Values {
	if !h.given {
		return nil
	}
	return url.Values{"unit": {string(h.unit)}, "days": {spanName(h.days)}}
}

var historySpans = []int{30, 180, 0}

func historyOf(c echo.Context, snapshot *catalog.Snapshot, e *catalog.Entry) modelHistory {
	h := modelHistory{snapshot: snapshot, entry: e, days: 180, unit: models.UnitOutput}
	switch days := c.QueryParam("days"); days {
	case "30", "180":
		h.days, _ = strconv.Atoi(days)
		h.given = true
	case "all":
		h.days, h.given = 0, true
	}
	switch unit := models.Unit(c.QueryParam("unit")); unit {
	case models.UnitInput, models.UnitCacheRead:
		h.unit = unit
	}
	if !slices.Contains(h.units(), h.unit) && len(h.units()) > 0 {
		h.unit = h.units()[0]
	}
	if !h.given && h.count(h.from()) == 0 {
		h.days = 0 // nothing happened lately: show what did
	}
	return h
}

// query is the part of the address that tells this view of the history from others.
func (h modelHistory) query() string {
	return "?unit=" + string(h.unit) + "&days=" + spanName(h.days)
}

func spanName(days int) string {
	if days == 0 {
		return "all"
	}
	return strconv.Itoa(days)
}

// units are those that the offers have prices of, output first.
func (h modelHistory) units() []models.Unit {
	var out []models.Unit
	for _, u := range []models.Unit{models.UnitOutput, models.UnitInput, models.UnitCacheRead} {
		if slices.ContainsFunc(h.entry.Endpoints, func(o *catalog.Offer) bool { _, ok := o.Rate(u); return ok }) {
			out = append(out, u)
		}
	}
	return out
}

// end is until when prices are known: that of the last record, or now where the offers are our own.
func (h modelHistory) end() time.Time {
	if h.entry.Provided(kindDemo) || h.entry.Provided(kindLocal) {
		return h.snapshot.At
	}
	return h.snapshot.Recorded
}

func (h modelHistory) from() time.Time {
	if h.days > 0 {
		return h.end().AddDate(0, 0, -h.days)
	}
	first := h.end()
	list := h.snapshot.History(h.entry.ID)
	for i := range list {
		if list[i].EffectiveFrom.Before(first) && !catalog.Misleading(list[i]) {
			first = list[i].EffectiveFrom
		}
	}
	return first
}

// recordedPrice is one price of one offer with the moment from which it held.
type recordedPrice struct {
	at    time.Time
	offer *catalog.Offer
	rate  models.Rate
}

// count is how many changes of price the span holds.
func (h modelHistory) count(from time.Time) int {
	n := 0
	for _, o := range h.entry.Endpoints {
		n += max(0, len(h.snapshot.OfferSteps(h.entry.ID, o.Tag, h.unit, from))-1)
	}
	return n
}

func (h modelHistory) fill(p *views.ModelPage) {
	if len(h.units()) == 0 {
		p.NoHistory = "No history of prices per token."
		return
	}
	from := h.from()
	extremes, changes, drawn, series := h.lines(from)
	if len(extremes) == 0 {
		p.NoHistory = "No earlier prices are recorded."
		return
	}
	if h.days == 0 && changes == 0 {
		p.NoHistory = "Prices recorded since " + views.Date(from) + ": no change yet."
		return
	}
	chart := ui.StepChart{
		Title:  "Price of " + string(h.unit) + " tokens of " + h.entry.Name,
		Desc:   chartWords(h, series, from, changes),
		From:   from,
		To:     h.end(),
		Series: series,
		Format: func(v int64) string { return axisPrice(v) },
	}
	wide, small := chart, chart
	wide.ID, wide.Width, wide.Height = "chart-wide", wideChart, wideHeight
	small.ID, small.Width, small.Height, small.Legend = "chart-small", smallChart, smallHeight, true
	p.History = &views.PriceHistory{
		Unit: unitTitle(h.unit) + ", $ per 1M tokens, " + spanWords(h.days, from),
		Wide: wide, Small: small, Stats: h.stats(from, extremes, changes), Changes: h.changes(),
	}
	h.switches(p.History)
	if drawn < len(h.entry.Endpoints) && len(series) == historyLines {
		p.History.Note = "Drawn are the " + strconv.Itoa(drawn) + " cheapest offers; the figures beside it count all. A price is dated by the day a source recorded it."
	} else {
		p.History.Note = "A price is dated by the day a source recorded it."
	}
}

// lines are the lines to draw, offers whose prices went the same way sharing one, and how many
// offers that are; beside them the lowest and highest price of each offer and all changes.
func (h modelHistory) lines(from time.Time) (extremes []recordedPrice, changes, drawn int, series []ui.StepSeries) {
	var paths [][]catalog.Step
	var shared []int
	for _, o := range h.entry.Endpoints {
		steps := h.snapshot.OfferSteps(h.entry.ID, o.Tag, h.unit, from)
		if len(steps) == 0 {
			continue
		}
		changes += len(steps) - 1
		extremes = append(extremes, extremesOf(o, steps)...)
		if i := slices.IndexFunc(paths, func(other []catalog.Step) bool { return slices.Equal(other, steps) }); i >= 0 {
			shared[i]++
			drawn++
			continue
		}
		if len(series) < historyLines {
			paths, shared = append(paths, steps), append(shared, 0)
			series = append(series, lineOf(o, steps))
			drawn++
		}
	}
	for i, n := range shared {
		if n > 0 {
			series[i].Name += " and " + strconv.Itoa(n) + " more"
		}
	}
	return extremes, changes, drawn, series
}

// extremesOf are the lowest and the highest price of an offer that is not zero, the later one where
// two are equal, and its last when there is no other.
func extremesOf(o *catalog.Offer, steps []catalog.Step) []recordedPrice {
	var low, high catalog.Step
	for _, s := range steps {
		if s.Rate > 0 && (low.Rate == 0 || s.Rate <= low.Rate) {
			low = s
		}
		if s.Rate > 0 && s.Rate >= high.Rate {
			high = s
		}
	}
	if low.Rate == 0 {
		last := steps[len(steps)-1]
		return []recordedPrice{{last.At, o, last.Rate}}
	}
	return []recordedPrice{{low.At, o, low.Rate}, {high.At, o, high.Rate}}
}

// thinAbove this many steps no chart can show them all.
const thinAbove = 4000

// thin leaves of a very long line, in each of a thousand slices, the lowest, the highest and the
// last step: no extreme is lost.
func thin(steps []catalog.Step) []catalog.Step {
	if len(steps) <= thinAbove {
		return steps
	}
	out := make([]catalog.Step, 0, thinAbove)
	size := len(steps)/(thinAbove/4) + 1
	for part := range slices.Chunk(steps, size) {
		low, high, last := 0, 0, len(part)-1
		for i, s := range part {
			if s.Rate < part[low].Rate {
				low = i
			}
			if s.Rate > part[high].Rate {
				high = i
			}
		}
		for i, at := range []int{min(low, high), max(low, high), last} {
			if i == 0 || part[at].At.After(out[len(out)-1].At) {
				out = append(out, part[at])
			}
		}
	}
	return out
}

func lineOf(o *catalog.Offer, steps []catalog.Step) ui.StepSeries {
	steps = thin(steps)
	s := ui.StepSeries{Name: offerName(o), Points: make([]ui.StepPoint, 0, len(steps))}
	for _, st := range steps {
		s.Points = append(s.Points, ui.StepPoint{At: st.At, Value: int64(st.Rate)})
	}
	return s
}

// axisPrice writes zero as a figure: "Free" is a word for offers, not for an axis.
func axisPrice(v int64) string {
	if v == 0 {
		return "$0"
	}
	return views.Price(v)
}

func unitTitle(u models.Unit) string {
	switch u {
	case models.UnitInput:
		return "Input"
	case models.UnitCacheRead:
		return "Cache read"
	}
	return "Output"
}

func spanWords(days int, from time.Time) string {
	if days == 0 {
		return "since " + views.Date(from)
	}
	return "the last " + strconv.Itoa(days) + " days"
}

func chartWords(h modelHistory, series []ui.StepSeries, from time.Time, changes int) string {
	text := unitTitle(h.unit) + " prices from " + views.Date(from) + " to " + views.Date(h.end()) +
		", " + views.Plural(int64(changes), "change", "changes") + "."
	for _, s := range series {
		text += " " + s.Name + " is at " + views.Price(s.Points[len(s.Points)-1].Value) + "."
	}
	return text
}

func (h modelHistory) switches(out *views.PriceHistory) {
	href := func(u models.Unit, days int) string {
		other := h
		other.unit, other.days = u, days
		address := views.ModelHref(h.entry.ID) + other.query()
		if len(h.rest) > 0 {
			address += "&" + h.rest.Encode()
		}
		return address + "#history"
	}
	for _, u := range h.units() {
		out.Units = append(out.Units, views.Chip{Text: unitTitle(u), Href: href(u, h.days), On: u == h.unit})
	}
	for _, days := range historySpans {
		text := "All"
		if days > 0 {
			text = strconv.Itoa(days) + " days"
		}
		out.Spans = append(out.Spans, views.Chip{Text: text, Href: href(h.unit, days), On: days == h.days})
	}
}
