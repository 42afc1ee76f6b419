package catalog

import (
	"slices"
	"strings"
	"sync/atomic"

	"bourse/models"
)

// leanOffer is what searching looks at of an offer, packed: a search passes over all of them.
type leanOffer struct {
	features uint32
	provider uint16
	bucket   [len(mixes)]uint8 // of the price at each mix, one bit or none
	contexts uint8
	region   uint8
	policy   uint8
	routable bool
	free     bool
}

// leanEntry is the same of a model. Its offers stand together, at least one: a model that nobody
// sells has one without anything.
type leanEntry struct {
	from, to int32
	author   uint16
	kind     int8 // index in Types, -1 where unknown
	inputs   uint8
	outputs  uint8
	flags    uint8     // of the "more" facet
	any      leanOffer // what some offer has
	best     [2][len(mixes)]uint8
}

// The conditions of the "more" facet, as bits; callable is one of offers.
const (
	flagOpen = 1 << iota
	flagDrop
	flagNew
	flagRetiring
	flagCallable
	flagCount = iota
)

// columns is the catalogue laid out for searching: index i is that of the snapshot's models.
type columns struct {
	entries []leanEntry
	offers  []leanOffer
	full    []*Offer // of each lean offer; nil for the one without anything
	sellers []uint16 // of each entry at its offers' places: every provider once, then nobody
	context []int64
	mix     [len(mixes)][]models.Rate
	rates   [3][]models.Rate // in, from the cache, out
	keys    [len(orders)][]uint64
	own     atomic.Pointer[ownMix] // the reader's mix that was asked for last
}

// ownMix is every offer's price at a mix of a reader's own.
type ownMix struct {
	blend Blend
	mix   []models.Rate
}

// weigh prices every offer at a blend. People change filters more often than their mix.
func (c *columns) weigh(b Blend) []models.Rate {
	if have := c.own.Load(); have != nil && have.blend == b {
		return have.mix
	}
	info := b.info()
	x := &ownMix{b, make([]models.Rate, len(c.offers))}
	for j := range x.mix {
		x.mix[j] = info.weigh(c.rates[0][j], c.rates[1][j], c.rates[2][j])
	}
	c.own.Store(x)
	return x.mix
}

// nobody stands for a provider where there is none.
const nobody = 1<<16 - 1

func (s *Snapshot) layColumns() {
	c := &columns{entries: make([]leanEntry, 0, len(s.Models))}
	for _, e := range s.Models {
		c.add(e)
	}
	for order := range orders {
		if !static(Order(order)) {
			continue
		}
		c.keys[order] = make([]uint64, len(s.Models))
		for i, e := range s.Models {
			c.keys[order][i] = keyOf(&Row{Entry: e}, Order(order))
		}
	}
	s.columns = c
}

func (c *columns) add(e *Entry) {
	le := leanEntry{from: int32(len(c.offers)), author: uint16(e.author), kind: int8(e.kind), inputs: uint8(e.inputs), outputs: uint8(e.outputs)}
	for i, on := range []bool{e.OpenWeights != nil && *e.OpenWeights, e.Dropped(), e.isNew, e.RetiresAt != ""} {
		if on {
			le.flags |= 1 << i
		}
	}
	if len(e.Endpoints) == 0 {
		c.addOffer(nil, leanOffer{provider: nobody}, e.ContextLength, [len(mixes)]models.Rate{noPrice, noPrice, noPrice, noPrice}, [3]models.Rate{noPrice, noPrice, noPrice})
	}
	for _, o := range e.Endpoints {
		lean := leanOffer{
			features: uint32(o.features), provider: uint16(o.provider), contexts: uint8(o.contexts), region: uint8(o.region),
			policy: uint8(o.policy), routable: o.Routable, free: o.IsFree,
		}
		for m := range mixes {
			lean.bucket[m] = uint8(o.bucket[m])
		}
		c.addOffer(o, lean, o.Context(e.Model), o.mix, o.rates)
	}
	le.to = int32(len(c.offers))
	for j := le.from; j < le.to; j++ {
		le.any.join(&c.offers[j])
	}
	c.addSellers(le)
	for m := range mixes {
		for wantsFree := range le.best {
			p := plan{columns: c, mixes: c.mix[m], wantsFree: wantsFree == 1}
			best := le.from
			for j := le.from + 1; j < le.to && j-le.from < 256; j++ {
				best = p.better(best, j)
			}
			le.best[wantsFree][m] = uint8(best - le.from)
		}
	}
	c.entries = append(c.entries, le)
}

func (c *columns) addOffer(o *Offer, lean leanOffer, context int64, mix [len(mixes)]models.Rate, rates [3]models.Rate) {
	c.offers, c.full, c.context = append(c.offers, lean), append(c.full, o), append(c.context, context)
	for m := range mix {
		c.mix[m] = append(c.mix[m], mix[m])
	}
	for i := range rates {
		c.rates[i] = append(c.rates[i], rates[i])
	}
}

// join adds what another offer has.
func (o *leanOffer) join(other *leanOffer) {
	o.features |= other.features
	for m := range o.bucket {
		o.bucket[m] |= other.bucket[m]
	}
	o.contexts, o.region, o.policy = o.contexts|other.contexts, o.region|other.region, o.policy|other.policy
	o.routable = o.routable || other.routable
}

func (c *columns) addSellers(le leanEntry) {
	from := len(c.sellers)
	for j := le.from; j < le.to; j++ {
		if p := c.offers[j].provider; p != nobody && !slices.Contains(c.sellers[from:], p) {
			c.sellers = append(c.sellers, p)
		}
	}
	for len(c.sellers) < int(le.to) {
		c.sellers = append(c.sellers, nobody)
	}
}

// findPlaces notes where each model stands in the list by name.
func (s *Snapshot) findPlaces() {
	byName := slices.Clone(s.Models)
	slices.SortStableFunc(byName, func(a, b *Entry) int { return strings.Compare(a.folded, b.folded) })
	place := 0
	for i, e := range byName {
		if i > 0 && e.folded != byName[i-1].folded {
			place++
		}
		e.place = place
	}
}
