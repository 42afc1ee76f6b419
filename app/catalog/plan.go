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
	*columns
	snapshot  *Snapshot
	words     []string // of the query
	types     set      // 0 = all
	inputs    uint8
	outputs   uint8
	flags     uint8
	features  uint32
	policy    uint8
	region    uint8
	buckets   uint8
	authors   []bool // nil = any
	providers []bool
	mixes     []models.Rate // of each offer
	wantsFree bool
	bounded   bool // the price has to lie between two ends
	ofOffers  bool // something is asked of offers
	slow      bool // something is asked that the columns do not tell
}

func (s *Snapshot) compile(f Filter) *plan {
	p := &plan{Filter: f, columns: s.columns, snapshot: s, words: strings.Fields(strings.ToLower(f.Query))}
	if f.Mix == MixCustom {
		p.mixes = p.columns.weigh(f.Blend)
	} else {
		p.mixes = p.columns.mix[f.Mix]
	}
	switch {
	case len(f.Types) == 0 && len(f.Outputs) == 0:
		p.types = bit(slices.Index(Types, "chat"))
	case !slices.Contains(f.Types, "all"):
		for _, name := range f.Types {
			p.types |= bit(slices.Index(Types, name))
		}
	}
	p.inputs = uint8(modalityBits(inputModalities, f.Inputs))
	if !slices.Contains(f.Outputs, "all") {
		p.outputs = uint8(modalityBits(outputModalities, f.Outputs))
	}
	for _, name := range f.Supported {
		if i, ok := featureIndex(name); ok {
			p.features |= 1 << i
		}
	}
	for i, on := range []bool{f.ZDR, f.NoTraining} {
		if on {
			p.policy |= 1 << i
		}
	}
	for i, on := range []bool{f.Open, f.Drop, f.New, f.Retiring} {
		if on {
			p.flags |= 1 << i
		}
	}
	for _, name := range f.Regions {
		p.region |= 1 << slices.Index(regions, name)
	}
	for _, name := range f.Prices {
		p.buckets |= 1 << priceBucket(name)
	}
	p.wantsFree = slices.Contains(f.Prices, "free") || (f.MaxPrice != nil && *f.MaxPrice == 0)
	p.choose(s)
	p.bounded = f.MinPrice != nil || f.MaxPrice != nil || f.MinOutput != nil || f.MaxOutput != nil
	p.ofOffers = p.buckets != 0 || p.bounded || f.Context > 0 || p.region != 0 || p.providers != nil || p.features != 0 || p.policy != 0 || f.Callable
	p.slow = len(p.words) > 0 || len(f.Arch) > 0 || f.MinAgeDays > 0 || f.MaxAgeDays > 0
	return p
}

// choose turns the names of authors and providers into places.
func (p *plan) choose(s *Snapshot) {
	if len(p.Authors) > 0 {
		p.authors = make([]bool, len(s.Authors))
		for i, a := range s.Authors {
			p.authors[i] = slices.Contains(p.Authors, a.Slug)
		}
	}
	if len(p.Providers) > 0 {
		p.providers = make([]bool, len(s.Providers))
		for i, e := range s.Providers {
			p.providers[i] = slices.ContainsFunc(p.Providers, func(name string) bool {
				return strings.EqualFold(name, e.Slug) || strings.EqualFold(name, e.Name)
			})
		}
	}
}

func (p *plan) bucketOf(j int32) uint8 {
	if p.Mix == MixCustom {
		return uint8(bucketBits(p.mixes[j]))
	}
	return p.offers[j].bucket[p.Mix]
}

// entryFails is the set of groups that refuse a model whatever the offer.
func (p *plan) entryFails(i int) int {
	e := &p.entries[i]
	fails := 0
	if p.types != 0 && (e.kind < 0 || !p.types.has(int(e.kind))) {
		fails |= failType
	}
	if p.authors != nil && !p.authors[e.author] {
		fails |= failAuthor
	}
	if e.inputs&p.inputs != p.inputs || p.outputs != 0 && e.outputs&p.outputs == 0 || e.flags&p.flags != p.flags {
		return fails | failOther
	}
	if p.slow && !p.fitsSlowly(p.snapshot.Models[i]) {
		fails |= failOther
	}
	return fails
}

func (p *plan) fitsSlowly(e *Entry) bool {
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
func (p *plan) offerFails(j int32) int {
	o := &p.offers[j]
	fails := 0
	if p.buckets != 0 && p.buckets&p.bucketOf(j) == 0 {
		fails |= failPrice
	}
	if p.Context > 0 && p.context[j] < p.Context {
		fails |= failContext
	}
	if p.region != 0 && o.region&p.region == 0 {
		fails |= failRegion
	}
	if p.providers != nil && (o.provider == nobody || !p.providers[o.provider]) {
		fails |= failProvider
	}
	if o.features&p.features != p.features || o.policy&p.policy != p.policy || (p.Callable && !o.routable) || p.bounded && !p.withinBounds(j) {
		fails |= failOther
	}
	return fails
}

// withinBounds reports whether a price lies between the ends that a reader typed.
func (p *plan) withinBounds(j int32) bool {
	if p.MinPrice != nil || p.MaxPrice != nil {
		price := p.mixes[j]
		if p.PromptPrice {
			price = p.rates[0][j]
		}
		if price == noPrice || !within(price, p.MinPrice, p.MaxPrice) {
			return false
		}
	}
	if p.MinOutput != nil || p.MaxOutput != nil {
		o := p.full[j]
		if o == nil {
			return false
		}
		price, ok := o.Output()
		return ok && within(price, p.MinOutput, p.MaxOutput)
	}
	return true
}

func within(r models.Rate, least, most *models.Rate) bool {
	return (least == nil || r >= *least) && (most == nil || r <= *most)
}

// none is the place of no offer.
const none int32 = -1

// shown is the offer whose price a list shows, none when no offer passes.
func (p *plan) shown(i int) int32 {
	e := &p.entries[i]
	if !p.ofOffers {
		return p.bestOf(e)
	}
	best := none
	for j := e.from; j < e.to; j++ {
		if p.offerFails(j) == 0 {
			best = p.better(best, j)
		}
	}
	return best
}

// bestOf is the offer to show when all pass.
func (p *plan) bestOf(e *leanEntry) int32 {
	if p.Mix != MixCustom {
		if p.wantsFree {
			return e.from + int32(e.best[1][p.Mix])
		}
		return e.from + int32(e.best[0][p.Mix])
	}
	best := e.from
	for j := e.from + 1; j < e.to; j++ {
		best = p.better(best, j)
	}
	return best
}

// better is the offer to show of two that pass, the first coming first in the entry.
func (p *plan) better(a, b int32) int32 {
	if a == none {
		return b
	}
	if free := p.offers[a].free; free != p.offers[b].free && !p.wantsFree {
		if free {
			return b
		}
		return a
	}
	ra, rb := p.mixes[a], p.mixes[b]
	if rb != noPrice && (ra == noPrice || rb < ra) {
		return b
	}
	return a
}

func (p *plan) row(i int, j int32) Row {
	r := Row{Entry: p.snapshot.Models[i], Shown: p.full[j]}
	mix := p.mixes[j]
	r.Mix, r.HasMix = max(mix, 0), mix != noPrice
	return r
}

// key is what a found model is sorted by.
func (p *plan) key(i int, j int32) uint64 {
	if keys := p.keys[p.Order]; keys != nil {
		return keys[i]
	}
	r := Row{Shown: p.full[j]}
	switch p.Order {
	case OrderCheapest, OrderDearest:
		mix := p.mixes[j]
		return figure(int64(mix), mix != noPrice, p.Order == OrderDearest)
	case OrderInput, OrderInputBack:
		return figure(int64(p.rates[0][j]), p.rates[0][j] != noPrice, p.Order == OrderInputBack)
	}
	return keyOf(&r, p.Order)
}
