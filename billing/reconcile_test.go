package billing_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
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
	s.fake.Quiet()
	for _, b := range s.tills {
		if err := b.ReconcileRecent(s.t.Context()); err != nil {
			s.t.Error(err)
		}
	}
}

func (s *shop) differences() []models.PaymentDifference {
	s.t.Helper()
	s.fake.Quiet()
	list, err := s.till().Differences(s.t.Context(), true)
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

// explained compares the provider's balance with the books, to the cent.
func (s *shop) explained() {
	s.t.Helper()
	s.fake.Quiet()
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

// TestWebhookDownForDays has a webhook that was down for four days, longer than the payment provider
// tries: what was paid is there with the first run of the jobs, and late deliveries change nothing.
func TestWebhookDownForDays(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		s := open(t, db, 1, nil)
		s.fake.Inject(stripefake.Faults{Keep: true})
		who := s.buyer()
		top := s.begin(who.ID, 1000, nil)
		s.act(top, stripefake.Choice{Action: stripefake.Pay})
		s.pass(4 * 24 * time.Hour)
		if err := s.till().ConvergePending(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.wants(who.ID, 10*usd)
		if _, errs := s.fake.Release(t.Context(), rand.New(rand.NewPCG(3, 3)), 3, 4); len(errs) > 0 {
			t.Error(errs[0])
		}
		s.wants(who.ID, 10*usd)
	})
}

// TestSwitchToLive refuses a live key over sandbox credit until that has visibly ended, and never
// lets it pay for a real provider.
func TestSwitchToLive(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		log := slog.New(slog.NewTextHandler(io.Discard, nil))
		sandbox, err := billing.New(t.Context(), db, billing.Config{BaseURL: "http://shop", InstallationSecret: "x", MinCents: 500, MaxCents: 100_000}, log)
		if err != nil {
			t.Fatal(err)
		}
		defer sandbox.Close()
		s := &shop{t: t, db: db, fake: sandbox.Sandbox, tills: []*billing.Billing{sandbox}, at: time.Now()}
		who := s.buyer()
		top := s.begin(who.ID, 1000, nil)
		s.act(top, stripefake.Choice{Action: stripefake.Pay})
		if _, err := sandbox.Converge(t.Context(), top.ID); err != nil {
			t.Fatal(err)
		}
		s.wants(who.ID, 10*usd)
		real := generation(who.ID)
		real.RealCredit = true
		var refused *billing.Refusal
		if err := sandbox.Ledger.Hold(t.Context(), fixed(real, 1)); !errors.As(err, &refused) || refused.Source != billing.SourceSandbox {
			t.Errorf("sandbox credit for a real provider: %v", err)
		}
		live := billing.Config{StripeSecretKey: "sk_live_x", StripeWebhookSecret: whsec, BaseURL: "http://shop", MinCents: 500, MaxCents: 100_000}
		if _, err := billing.New(t.Context(), db, live, log); models.CodeOf(err) != models.Invalid {
			t.Errorf("a live key over sandbox credit: %v", err)
		}
		for _, secret := range []string{"", "secret", "sk_live_x"} {
			c := live
			c.StripeWebhookSecret = secret
			if _, err := billing.New(t.Context(), db, c, log); models.CodeOf(err) != models.Invalid {
				t.Errorf("with the webhook secret %q: %v", secret, err)
			}
		}
		if n, err := sandbox.ExpireSandbox(t.Context()); err != nil || n != 1 {
			t.Fatalf("%d accounts, %v", n, err)
		}
		s.wants(who.ID, 0)
		b, err := billing.New(t.Context(), db, live, log)
		if err != nil {
			t.Fatalf("after the sandbox credit ended: %v", err)
		}
		b.Close()
		s.audit()
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

// TestCheckoutAdopted pays a checkout that we never got an answer about, after the purchase was given
// up: the comparison finds it.
func TestCheckoutAdopted(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, db *models.DB) {
		s := open(t, db, 1, nil)
		who := s.buyer()
		opened := func(r *http.Request) bool { return r.Method == "POST" && r.URL.Path == "/v1/checkout/sessions" }
		s.fake.Inject(stripefake.Faults{Forget: opened, Lose: func(string) bool { return true }})
		if _, err := s.till().StartTopUp(t.Context(), billing.Purchase{AccountID: who.ID, Email: "b@example.com", FormID: "adopted-" + who.ID, Cents: 1000}); err == nil {
			t.Fatal("a lost answer is an answer")
		}
		made := s.api("GET", "/v1/checkout/sessions?limit=1", "")["data"].([]any)[0].(map[string]any)
		if _, err := s.fake.Act(t.Context(), made["id"].(string), stripefake.Choice{Action: stripefake.Pay}); err != nil {
			t.Fatal(err)
		}
		s.pass(49 * time.Hour)
		if err := s.till().ConvergePending(t.Context()); err != nil {
			t.Fatal(err)
		}
		top, err := db.TopUpByForm(t.Context(), who.ID, "adopted-"+who.ID)
		if err != nil || top.Status != models.TopUpExpired {
			t.Errorf("it is %s, %v", top.Status, err)
		}
		s.reconcile()
		s.wants(who.ID, 10*usd)
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
