package catalog

import "bourse/models"

// Result is one page of what a filter finds, with the figures around it.
type Result struct {
	Rows   []Row // of this page
	Total  int   // models found
	All    int   // models of the chosen types, filters aside
	Page   int   // the page given, from 1; the last one when the filter asked for more
	Pages  int   // at least 1
	Facets []Facet
	// Without is filled when nothing was found: each filter with what would be found without it.
	Without []Applied
}

// Row is a model in a list, with the offer whose price the list shows: the cheapest that satisfies
// the filter, paid before free unless free was asked for.
type Row struct {
	*Entry
	Shown  *Offer
	Mix    models.Rate // of Shown, at the filter's mix
	HasMix bool
}

// Search finds the page of models that a filter asks for and counts every facet.
func (s *Snapshot) Search(f Filter) Result {
	p := s.compile(f)
	t := newTally(p)
	found := make([]sortKey, 0, len(s.Models))
	all := 0
	for i := range p.entries {
		fails := p.entryFails(i)
		if fails&failType == 0 {
			all++
		}
		if fails&(fails-1) != 0 {
			continue // two groups refuse it: no option of one group can bring it back
		}
		if best := t.visit(int32(i), fails); best != none {
			found = append(found, sortKey{p.key(i, best), int32(i), best})
		}
	}
	r := Result{Total: len(found), All: all, Facets: t.facets()}
	from, to := r.paginate(f)
	first(found, to)
	r.Rows = p.rowsOf(found[from:to])
	if r.Total == 0 {
		r.Without = s.without(f)
	}
	return r
}

func (p *plan) rowsOf(keys []sortKey) []Row {
	rows := make([]Row, len(keys))
	for i, k := range keys {
		rows[i] = p.row(int(k.entry), k.offer)
	}
	return rows
}

// Count is how many models a filter finds.
func (s *Snapshot) Count(f Filter) int {
	p := s.compile(f)
	n := 0
	for i := range p.entries {
		if p.entryFails(i) == 0 && p.shown(i) != none {
			n++
		}
	}
	return n
}

// Find lists all models that a filter finds, in its order, whatever the page.
func (s *Snapshot) Find(f Filter) []Row {
	p := s.compile(f)
	var found []sortKey
	for i := range p.entries {
		if p.entryFails(i) != 0 {
			continue
		}
		if best := p.shown(i); best != none {
			found = append(found, sortKey{p.key(i, best), int32(i), best})
		}
	}
	first(found, len(found))
	return p.rowsOf(found)
}

// paginate works out which of the rows found are on the page.
func (r *Result) paginate(f Filter) (from, to int) {
	per := f.Per
	if per <= 0 {
		per = perPage
	}
	r.Pages = max(1, (r.Total+per-1)/per)
	r.Page = min(max(1, f.Page), r.Pages)
	from = (r.Page - 1) * per
	return from, min(from+per, r.Total)
}
