package proxy

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"bourse/models"
	"bourse/test/fake"
)

// TestLeaveAnywhere hangs up after every so many bytes of an answer, plain and streamed: each
// generation is resolved once, nothing stays held, and the books are right. FAULTS=long does it
// at every single byte.
func TestLeaveAnywhere(t *testing.T) {
	m := open(t, nil)
	m.cheap.Always(fake.Slow("One two three.", fake.Usage{Prompt: 10, Completion: 3}, 0, time.Millisecond))
	host := strings.TrimPrefix(m.URL, "http://")
	step := 101
	if os.Getenv("FAULTS") == "long" {
		step = 1
	}
	for _, stream := range []bool{false, true} {
		body := fmt.Sprintf(`{"model":%q,"stream":%t,"max_tokens":20,"messages":[{"role":"user","content":"x"}],"provider":{"only":[%q]}}`, model, stream, cheapSlug)
		request := fmt.Sprintf("POST /api/v1/chat/completions HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
			host, m.customer.Key, len(body), body)
		whole := hangUp(t, host, request, 1<<20)
		if !strings.HasPrefix(whole, "HTTP/1.1 200") {
			t.Fatal(whole)
		}
		var wg sync.WaitGroup
		slots := make(chan struct{}, 32)
		for n := 0; n < len(whole); n += step {
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				hangUp(t, host, request, n)
			})
		}
		wg.Wait()
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(20 * time.Second); ; <-tick.C {
		a, err := m.DB.AccountByID(t.Context(), m.customer.Account.ID)
		if err != nil {
			t.Fatal(err)
		}
		if a.Held == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%s is still held", a.Held.USD())
		}
	}
	m.Audit()
}

// hangUp sends the request, reads so many bytes of the answer and closes the connection.
func hangUp(t *testing.T, host, request string, bytes int) string {
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Error(err)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Error(err)
	}
	got, err := io.ReadAll(io.LimitReader(conn, int64(bytes)))
	if err != nil {
		t.Error(err)
	}
	return string(got)
}

// TestPriceChange changes the price while a request runs: it is charged at the price that it
// began with, the next one at the new price.
func TestPriceChange(t *testing.T) {
	m := open(t, nil)
	arrived, release := make(chan struct{}, 1), make(chan struct{})
	usual := fake.Answer("Yes.", fake.Usage{Prompt: 1000, Completion: 1000})
	m.cheap.Then(func(w http.ResponseWriter, r *http.Request, q fake.Request) {
		arrived <- struct{}{}
		<-release
		usual(w, r, q)
	})
	m.cheap.Always(usual)
	e := m.Catalog.Current().Model(model)
	var old models.PriceVersion
	for _, o := range e.Endpoints {
		if o.Endpoint.Provider == cheapSlug {
			old = models.PriceVersion{ID: o.PriceVersion, Model: model, Tag: o.Tag, Pricing: o.Pricing}
		}
	}
	done := make(chan string, 1)
	go func() {
		a := m.Chat(m.customer.Key, only(map[string]any{"max_tokens": 1000}))
		done <- look(t, a, false).id
	}()
	<-arrived
	dearer := models.PriceVersion{ID: models.NewID("pv"), Model: model, Tag: old.Tag, EffectiveFrom: time.Now().UTC(), Source: "test",
		Pricing: models.Pricing{Rates: models.Rates{models.UnitInput: 50_000_000, models.UnitOutput: 70_000_000}}}
	if err := m.DB.AddPriceVersions(t.Context(), []models.PriceVersion{dearer}); err != nil {
		t.Fatal(err)
	}
	if err := m.Catalog.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	close(release)
	first := m.generation(t, <-done)
	if want := old.Pricing.Rates[models.UnitInput] + old.Pricing.Rates[models.UnitOutput]; first.PriceVersion != old.ID || first.CostPico != 1000*int64(want) {
		t.Errorf("the running request was charged %d pico at %s, should be %d at %s", first.CostPico, first.PriceVersion, 1000*int64(want), old.ID)
	}
	second := m.generation(t, look(t, m.Chat(m.customer.Key, only(map[string]any{"max_tokens": 1000})), false).id)
	if second.PriceVersion != dearer.ID || second.CostPico != 1000*120_000_000 {
		t.Errorf("the next request was charged %d pico at %s", second.CostPico, second.PriceVersion)
	}
	m.Audit()
}

func (m market) generation(t *testing.T, id string) *models.Generation {
	t.Helper()
	g, err := m.DB.GenerationByID(t.Context(), m.customer.Account.ID, id)
	if err != nil {
		t.Fatal(err)
	}
	return g
}
