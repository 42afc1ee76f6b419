package wire

import (
	"math"

	"bourse/models"
)

const (
	// countMax bounds every count that a provider reports; no context comes near it.
	countMax = 100_000_000
	// costUSDMax bounds the cost a provider reports for one generation.
	costUSDMax = 100_000
	// ticksPerNano turns xAI's cost_in_usd_ticks (10^-10 USD) into nano-USD.
	ticksPerNano = 10
)

// The anomalies of a usage object, for the record and the alert.
const (
	AnomalyCount     = "count_out_of_range"
	AnomalyTotal     = "total_mismatch"
	AnomalyCache     = "cache_exceeds_prompt"
	AnomalyReasoning = "reasoning_exceeds_completion"
	AnomalyParts     = "parts_exceed_total"
	AnomalyCost      = "cost_out_of_range"
	// AnomalyReported is a cost that the provider reports and its price list does not come to.
	AnomalyReported = "reported_cost_differs"
)

// counts are the raw numbers of a usage object, -1 where it has none.
type counts struct {
	prompt, completion, total       int64
	reasoning, cached, cacheWrite   int64
	cacheWrite5m, cacheWrite1h      int64
	audioIn, imageIn                int64
	audioOut, imageOut, searches    int64
	cost                            models.Amount
	anomaly                         string
	refused                         bool // a total is out of range: none of the counts is believed
	cachedTop, hit, numCached       int64
	reasoningTop, created, ownWrite int64
}

// ParseUsage reads a provider's usage object into the one record; false when it holds nothing
// that can be billed, and then the caller has to estimate.
func ParseUsage(raw []byte, q models.Quirks) (models.Usage, bool) {
	c := readCounts(raw)
	u := models.Usage{Source: models.UsageUpstream, ProviderCost: c.cost, Anomaly: c.anomaly}
	if c.refused || (c.prompt < 0 && c.completion < 0) {
		return u, false
	}
	u.Input, u.Output = max(c.prompt, 0), max(c.completion, 0)
	u.Searches = max(c.searches, 0)
	u.Reasoning = max(firstOf(c.reasoning, c.reasoningTop), 0)
	c.placeReasoning(&u, q)
	c.placeCache(&u)
	c.placeParts(&u)
	return u, true
}

// placeReasoning decides whether the completion already includes the reasoning: the provider's
// own total tells, and where it does not the quirk does.
func (c *counts) placeReasoning(u *models.Usage, q models.Quirks) {
	inside := u.Input + u.Output
	outside := false
	switch {
	case c.total <= 0:
		outside = q.ReasoningOutside
	case c.total == inside:
	case c.total == inside+u.Reasoning:
		outside = true
	case q.ReasoningOutside && u.Reasoning == 0 && c.total > inside:
		u.Reasoning, outside = c.total-inside, true // counted in the total and nowhere else
	default:
		outside = q.ReasoningOutside
		u.Anomaly = AnomalyTotal
	}
	if outside {
		u.Output += u.Reasoning
	}
	if u.Reasoning > u.Output {
		u.Reasoning = u.Output
		u.Anomaly = AnomalyReasoning
	}
}

// placeCache puts the cached parts into the prompt, whole or not at all.
func (c *counts) placeCache(u *models.Usage) {
	u.CacheRead = max(firstOf(c.cached, c.hit, c.numCached, c.cachedTop), 0)
	u.CacheWrite = max(firstOf(c.cacheWrite5m, c.cacheWrite, c.created, c.ownWrite), 0)
	u.CacheWrite1h = max(c.cacheWrite1h, 0)
	if u.CacheRead > u.Input {
		u.Input += u.CacheRead // sent without the cached part
	}
	if u.CacheRead+u.CacheWrite+u.CacheWrite1h > u.Input {
		u.CacheRead, u.CacheWrite, u.CacheWrite1h = 0, 0, 0
		u.Anomaly = AnomalyCache
	}
}

// placeParts takes over the modalities where they fit beside the other parts.
func (c *counts) placeParts(u *models.Usage) {
	u.InputAudio, u.InputImage = max(c.audioIn, 0), max(c.imageIn, 0)
	if u.CacheRead+u.CacheWrite+u.CacheWrite1h+u.InputAudio+u.InputImage > u.Input {
		u.InputAudio, u.InputImage = 0, 0
		u.Anomaly = AnomalyParts
	}
	u.OutputAudio, u.OutputImage = max(c.audioOut, 0), max(c.imageOut, 0)
	if u.Reasoning+u.OutputAudio+u.OutputImage > u.Output {
		u.OutputAudio, u.OutputImage = 0, 0
		u.Anomaly = AnomalyParts
	}
}

func firstOf(candidates ...int64) int64 {
	for _, n := range candidates {
		if n >= 0 {
			return n
		}
	}
	return -1
}

func readCounts(raw []byte) counts {
	c := counts{prompt: -1, completion: -1, total: -1, reasoning: -1, cached: -1, cacheWrite: -1,
		cacheWrite5m: -1, cacheWrite1h: -1, audioIn: -1, imageIn: -1, audioOut: -1, imageOut: -1,
		searches: -1, cost: -1, cachedTop: -1, hit: -1, numCached: -1, reasoningTop: -1, created: -1, ownWrite: -1}
	w := walker{b: raw}
	if !w.open('{') {
		return c
	}
	for first := true; ; {
		name, ok := w.member(&first)
		if !ok {
			break
		}
		c.take(string(name), w.value())
	}
	c.refused = c.refused || w.bad
	return c
}

func (c *counts) take(name string, value []byte) {
	switch name {
	case "prompt_tokens", "input_tokens":
		c.sum(&c.prompt, value)
	case "completion_tokens", "output_tokens":
		c.sum(&c.completion, value)
	case "total_tokens":
		c.count(&c.total, value)
	case "reasoning_tokens":
		c.count(&c.reasoningTop, value)
	case "prompt_cache_hit_tokens":
		c.count(&c.hit, value)
	case "num_cached_tokens":
		c.count(&c.numCached, value)
	case "cached_tokens":
		c.count(&c.cachedTop, value)
	case "cache_creation_input_tokens":
		c.count(&c.ownWrite, value)
	case "num_search_queries":
		c.count(&c.searches, value)
	case "prompt_tokens_details", "input_tokens_details":
		c.members(value, c.promptDetail)
	case "completion_tokens_details", "output_tokens_details":
		c.members(value, c.completionDetail)
	case "server_tool_use", "server_tool_use_details":
		if searches := memberOf(value, "web_search_requests"); searches != nil {
			c.count(&c.searches, searches)
		}
	case "cost":
		if len(value) > 0 && value[0] == '{' {
			value = memberOf(value, "total_cost")
		}
		c.money(value, models.NanoPerUSD)
	case "cost_in_usd_ticks":
		c.money(value, 1.0/ticksPerNano)
	}
}

func (c *counts) members(object []byte, take func(name string, value []byte)) {
	w := walker{b: object}
	if !w.open('{') {
		return
	}
	for first := true; ; {
		name, ok := w.member(&first)
		if !ok {
			return
		}
		take(string(name), w.value())
	}
}

func (c *counts) promptDetail(name string, value []byte) {
	switch name {
	case "cached_tokens":
		c.count(&c.cached, value)
	case "cache_write_tokens":
		c.count(&c.cacheWrite, value)
	case "cache_creation_input_tokens", "cache_creation_tokens":
		c.count(&c.created, value)
	case "cache_creation":
		if short := memberOf(value, "ephemeral_5m_input_tokens"); short != nil {
			c.count(&c.cacheWrite5m, short)
		}
		if long := memberOf(value, "ephemeral_1h_input_tokens"); long != nil {
			c.count(&c.cacheWrite1h, long)
		}
	case "audio_tokens":
		c.count(&c.audioIn, value)
	case "image_tokens":
		c.count(&c.imageIn, value)
	}
}

func (c *counts) completionDetail(name string, value []byte) {
	switch name {
	case "reasoning_tokens":
		c.count(&c.reasoning, value)
	case "audio_tokens":
		c.count(&c.audioOut, value)
	case "image_tokens":
		c.count(&c.imageOut, value)
	}
}

// sum reads a count that everything else is a part of.
func (c *counts) sum(target *int64, value []byte) {
	if !c.count(target, value) {
		c.refused = true
	}
}

// count reads one count. Fractions are rounded; what is negative, absurd or no number is not
// taken over, and said.
func (c *counts) count(target *int64, value []byte) (ok bool) {
	if len(value) == 0 || isNull(value) {
		return true
	}
	n, whole := wholeNumber(value)
	if !whole {
		f, ok := number(value)
		if !ok || !(f >= 0 && f <= countMax) {
			c.anomaly = AnomalyCount
			return false
		}
		n = int64(math.Round(f))
	}
	if n < 0 || n > countMax {
		c.anomaly = AnomalyCount
		return false
	}
	*target = n
	return true
}

// money reads a cost and keeps the first that is there; perUnit turns it into nano-USD.
func (c *counts) money(value []byte, perUnit float64) {
	if len(value) == 0 || isNull(value) || c.cost >= 0 {
		return
	}
	f, ok := number(value)
	nano := f * perUnit
	if !ok || !(nano >= 0 && nano <= costUSDMax*models.NanoPerUSD) {
		c.anomaly = AnomalyCost
		return
	}
	c.cost = models.Amount(math.Round(nano))
}
