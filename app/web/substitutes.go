package web

import (
	"net/http"
	"strconv"

	"bourse/app/catalog"
	"bourse/views"

	"github.com/labstack/echo/v4"
)

// substitutesShown is how many models a page offers instead of its own.
const substitutesShown = 5

func substituteRows(list []catalog.Substitute) []views.SubstituteRow {
	out := make([]views.SubstituteRow, 0, len(list))
	for _, x := range list {
		row := views.SubstituteRow{
			ID: x.ID, Author: x.Author, Name: x.Name, Mix: "—", Versus: against(x.Percent), Cheaper: x.Percent < 0,
			Context: views.Context(x.ContextLength), Released: views.Day(x.Created), Provider: "at " + offerName(x.Offer),
		}
		if x.Mix > 0 {
			row.Mix = views.Price(int64(x.Mix))
		} else {
			row.Versus = ""
		}
		out = append(out, row)
	}
	return out
}

// against writes how a price stands to another: "▼ 40%", "▲ ×3", "=".
func against(percent float64) string {
	switch {
	case percent <= -0.5:
		return "▼ " + strconv.FormatFloat(-percent, 'f', 0, 64) + "%"
	case percent >= 200:
		return "▲ ×" + strconv.FormatFloat(1+percent/100, 'f', 0, 64)
	case percent >= 0.5:
		return "▲ " + strconv.FormatFloat(percent, 'f', 0, 64) + "%"
	}
	return "="
}

// retiredModel is the answer for a model that was sold once: it is gone for good, its address is
// never given to another, and there is something to use instead.
func (s *Server) retiredModel(c echo.Context, snapshot *catalog.Snapshot, e *catalog.Entry) error {
	p := views.RetiredPage{
		Shell: s.shell(c, e.Name+" is retired"), ID: e.ID, Name: e.Name,
		Text:       "Nobody on the price list serves this model any more. Calls that name it are refused.",
		Successors: substituteRows(snapshot.Successors(e, substitutesShown)),
		CSV:        views.ModelHref(e.ID) + "/prices.csv",
	}
	if price, ok := snapshot.LastPrice(e); ok && price > 0 {
		p.LastPrice = views.Price(int64(price))
	}
	p.NoIndex = true
	return s.render(c, http.StatusGone, views.Retired(p))
}
