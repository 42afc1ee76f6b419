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
	t := newTally(s)
	rows := make([]Row, 0, len(s.Models))
	all := 0
	for i, e := range s.Models {
		fails := p.entryFails(e)
		if fails&failType == 0 {
			all++
		}
		if fails&(fails-1) != 0 {
			continue // two groups refuse it: no option of one group can bring it back
		}
		if row, ok := t.visit(p, i, e, fails); ok {
			rows = append(rows, row)
		}
	}
	sortRows(rows, f.Order)
	r := Result{Total: len(rows), All: all, Facets: t.facets(p)}
	r.paginate(rows, f)
	if r.Total == 0 {
		r.Without = s.without(f)
	}
	return r
}

// Count is how many models a filter finds.
func (s *Snapshot) Count(f Filter) int {
	p := s.compile(f)
	n := 0
	for _, e := range s.Models {
		if p.entryFails(e) == 0 {
			if _, ok := p.shown(e); ok {
				n++
			}
		}
	}
	return n
}

// Find lists all models that a filter finds, in its order, whatever the page.
func (s *Snapshot) Find(f Filter) []Row {
	p := s.compile(f)
	var rows []Row
	for _, e := range s.Models {
		if p.entryFails(e) != 0 {
			continue
		}
		if o, ok := p.shown(e); ok {
			rows = append(rows, p.row(e, o))
		}
	}
	sortRows(rows, f.Order)
	return rows
}

func (r *Result) paginate(rows []Row, f Filter) {
	per := f.Per
	if per <= 0 {
		per = perPage
	}
	r.Pages = max(1, (len(rows)+per-1)/per)
	r.Page = min(max(1, f.Page), r.Pages)
	from := (r.Page - 1) * per
	r.Rows = rows[from:min(from+per, len(rows))]
}
