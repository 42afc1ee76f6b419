// Package replicas tests several processes of the marketplace on one database, and what happens
// when one of them is asked to stop.
package replicas

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"bourse/models"
	"bourse/test/fake"
	"bourse/test/harness"
	"bourse/test/pgtest"
)

const (
	model    = "meta-llama/llama-3.3-70b-instruct"
	provider = "novita"
)

func body(more map[string]any) map[string]any {
	b := harness.Ask(model, map[string]any{"max_tokens": 50, "provider": map[string]any{"only": []string{provider}}})
	for name, value := range more {
		b[name] = value
	}
	return b
}

// TestTwoReplicas spends the credit of one account at two processes at once.
func TestTwoReplicas(t *testing.T) {
	const calls, paid = 200, 10
	upstream := fake.New(t)
	env := map[string]string{"DATABASE_URL": pgtest.URL(t), "NOVITA_API_KEY": upstream.Key, "NOVITA_BASE_URL": upstream.URL}
	one, two := harness.Start(t, env), harness.Start(t, env)

	t.Run("a key made at one works at the other at once, and one revoked there stops here soon", func(t *testing.T) {
		p := one.Person("first@example.com", models.NanoPerUSD)
		if a := two.Chat(p.Key, body(nil)); a.Status != http.StatusOK {
			t.Fatalf("%d %s %v", a.Status, a.Body, a.Err)
		}
		keys, err := one.Keys.List(t.Context(), p.User.ID)
		if err != nil || len(keys) != 1 {
			t.Fatalf("%v %v", keys, err)
		}
		if err := one.Keys.Revoke(t.Context(), p.User.ID, keys[0].ID); err != nil {
			t.Fatal(err)
		}
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for end := time.Now().Add(10 * time.Second); ; <-tick.C {
			if a := two.Chat(p.Key, body(nil)); a.Status == http.StatusUnauthorized {
				break
			}
			if time.Now().After(end) {
				t.Fatal("a revoked key still works at the other replica after 10 seconds")
			}
		}
	})

	t.Run("credit for ten is spent ten times", func(t *testing.T) {
		rich := one.Person("rich@example.com", models.NanoPerUSD)
		first := one.Chat(rich.Key, body(nil))
		var answer struct {
			ID string `json:"id"`
		}
		first.JSON(t, &answer)
		g, err := one.DB.GenerationByID(t.Context(), rich.Account.ID, answer.ID)
		if err != nil {
			t.Fatal(err)
		}
		crowd := one.Person("crowd@example.com", g.Hold*paid)
		release := make(chan struct{})
		usual := fake.Answer("Yes.", fake.Usage{Prompt: 10, Completion: 2})
		upstream.Always(func(w http.ResponseWriter, r *http.Request, q fake.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
			usual(w, r, q)
		})
		answers := make(chan harness.Answer, calls)
		var wg sync.WaitGroup
		for i := range calls {
			at := one
			if i%2 == 1 {
				at = two
			}
			wg.Go(func() { answers <- at.Chat(crowd.Key, body(nil)) })
		}
		for range calls - paid {
			if a := <-answers; a.Status != http.StatusPaymentRequired {
				t.Errorf("%d %s %v", a.Status, a.Body, a.Err)
			}
		}
		close(release)
		wg.Wait()
		for range paid {
			if a := <-answers; a.Status != http.StatusOK {
				t.Errorf("%d %s %v", a.Status, a.Body, a.Err)
			}
		}
		if left := two.Available(crowd); left < 0 {
			t.Errorf("the balance is %s", left.USD())
		}
	})
}

// TestStop asks a house to stop while streams run: each comes to its end, is charged, and says so.
func TestStop(t *testing.T) {
	const streams = 24
	for engine, url := range map[string]string{models.SQLite: "", models.PostgreSQL: pgtest.URL(t)} {
		t.Run(engine, func(t *testing.T) {
			upstream := fake.New(t)
			h := harness.Start(t, map[string]string{"DATABASE_URL": url, "NOVITA_API_KEY": upstream.Key, "NOVITA_BASE_URL": upstream.URL})
			p := h.Person("customer@example.com", models.NanoPerUSD)
			var arrived sync.WaitGroup
			arrived.Add(streams)
			slow := fake.Slow(strings.Repeat("word ", 40), fake.Usage{Prompt: 10, Completion: 40}, 0, 20*time.Millisecond)
			upstream.Always(func(w http.ResponseWriter, r *http.Request, q fake.Request) {
				arrived.Done()
				slow(w, r, q)
			})
			answers := make(chan harness.Answer, streams)
			for range streams {
				go func() { answers <- h.Chat(p.Key, body(map[string]any{"stream": true})) }()
			}
			arrived.Wait()
			h.Close()
			for range streams {
				a := <-answers
				if a.Err != nil || a.Status != http.StatusOK {
					t.Errorf("cut: %d %v %s", a.Status, a.Err, a.Body)
				} else if events := a.Events(t); events[len(events)-1] != "[DONE]" || !strings.Contains(events[len(events)-2], `"cost"`) {
					t.Errorf("it ends with %q", events[len(events)-2:])
				}
			}
			h.Books(func(db *models.DB) {
				list, err := db.Generations(t.Context(), models.GenerationFilter{AccountID: p.Account.ID, Limit: streams + 1})
				if err != nil {
					t.Fatal(err)
				}
				if len(list) != streams {
					t.Errorf("%d streams, and %d in the books", streams, len(list))
				}
				for _, g := range list {
					if g.State != models.GenerationSettled || g.Charge() <= 0 || g.Usage.Output != 40 {
						t.Errorf("%s: state %v, %d tokens, charged %s", g.ID, g.State, g.Usage.Output, g.Charge().USD())
					}
				}
			})
		})
	}
}
