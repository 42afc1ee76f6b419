package api

import (
	"bourse/app/catalog"
	"bourse/models"
)

// pricing is an offer's list price in USD per token or piece, as decimal strings. The platform fee
// is not in it.
type pricing struct {
	Prompt            string     `json:"prompt"`
	Completion        string     `json:"completion"`
	Request           string     `json:"request,omitempty"`
	ImageToken        string     `json:"image_token,omitempty"`
	ImageOutput       string     `json:"image_output,omitempty"`
	Audio             string     `json:"audio,omitempty"`
	AudioOutput       string     `json:"audio_output,omitempty"`
	InternalReasoning string     `json:"internal_reasoning,omitempty"`
	InputCacheRead    string     `json:"input_cache_read,omitempty"`
	InputCacheWrite   string     `json:"input_cache_write,omitempty"`
	InputCacheWrite1h string     `json:"input_cache_write_1h,omitempty"`
	Overrides         []override `json:"overrides,omitempty"`
}

// override replaces prices: of prompts longer than a number of tokens, or in a service tier.
type override struct {
	MinPromptTokens   int64  `json:"min_prompt_tokens,omitempty"`
	Prompt            string `json:"prompt,omitempty"`
	Completion        string `json:"completion,omitempty"`
	ImageToken        string `json:"image_token,omitempty"`
	ImageOutput       string `json:"image_output,omitempty"`
	Audio             string `json:"audio,omitempty"`
	AudioOutput       string `json:"audio_output,omitempty"`
	InternalReasoning string `json:"internal_reasoning,omitempty"`
	InputCacheRead    string `json:"input_cache_read,omitempty"`
	InputCacheWrite   string `json:"input_cache_write,omitempty"`
	InputCacheWrite1h string `json:"input_cache_write_1h,omitempty"`
}

// unitPrice is a price by another unit than the token: per image, second, page …
type unitPrice struct {
	Unit string `json:"unit"`
	USD  string `json:"usd"`
}

// noTokenPrice is what OpenRouter sends where a price per token says nothing; "0" would be free.
const noTokenPrice = "-1"

func pricingOf(o *catalog.Offer) pricing {
	if o == nil {
		return pricing{Prompt: noTokenPrice, Completion: noTokenPrice}
	}
	r := o.Pricing.Rates
	p := pricing{
		Prompt: rate(r, models.UnitInput), Completion: rate(r, models.UnitOutput),
		Request:    rate(r, models.UnitRequest),
		ImageToken: rate(r, models.UnitInputImage), ImageOutput: rate(r, models.UnitOutputImage),
		Audio: rate(r, models.UnitInputAudio), AudioOutput: rate(r, models.UnitOutputAudio),
		InternalReasoning: rate(r, models.UnitReasoning),
		InputCacheRead:    rate(r, models.UnitCacheRead), InputCacheWrite: rate(r, models.UnitCacheWrite),
		InputCacheWrite1h: rate(r, models.UnitCacheWrite1h),
	}
	if p.Prompt == "" && p.Completion == "" {
		p.Prompt, p.Completion = noTokenPrice, noTokenPrice
	}
	if p.Prompt == "" {
		p.Prompt = "0"
	}
	if p.Completion == "" {
		p.Completion = "0"
	}
	for _, t := range o.Pricing.Tiers {
		with := overrideOf(t.Rates)
		with.MinPromptTokens = t.ContextGT
		p.Overrides = append(p.Overrides, with)
	}
	return p
}

// tierPrices are the prices of the service tiers that can be asked for at the offer.
func tierPrices(o *catalog.Offer) map[string]override {
	out := map[string]override{}
	for _, tier := range o.Provider.Quirks.ServiceTiers {
		if rates, priced := o.Pricing.Services[tier]; priced {
			out[tier] = overrideOf(rates)
		}
	}
	return out
}

func overrideOf(r models.Rates) override {
	return override{
		Prompt: rate(r, models.UnitInput), Completion: rate(r, models.UnitOutput),
		ImageToken: rate(r, models.UnitInputImage), ImageOutput: rate(r, models.UnitOutputImage),
		Audio: rate(r, models.UnitInputAudio), AudioOutput: rate(r, models.UnitOutputAudio),
		InternalReasoning: rate(r, models.UnitReasoning),
		InputCacheRead:    rate(r, models.UnitCacheRead), InputCacheWrite: rate(r, models.UnitCacheWrite),
		InputCacheWrite1h: rate(r, models.UnitCacheWrite1h),
	}
}

func rate(r models.Rates, u models.Unit) string {
	if v, ok := r[u]; ok {
		return v.PerUnitUSD()
	}
	return ""
}

// unitPrices are the prices that the other object has no name for.
func unitPrices(o *catalog.Offer) []unitPrice {
	if o == nil {
		return nil
	}
	var out []unitPrice
	for _, u := range []models.Unit{
		models.UnitImage, models.UnitAudioSecond, models.UnitVideoSecond, models.UnitPage, models.UnitQuery,
	} {
		if v, ok := o.Pricing.Rates[u]; ok {
			out = append(out, unitPrice{string(u), v.PerUnitUSD()})
		}
	}
	if v, ok := o.Pricing.Rates[models.UnitCharacters]; ok {
		out = append(out, unitPrice{"character", v.PerUnitUSD()})
	}
	return out
}
