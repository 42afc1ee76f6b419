package ui

import (
	"math"
	"time"
)

// tick is one mark of an axis with its text.
type tick struct {
	At   string
	Text string
}

// niceStep is the distance of the lines behind the chart: 1, 2, 2.5 or 5 times a power of ten, so
// that there are two to five of them.
func niceStep(top int64) int64 {
	power := int64(1)
	for power <= top/50 {
		power *= 10
	}
	for _, f := range []int64{10, 20, 25, 50, 100, 200, 250, 500} {
		if step := power * f / 10; step > 0 && top/step <= 4 {
			return step
		}
	}
	return top
}

func (l stepLayout) yTicks() []tick {
	var out []tick
	if l.chart.Log {
		for d := 0.0; d <= l.decades; d++ {
			v := int64(math.Pow(10, l.low+d))
			out = append(out, tick{coordinate(l.y(v)), l.chart.Format(v)})
		}
		return out
	}
	for v := int64(0); v <= l.max; v += l.step {
		out = append(out, tick{coordinate(l.y(v)), l.chart.Format(v)})
	}
	return out
}

// xTicks are the beginnings of months, thinned out until they have room.
func (l stepLayout) xTicks() []tick {
	first := time.Date(l.chart.From.Year(), l.chart.From.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, 1, 0)
	every := l.monthsApart(int(l.chart.To.Sub(first).Hours()/(24*30)) + 1)
	var out []tick
	for t := first; t.Before(l.chart.To); t = t.AddDate(0, 1, 0) {
		if (12*t.Year()+int(t.Month())-1)%every != 0 {
			continue
		}
		text := t.Format("Jan")
		switch {
		case every >= 12:
			text = t.Format("2006")
		case t.Month() == time.January || every >= 6:
			text = t.Format("Jan 2006")
		}
		out = append(out, tick{coordinate(l.x(t)), text})
	}
	if len(out) == 0 { // a span within one month
		out = append(out, tick{coordinate(l.x(l.chart.From)), l.chart.From.Format("2 Jan")},
			tick{coordinate(l.right), l.chart.To.Format("2 Jan")})
	}
	return out
}

// monthsApart is how far the names of months stand apart, so that they have room and the years'
// beginnings are always among them.
func (l stepLayout) monthsApart(months int) int {
	room := max(1, int((l.right-l.left)/60))
	for _, every := range []int{1, 2, 3, 6, 12, 24} {
		if months <= every*room {
			return every
		}
	}
	return 60
}
