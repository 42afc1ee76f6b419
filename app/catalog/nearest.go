package catalog

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

const (
	nearestMax      = 20
	nearestRunesMax = 80 // of the name asked for; longer ones are cut
)

// Nearest lists up to n ids that somebody who wrote id may have meant, best first. It compares by
// edit distance; far-fetched ones are left out.
func (s *Snapshot) Nearest(id string, n int) []string {
	base, _, _ := strings.Cut(strings.ToLower(strings.ToValidUTF8(id, "")), ":")
	base = strings.TrimSpace(base)
	if r := []rune(base); len(r) > nearestRunesMax {
		base = string(r[:nearestRunesMax])
	}
	author, slug, full := strings.Cut(base, "/")
	if !full {
		author, slug = "", base
	}
	letters := lettersOf(slug)
	if len(letters) == 0 || n <= 0 {
		return nil
	}
	var near nearness
	type candidate struct {
		id       string
		distance int
	}
	var found []candidate
	for _, e := range s.Models {
		d := near.of(letters, e)
		if full && author != e.Author {
			d += min(2, near.distance([]rune(author), []rune(e.Author)))
		}
		if d <= 2+len(letters)/3 {
			found = append(found, candidate{e.ID, d})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(len(a.id), len(b.id)), cmp.Compare(a.id, b.id))
	})
	var out []string
	for _, c := range found[:min(n, nearestMax, len(found))] {
		out = append(out, c.id)
	}
	return out
}

// nearness computes edit distances, reusing two rows of the table.
type nearness struct{ previous, row []int }

// of is how far the second half of an entry's id is from what was asked, both as
// letters and digits alone. When one contains the other, what is missing costs a quarter: leaving
// out a date or a size, or adding one, is the usual mistake.
func (x *nearness) of(asked []rune, e *Entry) int {
	best := x.distance(asked, e.letters)
	short, long := asked, e.letters
	if len(short) > len(long) {
		short, long = long, short
	}
	if len(short) >= 3 && len(short) < len(long) && strings.Contains(string(long), string(short)) {
		best = min(best, 2+(len(long)-len(short))/4)
	}
	return best
}

// lettersOf keeps the letters and digits, in lower case: dots, dashes and spaces are what people
// get wrong first.
func lettersOf(s string) []rune {
	var out []rune
	for _, r := range strings.ToLower(s) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			out = append(out, r)
		}
	}
	return out
}

// distance is the number of letters to insert, delete or change: Levenshtein's.
func (x *nearness) distance(a, b []rune) int {
	if cap(x.row) < len(b)+1 {
		x.row, x.previous = make([]int, 2*len(b)+2), make([]int, 2*len(b)+2)
	}
	row, previous := x.row[:len(b)+1], x.previous[:len(b)+1]
	for j := range previous {
		previous[j] = j
	}
	for i, ca := range a {
		row[0] = i + 1
		for j, cb := range b {
			change := previous[j]
			if ca != cb {
				change++
			}
			row[j+1] = min(change, previous[j+1]+1, row[j]+1)
		}
		row, previous = previous, row
	}
	return previous[len(b)]
}
