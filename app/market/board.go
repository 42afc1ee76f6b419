package market

import (
	"cmp"
	"slices"
	"strings"

	"bourse/models"
)

// Method names the way these figures are made. It changes when a figure would.
const Method = "usage-1"

// Measure is what a ranking is by.
type Measure int

// The measures.
const (
	ByTokens Measure = iota
	BySpend
	ByAccounts
	measures
)

// Sum is what was used, all told.
type Sum struct {
	Requests int64
	Tokens   int64
	Spend    models.Amount // at the providers' lists, without our fee
	Accounts int64         // different ones
}

// Value is the sum in one measure.
func (s Sum) Value(m Measure) int64 {
	switch m {
	case BySpend:
		return int64(s.Spend)
	case ByAccounts:
		return s.Accounts
	}
	return s.Tokens
}

// Row is one model of a board.
type Row struct {
	Model string
	Sum
	// Before is its rank in the window before, by measure; 0 when it was not shown there.
	Before [measures]int
	// Largest says in quarters how much of it one account made, by measure: 1 when no account made
	// more than a quarter, 4 when one made more than three quarters. 0 where it has no meaning.
	Largest [measures]int
}

// Part is a share of a board: an author's or a provider's.
type Part struct {
	Name string
	Sum
}

// Board is what was used of one kind of traffic in one window.
type Board struct {
	Rows      []Row // by model; Ranked puts them in order
	Authors   []Part
	Providers []Part
	// Hidden models have too few accounts, or one that made nearly all of it. Other is their sum,
	// nil when even together they could not be shown; it then is in no total.
	Hidden int
	Other  *Sum
	// The same of authors and providers; their sums are always told.
	OtherAuthors, OtherProviders *Part
	// Compared says that there was a window before to compare with.
	Compared bool
}

// Ranked are the rows in the order of a measure, the largest first. Those that have nothing of it
// are left out.
func (b *Board) Ranked(m Measure) []Row {
	out := make([]Row, 0, len(b.Rows))
	for _, r := range b.Rows {
		if r.Value(m) > 0 {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(x, y Row) int { return cmp.Compare(y.Value(m), x.Value(m)) })
	return out
}

// Total is the sum of what is shown: the rows and the others. Of accounts there is none: one that
// used two models would be counted twice.
func (b *Board) Total() Sum {
	var t Sum
	for _, r := range b.Rows {
		t.add(r.Sum)
	}
	if b.Other != nil {
		t.add(*b.Other)
	}
	t.Accounts = 0
	return t
}

// Effective is how many models of equal size would be as concentrated as those shown: one divided
// by the sum of the squares of their shares. 0 where nothing is shown.
func (b *Board) Effective(m Measure) float64 {
	whole, squares := 0.0, 0.0
	for _, r := range b.Rows {
		v := float64(r.Value(m))
		whole, squares = whole+v, squares+v*v
	}
	if squares == 0 {
		return 0
	}
	return whole * whole / squares
}

// compare notes where each row stood in the window before.
func (b *Board) compare(before *Board) {
	if before == nil || len(before.Rows) == 0 {
		return
	}
	b.Compared = true
	for m := range measures {
		stood := map[string]int{}
		for i, r := range before.Ranked(m) {
			stood[r.Model] = i + 1
		}
		for i := range b.Rows {
			b.Rows[i].Before[m] = stood[b.Rows[i].Model]
		}
	}
}

func (s *Sum) add(other Sum) {
	s.Requests, s.Tokens, s.Spend, s.Accounts = s.Requests+other.Requests, s.Tokens+other.Tokens, s.Spend+other.Spend, s.Accounts+other.Accounts
}

// rounded keeps three digits of each figure: the difference of two published sums then tells
// nothing of the single account that may have made it.
func (s Sum) rounded() Sum {
	return Sum{Requests: round(s.Requests), Tokens: round(s.Tokens), Spend: models.Amount(round(int64(s.Spend))), Accounts: s.Accounts}
}

// round keeps the first three digits.
func round(n int64) int64 {
	unit := int64(1)
	for n/unit >= 1000 {
		unit *= 10
	}
	return (n + unit/2) / unit * unit
}

// authorOf is the first half of a model's id.
func authorOf(model string) string {
	author, _, _ := strings.Cut(model, "/")
	return author
}
