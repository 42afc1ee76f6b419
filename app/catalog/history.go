package catalog

import (
	"slices"
	"sort"
	"strings"
	"time"

	"bourse/models"
)

// misleading are the flags of recorded prices that were never asked of anyone.
var misleading = []string{"zero-placeholder", "unit-error", "swapped", "initial-correction", "reverted-within-14d"}

// History is every recorded price of a model's offers, flags included, oldest first within an
// offer. Announced prices lie in the future.
func (s *Snapshot) History(modelID string) []models.PriceVersion {
	e, variant := s.Resolve(modelID)
	if e == nil {
		return nil
	}
	return s.history[strings.TrimSuffix(e.ID, ":"+string(variant))]
}

// Prices is every recorded price of a model, sold or retired.
func (s *Snapshot) Prices(e *Entry) []models.PriceVersion {
	return s.history[strings.TrimSuffix(e.ID, ":"+string(VariantFree))]
}

// Misleading reports whether a recorded price is known to be a mistake of its source, to be kept
// out of charts and comparisons.
func Misleading(v models.PriceVersion) bool {
	return v.Flag != "" && slices.Contains(misleading, v.Flag)
}

// change compares the lowest price at the chat mix with what it was some days before the last record, in percent.
// Only offers of today that had a price then are compared, so that a newcomer is no drop.
func (s *Snapshot) change(e *Entry, days int) (float64, bool) {
	then := s.Recorded.AddDate(0, 0, -days)
	past := make(map[string]models.Rate, len(e.Endpoints))
	for _, v := range s.history[e.ID] {
		if v.EffectiveFrom.After(then) || Misleading(v) {
			continue
		}
		past[v.Tag] = mixes[MixChat].price(v.Pricing)
	}
	before, after := noPrice, noPrice
	for _, o := range e.Endpoints {
		old, known := past[o.Tag]
		now := o.mix[MixChat]
		if !known || old <= 0 || now <= 0 {
			continue
		}
		before, after = lower(before, old), lower(after, now)
	}
	if before == noPrice {
		return 0, false
	}
	return 100 * (float64(after) - float64(before)) / float64(before), true
}

func lower(a, b models.Rate) models.Rate {
	if a == noPrice {
		return b
	}
	return min(a, b)
}

// span is a part of a model's history: from the first index to before the second.
type span struct{ from, to int }

func (s *Snapshot) findSpans() {
	s.spans = make(map[offerKey]span, len(s.history))
	for id, list := range s.history {
		for from := 0; from < len(list); {
			to := from + 1
			for to < len(list) && list[to].Tag == list[from].Tag {
				to++
			}
			s.spans[offerKey{id, list[from].Tag}] = span{from, to}
			from = to
		}
	}
}

// pricesOf is the recorded prices of one offer, oldest first, flags included.
func (s *Snapshot) pricesOf(modelID, tag string) []models.PriceVersion {
	e, variant := s.Resolve(modelID)
	if e == nil {
		return nil
	}
	id := strings.TrimSuffix(e.ID, ":"+string(variant))
	at := s.spans[offerKey{id, tag}]
	return s.history[id][at.from:at.to]
}

// OfferHistory is the recorded prices of one offer between two moments, without those known to be
// mistakes: the price in force at from comes first, dated as recorded.
func (s *Snapshot) OfferHistory(modelID, tag string, from, to time.Time) []models.PriceVersion {
	var out []models.PriceVersion
	for _, v := range s.pricesOf(modelID, tag) {
		if Misleading(v) || v.EffectiveFrom.After(to) {
			continue
		}
		if !v.EffectiveFrom.After(from) {
			out = out[:0]
		}
		out = append(out, v)
	}
	return out
}

// Step is a price of one unit from a moment on.
type Step struct {
	At   time.Time
	Rate models.Rate
}

// stepsKey names the whole course of one unit's price of an offer.
type stepsKey struct {
	offerKey
	unit models.Unit
}

// OfferSteps is how one unit's price of an offer moved between a moment and now, mistakes left out:
// the price in force at from comes first, dated from. The list is shared: nobody may change it.
func (s *Snapshot) OfferSteps(modelID, tag string, u models.Unit, from time.Time) []Step {
	key := stepsKey{offerKey{modelID, tag}, u}
	kept, ok := s.steps.Load(key)
	if !ok {
		kept, _ = s.steps.LoadOrStore(key, s.allSteps(modelID, tag, u))
	}
	all := kept.([]Step)
	first := sort.Search(len(all), func(i int) bool { return all[i].At.After(from) })
	if first == 0 || all[first-1].At.Equal(from) {
		return all[max(0, first-1):]
	}
	out := slices.Clone(all[first-1:])
	out[0].At = from
	return out
}

func (s *Snapshot) allSteps(modelID, tag string, u models.Unit) []Step {
	list := s.pricesOf(modelID, tag)
	out := make([]Step, 0, len(list))
	for i := range list {
		v := &list[i]
		if v.Flag != "" && Misleading(*v) || v.EffectiveFrom.After(s.At) {
			continue
		}
		r, ok := v.Pricing.Rates[u]
		if n := len(out); ok && (n == 0 || out[n-1].Rate != r) {
			out = append(out, Step{v.EffectiveFrom, r})
		}
	}
	return out
}

// Newest is the prices of a model recorded last, newest first, at most n, mistakes included.
func (s *Snapshot) Newest(e *Entry, n int) []models.PriceVersion {
	var out []models.PriceVersion
	for _, o := range e.Endpoints {
		list := s.pricesOf(e.ID, o.Tag)
		out = append(out, list[max(0, len(list)-n):]...)
	}
	slices.SortStableFunc(out, func(a, b models.PriceVersion) int { return b.EffectiveFrom.Compare(a.EffectiveFrom) })
	return out[:min(n, len(out))]
}
