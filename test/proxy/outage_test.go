package proxy

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bourse/test/fake"
	"bourse/test/harness"
)

// flaky is an upstream that fails nearly every request while it is ill.
type flaky struct {
	ill atomic.Bool
	rng *rand.Rand
}

const illShare = 0.95

func (f *flaky) behave(w http.ResponseWriter, r *http.Request, q fake.Request) {
	if f.ill.Load() && f.rng.Float64() < illShare {
		fake.Status(http.StatusInternalServerError, "boom")(w, r, q)
		return
	}
	fake.Answer("Here.", fake.Usage{Prompt: 10, Completion: 4})(w, r, q)
}

// outage is one run of the same story: all is well, the cheapest of three providers fails nearly
// everything for a while, and recovers. The clock is the test's, so that nobody has to wait.
type outage struct {
	perSecond                      float64
	before, during, after          time.Duration
	failed, illFirst, ill, retried int
	back                           time.Duration // until the cheapest gets its share again
}

func (o *outage) run(t *testing.T) {
	const cheapest = "Nebius Token Factory"
	var now atomic.Int64
	began := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	now.Store(began.UnixNano())
	env := map[string]string{}
	f := &flaky{rng: rand.New(rand.NewPCG(7, 7))}
	for i, name := range []string{"NEBIUS", "GROQ", "TOGETHER"} {
		up := fake.New(t)
		if i == 0 {
			up.Always(f.behave)
		}
		env[name+"_API_KEY"], env[name+"_BASE_URL"] = up.Key, up.URL
	}
	h := harness.StartAt(t, env, func() time.Time { return time.Unix(0, now.Load()) })
	key := h.Person("customer@example.com", enoughCredit).Key
	body, err := json.Marshal(harness.Ask(model, map[string]any{"max_tokens": 20}))
	if err != nil {
		t.Fatal(err)
	}
	o.back = -1
	step := time.Duration(float64(time.Second) / o.perSecond)
	var lately []bool // whether the cheapest answered, of the last requests
	for at := time.Duration(0); at < o.before+o.during+o.after; at += step {
		ill := at >= o.before && at < o.before+o.during
		f.ill.Store(ill)
		now.Store(began.Add(at).UnixNano())
		r := explained(t, h, key, string(body))
		if r.status != http.StatusOK {
			o.failed++
			continue
		}
		if len(r.Attempts) > 1 {
			o.retried++
		}
		// Each request says what was tried, and with what result: the last attempt answered.
		for i, a := range r.Attempts {
			if last := i == len(r.Attempts)-1; last != (a.Status == http.StatusOK) || a.Status == http.StatusInternalServerError && a.Provider != cheapest {
				t.Fatalf("explained wrongly: %+v", r)
			}
		}
		if ill {
			o.ill++
			if r.Attempts[0].Status != http.StatusOK {
				o.illFirst++
			}
		}
		if lately = append(lately, r.Attempts[0].Provider == cheapest && r.Attempts[0].Status == http.StatusOK); len(lately) > 6 {
			lately = lately[1:]
		}
		if at >= o.before+o.during && o.back < 0 && mostly(lately) {
			o.back = at - o.before - o.during
		}
	}
}

// mostly reports whether a third are so.
func mostly(lately []bool) bool {
	n := 0
	for _, is := range lately {
		if is {
			n++
		}
	}
	return n*3 >= len(lately) && n > 0
}

type routeRead struct {
	status   int
	Attempts []struct {
		Provider string
		Status   int
	}
}

func explained(t *testing.T, h *harness.House, key, body string) routeRead {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+"/api/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("X-OpenRouter-Metadata", "enabled")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Router routeRead `json:"openrouter_metadata"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	answer.Router.status = resp.StatusCode
	return answer.Router
}

// TestAnOutageIsNotSeen has a provider fail as real ones do, at three paces of traffic, with real
// upstreams behind a real house: nobody sees an error, few requests lose time, and the provider
// gets its traffic back soon after it is well.
func TestAnOutageIsNotSeen(t *testing.T) {
	const backMost = 30 * time.Second
	for _, c := range []struct {
		o            outage
		illFirstMost float64 // share of first attempts that fail in the outage
	}{
		{outage{perSecond: 0.2, before: 300 * time.Second, during: 180 * time.Second, after: 120 * time.Second}, 0.6},
		{outage{perSecond: 2, before: 240 * time.Second, during: 180 * time.Second, after: 60 * time.Second}, 0.15},
		{outage{perSecond: 20, before: 40 * time.Second, during: 90 * time.Second, after: 40 * time.Second}, 0.03},
	} {
		o := c.o
		if testing.Short() && o.perSecond > 2 {
			continue // the race detector learns nothing more from more of the same
		}
		t.Run(fmt.Sprintf("%g requests a second", o.perSecond), func(t *testing.T) {
			o.run(t)
			share := float64(o.illFirst) / float64(o.ill)
			t.Logf("%d requests in the outage, %.1f %% of first attempts failed, %d seen by users, %d tried again, the provider had its traffic back after %s",
				o.ill, 100*share, o.failed, o.retried, o.back)
			if o.failed != 0 {
				t.Errorf("%d requests failed", o.failed)
			}
			if share > c.illFirstMost {
				t.Errorf("%.1f %% of first attempts failed", 100*share)
			}
			if o.back < 0 || o.back > backMost {
				t.Errorf("the provider got its traffic back after %s", o.back)
			}
		})
	}
}
