package web

import (
	"cmp"
	"slices"
	"strconv"

	"bourse/app/catalog"
	"bourse/app/market"
	"bourse/views"
)

// whole is what shares are of: all that is shown. Accounts that used two models count for each.
func (r rankings) whole() float64 {
	b, n := r.board(), int64(0)
	for _, row := range b.Rows {
		n += row.Value(r.by())
	}
	if b.Other != nil {
		n += b.Other.Value(r.by())
	}
	return float64(max(n, 1))
}

func (r rankings) fillRows(p *views.RankingsPage) {
	b, whole := r.board(), r.whole()
	for i, x := range b.Ranked(r.by()) {
		if i == rankedShown {
			break
		}
		row := views.RankRow{
			Rank: strconv.Itoa(i + 1), ID: x.Model, Name: x.Model, Author: authorOf(x.Model),
			Tokens: views.Tokens(x.Tokens), Spend: views.Money(int64(x.Spend)), Accounts: views.Count(x.Accounts),
			Largest: quarterWords[x.Largest[r.largestBy()]],
		}
		row.Bar = float64(x.Value(r.by())) / whole
		row.Share = percentOf(row.Bar)
		if e := r.snapshot.Model(x.Model); e != nil {
			row.ID, row.Name, row.Author, row.Href = e.ID, e.Name, e.Author, views.ModelHref(e.ID)
			row.Weeks = weekBars(e.Use.Weeks)
		}
		if b.Compared {
			switch before := x.Before[r.by()]; {
			case before == 0:
				row.New = true
			case before != i+1:
				row.Up = before > i+1
				row.Change = strconv.Itoa(max(before-i-1, i+1-before))
			}
		}
		p.Rows = append(p.Rows, row)
	}
}

// largestBy is the measure in which an account can be large.
func (r rankings) largestBy() market.Measure {
	if r.by() == market.BySpend {
		return market.BySpend
	}
	return market.ByTokens
}

// quarterWords tell how much one account made without a figure of it.
var quarterWords = [...]string{"–", "up to a quarter", "a quarter to half", "half to three quarters", "over three quarters"}

func percentOf(share float64) string {
	if share > 0 && share < 0.001 {
		return "< 0.1%"
	}
	return strconv.FormatFloat(100*share, 'f', 1, 64) + "%"
}

// authorOf is the first half of a model's id.
func authorOf(id string) string {
	for i := range id {
		if id[i] == '/' {
			return id[:i]
		}
	}
	return id
}

func (r rankings) author(slug string) (name, href string) {
	for _, a := range r.snapshot.Authors {
		if a.Slug == slug {
			return a.Name, views.PathModels + catalog.Filter{Authors: []string{slug}, Types: []string{"all"}}.Link()
		}
	}
	return slug, ""
}

func (r rankings) provider(slug string) (name, href string) {
	if p := r.snapshot.Provider(slug); p != nil {
		return p.Name, views.ProviderHref(slug)
	}
	return slug, ""
}

// shares lays out the parts, the largest first; the smallest and those that are not told are the
// last line.
func (r rankings) shares(parts []market.Part, rest *market.Part, named func(slug string) (name, href string)) []views.RankShare {
	parts = slices.Clone(parts)
	slices.SortStableFunc(parts, func(a, b market.Part) int { return cmp.Compare(b.Value(r.by()), a.Value(r.by())) })
	whole, others := int64(0), int64(0)
	if rest != nil {
		others = rest.Value(r.by())
		whole = others
	}
	for _, p := range parts {
		whole += p.Value(r.by())
	}
	share := func(v int64) (string, float64) {
		bar := float64(v) / float64(max(whole, 1))
		return percentOf(bar), bar
	}
	var out []views.RankShare
	for i, p := range parts {
		if i >= sharesShown {
			others += p.Value(r.by())
			continue
		}
		row := views.RankShare{Mark: p.Name, Value: r.figure(p.Value(r.by()))}
		row.Name, row.Href = named(p.Name)
		row.Share, row.Bar = share(p.Value(r.by()))
		out = append(out, row)
	}
	if others > 0 && r.by() != market.ByAccounts { // one account may be at several of the others
		row := views.RankShare{Name: "Others", Value: r.figure(others)}
		row.Share, row.Bar = share(others)
		out = append(out, row)
	}
	return out
}

// The bars of a row's weeks are so far apart and so high.
const weekPlace, weekHeight = 5, 16

// weekBars is the path of a small bar for each week, "" where there is none to draw.
func weekBars(weeks []int64) string { return bars(weeks, weekPlace, weekHeight, weekHeight+1) }

// bars is the path of a bar for each week, which have places of one width and stand on one line. A
// week that is not told has none.
func bars(weeks []int64, place, height, line int64) string {
	most := int64(0)
	for _, w := range weeks {
		most = max(most, w)
	}
	if most == 0 {
		return ""
	}
	b := strconv.AppendInt(append(strconv.AppendInt([]byte("M"), (place+3)/2, 10), ' '), line, 10)
	for _, w := range weeks {
		h := int64(0)
		if w > 0 {
			h = max(int64(float64(w)/float64(most)*float64(height)), 1)
			b = strconv.AppendInt(append(b, 'v', '-'), h, 10)
		}
		b = strconv.AppendInt(append(b, 'm'), place, 10)
		b = strconv.AppendInt(append(b, ' '), h, 10)
	}
	return string(b)
}
