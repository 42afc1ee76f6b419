package web

import (
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
	given    bool // the reader chose
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

func (h modelHistory) from() time.Time {
	if h.days > 0 {
		return h.snapshot.At.AddDate(0, 0, -h.days)
	}
	first := h.snapshot.At
	for _, v := range h.snapshot.History(h.entry.ID) {
		if !catalog.Misleading(v) && v.EffectiveFrom.Before(first) {
			first = v.EffectiveFrom
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

// steps are the prices of an offer inside the span; the first is the one in force at its start.
func (h modelHistory) steps(o *catalog.Offer, from time.Time) []recordedPrice {
	var out []recordedPrice
	for _, v := range h.snapshot.OfferHistory(h.entry.ID, o.Tag, from, h.snapshot.At) {
		r, ok := v.Pricing.Rates[h.unit]
		if !ok {
			continue
		}
		if n := len(out); n > 0 && out[n-1].rate == r {
			continue
		}
		at := v.EffectiveFrom
		if at.Before(from) {
			at = from
		}
		out = append(out, recordedPrice{at, o, r})
	}
	return out
}

// count is how many changes of price the span holds.
func (h modelHistory) count(from time.Time) int {
	n := 0
	for _, o := range h.entry.Endpoints {
		n += max(0, len(h.steps(o, from))-1)
	}
	return n
}

func (h modelHistory) fill(p *views.ModelPage) {
	if len(h.units()) == 0 {
		p.NoHistory = "No history of prices per token."
		return
	}
	from := h.from()
	var all []recordedPrice
	var series []ui.StepSeries
	for _, o := range h.entry.Endpoints {
		steps := h.steps(o, from)
		if len(steps) == 0 {
			continue
		}
		all = append(all, steps...)
		if len(series) < historyLines {
			series = append(series, lineOf(o, steps))
		}
	}
	if len(all) == 0 {
		p.NoHistory = "No earlier prices are recorded."
		return
	}
	changes := h.count(from)
	if h.days == 0 && changes == 0 {
		p.NoHistory = "Prices recorded since " + views.Date(from) + ": no change yet."
		return
	}
	chart := ui.StepChart{
		Title:  "Price of " + string(h.unit) + " tokens of " + h.entry.Name,
		Desc:   chartWords(h, series, from, changes),
		From:   from,
		To:     h.snapshot.At,
		Series: series,
		Format: func(v int64) string { return axisPrice(v) },
	}
	wide, small := chart, chart
	wide.ID, wide.Width, wide.Height = "chart-wide", wideChart, wideHeight
	small.ID, small.Width, small.Height, small.Legend = "chart-small", smallChart, smallHeight, true
	p.History = &views.PriceHistory{
		Unit: unitTitle(h.unit) + ", $ per 1M tokens, " + spanWords(h.days, from),
		Wide: wide, Small: small, Stats: h.stats(all, changes), Changes: h.changes(),
	}
	h.switches(p.History)
	if drawn := len(series); drawn < len(h.entry.Endpoints) && drawn == historyLines {
		p.History.Note = "Drawn are the " + strconv.Itoa(drawn) + " cheapest offers; the figures beside it count all. A price is dated by the day a source recorded it."
	} else {
		p.History.Note = "A price is dated by the day a source recorded it."
	}
}

func lineOf(o *catalog.Offer, steps []recordedPrice) ui.StepSeries {
	s := ui.StepSeries{Name: o.Provider.Name}
	if o.Variant != "" {
		s.Name += " " + o.Variant
	}
	for _, st := range steps {
		s.Points = append(s.Points, ui.StepPoint{At: st.at, Value: int64(st.rate)})
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
	text := unitTitle(h.unit) + " prices from " + views.Date(from) + " to " + views.Date(h.snapshot.At) +
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
		return views.ModelHref(h.entry.ID) + other.query() + "#history"
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
