package web

import (
	"math"
	"slices"
	"time"

	"bourse/models"
	"bourse/views"
	"bourse/views/ui"

	"github.com/a-h/templ"
)

// galleryParts shows the parts of pages with invented values.
func galleryParts(sh views.Shell) templ.Component {
	p := views.PartsPage{Shell: sh, Rows: galleryRows(), Pager: galleryPager, Steps: gallerySteps()}
	for _, name := range GalleryNames() {
		p.Pages = append(p.Pages, views.Link{Href: "/_gallery/" + name, Text: name})
	}
	for _, name := range []string{"paper", "sheet", "well", "rule", "edge", "ink", "accent", "wash", "mark", "good", "bad", "warn"} {
		p.Colors = append(p.Colors, views.Link{Href: "swatch-" + name, Text: name})
	}
	p.Facet = views.FacetGroup{Title: "Supports", Name: "supported_parameters", On: 1, Options: []views.FacetOption{
		{Value: "tools", Text: "Tool calls", Count: 1389, On: true}, {Value: "reasoning", Text: "Reasoning", Count: 12}, {Value: "logprobs", Text: "Log probabilities"},
	}, More: []views.FacetOption{{Value: "seed", Text: "Seed", Count: 3}}}
	p.Tray = views.Tray{
		Picks:   []views.Pick{{ID: "openai/gpt-4o", Name: "GPT-4o", Without: "#"}, {ID: "qwen/qwen3-32b", Name: "Qwen3 32B", Without: "#", Hidden: true}},
		Compare: views.PathCompare, Clear: "#", Refused: "Four models can be compared at once: GPT-4.1 was not added. Take one away first.",
	}
	return views.Parts(p)
}

func galleryRows() []views.ModelRow {
	price := func(rate models.Rate) views.Figure { return priceFigure(rate, "at Somebody") }
	rows := []views.ModelRow{
		{ID: "openai/gpt-4o", Author: "openai", Name: "GPT-4o", Accepts: []string{"image", "file", "audio", "video"}, Context: "128K", Input: price(2_500_000), Output: price(10_000_000), Mix: price(4_375_000),
			Change: "17.5%", Providers: "3", Released: "13 May 2024", Spark: "M0 2H20V8H64", Callable: true, Description: "A model with every mark that a row can have: four things it takes, a price that fell, and somebody who serves it here.", Median: "$4.40"},
		{ID: "nobody/a-model-with-a-very-long-name-that-does-not-fit", Author: "nobody", Name: "A model with a very long name that does not fit", Context: "1M", Input: views.Figure{Text: "Free"}, Output: views.Figure{Text: "Free"}, Mix: views.Figure{Text: "Free"},
			Change: "3.4%", Up: true, Providers: "1", Released: "2025-04", Demo: true, Picked: true, Description: "No mark of its own, nothing to pay."},
		{ID: "stability/image", Author: "stability", Name: "Image", Kind: "image", Context: "—", Input: views.Figure{Text: "$0.04", Unit: "/ image"}, Providers: "2", Released: "—", Description: "Sold by the piece."},
	}
	for i := range rows {
		rows[i].ID += "-sample"
		rows[i].HasSpark = true
	}
	rows[0].Mix.Best = true
	return rows
}

// gallerySteps are a plain chart, a logarithmic one, and one with far more steps than there is room for.
func gallerySteps() []ui.StepChart {
	from, to := galleryTime.AddDate(-1, 0, 0), galleryTime
	chart := ui.StepChart{Title: "Prices of a sample", Desc: "Invented.", From: from, To: to, Width: wideChart, Height: smallHeight, Format: axisPrice}
	line := func(name string, values ...int64) ui.StepSeries {
		s := ui.StepSeries{Name: name}
		for i, v := range values {
			s.Points = append(s.Points, ui.StepPoint{At: from.AddDate(0, i*12/len(values), 0), Value: v})
		}
		return s
	}
	plain, log, dense := chart, chart, chart
	plain.ID, log.ID, dense.ID = "plain", "log", "dense"
	plain.Series = []ui.StepSeries{line("One", 3e6, 2e6, 2.5e6), line("Two", 1e6), line("Three", 1.2e6, 1e6), line("Four", 4e6, 3e6), line("Five", 5e5, 4e5), line("Six", 3e6)}
	log.Log, log.Series = true, []ui.StepSeries{line("GPT-4", 4e7, 1e7, 5e5, 3e4), line("GPT-4o", 8e6, 1e6, 6e4)}
	hours := ui.StepSeries{Name: "Every hour"}
	for at := from; at.Before(to); at = at.Add(time.Hour) {
		hours.Points = append(hours.Points, ui.StepPoint{At: at, Value: int64(1e6 * (2 + math.Sin(float64(at.Unix())/4e5)))})
	}
	dense.Series, dense.Legend = []ui.StepSeries{hours}, true
	return slices.Clip([]ui.StepChart{plain, log, dense})
}
