package catalog

import (
	"slices"
	"strings"
	"time"

	"bourse/models"
)

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

// Groups of a filter, as bits: the set of groups that refuse a model or an offer. Groups within
// which any option will do have a bit each, because their counts leave them out of account; all
// other conditions share one.
const (
	failType = 1 << iota
	failPrice
	failContext
	failRegion
	failAuthor
	failProvider
	failOther
)

// plan is a filter made ready for one snapshot: names turned into indexes and sets.
type plan struct {
	Filter
	snapshot  *Snapshot
	words     []string // of the query
	types     set      // 0 = all
	inputs    set
	outputs   set
	features  set
	policy    set
	region    set
	buckets   set
	authors   map[int]bool
	providers map[int]bool
	wantsFree bool
}

func (s *Snapshot) compile(f Filter) *plan {
	p := &plan{Filter: f, snapshot: s, words: strings.Fields(strings.ToLower(f.Query))}
	outputsAll := slices.Contains(f.Outputs, "all")
	switch {
	case len(f.Types) == 0 && len(f.Outputs) == 0:
		p.types = bit(slices.Index(Types, "chat"))
	case !slices.Contains(f.Types, "all"):
		for _, name := range f.Types {
			p.types |= bit(slices.Index(Types, name))
		}
	}
	p.inputs = modalityBits(inputModalities, f.Inputs)
	if !outputsAll {
		p.outputs = modalityBits(outputModalities, f.Outputs)
	}
	for _, name := range f.Supported {
		if i, ok := featureIndex(name); ok {
			p.features |= bit(i)
		}
	}
	if f.ZDR {
		p.policy |= bit(policyZDR)
	}
	if f.NoTraining {
		p.policy |= bit(policyNoTraining)
	}
	for _, name := range f.Regions {
		p.region |= bit(slices.Index(regions, name))
	}
	for _, name := range f.Prices {
		p.buckets |= bit(priceBucket(name))
	}
	p.wantsFree = slices.Contains(f.Prices, "free") || (f.MaxPrice != nil && *f.MaxPrice == 0)
	if len(f.Authors) > 0 {
		p.authors = map[int]bool{}
		for i, a := range s.Authors {
			if slices.Contains(f.Authors, a.Slug) {
				p.authors[i] = true
			}
		}
	}
	if len(f.Providers) > 0 {
		p.providers = map[int]bool{}
		for i, e := range s.Providers {
			if slices.ContainsFunc(f.Providers, func(name string) bool {
				return strings.EqualFold(name, e.Slug) || strings.EqualFold(name, e.Name)
			}) {
				p.providers[i] = true
			}
		}
	}
	return p
}

// entryFails is the set of groups that refuse a model whatever the offer.
func (p *plan) entryFails(e *Entry) int {
	fails := 0
	if p.types != 0 && (e.kind < 0 || !p.types.has(e.kind)) {
		fails |= failType
	}
	if p.authors != nil && !p.authors[e.author] {
		fails |= failAuthor
	}
	if !p.otherOfEntry(e) {
		fails |= failOther
	}
	return fails
}

func (p *plan) otherOfEntry(e *Entry) bool {
	if !e.inputs.contains(p.inputs) || (p.outputs != 0 && e.outputs&p.outputs == 0) {
		return false
	}
	if (p.Open && (e.OpenWeights == nil || !*e.OpenWeights)) ||
		(p.Drop && !e.Dropped()) || (p.New && !e.isNew) || (p.Retiring && e.RetiresAt == "") {
		return false
	}
	if len(p.Arch) > 0 && !slices.ContainsFunc(p.Arch, func(a string) bool { return strings.EqualFold(a, e.Tokenizer) }) {
		return false
	}
	for _, w := range p.words {
		if !strings.Contains(e.search, w) {
			return false
		}
	}
	return (p.MinAgeDays == 0 && p.MaxAgeDays == 0) || p.age(e)
}

func (p *plan) age(e *Entry) bool {
	t, err := time.Parse(time.DateOnly, e.Created)
	if err != nil {
		return false
	}
	days := int(p.snapshot.At.Sub(t).Hours() / 24)
	return days >= p.MinAgeDays && (p.MaxAgeDays == 0 || days <= p.MaxAgeDays)
}

// offerFails is the set of groups that refuse an offer.
func (p *plan) offerFails(e *Entry, o *Offer) int {
	fails := 0
	if !p.priceFits(o) {
		fails |= failPrice
	}
	if p.Context > 0 && o.Context(e.Model) < p.Context {
		fails |= failContext
	}
	if p.region != 0 && o.region&p.region == 0 {
		fails |= failRegion
	}
	if p.providers != nil && !p.providers[o.provider] {
		fails |= failProvider
	}
	if !o.features.contains(p.features) || !o.policy.contains(p.policy) || (p.Callable && !o.Routable) {
		fails |= failOther
	}
	return fails
}

func (p *plan) priceFits(o *Offer) bool {
	if p.buckets != 0 && (o.bucket[p.Mix] == 0 || p.buckets&o.bucket[p.Mix] == 0) {
		return false
	}
	if p.MinPrice != nil || p.MaxPrice != nil {
		price, ok := o.Mix(p.Mix)
		if p.PromptPrice {
			price, ok = o.Input()
		}
		if !ok || !within(price, p.MinPrice, p.MaxPrice) {
			return false
		}
	}
	if p.MinOutput != nil || p.MaxOutput != nil {
		price, ok := o.Output()
		if !ok || !within(price, p.MinOutput, p.MaxOutput) {
			return false
		}
	}
	return true
}

func within(r models.Rate, least, most *models.Rate) bool {
	return (least == nil || r >= *least) && (most == nil || r <= *most)
}

// shown is the offer whose price a list shows; ok is false when no offer passes. A model without
// offers passes when nothing is asked of its offers.
func (p *plan) shown(e *Entry) (best *Offer, ok bool) {
	for _, o := range e.Endpoints {
		if p.offerFails(e, o) == 0 {
			best, ok = p.better(best, o), true
		}
	}
	return best, ok || (len(e.Endpoints) == 0 && p.offerFails(e, &noOffer) == 0)
}

// noOffer stands in for the offers of a model that has none.
var noOffer = Offer{mix: [len(mixes)]models.Rate{noPrice, noPrice, noPrice, noPrice}, provider: -1}

// better is the offer to show of two that pass, the first coming first in the entry.
func (p *plan) better(a, b *Offer) *Offer {
	if a == nil {
		return b
	}
	if a.IsFree != b.IsFree && !p.wantsFree {
		if a.IsFree {
			return b
		}
		return a
	}
	if b.mix[p.Mix] != noPrice && (a.mix[p.Mix] == noPrice || b.mix[p.Mix] < a.mix[p.Mix]) {
		return b
	}
	return a
}

func (p *plan) row(e *Entry, o *Offer) Row {
	r := Row{Entry: e, Shown: o}
	if o != nil {
		r.Mix, r.HasMix = o.Mix(p.Mix)
	}
	return r
}

// Dropped reports whether the lowest price fell in the last 30 days.
func (e *Entry) Dropped() bool { return e.HasChange && e.Change30 < 0 }
