package catalog

import (
	"slices"

	"bourse/models"
)

// Ability is something that models can do, with what it costs where it is cheapest.
type Ability struct {
	Label    string
	Filter   Filter // finds the models
	Models   int    // of those, how many are sold by the token
	Cheapest Row    // the lowest price that is not zero, at the chat mix
	Median   models.Rate
	Free     int // models that somebody gives away
}

// abilities are what people look for, as filters.
var abilities = []struct {
	label  string
	filter Filter
}{
	{"Chat", Filter{}},
	{"Tool calls", Filter{Supported: []string{"tools"}}},
	{"Structured output", Filter{Supported: []string{"structured_outputs"}}},
	{"Reasoning", Filter{Supported: []string{"reasoning"}}},
	{"Reads images", Filter{Inputs: []string{"image"}}},
	{"Reads files", Filter{Inputs: []string{"file"}}},
	{"Hears audio", Filter{Inputs: []string{"audio"}}},
	{"Watches video", Filter{Inputs: []string{"video"}}},
	{"A context of 1M tokens", Filter{Context: 1_000_000}},
	{"Open weights", Filter{Open: true}},
	{"Prompts not kept", Filter{ZDR: true}},
	{"Runs in the EU", Filter{Regions: []string{"eu"}}},
	{"Embeddings", Filter{Types: []string{TypeEmbedding}}},
}

// Abilities lists what each ability costs today. Models of the built-in demo and of this machine
// are left out: they have no price on the market.
func (s *Snapshot) Abilities() []Ability {
	out := make([]Ability, 0, len(abilities))
	for _, known := range abilities {
		a := Ability{Label: known.label, Filter: known.filter}
		a.Filter.Order = OrderCheapest
		var paid []models.Rate
		for _, r := range s.Find(a.Filter) {
			if !r.HasMix || r.Provided(KindDemo) || r.Provided(KindLocal) {
				continue
			}
			a.Models++
			if r.Free != nil {
				a.Free++
			}
			if r.Mix == 0 {
				continue
			}
			if paid = append(paid, r.Mix); len(paid) == 1 {
				a.Cheapest = r
			}
		}
		if len(paid) == 0 {
			continue
		}
		slices.Sort(paid)
		a.Median = (paid[(len(paid)-1)/2] + paid[len(paid)/2]) / 2
		out = append(out, a)
	}
	return out
}
