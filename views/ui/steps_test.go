package ui_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"bourse/views/ui"

	"github.com/PuerkitoBio/goquery"
)

func draw(t *testing.T, c ui.StepChart) *goquery.Document {
	t.Helper()
	var b strings.Builder
	if err := ui.Steps(c).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func chart(values ...int64) ui.StepChart {
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	c := ui.StepChart{
		ID: "c", Title: "Prices", Desc: "All of them.", Width: 960, Height: 300, From: from, To: from.AddDate(0, 6, 0),
		Format: func(v int64) string { return strconv.FormatInt(v, 10) },
	}
	for i, v := range values {
		c.Series = append(c.Series, ui.StepSeries{Name: "provider " + strconv.Itoa(i), Points: []ui.StepPoint{
			{At: from, Value: v + 1}, {At: from.AddDate(0, 2, i), Value: v},
		}})
	}
	return c
}

func TestSteps(t *testing.T) {
	t.Run("the axis reaches above the highest value in even steps", func(t *testing.T) {
		for _, top := range []int64{0, 1, 3, 7, 42, 99, 100, 420_000, 999_999, 15_000_000, 1 << 40} {
			doc := draw(t, chart(top))
			var ticks []int64
			doc.Find(".axis text[text-anchor=end]").Each(func(_ int, s *goquery.Selection) {
				n, err := strconv.ParseInt(s.Text(), 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				ticks = append(ticks, n)
			})
			if len(ticks) < 2 || len(ticks) > 7 || ticks[len(ticks)-1] < top+1 {
				t.Errorf("top %d: ticks %v", top, ticks)
			}
			for i := 2; i < len(ticks); i++ {
				if ticks[i]-ticks[i-1] != ticks[1]-ticks[0] {
					t.Errorf("top %d: ticks %v", top, ticks)
				}
			}
		}
	})
	t.Run("names at the ends do not touch", func(t *testing.T) {
		doc := draw(t, chart(100, 100, 100, 101, 99))
		var last float64
		doc.Find("text.end").Each(func(i int, s *goquery.Selection) {
			at, _ := s.Attr("y")
			y, err := strconv.ParseFloat(at, 64)
			if err != nil || (i > 0 && y < last+16) {
				t.Errorf("name %d at %s after %v", i, at, last)
			}
			last = y
		})
	})
	t.Run("it is named and described, and styles nothing itself", func(t *testing.T) {
		doc := draw(t, chart(5))
		if doc.Find("svg[role=img] > title").Text() != "Prices" || doc.Find("svg > desc").Length() != 1 {
			t.Error("no title or description")
		}
		if doc.Find("[style]").Length() != 0 {
			t.Error("inline style")
		}
	})
	t.Run("nothing to draw is drawn as nothing", func(t *testing.T) {
		if n := draw(t, chart()).Find("path.line").Length(); n != 0 {
			t.Errorf("%d lines", n)
		}
	})
}

func TestDenseSteps(t *testing.T) {
	c := chart(10)
	points := make([]ui.StepPoint, 50_000)
	for i := range points {
		points[i] = ui.StepPoint{At: c.From.Add(time.Duration(i) * 5 * time.Minute), Value: int64(40 + i%20)}
	}
	points[31_234].Value, points[7_777].Value = 100, 1
	c.Series = []ui.StepSeries{{Name: "busy", Points: points}}
	d, _ := draw(t, c).Find("path.line").First().Attr("d")
	if len(d) > 8<<10 {
		t.Errorf("%d bytes for one line", len(d))
	}
	for _, extreme := range []string{"V12V", "V273V"} { // the top, and one hundredth above the bottom
		if !strings.Contains(d, extreme) {
			t.Errorf("an extreme is lost: no %s", extreme)
		}
	}
}

func TestLogarithmicAxisHasALineForEachPowerOfTen(t *testing.T) {
	c := chart(25, 4000)
	c.Log = true
	doc := draw(t, c)
	var texts []string
	doc.Find("text[text-anchor=end]").Each(func(_ int, s *goquery.Selection) { texts = append(texts, s.Text()) })
	if got := strings.Join(texts, " "); got != "10 100 1000 10000" {
		t.Errorf("the lines are %q", got)
	}
}

func TestYearsBeginAmongTheMonthsShown(t *testing.T) {
	c := chart(100)
	c.To = c.From.AddDate(4, 0, 0)
	if text := draw(t, c).Find("text[text-anchor=middle]").Text(); !strings.Contains(text, "Jan 2027") || !strings.Contains(text, "Jan 2030") {
		t.Errorf("the months are %q", text)
	}
}
