package web

import (
	"strconv"
	"time"

	"bourse/app/market"
	"bourse/views"
)

const (
	// stackNamed models have a colour of their own; the others share one.
	stackNamed = 5
	// The drawing is so large, and a bar takes so many tenths of its place.
	stackWidth, stackHeight = 960, 200
	stackTenths             = 7
	// stackWidest bounds the bars while there are few.
	stackWidest = 48
	stackLeast  = 2 // weeks, for a chart
)

// chart is the history of this kind of traffic by calendar week, nil while there are too few weeks.
// Accounts cannot be stacked: one that uses two models would stand twice.
func (r rankings) chart() *views.StackChart {
	measure := r.by()
	if measure == market.ByAccounts {
		measure = market.ByTokens
	}
	weeks, series := r.view.HistoryOf(rankKinds[r.kind].traffic, measure, stackNamed)
	if len(weeks) < stackLeast {
		return nil
	}
	most := int64(1)
	for i := range weeks {
		sum := int64(0)
		for _, s := range series {
			sum += s.Values[i]
		}
		most = max(most, sum)
	}
	place := float64(stackWidth) / float64(len(weeks))
	c := &views.StackChart{
		What: "Tokens", Width: strconv.FormatFloat(min(place*stackTenths/10, stackWidest), 'f', 1, 64), Most: rankFigure(measure, most),
		First: views.Date(weeks[0]), Last: views.Date(weeks[len(weeks)-1].AddDate(0, 0, 6)),
	}
	if measure == market.BySpend {
		c.What = "Spend"
	}
	for i, week := range weeks {
		row := views.StackRow{ISO: week.Format(time.DateOnly), Day: views.Date(week)}
		for _, s := range series {
			row.Values = append(row.Values, rankFigure(measure, s.Values[i]))
		}
		c.Rows = append(c.Rows, row)
	}
	below := make([]float64, len(weeks))
	for i, s := range series {
		c.Series = append(c.Series, views.StackSeries{Name: r.seriesName(s.Model), Class: "s" + strconv.Itoa(i+1), Path: stackPath(s.Values, below, place, float64(most))})
	}
	c.Words = c.What + " of each week from " + c.First + " to " + c.Last + ", " + c.Most + " in the largest; the most by " + c.Series[0].Name + "."
	return c
}

func (r rankings) seriesName(model string) string {
	if model == "" {
		return "Others shown"
	}
	if e := r.snapshot.Model(model); e != nil {
		return e.Name
	}
	return model
}

// stackPath is the path of one part of the bars. It stands on what lies below, and adds to it.
func stackPath(values []int64, below []float64, place, most float64) string {
	var b []byte
	for i, v := range values {
		if v <= 0 {
			continue
		}
		y, h := stackHeight-below[i], float64(v)/most*(stackHeight-2)
		below[i] += h
		b = strconv.AppendFloat(append(b, 'M'), place*(float64(i)+0.5), 'f', 0, 64)
		b = strconv.AppendFloat(append(b, ' '), y, 'f', 0, 64)
		b = strconv.AppendFloat(append(b, 'V'), stackHeight-below[i]+min(1, h/2), 'f', 0, 64) // a hair's breadth between two parts
	}
	return string(b)
}
