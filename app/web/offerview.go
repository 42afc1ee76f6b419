package web

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bourse/app/catalog"
	"bourse/models"
	"bourse/views"
)

// offerView is how a reader wants to see the offers of a model: in which order, and what they have
// to keep to. Those that do not stay on the page, at its end and with the reason.
type offerView struct {
	order      string
	zdr        bool
	noTraining bool
	region     string // "" = anywhere
}

// offerOrders are the ways of sorting offers; the first is what nobody asked for. What is better
// comes first: the cheaper, the longer, the faster.
var offerOrders = []string{"mix", "provider", "input", "output", "cache", "context", "max_output", "latency", "speed"}

func offerViewOf(q url.Values) offerView {
	f, _ := catalog.ParseFilter(url.Values{"zdr": q["zdr"], "no_training": q["no_training"], "region": q["region"]})
	v := offerView{order: q.Get("sort"), zdr: f.ZDR, noTraining: f.NoTraining}
	if !slices.Contains(offerOrders, v.order) {
		v.order = offerOrders[0]
	}
	if len(f.Regions) > 0 {
		v.region = f.Regions[0]
	}
	return v
}

// values are the parameters that give the view back; the default ones are left out.
func (v offerView) values() url.Values {
	q := url.Values{}
	if v.order != offerOrders[0] {
		q.Set("sort", v.order)
	}
	if v.zdr {
		q.Set("zdr", "true")
	}
	if v.noTraining {
		q.Set("no_training", "true")
	}
	if v.region != "" {
		q.Set("region", v.region)
	}
	return q
}

// href is the address of this view of a model, beside what the reader chose of its history.
func (v offerView) href(id string, history url.Values) string {
	q := v.values()
	for name, values := range history {
		q[name] = values
	}
	if len(q) == 0 {
		return views.ModelHref(id) + "#providers"
	}
	return views.ModelHref(id) + "?" + q.Encode() + "#providers"
}

// lay brings the rows into the view's order and says of each that does not keep to it why.
func (v offerView) lay(p *views.ModelPage, e *catalog.Entry, history url.Values) {
	type line struct {
		row   views.OfferRow
		offer *catalog.Offer
		place int
	}
	lines := make([]line, len(p.Offers))
	failing := 0
	for i, o := range e.Endpoints {
		lines[i] = line{p.Offers[i], o, i}
		if reason := v.refuses(o); reason != "" {
			lines[i].row.Off, lines[i].row.Why, lines[i].row.Callable = true, reason, false
			failing++
		}
	}
	slices.SortFunc(lines, func(a, b line) int {
		if a.row.Off != b.row.Off {
			return truth(a.row.Off) - truth(b.row.Off)
		}
		return cmp.Or(v.compare(e, a.offer, b.offer, a.row, b.row), cmp.Compare(a.place, b.place))
	})
	for i := range lines {
		p.Offers[i] = lines[i].row
	}
	p.OfferHeads = v.heads(e.ID, history)
	p.OfferChips = v.chips(e, history)
	if failing > 0 {
		p.OffersNote = strconv.Itoa(len(lines)-failing) + " of " + views.Plural(int64(len(lines)), "offer", "offers") + " keep to it; the others stand at the end."
	}
}

// refuses says why an offer does not keep to what the reader asks, "" when it does.
func (v offerView) refuses(o *catalog.Offer) string {
	switch {
	case v.zdr && !o.ZeroRetention():
		return "may keep prompts"
	case v.noTraining && !o.NoTraining():
		return "may train on prompts"
	case v.region != "" && o.Region != v.region:
		return "not known to be in the " + strings.ToUpper(v.region)
	}
	return ""
}

func (v offerView) compare(e *catalog.Entry, a, b *catalog.Offer, ra, rb views.OfferRow) int {
	switch v.order {
	case "provider":
		return cmp.Compare(strings.ToLower(a.Provider.Name), strings.ToLower(b.Provider.Name))
	case "input":
		return byRate(a, b, models.UnitInput)
	case "output":
		return byRate(a, b, models.UnitOutput)
	case "cache":
		return byRate(a, b, models.UnitCacheRead)
	case "context":
		return cmp.Compare(b.Context(e.Model), a.Context(e.Model))
	case "max_output":
		return cmp.Compare(b.MaxOutput, a.MaxOutput)
	case "latency":
		return byFigure(ra.Latency, rb.Latency, false)
	case "speed":
		return byFigure(ra.Throughput, rb.Throughput, true)
	}
	return 0 // they come by the mix
}

// byRate puts the cheaper first, and what has no such price last.
func byRate(a, b *catalog.Offer, u models.Unit) int {
	ra, hasA := a.Rate(u)
	rb, hasB := b.Rate(u)
	if hasA != hasB {
		return truth(hasB) - truth(hasA)
	}
	return cmp.Compare(ra, rb)
}

// byFigure compares what was measured; what was not comes last.
func byFigure(a, b views.Figure, highest bool) int {
	switch {
	case a.Number == b.Number:
		return 0
	case a.Number == 0:
		return 1
	case b.Number == 0:
		return -1
	case highest:
		return cmp.Compare(b.Number, a.Number)
	}
	return cmp.Compare(a.Number, b.Number)
}

func (v offerView) heads(id string, history url.Values) map[string]views.SortLink {
	out := make(map[string]views.SortLink, len(offerOrders))
	for _, order := range offerOrders {
		other := v
		other.order = order
		l := views.SortLink{Href: other.href(id, history)}
		if order == v.order {
			l.Sort = "ascending"
			if slices.Contains([]string{"context", "max_output", "speed"}, order) {
				l.Sort = "descending"
			}
		}
		out[order] = l
	}
	return out
}

// chips are the things that a reader can ask of offers, where that tells some of them apart.
func (v offerView) chips(e *catalog.Entry, history url.Values) []views.Chip {
	eu, us := v, v
	eu.region, us.region = other(v.region, "eu"), other(v.region, "us")
	zdr, noTraining := v, v
	zdr.zdr, noTraining.noTraining = !v.zdr, !v.noTraining
	var out []views.Chip
	add := func(text string, to offerView, on bool, only offerView) {
		kept := 0
		for _, o := range e.Endpoints {
			if only.refuses(o) == "" {
				kept++
			}
		}
		if on || kept > 0 && kept < len(e.Endpoints) {
			out = append(out, views.Chip{Text: text, Href: to.href(e.ID, history), On: on, Count: strconv.Itoa(kept)})
		}
	}
	add("No retention", zdr, v.zdr, offerView{zdr: true})
	add("No training", noTraining, v.noTraining, offerView{noTraining: true})
	add("EU", eu, v.region == "eu", offerView{region: "eu"})
	add("US", us, v.region == "us", offerView{region: "us"})
	return out
}

// other switches a choice off when it is on.
func other(have, want string) string {
	if have == want {
		return ""
	}
	return want
}
