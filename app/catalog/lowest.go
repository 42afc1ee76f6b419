package catalog

import (
	"slices"
	"time"

	"bourse/models"
)

// LowestStep is the lowest price of a model from a moment on, and the offer that asked it.
type LowestStep struct {
	At   time.Time
	Rate models.Rate
	Tag  string
}

// LowestHistory is how the lowest price of a unit moved among the offers of today that cost
// something: the price in force at from comes first, dated from. Recorded mistakes are left out.
func (s *Snapshot) LowestHistory(e *Entry, u models.Unit, from time.Time) []LowestStep {
	return s.lowest(e, from, func(p models.Pricing) models.Rate {
		if r, ok := p.Rates[u]; ok && r > 0 {
			return r
		}
		return noPrice
	})
}

// LowestMix is LowestHistory of the price at the chat mix.
func (s *Snapshot) LowestMix(e *Entry, from time.Time) []LowestStep {
	return s.lowest(e, from, func(p models.Pricing) models.Rate {
		if r := mixes[MixChat].price(p); r > 0 {
			return r
		}
		return noPrice
	})
}

func (s *Snapshot) lowest(e *Entry, from time.Time, price func(models.Pricing) models.Rate) []LowestStep {
	index := make(map[string]int, len(e.Endpoints))
	for i, o := range e.Endpoints {
		index[o.Tag] = i
	}
	type event struct {
		at    time.Time
		offer int
		rate  models.Rate
	}
	var events []event
	list := s.History(e.ID)
	for i := range list {
		v := &list[i]
		offer, known := index[v.Tag]
		if !known || v.EffectiveFrom.After(s.At) || Misleading(*v) {
			continue
		}
		events = append(events, event{v.EffectiveFrom, offer, price(v.Pricing)})
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	rates := make([]models.Rate, len(e.Endpoints))
	for i := range rates {
		rates[i] = noPrice
	}
	var out []LowestStep
	for i, ev := range events {
		rates[ev.offer] = ev.rate
		if i+1 < len(events) && events[i+1].at.Equal(ev.at) {
			continue // several prices of one moment are one step
		}
		best := -1
		for j, r := range rates {
			if r != noPrice && (best < 0 || r < rates[best]) {
				best = j
			}
		}
		if best < 0 {
			continue
		}
		step := LowestStep{ev.at, rates[best], e.Endpoints[best].Tag}
		switch n := len(out); {
		case !ev.at.After(from):
			step.At = from
			out = append(out[:0], step)
		case n == 0 || out[n-1].Rate != step.Rate:
			out = append(out, step)
		}
	}
	return out
}
