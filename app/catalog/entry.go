package catalog

import (
	"strings"
	"time"

	"bourse/app/search"
	"bourse/models"
)

// Entry is one model with everything that is offered of it, prepared for lists and pages.
type Entry struct {
	models.Model
	AuthorName string
	Endpoints  []*Offer // cheapest first at the chat mix; those without a token price last
	Lowest     *Offer   // the cheapest that costs something, else the first; nil without offers
	Free       *Offer   // an offer that costs nothing, nil when there is none
	Callable   bool     // some offer can be routed to here and now
	Providers  int      // different companies that serve it
	RetiresAt  string   // YYYY-MM-DD when the first announced end lies ahead, else ""
	// Change30 is how the lowest price moved in 30 days at the chat mix, in percent; HasChange
	// says whether there was a price to compare with.
	Change30  float64
	HasChange bool
	Use       Use

	text    search.Text // what it is found by
	search  string      // lower case, what the text filter looks at
	inputs  set
	outputs set
	author  int // index in the snapshot's authors
	kind    int // index in Types
	isNew   bool
	day     int    // of release, as a number that sorts; 0 where unknown
	folded  string // the name in lower case
	place   int    // in the list by name
	letters []rune // of the id's second half, for Nearest
}

// Offer is one model at one provider. Provider is the company; the slug alone is
// Offer.Endpoint.Provider.
type Offer struct {
	models.Endpoint
	Provider  *models.Provider
	Variant   string // "turbo", "eu" …: what follows the provider in the tag
	Region    string // eu, us, cn …: named by the tag, else where the provider is at home, else ""
	IsFree    bool
	Connected bool // the operator has given the provider's key
	Routable  bool // connected, priced, with an upstream id, of a type with a door, in a dialect we speak

	mix      [len(mixes)]models.Rate // noPrice where the offer has no price per token
	bucket   [len(mixes)]set         // the price bucket, one bit or none
	rates    [3]models.Rate          // in, from the cache, out: what a reader's own mix weighs
	contexts set                     // the context steps it reaches
	features set
	policy   set
	region   set
	provider int // index in the snapshot's providers
}

// noPrice stands for a missing rate in tables of rates.
const noPrice models.Rate = -1

// The types of models that have a door.
const (
	TypeChat      = "chat"
	TypeEmbedding = "embedding"
)

// Served reports whether models of a type can be called here at all.
func Served(kind string) bool { return kind == TypeChat || kind == TypeEmbedding }

// spoken reports whether the proxy can speak to a provider about a model of a type.
func spoken(dialect, kind, upstream string) bool {
	switch dialect {
	case "openai", "cohere":
		return Served(kind)
	case "gemini": // price lists name models there that are another maker's
		return Served(kind) && !strings.HasPrefix(upstream, "claude-")
	case "anthropic":
		return kind == TypeChat
	case "bedrock":
		return kind == TypeChat || kind == TypeEmbedding && embedsAt(upstream, "amazon.titan-embed-", "cohere.embed-", "amazon.nova-2-multimodal-embeddings")
	case "vertex": // one dialect for each maker, and not every maker's is spoken here
		if kind == TypeEmbedding {
			return embedsAt(upstream, "gemini-embedding-", "text-embedding-", "text-multilingual-embedding-")
		}
		return kind == TypeChat && (strings.HasPrefix(upstream, "gemini-") || strings.HasPrefix(upstream, "claude-") || strings.Contains(upstream, "/"))
	}
	return false
}

// embedsAt reports whether a cloud's model is of a family that is asked for vectors in a known way.
func embedsAt(upstream string, families ...string) bool {
	for _, family := range families {
		if strings.Contains(upstream, family) {
			return true
		}
	}
	return false
}

// Spoken reports whether the provider's dialect is one that we speak to models of the type, and
// this model one that can be asked without tools of the provider's own.
func (o *Offer) Spoken(kind string) bool {
	return spoken(o.Provider.Dialect, kind, o.ProviderModelID) && !o.DemandsTools()
}

// DemandsTools reports whether the model can only be asked with tools that run, and cost, at the
// provider.
func (o *Offer) DemandsTools() bool {
	return models.MatchesAny(o.Provider.Quirks.Unserved, o.ProviderModelID)
}

// Name is the offer's name where one name has to do: the model, then the tag.
func (o *Offer) Name() string { return o.Model + " " + o.Tag }

// Rate is the offer's rate of a unit for a short prompt, and whether it has one.
func (o *Offer) Rate(u models.Unit) (models.Rate, bool) {
	r, ok := o.Pricing.Rates[u]
	return r, ok
}

// Input is the rate of a prompt token, 0 with false when tokens have no price here.
func (o *Offer) Input() (models.Rate, bool) { return o.Rate(models.UnitInput) }

// Output is the rate of a completion token, 0 with false when there is none.
func (o *Offer) Output() (models.Rate, bool) { return o.Rate(models.UnitOutput) }

// Mix is the price of a typical token under a mix, false when tokens have no price here.
func (o *Offer) Mix(m Mix) (models.Rate, bool) {
	r := o.mix[m]
	return max(r, 0), r != noPrice
}

// Context is how long a prompt may be here: the offer's own limit, else the model's, else 0.
func (o *Offer) Context(m models.Model) int64 {
	if o.ContextLength > 0 {
		return o.ContextLength
	}
	return m.ContextLength
}

// Supports reports whether the offer takes a request parameter, by its OpenRouter name.
func (o *Offer) Supports(parameter string) bool {
	i, ok := featureIndex(parameter)
	return ok && o.features.has(i)
}

// headline is the unit that names the price of an offer that is not sold by the token.
var headlineUnits = []models.Unit{
	models.UnitInput, models.UnitOutput, models.UnitImage, models.UnitOutputImage,
	models.UnitVideoSecond, models.UnitAudioSecond, models.UnitCharacters, models.UnitPage,
	models.UnitQuery, models.UnitRequest, models.UnitOutputAudio, models.UnitInputAudio,
}

// Headline is the unit and rate to show for an offer in one figure: per prompt token where it is
// sold by the token, else per image, second, page …; false when it has no price at all.
func (o *Offer) Headline() (models.Unit, models.Rate, bool) {
	for _, u := range headlineUnits {
		if r, ok := o.Pricing.Rates[u]; ok {
			return u, r, true
		}
	}
	return "", 0, false
}

// Priced reports whether the offer has any price, zero included.
func (o *Offer) Priced() bool { return len(o.Pricing.Rates) > 0 }

// Connectable lists the providers that would serve the model if the operator gave their key.
func (e *Entry) Connectable() []*models.Provider {
	var out []*models.Provider
	seen := map[string]bool{}
	for _, o := range e.Endpoints {
		if o.Spoken(e.Type) && !seen[o.Provider.Slug] {
			seen[o.Provider.Slug] = true
			out = append(out, o.Provider)
		}
	}
	return out
}

// Slug is the second half of the id.
func (e *Entry) Slug() string {
	_, slug, _ := strings.Cut(e.ID, "/")
	return slug
}

// CreatedAt is the day the model came out, or else the first day a price of it was seen; false
// when neither is known.
func (e *Entry) CreatedAt() (time.Time, bool) {
	for _, s := range []string{e.Created, e.FirstSeen} {
		if t, ok := parseDay(s); ok {
			return t, true
		}
	}
	return time.Time{}, false
}

// parseDay reads a recorded date; of a month it takes the first day.
func parseDay(s string) (time.Time, bool) {
	if len(s) == len("2026-08") {
		s += "-01"
	}
	t, err := time.Parse(time.DateOnly, s)
	return t, err == nil
}

// ZeroRetention reports whether the provider is recorded as keeping nothing of a prompt.
func (o *Offer) ZeroRetention() bool { return o.policy.has(policyZDR) }

// NoTraining reports whether the provider is recorded as not training on prompts.
func (o *Offer) NoTraining() bool { return o.policy.has(policyNoTraining) }

// Dropped reports whether the lowest price fell in the last 30 days.
func (e *Entry) Dropped() bool { return e.HasChange && e.Change30 < 0 }
