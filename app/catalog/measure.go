package catalog

import "bourse/models"

// Measure is one figure that offers are compared by: the price of prompt tokens, of completion
// tokens, or of both at a mix.
type Measure struct {
	Name  string // in forms and in the database
	Label string // in sentences: "output", "chat mix 3:1"

	unit models.Unit // "" = the mix
	mix  MixInfo
}

// Measures lists what prices can be watched by, as forms offer them.
func Measures() []Measure {
	out := []Measure{
		{Name: string(models.UnitOutput), Label: "output", unit: models.UnitOutput},
		{Name: string(models.UnitInput), Label: "input", unit: models.UnitInput},
	}
	for _, info := range mixes {
		out = append(out, Measure{Name: info.Name, Label: mixWord(info.Label), mix: info})
	}
	return out
}

// ParseMeasure finds a measure by its name, a reader's own mix such as "7:1:60" included.
func ParseMeasure(name string) (Measure, bool) {
	for _, m := range Measures() {
		if m.Name == name {
			return m, true
		}
	}
	if b, ok := ParseBlend(name); ok {
		return Measure{Name: b.String(), Label: "own mix " + b.String(), mix: b.info()}, true
	}
	return Measure{}, false
}

// mixWord puts a mix into a sentence: "Chat 3:1" is the "Chat mix 3:1".
func mixWord(label string) string {
	for i := range label {
		if label[i] == ' ' {
			return label[:i] + " mix" + label[i:]
		}
	}
	return label
}

// Measured is an offer's price by a measure, false where it has none.
func (o *Offer) Measured(m Measure) (models.Rate, bool) {
	if m.unit != "" {
		return o.Rate(m.unit)
	}
	r := m.mix.weigh(o.rates[0], o.rates[1], o.rates[2])
	return max(r, 0), r != noPrice
}

// Cheapest is the offer with the lowest price by a measure among those that fit and cost something,
// nil when there is none. Of equal prices the offer that comes first wins.
func (e *Entry) Cheapest(m Measure, fits func(*Offer) bool) (*Offer, models.Rate) {
	var best *Offer
	var least models.Rate
	for _, o := range e.Endpoints {
		if r, ok := o.Measured(m); ok && r > 0 && (best == nil || r < least) && fits(o) {
			best, least = o, r
		}
	}
	return best, least
}
