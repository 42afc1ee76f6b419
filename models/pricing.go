package models

import "maps"

// Unit names what a rate is the price of. The names are those of the price lists.
type Unit string

// Units billed per token.
const (
	UnitInput        Unit = "input"
	UnitOutput       Unit = "output"
	UnitCacheRead    Unit = "cache_read"
	UnitCacheWrite   Unit = "cache_write"
	UnitCacheWrite1h Unit = "cache_write_1h"
	UnitReasoning    Unit = "reasoning"
	UnitInputAudio   Unit = "input_audio"
	UnitOutputAudio  Unit = "output_audio"
	UnitInputImage   Unit = "input_image"
	UnitOutputImage  Unit = "output_image"
)

// Units billed by the piece: USD per image, per request, per second, per page, per query,
// and per million characters.
const (
	UnitImage       Unit = "image"
	UnitRequest     Unit = "request"
	UnitAudioSecond Unit = "audio_second"
	UnitVideoSecond Unit = "video_second"
	UnitCharacters  Unit = "characters_1m"
	UnitPage        Unit = "page"
	UnitQuery       Unit = "query"
)

// PerToken reports whether prices of this unit are published per million tokens.
func (u Unit) PerToken() bool {
	switch u {
	case UnitImage, UnitRequest, UnitAudioSecond, UnitVideoSecond, UnitPage, UnitQuery:
		return false
	}
	return true // characters are published per million as well
}

// Rates are the prices of one offer in pico-USD per unit. A unit that is absent has no price
// of its own; zero is a price: free.
type Rates map[Unit]Rate

// Tier replaces rates when the prompt is longer than ContextGT tokens.
type Tier struct {
	ContextGT int64 `json:"context_gt"`
	Rates     Rates `json:"rates"`
}

// Pricing is everything that decides what a generation at one endpoint costs.
type Pricing struct {
	Rates Rates  `json:"rates"`
	Tiers []Tier `json:"tiers,omitempty"` // ascending by ContextGT
	// Services are the rates of other service tiers by their names: of each unit that costs
	// something else there.
	Services map[string]Rates `json:"services,omitempty"`
}

// Service is what the offer costs in a service tier: its rates over the usual ones, and for long
// prompts what they cost in any case. False when the tier has no price.
func (p Pricing) Service(tier string) (Pricing, bool) {
	own, ok := p.Services[tier]
	if !ok || tier == "" {
		return p, false
	}
	rates := maps.Clone(p.Rates)
	maps.Copy(rates, own)
	return Pricing{Rates: rates, Tiers: p.Tiers}, true
}

// For returns the rate of a unit for a prompt of the given length and whether there is one: the
// highest tier that the prompt exceeds wins, unit by unit.
func (p Pricing) For(u Unit, promptTokens int64) (Rate, bool) {
	for i := len(p.Tiers) - 1; i >= 0; i-- {
		if promptTokens > p.Tiers[i].ContextGT {
			if r, ok := p.Tiers[i].Rates[u]; ok {
				return r, true
			}
		}
	}
	r, ok := p.Rates[u]
	return r, ok
}

// Free reports whether every rate is zero.
func (p Pricing) Free() bool {
	for _, r := range p.Rates {
		if r != 0 {
			return false
		}
	}
	for _, t := range p.Tiers {
		for _, r := range t.Rates {
			if r != 0 {
				return false
			}
		}
	}
	return true
}
