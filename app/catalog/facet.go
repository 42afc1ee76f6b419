package catalog

import (
	"cmp"
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

// facets lays the counts out in the order of the page.
func (t *tally) facets() []Facet {
	p := t.plan
	t.settle()
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
		out[1].Options = append(out[1].Options, Option{"price", b.name, b.label, t.prices.total[i], set(p.buckets).has(i)})
	}
	for i, c := range contextSteps {
		out[2].Options = append(out[2].Options, Option{"context", c.value, c.label, t.contexts.total[i], p.Context == c.tokens})
	}
	for i, name := range inputModalities[:4] { // all take text
		out[3].Options = append(out[3].Options, Option{"input_modalities", name, inputLabels[i], t.inputs.total[i], set(p.inputs).has(i)})
	}
	for i, name := range outputModalities {
		out[4].Options = append(out[4].Options, Option{"output_modalities", name, outputLabels[i], t.outputs.total[i], set(p.outputs).has(i)})
	}
	for i, label := range featureLabels {
		out[5].Options = append(out[5].Options, Option{"supported_parameters", features[i], label, t.features.total[i], set(p.features).has(i)})
	}
	out[6].Options = []Option{
		{"zdr", "true", "No retention", t.policy.total[policyZDR], p.ZDR},
		{"no_training", "true", "No training", t.policy.total[policyNoTraining], p.NoTraining},
		{"region", "eu", "EU", t.regions.total[0], set(p.region).has(0)},
		{"region", "us", "US", t.regions.total[1], set(p.region).has(1)},
	}
	out[7].Options = []Option{
		{"open", "true", "Open weights", t.flags.total[0], p.Open},
		{"drop", "true", "Price dropped, 30 d", t.flags.total[1], p.Drop},
		{"new", "true", "New, 30 d", t.flags.total[2], p.New},
		{"retiring", "true", "Retiring soon", t.flags.total[3], p.Retiring},
		{"callable", "true", "Callable here", t.flags.total[4], p.Callable},
	}
	out[8].Options = t.authorOptions()
	out[9].Options = t.providerOptions()
	return out
}

func (t *tally) authorOptions() []Option {
	out := make([]Option, 0, len(t.authors))
	for _, i := range t.plan.snapshot.authorOrder {
		a := t.plan.snapshot.Authors[i]
		out = append(out, Option{"authors", a.Slug, a.Name, t.authors[i], t.plan.authors != nil && t.plan.authors[i]})
	}
	return out
}

func (t *tally) providerOptions() []Option {
	out := make([]Option, 0, len(t.providers))
	for _, i := range t.plan.snapshot.providerOrder {
		e := t.plan.snapshot.Providers[i]
		out = append(out, Option{"providers", e.Slug, e.Name, t.providers[i], t.plan.providers != nil && t.plan.providers[i]})
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
