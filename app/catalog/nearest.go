package catalog

import (
	"cmp"
	"slices"
	"strings"
)

const (
	nearestMax      = 20
	nearestRunesMax = 80 // of the name asked for; longer ones are cut
)

// Nearest lists up to n ids that somebody who wrote id may have meant, best first. It compares by
// edit distance with ids, second halves of ids and names; far-fetched ones are left out.
func (s *Snapshot) Nearest(id string, n int) []string {
	base, _, _ := strings.Cut(strings.ToLower(strings.ToValidUTF8(id, "")), ":")
	asked := []rune(strings.TrimSpace(base))
	if len(asked) == 0 || n <= 0 {
		return nil
	}
	if len(asked) > nearestRunesMax {
		asked = asked[:nearestRunesMax]
	}
	slug := asked
	if i := slices.Index(asked, '/'); i >= 0 {
		slug = asked[i+1:]
	}
	var near nearness
	type candidate struct {
		id       string
		distance int
	}
	var found []candidate
	for _, e := range s.Models {
		d := near.of(asked, slug, e)
		if d <= 2+len(slug)/2 {
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

// of is how far an entry is from what was asked: the full ids, or the second halves with a step
// more for a wrong author, or the name. Something contained in the other costs its missing letters
// at a quarter, since leaving out a date or a size is the usual mistake.
func (x *nearness) of(asked, slug []rune, e *Entry) int {
	id := []rune(strings.ToLower(e.ID))
	own := []rune(strings.ToLower(e.Slug()))
	best := min(x.distance(asked, id), x.distance(slug, own)+1,
		x.distance(slug, []rune(strings.ToLower(e.Name)))+1)
	if len(slug) >= 3 {
		switch {
		case strings.Contains(string(own), string(slug)):
			best = min(best, 1+(len(own)-len(slug))/4)
		case len(own) >= 3 && strings.Contains(string(slug), string(own)):
			best = min(best, 1+(len(slug)-len(own))/4)
		}
	}
	return best
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
