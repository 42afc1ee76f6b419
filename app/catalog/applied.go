package catalog

import (
	"slices"
	"strings"
)

// Applied is one condition that a filter sets.
type Applied struct {
	Param string
	Value string
	Label string
	Count int // models found without it, where that was asked
}

// notConditions are the parameters that choose no rows.
var notConditions = []string{"mix", "order", "page", "per", "fmt", "m", "price_of"}

// Applied lists the conditions of the filter, one for each value, in the order of their names.
func (f Filter) Applied() []Applied {
	q := f.Values()
	names := make([]string, 0, len(q))
	for name := range q {
		if !slices.Contains(notConditions, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var out []Applied
	for _, name := range names {
		values := []string{q.Get(name)}
		if name != "q" {
			values = strings.Split(values[0], ",")
		}
		for _, v := range values {
			out = append(out, Applied{Param: name, Value: v, Label: conditionLabel(name, v)})
		}
	}
	return out
}

// Toggle is the filter with one value of a parameter added, or taken away when it is there, and
// back on the first page. A parameter that holds one value is set to it, or cleared.
func (f Filter) Toggle(param, value string) Filter {
	q := f.Values()
	q.Del("page")
	var have []string
	if old := q.Get(param); old != "" {
		have = strings.Split(old, ",")
	}
	single := slices.Contains(singleValued, param)
	switch i := slices.Index(have, value); {
	case param == "q" && q.Get("q") == value, single && i >= 0:
		have = nil
	case single:
		have = []string{value}
	case i >= 0:
		have = slices.Delete(have, i, i+1)
	default:
		have = append(have, value)
	}
	q.Set(param, strings.Join(have, ","))
	out, _ := ParseFilter(q)
	return out
}

var singleValued = []string{
	"q", "context", "min_price", "max_price", "min_output_price", "max_output_price", "price_of",
	"zdr", "no_training", "open", "drop", "new", "retiring", "callable", "min_age_days",
	"max_age_days", "mix", "order", "page", "per", "fmt",
}

// With is the filter with a parameter that holds one value set, and back on the first page unless
// the page is what is set.
func (f Filter) With(param, value string) Filter {
	q := f.Values()
	if param != "page" {
		q.Del("page")
	}
	q.Set(param, value)
	out, _ := ParseFilter(q)
	return out
}

// Link is the filter as the query of an address, with its question mark; "" for the default view.
func (f Filter) Link() string {
	q := f.Values()
	if len(q) == 0 {
		return ""
	}
	return "?" + strings.ReplaceAll(q.Encode(), "%2C", ",")
}

// without counts what would be found if each condition in turn were taken away.
func (s *Snapshot) without(f Filter) []Applied {
	list := f.Applied()
	for i := range list {
		list[i].Count = s.Count(f.Toggle(list[i].Param, list[i].Value))
	}
	return list
}

// conditionLabel names a condition in a reader's words.
func conditionLabel(param, value string) string {
	switch param {
	case "q":
		return "“" + value + "”"
	case "min_price", "min_output_price":
		return "from $" + value
	case "max_price", "max_output_price":
		return "up to $" + value
	case "context":
		for _, c := range contextSteps {
			if c.value == value {
				return c.label
			}
		}
		return "≥ " + value + " tokens"
	case "price":
		return priceBuckets[priceBucket(value)].label
	case "type":
		if i := slices.Index(Types, value); i >= 0 {
			return typeLabels[i]
		}
		return "All types"
	case "input_modalities":
		if i, ok := modalityIndex(inputModalities, value); ok {
			return inputLabels[i]
		}
	case "output_modalities":
		if i, ok := modalityIndex(outputModalities, value); ok {
			return outputLabels[i]
		}
		return "All outputs"
	case "supported_parameters":
		if i, ok := featureIndex(value); ok && i < facetFeatures {
			return featureLabels[i]
		}
	case "region":
		return strings.ToUpper(value)
	case "min_age_days":
		return "older than " + value + " days"
	case "max_age_days":
		return "newer than " + value + " days"
	}
	if label, ok := flagLabels[param]; ok {
		return label
	}
	return value
}

var flagLabels = map[string]string{
	"zdr": "No retention", "no_training": "No training", "open": "Open weights",
	"drop": "Price dropped, 30 d", "new": "New, 30 d", "retiring": "Retiring soon",
	"callable": "Callable here",
}
