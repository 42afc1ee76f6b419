package money

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bourse/app"
	"bourse/billing/stripefake"
	"bourse/models"
	"bourse/test/harness"
)

// stripe is a payment provider on the network, with a house that is its customer.
type stripe struct {
	fake   *stripefake.Fake
	server *httptest.Server
	house  *harness.House
	away   atomic.Int64 // the status of everything while it is not 0
}

const hookSecret = "whsec_of_the_network"

func openStripe(t *testing.T) *stripe {
	t.Helper()
	s := &stripe{}
	s.fake = stripefake.New(stripefake.Config{Store: stripefake.Memory(), PagesURL: "https://checkout.example/", WebhookSecret: hookSecret,
		Deliver: func(ctx context.Context, body []byte, signature string) error {
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.house.URL+hook, bytes.NewReader(body))
			if err != nil {
				return err
			}
			req.Header.Set("Stripe-Signature", signature)
			answer, err := http.DefaultClient.Do(req)
			if err != nil {
				return err
			}
			answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				return fmt.Errorf("status %d", answer.StatusCode)
			}
			return nil
		}})
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status := s.away.Load(); status != 0 {
			w.WriteHeader(int(status))
			return
		}
		s.fake.ServeHTTP(w, r)
	}))
	t.Cleanup(s.server.Close)
	s.house = harness.Start(t, map[string]string{"STRIPE_SECRET_KEY": "sk_test_network", "STRIPE_WEBHOOK_SECRET": hookSecret, "STRIPE_URL": s.server.URL})
	return s
}

// TestStripeOnTheNetwork buys through a payment provider that is reached over a network, and that is
// away for a while.
func TestStripeOnTheNetwork(t *testing.T) {
	s := openStripe(t)
	buyer := s.house.SignUp(t, "buyer@example.com")
	page := buyer.Open(t, "/credits")
	if !strings.Contains(page.Doc.Find(".strip").Text(), "test mode") {
		t.Errorf("nothing says that it is the test mode: %q", page.Doc.Find(".strip").Text())
	}
	to, form := buyer.Fill(t, "/credits", "", url.Values{"amount": {"own"}, "own": {"15"}})
	for _, status := range []int64{500, 429} {
		s.away.Store(status)
		if page := buyer.Send(t, to, form); page.Status != http.StatusServiceUnavailable && page.Status != http.StatusBadGateway {
			t.Errorf("while it answers %d: %d", status, page.Status)
		}
	}
	s.away.Store(0)
	if page := buyer.Leave(t, to, form); !strings.HasPrefix(page, "https://checkout.example/checkout/cs_test_") {
		t.Fatalf("buying leads to %q", page)
	}
	tops, err := s.house.DB.PendingTopUps(t.Context(), time.Time{}, time.Now().Add(time.Minute), 10)
	if err != nil || len(tops) != 1 {
		t.Fatalf("one form sent three times is %d purchases, %v", len(tops), err)
	}
	if _, err := s.fake.Act(t.Context(), tops[0].SessionID, stripefake.Choice{Action: stripefake.Pay}); err != nil {
		t.Fatal(err)
	}
	if page := buyer.Open(t, "/credits/return?topup="+tops[0].ID); !strings.Contains(page.Doc.Find("h1").Text(), "$15.00 credited") {
		t.Errorf("after paying: %q", page.Doc.Find("h1").Text())
	}
	if page := buyer.Open(t, "/credits"); page.Text("available") != "$15.00" {
		t.Errorf("available %s", page.Text("available"))
	}
	if run, err := s.house.Billing.Reconcile(t.Context(), time.Now().AddDate(0, 0, -1)); err != nil || run.Corrected != 0 || run.Open != 0 {
		t.Errorf("the comparison: %+v %v", run, err)
	}
}

// TestWebhookWhileAway refuses an event while the payment provider cannot be asked, so that it comes
// again.
func TestWebhookWhileAway(t *testing.T) {
	s := openStripe(t)
	buyer := s.house.SignUp(t, "buyer@example.com")
	to, form := buyer.Fill(t, "/credits", "", url.Values{"amount": {"own"}, "own": {"15"}})
	buyer.Leave(t, to, form)
	tops, err := s.house.DB.PendingTopUps(t.Context(), time.Time{}, time.Now().Add(time.Minute), 10)
	if err != nil || len(tops) != 1 {
		t.Fatalf("%d purchases, %v", len(tops), err)
	}
	s.fake.Inject(stripefake.Faults{Keep: true})
	if _, err := s.fake.Act(t.Context(), tops[0].SessionID, stripefake.Choice{Action: stripefake.Pay}); err != nil {
		t.Fatal(err)
	}
	body := event(t, "evt_away", tops[0].ID)
	send := func() int {
		return deliver(t, s.house, body, stripefake.Sign(body, hookSecret, time.Now()))
	}
	s.away.Store(503)
	if status := send(); status < 500 {
		t.Errorf("while it is away: %d", status)
	}
	s.away.Store(0)
	if status := send(); status != http.StatusOK {
		t.Errorf("when it is back: %d", status)
	}
	account, err := s.house.DB.AccountByID(t.Context(), tops[0].AccountID)
	if err != nil || account.Available() != 15*models.NanoPerUSD {
		t.Errorf("available %s, %v", account.Available().USD(), err)
	}
}

// TestLiveKeyStays refuses to send a live key anywhere but to Stripe.
func TestLiveKeyStays(t *testing.T) {
	_, err := app.ReadConfig(func(name string) string {
		return map[string]string{"STRIPE_SECRET_KEY": "sk_live_x", "STRIPE_URL": "http://127.0.0.1:1"}[name]
	})
	if models.CodeOf(err) != models.Invalid {
		t.Errorf("%v", err)
	}
}
