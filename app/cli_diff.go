package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"bourse/app/catalog"
	"bourse/models"
)

// printDiff shows what a price list would change: refusals on standard error, the rest on standard
// output. At most shown rows of each kind, all of them when that is 0.
func (t *tool) printDiff(d *catalog.Diff, shown int) {
	for _, r := range d.Refused {
		fmt.Fprintf(t.errs, "refused: %s: %s\n", r.Where, r.Why)
	}
	for _, kind := range []struct {
		title string
		moves []catalog.Move
		row   func(catalog.Move) string
	}{
		{"New", d.New, newRow}, {"Dearer", d.Up, changeRow}, {"Cheaper", d.Down, changeRow}, {"Changed both ways", d.Sideways, changeRow},
		{"Held back until you --accept them", d.Held, heldRow},
	} {
		rows := make([]string, len(kind.moves))
		for i, m := range kind.moves {
			rows[i] = kind.row(m)
		}
		t.printRows(kind.title, rows, shown)
	}
	gone := make([]string, len(d.Gone))
	for i, e := range d.Gone {
		gone[i] = fmt.Sprintf("%s@%s", e.Model, e.Tag)
	}
	t.printRows("Gone from the list (stay as they are without --retire)", gone, shown)
	t.printRows("Not taken, whose model it is is not known", d.Unknown, shown)
	fmt.Fprintf(t.out, "%s: %d new, %d dearer, %d cheaper, %d both ways, %d held back, %d the same, %d gone, %d refused\n",
		d.Source, len(d.New), len(d.Up), len(d.Down), len(d.Sideways), len(d.Held), d.Same, len(d.Gone), len(d.Refused))
	if len(d.Foreign) > 0 {
		fmt.Fprintf(t.out, "Left out, providers that are not in the catalogue: %s\n", strings.Join(d.Foreign, ", "))
	}
	if d.Other > 0 {
		fmt.Fprintf(t.out, "Left out, offers whose units this list cannot tell (pictures, speech …): %d\n", d.Other)
	}
}

func (t *tool) printRows(title string, rows []string, shown int) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(t.out, "%s: %d\n", title, len(rows))
	for i, r := range rows {
		if shown > 0 && i == shown {
			fmt.Fprintf(t.out, "  … and %d more (--all shows them)\n", len(rows)-shown)
			break
		}
		fmt.Fprintf(t.out, "  %s\n", r)
	}
	fmt.Fprintln(t.out)
}

func newRow(m catalog.Move) string { return m.Name() + "  " + pricesText(m.Offer.Pricing.Rates) }

func changeRow(m catalog.Move) string {
	row := m.Name() + "  "
	if m.HasPercent && m.Percent != 0 {
		row += fmt.Sprintf("%+.1f %%  ", m.Percent)
	}
	return row + changeText(m.Before, m.Offer.Pricing)
}

func heldRow(m catalog.Move) string {
	if len(m.Before.Rates) == 0 {
		return newRow(m) + "  — " + m.Held
	}
	return m.Name() + "  " + changeText(m.Before, m.Offer.Pricing) + "  — " + m.Held
}

// changeText lists the units whose price changes: "input $2.50 → $3.00".
func changeText(before, after models.Pricing) string {
	var parts []string
	for _, u := range unitsOf(before.Rates, after.Rates) {
		was, had := before.Rates[u]
		is, has := after.Rates[u]
		switch {
		case had && has && was == is:
		case !had:
			parts = append(parts, fmt.Sprintf("%s now %s", u, rateText(u, is)))
		case !has:
			parts = append(parts, fmt.Sprintf("%s no more (was %s)", u, rateText(u, was)))
		default:
			parts = append(parts, fmt.Sprintf("%s %s → %s", u, rateText(u, was), rateText(u, is)))
		}
	}
	if len(parts) == 0 {
		return "prices of long prompts"
	}
	return strings.Join(parts, ", ")
}

func pricesText(r models.Rates) string {
	var parts []string
	for _, u := range unitsOf(r) {
		parts = append(parts, fmt.Sprintf("%s %s", u, rateText(u, r[u])))
	}
	return strings.Join(parts, ", ")
}

// unitsOf are the units of some rates, input and output first.
func unitsOf(all ...models.Rates) []models.Unit {
	seen := map[models.Unit]bool{}
	for _, r := range all {
		for u := range r {
			seen[u] = true
		}
	}
	order := func(u models.Unit) string {
		switch u {
		case models.UnitInput:
			return "0"
		case models.UnitOutput:
			return "1"
		}
		return "2" + string(u)
	}
	return slices.SortedFunc(maps.Keys(seen), func(a, b models.Unit) int { return strings.Compare(order(a), order(b)) })
}

func rateText(u models.Unit, r models.Rate) string {
	if !u.PerToken() {
		return "$" + r.PerUnitUSD()
	}
	return "$" + r.PerMillionUSD()
}
