package routing

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"bourse/app/catalog"
	"bourse/app/market"
	"bourse/app/wire"
	"bourse/models"
)

// shop is a model with endpoints at the given prices, named by their place.
func shop(prices ...models.Rate) *catalog.Entry {
	e := &catalog.Entry{Model: models.Model{ID: "a/b", Type: "chat"}}
	for i, price := range prices {
		slug := string(rune('a' + i))
		e.Endpoints = append(e.Endpoints, &catalog.Offer{
			Endpoint: models.Endpoint{Model: "a/b", Provider: slug, Tag: slug, Pricing: models.Pricing{Rates: models.Rates{
				models.UnitInput: price, models.UnitOutput: price, models.UnitCacheRead: price / 10}}},
			Provider: &models.Provider{Slug: slug, Name: slug}, Connected: true, Routable: true,
		})
	}
	return e
}

func request(t *testing.T, more string) *wire.ChatRequest {
	t.Helper()
	r, fault := wire.ParseChat([]byte(`{"model":"a/b","messages":[{"role":"user","content":"Hello"}]` + more + `}`))
	if fault != nil {
		t.Fatal(fault)
	}
	return r
}

type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func chooser(c *clock) *Chooser {
	return &Chooser{Health: market.NewHealth(c.now), Sticky: NewSticky(c.now), Rand: rand.New(rand.NewPCG(1, 2)), Account: "acc-1"}
}

func first(ch *Chooser, e *catalog.Entry, r *wire.ChatRequest) Candidate {
	return ch.Plan(e, r).Candidates[0]
}

func TestTheCheapGetMost(t *testing.T) {
	ch, e := chooser(&clock{time.Unix(1e9, 0)}), shop(1_000_000, 2_000_000, 3_000_000)
	got := map[string]int{}
	for range 10_000 {
		got[first(ch, e, request(t, "")).Offer.Tag]++
	}
	// 1/p²: 36 to 9 to 4.
	for tag, want := range map[string]int{"a": 7347, "b": 1837, "c": 816} {
		if got[tag] < want-250 || got[tag] > want+250 {
			t.Errorf("%s got %d of 10,000, about %d expected", tag, got[tag], want)
		}
	}
	if p := ch.Plan(e, request(t, `,"provider":{"sort":"price"}`)); p.Candidates[0].Offer.Tag != "a" || p.Candidates[2].Offer.Tag != "c" {
		t.Error("sorted by price, the cheapest is not the first")
	}
	free := shop(0, 1_000_000, 1_100_000)
	got = map[string]int{}
	for range 1000 {
		got[first(ch, free, request(t, "")).Offer.Tag]++
	}
	if got["a"] < 900 || got["b"]+got["c"] == 0 {
		t.Errorf("a free endpoint got %v", got)
	}
}

func TestAConversationStaysWhereItIsCached(t *testing.T) {
	c := &clock{time.Unix(1e9, 0)}
	ch, e := chooser(c), shop(1_000_000, 1_000_000, 1_000_000, 1_000_000)
	warm := models.Usage{Input: 100, CacheRead: 50}
	r := request(t, "")
	at := first(ch, e, r)
	stays := func(r *wire.ChatRequest) int {
		n := 0
		for range 50 {
			if first(ch, e, r).Offer.Tag == at.Offer.Tag {
				n++
			}
		}
		return n
	}
	ch.Sticky.Answered(at.Conversation, false, at.Offer, models.Usage{Input: 100})
	if stays(r) == 50 {
		t.Error("it stays where nothing is cached")
	}
	ch.Sticky.Answered(at.Conversation, false, at.Offer, warm)
	longer := request(t, "")
	if longer.Opening == 0 || stays(longer) != 50 {
		t.Error("it wanders")
	}
	if stays(request(t, `,"provider":{"sort":"latency"}`)) == 0 && stays(request(t, `,"provider":{"order":["b"]}`)) == 50 {
		t.Error("it stays against the client's order")
	}
	other := &Chooser{Health: ch.Health, Sticky: ch.Sticky, Rand: ch.Rand, Account: "acc-2"}
	if a := first(other, e, r); a.Conversation == at.Conversation {
		t.Error("two accounts share a conversation")
	}
	for range 5 {
		ch.Health.Observe(at.Name(), market.Failed, 0)
	}
	if stays(r) != 0 {
		t.Error("it stays with an endpoint that is out")
	}
	c.at = c.at.Add(stickyIdle)
	if ch.Sticky.tag(at.Conversation) != "" {
		t.Error("it is remembered for too long")
	}
	ch = chooser(c)
	named := request(t, `,"session_id":"s"`)
	at = first(ch, e, named)
	ch.Sticky.Answered(at.Conversation, true, at.Offer, models.Usage{Input: 1})
	if stays(named) != 50 {
		t.Error("a session wanders")
	}
	if keyed := request(t, `,"prompt_cache_key":"k"`); first(ch, e, keyed).Conversation == first(ch, e, r).Conversation {
		t.Error("prompt_cache_key does not name a conversation")
	}
}

func TestAGoodEndpointThatFailedIsTriedFirstAgain(t *testing.T) {
	c := &clock{time.Unix(1e9, 0)}
	ch, e := chooser(c), shop(1_000_000, 2_000_000)
	name := e.Endpoints[0].Name()
	for range 5 {
		ch.Health.Observe(name, market.Failed, 0)
	}
	if p := ch.Plan(e, request(t, "")); p.Candidates[0].Offer.Tag != "b" || len(p.Candidates) != 2 {
		t.Error("an endpoint that is out comes first")
	}
	c.at = c.at.Add(11 * time.Second)
	probe := first(ch, e, request(t, ""))
	if probe.Offer.Tag != "a" || probe.FirstToken(true) != firstTokenProbe {
		t.Errorf("%s is asked first, for %s", probe.Offer.Tag, probe.FirstToken(true))
	}
	if first(ch, e, request(t, "")).Offer.Tag != "b" {
		t.Error("two probes at once")
	}
}

func TestAnEndpointThatAsksForPeaceGetsIt(t *testing.T) {
	c := &clock{time.Unix(1e9, 0)}
	ch, e := chooser(c), shop(1_000_000)
	ch.Health.Observe(e.Endpoints[0].Name(), market.Throttled, time.Second)
	if wait := first(ch, e, request(t, "")).Cooling(); wait != time.Second {
		t.Errorf("it is left alone for %s", wait)
	}
	c.at = c.at.Add(2 * time.Second)
	if wait := first(ch, e, request(t, "")).Cooling(); wait != 0 {
		t.Errorf("after that, for %s", wait)
	}
}

func TestHowLongAFirstTokenMayTake(t *testing.T) {
	for _, c := range []struct {
		known  bool
		p99    float64
		thinks bool
		want   time.Duration
	}{
		{false, 0, false, firstTokenGuess}, {true, 100, false, firstTokenLeast}, {true, 10_000, false, 30 * time.Second}, {true, 90_000, false, firstTokenMost},
		{true, 100, true, firstTokenMost},
	} {
		cand := Candidate{speed: market.Speed{Known: c.known, Latency: market.Percentiles{P99: c.p99}}}
		if got := cand.FirstToken(c.thinks); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestAnOutageOfEverybodyDoesNotMultiplyTheLoad(t *testing.T) {
	c := &clock{time.Unix(1e9, 0)}
	b := NewBudget(c.now)
	again := 0
	for i := range 1000 {
		if i%100 == 0 {
			c.at = c.at.Add(time.Second)
		}
		b.Request()
		for range 2 {
			if b.Again() {
				again++
			}
		}
	}
	if again < 480 || again > 520 {
		t.Errorf("%d more attempts of 1,000 requests", again)
	}
	c.at = c.at.Add(time.Minute)
	free := 0
	for b.Again() {
		free++
	}
	if free != budgetFree {
		t.Errorf("%d are free", free)
	}
}

func TestSlowerThanWishedGoesLast(t *testing.T) {
	s := market.Speed{Known: true, Latency: market.Percentiles{P50: 500, P75: 800, P90: 900, P99: 4000}, Throughput: market.Percentiles{P50: 50, P75: 60, P90: 70, P99: 90}}
	for wish, want := range map[string]bool{
		`"preferred_max_latency":0.6`: false, `"preferred_max_latency":0.4`: true, `"preferred_max_latency":{"p99":3}`: true, `"preferred_max_latency":{"p50":1,"p99":5}`: false,
		`"preferred_min_throughput":40`: false, `"preferred_min_throughput":{"p90":80}`: true, `"preferred_min_throughput":null`: false,
	} {
		if got := misses(s, &request(t, `,"provider":{`+wish+`}`).Provider); got != want {
			t.Errorf("%s: %v", wish, got)
		}
	}
	var tags []string
	for _, c := range Join([]Plan{{Candidates: []Candidate{{Offer: shop(1).Endpoints[0]}}}, {Candidates: []Candidate{{Offer: shop(1, 1).Endpoints[1]}}}}, &wire.ProviderPrefs{}) {
		tags = append(tags, c.Offer.Tag)
	}
	if !slices.Equal(tags, []string{"a", "b"}) {
		t.Error(tags)
	}
}

func TestModelsAreSortedTogetherWhenThatIsAsked(t *testing.T) {
	ch := chooser(&clock{time.Unix(1e9, 0)})
	dear, cheap := shop(3_000_000, 4_000_000), shop(1_000_000, 5_000_000)
	for sort, want := range map[string]string{`{"by":"price","partition":"none"}`: "acbd", `{"by":"price","partition":"model"}`: "abcd", `"price"`: "abcd"} {
		r := request(t, `,"provider":{"sort":`+sort+`}`)
		names := map[*catalog.Offer]string{dear.Endpoints[0]: "a", dear.Endpoints[1]: "b", cheap.Endpoints[0]: "c", cheap.Endpoints[1]: "d"}
		if strings.Contains(sort, "none") {
			names = map[*catalog.Offer]string{cheap.Endpoints[0]: "a", dear.Endpoints[0]: "c", dear.Endpoints[1]: "b", cheap.Endpoints[1]: "d"}
		}
		got := ""
		for _, c := range Join([]Plan{ch.Plan(dear, r), ch.Plan(cheap, r)}, &r.Provider) {
			got += names[c.Offer]
		}
		if got != want {
			t.Errorf("%s: %s", sort, got)
		}
	}
}
