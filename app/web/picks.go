package web

import (
	"net/url"
	"slices"
	"strings"

	"bourse/app/catalog"
	"bourse/views"
)

// keepPicks leaves four models picked for comparison at most. Those that were picked before (the
// form says which) stay, so that it is the fifth that is refused; what is no model is left out.
func keepPicks(s *catalog.Snapshot, picks []string, q url.Values) (kept, refused []string) {
	before := strings.Split(q.Get("had"), ",")
	var known []string
	for _, id := range picks {
		if e := s.Model(id); e != nil && !slices.Contains(known, e.ID) {
			known = append(known, e.ID)
		}
	}
	slices.SortStableFunc(known, func(a, b string) int { return place(before, a) - place(before, b) })
	if len(known) > picksMax {
		return known[:picksMax], known[picksMax:]
	}
	return known, nil
}

// place is where a word stands in a list, behind its end when it is not there.
func place(list []string, word string) int {
	if i := slices.Index(list, word); i >= 0 {
		return i
	}
	return len(list)
}

// tray lists the picks from the address, whatever the filter shows of them.
func (l modelsList) tray(rows []catalog.Row) views.Tray {
	t := views.Tray{Compare: compareHref(l.filter.Picks, volumeDefault), Had: strings.Join(l.filter.Picks, ",")}
	if len(l.refused) > 0 {
		var names []string
		for _, id := range l.refused {
			names = append(names, l.snapshot.Model(id).Name)
		}
		t.Refused = "Four models can be compared at once: " + strings.Join(names, ", ") + " was not added. Take one away first."
	}
	for _, id := range l.filter.Picks {
		away := l.filter
		away.Picks = without(l.filter.Picks, id)
		t.Picks = append(t.Picks, views.Pick{
			ID: id, Name: l.snapshot.Model(id).Name, Without: l.link(away),
			Hidden: !slices.ContainsFunc(rows, func(r catalog.Row) bool { return r.ID == id }),
		})
	}
	none := l.filter
	none.Picks = nil
	t.Clear = l.link(none)
	return t
}
