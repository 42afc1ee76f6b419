package proxy

import (
	"bytes"
	"net/http"
	"sync"
	"testing"

	"bourse/models"
	"bourse/test/fake"
	"bourse/test/harness"
	"bourse/test/pgtest"
)

// TestParallel sends many calls at once with credit for a few: exactly those are answered.
func TestParallel(t *testing.T) {
	const calls, paid = 500, 10
	for engine, env := range map[string]map[string]string{"sqlite": nil, "postgres": {"DATABASE_URL": pgtest.URL(t)}} {
		t.Run(engine, func(t *testing.T) {
			m := open(t, env)
			// One call shows how much is held for it.
			first := look(t, m.Chat(m.customer.Key, only(nil)), false)
			g, err := m.DB.GenerationByID(t.Context(), m.customer.Account.ID, first.id)
			if err != nil {
				t.Fatal(err)
			}
			crowd := m.Person("crowd@example.com", g.Hold*paid)
			// Nobody is answered before everybody has been admitted or refused, so that no hold is
			// given back early.
			release := make(chan struct{})
			usual := fake.Answer("Yes.", fake.Usage{Prompt: 10, Completion: 2})
			m.cheap.Always(func(w http.ResponseWriter, r *http.Request, q fake.Request) {
				select {
				case <-release:
				case <-r.Context().Done():
				}
				usual(w, r, q)
			})
			answers := make(chan harness.Answer, calls)
			var wg sync.WaitGroup
			for range calls {
				wg.Go(func() { answers <- m.Chat(crowd.Key, only(nil)) })
			}
			for range calls - paid {
				a := <-answers
				if a.Status != http.StatusPaymentRequired {
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
			if left := m.Available(crowd); left < 0 {
				t.Errorf("the balance is %s", left.USD())
			}
			m.Audit()
		})
	}
}

// TestRefusals is bad input, one by one: each gets a clear answer and the ledger is untouched.
func TestRefusals(t *testing.T) {
	m := open(t, nil)
	poor := m.Person("poor@example.com", 0)
	limited := m.NewKey(m.customer, 1) // a nano-dollar
	ok := only(nil)
	for _, c := range []struct {
		name   string
		key    string
		body   any
		status int
		says   string
	}{
		{"no key", "", ok, 401, ""},
		{"something that is no key", "sk-hello", ok, 401, ""},
		{"a key with a slip of the hand", m.customer.Key[:len(m.customer.Key)-1] + "_", ok, 401, ""},
		{"no credit", poor.Key, ok, 402, "/credits"},
		{"a key over its limit", limited, ok, 402, "limit"},
		{"an unknown model", m.customer.Key, harness.Ask("meta-llama/llama-3.3-70b-instruc", nil), 404, model},
		{"a model that nobody here serves", m.customer.Key, harness.Ask(elsewhere, nil), 404, "would serve it"},
		{"no model", m.customer.Key, harness.Ask("", nil), 400, "model"},
		{"no JSON", m.customer.Key, `{"model":`, 400, ""},
		{"nothing", m.customer.Key, ``, 400, ""},
		{"a list", m.customer.Key, `[]`, 400, ""},
		{"a name twice", m.customer.Key, `{"model":"` + model + `","model":"bourse/demo","messages":[{"role":"user","content":"x"}]}`, 400, "model"},
		{"no messages", m.customer.Key, map[string]any{"model": model}, 400, "messages"},
		{"a wrong type", m.customer.Key, only(map[string]any{"temperature": "hot"}), 400, "temperature"},
		{"an absurd max_tokens", m.customer.Key, only(map[string]any{"max_tokens": 1 << 40}), 400, "max_tokens"},
		{"a negative max_tokens", m.customer.Key, only(map[string]any{"max_tokens": -1}), 400, "max_tokens"},
		{"a body over the limit", m.customer.Key, append([]byte(`{"model":"`), make([]byte, 33<<20)...), 413, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := m.Available(m.customer)
			a := m.Chat(c.key, c.body)
			if a.Err != nil {
				t.Fatal(a.Err)
			}
			f := a.Failure(t)
			if a.Status != c.status || f.Code != c.status || len(f.Message) < 10 || f.Metadata["error_type"] == nil {
				t.Errorf("%d %s", a.Status, a.Body)
			}
			if c.says != "" && !bytes.Contains(a.Body, []byte(c.says)) {
				t.Errorf("it does not say %q: %s", c.says, a.Body)
			}
			if after := m.Available(m.customer); after != before {
				t.Errorf("it cost %s", (before - after).USD())
			}
		})
	}
	if n := len(m.cheap.Seen()) + len(m.dear.Seen()); n != 0 {
		t.Errorf("%d refused requests reached a provider", n)
	}
	t.Run("a refusal for want of credit says how much is missing", func(t *testing.T) {
		f := m.Chat(poor.Key, ok).Failure(t)
		for _, name := range []string{"needed", "available"} {
			if f.Metadata[name] == nil {
				t.Errorf("it does not say what is %s: %v", name, f.Metadata)
			}
		}
	})
	t.Run("sandbox credit and real credit are told apart by the catalogue alone", func(t *testing.T) {
		if a := m.Chat(m.customer.Key, harness.Ask("bourse/demo", map[string]any{"max_tokens": 5})); a.Status != http.StatusOK {
			t.Errorf("%d %s", a.Status, a.Body)
		}
	})
	if left := m.Available(poor); left != models.Amount(0) {
		t.Errorf("the poor have %s", left.USD())
	}
}
