package api

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"bourse/app/catalog"
	"bourse/app/market"
)

// measured are the orders of models that follow what was measured here; the catalogue knows only
// what is written of them.
var measured = map[string]func(market.Figures) float64{
	"throughput-high-to-low": func(f market.Figures) float64 { return -f.Throughput.P50 },
	"latency-low-to-high":    func(f market.Figures) float64 { return f.Latency.P50 },
}

// bySpeed sorts the models as the query asks, each by its best endpoint, when that is an order of
// what was measured. Models of which nothing is known come last, as they were.
func (s *Server) bySpeed(q url.Values, rows []catalog.Row, ignored []string) []string {
	name := q.Get("sort")
	of, ok := measured[name]
	if !ok {
		return ignored
	}
	best := make(map[string]float64, len(rows))
	for _, row := range rows {
		for _, o := range row.Endpoints {
			f := s.Health.Figures(o.Name())
			if v, known := best[row.ID]; f.Samples > 0 && (!known || of(f) < v) {
				best[row.ID] = of(f)
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b catalog.Row) int {
		first, knownFirst := best[a.ID]
		second, knownSecond := best[b.ID]
		switch {
		case knownFirst && knownSecond:
			return cmp.Compare(first, second)
		case knownFirst:
			return -1
		case knownSecond:
			return 1
		}
		return 0
	})
	return slices.DeleteFunc(ignored, func(s string) bool { return strings.HasPrefix(s, "sort=") })
}
