package catalog

import (
	"slices"
	"strings"

	"bourse/models"
)

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
	custom    MixInfo // when the mix is the reader's own
}

// mixOf is an offer's price at the filter's mix, noPrice where tokens have none.
func (p *plan) mixOf(o *Offer) models.Rate {
	if p.Mix == MixCustom {
		return p.custom.weigh(o.rates[0], o.rates[1], o.rates[2])
	}
	return o.mix[p.Mix]
}

func (p *plan) bucketOf(o *Offer) set {
	if p.Mix == MixCustom {
		return bucketBits(p.mixOf(o))
	}
	return o.bucket[p.Mix]
}

func (s *Snapshot) compile(f Filter) *plan {
	p := &plan{Filter: f, snapshot: s, words: strings.Fields(strings.ToLower(f.Query)), custom: f.MixInfo()}
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
	t, ok := parseDay(e.Created)
	if !ok {
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
	if p.buckets != 0 && p.buckets&p.bucketOf(o) == 0 {
		return false
	}
	if p.MinPrice != nil || p.MaxPrice != nil {
		price := p.mixOf(o)
		if p.PromptPrice {
			price = o.rates[0]
		}
		if price == noPrice || !within(price, p.MinPrice, p.MaxPrice) {
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
var noOffer = Offer{mix: [len(mixes)]models.Rate{noPrice, noPrice, noPrice, noPrice}, rates: [3]models.Rate{noPrice, noPrice, noPrice}, provider: -1}

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
	ra, rb := p.mixOf(a), p.mixOf(b)
	if rb != noPrice && (ra == noPrice || rb < ra) {
		return b
	}
	return a
}

func (p *plan) row(e *Entry, o *Offer) Row {
	r := Row{Entry: e, Shown: o}
	if o != nil {
		mix := p.mixOf(o)
		r.Mix, r.HasMix = max(mix, 0), mix != noPrice
	}
	return r
}
