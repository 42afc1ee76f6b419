package catalog

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
)

// Facet is a group of options beside a list.
type Facet struct {
	Name    string // type, price, context, accepts, returns, supports, policy, more, author, provider
	Label   string
	Options []Option
}

// Option is one choice of a facet: a parameter and its value, with how many models it gives.
//
// Within price, context, region, type, author and provider any chosen option will do, so their
// counts leave the group itself out of account: they say what each choice would give or add. All
// other options must hold together, so theirs say what is left when one is ticked as well.
type Option struct {
	Param string
	Value string
	Label string
	Count int
	On    bool
}

var contextSteps = []struct {
	tokens       int64
	value, label string
}{
	{32_000, "32000", "≥ 32K"},
	{128_000, "128000", "≥ 128K"},
	{200_000, "200000", "≥ 200K"},
	{1_000_000, "1000000", "≥ 1M"},
}

// tally counts the options of every facet while a search passes over the catalogue once.
type tally struct {
	snapshot  *Snapshot
	types     []int
	prices    [8]int
	contexts  [8]int
	regions   [8]int
	inputs    [8]int
	outputs   [8]int
	features  [facetFeatures]int
	policy    [2]int
	flags     [5]int // open, drop, new, retiring, callable
	authors   []int
	providers []int
	stamp     []int // per provider: the entry last counted for it
}

func newTally(s *Snapshot) *tally {
	t := &tally{
		snapshot: s, types: make([]int, len(Types)), authors: make([]int, len(s.Authors)),
		providers: make([]int, len(s.Providers)), stamp: make([]int, len(s.Providers)),
	}
	for i := range t.stamp {
		t.stamp[i] = -1
	}
	return t
}

// seen gathers the options that the offers of one model reach.
type seen struct {
	passes     bool
	typeOnly   bool // it would pass if any type would do
	authorOnly bool // it would pass if any author would do
	callable   bool
	prices     uint64
	contexts   uint64
	regions    uint64
	features   uint64
	policy     uint64
}

// visit counts one model that at most one group refuses, and gives its row when none does.
func (t *tally) visit(p *plan, index int, e *Entry, entryFails int) (Row, bool) {
	var best *Offer
	var got seen
	offers := e.Endpoints
	if len(offers) == 0 {
		offers = []*Offer{&noOffer}
	}
	for _, o := range offers {
		fails := entryFails | p.offerFails(e, o)
		switch fails {
		case 0:
			best = p.better(best, o)
			got.passes = true
			got.callable = got.callable || o.Routable
			got.prices |= uint64(p.bucketOf(o))
			got.contexts |= uint64(o.contexts)
			got.regions |= uint64(o.region)
			got.features |= uint64(o.features)
			got.policy |= uint64(o.policy)
			t.countProvider(o, index)
		case failPrice:
			got.prices |= uint64(p.bucketOf(o))
		case failContext:
			got.contexts |= uint64(o.contexts)
		case failRegion:
			got.regions |= uint64(o.region)
		case failProvider:
			t.countProvider(o, index)
		case failType:
			got.typeOnly = true
		case failAuthor:
			got.authorOnly = true
		}
	}
	count(t.prices[:], got.prices)
	count(t.contexts[:], got.contexts)
	count(t.regions[:], got.regions)
	if got.typeOnly && e.kind >= 0 {
		t.types[e.kind]++
	}
	if got.authorOnly {
		t.authors[e.author]++
	}
	if !got.passes {
		return Row{}, false
	}
	t.countPassing(e, got)
	if best == &noOffer {
		best = nil
	}
	return p.row(e, best), true
}

func (t *tally) countProvider(o *Offer, index int) {
	if o.provider >= 0 && t.stamp[o.provider] != index {
		t.stamp[o.provider] = index
		t.providers[o.provider]++
	}
}

func (t *tally) countPassing(e *Entry, got seen) {
	if e.kind >= 0 {
		t.types[e.kind]++
	}
	t.authors[e.author]++
	count(t.inputs[:], uint64(e.inputs))
	count(t.outputs[:], uint64(e.outputs))
	count(t.features[:], got.features&(1<<facetFeatures-1))
	count(t.policy[:], got.policy)
	for i, on := range []bool{e.OpenWeights != nil && *e.OpenWeights, e.Dropped(), e.isNew, e.RetiresAt != "", got.callable} {
		if on {
			t.flags[i]++
		}
	}
}

func count(into []int, set uint64) {
	for ; set != 0; set &= set - 1 {
		into[bits.TrailingZeros64(set)]++
	}
}

// facets lays the counts out in the order of the page.
func (t *tally) facets(p *plan) []Facet {
	out := []Facet{
		{"type", "Type", make([]Option, 0, len(Types))},
		{"price", "Price per 1M for your mix", make([]Option, 0, len(priceBuckets))},
		{"context", "Context", make([]Option, 0, len(contextSteps))},
		{"accepts", "Accepts", nil}, {"returns", "Returns", nil}, {"supports", "Supports", nil},
		{"policy", "Data policy", nil}, {"more", "More", nil}, {"author", "Author", nil}, {"provider", "Provider", nil},
	}
	for i, name := range Types {
		on := p.types == 0 || p.types.has(i)
		out[0].Options = append(out[0].Options, Option{"type", name, typeLabels[i], t.types[i], on})
	}
	for i, b := range priceBuckets {
		out[1].Options = append(out[1].Options, Option{"price", b.name, b.label, t.prices[i], p.buckets.has(i)})
	}
	for i, c := range contextSteps {
		out[2].Options = append(out[2].Options, Option{"context", c.value, c.label, t.contexts[i], p.Context == c.tokens})
	}
	for i, name := range inputModalities[:4] { // all take text
		out[3].Options = append(out[3].Options, Option{"input_modalities", name, inputLabels[i], t.inputs[i], p.inputs.has(i)})
	}
	for i, name := range outputModalities {
		out[4].Options = append(out[4].Options, Option{"output_modalities", name, outputLabels[i], t.outputs[i], p.outputs.has(i)})
	}
	for i, label := range featureLabels {
		out[5].Options = append(out[5].Options, Option{"supported_parameters", features[i], label, t.features[i], p.features.has(i)})
	}
	out[6].Options = []Option{
		{"zdr", "true", "No retention", t.policy[policyZDR], p.ZDR},
		{"no_training", "true", "No training", t.policy[policyNoTraining], p.NoTraining},
		{"region", "eu", "EU", t.regions[0], p.region.has(0)},
		{"region", "us", "US", t.regions[1], p.region.has(1)},
	}
	out[7].Options = []Option{
		{"open", "true", "Open weights", t.flags[0], p.Open},
		{"drop", "true", "Price dropped, 30 d", t.flags[1], p.Drop},
		{"new", "true", "New, 30 d", t.flags[2], p.New},
		{"retiring", "true", "Retiring soon", t.flags[3], p.Retiring},
		{"callable", "true", "Callable here", t.flags[4], p.Callable},
	}
	out[8].Options = t.authorOptions(p)
	out[9].Options = t.providerOptions(p)
	return out
}

func (t *tally) authorOptions(p *plan) []Option {
	out := make([]Option, 0, len(t.authors))
	for _, i := range t.snapshot.authorOrder {
		a := t.snapshot.Authors[i]
		out = append(out, Option{"authors", a.Slug, a.Name, t.authors[i], p.authors[i]})
	}
	return out
}

func (t *tally) providerOptions(p *plan) []Option {
	out := make([]Option, 0, len(t.providers))
	for _, i := range t.snapshot.providerOrder {
		e := t.snapshot.Providers[i]
		out = append(out, Option{"providers", e.Slug, e.Name, t.providers[i], p.providers[i]})
	}
	return out
}

var (
	typeLabels    = []string{"Chat", "Embedding", "Image", "Speech", "Transcription", "Realtime", "Video", "Rerank", "Moderation", "OCR"}
	inputLabels   = []string{"Image", "File", "Audio", "Video", "Text"}
	outputLabels  = []string{"Text", "Image", "Audio", "Video", "Embeddings", "Ranking", "Speech", "Transcript"}
	featureLabels = []string{"Tool calls", "Structured output", "Reasoning", "Prompt caching", "Log probabilities", "Web search"}
)

// orderFacets fixes the order of authors and providers: those with most models first, and so at
// the same place whatever is ticked. Those without any are left out.
func (s *Snapshot) orderFacets() {
	models := make([]int, len(s.Authors))
	for _, e := range s.Models {
		models[e.author]++
	}
	for i, n := range models {
		if n > 0 {
			s.authorOrder = append(s.authorOrder, i)
		}
	}
	slices.SortFunc(s.authorOrder, func(a, b int) int {
		return cmp.Or(cmp.Compare(models[b], models[a]), strings.Compare(s.Authors[a].Name, s.Authors[b].Name))
	})
	for i, p := range s.Providers {
		if p.Models > 0 {
			s.providerOrder = append(s.providerOrder, i)
		}
	}
	slices.SortFunc(s.providerOrder, func(a, b int) int {
		pa, pb := s.Providers[a], s.Providers[b]
		return cmp.Or(cmp.Compare(pb.Models, pa.Models), strings.Compare(pa.Name, pb.Name))
	})
}
