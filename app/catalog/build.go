package catalog

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"bourse/models"
)

const newDays = 30 // a model counts as new for so long

// build makes a snapshot of the facts. It runs once for each reload and may take its time; what
// it prepares is what no page or request has to work out again.
func build(f facts, connected func(models.Provider) bool) *Snapshot {
	s := &Snapshot{
		At: f.at, Authors: f.authors, published: f.published,
		names:     make(map[string]*Entry, 3*len(f.models)),
		free:      map[string]*Entry{},
		providers: make(map[string]*ProviderEntry, len(f.providers)),
		history:   make(map[string][]models.PriceVersion, len(f.models)),
	}
	s.addProviders(f, connected)
	s.addModels(f)
	s.addOffers(f)
	s.fillUse(f.uses)
	for _, v := range f.prices {
		s.history[v.Model] = append(s.history[v.Model], v)
	}
	s.findSpans()
	s.retire()
	s.findRecorded()
	s.findValid(f.prices)
	for _, e := range s.Models {
		s.finish(e)
	}
	s.addAliases()
	s.findPlaces()
	s.layColumns()
	s.addAuthorTexts()
	s.orderFacets()
	s.Version = s.fingerprint()
	return s
}

func (s *Snapshot) addProviders(f facts, connected func(models.Provider) bool) {
	for _, p := range f.providers {
		e := &ProviderEntry{Provider: p, Connected: connected != nil && connected(p), text: nameText(p.Slug, p.Name)}
		s.Providers = append(s.Providers, e)
		s.providers[p.Slug] = e
	}
	slices.SortFunc(s.Providers, func(a, b *ProviderEntry) int { return cmp.Compare(a.Slug, b.Slug) })
}

func (s *Snapshot) addModels(f facts) {
	authorIndex := map[string]int{}
	for i, a := range s.Authors {
		authorIndex[a.Slug] = i
	}
	for _, m := range f.models {
		i, ok := authorIndex[m.Author]
		if !ok {
			i = len(s.Authors)
			authorIndex[m.Author] = i
			s.Authors = append(slices.Clip(s.Authors), models.Author{Slug: m.Author, Name: m.Author})
		}
		e := &Entry{Model: m, author: i, AuthorName: s.Authors[i].Name}
		e.kind = slices.Index(Types, m.Type)
		e.text = modelText(m, e.AuthorName)
		e.search = strings.ToLower(m.ID + "\n" + m.Name + "\n" + e.AuthorName)
		e.inputs = modalityBits(inputModalities, m.InputModalities)
		e.outputs = modalityBits(outputModalities, m.OutputModalities)
		if i, ok := modalityIndex(outputModalities, m.Type); ok {
			e.outputs |= bit(i)
		}
		e.day, e.folded = dayNumber(m.Created), strings.ToLower(m.Name)
		e.letters = lettersOf(e.Slug())
		s.Models = append(s.Models, e)
		s.names[m.ID] = e
	}
	slices.SortFunc(s.Models, func(a, b *Entry) int { return cmp.Compare(a.ID, b.ID) })
}

func (s *Snapshot) addOffers(f facts) {
	inForce := pricesInForce(f.prices, s.At)
	index := map[string]int{}
	for i, p := range s.Providers {
		index[p.Slug] = i
	}
	for _, endpoint := range f.endpoints {
		e, p := s.names[endpoint.Model], s.providers[endpoint.Provider]
		if e == nil || p == nil {
			continue // an offer of nothing, or by nobody
		}
		if v, ok := inForce[offerKey{endpoint.Model, endpoint.Tag}]; ok {
			endpoint.Pricing, endpoint.PriceVersion = v.Pricing, v.ID
		}
		o := newOffer(endpoint, p, e.Model)
		o.provider = index[p.Slug]
		e.Endpoints = append(e.Endpoints, o)
	}
}

func newOffer(endpoint models.Endpoint, p *ProviderEntry, m models.Model) *Offer {
	o := &Offer{Endpoint: endpoint, Provider: &p.Provider, Connected: p.Connected}
	_, o.Variant, _ = strings.Cut(endpoint.Tag, "/")
	o.Region = regionOf(o.Variant, p.Provider)
	if i := slices.Index(regions, o.Region); i >= 0 {
		o.region = bit(i)
	}
	o.IsFree = o.Priced() && o.Pricing.Free()
	o.Routable = o.Connected && o.Priced() && o.ProviderModelID != "" && o.PriceVersion != "" &&
		o.Spoken(m.Type)
	o.rates[0], o.rates[1], o.rates[2] = mixRates(o.Pricing)
	for i, info := range mixes {
		o.mix[i] = info.weigh(o.rates[0], o.rates[1], o.rates[2])
		o.bucket[i] = bucketBits(o.mix[i])
	}
	for i, step := range contextSteps {
		if o.Context(m) >= step.tokens {
			o.contexts |= bit(i)
		}
	}
	o.features = featureBits(o, m)
	if policy := p.Policy; policy != nil {
		if policy.LogsPrompts != nil && !*policy.LogsPrompts && (policy.RetentionDays == nil || *policy.RetentionDays == 0) {
			o.policy |= bit(policyZDR)
		}
		if policy.TrainsOnPrompts != nil && !*policy.TrainsOnPrompts {
			o.policy |= bit(policyNoTraining)
		}
	}
	return o
}

func bucketBits(mix models.Rate) set {
	for i, b := range priceBuckets {
		if mix >= b.from && (b.below == 0 || mix < b.below) {
			return bit(i)
		}
	}
	return 0 // no price per token
}

// featureBits takes the parameters recorded for the offer, or, where none are, what the model is
// known to do anywhere.
func featureBits(o *Offer, m models.Model) set {
	var b set
	for _, name := range o.SupportedParameters {
		if i, ok := featureIndex(name); ok {
			b |= bit(i)
		}
	}
	if len(o.SupportedParameters) == 0 {
		for i, has := range map[int]bool{
			featureTools: m.Tools, featureStructured: m.StructuredOutput, featureReasoning: m.Reasoning,
		} {
			if has {
				b |= bit(i)
			}
		}
	}
	if o.Reasoning {
		b |= bit(featureReasoning)
	}
	if _, ok := o.Pricing.Rates[models.UnitCacheRead]; ok {
		b |= bit(featureCaching)
	}
	return b
}

func regionOf(variant string, p models.Provider) string {
	if slices.Contains(regions, variant) {
		return variant
	}
	if p.Region != "" {
		return p.Region
	}
	return regionOfCountry[p.Headquarters]
}

func modalityBits(list, names []string) set {
	var b set
	for _, name := range names {
		if i, ok := modalityIndex(list, name); ok {
			b |= bit(i)
		}
	}
	return b
}

// finish works out what lists show of an entry.
func (s *Snapshot) finish(e *Entry) {
	slices.SortFunc(e.Endpoints, compareOffers)
	seen := map[int]bool{}
	today := s.At.Format(time.DateOnly)
	for _, o := range e.Endpoints {
		seen[o.provider] = true
		e.Callable = e.Callable || o.Routable
		p := s.Providers[o.provider]
		if n := len(p.Offers); n == 0 || p.Offers[n-1].Model != e.ID {
			p.Models++
		}
		p.Offers = append(p.Offers, o)
		switch {
		case o.IsFree && e.Free == nil:
			e.Free = o
		case !o.IsFree && o.Priced() && e.Lowest == nil:
			e.Lowest = o
		}
		if o.RetiresAt > today && (e.RetiresAt == "" || o.RetiresAt < e.RetiresAt) {
			e.RetiresAt = o.RetiresAt
		}
	}
	e.Providers = len(seen)
	if e.Lowest == nil && len(e.Endpoints) > 0 {
		e.Lowest = e.Endpoints[0]
	}
	e.Change30, e.HasChange = s.change(e, 30)
	if t, ok := parseDay(e.Created); ok {
		age := s.Recorded.Sub(t)
		e.isNew = age <= newDays*24*time.Hour && !t.After(s.At)
	}
	if e.Free != nil {
		s.free[e.ID] = freeEntry(e)
	}
}

// freeEntry is the entry under "id:free".
func freeEntry(e *Entry) *Entry {
	free := *e
	free.ID += ":" + string(VariantFree)
	free.Name += " (free)"
	free.Lowest, free.Callable, free.HasChange = e.Free, false, false
	free.Endpoints = nil
	seen := map[int]bool{}
	for _, o := range e.Endpoints {
		if o.IsFree {
			free.Endpoints = append(free.Endpoints, o)
			free.Callable = free.Callable || o.Routable
			seen[o.provider] = true
		}
	}
	free.Providers = len(seen)
	return &free
}

// compareOffers puts the cheaper first: by the chat mix, then by the figure an offer is known by.
func compareOffers(a, b *Offer) int {
	return cmp.Or(cmp.Compare(sortRate(a), sortRate(b)), cmp.Compare(a.Tag, b.Tag))
}

func sortRate(o *Offer) models.Rate {
	if r, ok := o.Mix(MixChat); ok {
		return r
	}
	if _, r, ok := o.Headline(); ok {
		return r
	}
	return math.MaxInt64
}

// addAliases lets a model be found under its canonical slug, the name of its open weights, and the
// names that its maker's own programs call it by, unless the name is another model's id or two
// models would claim it.
func (s *Snapshot) addAliases() {
	claims := map[string][]*Entry{}
	for _, e := range s.Models {
		for _, name := range append([]string{e.CanonicalSlug, e.HuggingFaceID}, e.bareNames()...) {
			name = strings.ToLower(name)
			if name != "" && name != e.ID && !slices.Contains(claims[name], e) {
				claims[name] = append(claims[name], e)
			}
		}
	}
	for name, entries := range claims {
		if s.names[name] == nil && len(entries) == 1 {
			s.names[name] = entries[0]
		}
	}
}

// bareNames are what a program of the model's maker writes, which knows no authors.
func (e *Entry) bareNames() []string {
	for _, o := range e.Endpoints {
		if o.Endpoint.Provider == e.Author && o.Tag == o.Endpoint.Provider {
			return []string{e.Slug(), o.ProviderModelID}
		}
	}
	return nil
}

// undated is a bare name without the date of a release at its end.
func undated(name string) string {
	const date = len("-20250929")
	cut := len(name) - date
	if cut <= 0 || name[cut] != '-' || strings.Trim(name[cut+1:], "0123456789") != "" || strings.Contains(name, "/") {
		return name
	}
	return name[:cut]
}

// fingerprint names everything that pages show of the catalogue: facts, prices, connections, and
// the day, since "new" and "dropped in 30 days" depend on it.
func (s *Snapshot) fingerprint() string {
	h := sha256.New()
	fmt.Fprintln(h, s.At.Format(time.DateOnly))
	for _, p := range s.Providers {
		policy, _ := json.Marshal(p.Policy) // plain numbers and flags: it cannot fail
		fmt.Fprintf(h, "%s %s %v %s\n", p.Slug, p.Name, p.Connected, policy)
	}
	for _, e := range s.Models {
		fmt.Fprintf(h, "%s %s %s %s %v\n", e.ID, e.Name, e.Description, e.Status, e.Use)
		for _, o := range e.Endpoints {
			fmt.Fprintf(h, "%s %s %s %v\n", o.Tag, o.PriceVersion, o.Status, o.Routable)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
