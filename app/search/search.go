// Package search tells how well short texts, such as names and headings, fit what somebody typed.
// It forgives the slips of typing: a letter too many, too few, changed or swapped, and missing
// dashes and spaces.
//
// It knows nothing of what the texts are of.
package search

import (
	"slices"
	"strings"
	"unicode"
)

const (
	queryRunesMax = 100 // of what is typed; the rest is not looked at
	queryWordsMax = 8
	wordRunesMax  = 40
)

// How well one word of the query fits one word of a text.
const (
	fitExact  = 100
	fitBegins = 70
	fitInside = 35
	fitSlip   = 20 // one slip of typing
	fitSlips  = 5  // two of them
)

// The whole query, without the spaces, against a whole part of the text.
const (
	fitWhole       = 400
	fitWholeBegins = 150
	fitWholeInside = 60
)

// Part is a piece of a text and how much it counts.
type Part struct {
	Text   string
	Weight int // 1 or more
}

// Text is something that can be found, prepared once.
type Text struct {
	words  []weighted
	joined []weighted // each part as letters and digits alone
}

type weighted struct {
	text   string
	weight int
}

// NewText prepares what can be found by any of its parts.
func NewText(parts ...Part) Text {
	var t Text
	for _, p := range parts {
		words := wordsOf(p.Text)
		if len(words) == 0 {
			continue
		}
		for _, w := range words {
			t.words = append(t.words, weighted{w, p.Weight})
		}
		t.joined = append(t.joined, weighted{strings.Join(words, ""), p.Weight})
	}
	return t
}

// wordsOf splits a text at everything that is neither letter nor digit, in lower case.
func wordsOf(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// Query is what somebody typed.
type Query struct {
	words []string
	whole string
	slips map[[2]string]int // what a word of the query and one of a text were worth together
}

// Parse reads what somebody typed.
func Parse(typed string) *Query {
	typed = strings.ToValidUTF8(typed, "")
	if r := []rune(typed); len(r) > queryRunesMax {
		typed = string(r[:queryRunesMax])
	}
	words := wordsOf(typed)
	words = words[:min(len(words), queryWordsMax)]
	for i, w := range words {
		if r := []rune(w); len(r) > wordRunesMax {
			words[i] = string(r[:wordRunesMax])
		}
	}
	return &Query{words: words, whole: strings.Join(words, ""), slips: map[[2]string]int{}}
}

// Empty reports whether there is nothing to look for.
func (q *Query) Empty() bool { return len(q.words) == 0 }

// Words are the words that are looked for, in lower case.
func (q *Query) Words() []string { return slices.Clone(q.words) }

// Fit is how well a text fits.
type Fit struct {
	Score int  // 0: it does not
	Slip  bool // it fits only when a slip of typing is forgiven
	Exact bool // a part of it is what was typed, all of it
}

// Fit compares a text with the query. Each word of the query has to be in it somewhere.
func (q *Query) Fit(t Text) Fit {
	if q.Empty() {
		return Fit{}
	}
	var f Fit
	for _, w := range q.words {
		best, slip := q.word(w, t)
		if best == 0 {
			f.Score = 0
			break
		}
		f.Score += best
		f.Slip = f.Slip || slip
	}
	whole, exact := q.fitWhole(t)
	if whole > 0 {
		f.Slip, f.Exact = false, exact
	}
	f.Score += whole
	return f
}

// word is the best that one word of the query finds in a text.
func (q *Query) word(w string, t Text) (best int, slip bool) {
	for _, x := range t.words {
		if n := fitWord(w, x.text) * x.weight; n > best {
			best = n
		}
	}
	if best > 0 {
		return best, false
	}
	for _, x := range t.joined {
		if len(w) >= 3 && strings.Contains(x.text, w) {
			best = max(best, fitInside*x.weight)
		}
	}
	if best > 0 {
		return best, false
	}
	for _, x := range t.words {
		best = max(best, q.slip(w, x.text)*x.weight)
	}
	return best, best > 0
}

func fitWord(w, x string) int {
	switch {
	case w == x:
		return fitExact
	case strings.HasPrefix(x, w):
		return fitBegins
	case len(w) >= 3 && strings.Contains(x, w):
		return fitInside
	}
	return 0
}

func (q *Query) fitWhole(t Text) (best int, exact bool) {
	for _, x := range t.joined {
		n := 0
		switch {
		case x.text == q.whole:
			n, exact = fitWhole, true
		case len(q.whole) < 3:
		case strings.HasPrefix(x.text, q.whole):
			n = fitWholeBegins
		case strings.Contains(x.text, q.whole):
			n = fitWholeInside
		}
		best = max(best, n*x.weight)
	}
	return best, exact
}

// slip is what a word is worth that was typed wrongly, 0 when it is too far off.
func (q *Query) slip(w, x string) int {
	key := [2]string{w, x}
	if n, known := q.slips[key]; known {
		return n
	}
	n := 0
	typed, meant := []rune(w), []rune(x)
	// The shorter a word, the more words of others are one letter away.
	if allowed := allowedSlips(len(typed)); allowed > 0 && len(meant) >= len(typed)-allowed && len(meant) <= wordRunesMax {
		switch d := distanceToBeginning(typed, meant); {
		case d > allowed, d > 1 && typed[0] != meant[0]: // hardly anybody misses the first letter
		case d <= 1:
			n = fitSlip
		default:
			n = fitSlips
		}
	}
	q.slips[key] = n
	return n
}

func allowedSlips(letters int) int {
	switch {
	case letters < 4:
		return 0
	case letters < 6:
		return 1
	}
	return 2
}
