package ui

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// StepChart is a chart of values that hold until they change, such as prices. It is drawn by us as
// SVG without any style of its own: the style sheet colours it, in both themes.
type StepChart struct {
	ID     string // unique on the page
	Title  string
	Desc   string
	Width  int
	Height int
	From   time.Time
	To     time.Time
	Series []StepSeries
	Format func(int64) string // of a value
	Legend bool               // names below instead of at the ends of the lines
	Log    bool               // each line behind the chart is ten times the one below; no value may be zero
}

// StepSeries is one line.
type StepSeries struct {
	Name   string
	Points []StepPoint // ascending in time; the last holds until the end
}

// StepPoint is a value from a moment on.
type StepPoint struct {
	At    time.Time
	Value int64
}

// chartSeriesMax is how many lines have a colour and a dash of their own.
const chartSeriesMax = 6

const (
	chartLeft, chartTop, chartBottom = 52, 12, 24
	chartEndsLeast, chartEndsMost    = 120, 320 // room for names at the ends of the lines
	labelIndent, labelHeight         = 28, 16
	chartPixelsPerStep               = 4
	chartVerticesLeast               = 24
	letterWidth                      = 7 // of a digit in bold; most letters are narrower
)

type stepLayout struct {
	left, right, top, bottom float64
	letters                  int // of a name at the end of a line
	max, step                int64
	low, decades             float64 // of a logarithmic chart: the power of ten at the bottom, and how many are shown
	chart                    StepChart
}

type endLabel struct {
	Class string
	Y     string
	Name  string
	Value string
}

func (c StepChart) layout() stepLayout {
	l := stepLayout{left: chartLeft, top: chartTop, chart: c}
	l.right, l.bottom = float64(c.Width-12), float64(c.Height-chartBottom)
	if !c.Legend {
		l.right = float64(c.Width - l.endsRoom())
	}
	least := int64(math.MaxInt64)
	for _, s := range c.Series {
		for _, p := range s.Points {
			l.max, least = max(l.max, p.Value), min(least, p.Value)
		}
	}
	if l.max == 0 {
		l.max, least = 1, 1
	}
	if c.Log {
		l.low = math.Floor(math.Log10(float64(max(least, 1))))
		l.decades = max(1, math.Ceil(math.Log10(float64(l.max)))-l.low)
		return l
	}
	l.step = niceStep(l.max)
	l.max = (l.max + l.step - 1) / l.step * l.step
	return l
}

// endsRoom is the width that names and values at the ends of the lines need, within bounds; what is
// longer is clipped.
func (l *stepLayout) endsRoom() int {
	name, value := 0, 0
	for _, s := range l.chart.Series {
		if n := len(s.Points); n > 0 {
			name = max(name, utf8.RuneCountInString(s.Name))
			value = max(value, utf8.RuneCountInString(l.chart.Format(s.Points[n-1].Value)))
		}
	}
	room := min(max(labelIndent+letterWidth*(name+value+1), chartEndsLeast), chartEndsMost)
	l.letters = max(8, (room-labelIndent)/letterWidth-value-1)
	return room
}

func (l stepLayout) x(t time.Time) float64 {
	whole := l.chart.To.Sub(l.chart.From)
	if whole <= 0 {
		return l.right
	}
	share := float64(t.Sub(l.chart.From)) / float64(whole)
	return l.left + min(max(share, 0), 1)*(l.right-l.left)
}

func (l stepLayout) y(v int64) float64 {
	if l.chart.Log {
		return l.bottom - (math.Log10(float64(max(v, 1)))-l.low)/l.decades*(l.bottom-l.top)
	}
	return l.bottom - float64(v)/float64(l.max)*(l.bottom-l.top)
}

// path walks from price to price: across, then up or down.
func (l stepLayout) path(s StepSeries) string {
	if most := l.verticesMax(); len(s.Points) > most {
		return l.dense(s, most)
	}
	var b strings.Builder
	for i, p := range s.Points {
		x, y := coordinate(l.x(p.At)), coordinate(l.y(p.Value))
		if i == 0 {
			b.WriteString("M" + x + " " + y)
			continue
		}
		b.WriteString("H" + x + "V" + y)
	}
	if len(s.Points) > 0 {
		b.WriteString("H" + coordinate(l.right))
	}
	return b.String()
}

// verticesMax is how many steps one line may have: all lines together have no more than anybody can
// tell apart at the chart's width.
func (l stepLayout) verticesMax() int {
	return max(chartVerticesLeast, l.chart.Width/chartPixelsPerStep/max(1, len(l.chart.Series)))
}

// dense draws a line of more steps than there is room for: in each of some slices of time it goes
// through the lowest, the highest and the last value, so that no extreme is lost.
func (l stepLayout) dense(s StepSeries, slices int) string {
	from, whole := s.Points[0].At, l.chart.To.Sub(s.Points[0].At)
	if whole <= 0 {
		return ""
	}
	var b strings.Builder
	whole64, at := float64(whole), -1
	var low, high, last int64
	flush := func() {
		x := l.x(from.Add(time.Duration(whole64 * float64(at) / float64(slices))))
		if at == 0 {
			b.WriteString("M" + rounded(x) + " " + rounded(l.y(s.Points[0].Value)))
		}
		b.WriteString("H" + rounded(x))
		drawn := ""
		for _, v := range []int64{low, high, last} {
			if y := rounded(l.y(v)); y != drawn {
				b.WriteString("V" + y)
				drawn = y
			}
		}
	}
	for _, p := range s.Points {
		i := min(int(float64(p.At.Sub(from))/whole64*float64(slices)), slices-1)
		if i != at {
			if at >= 0 {
				flush()
			}
			at, low, high = i, p.Value, p.Value
		}
		low, high, last = min(low, p.Value), max(high, p.Value), p.Value
	}
	flush()
	b.WriteString("H" + rounded(l.right))
	return b.String()
}

func rounded(f float64) string { return strconv.Itoa(int(f + 0.5)) }

// ends places the names beside the ends of the lines, moved apart where they would touch.
func (l stepLayout) ends() []endLabel {
	type place struct {
		index int
		y     float64
	}
	var places []place
	for i, s := range l.chart.Series {
		if len(s.Points) > 0 {
			places = append(places, place{i, l.y(s.Points[len(s.Points)-1].Value)})
		}
	}
	slices.SortStableFunc(places, func(a, b place) int { return cmp.Compare(a.y, b.y) })
	for i := 1; i < len(places); i++ {
		places[i].y = max(places[i].y, places[i-1].y+labelHeight)
	}
	if n := len(places); n > 0 && places[n-1].y > l.bottom {
		places[n-1].y = l.bottom
		for i := n - 2; i >= 0; i-- {
			places[i].y = min(places[i].y, places[i+1].y-labelHeight)
		}
	}
	out := make([]endLabel, 0, len(places))
	for _, p := range places {
		s := l.chart.Series[p.index]
		out = append(out, endLabel{
			Class: seriesClass(p.index), Y: coordinate(p.y), Name: clipName(s.Name, l.letters),
			Value: l.chart.Format(s.Points[len(s.Points)-1].Value),
		})
	}
	return out
}

func clipName(name string, longest int) string {
	if r := []rune(name); len(r) > longest {
		return string(r[:longest-1]) + "…"
	}
	return name
}

func seriesClass(i int) string { return "s" + strconv.Itoa(min(i, chartSeriesMax-1)+1) }

func coordinate(f float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
}

func number(n int) string { return strconv.Itoa(n) }

// shifted moves a coordinate, for texts that stand beside what they name.
func shifted(at string, by float64) string {
	f, _ := strconv.ParseFloat(at, 64) // written by coordinate
	return coordinate(f + by)
}
