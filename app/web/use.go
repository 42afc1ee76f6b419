package web

import (
	"time"

	"bourse/app/catalog"
	"bourse/app/market"
	"bourse/views"
)

// The chart of a model's weeks: so far apart and so high.
const (
	usePlace, useHeight = 30, 64
	daysPerWeek         = 7
)

// useFact is the line of the facts about a model's last week, and false where nothing is to tell.
func useFact(e *catalog.Entry) (views.Fact, bool) {
	text, title := useText(e)
	switch {
	case e.Use.Tokens > 0:
		return views.Fact{Label: "Use, 7 days", Value: text, Unit: "tokens", Title: views.Count(e.Use.Tokens) + " tokens, whole days UTC"}, true
	case e.Use.Tokens < 0:
		return views.Fact{Label: "Use, 7 days", Value: text, Title: title}, true
	}
	return views.Fact{}, false
}

// modelUse is the block about a model's weeks, nil where it was not used.
func modelUse(e *catalog.Entry, v *market.View) *views.ModelUse {
	used := false
	for _, w := range e.Use.Weeks {
		used = used || w != 0
	}
	if !used || v.Through.IsZero() {
		return nil
	}
	first := v.Through.AddDate(0, 0, -daysPerWeek*len(e.Use.Weeks))
	last := v.Through.Add(-time.Second)
	u := &views.ModelUse{
		Path: bars(e.Use.Weeks, usePlace, useHeight, useHeight+4), First: views.Date(first), Last: views.Date(last), Rank: views.PathRankings,
		Note: "Tokens read and written in paid and free calls here, whole days UTC, through " + views.Date(last) + "; a week is told when enough accounts stand behind it, rounded to three digits.",
	}
	most := int64(0)
	for i, w := range e.Use.Weeks {
		most = max(most, w)
		from := first.AddDate(0, 0, daysPerWeek*i)
		week := views.UseWeek{ISO: from.Format(time.DateOnly), Day: views.Date(from), Tokens: views.Tokens(w)}
		if w < 0 {
			week.Tokens = "too few accounts to show"
		}
		u.Weeks = append(u.Weeks, week)
	}
	u.Words = "Tokens of each week; " + views.Tokens(most) + " in the largest, " + u.Weeks[len(u.Weeks)-1].Tokens + " in the last."
	return u
}

// useRows are the rows of a comparison about how much each model is used. More use is no better.
func useRows() []compared {
	return []compared{
		{label: "Last 7 days", unit: "tokens", cell: func(e *catalog.Entry) views.CompareCell {
			text, title := useText(e)
			return views.CompareCell{Text: text, Title: title}
		}},
		{label: "Last 30 days", unit: "paying accounts", cell: func(e *catalog.Entry) views.CompareCell {
			if e.Use.Accounts > 0 {
				return views.CompareCell{Text: views.Count(e.Use.Accounts)}
			}
			return views.CompareCell{Text: "—"}
		}},
	}
}
