package web

import (
	"cmp"
	"slices"
	"strconv"

	"bourse/app/catalog"
	"bourse/views"
)

// parameterRows say which offers take which request parameters, the most widely taken first. Offers
// of which nothing is recorded are left out.
func parameterRows(e *catalog.Entry) []views.ParameterRow {
	var known []*catalog.Offer
	takers := map[string]int{}
	for _, o := range e.Endpoints {
		if len(o.SupportedParameters) == 0 {
			continue
		}
		known = append(known, o)
		for _, name := range o.SupportedParameters {
			takers[name]++
		}
	}
	rows := make([]views.ParameterRow, 0, len(takers))
	for name, n := range takers {
		row := views.ParameterRow{Name: name, Offers: strconv.Itoa(n) + " of " + strconv.Itoa(len(known)), Count: n}
		var without []string
		for _, o := range known {
			if !slices.Contains(o.SupportedParameters, name) {
				without = append(without, offerName(o))
			}
		}
		switch {
		case n == len(known):
			row.Text = "all of them"
		case n <= len(without):
			var with []string
			for _, o := range known {
				if slices.Contains(o.SupportedParameters, name) {
					with = append(with, offerName(o))
				}
			}
			row.Text = "only " + enumerate(with, "and")
		default:
			row.Text = "not " + enumerate(without, "and")
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b views.ParameterRow) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
	})
	return rows
}
