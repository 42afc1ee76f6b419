package catalog

import (
	"time"

	"bourse/models"
)

// findRecorded works out the newest day on which somebody wrote down a price of a provider that
// others run too. What is measured "in 30 days" ends there and not today: after it nobody knows
// whether prices moved, and a list that was not renewed must not look as if they had stood still.
func (s *Snapshot) findRecorded() {
	newest := time.Time{}
	found := map[string]bool{}
	for _, p := range s.Providers {
		found[p.Slug] = p.Kind == KindDemo || p.Kind == KindLocal
	}
	for _, e := range s.Models {
		known := false
		for _, o := range e.Endpoints {
			if found[o.Endpoint.Provider] {
				continue
			}
			known = true
			if t, ok := parseDay(o.LastSeen); ok && t.After(newest) && !t.After(s.At) {
				newest = t
			}
		}
		if !known {
			continue
		}
		list := s.history[e.ID]
		for i := range list {
			// An announced price was written down before its day, nobody knows when.
			if at := list[i].EffectiveFrom; at.After(newest) && !at.After(s.At) && list[i].Flag != flagScheduled {
				newest = at
			}
		}
	}
	if newest.IsZero() {
		newest = s.At
	}
	s.Recorded = newest
}

// findValid works out until when the snapshot stays true by itself: until a price that was
// announced begins, or the day ends.
func (s *Snapshot) findValid(prices []models.PriceVersion) {
	s.valid = s.At.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
	for i := range prices {
		if at := prices[i].EffectiveFrom; at.After(s.At) && at.Before(s.valid) {
			s.valid = at
		}
	}
}
