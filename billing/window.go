package billing

import (
	"slices"

	"bourse/models"
)

// generation is the record that a hold or a settlement is about.
func (o *op) generation() *models.Generation {
	if o.kind == opHold {
		return o.hold.Generation
	}
	return o.gen
}

// windowsOf names the spending windows that a generation counts in. They follow from the moment of
// the hold, so that a request that runs over midnight ends in the window in which it began.
func windowsOf(g *models.Generation) [4]models.WindowKey {
	var out [4]models.WindowKey
	for i, kind := range [4]string{models.WindowTotal, models.WindowDaily, models.WindowWeekly, models.WindowMonthly} {
		out[i] = limitWindow(g, kind)
	}
	return out
}

// limitWindow is the window of one kind; "" is the total.
func limitWindow(g *models.Generation, kind string) models.WindowKey {
	if kind == "" || kind == models.WindowTotal {
		return models.WindowKey{KeyID: g.KeyID, Kind: models.WindowTotal}
	}
	return models.WindowKey{KeyID: g.KeyID, Kind: kind, Start: models.WindowStart(kind, g.Created).UnixMicro()}
}

func keys(set map[string]struct{}) []string {
	out := make([]string, 0, len(set))
	for k := range set {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
