package catalog

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"bourse/models"
	"bourse/seeds"
)

// AbilityLevel is how the price of an ability fell: that of models which score at least as high as a
// known one in a published ranking.
type AbilityLevel struct {
	Name   string // the known model
	Score  float64
	Models int // how many on the list score at least as high
	Points []AbilityPoint
	// Now is the cheapest of today's offers at this level, nil when there is none.
	Now *AbilityPoint
}

// AbilityPoint is the lowest price that was asked for an ability until a day.
type AbilityPoint struct {
	At       time.Time
	Mix      models.Rate // at the chat mix
	In, Out  models.Rate
	Model    string // id
	Listed   bool   // the model is on today's list
	Name     string
	Provider string
	Source   string // where the price is recorded: an address, or the name of a price list
}

// abilityLevels are the known models by whose scores abilities are told apart.
var abilityLevels = []struct{ name, model string }{
	{"GPT-4, March 2023", "openai/gpt-4"},
	{"GPT-4o, May 2024", "openai/gpt-4o-2024-05-13"},
	{"o1, December 2024", "openai/o1"},
}

// AbilityPrices follows the lowest price of each ability since it was first sold. A price counts
// from the day it was recorded, and the line never rises: it tells how cheaply the ability had been
// offered by then. Offers that cost nothing are left out.
//
// It is worked out once for each snapshot.
func (s *Snapshot) AbilityPrices() []AbilityLevel {
	s.levelsOnce.Do(func() { s.levels = s.abilityPrices() })
	return s.levels
}

func (s *Snapshot) abilityPrices() []AbilityLevel {
	asked := s.asked()
	out := make([]AbilityLevel, 0, len(abilityLevels))
	for _, level := range abilityLevels {
		score, known := s.published.arena[level.model]
		if !known {
			continue
		}
		l := AbilityLevel{Name: level.name, Score: score}
		for _, p := range asked {
			if s.published.arena[p.Model] < score || p.Mix <= 0 {
				continue
			}
			if n := len(l.Points); n == 0 || p.Mix < l.Points[n-1].Mix {
				if n > 0 && l.Points[n-1].At.Equal(p.At) {
					l.Points = l.Points[:n-1]
				}
				l.Points = append(l.Points, p)
			}
		}
		for _, e := range s.Models {
			if s.published.arena[e.ID] < score {
				continue
			}
			l.Models++
			if mix, ok := e.paidMix(); ok && (l.Now == nil || mix < l.Now.Mix) {
				in, _ := e.Lowest.Input()
				o, _ := e.Lowest.Output()
				l.Now = &AbilityPoint{At: s.Recorded, Mix: mix, In: in, Out: o, Model: e.ID, Listed: true, Name: e.Name, Provider: e.Lowest.Provider.Name, Source: e.Lowest.PriceSource}
			}
		}
		if len(l.Points) > 0 {
			out = append(out, l)
		}
	}
	return out
}

// ScoresFrom says where the scores are from: the ranking's address and its day.
func (s *Snapshot) ScoresFrom() (url, day string) { return s.published.url, s.published.day }

func (e *Entry) paidMix() (models.Rate, bool) {
	if e.Lowest == nil {
		return 0, false
	}
	r, ok := e.Lowest.Mix(MixChat)
	return r, ok && r > 0
}

// asked is every recorded price of the models that have a score, with the milestones of the years
// before anybody kept lists, oldest first.
func (s *Snapshot) asked() []AbilityPoint {
	var out []AbilityPoint
	for _, m := range s.published.milestones {
		if p, ok := s.milestonePoint(m); ok {
			out = append(out, p)
		}
	}
	for _, e := range s.Models {
		if _, scored := s.published.arena[e.ID]; !scored {
			continue
		}
		names := make(map[string]string, len(e.Endpoints))
		for _, o := range e.Endpoints {
			names[o.Tag] = o.Provider.Name
		}
		for _, v := range s.history[e.ID] {
			mix := mixes[MixChat].price(v.Pricing)
			if Misleading(v) || v.EffectiveFrom.After(s.At) || mix <= 0 || names[v.Tag] == "" {
				continue
			}
			out = append(out, AbilityPoint{
				At: v.EffectiveFrom, Mix: mix, In: v.Pricing.Rates[models.UnitInput], Out: v.Pricing.Rates[models.UnitOutput],
				Model: e.ID, Listed: true, Name: e.Name, Provider: names[v.Tag], Source: v.Source,
			})
		}
	}
	slices.SortStableFunc(out, func(a, b AbilityPoint) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Mix, b.Mix), strings.Compare(a.Model, b.Model))
	})
	return out
}

func (s *Snapshot) milestonePoint(m seeds.Milestone) (AbilityPoint, bool) {
	at, ok := parseDay(m.Date)
	if !ok || m.Model == "" || m.Input <= 0 {
		return AbilityPoint{}, false
	}
	p := AbilityPoint{At: at, In: m.Input, Out: m.Output, Model: m.Model, Name: m.Label, Provider: m.Provider, Source: m.URL}
	if known := s.Provider(m.Provider); known != nil {
		p.Provider = known.Name
	}
	if p.Source == "" {
		p.Source = "milestone, " + m.Kind
	}
	p.Listed = s.names[m.Model] != nil
	p.Mix = mixes[MixChat].price(models.Pricing{Rates: models.Rates{models.UnitInput: m.Input, models.UnitOutput: m.Output}})
	return p, true
}

// Spread is how far the prices of one model lie apart.
type Spread struct {
	Entry            *Entry
	Low, High        *Offer
	Least, Mid, Most models.Rate   // at the chat mix; Mid is the median over providers
	Providers        int           // with a price of their own
	Ratio            float64       // Most to Least
	Rates            []models.Rate // of each provider, lowest first
}

// Spreads lists the models that at least so many providers sell by the token, each provider counted
// with its cheapest offer, those furthest apart first. Offers that cost nothing are left out.
func (s *Snapshot) Spreads(providers int) []Spread {
	var out []Spread
	for _, e := range s.Models {
		var list []*Offer
		seen := map[string]bool{}
		for _, o := range e.Endpoints { // cheapest first
			if mix, ok := o.Mix(MixChat); ok && mix > 0 && !seen[o.Provider.Slug] {
				seen[o.Provider.Slug] = true
				list = append(list, o)
			}
		}
		if len(list) < max(2, providers) || e.Type != "chat" {
			continue
		}
		rate := func(i int) models.Rate { r, _ := list[i].Mix(MixChat); return r }
		last := len(list) - 1
		x := Spread{Entry: e, Low: list[0], High: list[last], Least: rate(0), Most: rate(last), Providers: len(list)}
		x.Mid = (rate(last/2) + rate((last+1)/2)) / 2
		x.Ratio = float64(x.Most) / float64(x.Least)
		for i := range list {
			x.Rates = append(x.Rates, rate(i))
		}
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b Spread) int {
		return cmp.Or(cmp.Compare(b.Ratio, a.Ratio), cmp.Compare(a.Entry.ID, b.Entry.ID))
	})
	return out
}

// Moves lists the changes of chat models' prices since a moment that one source saw before and after
// and that were not undone, one for each model: the largest.
func (s *Snapshot) Moves(since time.Time, d Direction) []Change {
	best := map[string]Change{}
	for _, c := range s.ChangesLike(ChangeFilter{Since: since, Direction: d}) {
		if c.Announced || !c.Sure() || c.Entry.Type != "chat" {
			continue
		}
		if have, ok := best[c.Entry.ID]; !ok || larger(c, have) {
			best[c.Entry.ID] = c
		}
	}
	out := make([]Change, 0, len(best))
	for _, c := range best {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Change) int {
		switch {
		case larger(a, b):
			return -1
		case larger(b, a):
			return 1
		}
		return cmp.Compare(a.Entry.ID, b.Entry.ID)
	})
	return out
}

// larger compares moves as factors: a fall by half is as large as a doubling.
func larger(a, b Change) bool { return factor(a) > factor(b) }

func factor(c Change) float64 {
	f := 1 + c.Percent/100
	if f <= 0 {
		return 1e9 // to nothing
	}
	return max(f, 1/f)
}
