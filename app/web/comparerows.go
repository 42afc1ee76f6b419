package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"bourse/app/catalog"
	"bourse/models"
	"bourse/views"
)

// verdict says which value of a row is the better one.
type verdict int

const (
	noVerdict verdict = iota // nobody can say
	least
	most
)

// compared is one row before its best value is marked: how each model's cell reads, and the number
// behind it where there is one.
type compared struct {
	label, unit string
	better      verdict
	cell        func(*catalog.Entry) views.CompareCell
	figure      func(*catalog.Entry) (int64, bool)
}

// comparisonGroups are all rows of a comparison; a nil entry is a model that does not exist.
func comparisonGroups(entries []*catalog.Entry, v volume) []views.CompareGroup {
	groups := []struct {
		title string
		rows  []compared
	}{
		{"Price", priceRows(entries, v)},
		{"Limits", limitRows()},
		{"Capabilities", abilityRows()},
		{"Where it runs", servedRows()},
		{"Use here", useRows()},
		{"Licence and dates", dateRows()},
	}
	var out []views.CompareGroup
	for _, g := range groups {
		group := views.CompareGroup{Title: g.title, Same: true}
		for _, r := range g.rows {
			row, known := drawCompared(r, entries)
			if !known {
				continue
			}
			group.Same = group.Same && row.Same
			group.Rows = append(group.Rows, row)
		}
		if len(group.Rows) > 0 {
			out = append(out, group)
		}
	}
	return out
}

// drawCompared fills the cells of a row and marks the best, ties included, where the models differ.
// known is false when no model has a value.
func drawCompared(r compared, entries []*catalog.Entry) (row views.CompareRow, known bool) {
	row = views.CompareRow{Label: r.label, Unit: r.unit, Same: true}
	best, figures, differ := int64(0), 0, false
	for i, e := range entries {
		cell := views.CompareCell{Text: "—"}
		if e != nil {
			cell = r.cell(e)
			known = known || cell.Text != "—"
		}
		if i > 0 && cell.Text != row.Cells[0].Text {
			row.Same = false
		}
		row.Cells = append(row.Cells, cell)
		if e == nil || r.better == noVerdict {
			continue
		}
		if f, ok := r.figure(e); ok {
			differ = differ || (figures > 0 && f != best)
			if figures == 0 || (r.better == least) == (f < best) {
				best = f
			}
			figures++
		}
	}
	if !differ {
		return row, known
	}
	for i, e := range entries {
		if e != nil {
			f, ok := r.figure(e)
			row.Cells[i].Best = ok && f == best
		}
	}
	return row, known
}

func priceRows(entries []*catalog.Entry, v volume) []compared {
	rate := func(label string, u models.Unit) compared {
		figure := func(e *catalog.Entry) (int64, bool) {
			if e.Lowest == nil {
				return 0, false
			}
			r, ok := e.Lowest.Rate(u)
			return int64(r), ok
		}
		return compared{label: label, unit: "$ / 1M", better: least, figure: figure, cell: func(e *catalog.Entry) views.CompareCell {
			if r, ok := figure(e); ok {
				return views.CompareCell{Text: views.Price(r)}
			}
			return views.CompareCell{Text: "—"}
		}}
	}
	mix := func(e *catalog.Entry) (int64, bool) {
		if e.Lowest == nil {
			return 0, false
		}
		r, ok := e.Lowest.Mix(catalog.MixChat)
		return int64(r), ok
	}
	rows := []compared{
		{label: "Cheapest offer", cell: func(e *catalog.Entry) views.CompareCell {
			if e.Lowest == nil {
				return views.CompareCell{Text: "—", Note: "nobody serves it"}
			}
			return views.CompareCell{Text: offerName(e.Lowest), Note: "of " + views.Plural(int64(len(e.Endpoints)), "offer", "offers")}
		}},
		rate("Input", models.UnitInput), rate("Output", models.UnitOutput),
		rate("Cache read", models.UnitCacheRead), rate("Cache write", models.UnitCacheWrite),
		{label: "Mix 3:1", unit: "$ / 1M", better: least, figure: mix, cell: func(e *catalog.Entry) views.CompareCell {
			if r, ok := mix(e); ok {
				return views.CompareCell{Text: views.Price(r)}
			}
			return views.CompareCell{Text: "—"}
		}},
		{label: "At your volume", unit: "a month", better: least, figure: func(e *catalog.Entry) (int64, bool) {
			o, cost := v.cheapest(e)
			return int64(cost), o != nil
		}, cell: func(e *catalog.Entry) views.CompareCell {
			o, cost := v.cheapest(e)
			if o == nil {
				return views.CompareCell{Text: "—"}
			}
			return views.CompareCell{Text: views.ExactMoney(int64(cost)), Note: "at " + offerName(o)}
		}},
		{label: "Change of the price", unit: "30 days", cell: changeCell},
	}
	if slices.ContainsFunc(entries, func(e *catalog.Entry) bool { return e != nil && !soldByToken(e) }) {
		rows = append(rows, compared{label: "By the piece", cell: pieceCell})
	}
	return rows
}

// soldByToken reports whether some offer has a price of prompt tokens.
func soldByToken(e *catalog.Entry) bool {
	return slices.ContainsFunc(e.Endpoints, func(o *catalog.Offer) bool { _, ok := o.Input(); return ok })
}

func pieceCell(e *catalog.Entry) views.CompareCell {
	if e.Lowest != nil && !soldByToken(e) {
		if u, r, ok := e.Lowest.Headline(); ok {
			return views.CompareCell{Text: unitPrice(u, r), Note: "per " + unitWord(u)}
		}
	}
	return views.CompareCell{Text: "—"}
}

func changeCell(e *catalog.Entry) views.CompareCell {
	switch text := strconv.FormatFloat(max(e.Change30, -e.Change30), 'f', 1, 64) + "%"; {
	case !e.HasChange:
		return views.CompareCell{Text: "—"}
	case e.Change30 <= -changeLeast:
		return views.CompareCell{Text: "▼ " + text, Tone: "good"}
	case e.Change30 >= changeLeast:
		return views.CompareCell{Text: "▲ " + text, Tone: "bad"}
	}
	return views.CompareCell{Text: "unchanged"}
}

// offerName is the provider, with the variant where the offer is one.
func offerName(o *catalog.Offer) string {
	if o.Variant == "" {
		return o.Provider.Name
	}
	return o.Provider.Name + " " + o.Variant
}

func limitRows() []compared {
	tokens := func(label string, value func(*catalog.Entry) int64) compared {
		return compared{
			label: label, unit: "tokens", better: most,
			figure: func(e *catalog.Entry) (int64, bool) { n := value(e); return n, n > 0 },
			cell: func(e *catalog.Entry) views.CompareCell {
				n := value(e)
				cell := views.CompareCell{Text: views.Context(n)}
				if n > 0 {
					cell.Title = views.Count(n) + " tokens"
				}
				return cell
			},
		}
	}
	return []compared{
		tokens("Context", func(e *catalog.Entry) int64 { return e.ContextLength }),
		tokens("Max output", func(e *catalog.Entry) int64 { return e.MaxOutput }),
	}
}

func abilityRows() []compared {
	yes := func(label string, has func(*catalog.Entry) bool) compared {
		return compared{label: label, cell: func(e *catalog.Entry) views.CompareCell { return views.CompareCell{Text: yesNo(has(e))} }}
	}
	words := func(label string, list func(*catalog.Entry) []string) compared {
		return compared{label: label, cell: func(e *catalog.Entry) views.CompareCell {
			if l := list(e); len(l) > 0 {
				return views.CompareCell{Text: strings.Join(l, ", ")}
			}
			return views.CompareCell{Text: "—"}
		}}
	}
	return []compared{
		words("Takes", func(e *catalog.Entry) []string { return e.InputModalities }),
		words("Returns", func(e *catalog.Entry) []string { return e.OutputModalities }),
		yes("Tool calls", func(e *catalog.Entry) bool { return e.Tools }),
		yes("Structured output", func(e *catalog.Entry) bool { return e.StructuredOutput }),
		yes("Reasoning", func(e *catalog.Entry) bool { return e.Reasoning }),
		yes("Prompt caching", func(e *catalog.Entry) bool { return e.PromptCaching }),
	}
}

func yesNo(b bool) string {
	if b {
		return "Yes"
	}
	return "No"
}

func servedRows() []compared {
	offers := func(label string, has func(*catalog.Offer) bool) compared {
		n := func(e *catalog.Entry) (int64, bool) {
			count := int64(0)
			for _, o := range e.Endpoints {
				if has(o) {
					count++
				}
			}
			return count, len(e.Endpoints) > 0
		}
		return compared{label: label, unit: "offers", better: most, figure: n, cell: func(e *catalog.Entry) views.CompareCell {
			count, ok := n(e)
			switch {
			case !ok:
				return views.CompareCell{Text: "—"}
			case count == 0:
				return views.CompareCell{Text: "none recorded"}
			}
			return views.CompareCell{Text: views.Count(count)}
		}}
	}
	providers := func(e *catalog.Entry) (int64, bool) { return int64(e.Providers), true }
	return []compared{
		{label: "Providers", better: most, figure: providers, cell: func(e *catalog.Entry) views.CompareCell {
			return views.CompareCell{Text: strconv.Itoa(e.Providers)}
		}},
		{label: "Can be called here", cell: func(e *catalog.Entry) views.CompareCell { return views.CompareCell{Text: yesNo(e.Callable)} }},
		{label: "A free offer", cell: func(e *catalog.Entry) views.CompareCell { return views.CompareCell{Text: yesNo(e.Free != nil)} }},
		offers("Keeps nothing", (*catalog.Offer).ZeroRetention),
		offers("No training", (*catalog.Offer).NoTraining),
		offers("In the EU", func(o *catalog.Offer) bool { return o.Region == "eu" }),
		offers("In the US", func(o *catalog.Offer) bool { return o.Region == "us" }),
	}
}

func dateRows() []compared {
	day := func(label string, value func(*catalog.Entry) string) compared {
		return compared{label: label, cell: func(e *catalog.Entry) views.CompareCell {
			return views.CompareCell{Text: views.Day(value(e))}
		}}
	}
	return []compared{
		{label: "Open weights", cell: func(e *catalog.Entry) views.CompareCell {
			if e.OpenWeights == nil {
				return views.CompareCell{Text: "not recorded"}
			}
			return views.CompareCell{Text: yesNo(*e.OpenWeights)}
		}},
		{label: "Released", better: most, cell: func(e *catalog.Entry) views.CompareCell { return views.CompareCell{Text: views.Day(e.Created)} },
			figure: func(e *catalog.Entry) (int64, bool) {
				t, err := time.Parse(time.DateOnly, e.Created)
				return t.Unix(), err == nil
			}},
		{label: "Knowledge until", cell: func(e *catalog.Entry) views.CompareCell {
			if k := knowledge(e.KnowledgeCutoff); k != "" {
				return views.CompareCell{Text: k}
			}
			return views.CompareCell{Text: "—"}
		}},
		day("Retires", func(e *catalog.Entry) string { return e.RetiresAt }),
		day("On the price list since", func(e *catalog.Entry) string { return e.FirstSeen }),
	}
}
