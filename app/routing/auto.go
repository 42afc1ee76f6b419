package routing

import (
	"cmp"
	"slices"

	"bourse/app/catalog"
	"bourse/app/wire"
)

const autoModels = 3 // that are tried one after the other

// IsAuto reports whether a name leaves the choice of the model to us.
func IsAuto(name string) bool { return name == "bourse/auto" || name == "openrouter/auto" }

// Auto plans the cheapest models that can answer a request, and says how many could. The demo is
// chosen only where nobody else can.
func (ch *Chooser) Auto(s *catalog.Snapshot, r *wire.ChatRequest) (plans []Plan, able int) {
	for _, e := range s.Models {
		if !e.Callable || e.Type != r.Type || e.Status == "deprecated" || !capable(e, r) {
			continue
		}
		if p := ch.Plan(e, r); len(p.Candidates) > 0 && p.Candidates[0].Limit == r.MaxTokens { // with room for all of it
			plans = append(plans, p)
		}
	}
	slices.SortStableFunc(plans, func(a, b Plan) int {
		first, second := a.Candidates[0], b.Candidates[0]
		return cmp.Or(compareLate(isDemo(first), isDemo(second)), cmp.Compare(first.price, second.price), cmp.Compare(first.Entry.ID, second.Entry.ID))
	})
	return plans[:min(len(plans), autoModels)], len(plans)
}

func isDemo(c Candidate) bool { return c.Offer.Provider.Kind == "demo" }

// capable reports whether a model can read and do what the request holds.
func capable(e *catalog.Entry, r *wire.ChatRequest) bool {
	for _, need := range [...]struct {
		needed bool
		input  string
	}{{r.HasImages, "image"}, {r.HasAudio, "audio"}, {r.HasVideo, "video"}, {r.HasFiles, "file"}} {
		if need.needed && !slices.Contains(e.InputModalities, need.input) {
			return false
		}
	}
	return (!r.HasTools || e.Tools) && (!r.ReasoningRequested || e.Reasoning) && slices.Contains(e.OutputModalities, "text")
}
