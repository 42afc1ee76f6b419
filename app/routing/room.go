package routing

import (
	"slices"

	"bourse/app/catalog"
	"bourse/app/wire"
)

// room is how many tokens the offer can write of an answer to the request: as many as were asked
// for, or as many as it has. 0 is none, or a prompt that does not fit.
//
// Where the context is what limits the answer, the prompt is taken for as long as it may turn out
// when the provider counts it, and half of what is left in any case.
func room(e *catalog.Entry, o *catalog.Offer, r *wire.ChatRequest) int64 {
	most := r.MaxTokens
	if o.MaxOutput > 0 {
		most = min(most, o.MaxOutput)
	}
	if context := o.Context(e.Model); context > 0 && r.TokensEstimate+most > context {
		most = max(context-r.HoldTokens(), (context-r.TokensEstimate)/2, 0)
	}
	return most
}

// roomiest sets each candidate's limit and leaves those that can write what was asked for. Where
// none can, the answer may only become shorter than the client allowed, so those stay that have the
// most room, or at least half of it.
func roomiest(list []Candidate, r *wire.ChatRequest) []Candidate {
	if r.MaxTokens == 0 {
		return list
	}
	most := int64(0)
	for i := range list {
		list[i].Limit = room(list[i].Entry, list[i].Offer, r)
		most = max(most, list[i].Limit)
	}
	least := most
	if most < r.MaxTokens {
		least = most / 2
	}
	return slices.DeleteFunc(list, func(c Candidate) bool { return c.Limit < least })
}
