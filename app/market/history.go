package market

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"bourse/models"
)

// HistoryWeeks is how many calendar weeks back the history of use goes.
const HistoryWeeks = 52

// WeekCell is what may be shown of one model in one calendar week.
type WeekCell struct {
	Monday time.Time
	Model  string
	Sum
}

// history reads the calendar weeks before a day.
func (u *Usage) history(ctx context.Context, day int64) (map[models.Traffic][]WeekCell, error) {
	last := models.UsageWeekOf(day)
	list, err := u.db.UsageWeeks(ctx, last-weekDays*HistoryWeeks, last, u.least)
	if err != nil {
		return nil, err
	}
	out := map[models.Traffic][]WeekCell{}
	for _, r := range list {
		if tellable(u.least, r.Accounts, r.Tokens, r.Spend, r.MostTokens, r.MostSpend) {
			sum := Sum{Tokens: r.Tokens, Spend: r.Spend, Accounts: r.Accounts}
			out[r.Traffic] = append(out[r.Traffic], WeekCell{models.UsageDays.Start(r.At), r.Model, sum.rounded()})
		}
	}
	return out, nil
}

// Series is one model's part of the history, a value for each week; the last one, without a name, is
// that of all other models shown.
type Series struct {
	Model  string
	Values []int64
}

// HistoryOf lays out the history of one kind of traffic: the weeks from the first that tells of
// anything, and the largest models of all of them with the rest in one.
func (v *View) HistoryOf(t models.Traffic, m Measure, largest int) (weeks []time.Time, series []Series) {
	cells := v.History[t]
	if len(cells) == 0 {
		return nil, nil
	}
	last := cells[len(cells)-1].Monday
	for at := cells[0].Monday; !at.After(last); at = at.AddDate(0, 0, weekDays) {
		weeks = append(weeks, at)
	}
	sums := map[string]int64{}
	for _, c := range cells {
		sums[c.Model] += c.Value(m)
	}
	names := slices.SortedFunc(maps.Keys(sums), func(a, b string) int {
		return cmp.Or(cmp.Compare(sums[b], sums[a]), cmp.Compare(a, b))
	})
	place := map[string]int{}
	for i, name := range names[:min(len(names), largest)] {
		place[name] = i
		series = append(series, Series{name, make([]int64, len(weeks))})
	}
	if len(names) > largest {
		series = append(series, Series{"", make([]int64, len(weeks))})
	}
	for _, c := range cells {
		i, named := place[c.Model]
		if !named {
			i = largest
		}
		series[i].Values[int(c.Monday.Sub(weeks[0]).Hours()/24/weekDays)] += c.Value(m)
	}
	return weeks, series
}
