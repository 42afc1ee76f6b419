package catalog

import (
	"cmp"
	"slices"

	"bourse/models"
)

// Substitute is a model that can do at least what another does.
type Substitute struct {
	*Entry
	Offer *Offer
	Mix   models.Rate
	// Percent is the price at the chat mix against the other model's; below zero is cheaper.
	Percent float64
}

const (
	// substituteYears: a model that came out much earlier than another is no substitute for it,
	// whatever its list of abilities says. As a number of days that sorts, a year is 10,000.
	substituteYears = 10_000
	// scoreSlack is how far below in one published ranking still counts as the same.
	scoreSlack = 30
)

// CheaperThan lists up to n models with at least the same abilities, half the context or more, and
// a lower price at the chat mix, cheapest first. They came out at most a year before; where both
// have a score in the same ranking, it is not much lower.
func (s *Snapshot) CheaperThan(e *Entry, n int) []Substitute {
	price, ok := s.lastMix(e)
	if !ok || price <= 0 {
		return nil
	}
	var out []Substitute
	for _, other := range s.Models {
		if other.ID == e.ID || other.Lowest == nil || other.Provided(KindDemo) || other.Provided(KindLocal) || !other.canAll(e) {
			continue
		}
		mix, ok := other.Lowest.Mix(MixChat)
		if !ok || mix <= 0 || mix >= price || other.day < e.day-substituteYears {
			continue
		}
		a, scored := s.published.arena[e.ID]
		b, otherScored := s.published.arena[other.ID]
		if scored && (!otherScored || b < a-scoreSlack) {
			continue
		}
		out = append(out, Substitute{other, other.Lowest, mix, 100 * (float64(mix)/float64(price) - 1)})
	}
	slices.SortFunc(out, func(a, b Substitute) int { return cmp.Or(cmp.Compare(a.Mix, b.Mix), cmp.Compare(a.ID, b.ID)) })
	return out[:min(n, len(out))]
}

// Kinds of provider that are found rather than listed.
const (
	KindDemo  = "demo"
	KindLocal = "local"
)

// Provided reports whether some offer is by a provider of a kind.
func (e *Entry) Provided(kind string) bool {
	return slices.ContainsFunc(e.Endpoints, func(o *Offer) bool { return o.Provider.Kind == kind })
}

// canAll reports whether a model can do at least what another can.
func (e *Entry) canAll(other *Entry) bool {
	return e.kind == other.kind && e.inputs.contains(other.inputs) && e.outputs.contains(other.outputs) &&
		(e.Tools || !other.Tools) && (e.StructuredOutput || !other.StructuredOutput) && (e.Reasoning || !other.Reasoning) &&
		2*e.ContextLength >= other.ContextLength
}

// lastMix is a model's price at the chat mix: of its cheapest offer, or, when nobody serves it any
// more, the lowest of the prices recorded last.
func (s *Snapshot) lastMix(e *Entry) (models.Rate, bool) {
	if e.Lowest != nil {
		return e.Lowest.Mix(MixChat)
	}
	last := map[string]models.Rate{}
	for _, v := range s.history[e.ID] {
		if !Misleading(v) && !v.EffectiveFrom.After(s.At) {
			last[v.Tag] = mixes[MixChat].price(v.Pricing)
		}
	}
	best := noPrice
	for _, r := range last {
		if r > 0 {
			best = lower(best, r)
		}
	}
	return max(best, 0), best != noPrice
}

// Retired finds a model that was sold once and is no more, nil when there is none by that name.
func (s *Snapshot) Retired(id string) *Entry { return s.retired[id] }

// RetiredModels lists the models that were sold once, by id.
func (s *Snapshot) RetiredModels() []*Entry {
	out := make([]*Entry, 0, len(s.retired))
	for _, e := range s.retired {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b *Entry) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// LastPrice is what a token of a retired model cost at the chat mix when it was last sold.
func (s *Snapshot) LastPrice(e *Entry) (models.Rate, bool) { return s.lastMix(e) }

// Successors lists up to n models to use instead of one that ends: those of the same author that
// can do as much, the same family and the newest first, then others with the same abilities,
// nearest in price.
func (s *Snapshot) Successors(e *Entry, n int) []Substitute {
	price, priced := s.lastMix(e)
	var out []Substitute
	for _, other := range s.Models {
		if other.ID == e.ID || other.Lowest == nil || other.RetiresAt != "" || !other.canAll(e) || other.day < e.day ||
			other.Provided(KindDemo) || other.Provided(KindLocal) {
			continue
		}
		x := Substitute{Entry: other, Offer: other.Lowest}
		mix, ok := other.Lowest.Mix(MixChat)
		if x.Mix = mix; ok && priced && price > 0 {
			x.Percent = 100 * (float64(mix)/float64(price) - 1)
		}
		out = append(out, x)
	}
	rank := func(x Substitute) int {
		switch {
		case x.Author == e.Author && e.Family != "" && x.Family == e.Family:
			return 0
		case x.Author == e.Author:
			return 1
		}
		return 2
	}
	slices.SortFunc(out, func(a, b Substitute) int {
		ra, rb := rank(a), rank(b)
		if ra != rb {
			return cmp.Compare(ra, rb)
		}
		if ra < 2 {
			return cmp.Or(cmp.Compare(b.day, a.day), cmp.Compare(a.ID, b.ID))
		}
		return cmp.Or(cmp.Compare(distance(a.Mix, price), distance(b.Mix, price)), cmp.Compare(a.ID, b.ID))
	})
	return out[:min(n, len(out))]
}

func distance(a, b models.Rate) models.Rate { return max(a-b, b-a) }

// retire takes out of the lists the models that were sold once and are no more.
func (s *Snapshot) retire() {
	s.retired = map[string]*Entry{}
	kept := s.Models[:0]
	for _, e := range s.Models {
		if len(e.Endpoints) > 0 || len(s.history[e.ID]) == 0 {
			kept = append(kept, e)
			continue
		}
		s.retired[e.ID] = e
		delete(s.names, e.ID)
	}
	clear(s.Models[len(kept):])
	s.Models = kept
}
