package catalog

import (
	"slices"
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

// Misleading reports whether a recorded price is known to be a mistake of its source, to be kept
// out of charts and comparisons.
func Misleading(v models.PriceVersion) bool { return slices.Contains(misleading, v.Flag) }

// change compares the lowest price at the chat mix with what it was some days ago, in percent.
// Only offers of today that had a price then are compared, so that a newcomer is no drop.
func (s *Snapshot) change(e *Entry, days int) (float64, bool) {
	then := s.At.AddDate(0, 0, -days)
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

// OfferHistory is the recorded prices of one offer between two moments, without those known to be
// mistakes: the price in force at from comes first, dated as recorded.
func (s *Snapshot) OfferHistory(modelID, tag string, from, to time.Time) []models.PriceVersion {
	var out []models.PriceVersion
	for _, v := range s.History(modelID) {
		if v.Tag != tag || Misleading(v) || v.EffectiveFrom.After(to) {
			continue
		}
		if !v.EffectiveFrom.After(from) {
			out = out[:0]
		}
		out = append(out, v)
	}
	return out
}
