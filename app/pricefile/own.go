package pricefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"bourse/models"
	"bourse/seeds"
)

// Document is a price list in our own format. Prices are US dollars per million tokens, or per
// piece for the units that are sold so, as text or number.
type Document struct {
	Format    string               `json:"format"`
	Source    string               `json:"source,omitempty"`
	Complete  []string             `json:"complete,omitempty"` // providers of which every offer is here
	Authors   []seeds.AuthorLine   `json:"authors,omitempty"`
	Providers []seeds.ProviderLine `json:"providers,omitempty"`
	Models    []seeds.ModelLine    `json:"models,omitempty"`
	Offers    []DocumentOffer      `json:"offers"`
}

// DocumentOffer is one offer of a Document.
type DocumentOffer struct {
	Model         string         `json:"model"`
	Provider      string         `json:"provider"`
	Tag           string         `json:"tag,omitempty"`      // "" = the provider
	Upstream      string         `json:"upstream,omitempty"` // the id to send to the provider
	Prices        Prices         `json:"prices"`
	Tiers         []DocumentTier `json:"tiers,omitempty"`
	ContextLength int64          `json:"context_length,omitempty"`
	MaxOutput     int64          `json:"max_output,omitempty"`
	Quantization  string         `json:"quantization,omitempty"`
	Status        string         `json:"status,omitempty"`
	Parameters    []string       `json:"parameters,omitempty"`
	Reasoning     bool           `json:"reasoning,omitempty"`
	LastUpdated   string         `json:"last_updated,omitempty"`
	RetiresAt     string         `json:"retires_at,omitempty"`
}

// DocumentTier is what an offer costs when the prompt is longer than so many tokens.
type DocumentTier struct {
	Above  int64  `json:"above"`
	Prices Prices `json:"prices"`
}

// Prices are prices by their units, as written.
type Prices map[models.Unit]json.RawMessage

var units = []models.Unit{
	models.UnitInput, models.UnitOutput, models.UnitCacheRead, models.UnitCacheWrite, models.UnitCacheWrite1h, models.UnitReasoning,
	models.UnitInputAudio, models.UnitOutputAudio, models.UnitInputImage, models.UnitOutputImage, models.UnitImage, models.UnitRequest,
	models.UnitAudioSecond, models.UnitVideoSecond, models.UnitCharacters, models.UnitPage, models.UnitQuery,
}

// slug is what ids of authors, providers and models are made of.
var slug = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*(?:/[a-z0-9][a-z0-9._:-]*)?$`)

func readOwn(data []byte) (*File, error) {
	var d struct {
		Document
		Offers []json.RawMessage `json:"offers"`
	}
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, fmt.Errorf("it cannot be read: %w", syntax(err, data))
	}
	f := &File{Format: FormatOwn, Source: clip(d.Source), Complete: d.Complete}
	if f.Source == "" {
		f.Source = "operator"
	}
	f.addFacts(d.Document)
	kinds := map[string]string{}
	for _, m := range f.Models {
		kinds[m.ID] = m.Type
	}
	for i, raw := range d.Offers {
		where := "offers[" + strconv.Itoa(i) + "]"
		var o DocumentOffer
		if err := json.Unmarshal(raw, &o); err != nil {
			f.refuse(where, "it cannot be read: %s", clip(err.Error()))
			continue
		}
		f.addOwn(where+" "+o.Model+" at "+o.Provider, o, kinds[o.Model])
	}
	return f, nil
}

// addFacts takes authors, providers and models whose ids can stand in an address.
func (f *File) addFacts(d Document) {
	for i, a := range d.Authors {
		if !slug.MatchString(a.Slug) || a.Name == "" {
			f.refuse("authors["+strconv.Itoa(i)+"] "+a.Slug, "it needs a slug of small letters, digits and dashes, and a name")
			continue
		}
		f.Authors = append(f.Authors, models.Author(a))
	}
	for i, p := range d.Providers {
		if !slug.MatchString(p.Slug) || strings.Contains(p.Slug, "/") || p.Name == "" || !slug.MatchString(p.Dialect) {
			f.refuse("providers["+strconv.Itoa(i)+"] "+p.Slug, "it needs a slug of small letters, digits and dashes, a name, and a dialect such as openai or anthropic")
			continue
		}
		if p.Kind == "" {
			p.Kind = "host"
		}
		f.Providers = append(f.Providers, p.Record())
	}
	for i, m := range d.Models {
		r := m.Record()
		if r.Status == "" {
			r.Status = statusActive
		}
		if r.Type == "" {
			r.Type = "chat"
		}
		author, _, full := strings.Cut(r.ID, "/")
		if !slug.MatchString(r.ID) || !full || r.Author != "" && r.Author != author || r.Name == "" || r.ContextLength < 0 || r.MaxOutput < 0 {
			f.refuse("models["+strconv.Itoa(i)+"] "+r.ID, "it needs an id of the form author/name in small letters, digits and dashes, and a name")
			continue
		}
		r.Author = author
		f.Models = append(f.Models, r)
	}
}

func (f *File) addOwn(where string, o DocumentOffer, kind string) {
	if o.Tag == "" {
		o.Tag = o.Provider
	}
	provider, _, _ := strings.Cut(o.Tag, "/")
	switch {
	case !slug.MatchString(o.Model) || !strings.Contains(o.Model, "/"):
		f.refuse(where, "its model is no id of the form author/name")
		return
	case !slug.MatchString(o.Tag) || provider != o.Provider:
		f.refuse(where, "its tag has to be the provider, or provider/variant")
		return
	case o.ContextLength < 0 || o.MaxOutput < 0 || len(o.Upstream) > nameMax || len(o.Parameters) > parametersN || len(o.Tiers) > tiersMax:
		f.refuse(where, "a limit of it makes no sense")
		return
	}
	pricing := models.Pricing{}
	var err error
	if pricing.Rates, err = o.Prices.rates(); err != nil {
		f.refuse(where, "%s", err)
		return
	}
	for _, t := range o.Tiers {
		rates, err := t.Prices.rates()
		if err != nil {
			f.refuse(where, "above %d tokens %s", t.Above, err)
			return
		}
		pricing.Tiers = append(pricing.Tiers, models.Tier{ContextGT: t.Above, Rates: rates})
	}
	if kind == "" && (o.Prices[models.UnitInput] != nil || o.Prices[models.UnitOutput] != nil) && len(pricing.Rates) > 1 {
		kind = "chat" // of a model that the list does not describe
	}
	if err := sound(pricing, kind); err != nil {
		f.refuse(where, "%s", err)
		return
	}
	f.Offers = append(f.Offers, Offer{Where: clip(where), Endpoint: models.Endpoint{
		Model: o.Model, Provider: o.Provider, Tag: o.Tag, ProviderModelID: o.Upstream, Pricing: pricing,
		ContextLength: o.ContextLength, MaxOutput: o.MaxOutput, Quantization: clip(o.Quantization), Status: statusWord(o.Status),
		SupportedParameters: o.Parameters, Reasoning: o.Reasoning, Confidence: "high", PriceSource: f.Source,
		LastUpdated: day(o.LastUpdated), RetiresAt: day(o.RetiresAt),
	}})
}

func (p Prices) rates() (models.Rates, error) {
	rates := models.Rates{}
	for u, value := range p {
		if !slices.Contains(units, u) {
			return nil, fmt.Errorf("there is no unit %q", clip(string(u)))
		}
		r, err := parsePrice(u, value)
		if err != nil {
			return nil, fmt.Errorf("the price of %s %w", u, err)
		}
		rates[u] = r
	}
	if len(rates) == 0 {
		return nil, errors.New("it has no price")
	}
	return rates, nil
}
