package billing_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"bourse/billing"
	"bourse/billing/stripefake"
	"bourse/models"
	"bourse/models/modelstest"
)

// reconcile lets every replica run its jobs once.
func (s *shop) reconcile() {
	s.t.Helper()
	for _, b := range s.tills {
		if err := b.ReconcileRecent(s.t.Context()); err != nil {
			s.t.Error(err)
		}
	}
}

func (s *shop) differences() []models.PaymentDifference {
	s.t.Helper()
	list, err := s.till().Differences(s.t.Context(), true)
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

// explained compares the provider's balance with the books, to the cent.
func (s *shop) explained() {
	s.t.Helper()
	if _, err := s.till().Reconcile(s.t.Context(), s.now().AddDate(0, 0, -30)); err != nil {
		s.t.Fatal(err)
	}
	c, err := s.till().Clearing(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	if c.Books-s.before != c.Provider {
		s.t.Errorf("by the books the provider holds %s, by its own account %s: %v", (c.Books - s.before).USD(), c.Provider.USD(), c.ByKind)
	}
}

// TestWebhookDown plays every story while the webhook's route is down for an hour: everything
// arrives through the comparison.
func TestWebhookDown(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		s := open(t, db, 2, func(c *billing.Config) { c.ProcessingBps, c.AutomaticTax = 300, true })
		s.fake.Inject(stripefake.Faults{Lose: func(string) bool { return true }})
		accounts := map[string]story{}
		for i := range 60 {
			st := stories[i%len(stories)]
			who := s.buyer()
			s.play(s.begin(who.ID, int64(1000+50*i), nil), st.steps)
			accounts[who.ID] = st
			s.pass(time.Minute)
			if i%5 == 4 {
				s.reconcile()
			}
		}
		s.pass(5 * time.Minute)
		s.reconcile()
		for account, st := range accounts {
			a := balance(t, db, account)
			if want := s.keeps(account); a.Posted != want || a.Blocked() != st.frozen {
				t.Errorf("%s: balance %s, not %s; frozen %v", st.name, a.Posted.USD(), want.USD(), a.Blocked())
			}
		}
		s.explained()
		for _, d := range s.differences() {
			if d.Kind != "fraud-warning" && d.Kind != "clearing" {
				t.Errorf("a difference is left: %s %s", d.Kind, d.Words)
			}
		}
		// What comes after all changes nothing.
		s.fake.Inject(stripefake.Faults{})
		for account := range accounts {
			tops, err := db.TopUps(t.Context(), account, 1)
			if err != nil {
				t.Fatal(err)
			}
			before := balance(t, db, account).Posted
			if _, err := s.till().Converge(t.Context(), tops[0].ID); err != nil {
				t.Error(err)
			}
			s.wants(account, before)
		}
	})
}

// TestAnswersLost loses the answers to opening a checkout and to giving back.
func TestAnswersLost(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		for _, status := range []int{0, 500, 503, 429} {
			t.Run(fmt.Sprint(status), func(t *testing.T) {
				s := open(t, db, 1, nil)
				who := s.buyer()
				var n atomic.Int64
				first := func(r *http.Request) bool {
					return r.Method == "POST" && r.URL.Path == "/v1/checkout/sessions" && n.Add(1) == 1
				}
				if status == 0 {
					s.fake.Inject(stripefake.Faults{Forget: first})
				} else {
					s.fake.Inject(stripefake.Faults{Fail: func(r *http.Request) int {
						if first(r) {
							return status
						}
						return 0
					}})
				}
				p := billing.Purchase{AccountID: who.ID, Email: "b@example.com", FormID: models.NewID("form"), Cents: 1000}
				if _, err := s.till().StartTopUp(t.Context(), p); models.CodeOf(err) != models.Unavailable {
					t.Fatalf("a checkout without an answer: %v", err)
				}
				if _, err := s.till().StartTopUp(t.Context(), p); err != nil {
					t.Fatal(err)
				}
				tops, err := db.TopUps(t.Context(), who.ID, 10)
				if err != nil || len(tops) != 1 {
					t.Fatalf("%d purchases, %v", len(tops), err)
				}
				s.act(tops[0], stripefake.Choice{Action: stripefake.Pay})
				s.wants(who.ID, 10*usd)
			})
		}
	})
}

// TestDifferences finds what should never be there, says so once, and says when it is gone.
func TestDifferences(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		s := open(t, db, 1, nil)
		form := "mode=payment&line_items[0][quantity]=1&line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]=1234" +
			"&line_items[0][price_data][product_data][name]=x&metadata[topup_id]=top-unknown&payment_intent_data[metadata][topup_id]=top-unknown&success_url=http://shop"
		id := s.api("POST", "/v1/checkout/sessions", form)["id"].(string)
		if _, err := s.fake.Act(t.Context(), id, stripefake.Choice{Action: stripefake.Pay}); err != nil {
			t.Fatal(err)
		}
		who := s.buyer()
		s.buy(who.ID, 1000)
		s.pass(5 * time.Minute)
		s.reconcile()
		s.pass(5 * time.Minute)
		s.reconcile()
		s.work()
		kinds := map[string]int{}
		for _, d := range s.differences() {
			kinds[d.Kind]++
		}
		if kinds["unknown-session"] != 1 || kinds["unknown-payment"] != 1 {
			t.Errorf("differences: %v", kinds)
		}
		if n := s.mails("differ"); n != 2*s.operators() {
			t.Errorf("%d letters to %d operators", n, s.operators())
		}
		for _, d := range s.differences() {
			if err := s.till().ResolveDifference(t.Context(), d.ID); err != nil {
				t.Error(err)
			}
		}
		if list := s.differences(); len(list) != 0 {
			t.Errorf("resolved, and still there: %v", list)
		}
	})
}

func (s *shop) operators() int {
	s.t.Helper()
	list, err := s.db.OperatorEmails(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return len(list)
}

// TestClearing explains the provider's balance to the cent: fees, refunds, disputes, payouts.
func TestClearing(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		s := open(t, db, 1, func(c *billing.Config) { c.ProcessingBps, c.ProcessingCents = 290, 30 })
		for i, st := range stories {
			s.play(s.begin(s.buyer().ID, int64(1000+i), nil), st.steps)
		}
		s.explained()
		if err := s.fake.Payout(t.Context(), 4321); err != nil {
			t.Fatal(err)
		}
		s.explained()
		s.explained() // twice posts nothing twice
	})
}

// TestSetupWebhook makes the endpoint once, in the pinned version.
func TestSetupWebhook(t *testing.T) {
	fake := stripefake.New(stripefake.Config{Store: stripefake.Memory(), WebhookSecret: whsec})
	c := billing.Config{StripeSecretKey: "sk_test_x", BaseURL: "https://bourse.example", Transport: fake}
	h, err := billing.SetupWebhook(t.Context(), c, false)
	if err != nil || h.Secret != whsec || h.URL != "https://bourse.example/webhooks/stripe" {
		t.Fatalf("%+v %v", h, err)
	}
	if _, err := billing.SetupWebhook(t.Context(), c, false); models.CodeOf(err) != models.Conflict {
		t.Errorf("a second one: %v", err)
	}
	again, err := billing.SetupWebhook(t.Context(), c, true)
	if err != nil || again.ID == h.ID {
		t.Errorf("replaced: %+v %v", again, err)
	}
}

// api sends a request to the fake as the client would.
func (s *shop) api(method, path, form string) map[string]any {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.fake.ServeHTTP(w, formRequest(s.t, method, path, form))
	return jsonOf(s.t, w)
}
