package proxy

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"bourse/models"
	"bourse/test/fake"
)

// endless streams words until it is cut off.
func endless(w http.ResponseWriter, r *http.Request, _ fake.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	for i := 0; r.Context().Err() == nil; i++ {
		if _, err := fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"},\"finish_reason\":null}]}\n\n"); err != nil {
			return
		}
		if control.Flush() != nil {
			return
		}
	}
}

// TestSpent lets a stream without a limit run until the money is gone: it is told so in the
// stream, charged for what it wrote, and the balance does not fall below zero.
func TestSpent(t *testing.T) {
	m := open(t, nil)
	poor := m.Person("poor@example.com", models.NanoPerUSD/200)
	m.cheap.Always(endless)
	a := m.Chat(poor.Key, only(map[string]any{"stream": true, "max_tokens": nil}))
	if a.Status != http.StatusOK || !strings.Contains(string(a.Body), "insufficient_credits") || !strings.HasSuffix(strings.TrimSpace(string(a.Body)), "[DONE]") {
		t.Fatalf("%d …%s", a.Status, a.Body[max(0, len(a.Body)-600):])
	}
	events := a.Events(t)
	var last struct {
		Error struct {
			Code     int            `json:"code"`
			Metadata map[string]any `json:"metadata"`
		} `json:"error"`
		ID string `json:"id"`
	}
	if err := json.Unmarshal([]byte(events[len(events)-2]), &last); err != nil || last.Error.Code != http.StatusPaymentRequired {
		t.Fatalf("%v %+v", err, last)
	}
	left := m.Available(poor)
	if left < 0 || left > models.NanoPerUSD/2000 {
		t.Errorf("%s of 0.005 USD is left", left.USD())
	}
	g, err := m.DB.GenerationByID(t.Context(), poor.Account.ID, last.ID)
	if err != nil {
		t.Fatal(err)
	}
	if g.State != models.GenerationSettled || !g.Estimated || g.Usage.Output < 5000 || g.Charge() != models.NanoPerUSD/200-left {
		t.Errorf("%+v", g)
	}
	m.Audit()
}

// TestClamp asks for more than the balance bears: the answer is made as long as it can be, and a
// header says how long that is.
func TestClamp(t *testing.T) {
	for name, limit := range map[string]any{"no max_tokens": nil, "a large max_tokens": 100_000} {
		t.Run(name, func(t *testing.T) {
			m := open(t, nil)
			p := m.Person("clamp@example.com", models.NanoPerUSD/200)
			m.cheap.Always(fake.Answer("Yes.", fake.Usage{Prompt: 10, Completion: 2}))
			a := m.Chat(p.Key, only(map[string]any{"max_tokens": limit}))
			said := a.Header.Get("X-Bourse-Max-Tokens")
			if a.Status != http.StatusOK || said == "" {
				t.Fatalf("%d %q %s", a.Status, said, a.Body)
			}
			seen := m.cheap.Seen()
			if body := string(seen[len(seen)-1].Body); !strings.Contains(body, `"max_tokens":`+said) {
				t.Errorf("upstream was told %s, the client %s", body, said)
			}
			m.Audit()
		})
	}
}

// TestAbsorbed breaks a stream after its first words: the customer pays nothing, and what the
// provider will bill stands in the books as the house's.
func TestAbsorbed(t *testing.T) {
	m := open(t, nil)
	m.cheap.Always(fake.HalfStream("One two three four five six seven eight nine ten.", 6))
	before := m.Available(m.customer)
	a := m.Chat(m.customer.Key, only(map[string]any{"stream": true}))
	if a.Status != http.StatusOK || !strings.Contains(string(a.Body), `"finish_reason":"error"`) {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if after := m.Available(m.customer); after != before {
		t.Errorf("it cost %s", (before - after).USD())
	}
	sums, err := m.DB.LedgerSums(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if sums["expense:absorbed"] >= 0 || sums["expense:absorbed"]+sums["provider:"+cheapSlug+":payable"] != 0 {
		t.Errorf("%v", sums)
	}
	m.Audit()
}
