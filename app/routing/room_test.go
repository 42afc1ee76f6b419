package routing

import (
	"testing"
	"time"
)

// TestRoom asks for more than endpoints can write: those with room for it serve, and where there
// are none, those with the most room do, each with its own limit.
func TestRoom(t *testing.T) {
	ch, e := chooser(&clock{time.Unix(1e9, 0)}), shop(1, 2, 3, 4)
	for i, most := range []int64{1_000, 6_000, 8_000, 0} {
		e.Endpoints[i].MaxOutput = most
	}
	e.Endpoints[3].ContextLength = 4_096
	limits := func(more string) map[string]int64 {
		got := map[string]int64{}
		for _, c := range ch.Plan(e, request(t, more)).Candidates {
			got[c.Offer.Tag] = c.Limit
		}
		return got
	}
	for more, want := range map[string]map[string]int64{
		`,"max_tokens":900`:    {"a": 900, "b": 900, "c": 900},
		`,"max_tokens":7000`:   {"c": 7000},
		`,"max_tokens":32000`:  {"b": 6000, "c": 8000, "d": 0},
		`,"max_tokens":999999`: {"b": 6000, "c": 8000, "d": 0},
	} {
		got := limits(more)
		if n := got["d"]; n > 4_096-7 || want["d"] == 0 && n > 0 && n < 4_000 {
			t.Errorf("%s: the small context was asked for %d", more, n)
		}
		delete(got, "d")
		delete(want, "d")
		if len(got) != len(want) || got["a"] != want["a"] || got["b"] != want["b"] || got["c"] != want["c"] {
			t.Errorf("%s: got %v, want %v", more, got, want)
		}
	}
	e.Endpoints = e.Endpoints[3:]
	e.Endpoints[0].ContextLength = 6 // the prompt alone is as long
	if p := ch.Plan(e, request(t, `,"max_tokens":10`)); p.Excluded.Last != NoContext {
		t.Errorf("a prompt without room for an answer: %+v", p)
	}
}
