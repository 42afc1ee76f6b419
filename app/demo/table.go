package demo

import (
	"math"
	"math/rand/v2"
	"strings"
	"unicode"
)

// nothing fills the places of a context before the first token of a paragraph.
const nothing int32 = -1

// order is how many tokens the longest context has.
const order = 3

// window is the tokens before the next one, the nearest last.
type window [order]int32

// table tells which tokens followed which: one list for each context, with repetitions, so that a
// blind choice from it is already in proportion.
type table struct {
	next   [order]map[window][]int32
	starts []start
	ends   map[int32]bool
}

// start is the beginning of a sentence, and what the sentence is about.
type start struct {
	context window
	about   map[string]bool
}

func learnTable(v *vocabulary, text []string) *table {
	t := &table{ends: make(map[int32]bool)}
	for i := range t.next {
		t.next[i] = make(map[window][]int32)
	}
	for _, mark := range []string{".", "?", "!"} {
		if id, ok := v.ids[mark]; ok {
			t.ends[id] = true
		}
	}
	for _, paragraph := range text {
		t.learn(v, paragraph)
	}
	return t
}

func (t *table) learn(v *vocabulary, paragraph string) {
	context := window{nothing, nothing, nothing}
	fresh := true
	for _, word := range v.split(paragraph) {
		id := v.ids[word]
		if fresh {
			t.starts = append(t.starts, start{context: context, about: make(map[string]bool)})
			fresh = false
		}
		if s := strings.ToLower(strings.TrimSpace(word)); len(s) > 3 {
			t.starts[len(t.starts)-1].about[s] = true
		}
		for back := 1; back <= order; back++ {
			key := context.last(back)
			t.next[back-1][key] = append(t.next[back-1][key], id)
		}
		context = context.push(id)
		fresh = t.ends[id]
	}
}

// last keeps the nearest tokens and blanks the others.
func (c window) last(n int) window {
	for i := range order - n {
		c[i] = nothing
	}
	return c
}

func (c window) push(id int32) window {
	copy(c[:], c[1:])
	c[order-1] = id
	return c
}

// begin chooses a sentence to begin like: one with a word of the question, where there is one.
func (t *table) begin(question string, random *rand.Rand) window {
	asked := strings.FieldsFunc(strings.ToLower(question), func(r rune) bool { return !unicode.IsLetter(r) })
	var fitting []int
	for i, s := range t.starts {
		for _, word := range asked {
			if s.about[word] {
				fitting = append(fitting, i)
				break
			}
		}
	}
	if len(fitting) > 0 {
		return t.starts[fitting[random.IntN(len(fitting))]].context
	}
	return t.starts[random.IntN(len(t.starts))].context
}

// follow chooses the next token after a context, or says that the document ends there.
func (t *table) follow(c window, back int, heat heat, random *rand.Rand) (int32, bool) {
	for ; back >= 1; back-- {
		if list := t.next[back-1][c.last(back)]; len(list) > 0 {
			return heat.choose(list, random), true
		}
	}
	return 0, false
}

// heat is how a choice is made from the tokens that may follow.
type heat struct{ temperature, topP float64 }

// coldest is what temperature 0 means here: a table has too few choices to always take the first.
const coldest = 0.2

func (h heat) choose(list []int32, random *rand.Rand) int32 {
	if len(list) == 1 || (h.temperature == 1 && h.topP >= 1) {
		return list[random.IntN(len(list))]
	}
	ids, weights := tally(list)
	power := 1 / max(h.temperature, coldest)
	total := 0.0
	for i := range weights {
		weights[i] = math.Pow(weights[i], power)
		total += weights[i]
	}
	limit := total * min(max(h.topP, 0), 1)
	kept, n := 0.0, 0
	for n < len(ids) && (n == 0 || kept < limit) {
		kept += weights[n]
		n++
	}
	point := random.Float64() * kept
	for i := range n {
		if point -= weights[i]; point < 0 {
			return ids[i]
		}
	}
	return ids[n-1]
}

// tally counts the tokens of a list, the most frequent first, equal ones by first appearance so
// that a seed always gives the same text.
func tally(list []int32) ([]int32, []float64) {
	var ids []int32
	var counts []float64
	place := make(map[int32]int, len(list))
	for _, id := range list {
		at, seen := place[id]
		if !seen {
			at = len(ids)
			place[id] = at
			ids = append(ids, id)
			counts = append(counts, 0)
		}
		counts[at]++
		for at > 0 && counts[at] > counts[at-1] {
			ids[at], ids[at-1] = ids[at-1], ids[at]
			counts[at], counts[at-1] = counts[at-1], counts[at]
			place[ids[at]], place[ids[at-1]] = at, at-1
			at--
		}
	}
	return ids, counts
}
