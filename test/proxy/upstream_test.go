package proxy

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bourse/models"
	"bourse/test/fake"
	"bourse/test/harness"
)

// TestCharge is the whole promise of metering in one answer: the provider's count at the shown
// price, and the fee beside it.
func TestCharge(t *testing.T) {
	m := open(t, nil)
	m.cheap.Always(fake.Answer("One two three four.", fake.Usage{Prompt: 1000, Completion: 200}))
	for _, stream := range []bool{false, true} {
		before := m.Available(m.customer)
		s := look(t, m.Chat(m.customer.Key, only(map[string]any{"stream": stream})), stream)
		// 1,000 × 0.135 $/M + 200 × 0.40 $/M = 0.000215 $, and 5 % of it.
		const want = models.Amount(215_000 + 10_750)
		if s.cost != want || before-m.Available(m.customer) != want || s.text != "One two three four." || s.finish != "stop" {
			t.Errorf("stream %v: %+v, debited %s", stream, s, (before - m.Available(m.customer)).USD())
		}
		if stream && !s.done {
			t.Error("the stream does not say that it is done")
		}
		if a := m.Do(http.MethodGet, "/api/v1/generation?id="+s.id, m.customer.Key, nil); a.Status != http.StatusOK {
			t.Errorf("the generation cannot be read at once: %d %s", a.Status, a.Body)
		}
	}
	last := m.cheap.Seen()[1]
	if last.StreamOptions == nil || !last.StreamOptions.IncludeUsage {
		t.Error("the usage was not asked for")
	}
}

func TestUpstreamFailures(t *testing.T) {
	m := open(t, nil)
	for _, c := range []struct {
		name    string
		does    fake.Behaviour
		status  int
		secret  string // must not reach the client
		shown   string // must
		retries bool   // another provider may answer instead
	}{
		{name: "garbage", does: fake.Garbage(), status: 502, retries: true},
		{name: "an error in a 200", does: fake.ErrorIn200("internal failure"), status: 502, retries: true},
		{name: "a connection cut before the first byte", does: fake.Cut(), status: 502, retries: true},
		{name: "a server error", does: fake.Status(500, "boom"), status: 502, retries: true},
		{name: "too many requests", does: fake.RetryAfter(7), status: 429, retries: true},
		{name: "the operator's key refused", does: fake.Status(401, "Incorrect API key sk-secret"), status: 502, secret: "sk-secret", retries: true},
		{name: "the operator out of money", does: fake.Status(402, "Please top up your balance"), status: 502, secret: "top up your balance", retries: true},
		{name: "a request it does not take", does: fake.Status(400, "stop is not supported"), status: 400, shown: "stop is not supported", retries: true},
		{name: "an empty answer", does: fake.Raw(200, "application/json", ""), status: 502, retries: true},
	} {
		for _, stream := range []bool{false, true} {
			name := c.name
			if stream {
				name += ", streamed"
			}
			t.Run(name, func(t *testing.T) {
				// Not once: a request that got no byte on an old connection may be sent again on another.
				m.cheap.Always(c.does)
				before := m.Available(m.customer)
				a := m.Chat(m.customer.Key, only(map[string]any{"stream": stream}))
				s := look(t, a, stream)
				if a.Status != c.status || s.failure == nil || s.failure.Code != c.status || s.failure.Metadata["error_type"] == nil {
					t.Errorf("%d %s", a.Status, a.Body)
				}
				if c.secret != "" && strings.Contains(string(a.Body), c.secret) {
					t.Errorf("the client reads %s", a.Body)
				}
				if !strings.Contains(string(a.Body), c.shown) {
					t.Errorf("the client does not read %q: %s", c.shown, a.Body)
				}
				if after := m.Available(m.customer); after != before {
					t.Errorf("a failed call cost %s", (before - after).USD())
				}
				if !c.retries {
					return
				}
				a = m.Chat(m.customer.Key, cheapest(map[string]any{"stream": stream}))
				if s := look(t, a, stream); a.Status != http.StatusOK || s.text != "A short answer." || s.cost <= 0 {
					t.Errorf("nobody else was asked: %d %s", a.Status, a.Body)
				}
			})
		}
	}
}

func TestNoUsage(t *testing.T) {
	m := open(t, nil)
	m.cheap.Always(fake.NoUsage("An answer that nobody counted, of some length."))
	for _, stream := range []bool{false, true} {
		before := m.Available(m.customer)
		s := look(t, m.Chat(m.customer.Key, only(map[string]any{"stream": stream})), stream)
		if s.cost <= 0 || before-m.Available(m.customer) != s.cost {
			t.Errorf("stream %v: %+v, debited %s", stream, s, (before - m.Available(m.customer)).USD())
		}
	}
}

func TestHalfStream(t *testing.T) {
	m := open(t, nil)
	t.Run("cut after content: the stream ends with an error and costs nothing", func(t *testing.T) {
		before := m.Available(m.customer)
		m.cheap.Then(fake.HalfStream("One two three four five six.", 4))
		a := m.Chat(m.customer.Key, cheapest(map[string]any{"stream": true}))
		s := look(t, a, true)
		if a.Status != http.StatusOK || s.text == "" || s.failure == nil || !s.done {
			t.Errorf("%d %s", a.Status, a.Body)
		}
		if after := m.Available(m.customer); after != before {
			t.Errorf("half an answer cost %s", (before - after).USD())
		}
	})
	t.Run("cut before content: another provider answers", func(t *testing.T) {
		m.cheap.Then(fake.HalfStream("One two three.", 1))
		s := look(t, m.Chat(m.customer.Key, cheapest(map[string]any{"stream": true})), true)
		if s.text != "A short answer." || s.failure != nil {
			t.Errorf("%+v", s)
		}
	})
	t.Run("a plain answer cut in the middle: another provider answers", func(t *testing.T) {
		m.cheap.Then(fake.HalfStream("One two three.", 1))
		if s := look(t, m.Chat(m.customer.Key, cheapest(nil)), false); s.text != "A short answer." {
			t.Errorf("%+v", s)
		}
	})
}

// TestKill lets the cheaper of two providers lose its power while requests run.
func TestKill(t *testing.T) {
	const workers, each, killAfter = 8, 40, 100
	m := open(t, nil)
	long := strings.Repeat("word ", 20)
	m.cheap.Always(fake.Slow(long, fake.Usage{Prompt: 10, Completion: 20}, time.Millisecond, time.Millisecond/2))
	m.dear.Always(fake.Slow(long, fake.Usage{Prompt: 10, Completion: 20}, time.Millisecond, time.Millisecond/2))
	var answered, late atomic.Int64
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				stream := (w+i)%2 == 0
				a := m.Chat(m.customer.Key, cheapest(map[string]any{"stream": stream}))
				if a.Err != nil || a.Status != http.StatusOK {
					t.Errorf("failed before its first byte: %d %s %v", a.Status, a.Body, a.Err)
				} else if s := look(t, a, stream); s.failure != nil {
					late.Add(1) // it had begun: half of an answer cannot be taken back
				}
				if answered.Add(1) == killAfter {
					m.cheap.Kill()
				}
			}
		})
	}
	wg.Wait()
	if n := late.Load(); n > workers {
		t.Errorf("%d streams broke; at most one for each of %d workers was running", n, workers)
	}
	if len(m.dear.Seen()) < workers*each-killAfter-workers {
		t.Errorf("only %d went to the other provider", len(m.dear.Seen()))
	}
}

// TestLeave is about a client that goes away in the middle of a stream.
func TestLeave(t *testing.T) {
	m := open(t, nil)
	left := make(chan struct{}, 1)
	m.cheap.Then(func(w http.ResponseWriter, r *http.Request, q fake.Request) {
		fake.Slow(strings.Repeat("word ", 5000), fake.Usage{Prompt: 10, Completion: 5000}, 0, 2*time.Millisecond)(w, r, q)
		left <- struct{}{}
	})
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	body, err := json.Marshal(only(map[string]any{"stream": true, "max_tokens": 6000}))
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL+"/api/v1/chat/completions", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+m.customer.Key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := resp.Body.Read(make([]byte, 2000)); err != nil {
		t.Fatal(err)
	}
	id := resp.Header.Get("X-Generation-Id")
	leave()
	select {
	case <-left:
	case <-time.After(10 * time.Second):
		t.Fatal("the provider was not told to stop")
	}
	g := settled(t, m.House, m.customer, id)
	if !g.Cancelled || g.Charge() <= 0 {
		t.Errorf("cancelled %v, charged %s", g.Cancelled, g.Charge().USD())
	}
	full := models.Amount(5000 * 400) // nano-USD for all the words that might have come
	if g.Charge() >= full {
		t.Errorf("charged %s for an answer that was left at its beginning", g.Charge().USD())
	}
}

// settled waits until a generation is not open any more.
func settled(t *testing.T, h *harness.House, p harness.Person, id string) *models.Generation {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.After(10 * time.Second)
	for {
		g, err := h.DB.GenerationByID(t.Context(), p.Account.ID, id)
		if err != nil {
			t.Fatal(err)
		}
		if g.State != models.GenerationOpen {
			return g
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("generation %s is still open", id)
		}
	}
}
