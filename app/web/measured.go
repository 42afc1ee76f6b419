package web

import (
	"math"
	"strconv"

	"bourse/app/catalog"
	"bourse/app/market"
	"bourse/views"
)

// measure fills the columns of what was measured here, and marks the best of each.
func measure(h *market.Health, e *catalog.Entry, rows []views.OfferRow) {
	if h == nil {
		return
	}
	fastest, quickest := 0.0, math.Inf(1)
	figures := make([]market.Figures, len(e.Endpoints))
	measured := 0
	for i, o := range e.Endpoints {
		f := h.Figures(o.Name())
		figures[i] = f
		if f.Samples > 0 {
			measured++
			fastest, quickest = max(fastest, f.Throughput.P50), min(quickest, f.Latency.P50)
		}
	}
	for i := range rows {
		f := figures[i]
		dash := views.Figure{Text: "—"}
		rows[i].Latency, rows[i].Throughput, rows[i].Uptime = dash, dash, dash
		if f.Samples > 0 {
			title := "of " + views.Plural(int64(f.Samples), "stream", "streams") + " in the last 30 minutes"
			rows[i].Latency = views.Figure{Text: seconds(f.Latency.P50), Number: f.Latency.P50, Title: title + "; p90 " + seconds(f.Latency.P90), Best: measured > 1 && f.Latency.P50 == quickest}
			rows[i].Throughput = views.Figure{Text: whole(f.Throughput.P50), Number: f.Throughput.P50, Title: title, Best: measured > 1 && f.Throughput.P50 == fastest}
		}
		if f.Uptime1d >= 0 {
			rows[i].Uptime = views.Figure{Text: strconv.FormatFloat(math.Floor(f.Uptime1d*10)/10, 'f', 1, 64) + "%", Title: "answered attempts in the last 24 hours"}
		}
	}
}

// seconds writes a time to the first token.
func seconds(millis float64) string {
	if millis < 1000 {
		return whole(millis) + " ms"
	}
	return strconv.FormatFloat(millis/1000, 'f', 1, 64) + " s"
}

func whole(f float64) string { return strconv.FormatFloat(f, 'f', 0, 64) }

// measuredVersion is what makes a drawn page stale when something was measured since.
func measuredVersion(h *market.Health, e *catalog.Entry) string {
	if h == nil {
		return ""
	}
	for _, o := range e.Endpoints {
		if f := h.Figures(o.Name()); f.Samples > 0 || f.Uptime1d >= 0 {
			return "@" + h.Minute()
		}
	}
	return ""
}
