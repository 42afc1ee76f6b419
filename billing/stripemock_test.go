package billing_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bourse/billing"
	"bourse/billing/stripefake"
	"bourse/models"
	"bourse/models/modelstest"
)

// mirror sends every request to our own fake, and a copy to Stripe's mock, which knows the whole
// API and says whether the request is well-formed.
type mirror struct {
	fake http.RoundTripper
	mock string

	mu   sync.Mutex
	seen map[string]int
	bad  []string
}

var objectID = regexp.MustCompile(`/[a-z]+_test_[A-Za-z0-9]+`)

func (m *mirror) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	copied, err := http.NewRequestWithContext(r.Context(), r.Method, m.mock+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	copied.Header = r.Header.Clone()
	copied.Header.Set("Authorization", "Bearer sk_test_123")
	answer, err := http.DefaultClient.Do(copied)
	if err != nil {
		return nil, err
	}
	text, _ := io.ReadAll(answer.Body)
	answer.Body.Close()
	what := r.Method + " " + objectID.ReplaceAllString(r.URL.Path, "/{}")
	m.mu.Lock()
	m.seen[what]++
	if answer.StatusCode >= 400 {
		m.bad = append(m.bad, what+" "+string(body)+": "+string(text))
	}
	m.mu.Unlock()
	return m.fake.RoundTrip(r)
}

// stripeMock builds and starts Stripe's own mock, and returns its address.
func stripeMock(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "stripe-mock")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "github.com/stripe/stripe-mock").CombinedOutput(); err != nil {
		t.Fatalf("build stripe-mock: %v\n%s", err, out)
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, bin, "-http-addr", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); _ = cmd.Wait() }) // killed: it has nothing to say
	found := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if _, address, ok := strings.Cut(lines.Text(), "Listening for HTTP at address: "); ok {
				found <- "http://" + strings.TrimSpace(address)
			}
		}
	}()
	select {
	case address := <-found:
		return address
	case <-time.After(30 * time.Second):
		t.Fatal("stripe-mock does not listen")
		return ""
	}
}

// TestStripeMock sends every kind of request that is made, and Stripe's mock finds each well-formed.
func TestStripeMock(t *testing.T) {
	m := &mirror{mock: stripeMock(t), seen: map[string]int{}}
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		if db.Dialect() != models.SQLite {
			return // the requests are the same
		}
		s := open(t, db, 1, func(c *billing.Config) {
			m.fake = c.Transport
			c.Transport = m
			c.ProcessingBps, c.AutomaticTax, c.TaxCode, c.Invoices = 290, true, "txcd_10000000", true
		})
		for _, st := range stories {
			s.play(s.begin(s.buyer().ID, 2000, func(p *billing.Purchase) { p.SaveCard = true }), st.steps)
		}
		who := s.buyer()
		top := s.buy(who.ID, 3000)
		if _, err := s.till().Refund(t.Context(), who.ID, top.ID, "f", 700); err != nil {
			t.Error(err)
		}
		if _, err := s.till().Portal(t.Context(), who.ID, "b@example.com", "http://shop/credits"); err != nil {
			t.Error(err)
		}
		s.explained()
		plain := open(t, db, 1, func(c *billing.Config) { m.fake = c.Transport; c.Transport = m })
		asked := plain.saver(stripefake.CardAuthenticate)
		plain.spend(asked.ID, 6*usd, 1)
		plain.work()
		_, list := plain.order(asked.ID)
		if _, err := plain.till().ConfirmTopUp(t.Context(), asked.ID, list[0].ID); err != nil {
			t.Error(err)
		}
		plain.pass(25 * time.Hour)
		if err := plain.till().ConvergePending(t.Context()); err != nil { // cancels it
			t.Error(err)
		}
		c := billing.Config{StripeSecretKey: "sk_test_x", BaseURL: "https://bourse.example", Transport: m}
		for range 2 {
			if _, err := billing.SetupWebhook(t.Context(), c, true); err != nil {
				t.Error(err)
			}
		}
	})
	for _, bad := range m.bad {
		t.Error(bad)
	}
	for _, what := range slices.Sorted(maps.Keys(m.seen)) {
		t.Logf("%4d %s", m.seen[what], what)
	}
	for _, want := range []string{
		"POST /v1/customers", "POST /v1/checkout/sessions", "GET /v1/checkout/sessions/{}", "GET /v1/checkout/sessions", "POST /v1/payment_intents",
		"GET /v1/payment_intents/{}", "GET /v1/payment_intents", "POST /v1/payment_intents/{}/confirm", "POST /v1/payment_intents/{}/cancel", "POST /v1/refunds",
		"GET /v1/refunds", "GET /v1/disputes", "GET /v1/events", "GET /v1/balance", "GET /v1/balance_transactions", "POST /v1/billing_portal/sessions",
		"GET /v1/payment_methods", "GET /v1/invoices/{}", "POST /v1/webhook_endpoints", "GET /v1/webhook_endpoints", "DELETE /v1/webhook_endpoints/{}",
	} {
		if m.seen[want] == 0 {
			t.Errorf("%s was not tried", want)
		}
	}
}
