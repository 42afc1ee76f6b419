package catalog

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"bourse/models"
)

const (
	// flapDays: a price that comes back within so many days was never really left.
	flapDays = 14
	// changesMax bounds the log; the oldest are left out of it, not out of the history.
	changesMax = 100_000
)

// Change is one recorded change of one offer's price.
type Change struct {
	Entry         *Entry
	Offer         *Offer
	Before, After *models.PriceVersion
	// Percent is how the price at the chat mix moved; HasPercent is false where there is none to
	// compare, such as a price that was zero.
	Percent    float64
	HasPercent bool
	Flapping   bool // one of two changes that undo each other within days
	Announced  bool // its day lies ahead
}

// Sure reports whether one source saw both prices and nothing is known to be odd about the second.
func (c Change) Sure() bool {
	return (c.After.Flag == "" || c.After.Flag == flagScheduled) && c.After.Source == c.Before.Source
}

// flagScheduled marks a price that was announced before its day.
const flagScheduled = "scheduled"

// Mixes are the two prices at the chat mix, false where one of them has none.
func (c Change) Mixes() (before, after models.Rate, ok bool) {
	before, after = mixes[MixChat].price(c.Before.Pricing), mixes[MixChat].price(c.After.Pricing)
	return before, after, before != noPrice && after != noPrice
}

// At is when the new price began, as recorded.
func (c Change) At() time.Time { return c.After.EffectiveFrom }

// Changes is every change of a price of today's offers, newest first, announced ones included and
// recorded mistakes left out. It is worked out once for each snapshot.
func (s *Snapshot) Changes() []Change {
	s.changesOnce.Do(func() {
		for _, e := range s.Models {
			s.changes = s.appendChanges(s.changes, e)
		}
		slices.SortStableFunc(s.changes, func(a, b Change) int {
			return cmp.Or(b.At().Compare(a.At()), cmp.Compare(a.Entry.ID, b.Entry.ID), cmp.Compare(a.Offer.Tag, b.Offer.Tag))
		})
		s.changes = s.changes[:min(len(s.changes), changesMax)]
	})
	return s.changes
}

// ChangesOf is Changes of one model alone.
func (s *Snapshot) ChangesOf(e *Entry) []Change {
	out := s.appendChanges(nil, e)
	slices.SortStableFunc(out, func(a, b Change) int {
		return cmp.Or(b.At().Compare(a.At()), cmp.Compare(a.Offer.Tag, b.Offer.Tag))
	})
	return out
}

func (s *Snapshot) appendChanges(out []Change, e *Entry) []Change {
	offers := make(map[string]*Offer, len(e.Endpoints))
	for _, o := range e.Endpoints {
		offers[o.Tag] = o
	}
	list := s.History(e.ID)
	var last *models.PriceVersion
	first := len(out) // of the offer's changes
	for i := range list {
		v := &list[i]
		if last != nil && last.Tag != v.Tag {
			last, first = nil, len(out)
		}
		o := offers[v.Tag]
		if o == nil || Misleading(*v) || len(v.Pricing.Rates) == 0 {
			continue
		}
		if last == nil || samePricing(last.Pricing, v.Pricing) {
			if last == nil {
				last = v
			}
			continue
		}
		c := Change{Entry: e, Offer: o, Before: last, After: v, Announced: v.EffectiveFrom.After(s.At)}
		c.Percent, c.HasPercent = percentOf(last.Pricing, v.Pricing)
		if n := len(out); n > first && undoes(out[n-1], c) {
			out[n-1].Flapping, c.Flapping = true, true
		}
		out = append(out, c)
		last = v
	}
	return out
}

// undoes reports whether a change brings back, within days, the price that the one before it left.
func undoes(before, c Change) bool {
	return samePricing(before.Before.Pricing, c.After.Pricing) && c.At().Sub(before.At()) <= flapDays*24*time.Hour
}

// percentOf compares two prices at the chat mix, or by the unit an offer is known by.
func percentOf(before, after models.Pricing) (float64, bool) {
	a, b := mixes[MixChat].price(before), mixes[MixChat].price(after)
	if a == noPrice || b == noPrice {
		for _, u := range headlineUnits {
			was, hadIt := before.Rates[u]
			is, hasIt := after.Rates[u]
			if hadIt && hasIt {
				a, b = was, is
				break
			}
		}
	}
	if a <= 0 || b < 0 {
		return 0, false
	}
	return 100 * (float64(b) - float64(a)) / float64(a), true
}

// Direction is which way a price went.
type Direction string

// The directions that changes are filtered by.
const (
	AnyDirection Direction = ""
	Down         Direction = "down"
	Up           Direction = "up"
)

// ChangeFilter says which changes somebody wants to see. The zero value shows all but the flapping.
type ChangeFilter struct {
	Query     string // part of a model's id or name
	Model     string // exact id
	Provider  string // slug
	Direction Direction
	Least     float64 // percent at the mix, either way
	Flapping  bool    // those that were undone within days too
	Since     time.Time
}

// ChangesLike lists the changes that a filter lets pass, newest first.
func (s *Snapshot) ChangesLike(f ChangeFilter) []Change {
	words := strings.Fields(strings.ToLower(f.Query))
	var out []Change
	for _, c := range s.Changes() {
		if !f.Since.IsZero() && c.At().Before(f.Since) {
			break
		}
		if f.passes(c) && !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(c.Entry.search, w) }) {
			out = append(out, c)
		}
	}
	return out
}

func (f ChangeFilter) passes(c Change) bool {
	switch {
	case c.Flapping && !f.Flapping,
		f.Model != "" && c.Entry.ID != f.Model,
		f.Provider != "" && c.Offer.Endpoint.Provider != f.Provider,
		f.Direction == Down && (!c.HasPercent || c.Percent >= 0),
		f.Direction == Up && (!c.HasPercent || c.Percent <= 0),
		f.Least > 0 && (!c.HasPercent || math.Abs(c.Percent) < f.Least):
		return false
	}
	return true
}
