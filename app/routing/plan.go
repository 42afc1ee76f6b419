// Package routing decides which endpoints may serve a request, and in which order. It is made of
// pure functions over the catalogue's snapshot and the endpoints' standing.
package routing

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"bourse/app/catalog"
	"bourse/app/market"
	"bourse/app/wire"
	"bourse/models"
)

const (
	attemptsPerModel = 3
	attemptsInAll    = 8
	// priceFloorShare keeps a free or mispriced endpoint from taking every request by 1/price².
	priceFloorShare = 0.05
	// outputGuess stands for the length of an answer when the request sets no limit.
	outputGuess = 1000
)

// Candidate is an endpoint that may serve a request.
type Candidate struct {
	Entry *catalog.Entry
	Offer *catalog.Offer
	// Limit is how long an answer may be asked for here: the client's max_tokens, or less where the
	// endpoint has no room for that; 0 when the client set none.
	Limit int64
	// Conversation is the name under which Sticky remembers who answered; 0 for none.
	Conversation uint64

	price    float64
	speed    market.Speed
	late     bool // known to miss what the client would like
	standing market.Standing
	wait     time.Duration
	rank     int // in provider.order; -1 when not named
}

// Name is the endpoint's name for the health watch.
func (c Candidate) Name() string { return c.Offer.Name() }

// Stable reports whether nothing speaks against the endpoint.
func (c Candidate) Stable() bool { return c.standing == market.Stable }

// Cooling is how long the endpoint asked to be left alone, 0 when it did not.
func (c Candidate) Cooling() time.Duration {
	if c.standing != market.Cooling {
		return 0
	}
	return c.wait
}

// What an endpoint gets to show its first token: three times what the slowest hundredth of its
// streams took, within bounds. One that failed lately gets less.
const (
	firstTokenLeast = 15 * time.Second
	firstTokenMost  = 120 * time.Second
	firstTokenGuess = 60 * time.Second // of one that was not measured yet
	firstTokenProbe = 10 * time.Second
	firstTokenTimes = 3
)

// FirstToken is how long to wait for the endpoint's first token. A request that makes it think
// long before it writes says little by how long it waits.
func (c Candidate) FirstToken(thinks bool) time.Duration {
	budget := firstTokenMost
	switch {
	case thinks:
	case !c.speed.Known:
		budget = firstTokenGuess
	default:
		p99 := time.Duration(c.speed.Latency.P99 * float64(time.Millisecond))
		budget = min(max(firstTokenTimes*p99, firstTokenLeast), firstTokenMost)
	}
	if c.standing == market.Probe {
		budget = min(budget, firstTokenProbe)
	}
	return budget
}

// Plan is the candidates in order, and why others are not among them.
type Plan struct {
	Candidates []Candidate
	Excluded   Exclusion
}

// Exclusion counts what each filter removed, in the order of the filters.
type Exclusion struct {
	Last       Reason // the filter that removed the last endpoint; "" when some are left
	Endpoints  int    // how many the model has
	Connected  int    // how many of them are connected
	MaxContext int64  // the longest prompt and answer together of any connected endpoint
	Parameters []string
}

// Reason names a filter.
type Reason string

// The filters.
const (
	NotConnected Reason = "not_connected"
	NotServed    Reason = "not_served"     // connected, but not of a kind that can be called
	WrongDoor    Reason = "wrong_endpoint" // of a type that another address serves
	NotAllowed   Reason = "allowed_providers"
	NoContext    Reason = "context_length"
	NoParameters Reason = "require_parameters"
	Quantized    Reason = "quantization"
	PolicyZDR    Reason = "data_policy:zdr"
	PolicyTrain  Reason = "data_policy:training"
	TooDear      Reason = "max_price"
)

// Chooser makes the plans of one request.
type Chooser struct {
	Health  *market.Health
	Sticky  *Sticky // nil remembers nothing
	Rand    *rand.Rand
	Account string
}

// Plan plans one model's part of the request.
func (ch *Chooser) Plan(e *catalog.Entry, r *wire.ChatRequest) Plan {
	p := filter(e, r)
	if len(p.Candidates) == 0 {
		return p
	}
	conversation := uint64(0)
	if ch.Sticky != nil {
		conversation = ch.Sticky.Conversation(ch.Account, e.ID, r)
	}
	for i := range p.Candidates {
		c := &p.Candidates[i]
		c.Conversation = conversation
		c.standing, c.wait = ch.Health.Standing(c.Name())
		c.price = priceOf(c.Offer, r)
		c.speed = ch.Health.Speed(c.Name())
		c.late = misses(c.speed, &r.Provider)
		c.rank = slices.IndexFunc(r.Provider.Order, func(name string) bool { return matches(c.Offer, name) })
	}
	order(p.Candidates, r, ch.Rand)
	if len(r.Provider.Order) == 0 && balanced(r.Provider.Sort) {
		stick(p.Candidates, ch.Sticky.tag(conversation))
	}
	if !r.Provider.AllowFallbacks {
		p.Candidates = onlyNamed(p.Candidates, r)
	}
	if len(p.Candidates) > attemptsPerModel {
		p.Candidates = p.Candidates[:attemptsPerModel]
	}
	return p
}

// Join puts the plans of a request's models one after the other, within the limit of attempts, or
// sorts all their endpoints together when the client wants that.
func Join(plans []Plan, prefs *wire.ProviderPrefs) []Candidate {
	var out []Candidate
	for _, p := range plans {
		out = append(out, p.Candidates...)
	}
	if prefs.AcrossModels && !balanced(prefs.Sort) {
		slices.SortStableFunc(out, func(a, b Candidate) int {
			return cmp.Or(cmp.Compare(a.standing, b.standing), cmp.Compare(a.speed.Class, b.speed.Class), compareLate(a.late, b.late),
				compareBy(prefs.Sort, a, b), cmp.Compare(a.price, b.price))
		})
	}
	return out[:min(len(out), attemptsInAll)]
}

// order sorts by standing, then by what the client asked for, else by price; among the stable the
// first is drawn by 1/price², so that cheap endpoints get most and no endpoint gets everything.
func order(list []Candidate, r *wire.ChatRequest, rng *rand.Rand) {
	slices.SortStableFunc(list, func(a, b Candidate) int {
		if byRank := compareRank(a.rank, b.rank); byRank != 0 {
			return byRank
		}
		if a.standing != b.standing {
			return cmp.Compare(a.standing, b.standing)
		}
		return cmp.Or(cmp.Compare(a.wait, b.wait), cmp.Compare(a.speed.Class, b.speed.Class), compareLate(a.late, b.late),
			compareBy(r.Provider.Sort, a, b), cmp.Compare(a.price, b.price))
	})
	stable := 0
	for stable < len(list) && list[stable].standing == market.Stable && list[stable].rank < 0 &&
		list[stable].speed.Class == list[0].speed.Class && list[stable].late == list[0].late {
		stable++
	}
	if len(r.Provider.Order) == 0 && balanced(r.Provider.Sort) && stable > 1 {
		toFront(list, draw(list[:stable], rng))
	}
	// A probe goes first when a stable endpoint stands behind it: it costs the caller time at most.
	if i := slices.IndexFunc(list, func(c Candidate) bool { return c.standing == market.Probe }); i > 0 && stable > 0 {
		toFront(list, i)
	}
}

// stick puts the endpoint first that answered the conversation last, as long as it is well.
func stick(list []Candidate, tag string) {
	i := slices.IndexFunc(list, func(c Candidate) bool { return c.Offer.Tag == tag })
	if i > 0 && list[i].standing == market.Stable && list[i].speed.Class == 0 && !list[i].late {
		toFront(list, i)
	}
}

// compareRank puts named endpoints first, in the order in which they were named.
func compareRank(a, b int) int {
	switch {
	case a >= 0 && b >= 0:
		return cmp.Compare(a, b)
	case a >= 0:
		return -1
	case b >= 0:
		return 1
	}
	return 0
}

func draw(stable []Candidate, rng *rand.Rand) int {
	floor := stable[len(stable)/2].price * priceFloorShare
	total := 0.0
	weights := make([]float64, len(stable))
	for i, c := range stable {
		p := max(c.price, floor)
		if p == 0 {
			return i // everything up to the median is free
		}
		weights[i] = 1 / (p * p)
		total += weights[i]
	}
	at := rng.Float64() * total
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return len(stable) - 1
}

func toFront(list []Candidate, i int) {
	c := list[i]
	copy(list[1:i+1], list[:i])
	list[0] = c
}

// onlyNamed is what allow_fallbacks:false leaves: the endpoints of order, or the first choice.
func onlyNamed(list []Candidate, r *wire.ChatRequest) []Candidate {
	if len(r.Provider.Order) == 0 {
		return list[:1]
	}
	return slices.DeleteFunc(list, func(c Candidate) bool { return c.rank < 0 })
}

// priceOf is what this request would cost at the offer, in pico-USD.
func priceOf(o *catalog.Offer, r *wire.ChatRequest) float64 {
	in, _ := o.Pricing.For(models.UnitInput, r.TokensEstimate)
	out, _ := o.Pricing.For(models.UnitOutput, r.TokensEstimate)
	request, _ := o.Pricing.For(models.UnitRequest, r.TokensEstimate)
	length := int64(outputGuess)
	if r.MaxTokens > 0 {
		length = min(length, r.MaxTokens)
	}
	return float64(in)*float64(r.TokensEstimate) + float64(out)*float64(length) + float64(request)
}
