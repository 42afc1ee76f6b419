package catalog

import (
	"strings"
	"sync"
	"time"

	"bourse/app/search"
	"bourse/models"
)

// Snapshot is the whole catalogue at one moment. Everything in it is read-only and shared.
type Snapshot struct {
	Version   string // changes whenever anything shown changes; good for ETags
	At        time.Time
	Recorded  time.Time // when a price of a provider was last written down, at most At
	Models    []*Entry  // by id
	Providers []*ProviderEntry
	Authors   []models.Author // by slug
	Used      bool            // it is told of some model how much it was used

	names     map[string]*Entry // ids, canonical slugs and aliases, lower case
	free      map[string]*Entry // by model id: the entry of its free offers alone
	providers map[string]*ProviderEntry
	history   map[string][]models.PriceVersion
	spans     map[offerKey]span // where the prices of an offer stand in its model's history

	valid       time.Time         // until then the snapshot stays true by itself
	retired     map[string]*Entry // models that nobody sells any more
	published   published
	columns     *columns
	steps       sync.Map // []Step by stepsKey, worked out when first asked for
	changesOnce sync.Once
	changes     []Change
	levelsOnce  sync.Once
	levels      []AbilityLevel

	authorTexts   []authorText
	authorOrder   []int // of facets
	providerOrder []int
}

// ProviderEntry is one provider with what it sells.
type ProviderEntry struct {
	models.Provider
	Connected bool
	Offers    []*Offer // by model, cheapest first within one
	Models    int      // different models

	text search.Text
}

// Model finds a model by id, canonical slug or alias, with or without a variant; nil when there
// is none. "id:free" is an entry that holds the free offers alone; ":nitro" and ":floor" are
// wishes for the router and give the plain entry.
func (s *Snapshot) Model(id string) *Entry {
	e, _ := s.Resolve(id)
	return e
}

// Resolve is Model, and says which variant the id asked for.
func (s *Snapshot) Resolve(id string) (*Entry, Variant) {
	if e := s.named(id); e != nil { // before any variant: ids of local models may hold a colon
		return e, VariantNone
	}
	base, variant, ok := SplitVariant(id)
	if !ok {
		return nil, VariantNone
	}
	if inner, more, ok := SplitVariant(base); ok && more != VariantNone && variant == VariantOnline {
		base, variant = inner, more // ":free:online"
	}
	e := s.named(base)
	if e != nil && variant == VariantFree {
		e = s.free[e.ID]
	}
	return e, variant
}

func (s *Snapshot) named(id string) *Entry {
	if e := s.names[id]; e != nil {
		return e
	}
	id = strings.ToLower(id)
	if e := s.names[id]; e != nil {
		return e
	}
	return s.names[undated(id)]
}

// Provider finds a provider by slug, nil when there is none.
func (s *Snapshot) Provider(slug string) *ProviderEntry { return s.providers[slug] }

// Callable counts the models that can be called here and now.
func (s *Snapshot) Callable() int {
	n := 0
	for _, e := range s.Models {
		if e.Callable {
			n++
		}
	}
	return n
}
