package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"bourse/app/pricefile"
	"bourse/models"
)

// Move is what a price list would change of one offer.
type Move struct {
	Offer  models.Endpoint // as it would be
	Before models.Pricing  // empty for a new offer
	// Percent is how the price at the chat mix moves; HasPercent is false where there is none.
	Percent    float64
	HasPercent bool
	Held       string // why a person has to look at it first; "" when nobody has to
	where      string // in the file
}

// Name is how a person names the offer: "author/model@tag".
func (m Move) Name() string { return offerName(m.Offer) }

func offerName(e models.Endpoint) string { return e.Model + "@" + e.Tag }

// Diff is what a price list would change.
type Diff struct {
	Source   string
	New      []Move
	Up       []Move
	Down     []Move
	Sideways []Move // some units dearer, some cheaper, or units that the mix does not weigh
	Held     []Move // of any of these kinds
	Same     int
	Gone     []models.Endpoint // offers of a complete list's providers that it does not have
	Refused  []pricefile.Refusal
	Foreign  []string // providers of the list that the catalogue does not have
	Unknown  []string // offers whose model nobody knows, "provider/name"
	Other    int      // offers of kinds whose units the list cannot tell

	Authors   []models.Author
	Providers []models.Provider
	Models    []models.Model // new or described anew
}

// Hopeless reports whether so much of the list was refused that the rest is not to be trusted.
func (d *Diff) Hopeless() bool {
	good := len(d.New) + len(d.Up) + len(d.Down) + len(d.Sideways) + len(d.Held) + d.Same
	return len(d.Refused) > good
}

// differ compares a price list with a snapshot.
type differ struct {
	s        *Snapshot
	f        *pricefile.File
	d        *Diff
	upstream map[[2]string]*Offer // by provider and the provider's id
	offers   map[offerKey]*Offer
	authorOf map[string]string // of providers that make models themselves
	models   map[string]models.Model
	seen     map[offerKey]bool
	foreign  map[string]bool
}

// Compare works out what a price list would change.
func (s *Snapshot) Compare(f *pricefile.File) *Diff {
	x := &differ{s: s, f: f, d: &Diff{Source: f.Source, Refused: f.Refused, Authors: f.Authors, Providers: f.Providers, Other: f.Unpriced},
		upstream: map[[2]string]*Offer{}, offers: map[offerKey]*Offer{}, authorOf: map[string]string{},
		models: map[string]models.Model{}, seen: map[offerKey]bool{}, foreign: map[string]bool{}}
	for i, p := range x.d.Providers {
		if known := s.Provider(p.Slug); known != nil {
			x.d.Providers[i].Quirks = known.Quirks // a price list knows nothing of them
		}
	}
	for _, m := range f.Models {
		x.models[m.ID] = m
		x.d.Models = append(x.d.Models, m)
	}
	for _, p := range s.Providers {
		makers := map[string]int{}
		for _, o := range p.Offers {
			x.offers[offerKey{o.Model, o.Tag}] = o
			if o.ProviderModelID != "" {
				x.upstream[[2]string{p.Slug, o.ProviderModelID}] = o
			}
			author, _, _ := strings.Cut(o.Model, "/")
			makers[author]++
		}
		if p.Kind == "first-party" {
			x.authorOf[p.Slug] = most(makers)
		}
	}
	for _, o := range f.Offers {
		x.offer(o)
	}
	x.gone()
	x.sort()
	return x.d
}

func most(count map[string]int) string {
	best := ""
	for name, n := range count {
		if n > count[best] || n == count[best] && name < best {
			best = name
		}
	}
	return best
}

func (x *differ) knowsProvider(slug string) bool {
	return x.s.Provider(slug) != nil || slices.ContainsFunc(x.f.Providers, func(p models.Provider) bool { return p.Slug == slug })
}

func (x *differ) offer(o pricefile.Offer) {
	e := o.Endpoint
	if !x.knowsProvider(e.Provider) {
		if x.f.Partial {
			if !x.foreign[e.Provider] {
				x.foreign[e.Provider] = true
				x.d.Foreign = append(x.d.Foreign, e.Provider)
			}
			return
		}
		x.refuse(o, "there is no provider "+e.Provider+", and the list does not describe it")
		return
	}
	var old *Offer
	if e.Model == "" {
		old = x.upstream[[2]string{e.Provider, e.ProviderModelID}]
	} else {
		old = x.offers[offerKey{e.Model, e.Tag}]
	}
	if old == nil {
		x.fresh(o)
		return
	}
	x.seen[offerKey{old.Model, old.Tag}] = true
	entry := x.s.Model(old.Model)
	if x.f.Partial && !Served(entry.Type) {
		x.d.Other++
		return
	}
	x.change(o, old, entry)
}

// change compares the prices of an offer that is there already.
func (x *differ) change(o pricefile.Offer, old *Offer, entry *Entry) {
	pricing := o.Endpoint.Pricing
	if x.f.Partial {
		pricing = merged(old.Pricing, pricing)
	}
	if why := oneSided(entry.Type, pricing); why != "" && oneSided(entry.Type, old.Pricing) == "" {
		x.refuse(o, why)
		return
	}
	if samePricing(old.Pricing, pricing) {
		x.d.Same++
		return
	}
	if why := unitError(old.Pricing, pricing); why != "" {
		x.refuse(o, why)
		return
	}
	m := Move{Offer: old.Endpoint, Before: old.Pricing, where: o.Where}
	m.Offer.Pricing, m.Offer.PriceSource, m.Offer.Confidence = pricing, x.f.Source, o.Endpoint.Confidence
	m.Percent, m.HasPercent = percentOf(old.Pricing, pricing)
	if m.Held = suspicious(old.Pricing, pricing); m.Held == "" && m.HasPercent {
		m.Held = x.outlying(entry, pricing, old.Tag, outlyingChange)
	}
	switch {
	case m.Held != "":
		x.d.Held = append(x.d.Held, m)
	case m.HasPercent && m.Percent > 0:
		x.d.Up = append(x.d.Up, m)
	case m.HasPercent && m.Percent < 0:
		x.d.Down = append(x.d.Down, m)
	default:
		x.d.Sideways = append(x.d.Sideways, m)
	}
}

// merged keeps the prices of the units that a list does not name.
func merged(old, fresh models.Pricing) models.Pricing {
	// Prices of service tiers go with the price that they were listed beside.
	out := models.Pricing{Rates: models.Rates{}, Tiers: fresh.Tiers, Services: fresh.Services}
	for u, r := range old.Rates {
		out.Rates[u] = r
	}
	for u, r := range fresh.Rates {
		out.Rates[u] = r
	}
	if len(out.Tiers) == 0 {
		out.Tiers = old.Tiers
	}
	return out
}

// fresh is an offer that the catalogue does not have.
func (x *differ) fresh(o pricefile.Offer) {
	e := o.Endpoint
	if e.Model == "" {
		id, known := x.modelOf(o)
		if id == "" {
			x.d.Unknown = append(x.d.Unknown, e.Provider+"/"+e.ProviderModelID)
			return
		}
		if e.Model = id; !known {
			m := o.Facts
			m.ID, m.CanonicalSlug = id, id
			m.Author, _, _ = strings.Cut(id, "/")
			m.FirstSeen = x.s.At.Format(time.DateOnly)
			if m.Name == "" {
				m.Name = id
			}
			x.models[id] = m
			x.d.Models = append(x.d.Models, m)
		}
		if x.offers[offerKey{e.Model, e.Tag}] != nil || x.seen[offerKey{e.Model, e.Tag}] {
			x.d.Unknown = append(x.d.Unknown, e.Provider+"/"+e.ProviderModelID) // a second serving of one model
			return
		}
	} else if _, described := x.models[e.Model]; !described && x.s.Model(e.Model) == nil {
		x.refuse(o, "there is no model "+e.Model+", and the list does not describe it")
		return
	}
	if x.f.Partial && !Served(x.kind(e.Model)) {
		x.d.Other++
		return
	}
	if why := oneSided(x.kind(e.Model), e.Pricing); why != "" {
		x.refuse(o, why)
		return
	}
	x.seen[offerKey{e.Model, e.Tag}] = true
	m := Move{Offer: e, where: o.Where}
	if entry := x.s.Model(e.Model); entry != nil {
		if why := x.outlying(entry, e.Pricing, e.Tag, outlyingUnit); why != "" {
			x.refuse(o, why+": a mistake of units?")
			return
		}
		m.Held = x.outlying(entry, e.Pricing, e.Tag, outlyingNew)
	}
	if m.Held != "" {
		x.d.Held = append(x.d.Held, m)
		return
	}
	x.d.New = append(x.d.New, m)
}

func (x *differ) kind(model string) string {
	if m, ok := x.models[model]; ok {
		return m.Type
	}
	if e := x.s.Model(model); e != nil {
		return e.Type
	}
	return ""
}

// modelOf is whose offer it is, by the names that the catalogue knows; known is false when it is a
// model that nobody has listed yet.
func (x *differ) modelOf(o pricefile.Offer) (id string, known bool) {
	name := strings.ToLower(o.Endpoint.ProviderModelID)
	author := x.authorOf[o.Endpoint.Provider]
	for _, try := range []string{name, author + "/" + name} {
		if e := x.s.Model(try); e != nil && strings.Contains(try, "/") {
			return e.ID, true
		}
		if _, ok := x.models[try]; ok {
			return try, true
		}
	}
	if author == "" || strings.ContainsAny(name, "/:@ ") || o.Facts.Name == "" {
		return "", false
	}
	return author + "/" + name, false
}

func (x *differ) refuse(o pricefile.Offer, why string) {
	x.d.Refused = append(x.d.Refused, pricefile.Refusal{Where: o.Where, Why: why})
}

// gone lists the offers that a list, complete for a provider, does not have any more.
func (x *differ) gone() {
	for _, slug := range x.f.Complete {
		p := x.s.Provider(slug)
		if p == nil {
			continue
		}
		for _, o := range p.Offers {
			foreign := x.f.Partial && o.PriceSource != x.f.Source // came from another list
			if !foreign && !x.seen[offerKey{o.Model, o.Tag}] && !x.refusedAt(o) {
				x.d.Gone = append(x.d.Gone, o.Endpoint)
			}
		}
	}
}

// refusedAt reports whether the list has the offer, but in a line that was refused.
func (x *differ) refusedAt(o *Offer) bool {
	return slices.ContainsFunc(x.d.Refused, func(r pricefile.Refusal) bool {
		return strings.HasSuffix(r.Where, "/"+o.ProviderModelID) || strings.Contains(r.Where, o.Model+" at "+o.Endpoint.Provider)
	})
}

func (x *differ) sort() {
	byName := func(a, b Move) int { return cmp.Compare(a.Name(), b.Name()) }
	byMove := func(a, b Move) int { return cmp.Or(cmp.Compare(abs(b.Percent), abs(a.Percent)), byName(a, b)) }
	slices.SortFunc(x.d.New, byName)
	slices.SortFunc(x.d.Held, byName)
	slices.SortFunc(x.d.Sideways, byName)
	slices.SortFunc(x.d.Up, byMove)
	slices.SortFunc(x.d.Down, byMove)
	slices.SortFunc(x.d.Gone, func(a, b models.Endpoint) int { return cmp.Compare(offerName(a), offerName(b)) })
	slices.Sort(x.d.Foreign)
	slices.Sort(x.d.Unknown)
}

func abs(f float64) float64 { return max(f, -f) }

// times writes how many times dearer or cheaper a price is.
func times(before, after models.Rate) string {
	if after >= before {
		return fmt.Sprintf("%.4g times as much", float64(after)/float64(before))
	}
	return fmt.Sprintf("a %.4gth of it", float64(before)/float64(after))
}
